"""The verdict: what the carrier has, held against what the portal believes."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from numbering.domain.counts import count_everything
from numbering.enums import FINAL, OPEN, AttemptState, ImportOrderStatus, OrderNumberStatus
from numbering.models import ImportOrder, ImportOrderNumber, OrderEvent, SubmitAttempt
from tests.faults.at_carrier import TheirOrder

_S = ImportOrderStatus
# The carrier has the order and has ended it, or nothing was created and a person knows why.
_SETTLED = FINAL | {_S.EXCEPTION, _S.DRAFT, _S.CHECKED}


@dataclass(frozen=True)
class Verdict:
    """What is wrong, in counts; `two_orders` is the carrier's own fault and only reported."""

    duplicates: int
    lost: int
    falsely_complete: int
    misread: int
    without_reason: int
    two_orders: int
    parked: int
    parked_though_there: int
    counts_add_up: bool

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        broken = (
            self.duplicates,
            self.lost,
            self.falsely_complete,
            self.misread,
            self.without_reason,
        )
        return broken == (0, 0, 0, 0, 0) and self.counts_add_up


def judge(order_ids: Iterable[int], theirs: list[TheirOrder], calls: Counter[str]) -> Verdict:
    """Hold both sides against each other. `calls` counts what may have created, by reference."""
    orders = {order.pk: order for order in ImportOrder.objects.filter(pk__in=list(order_ids))}
    parked = _parked()
    there = {order.reference for order in theirs}
    by_id = {order.order_id: order for order in theirs}
    made_twice = pairs(theirs, calls)
    return Verdict(
        duplicates=duplicates(theirs, made_twice),
        lost=sum(order.status not in _SETTLED and pk not in parked for pk, order in orders.items())
        + _unknown_here(theirs),
        falsely_complete=_falsely_complete(orders.values(), by_id),
        misread=sum(_is_misread(order, by_id) for order in orders.values()),
        without_reason=_without_reason(orders, parked),
        two_orders=len(made_twice),
        parked=len(parked),
        parked_though_there=sum(
            reference in there - made_twice for reference, _ in parked.values()
        ),
        counts_add_up=all(
            part["adds_up"] for name, part in count_everything().items() if "adds_up" in part
        ),
    )


def _parked() -> dict[int, tuple[str, str]]:
    """The orders that wait for a person: reference, and the question as it is put."""
    rows = SubmitAttempt.objects.filter(state=AttemptState.PARKED)
    return {
        order: (reference, message)
        for order, reference, message in rows.values_list("order", "customer_order_id", "message")
    }


def pairs(theirs: list[TheirOrder], calls: Counter[str]) -> set[str]:
    """The references under which the carrier made two orders out of one request."""
    made = Counter(order.reference for order in theirs)
    return {reference for reference, count in made.items() if count > calls[reference]}


def duplicates(theirs: list[TheirOrder], made_twice: set[str]) -> int:
    """Orders too many: a reference that was sent twice, or a number under two references."""
    made = Counter(order.reference for order in theirs if order.reference not in made_twice)
    references: dict[str, set[str]] = defaultdict(set)
    for order in theirs:
        for e164 in order.telephone_numbers:
            references[e164].add(order.reference)
    # A number of several orders counts once for each group of references that share it.
    shared = {frozenset(group) for group in references.values() if len(group) > 1}
    return sum(count - 1 for count in made.values()) + sum(len(group) - 1 for group in shared)


def _unknown_here(theirs: list[TheirOrder]) -> int:
    """Orders at the carrier whose intention was never written down here, or taken as not sent."""
    open_or_accepted = (AttemptState.ACCEPTED, AttemptState.PARKED, AttemptState.UNKNOWN)
    known = SubmitAttempt.objects.filter(state__in=open_or_accepted)
    references = set(known.values_list("customer_order_id", flat=True))
    return len({order.reference for order in theirs} - references)


def _falsely_complete(orders: Iterable[ImportOrder], by_id: dict[str, TheirOrder]) -> int:
    """Orders complete here and not there, or with a number imported here and not there."""
    imported: dict[int, set[str]] = defaultdict(set)
    done = ImportOrderNumber.objects.filter(status=OrderNumberStatus.COMPLETED)
    for pk, e164 in done.values_list("order", "e164"):
        imported[pk].add(e164)
    wrong = 0
    for order in orders:
        their = by_id.get(order.carrier_order_id or "")
        is_complete = their is not None and their.status == "COMPLETE"
        completed = their.completed if their is not None else frozenset[str]()
        wrong += (order.status == _S.COMPLETE and not is_complete) or bool(
            imported[order.pk] - completed
        )
    return wrong


def _is_misread(order: ImportOrder, by_id: dict[str, TheirOrder]) -> bool:
    """Whether the carrier's order ended otherwise than we say."""
    if order.status not in {_S.PARTIAL, _S.FAILED, _S.EXCEPTION}:
        return False
    their = by_id.get(order.carrier_order_id or "")
    return their is None or their.status.lower() != order.status


def _without_reason(orders: dict[int, ImportOrder], parked: dict[int, tuple[str, str]]) -> int:
    """Orders that are not final and do not say why."""
    last: dict[int, str] = {}
    events = OrderEvent.objects.filter(order__in=orders).order_by("pk")
    for pk, reason in events.values_list("order", "reason"):
        last[pk] = reason
    return sum(
        not (parked[pk][1] if pk in parked else order.trouble or last.get(pk))
        for pk, order in orders.items()
        if order.status in OPEN
    )
