"""Removals and disconnects: what was asked of the carrier, and what is to be decided."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin.badges import badge, tone_of
from numbering.admin.filters import RemovalQuestion, choice_filter
from numbering.admin.order_action import SEEN_TO, OrderAction, adopting, decide, ending
from numbering.admin.order_list import NumberCount, OrderSearch
from numbering.domain import removal_sending, removals, seen_to, unclear_orders
from numbering.domain.error_help import help_for
from numbering.domain.removal_results import FOLLOWER, OPERATIONS
from numbering.enums import REMOVAL_AT_CARRIER, RemovalStatus, RemovalVerb
from numbering.models import ErrorHelp, RemovalNumber, RemovalOrder

RIGHT = "numbers.request_removalorder"
_NUMBERS_PER_PAGE = 50
_IN_MOTION = (*REMOVAL_AT_CARRIER, RemovalStatus.SUBMITTING, RemovalStatus.UNKNOWN)


ACTIONS = {
    "absent": OrderAction(
        "It is not there",
        "Say so only after you have looked in the carrier's dashboard for our reference. The "
        "numbers are in service as before; they can then be asked for again. Your name is "
        "recorded.",
        lambda order, person, _: removal_sending.ERRAND.confirm_absent(order, actor=person),
        "Recorded. The numbers are in service as before.",
    ),
    "adopt": adopting(removal_sending.ERRAND),
    "end_unclear": ending(FOLLOWER),
    "seen": SEEN_TO,
    "withdraw": OrderAction(
        "Take it back",
        "Nothing was sent yet. It ends here, and the numbers stay in service.",
        lambda order, person, _: removal_sending.ERRAND.withdraw(order, actor=person),
        "Taken back. The numbers stay in service.",
    ),
    "again": OrderAction(
        "Ask the carrier again",
        "The carrier is asked once more to end the numbers that it kept. It cannot be taken back "
        "once it is sent.",
        lambda order, person, _: removals.request_again(order, actor=person),
        "The carrier is asked again.",
        is_danger=True,
    ),
}


@admin.register(RemovalOrder)
class RemovalOrderAdmin(NumberCount, OrderSearch, ReadOnlyAdmin):
    """What ends numbers at the carrier: it follows from a wish, and moves by the carrier's word."""

    empty_hint = (
        "One begins when a customer takes back the permission for a hosted number, or when staff "
        "remove or disconnect numbers."
    )
    list_display = (
        "__str__",
        "subscriber",
        "status_badge",
        "number_count",
        "status_changed_at",
        "trouble",
    )
    list_filter = (
        choice_filter(RemovalStatus, "status", "Status"),
        RemovalQuestion,
        choice_filter(RemovalVerb, "verb", "What is done"),
    )
    list_select_related = ("subscriber",)
    ordering = ("-pk",)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, order: RemovalOrder) -> SafeString:
        """The status as a badge."""
        return badge(order.status, order.get_status_display())

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the page and of its actions."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:order_id>/change/", wrap(self.page_view), name="numbers_removalorder_change"
            ),
            path(
                "<int:order_id>/do/<slug:name>/",
                wrap(self.action_view),
                name="numbers_removalorder_do",
            ),
            *super().get_urls(),
        ]

    def page_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show the removal."""
        order = self._order(request, order_id)
        rows = order.numbers.select_related("telephone_number")
        page = Paginator(rows, _NUMBERS_PER_PAGE).get_page(request.GET.get("page"))
        actions = _offered(order)
        waits = bool(actions.keys() & {"absent", "end_unclear"})
        context = {
            **self.admin_site.each_context(request),
            "title": str(order),
            "subtitle": None,
            "opts": self.opts,
            "order": order,
            "status_badge": badge(order.status, order.get_status_display()),
            "tone": "bad" if waits else tone_of(order.status),
            "is_in_motion": order.status in _IN_MOTION and not waits,
            "sentence": _sentence(order),
            "actions": actions if request.user.has_perm(RIGHT) else {},
            "number_page": page,
            "lines": _lines(order, list(page)),
            "has_reasons": any(row.code or row.description for row in page),
            "events": order.events.select_related("actor").order_by("-at", "-pk")[:200],
            "attempt": order.attempts.last(),
            "now": timezone.now(),
        }
        return TemplateResponse(request, "admin/numbers/removalorder/removal.html", context)

    def action_view(self, request: HttpRequest, order_id: int, name: str) -> HttpResponse:
        """Decide: GET asks first, POST does it."""
        order = self._order(request, order_id)
        return decide(request, order, ACTIONS.get(name), right=RIGHT, count=order.numbers.count())

    def _order(self, request: HttpRequest, order_id: int) -> RemovalOrder:
        if not self.has_view_permission(request):
            raise PermissionDenied
        orders = RemovalOrder.objects.select_related(
            "subscriber", "withdrawal", "created_by", "leaving__asked_by", "leaving__decided_by"
        )
        order = orders.filter(pk=order_id).first()
        if order is None:
            raise Http404
        return order


def _lines(
    order: RemovalOrder, rows: list[RemovalNumber]
) -> list[tuple[RemovalNumber, SafeString, ErrorHelp | None]]:
    """Return the rows, each with its result and what its code means."""
    operation = OPERATIONS[RemovalVerb(order.verb)]
    helps = help_for({(operation, row.code) for row in rows if row.code})
    return [
        (row, badge(row.status, row.get_status_display()), helps.get((operation, row.code)))
        for row in rows
    ]


def _offered(order: RemovalOrder) -> dict[str, OrderAction]:
    """Return what is to be decided now, by its name in the address."""
    names: list[str] = []
    if removal_sending.ERRAND.parked_attempt(order) is not None:
        names = ["absent", "adopt"]
    elif unclear_orders.is_unclear(FOLLOWER, order):
        names = ["end_unclear"]
    elif _may_be_taken_back(order):
        names = ["withdraw"]
    else:
        if removals.kept_numbers(order) and removals.may_ask_again(order):
            names = ["again"]
        if seen_to.short_removals().filter(pk=order.pk).exists():
            names.append("seen")
    return {name: ACTIONS[name] for name in names}


def _may_be_taken_back(order: RemovalOrder) -> bool:
    """Whether it waits to be sent, by nobody's wish but ours."""
    is_waiting = bool(order.trouble) and order.status == RemovalStatus.SUBMITTING
    return is_waiting and order.withdrawal_id is None and removal_sending.ERRAND.is_unsent(order)


def _sentence(order: RemovalOrder) -> str:
    """Return where it is, and whose turn it is."""
    if removal_sending.ERRAND.parked_attempt(order) is not None:
        return (
            "The carrier gave no clear answer, and looking for the order did not settle it. Look "
            "in the carrier's own dashboard for the reference below, then decide."
        )
    if removals.kept_numbers(order):
        kept = "Some numbers stayed; the table says why. Once it is fixed, "
        if removals.may_ask_again(order):
            return f"{kept}ask the carrier again."
        return f"{kept}choose them in the list of telephone numbers and have them leave anew."
    if unclear_orders.is_unclear(FOLLOWER, order):
        return unclear_orders.NEXT_STEP
    if _may_be_taken_back(order):
        return "Nothing was sent yet; the portal tries again by itself. You can take it back."
    if seen_to.short_removals().filter(pk=order.pk).exists():
        return "Some numbers stayed, and none can be asked for again: see where each is now."
    if unclear_orders.is_slow(FOLLOWER, order):
        return unclear_orders.SLOW
    if order.status == RemovalStatus.COMPLETE:
        return _DONE[RemovalVerb(order.verb)]
    return _SENTENCES[RemovalStatus(order.status)]


_DONE = {
    RemovalVerb.REMOVE: "Done. The carrier hosts these numbers no more.",
    RemovalVerb.DISCONNECT: "Done. The numbers are given back; after some weeks anybody may get "
    "them.",
}
_SENTENCES = {
    RemovalStatus.SUBMITTING: "It is being sent to the carrier. Nothing to do.",
    RemovalStatus.UNKNOWN: "The carrier was asked and gave no clear answer. The portal looks for "
    "the order and never sends it twice. Nothing to do yet.",
    RemovalStatus.RECEIVED: "The carrier has it and will start on it. Nothing to do.",
    RemovalStatus.PROCESSING: "The carrier is working on it; it promises no time. Nothing to do.",
    RemovalStatus.PARTIAL: "Over. Nothing of it is left to do.",
    RemovalStatus.FAILED: "Over. Nothing of it is left to do.",
}
