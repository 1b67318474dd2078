"""What the carrier says of an order, taken over: status, each number's result, and its life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from carrier.errors import Problem
from carrier.records import ImportOrderRecord, OrderStatus
from carrier.sandbox import Sandbox
from numbering.domain import import_orders, linked_orders, results, telephone_numbers
from numbering.enums import LearnedBy
from numbering.models import ImportOrder, Job, TelephoneNumber
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db


def record(
    status: str,
    *numbers: str,
    problems: tuple[Problem, ...] = (),
    order_id: str = "",
) -> ImportOrderRecord:
    """Make what the carrier's client reads out of an answer."""
    return ImportOrderRecord(
        order_id=order_id or str(uuid4()),
        customer_order_id="",
        status=OrderStatus.read(status),
        raw_status=status,
        telephone_numbers=numbers,
        problems=problems,
        site_id="1001",
        sip_peer_id="500101",
        created_at=None,
        raw_created_at="",
        last_modified_at=None,
        raw_last_modified_at="",
        subscriber_name="",
        loa_type="",
        loa_authorizing_person="",
    )


@pytest.fixture
def received() -> ImportOrder:
    """An order of three numbers that the carrier has accepted."""
    order = builders.draft(*builders.fresh_numbers(3))
    ImportOrder.objects.filter(pk=order.pk).update(
        status="received", carrier_order_id=str(uuid4()), carrier_status_word="RECEIVED"
    )
    order.numbers.update(status="sent", attempts=1)
    telephone_numbers.start_importing(order, learned_by=LearnedBy.ANSWER)
    order.refresh_from_db()
    return order


def numbers_of(order: ImportOrder) -> list[str]:
    """Give the order's numbers in their order."""
    return list(order.numbers.values_list("e164", flat=True))


def say(order: ImportOrder, answer: ImportOrderRecord) -> None:
    """Let the portal take over what the carrier said."""
    with transaction.atomic():
        results.apply_record(order, answer, learned_by=LearnedBy.SWEEP)
    order.refresh_from_db()


def rows(order: ImportOrder) -> list[tuple[str, str, str]]:
    """Give status, code and description of each number."""
    return list(order.numbers.values_list("status", "code", "description"))


def lives(order: ImportOrder) -> list[str]:
    """Give the state of each of the order's telephone numbers."""
    found = order.numbers.values_list("telephone_number__state", flat=True)
    return [str(state) for state in found]


# --- Status and results ---------------------------------------------------------------------


def test_complete_hosts_every_number(received: ImportOrder) -> None:
    say(received, record("COMPLETE", *numbers_of(received)))
    assert received.status == "complete"
    assert rows(received) == [("completed", "", "")] * 3
    assert lives(received) == ["hosted"] * 3
    assert received.numbers.filter(is_holding=True).count() == 0


def test_partial_names_the_numbers_that_failed(received: ImportOrder) -> None:
    """W20: a result and a reason for each number."""
    one, two, three = numbers_of(received)
    reason = Problem("7518", "not active", (two,))
    say(received, record("PARTIAL", one, two, three, problems=(reason,)))
    assert received.status == "partial"
    assert rows(received) == [
        ("completed", "", ""),
        ("failed", "7518", "not active"),
        ("completed", "", ""),
    ]
    assert lives(received) == ["hosted", "not_imported", "hosted"]


def test_a_failed_number_may_be_named_under_the_errors_only(received: ImportOrder) -> None:
    one, two, three = numbers_of(received)
    reason = Problem("5158", "never imported", (three,))
    say(received, record("PARTIAL", one, two, problems=(reason,)))
    assert [row[0] for row in rows(received)] == ["completed", "completed", "failed"]


def test_failed_fails_every_number_named_or_not(received: ImportOrder) -> None:
    say(received, record("FAILED"))
    assert received.status == "failed"
    assert rows(received) == [("failed", "", "The whole order failed.")] * 3
    assert lives(received) == ["not_imported"] * 3


def test_a_reason_about_the_whole_order_is_shown_at_each_number(received: ImportOrder) -> None:
    reason = Problem("5157", "no messaging routes")
    say(received, record("FAILED", *numbers_of(received), problems=(reason,)))
    assert rows(received) == [("failed", "5157", "no messaging routes")] * 3
    assert "5157 no messaging routes" in received.events.latest("pk").reason


def test_partial_without_names_is_not_taken_for_imported(received: ImportOrder) -> None:
    say(received, record("PARTIAL", *numbers_of(received)))
    assert {row[0] for row in rows(received)} == {"failed"}
    assert {"does not say which" in row[2] for row in rows(received)} == {True}


def test_complete_with_a_failed_number_is_partial(received: ImportOrder) -> None:
    one, two, three = numbers_of(received)
    say(received, record("COMPLETE", one, two, three, problems=(Problem("5076", "x", (one,)),)))
    assert (received.status, received.carrier_status_word) == ("partial", "COMPLETE")
    assert [row[0] for row in rows(received)] == ["failed", "completed", "completed"]


def test_complete_that_leaves_a_number_out_is_partial(received: ImportOrder) -> None:
    one, two, _ = numbers_of(received)
    say(received, record("COMPLETE", one, two))
    assert received.status == "partial"
    assert lives(received) == ["hosted", "hosted", "not_imported"]


def test_complete_without_any_list_of_numbers_is_complete(received: ImportOrder) -> None:
    say(received, record("COMPLETE"))
    assert (received.status, lives(received)) == ("complete", ["hosted"] * 3)


def test_a_number_of_ours_is_never_touched_by_a_strangers_result(received: ImportOrder) -> None:
    say(
        received,
        record(
            "PARTIAL",
            *numbers_of(received),
            problems=(Problem("7518", "not active", (*builders.fresh_numbers(),)),),
        ),
    )
    assert received.numbers.count() == 3
    assert lives(received) == ["hosted"] * 3


def test_exception_stays_open_and_asks_for_attention(received: ImportOrder) -> None:
    say(received, record("EXCEPTION", *numbers_of(received)))
    assert (received.status, received.next_read_at is not None) == ("exception", True)
    assert "needs attention" in received.events.latest("pk").reason
    assert lives(received) == ["importing"] * 3
    say(received, record("COMPLETE", *numbers_of(received)))
    assert received.status == "complete"


@pytest.mark.parametrize("word", ["FROBNICATED", "", "COMPLETED?", "done"])
def test_a_word_that_nobody_knows_is_kept_and_never_final(received: ImportOrder, word: str) -> None:
    """W18: an unknown word is never shown as done."""
    say(received, record(word, *numbers_of(received)))
    assert (received.status, received.carrier_status_word) == ("received", word)
    assert received.next_read_at is not None
    assert f"The carrier says {word or 'nothing'}" in received.events.latest("pk").reason


@pytest.mark.parametrize("word", ["complete", " Complete ", "COMPLETE"])
def test_the_carriers_words_are_read_in_any_case(received: ImportOrder, word: str) -> None:
    say(received, record(word, *numbers_of(received)))
    assert received.status == "complete"


# --- Again, late, out of order --------------------------------------------------------------


def test_the_same_answer_twice_changes_nothing(received: ImportOrder) -> None:
    answer = record("PROCESSING", *numbers_of(received))
    say(received, answer)
    before = received.events.count()
    say(received, answer)
    assert received.events.count() == before


def test_the_same_strange_word_is_noted_once(received: ImportOrder) -> None:
    for _ in range(3):
        say(received, record("FROBNICATED"))
    assert received.events.filter(reason__contains="FROBNICATED").count() == 1


@pytest.mark.parametrize("end", ["COMPLETE", "PARTIAL", "FAILED"])
@pytest.mark.parametrize("late", ["PROCESSING", "RECEIVED", "FAILED", "COMPLETE", "EXCEPTION"])
def test_a_final_order_stays_as_it_is(received: ImportOrder, end: str, late: str) -> None:
    numbers = numbers_of(received)
    say(received, record(end, *numbers, problems=(Problem("7518", "no", (numbers[0],)),)))
    before = (
        received.status,
        received.carrier_status_word,
        received.next_read_at,
        rows(received),
        lives(received),
        received.events.count(),
    )
    say(received, record(late, *numbers))
    assert before == (
        received.status,
        received.carrier_status_word,
        received.next_read_at,
        rows(received),
        lives(received),
        received.events.count(),
    )


def test_processing_does_not_go_back_to_received(received: ImportOrder) -> None:
    say(received, record("PROCESSING"))
    say(received, record("RECEIVED"))
    assert received.status == "processing"


def test_the_longer_an_order_waits_the_less_often_it_is_read(
    received: ImportOrder, settings: Any
) -> None:
    settings.SWEEP_FIRST_SECONDS = 60
    settings.SWEEP_CAP_SECONDS = 300
    say(received, record("PROCESSING"))
    waits = []
    for minutes in (1, 4, 8, 100):
        since = timezone.now() - timedelta(minutes=minutes)
        ImportOrder.objects.filter(pk=received.pk).update(status_changed_at=since)
        say(received, record("PROCESSING"))
        assert received.next_read_at is not None
        waits.append(round((received.next_read_at - timezone.now()).total_seconds() / 60))
    assert waits == [1, 2, 4, 5]


# --- Reading --------------------------------------------------------------------------------


def test_what_cannot_be_read_leaves_the_order_where_it_was(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8003"))
    before = steps.status_of(order)
    at_carrier.fault("not_created_503", method="GET", path_contains="importTnOrders", times=None)
    steps.due_for_sweep(order)
    steps.work()
    order.refresh_from_db()
    assert (order.status, order.trouble.startswith("Could not read the order")) == (before, True)


def test_a_trouble_is_gone_with_the_next_reading(received: ImportOrder) -> None:
    ImportOrder.objects.filter(pk=received.pk).update(trouble="Could not read the order.")
    say(received, record("PROCESSING"))
    assert received.trouble == ""


def test_an_order_that_the_carrier_forgot_says_whom_to_ask(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8003"))
    ImportOrder.objects.filter(pk=order.pk).update(carrier_order_id=str(uuid4()))
    steps.due_for_sweep(order)
    steps.work()
    order.refresh_from_db()
    assert "does not know this order any more" in order.trouble


def test_a_read_that_fails_parks_nothing_and_leaves_the_rest_to_the_sweep(
    at_carrier: Sandbox,
) -> None:
    order = steps.sent(steps.card("8003"))
    at_carrier.fault("refused", method="GET", path_contains="importTnOrders", times=None)
    steps.due_for_sweep(order)
    steps.work(rounds=6)
    assert Job.objects.filter(kind="read_order", state="parked").count() == 0
    order.refresh_from_db()
    assert order.trouble.startswith("Could not read the order")
    assert order.next_read_at is not None
    assert timedelta(0) < order.next_read_at - timezone.now() <= timedelta(minutes=1)


# --- From card to result --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "status", "codes"),
    [
        (["7518"], "failed", ["7518"]),
        (["5158"], "failed", ["5158"]),
        (["5074", "2281"], "partial", ["", "5074"]),
        (["8001", "2282"], "failed", ["5157", "5157"]),
        (["8002"], "exception", [""]),
        (["8010"], "failed", ["7518"]),
        (["8006"], "complete", [""]),
    ],
)
def test_the_cards_end_as_their_table_says(
    at_carrier: Sandbox, lines: list[str], status: str, codes: list[str]
) -> None:
    order = steps.sent(*(steps.card(line) for line in lines))
    steps.ended_at(at_carrier, order)
    steps.due_for_sweep(order)
    steps.work()
    assert steps.status_of(order) == status
    assert sorted(order.numbers.values_list("code", flat=True)) == codes


def test_the_lives_of_a_partial_orders_numbers(at_carrier: Sandbox) -> None:
    good, bad = builders.fresh_numbers()[0], steps.card("7518")
    order = steps.sent(good, bad)
    steps.ended_at(at_carrier, order)
    steps.due_for_sweep(order)
    steps.work()
    states = dict(TelephoneNumber.objects.values_list("e164", "state"))
    assert states == {good: "hosted", bad: "not_imported"}
    history = list(
        TelephoneNumber.objects.get(e164=good).events.values_list("from_state", "to_state")
    )
    assert history == [("", "importing"), ("importing", "hosted")]


# --- Lives ----------------------------------------------------------------------------------


def test_a_lost_number_that_is_imported_again_goes_on_in_the_same_life_and_moves_house(
    at_carrier: Sandbox,
) -> None:
    number = builders.fresh_numbers()[0]
    TelephoneNumber.objects.create(
        e164=number,
        subscriber=builders.subscriber(),
        state="lost",
        site_id="1001",
        sip_peer_id="500101",
        state_changed_at=timezone.now(),
    )
    peer = builders.sip_peer(site_id="1002", sip_peer_id="500201")
    order = steps.sent(number, sip_peer=peer)
    steps.ended_at(at_carrier, order)
    steps.due_for_sweep(order)
    steps.work()
    life = TelephoneNumber.objects.get()
    assert (life.state, life.subscriber) == ("hosted", order.subscriber)
    assert (life.site_id, life.sip_peer_id) == ("1002", "500201")


def test_a_number_that_failed_before_begins_a_life_of_its_own(at_carrier: Sandbox) -> None:
    number = steps.card("8010")
    first = steps.sent(number)
    steps.ended_at(at_carrier, first)
    steps.due_for_sweep(first)
    steps.work()
    child = linked_orders.retry_failed(ImportOrder.objects.get(pk=first.pk), actor=None)
    import_orders.check(child, actor=None)
    steps.submitted_and_sent(child)
    steps.ended_at(at_carrier, child)
    steps.due_for_sweep(child)
    steps.work()
    states = list(TelephoneNumber.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["not_imported", "hosted"]


def test_a_lost_number_is_not_hosted_by_the_late_end_of_its_order(received: ImportOrder) -> None:
    numbers = numbers_of(received)
    telephone_numbers.mark_lost([numbers[0]], reason="Taken.", learned_by=LearnedBy.WEBHOOK)
    say(received, record("COMPLETE", *numbers))
    assert lives(received) == ["lost", "hosted", "hosted"]
