"""A permission that was taken back: a later letter counts, and whose the number is by now."""

from __future__ import annotations

import pytest

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import import_orders, leaving_plan, removals, telephone_numbers
from numbering.domain.cannot_do import CannotDo
from numbering.domain.home import waiting_on_person
from numbering.domain.withdrawal_queue import to_be_removed
from numbering.enums import LearnedBy
from numbering.models import ImportOrder, RemovalOrder, Subscriber, TelephoneNumber
from tests import builders
from tests.numbering import steps
from tests.numbering.giving_up import these
from tests.numbering.test_removals import hosted, states, take_back, worked

pytestmark = pytest.mark.django_db
TO_REMOVE = "Numbers to be removed: permission taken back"


def lost(life: TelephoneNumber, sandbox: Sandbox) -> None:
    """Have another company get its texting."""
    sandbox.lose(life.e164, notify=False)
    telephone_numbers.mark_lost([life.e164], reason="Lost.", learned_by=LearnedBy.WEBHOOK)


def imported_again(
    life: TelephoneNumber, sandbox: Sandbox, subscriber: Subscriber | None = None
) -> None:
    """Have it hosted once more, under a new letter of its subscriber, or of another one."""
    order = builders.draft(life.e164, subscriber=subscriber or life.subscriber)
    builders.letter(order, builders.letter_for(order))
    import_orders.check(order, actor=None)
    steps.submitted_and_sent(order)
    steps.ended_at(sandbox, order)
    steps.work()
    assert states([life]) == ["hosted"]


def to_remove() -> int:
    """Count what the home page has to be removed."""
    return sum(heap.count for heap in waiting_on_person() if heap.title == TO_REMOVE)


def first_order(life: TelephoneNumber) -> ImportOrder:
    """Return the order that the number came by."""
    return life.order_rows.earliest("pk").order


def test_a_number_that_was_lost_and_is_permitted_again_is_not_to_be_removed(
    at_carrier: Sandbox,
) -> None:
    [life] = hosted(*builders.fresh_numbers(), sandbox=at_carrier)
    lost(life, at_carrier)
    take_back(first_order(life), life.e164)
    imported_again(life, at_carrier)
    assert (to_remove(), to_be_removed().count()) == (0, 0)
    effects = " ".join(leaving_plan.plan(these([life])).effects)
    assert "is still given: the subscriber did not withdraw it" in effects
    assert "was withdrawn" not in effects


def test_what_was_kept_then_is_not_asked_for_once_it_is_permitted_again(
    at_carrier: Sandbox, support: User
) -> None:
    [life] = hosted(steps.card("8030"), sandbox=at_carrier)
    take_back(first_order(life), life.e164)
    order = worked(RemovalOrder.objects.get(), at_carrier)
    assert (to_remove(), removals.kept_numbers(order)) == (1, [life])
    lost(life, at_carrier)
    imported_again(life, at_carrier)
    assert (to_remove(), removals.kept_numbers(order)) == (0, [])
    with pytest.raises(CannotDo, match="permitted again"):
        removals.request_again(order, actor=support)


def test_a_letter_that_is_added_to_the_same_order_gives_nothing_again(
    at_carrier: Sandbox,
) -> None:
    [life] = hosted(steps.card("8030"), sandbox=at_carrier)
    order = first_order(life)
    take_back(order, life.e164)
    worked(RemovalOrder.objects.get(), at_carrier)
    builders.letter(order, builders.letter_for(order))
    assert to_remove() == 1


def test_who_had_a_number_before_takes_it_from_nobody(at_carrier: Sandbox) -> None:
    [life] = hosted(*builders.fresh_numbers(), sandbox=at_carrier)
    order = first_order(life)
    lost(life, at_carrier)
    imported_again(life, at_carrier, builders.subscriber())
    take_back(order, life.e164)
    assert (states([life]), RemovalOrder.objects.count(), to_remove()) == (["hosted"], 0, 0)


def test_a_number_that_staff_moved_without_a_letter_waits_for_a_person(
    at_carrier: Sandbox,
) -> None:
    stays, moved = hosted(sandbox=at_carrier)
    these([moved]).update(subscriber=builders.subscriber())
    take_back(first_order(stays), stays.e164, moved.e164)
    assert states([stays, moved]) == ["removing", "hosted"]
    assert to_remove() == 1
