"""Orders for new numbers: where each is, what came of each number, and what is to be decided."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from carrier.records import NumberOrderType
from numbering.admin import number_ordering, number_search
from numbering.admin.badges import badge, tone_of
from numbering.admin.filters import NumberOrderQuestion, choice_filter
from numbering.admin.number_ordering import FormClass, said
from numbering.admin.order_action import SEEN_TO, OrderAction, adopting, decide, ending
from numbering.admin.order_list import OrderSearch
from numbering.domain import number_order_results, number_order_sending, seen_to, unclear_orders
from numbering.domain.error_help import help_for
from numbering.domain.number_order_results import FOLLOWER, OPERATION
from numbering.domain.number_orders import wish_of
from numbering.enums import (
    NUMBER_ORDER_FINAL,
    NumberOrderStatus,
    OrderedNumberStatus,
)
from numbering.models import ErrorHelp, NumberOrder, NumberOrderNumber
from numbering.number_order_form import NumberOrderForm
from numbering.search_form import params_of
from numbering.wording import counted

RIGHT = number_search.ORDER_RIGHT
_NUMBERS_PER_PAGE = 50
_IN_MOTION = (NumberOrderStatus.SUBMITTING, NumberOrderStatus.UNKNOWN, NumberOrderStatus.RECEIVED)
_S = NumberOrderStatus


ACTIONS = {
    "absent": OrderAction(
        "It is not there",
        "Say so only after you have looked in the carrier's dashboard for our reference. Nothing "
        "was ordered then, and the numbers are free for another order. Your name is recorded.",
        lambda order, person, _: number_order_sending.ERRAND.confirm_absent(order, actor=person),
        "Recorded. Nothing was ordered.",
    ),
    "adopt": adopting(number_order_sending.ERRAND),
    "withdraw": OrderAction(
        "Take it back",
        "Nothing was sent yet. The order ends here, and the numbers are free for another one.",
        lambda order, person, _: number_order_sending.ERRAND.withdraw(order, actor=person),
        "Taken back. Nothing was ordered.",
    ),
    "close": OrderAction(
        "Stop waiting for stock",
        "The carrier closes the order. The numbers that it has got so far stay ours; more do not "
        "come.",
        lambda order, person, _: number_order_results.close(order, actor=person),
        "The carrier was asked to close the order.",
    ),
    "end_unclear": ending(FOLLOWER),
    "seen": SEEN_TO,
    "end": OrderAction(
        "End it here",
        "The carrier calls the order finished and does not name all of its numbers. Those it named "
        "are in the inventory. Should it have given us others, the nightly compare opens a case "
        "for each. Your name is recorded.",
        lambda order, person, _: number_order_results.end_doubted(order, actor=person),
        "Ended here.",
    ),
}


@admin.register(NumberOrder)
class NumberOrderAdmin(OrderSearch, ReadOnlyAdmin):
    """The orders. They are made on the page *Find numbers* and change by the carrier's word."""

    empty_hint = "An order for new numbers begins on the page Find numbers."
    form = NumberOrderForm
    autocomplete_fields = ("subscriber",)
    list_display = (
        "__str__",
        "subscriber",
        "status_badge",
        "quantity",
        "sip_peer",
        "status_changed_at",
        "trouble",
    )
    list_filter = (choice_filter(NumberOrderStatus, "status", "Status"), NumberOrderQuestion)
    list_select_related = ("subscriber", "sip_peer")
    ordering = ("-pk",)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, order: NumberOrder) -> SafeString:
        """The status as a badge."""
        return badge(order.status, order.get_status_display())

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the search, the form, the page and its actions."""
        wrap = self.admin_site.admin_view
        return [
            *number_search.urls(),
            *number_ordering.urls(self._form_class, self.media),
            path("<int:order_id>/change/", wrap(self.page_view), name="numbers_numberorder_change"),
            path("<int:order_id>/live/", wrap(self.live_view), name="numbers_numberorder_live"),
            path(
                "<int:order_id>/do/<slug:name>/",
                wrap(self.action_view),
                name="numbers_numberorder_do",
            ),
            *super().get_urls(),
        ]

    def _form_class(self, request: HttpRequest) -> FormClass:
        """The form with the admin's own widgets: names are completed as on an import order."""
        form_class: Any = self.get_form(request, fields=NumberOrderForm.Meta.fields)
        return cast(FormClass, form_class)

    def page_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show the order."""
        order = self._order(request, order_id)
        context = {
            **self.admin_site.each_context(request),
            **_page_context(request, order),
            "title": str(order),
            "subtitle": None,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/numbers/numberorder/page.html", context)

    def live_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Give the page's inside, which changes by itself while the order is on its way."""
        context = _page_context(request, self._order(request, order_id))
        return TemplateResponse(
            request,
            "admin/numbers/numberorder/live.html",
            context,
            status=200 if context["is_in_motion"] else number_search.ASK_NO_MORE,
        )

    def action_view(self, request: HttpRequest, order_id: int, name: str) -> HttpResponse:
        """Decide: GET asks first, POST does it."""
        order = self._order(request, order_id)
        return decide(request, order, ACTIONS.get(name), right=RIGHT, count=order.quantity)

    def _order(self, request: HttpRequest, order_id: int) -> NumberOrder:
        if not self.has_view_permission(request):
            raise PermissionDenied
        orders: QuerySet[NumberOrder] = NumberOrder.objects.select_related(
            "subscriber", "sip_peer", "created_by"
        )
        order = orders.filter(pk=order_id).first()
        if order is None:
            raise Http404
        return order


def _page_context(request: HttpRequest, order: NumberOrder) -> dict[str, Any]:
    rows = order.numbers.select_related("telephone_number")
    page = Paginator(rows, _NUMBERS_PER_PAGE).get_page(request.GET.get("page"))
    search = wish_of(order).search
    return {
        "order": order,
        "status_badge": badge(order.status, order.get_status_display()),
        "tone": "bad" if _waits_for_person(order) else tone_of(order.status),
        "sentence": _sentence(order),
        "is_in_motion": order.status in _IN_MOTION and not _waits_for_person(order),
        "actions": _offered(order) if request.user.has_perm(RIGHT) else {},
        "is_by_list": order.order_type == NumberOrderType.EXISTING,
        "criteria": said(search),
        "again": urlencode(params_of(search)) if search else "",
        "is_over": order.status in NUMBER_ORDER_FINAL,
        "number_page": page,
        "lines": _lines(list(page)),
        "has_reasons": any(row.code or row.description for row in page),
        "events": order.events.select_related("actor").order_by("-at", "-pk")[:200],
        "attempt": order.attempts.last(),
        "now": timezone.now(),
    }


def _lines(
    rows: list[NumberOrderNumber],
) -> list[tuple[NumberOrderNumber, SafeString, ErrorHelp | None]]:
    """Return the rows, each with its result and what its code means."""
    helps = help_for({(OPERATION, row.code) for row in rows if row.code})
    return [
        (row, badge(row.status, row.get_status_display()), helps.get((OPERATION, row.code)))
        for row in rows
    ]


def _waits_for_person(order: NumberOrder) -> bool:
    return (
        number_order_sending.ERRAND.parked_attempt(order) is not None
        or _is_doubted(order)
        or unclear_orders.is_unclear(FOLLOWER, order)
    )


def _is_doubted(order: NumberOrder) -> bool:
    return number_order_results.doubted().filter(pk=order.pk).exists()


def _offered(order: NumberOrder) -> dict[str, OrderAction]:
    """Return what is to be decided now, by its name in the address."""
    names: tuple[str, ...] = ()
    if number_order_sending.ERRAND.parked_attempt(order) is not None:
        names = ("absent", "adopt")
    elif _is_doubted(order):
        names = ("end",)
    elif unclear_orders.is_unclear(FOLLOWER, order):
        names = ("end_unclear",)
    elif order.status == _S.BACKORDERED:
        names = ("close",)
    elif seen_to.short_orders().filter(pk=order.pk).exists():
        names = ("seen",)
    elif order.trouble and number_order_sending.ERRAND.is_unsent(order):
        names = ("withdraw",)
    return {name: ACTIONS[name] for name in names}


def _sentence(order: NumberOrder) -> str:
    """Return where it is, and whose turn it is."""
    if number_order_sending.ERRAND.parked_attempt(order) is not None:
        return (
            "The carrier gave no clear answer, and looking for the order did not settle it. Look "
            "in the carrier's own dashboard for the reference below, then decide."
        )
    if _is_doubted(order):
        return "Look at the order in the carrier's own dashboard. The portal keeps asking."
    if unclear_orders.is_unclear(FOLLOWER, order):
        return unclear_orders.NEXT_STEP
    ours = order.numbers.filter(status=OrderedNumberStatus.COMPLETED).count()
    got = f"{ours:,} of {counted(order.quantity, 'number')}"
    if order.status == _S.BACKORDERED:
        return f"The carrier waits for stock; {got} came so far. Close it if you need no more."
    if order.status == _S.COMPLETE:
        return f"Done. {counted(ours, 'number')} came and {'is' if ours == 1 else 'are'} ours."
    if order.status in (_S.PARTIAL, _S.FAILED):
        if order.numbers.exclude(code="").exists():
            return f"Over. {got} came. Below is why the others did not, and what to do."
        last = order.events.filter(to_status=order.status).last()
        return f"Over. {got} came. {last.reason if last else ''}".strip()
    if unclear_orders.is_slow(FOLLOWER, order):
        return unclear_orders.SLOW
    return _SENTENCES[NumberOrderStatus(order.status)]


_SENTENCES = {
    _S.SUBMITTING: "It is being sent to the carrier. Nothing to do.",
    _S.UNKNOWN: "The carrier was asked and gave no clear answer. The portal looks for the order "
    "and never sends it twice. Nothing to do yet.",
    _S.RECEIVED: "The carrier has it and works on it. Nothing to do.",
}
