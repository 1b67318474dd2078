"""Telephone numbers: who holds each, where it is, and how it got there."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin import inventory, number_filters, number_page, saved_view
from numbering.admin.dispute_pack import number_pack_view
from numbering.admin.leaving_actions import LeavingActions
from numbering.admin.ledger import cover_view, export_view
from numbering.admin.number_actions import NumberActions
from numbering.admin.platform_number import ImportActions
from numbering.domain import inventory_list
from numbering.domain.inventory_list import Asked, Search
from numbering.models import TelephoneNumber


@admin.register(TelephoneNumber)
class TelephoneNumberAdmin(NumberActions, LeavingActions, ImportActions, ReadOnlyAdmin):
    """The numbers; they change through orders, the carrier's news and a worker's acts only.

    The list is a page of our own, since the stock one counts and sorts the whole table.
    """

    search_fields = ("e164", "subscriber__name")
    actions = (*NumberActions.actions, "leave", "import_chosen")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TelephoneNumber], search_term: str
    ) -> tuple[QuerySet[TelephoneNumber], bool]:
        """Search as the list does."""
        return inventory_list.searched(queryset, Search.read(search_term)), False

    def get_urls(self) -> list[URLPattern]:
        """Add the number's page, saved views, the ledger of LOAs and the dispute pack."""
        wrap = self.admin_site.admin_view
        name = "numbers_telephonenumber"
        return [
            path("cover/", wrap(cover_view), name="numbers_loa_cover"),
            path("cover/export/", wrap(export_view), name="numbers_loa_cover_export"),
            path("views/", wrap(saved_view.views_view), name=f"{name}_views"),
            path("views/save/", wrap(saved_view.save_view), name=f"{name}_view_save"),
            path("views/<int:view_id>/", wrap(saved_view.change_view), name=f"{name}_view"),
            path("<int:number_id>/change/", wrap(number_page.page_view), name=f"{name}_change"),
            path("<int:number_id>/read/", wrap(number_page.read_view), name=f"{name}_read"),
            path(
                "<int:number_id>/dispute-pack/",
                wrap(number_pack_view),
                name=f"{name}_pack",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, or do something to what is chosen in it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = number_filters.read(request.GET)
        actions = self.get_actions(request)
        if request.method == "POST" and (answer := self._act(request, asked, actions)):
            return answer
        context = {
            **self.admin_site.each_context(request),
            **inventory.context_of(request, asked, with_ticks=bool(actions)),
            "title": "Telephone numbers",
            "opts": self.opts,
            "actions": [(name, label) for name, (_, _, label) in actions.items()],
        }
        return TemplateResponse(request, "admin/numbers/telephonenumber/list.html", context)

    def _act(
        self, request: HttpRequest, asked: Asked, actions: dict[str, Any]
    ) -> HttpResponse | None:
        """Do what was chosen, if something was and there is something to do it to."""
        chosen = actions.get(request.POST.get("action", ""))
        if chosen is None:
            messages.warning(request, "Choose what shall be done.")
            return None
        numbers = inventory.chosen(request, asked)
        if not numbers.exists():
            messages.warning(request, "Tick the numbers first, or choose all that match.")
            return None
        act, _, _ = chosen
        answer: HttpResponse | None = act(self, request, numbers)
        return answer or HttpResponseRedirect(request.get_full_path())
