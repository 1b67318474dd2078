"""Telephone numbers: who holds each, where it is, and how it got there."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin.badges import badge
from numbering.admin.dispute_pack import number_pack_view
from numbering.admin.filters import choice_filter
from numbering.admin.ledger import cover_view, export_view
from numbering.enums import NumberState
from numbering.models import TelephoneNumber
from numbering.phone import NotANumber, to_e164
from numbering.phone import display as shown_number


@admin.register(TelephoneNumber)
class TelephoneNumberAdmin(ReadOnlyAdmin):
    """The numbers; they change through orders and the carrier's news only."""

    empty_hint = "Numbers appear here once the carrier has accepted an import order."
    list_display = ("number", "state_badge", "subscriber", "site_id", "sip_peer_id", "since")
    list_filter = (choice_filter(NumberState, "state", "State"),)
    list_select_related = ("subscriber",)
    ordering = ("-pk",)
    search_fields = ("e164", "subscriber__name")
    search_help_text = "A number or part of it, or a subscriber's name"
    change_form_template = "admin/numbers/telephonenumber/number.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TelephoneNumber], search_term: str
    ) -> tuple[QuerySet[TelephoneNumber], bool]:
        """Decide first whether the term is a number, a part of one, or a name."""
        term = search_term.replace("\x00", "").strip()  # NUL: PostgreSQL refuses to read it
        if not term:
            return queryset, False
        try:
            return queryset.filter(e164=to_e164(term)), False
        except NotANumber:
            digits = "".join(char for char in term if char in "0123456789")
        if digits and not any(char.isalpha() for char in term):
            return queryset.filter(e164__contains=digits), False
        return queryset.filter(subscriber__name__icontains=term), False

    def get_urls(self) -> list[URLPattern]:
        """Add the ledger of LOAs and the number's dispute pack."""
        wrap = self.admin_site.admin_view
        return [
            path("cover/", wrap(cover_view), name="numbers_loa_cover"),
            path("cover/export/", wrap(export_view), name="numbers_loa_cover_export"),
            path(
                "<int:number_id>/dispute-pack/",
                wrap(number_pack_view),
                name="numbers_telephonenumber_pack",
            ),
            *super().get_urls(),
        ]

    @admin.display(description="Number", ordering="e164")
    def number(self, number: TelephoneNumber) -> str:
        """The number as people read it."""
        return shown_number(number.e164)

    @admin.display(description="State", ordering="state")
    def state_badge(self, number: TelephoneNumber) -> SafeString:
        """The state as a badge."""
        return badge(number.state, number.get_state_display())

    @admin.display(description="Since", ordering="state_changed_at")
    def since(self, number: TelephoneNumber) -> object:
        """Since when it is in this state."""
        return number.state_changed_at
