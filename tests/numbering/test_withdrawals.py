"""A customer takes back their permission: recorded once, proven, and nothing is sent any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from carrier.sandbox import Sandbox
from numbering.domain import (
    evidence,
    linked_orders,
    submission,
    withdrawals,
)
from numbering.domain.cannot_do import CannotDo
from numbering.domain.home import orders_to_retry, waiting_on_person
from numbering.domain.invitations import AlreadyUsed, new_link
from numbering.domain.order_status import status_of
from numbering.domain.withdrawal_queue import to_be_removed, withdrawn_from
from numbering.domain.withdrawals import Withdrawer
from numbering.enums import InvitationPurpose
from numbering.models import (
    EvidenceEntry,
    ImportOrder,
    Invitation,
    Loa,
    TelephoneNumber,
    Withdrawal,
)
from tests import builders
from tests.numbering import customers, steps
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db

MARIA = Withdrawer(
    name="Maria Lopez",
    email="maria@example.com",
    address="192.0.2.7",
    browser="A browser/1.0",
    reason="We move to another company.",
)


def link(order: ImportOrder) -> Invitation:
    """Make a link to the order's status."""
    return new_link(purpose=InvitationPurpose.STATUS, email=MARIA.email, order=order)[0]


def take_back(order: ImportOrder, e164s: Sequence[str] | None = None) -> None:
    """Take back these numbers, or all of them, by a link of their own."""
    numbers = e164s or list(order.numbers.values_list("e164", flat=True))
    withdrawals.withdraw(order, e164s=numbers, by=MARIA, invitation=link(order))
    order.refresh_from_db()


def numbers_of(order: ImportOrder) -> list[str]:
    """Give the order's numbers."""
    return list(order.numbers.values_list("e164", flat=True))


def test_everything_taken_back_cancels_a_draft_and_ends_its_letter() -> None:
    order = builders.draft(*builders.fresh_numbers(2))
    letter = customers.letter_for(order)
    take_back(order)
    letter.refresh_from_db()
    assert order.status == "cancelled"
    assert letter.withdrawn_at is not None
    assert not order.numbers.filter(is_holding=True).exists()
    assert status_of(order).headline == "You took back your permission for these numbers."


def test_some_numbers_taken_back_leave_the_draft_with_the_others() -> None:
    numbers = builders.fresh_numbers(3)
    order = builders.draft(*numbers)
    letter = customers.letter_for(order)
    take_back(order, numbers[:1])
    letter.refresh_from_db()
    assert (order.status, numbers_of(order), letter.withdrawn_at) == ("draft", numbers[1:], None)
    assert withdrawn_from(order) == {numbers[0]: ""}


def test_the_letter_ends_with_the_last_of_its_numbers() -> None:
    numbers = builders.fresh_numbers(2)
    order = customers.hosted(*numbers)
    letter = customers.letter_for(order)
    take_back(order, numbers[:1])
    assert Loa.objects.filter(pk=letter.pk, withdrawn_at=None).exists()
    take_back(order, numbers[1:])
    assert not Loa.objects.filter(pk=letter.pk, withdrawn_at=None).exists()


def test_a_blanket_letter_outlives_the_numbers_of_one_order() -> None:
    order = customers.hosted(*builders.fresh_numbers())
    letter = customers.letter_for(order)
    Loa.objects.filter(pk=letter.pk).update(scope="blanket")
    take_back(order)
    assert Loa.objects.filter(pk=letter.pk, withdrawn_at=None).exists()


def test_hosted_numbers_wait_to_be_removed_until_they_are_gone() -> None:
    numbers = builders.fresh_numbers(2)
    order = customers.hosted(*numbers)
    take_back(order, numbers[:1])
    assert [row.e164 for row in to_be_removed()] == numbers[:1]
    number = TelephoneNumber.objects.filter(e164=numbers[0])
    assert number.get().state == "removing"
    # Its removal failed: a person must see to it.
    number.update(state="hosted")
    assert [(heap.title, heap.count) for heap in waiting_on_person()] == [
        ("Numbers to be removed: permission taken back", 1)
    ]
    assert status_of(order).headline.endswith("for the numbers that you kept.")
    result = status_of(order).groups
    assert [group.result for group in result] == [
        "Text messages are on",
        "You took back your permission: text messages are being switched off",
    ]
    number.update(state="gone")
    assert not to_be_removed().exists()
    assert "no text messages through us" in status_of(order).groups[1].result


def test_it_is_proven_and_the_chain_stays_whole() -> None:
    numbers = builders.fresh_numbers(2)
    order = customers.hosted(*numbers)
    letter = customers.letter_for(order)
    used = link(order)
    withdrawals.withdraw(order, e164s=numbers, by=MARIA, invitation=used)
    entry = EvidenceEntry.objects.get(kind="withdrawn")
    assert (entry.order, entry.subscriber) == (order, order.subscriber)
    assert entry.data == {
        "withdrawal": Withdrawal.objects.get().pk,
        "name": "Maria Lopez",
        "email": "maria@example.com",
        "address": "192.0.2.7",
        "browser": "A browser/1.0",
        "reason": "We move to another company.",
        "invitation": used.pk,
        "numbers": numbers,
        "letters_ended": [letter.pk],
    }
    assert evidence.faults() == []
    note = order.events.latest("pk").reason
    assert note.startswith("Maria Lopez (maria@example.com) took back the permission for 2 numbers")


def test_the_customer_and_everybody_else_concerned_get_it_in_writing() -> None:
    order = customers.hosted(*builders.fresh_numbers())
    customers.invited(order, "tom@example.com")
    take_back(order)
    for email in ("maria@example.com", "tom@example.com"):
        subject, text = customers.mails_to(email)[-1]
        assert subject == f"Your permission was taken back: {order.subscriber}"
        assert "Maria Lopez (maria@example.com) has taken back the permission" in text
        assert order.numbers.get().e164[-4:] in text


def test_the_same_link_twice_is_one_withdrawal() -> None:
    """F16: with or without a second tab."""
    order = customers.hosted(*builders.fresh_numbers())
    used = link(order)
    withdrawals.withdraw(order, e164s=numbers_of(order), by=MARIA, invitation=used)
    with pytest.raises(AlreadyUsed):
        withdrawals.withdraw(order, e164s=numbers_of(order), by=MARIA, invitation=used)
    assert Withdrawal.objects.count() == EvidenceEntry.objects.filter(kind="withdrawn").count() == 1


def test_what_was_taken_back_already_cannot_be_taken_back_again_and_keeps_the_link() -> None:
    order = customers.hosted(*builders.fresh_numbers())
    take_back(order)
    second = link(order)
    with pytest.raises(CannotDo, match="taken back already"):
        withdrawals.withdraw(order, e164s=numbers_of(order), by=MARIA, invitation=second)
    assert Invitation.objects.open().filter(pk=second.pk).exists()


def test_numbers_of_somebody_else_are_not_taken_back() -> None:
    order, other = (customers.hosted(*builders.fresh_numbers()) for _ in range(2))
    with pytest.raises(CannotDo):
        withdrawals.withdraw(order, e164s=numbers_of(other), by=MARIA, invitation=link(order))
    assert not Withdrawal.objects.exists()


def test_a_number_that_is_put_in_again_needs_a_letter_that_is_newer() -> None:
    numbers = builders.fresh_numbers(2)
    order = builders.draft(*numbers)
    customers.letter_for(order)
    take_back(order, numbers[:1])
    order.numbers.create(e164=numbers[0], status="importable")
    order.numbers.update(status="importable")
    ImportOrder.objects.filter(pk=order.pk).update(status="checked")
    with pytest.raises(CannotDo, match="took back the permission for 1 number of this order"):
        submission.submit(order, actor=None)
    customers.letter_for(order)
    submission.submit(order, actor=None)
    assert steps.status_of(order) == "submitting"


def test_an_order_that_waits_for_the_carrier_is_taken_back_and_not_sent(
    at_carrier: Sandbox,
) -> None:
    order = steps.checked(*builders.fresh_numbers())
    submission.submit(order, actor=None)
    take_back(order)
    steps.work()
    assert steps.status_of(order) == "cancelled"
    assert steps.orders_at(at_carrier, order) == []


def test_what_is_taken_back_while_it_is_being_sent_is_removed_afterwards(
    at_carrier: Sandbox, settings: Any
) -> None:
    order = steps.checked(steps.card("8003"))
    at_carrier.fault("created_500", method="POST", path_contains="importTnOrders")
    steps.submitted_and_sent(order)
    assert order.status == "unknown"
    take_back(order)
    assert (order.status, to_be_removed().count()) == ("unknown", 0)
    settings.LOOK_FIRST_SECONDS = settings.LOOK_AGAIN_SECONDS = 0
    steps.work(rounds=3)
    assert steps.status_of(order) in ("received", "processing")
    assert [row.e164 for row in to_be_removed()] == numbers_of(order)


def test_failed_numbers_that_were_taken_back_are_not_tried_again() -> None:
    numbers = builders.fresh_numbers(2)
    order = builders.draft(*numbers)
    order.numbers.update(status="failed", operation="import", code="7518", is_holding=False)
    ImportOrder.objects.filter(pk=order.pk).update(status="failed")
    order.refresh_from_db()
    take_back(order, numbers[:1])
    assert orders_to_retry().filter(pk=order.pk).exists()
    child = linked_orders.retry_failed(order, actor=None)
    assert numbers_of(child) == numbers[1:]
    # The one that is being tried again is taken out of the draft that tries it.
    take_back(order, numbers[1:])
    child.refresh_from_db()
    assert child.status == "cancelled"
    assert Withdrawal.objects.filter(order=child).exists()
    assert not orders_to_retry().filter(pk=order.pk).exists()
    with pytest.raises(CannotDo, match="took back the permission"):
        linked_orders.retry_failed(order, actor=None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_at_one_instant_with_links_of_their_own_are_one_withdrawal() -> None:
    order = customers.hosted(*builders.fresh_numbers(3))
    links = [link(order) for _ in range(4)]
    numbers = numbers_of(order)

    def act(index: int) -> bool:
        try:
            withdrawals.withdraw(order, e164s=numbers, by=MARIA, invitation=links[index])
        except CannotDo:
            return False
        return True

    assert sorted(at_once(4, act)) == [False, False, False, True]
    assert Withdrawal.objects.count() == 1
    assert evidence.faults() == []
