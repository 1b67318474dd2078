"""The one door for an order's status."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from numbering.domain.timeline import move, next_read_in, note
from numbering.enums import FINAL, MOVES, NUMBER_MOVES, ImportOrderStatus, LearnedBy, NumberState
from numbering.models import ImportOrder, OrderEvent
from tests import builders
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db

S = ImportOrderStatus
# Written out once more, by hand: a slip in the table of moves shall not be its own proof.
ALLOWED = {
    "draft": "checked cancelled",
    "checked": "draft submitting cancelled",
    "submitting": "draft checked unknown received processing complete partial failed exception",
    "unknown": "checked received processing complete partial failed exception",
    "received": "processing complete partial failed exception",
    "processing": "complete partial failed exception",
    "exception": "processing complete partial failed",
    "complete": "",
    "partial": "",
    "failed": "",
    "cancelled": "",
}
PAIRS = [(source, target) for source in S for target in S]


def order_in(status: str) -> ImportOrder:
    """Make an order in a status."""
    order = builders.draft()
    ImportOrder.objects.filter(pk=order.pk).update(status=status)
    order.refresh_from_db()
    return order


def go(order: ImportOrder, target: S, **changes: object) -> bool:
    """Try the move."""
    return move(order, target, reason="A test.", learned_by=LearnedBy.PORTAL, **changes)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda status: str(status.value))
def test_only_the_written_moves_happen(source: S, target: S) -> None:
    order = order_in(source)
    before = order.events.count()
    moved = go(order, target, trouble="said with the move")
    order.refresh_from_db()
    if target.value in ALLOWED[source.value].split():
        assert (moved, order.status, order.trouble) == (True, target, "said with the move")
        event = order.events.latest("pk")
        assert (event.from_status, event.to_status, event.reason) == (source, target, "A test.")
        assert order.events.count() == before + 1
    else:
        assert (moved, order.status, order.trouble) == (False, source, "")
        assert order.events.count() == before


def test_every_status_has_its_moves_and_final_ones_have_none() -> None:
    assert set(MOVES) == set(S) == {S(name) for name in ALLOWED}
    assert {status for status, targets in MOVES.items() if not targets} == FINAL
    assert set(NUMBER_MOVES) == set(NumberState)


def test_an_event_says_who_when_and_how_it_was_learned(support: User) -> None:
    order = builders.draft()
    before = timezone.now()
    move(order, S.CANCELLED, reason="Why.", learned_by=LearnedBy.PERSON, actor=support)
    event = order.events.latest("pk")
    assert (event.actor, event.learned_by, event.reason) == (support, "person", "Why.")
    assert before <= event.at <= timezone.now()
    assert order.status_changed_at >= before


@pytest.mark.parametrize("end", sorted(FINAL - {S.CANCELLED}))
def test_an_order_that_ends_frees_its_numbers(end: S) -> None:
    order = order_in(S.PROCESSING)
    assert order.numbers.filter(is_holding=True).count() == 1
    go(order, end)
    assert order.numbers.filter(is_holding=True).count() == 0


def test_an_order_that_goes_on_holds_its_numbers() -> None:
    order = order_in(S.RECEIVED)
    go(order, S.EXCEPTION)
    assert order.numbers.filter(is_holding=True).count() == 1


def test_a_note_moves_nothing() -> None:
    order = builders.draft()
    note(order, "x" * 3000, learned_by=LearnedBy.PERSON)
    event = order.events.latest("pk")
    assert (event.from_status, event.to_status, len(event.reason)) == ("", "", 1000)
    assert order.status == "draft"


def test_the_sweep_leaves_an_order_alone_for_half_of_its_wait_up_to_its_cap(
    settings: Any,
) -> None:
    settings.SWEEP_FIRST_SECONDS = 60
    settings.SWEEP_CAP_SECONDS = 3600
    waited = (0, 119, 240, 7200, 7300, 10**9)
    waits = [next_read_in(timedelta(seconds=seconds)).total_seconds() for seconds in waited]
    assert waits == [60, 60, 120, 3600, 3600, 3600]


# --- The race -------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_five_that_race_for_one_move_one_wins_and_one_event_is_left() -> None:
    order = order_in(S.CHECKED)
    won = at_once(5, lambda _index: go(ImportOrder.objects.get(pk=order.pk), S.SUBMITTING))
    assert sorted(won) == [False, False, False, False, True]
    assert order.events.filter(to_status="submitting").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_write_several_would_win() -> None:
    """C06: the twin: the same race with the protection off must show the fault."""
    order = order_in(S.CHECKED)
    won = at_once(5, lambda _index: _move_without_protection(order.pk))
    assert sum(won) > 1
    assert order.events.filter(to_status="submitting").count() == sum(won)


def _move_without_protection(order_id: int) -> bool:
    """Move as one does who looks first and then writes whatever happened meanwhile."""
    order = ImportOrder.objects.get(pk=order_id)
    if order.status != S.CHECKED:
        return False
    time.sleep(0.05)
    order.status = S.SUBMITTING
    order.save()
    OrderEvent.objects.create(
        order=order,
        at=timezone.now(),
        from_status=S.CHECKED,
        to_status=S.SUBMITTING,
        learned_by=LearnedBy.PORTAL,
    )
    return True


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_those_that_race_to_different_ends_one_decides() -> None:
    order = order_in(S.PROCESSING)
    ends = [S.COMPLETE, S.PARTIAL, S.FAILED]
    won = at_once(3, lambda index: go(ImportOrder.objects.get(pk=order.pk), ends[index]))
    assert sum(won) == 1
    assert order.events.exclude(from_status="").count() == 1
