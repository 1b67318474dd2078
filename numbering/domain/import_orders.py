"""Import orders before they are sent: draft, numbers, check, split, cancel, retry."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.again import repeated
from accounts.models import User
from carrier import importability
from carrier.errors import Problem
from numbering import clock
from numbering.carrier_link import get_carrier, working_on
from numbering.domain.cannot_do import CannotDo as CannotDo
from numbering.domain.timeline import move, note
from numbering.domain.voiding import void_if_changed
from numbering.enums import (
    EDITABLE,
    IN_SERVICE,
    LEAVING,
    AttemptState,
    ImportOrderStatus,
    LearnedBy,
    OrderNumberStatus,
)
from numbering.models import (
    ImportOrder,
    ImportOrderNumber,
    NumberOrderNumber,
    OrderEvent,
    SipPeer,
    SubmitAttempt,
    Subscriber,
    TelephoneNumber,
)
from numbering.number_list import GoodRow
from numbering.phone import NumberKind, display, kind_of
from numbering.validators import ORDER_NUMBERS_LIMIT
from numbering.wording import counted

_CHECK_HOLDS = timedelta(days=1)
_LARGE_ORDER = 500
_LARGE_CHECK_HOLDS = timedelta(hours=1)


@dataclass(frozen=True)
class HeldNumber:
    """A number that another open order holds, or that is in service here already."""

    e164: str
    order_id: int | None
    number_order_id: int | None = None

    @property
    def reason(self) -> str:
        """Why it was not taken, in words."""
        if self.number_order_id is not None:
            order = f"number order {self.number_order_id}"
            return f"{display(self.e164)} is in {order}, which is still open."
        if self.order_id is None:
            return f"{display(self.e164)} is in service here already."
        return f"{display(self.e164)} is in import order {self.order_id}, which is still open."


def held_numbers(
    e164s: Sequence[str], *, except_order: ImportOrder | None = None
) -> list[HeldNumber]:
    """Return those of the numbers that may not go into another order now."""
    rows = ImportOrderNumber.objects.filter(e164__in=e164s, is_holding=True)
    if except_order is not None:
        rows = rows.exclude(order=except_order)
    held = {
        e164: HeldNumber(e164, order_id) for e164, order_id in rows.values_list("e164", "order")
    }
    hosted = TelephoneNumber.objects.filter(e164__in=e164s, state__in=IN_SERVICE | LEAVING)
    for e164 in hosted.values_list("e164", flat=True):
        held.setdefault(e164, HeldNumber(e164, None))
    bought = NumberOrderNumber.objects.filter(e164__in=e164s, is_holding=True)
    for e164, number_order_id in bought.values_list("e164", "order"):
        held.setdefault(e164, HeldNumber(e164, None, number_order_id))
    return list(held.values())


@repeated
def create_draft(
    *,
    subscriber: Subscriber,
    sip_peer: SipPeer,
    loa_authorizing_person: str,
    loa_type: str,
    rows: Sequence[GoodRow] = (),
    actor: User | None = None,
) -> tuple[ImportOrder, list[HeldNumber]]:
    """Create a draft with its numbers; return it with the numbers that another order holds."""
    order = ImportOrder.objects.create(
        subscriber=subscriber,
        sip_peer=sip_peer,
        loa_authorizing_person=loa_authorizing_person,
        loa_type=loa_type,
        status_changed_at=clock.now(),
        created_by=actor,
    )
    held = _insert_numbers(order, rows)
    begin(order, f"Draft created with {counted(len(rows) - len(held), 'number')}.", actor=actor)
    return order, held


def begin(order: ImportOrder, reason: str, *, actor: User | None) -> None:
    """Write the first line of a new draft's timeline."""
    OrderEvent.objects.create(
        order=order,
        at=clock.now(),
        actor=actor,
        to_status=ImportOrderStatus.DRAFT,
        learned_by=LearnedBy.PERSON,
        reason=reason,
    )


@repeated
def add_numbers(
    order: ImportOrder, rows: Sequence[GoodRow], *, actor: User | None
) -> tuple[int, list[HeldNumber]]:
    """Add numbers to a draft; return how many were new, and those that another order holds.

    Raises CannotDo when the order is no longer a draft or would pass the carrier's limit.
    """
    lock_editable(order)
    present = set(order.numbers.values_list("e164", flat=True))
    fresh = [row for row in rows if row.e164 not in present]
    if len(present) + len(fresh) > ORDER_NUMBERS_LIMIT:
        raise CannotDo(
            f"The carrier takes at most {ORDER_NUMBERS_LIMIT:,} numbers in one order; this "
            f"would make {len(present) + len(fresh):,}. Put the rest into a second order."
        )
    held = _insert_numbers(order, fresh)
    added = len(fresh) - len(held)
    if added:
        said = f"{counted(added, 'number')} added."
        _back_to_draft(order, said, actor=actor)
        void_if_changed(order, said, actor=actor)
    return added, held


@repeated
def remove_numbers(order: ImportOrder, number_ids: Iterable[int], *, actor: User | None) -> int:
    """Take numbers out of a draft; return how many. Raises CannotDo after sending."""
    lock_editable(order)
    rows = order.numbers.filter(pk__in=list(number_ids))
    e164s = list(rows.values_list("e164", flat=True))
    removed, _ = rows.delete()
    if not removed:
        return 0
    said = f"{counted(removed, 'number')} removed."
    if order.numbers.exists():
        withdraw_pending(order)
        note(order, said, learned_by=LearnedBy.PERSON, actor=actor)
    else:
        _back_to_draft(order, "All numbers removed.", actor=actor)
    # Before the cover goes, which says what letters there are.
    void_if_changed(order, said, actor=actor)
    order.loa_coverage.filter(e164__in=e164s).delete()
    return removed


@repeated
def remove_blocked_numbers(order: ImportOrder, *, actor: User | None) -> int:
    """Take out the numbers that the check or the carrier refused."""
    lock_editable(order)
    blocked = order.numbers.filter(status=OrderNumberStatus.BLOCKED)
    removed = remove_numbers(order, list(blocked.values_list("pk", flat=True)), actor=actor)
    _mark_checked_if_ready(order, actor=actor)
    return removed


def _insert_numbers(order: ImportOrder, rows: Sequence[GoodRow]) -> list[HeldNumber]:
    held: dict[str, HeldNumber] = {}
    # A second round when another order took one of the numbers between our look and our insert;
    # the unique rule in the database is what decides.
    for _ in range(3):
        for found in held_numbers([row.e164 for row in rows if row.e164 not in held]):
            held[found.e164] = found
        try:
            with transaction.atomic():
                ImportOrderNumber.objects.bulk_create(
                    [
                        ImportOrderNumber(order=order, e164=row.e164, raw=row.raw)
                        for row in rows
                        if row.e164 not in held
                    ],
                    batch_size=2500,
                )
        except IntegrityError:
            continue
        return list(held.values())
    raise CannotDo("These numbers are being put into another order right now. Try again.")


def lock_editable(order: ImportOrder) -> None:
    status = (
        ImportOrder.objects.select_for_update().values_list("status", flat=True).get(pk=order.pk)
    )
    if status not in EDITABLE:
        label = ImportOrderStatus(status).label.lower()
        raise CannotDo(f"The order is {label}; its numbers can no longer be changed.")


def withdraw_pending(order: ImportOrder) -> None:
    """A changed order is not the one that somebody asked to send: nothing goes out by itself."""
    SubmitAttempt.objects.filter(order=order, state=AttemptState.PENDING).update(
        state=AttemptState.WITHDRAWN, settled_at=clock.database_now()
    )


def _back_to_draft(order: ImportOrder, reason: str, *, actor: User | None) -> None:
    """Note a change under the lock of `_lock_editable`; what was checked no longer holds."""
    withdraw_pending(order)
    if not move(
        order,
        ImportOrderStatus.DRAFT,
        reason=reason + " Check again before submitting.",
        learned_by=LearnedBy.PERSON,
        actor=actor,
    ):
        note(order, reason, learned_by=LearnedBy.PERSON, actor=actor)


@repeated
def change_details(order: ImportOrder, changes: Mapping[str, Any], *, actor: User | None) -> None:
    """Write the order's changed place or people; what was checked no longer holds.

    Only the named columns are written, under the order's lock. Raises CannotDo once it was sent.
    """
    lock_editable(order)
    ImportOrder.objects.filter(pk=order.pk).update(**changes)
    order.numbers.exclude(status=OrderNumberStatus.NEW).update(
        status=OrderNumberStatus.NEW, code="", description="", operation=""
    )
    _back_to_draft(order, "Details changed.", actor=actor)
    void_if_changed(order, "The details of the order were changed.", actor=actor)


def kinds_in(order: ImportOrder) -> dict[NumberKind, list[str]]:
    """Return the order's numbers by kind; more than one kind must be split before sending."""
    kinds: dict[NumberKind, list[str]] = defaultdict(list)
    for e164 in order.numbers.values_list("e164", flat=True):
        kinds[kind_of(e164)].append(e164)
    return dict(kinds)


@repeated
def cancel(order: ImportOrder, *, actor: User | None) -> None:
    """Give up a draft and free its numbers. Raises CannotDo once it was sent."""
    if not move(
        order,
        ImportOrderStatus.CANCELLED,
        reason="Draft cancelled; its numbers are free for another order.",
        learned_by=LearnedBy.PERSON,
        actor=actor,
        trouble="",
    ):
        raise CannotDo("Only a draft can be cancelled; this order is with the carrier.")
    withdraw_pending(order)


def check_is_old(order: ImportOrder) -> bool:
    """Whether the carrier must be asked again before the order is submitted.

    The written rule: a check holds for a day, and for an hour where a mistake would touch more
    than 500 numbers.
    """
    holds = _LARGE_CHECK_HOLDS if order.numbers.count() > _LARGE_ORDER else _CHECK_HOLDS
    return order.checked_at is None or clock.now() - order.checked_at > holds


def check(order: ImportOrder, *, actor: User | None) -> dict[str, int]:
    """Ask the carrier which numbers can be imported; return how many of each result.

    Raises CannotDo for an order that cannot be checked, and carrier.errors.CarrierError when the
    carrier gave no usable answer: the order then stays exactly where it was.
    """
    if order.status not in EDITABLE:
        raise CannotDo("Only a draft can be checked; this order was sent already.")
    e164s = tuple(order.numbers.values_list("e164", flat=True))
    if not e164s:
        raise CannotDo("Add telephone numbers first.")
    with working_on(order.pk):
        answer = importability.check(
            get_carrier(),
            telephone_numbers=e164s,
            site_id=order.sip_peer.site_id,
            sip_peer_id=order.sip_peer.sip_peer_id,
        )
    counts = _take_over(order, answer, actor=actor)
    order.refresh_from_db()
    return counts


@repeated
def _take_over(
    order: ImportOrder, answer: importability.Importability, *, actor: User | None
) -> dict[str, int]:
    """Write what the carrier said about each number; return how many of each result."""
    problems = first_problems(answer)
    importable = [e164 for e164 in answer.importable if e164 not in problems]
    lock_editable(order)
    rows = order.numbers
    rows.filter(e164__in=importable).update(
        status=OrderNumberStatus.IMPORTABLE, operation="check", code="", description=""
    )
    mark_problems(order, problems, status=OrderNumberStatus.BLOCKED, operation="check")
    rows.filter(e164__in=answer.unanswered).exclude(e164__in=list(problems)).update(
        status=OrderNumberStatus.UNANSWERED, operation="check", code="", description=""
    )
    counts = {
        "importable": len(importable),
        "blocked": len(problems),
        "unanswered": len(set(answer.unanswered) - set(problems)),
    }
    ImportOrder.objects.filter(pk=order.pk).update(trouble="", checked_at=clock.now())
    note(
        order,
        "Importability checked: {importable} can be imported, {blocked} cannot, "
        "{unanswered} without an answer.".format(**counts),
        learned_by=LearnedBy.ANSWER,
        actor=actor,
    )
    _mark_checked_if_ready(order, actor=actor)
    return counts


def _mark_checked_if_ready(order: ImportOrder, *, actor: User | None) -> None:
    """Bring the status in line with the numbers, under the lock of `_lock_editable`."""
    left = order.numbers.exclude(status=OrderNumberStatus.IMPORTABLE)
    if order.numbers.exists() and not left.exists():
        move(
            order,
            ImportOrderStatus.CHECKED,
            reason="Every number can be imported.",
            learned_by=LearnedBy.ANSWER,
            actor=actor,
        )
    elif move(
        order,
        ImportOrderStatus.DRAFT,
        reason="Not every number can be imported.",
        learned_by=LearnedBy.ANSWER,
        actor=actor,
    ):
        withdraw_pending(order)


def mark_problems(
    order: ImportOrder,
    problems: Mapping[str, Problem],
    *,
    status: OrderNumberStatus,
    operation: str,
) -> None:
    """Write each number's problem onto its row, one statement per distinct problem."""
    for (code, description), e164s in by_reason(problems).items():
        order.numbers.filter(e164__in=e164s).update(
            status=status, operation=operation, code=code, description=description
        )


def first_problems(answer: importability.Importability) -> dict[str, Problem]:
    """Return one problem for each number that the carrier named in one."""
    problems: dict[str, Problem] = {}
    for problem in answer.problems:
        for e164 in problem.telephone_numbers:
            problems.setdefault(e164, problem)
    return problems


def by_reason(problems: Mapping[str, Problem]) -> dict[tuple[str, str], list[str]]:
    """Return the numbers by code and description, each as long as a row can hold."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for e164, problem in problems.items():
        groups[problem.code[:10], problem.description[:500]].append(e164)
    return groups
