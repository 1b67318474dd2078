"""Withdrawals: which customer took back what, and what is still to be removed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin.badges import badge
from numbering.domain.withdrawal_queue import TO_REMOVE, to_be_removed
from numbering.enums import NumberState
from numbering.models import Withdrawal, WithdrawalNumber

_MOST_SHOWN = 500


class ToRemoveFilter(SimpleListFilter):
    """Is anything left to be removed?"""

    title = "Question"
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the question."""
        return [("remove", "What is to be removed?")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Withdrawal]
    ) -> QuerySet[Withdrawal]:
        """Answer it."""
        if self.value() == "remove":
            return queryset.filter(pk__in=to_be_removed().values("withdrawal"))
        return queryset


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    """What customers took back. They are evidence and never change."""

    empty_hint = "A customer takes back their permission on the status page of an order."
    list_display = (
        "__str__",
        "subscriber",
        "order_link",
        "asked_at",
        "number_count",
        "state_badge",
    )
    list_filter = (ToRemoveFilter,)
    list_select_related = ("subscriber", "order")
    search_fields = ("subscriber__name", "email", "numbers__e164")
    search_help_text = "Subscriber, e-mail or telephone number"
    ordering = ("-pk",)
    fields = ("subscriber", "order_link", "name", "email", "reason", "asked_at", "each_number")
    readonly_fields = ("order_link", "each_number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Withdrawal]:
        """Count the numbers in the same query."""
        left = Count("numbers", filter=Q(numbers__telephone_number__state__in=TO_REMOVE))
        withdrawals: QuerySet[Withdrawal] = super().get_queryset(request)
        return withdrawals.annotate(all_count=Count("numbers"), left_count=left)

    @admin.display(description="Import order")
    def order_link(self, withdrawal: Withdrawal) -> SafeString | str:
        """The way to the order."""
        if withdrawal.order_id is None:
            return "–"
        address = reverse("admin:numbers_importorder_change", args=[withdrawal.order_id])
        return format_html('<a href="{}">Import order {}</a>', address, withdrawal.order_id)

    @admin.display(description="Numbers", ordering="all_count")
    def number_count(self, withdrawal: Withdrawal) -> int:
        """How many numbers were taken back."""
        return int(getattr(withdrawal, "all_count", 0))

    @admin.display(description="State", ordering="left_count")
    def state_badge(self, withdrawal: Withdrawal) -> SafeString:
        """Whether something is left to be removed."""
        if left := int(getattr(withdrawal, "left_count", 0)):
            return badge("failed", f"{left} to be removed")
        return badge("done", "Nothing left to be removed")

    @admin.display(description="Numbers")
    def each_number(self, withdrawal: Withdrawal) -> SafeString:
        """Each number and where it is."""
        rows = withdrawal.numbers.select_related("telephone_number")
        shown = format_html_join(
            SafeString("<br>"), "{} {}", ((row, _state(row)) for row in rows[:_MOST_SHOWN])
        )
        more = rows.count() - _MOST_SHOWN
        return format_html("{}<br>and {} more", shown, more) if more > 0 else shown


def _state(row: WithdrawalNumber) -> SafeString:
    number = row.telephone_number
    if number is None:
        return badge("done", "Was not handed to the carrier")
    if number.state == NumberState.IMPORTING:
        return badge("importing", "Being imported, then to be removed")
    if number.state == NumberState.HOSTED:
        return badge("failed", "To be removed")
    if number.state == NumberState.REMOVING:
        return badge("importing", "Being removed")
    return badge("done", number.get_state_display())
