"""The peer of our list of telephone numbers: Django's own admin over the same table, as it comes.

`list_display`, `search_fields`, `list_filter` and `date_hierarchy` as one writes them first, in the
stock theme, which is lighter than ours.
"""

from pathlib import Path
from typing import Any

import django.contrib.admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest
from django.template.backends.django import DjangoTemplates
from django.template.response import TemplateResponse

from numbering.models import TelephoneNumber


class StockList(ModelAdmin):
    """What somebody in a hurry registers."""

    list_display = ("e164", "state", "subscriber", "site_id", "sip_peer_id", "created_at")
    list_filter = ("state", "site_id", "sip_peer_id")
    search_fields = ("e164", "subscriber__name")
    date_hierarchy = "created_at"
    ordering = ("-pk",)


# An own engine: among the project's own templates the theme's stand before the stock ones.
_TEMPLATES = DjangoTemplates(
    {
        "NAME": "stock",
        "DIRS": [Path(django.contrib.admin.__file__).parent / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
)
# Named as the portal's, whose addresses its links then reverse to.
_PAGE = StockList(TelephoneNumber, AdminSite(name="admin"))


def stock_page(request: HttpRequest) -> tuple[str, list[int]]:
    """Make the whole page; return it with the keys of the numbers on it."""
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    response: Any = _PAGE.changelist_view(request)
    if not isinstance(response, TemplateResponse):
        raise RuntimeError(f"The stock page answered with {response.status_code}.")
    context = response.context_data or {}
    page = _TEMPLATES.get_template("admin/change_list.html").render(context, request)
    return page, [number.pk for number in context["cl"].result_list]
