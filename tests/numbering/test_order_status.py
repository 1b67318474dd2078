"""Where an order is, in the words of its customer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from numbering.domain import hosting_requests
from numbering.domain.customer_status import CustomerStatus
from numbering.domain.order_status import status_of
from numbering.domain.request_status import status_of_request
from numbering.models import HostingRequest, ImportOrder, TelephoneNumber
from tests import builders
from tests.numbering import customers

pytestmark = pytest.mark.django_db

TITLES = ("Your request", "Letter of Authorization", "Check", "With the carrier", "Ready")


def in_status(status: str, *numbers: str, letter: bool = True) -> ImportOrder:
    """Make an order in a status, with its letter."""
    order = builders.draft(*numbers)
    if letter:
        customers.letter_for(order)
    ImportOrder.objects.filter(pk=order.pk).update(status=status)
    order.refresh_from_db()
    return order


def words(status: CustomerStatus) -> list[str]:
    """Give the word of each step."""
    assert [step.title for step in status.steps] == list(TITLES)
    return [str(step.word) for step in status.steps]


@pytest.mark.parametrize(
    ("status", "expected", "who"),
    [
        ("draft", "done/done/checking/not yet/not yet", "We"),
        ("checked", "done/done/checking/not yet/not yet", "We"),
        ("submitting", "done/done/done/with the carrier/not yet", "The carrier"),
        ("unknown", "done/done/done/with the carrier/not yet", "The carrier"),
        ("received", "done/done/done/with the carrier/not yet", "The carrier"),
        ("processing", "done/done/done/with the carrier/not yet", "The carrier"),
        ("exception", "done/done/done/with the carrier/not yet", "The carrier"),
        ("complete", "done/done/done/done/done", "Nobody"),
        ("partial", "done/done/done/done/some numbers could not be taken", "We"),
        ("failed", "done/done/done/done/the numbers could not be taken", "We"),
    ],
)
def test_each_status_has_its_plain_words_and_says_whose_turn_it_is(
    status: str, expected: str, who: str
) -> None:
    shown = status_of(in_status(status))
    assert ("/".join(words(shown)), str(shown.who)) == (expected, who)
    assert shown.headline
    assert shown.next


def test_a_stopped_order_says_so_and_has_no_steps() -> None:
    shown = status_of(in_status("cancelled"))
    assert shown.headline == "This order was stopped. It switched nothing on."
    assert (shown.steps, shown.can_withdraw) == ((), False)


def test_without_a_letter_it_is_the_customers_turn_only_once_they_were_asked() -> None:
    order = in_status("checked", letter=False)
    before = status_of(order)
    customers.invited(order)
    after = status_of(order)
    assert (words(before)[1], str(before.who)) == ("checking", "We")
    assert (words(after)[1], str(after.who)) == ("we need you", "You")
    assert before.needs_letter
    assert after.needs_letter


@pytest.mark.parametrize("fault", ["voided_at", "withdrawn_at"])
def test_a_letter_that_no_longer_counts_is_needed_again(fault: str) -> None:
    order = builders.draft()
    letter = customers.letter_for(order)
    assert not status_of(order).needs_letter
    setattr(letter, fault, letter.uploaded_at)
    letter.save()
    assert status_of(order).needs_letter


def test_numbers_with_one_result_stand_together_and_what_needs_doing_comes_first() -> None:
    numbers = builders.fresh_numbers(4)
    order = in_status("partial", *numbers)
    order.numbers.filter(e164__in=numbers[:2]).update(status="completed", operation="import")
    order.numbers.filter(e164=numbers[2]).update(status="failed", operation="import", code="7518")
    order.numbers.filter(e164=numbers[3]).update(status="failed", operation="import", code="25130")
    shown = status_of(order)
    assert [(group.result, len(group.numbers)) for group in shown.groups] == [
        ("Could not be taken", 1),
        ("Could not be taken", 1),
        ("Text messages are on", 2),
    ]
    assert shown.groups[0].why == "This number does not seem to be in service for calls."
    assert shown.groups[1].what_to_do == "We are looking into it. There is nothing for you to do."
    assert (shown.headline, str(shown.who)) == (
        "Done, but 2 numbers could not be taken.",
        "You",
    )


def test_nothing_internal_is_said_whatever_the_carrier_said() -> None:
    order = in_status("failed")
    order.numbers.update(
        status="failed", operation="import", code="25130", description="SIP peer 500101 refuses"
    )
    ImportOrder.objects.filter(pk=order.pk).update(
        trouble="401 for account 9900001", customer_order_id="IO1-abc", carrier_order_id="f00-ba4"
    )
    order.refresh_from_db()
    shown = repr(status_of(order))
    found = [
        word
        for word in ("25130", "SIP", "500101", "401", "9900001", "IO1-abc", "f00-ba4", "Bandwidth")
        if word in shown
    ]
    assert found == []


def test_failed_numbers_that_are_tried_again_are_nobodys_worry() -> None:
    order = in_status("failed")
    order.numbers.update(status="failed", operation="import", code="7518")
    ImportOrder.objects.filter(pk=builders.draft().pk).update(parent=order)
    assert "trying again" in status_of(order).next


def test_a_number_that_was_lost_since_is_named() -> None:
    order = in_status("complete")
    row = order.numbers.get()
    row.telephone_number = TelephoneNumber.objects.create(
        e164=row.e164, subscriber=order.subscriber, state="lost", state_changed_at=order.created_at
    )
    row.status = "completed"
    row.save()
    shown = status_of(order)
    assert shown.headline.endswith("Some of your numbers no longer have them.")
    assert shown.groups[0].what_to_do == "If you did not want that, tell us at once."


def test_the_number_of_queries_does_not_grow_with_the_numbers() -> None:
    counts = []
    for size in (1, 30):
        order = in_status("partial", *builders.fresh_numbers(size))
        order.numbers.update(status="failed", operation="import", code="7518")
        with CaptureQueriesContext(connection) as queries:
            status_of(order)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize(
    ("state", "first_word", "who"),
    [
        ("filling", "we need you", "You"),
        ("submitted", "checking", "We"),
        ("returned", "we need you", "You"),
        ("declined", None, "Nobody"),
        ("withdrawn", None, "Nobody"),
    ],
)
def test_a_request_has_its_words_before_it_is_an_order(
    state: str, first_word: str | None, who: str
) -> None:
    request = hosting_requests.start(
        subscriber=None, email="ann@example.com", name="Ann", actor=None
    )
    HostingRequest.objects.filter(pk=request.pk).update(
        state=state, returned_remark="The ZIP code is not that of Denver."
    )
    request.refresh_from_db()
    number, other = builders.fresh_numbers(2)
    request.numbers.create(e164=number, status="blocked", code="19001")
    request.numbers.create(e164=other, status="importable")
    shown = status_of_request(request)
    assert (words(shown)[0] if shown.steps else None, str(shown.who)) == (first_word, who)
    assert ("ZIP code" in shown.next) == (state in ("returned", "declined"))
    assert [group.result for group in shown.groups] == ["Cannot be taken as it is", "Can be taken"]


def test_from_when_it_is_an_order_a_request_shows_the_order() -> None:
    request = hosting_requests.start(
        subscriber=None, email="ann@example.com", name="Ann", actor=None
    )
    request.order = in_status("complete")
    assert status_of_request(request) == status_of(request.order)
