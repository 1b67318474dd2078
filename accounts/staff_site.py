"""The staff pages as one site: what each of them shows beside its own content."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.paginator import EmptyPage
from django.http import Http404, HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

if TYPE_CHECKING:
    # The theme has no types of its own; its class extends this one.
    _Site = AdminSite
else:
    _Site = UnfoldAdminSite


_MOST_DIGITS = 9


class StaffSite(_Site):
    """The theme's site, with a sidebar that costs a page little."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the models that a person may see, made once somebody looks at the list.

        Every page gets it and hardly any shows it: the sidebar has entries of its own.
        """
        apps = super().get_app_list
        return SimpleLazyObject(lambda: apps(request, app_label))

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Search across the pages; a page of it that is none is the first."""
        page = request.GET.get("page", "1")
        if not (page.isascii() and page.isdigit() and len(page) <= _MOST_DIGITS):
            given = request.GET.copy()
            given["page"] = "1"
            request.GET = given  # type: ignore[assignment]
        try:
            return super().search(request, extra_context)  # type: ignore[misc]
        except EmptyPage:
            raise Http404 from None

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the sidebar's groups with those entries only that are for this person.

        The theme leaves it to its template to ask some thirty entries for rights, addresses and
        badges, which was half the time of a page; ours is `unfold/helpers/app_list.html`.
        """
        groups = []
        for group in settings.UNFOLD["SIDEBAR"]["navigation"]:
            entries = [
                _entry(request, item)
                for item in group["items"]
                if "permission" not in item or item["permission"](request)
            ]
            if entries:
                groups.append({**group, "items": entries})
        return groups


def _entry(request: HttpRequest, item: dict[str, Any]) -> dict[str, Any]:
    link = str(item["link"])
    active = item["active"](request) if "active" in item else request.path == link
    return {"title": item["title"], "icon": item["icon"], "link": link, "active": active}
