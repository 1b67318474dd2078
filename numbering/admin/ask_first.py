"""Ask before something is done that a list page's link leads to: following a link does nothing."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def ask_first(
    request: HttpRequest,
    *,
    title: str,
    sentence: str,
    back: str,
    busy: str,
    is_danger: bool = False,
) -> HttpResponse:
    """Return the page that asks; its button posts to the same address.

    What is lost by it for good is a danger, and its button looks like one.
    """
    context = {
        **admin.site.each_context(request),
        "title": title,
        "sentence": sentence,
        "back": back,
        "busy": busy,
        "is_danger": is_danger,
    }
    return TemplateResponse(request, "admin/numbers/ask_first.html", context)
