"""The verdict on number orders, removals and disconnects, and on where each number is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from carrier.sandbox.order import OrderKind
from numbering.domain.counts import count_everything
from numbering.enums import (
    IN_SERVICE,
    LIVE,
    NUMBER_ORDER_FINAL,
    REMOVAL_FINAL,
    AttemptState,
    CaseKind,
    OrderedNumberStatus,
    RemovalNumberStatus,
)
from numbering.models import (
    Case,
    LeavingNumber,
    NumberOrder,
    NumberOrderAttempt,
    NumberOrderNumber,
    RemovalAttempt,
    RemovalNumber,
    RemovalOrder,
    TelephoneNumber,
)
from tests.faults.at_carrier import TheirOrder
from tests.faults.books import Books
from tests.faults.moving import NUMBER_ORDERS, REMOVALS, Kind
from tests.faults.numbers_moving import unbegun
from tests.faults.verdict import duplicates, pairs

FINAL_OF: dict[Kind, frozenset[str]] = {
    NUMBER_ORDERS: frozenset(NUMBER_ORDER_FINAL),
    REMOVALS: frozenset(REMOVAL_FINAL),
}
_KNOWN = (AttemptState.ACCEPTED, AttemptState.PARKED, AttemptState.UNKNOWN)
# How a row of an order ended here, and whether the carrier must have carried it out.
_CARRIED_OUT = {
    OrderedNumberStatus.COMPLETED: True,
    OrderedNumberStatus.FAILED: False,
    RemovalNumberStatus.REMOVED: True,
    RemovalNumberStatus.ABSENT: False,
    RemovalNumberStatus.KEPT: False,
}


@dataclass(frozen=True)
class OrdersVerdict:
    """What is wrong, in counts.

    `only_here` and `only_there` are numbers in service on one side; `left_otherwise` those of a
    leaving that are not in exactly one order. `strangers` came by the carrier's own second orders
    or by orders that wait for a person: not counted as wrong. Those on the list of an order that
    waits are `left_to_orders`, whose question asks for them; the compare must tell all others and
    none but those (`compare_silent`). `two_orders` is the carrier's own fault as well.
    """

    duplicates: int
    lost: int
    misread: int
    only_here: int
    only_there: int
    left_otherwise: int
    without_reason: int
    compare_silent: int
    counts_add_up: bool
    two_orders: int
    parked: int
    strangers: int
    left_to_orders: int

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        broken = (
            self.duplicates,
            self.lost,
            self.misread,
            self.only_here,
            self.only_there,
            self.left_otherwise,
            self.without_reason,
            self.compare_silent,
        )
        return not any(broken) and self.counts_add_up


def judge_orders(
    theirs: list[TheirOrder], calls: Counter[str], books: Books, stale: frozenset[str]
) -> OrdersVerdict:
    """Hold both sides against each other.

    `calls` counts what may have created, by reference. The `stale` numbers were away from the
    beginning and live here as lost by now.
    """
    made_twice = pairs(theirs, calls)
    parked = _parked()
    here = set(_numbers_here(IN_SERVICE))
    excused = _excused(theirs, made_twice, parked)
    strangers = books.in_service - set(_numbers_here(LIVE))
    left_to_orders = strangers & _listed(parked)
    return OrdersVerdict(
        duplicates=duplicates(theirs, made_twice),
        lost=_lost(parked) + _unknown_here(theirs),
        misread=_misread(theirs),
        only_here=len(here - books.in_service),
        only_there=len(books.in_service - here - excused),
        left_otherwise=_left_otherwise(),
        without_reason=_without_reason(parked),
        compare_silent=_compare_silent(strangers - left_to_orders, stale),
        counts_add_up=all(
            part["adds_up"] for part in count_everything().values() if "adds_up" in part
        ),
        two_orders=len(made_twice),
        parked=len(parked),
        strangers=len(strangers),
        left_to_orders=len(left_to_orders),
    )


def _numbers_here(states: Iterable[str]) -> Iterable[str]:
    return TelephoneNumber.objects.filter(state__in=states).values_list("e164", flat=True)


def _parked() -> dict[str, str]:
    """The references that wait for a person, each with the question as it is put."""
    return {
        reference: message
        for attempts in (NumberOrderAttempt, RemovalAttempt)
        for reference, message in attempts._default_manager.filter(
            state=AttemptState.PARKED
        ).values_list("customer_order_id", "message")
    }


def _listed(parked: dict[str, str]) -> frozenset[str]:
    """The numbers that the number orders which wait for a person name one by one."""
    rows = NumberOrderNumber.objects.filter(order__customer_order_id__in=parked)
    return frozenset(rows.values_list("e164", flat=True))


def _orders_here() -> Iterable[tuple[Kind, NumberOrder | RemovalOrder]]:
    for kind in FINAL_OF:
        for order in kind.orders._default_manager.prefetch_related("events"):
            assert isinstance(order, NumberOrder | RemovalOrder)
            yield kind, order


def _lost(parked: dict[str, str]) -> int:
    """Orders that are neither over nor wait for a person."""
    return sum(
        order.status not in FINAL_OF[kind] and order.customer_order_id not in parked
        for kind, order in _orders_here()
    )


def _unknown_here(theirs: list[TheirOrder]) -> int:
    """Orders at the carrier whose intention was never written down here, or taken as not sent."""
    known = {
        reference
        for attempts in (NumberOrderAttempt, RemovalAttempt)
        for reference in attempts._default_manager.filter(state__in=_KNOWN).values_list(
            "customer_order_id", flat=True
        )
    }
    return len({order.reference for order in theirs} - known)


def _misread(theirs: list[TheirOrder]) -> int:
    """Orders that ended otherwise than we say, and numbers of orders that did."""
    by_id = {order.order_id: order for order in theirs}
    wrong = 0
    for kind, order in _orders_here():
        if order.carrier_order_id and order.status in FINAL_OF[kind]:
            their = by_id.get(order.carrier_order_id)
            wrong += their is None or their.status.lower() != order.status
    for rows in (NumberOrderNumber, RemovalNumber):
        told = rows._default_manager.filter(order__carrier_order_id__in=by_id)
        for order_id, e164, status in told.values_list("order__carrier_order_id", "e164", "status"):
            carried_out = _CARRIED_OUT.get(status)
            is_there = e164 in by_id[order_id].completed
            wrong += carried_out is not None and carried_out != is_there
    return wrong


def _excused(
    theirs: list[TheirOrder], made_twice: set[str], parked: dict[str, str]
) -> frozenset[str]:
    """The numbers whose whereabouts only a person can settle.

    Those of orders that wait for one, and what the carrier's second order of a pair has got.
    """
    ours = {order.carrier_order_id for _, order in _orders_here()}
    asked = RemovalNumber.objects.filter(order__customer_order_id__in=parked)
    return frozenset(asked.values_list("e164", flat=True)) | frozenset(
        e164
        for order in theirs
        for e164 in order.telephone_numbers
        if order.reference in parked
        or (
            order.kind is OrderKind.NUMBER
            and order.reference in made_twice
            and order.order_id not in ours
        )
    )


def _left_otherwise() -> int:
    """Numbers of leavings that are in no order, in several, or refused and in one all the same."""
    wrong = unbegun().count()
    rows = Counter(
        RemovalNumber.objects.exclude(order__leaving=None).values_list(
            "order__leaving", "telephone_number"
        )
    )
    refused = LeavingNumber.objects.exclude(refusal="").values_list("leaving", "telephone_number")
    return wrong + sum(count - 1 for count in rows.values()) + len(set(refused) & set(rows))


def _without_reason(parked: dict[str, str]) -> int:
    """Orders that wait for a person or have failed and do not say why."""
    wrong = 0
    for _, order in _orders_here():
        said = [event.reason for event in sorted(order.events.all(), key=lambda one: one.pk)]
        question = parked.get(order.customer_order_id or "", "asked for")
        wrong += not question or not said or not said[-1]
    return wrong


def _compare_silent(to_tell: frozenset[str], stale: frozenset[str]) -> int:
    """Numbers that differ and have no case, and cases of numbers that do not differ."""
    cases = dict.fromkeys(CaseKind, frozenset[str]())
    for kind in cases:
        standing = Case.objects.filter(kind=kind, stands=True)
        cases[kind] = frozenset(standing.values_list("e164", flat=True))
    wrong = len(cases[CaseKind.THEIRS] ^ to_tell) + len(cases[CaseKind.LOST] ^ stale)
    return wrong + len(cases[CaseKind.STATE]) + len(cases[CaseKind.OURS])
