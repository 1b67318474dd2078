"""Applying stored webhooks: a notice is a reason to look, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.domain import webhooks
from numbering.models import ImportOrder, Job, TelephoneNumber, WebhookEvent
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.notices import lost_notice, order_notice, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def processing(at_carrier: Sandbox) -> ImportOrder:
    """An order that the carrier has, and works on until it is told to end it."""
    order = steps.sent(steps.card("8003"), *builders.fresh_numbers(2))
    steps.wait_for(lambda: steps.orders_at(at_carrier, order)[0].status == "PROCESSING")
    steps.due_for_sweep(order)
    run_once()
    assert steps.status_of(order) == "processing"
    return order


def state_of(event: WebhookEvent) -> str:
    """Read the webhook's state from the database."""
    return WebhookEvent.objects.values_list("state", flat=True).get(pk=event.pk)


def hosted(*numbers: str) -> list[TelephoneNumber]:
    """Make hosted telephone numbers."""
    subscriber = builders.subscriber()
    return [
        TelephoneNumber.objects.create(
            e164=number, subscriber=subscriber, state="hosted", state_changed_at=timezone.now()
        )
        for number in numbers
    ]


# --- News of an order -----------------------------------------------------------------------


def test_a_notice_has_the_order_read_and_the_timeline_says_by_webhook(
    processing: ImportOrder, at_carrier: Sandbox
) -> None:
    at_carrier.finish(processing.carrier_order_id or "", "COMPLETE")
    event = stored(order_notice(processing.carrier_order_id))
    run_once()
    event.refresh_from_db()
    assert (event.state, event.order, event.status_word) == ("applied", processing, "COMPLETE")
    assert event.applied_at is not None
    assert steps.timeline(processing)[-1] == ("processing", "complete", "webhook")


def test_false_news_changes_nothing(processing: ImportOrder) -> None:
    """W09: the carrier's own record decides, not the notice."""
    event = stored(order_notice(processing.carrier_order_id, status="COMPLETE"))
    run_once()
    assert (state_of(event), steps.status_of(processing)) == ("applied", "processing")
    assert set(steps.number_statuses(processing).values()) == {"sent"}


def test_the_false_news_card_ends_as_the_carriers_own_record_says(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8008"))
    stored(order_notice(order.carrier_order_id, status="COMPLETE"))
    run_once()
    assert steps.status_of(order) in ("received", "processing")
    at_carrier.finish(order.carrier_order_id or "", "FAILED")
    stored(order_notice(order.carrier_order_id, status="FAILED"))
    run_once()
    assert steps.status_of(order) == "failed"


def test_the_same_news_eight_times_is_one_step(
    processing: ImportOrder, at_carrier: Sandbox
) -> None:
    at_carrier.finish(processing.carrier_order_id or "", "COMPLETE")
    events = [stored(order_notice(processing.carrier_order_id)) for _ in range(4)]
    run_once()
    events += [stored(order_notice(processing.carrier_order_id)) for _ in range(4)]
    run_once()
    assert [state_of(event) for event in events] == ["applied"] * 4 + ["late"] * 4
    assert [step[1] for step in steps.timeline(processing)].count("complete") == 1
    number = processing.numbers.first()
    assert number is not None
    assert number.telephone_number is not None
    assert number.telephone_number.events.filter(to_state="hosted").count() == 1


def test_old_news_after_the_end_is_kept_and_marked_late(
    processing: ImportOrder, at_carrier: Sandbox
) -> None:
    at_carrier.finish(processing.carrier_order_id or "", "COMPLETE")
    stored(order_notice(processing.carrier_order_id))
    run_once()
    late = stored(order_notice(processing.carrier_order_id, status="PROCESSING"))
    run_once()
    late.refresh_from_db()
    assert (late.state, late.order) == ("late", processing)
    processing.refresh_from_db()
    assert (processing.status, processing.carrier_status_word) == ("complete", "COMPLETE")


def test_news_before_our_own_commit_is_applied_afterwards_by_itself(at_carrier: Sandbox) -> None:
    """W11: kept, and applied by the sweep."""
    order = steps.checked(steps.card("8003"))
    carrier_order_id = str(uuid4())
    early = stored(order_notice(carrier_order_id))
    run_once()
    assert state_of(early) == "unmatched"
    ImportOrder.objects.filter(pk=order.pk).update(
        carrier_order_id=carrier_order_id, status="received"
    )
    steps.due_for_sweep(order)
    run_once()
    run_once()
    early.refresh_from_db()
    assert (early.state, early.order) == ("applied", order)


def test_an_accepted_order_takes_its_early_notice_along(at_carrier: Sandbox, settings: Any) -> None:
    settings.LOOK_FIRST_SECONDS = 60
    order = steps.sent(steps.card("8020"))
    assert order.status == "unknown"
    [there] = steps.orders_at(at_carrier, order)
    early = stored(order_notice(there.order_id))
    run_once()
    assert state_of(early) == "unmatched"
    steps.work()
    early.refresh_from_db()
    assert (early.state, early.order) == ("applied", order)


def test_a_notice_under_our_reference_has_us_look_sooner(
    at_carrier: Sandbox, settings: Any
) -> None:
    settings.LOOK_FIRST_SECONDS = 600
    order = steps.sent(steps.card("8020"))
    [there] = steps.orders_at(at_carrier, order)
    stored(order_notice(there.order_id, reference=there.customer_order_id))
    run_once()
    run_once()
    order.refresh_from_db()
    assert order.carrier_order_id == there.order_id


def test_a_stranger_is_kept_as_unmatched_and_the_carrier_is_not_asked(at_carrier: Sandbox) -> None:
    before = len(at_carrier.requests)
    event = stored(order_notice(reference="IO999-none"))
    run_once()
    event.refresh_from_db()
    assert (event.state, event.order, event.customer_order_id) == ("unmatched", None, "IO999-none")
    assert len(at_carrier.requests) == before


@pytest.mark.parametrize("word", ["FROBNICATED", "", "complete", "EXCEPTION"])
def test_a_strange_status_word_is_kept_and_the_order_is_read(
    processing: ImportOrder, word: str
) -> None:
    """W18: the raw word stays with the notice."""
    event = stored(order_notice(processing.carrier_order_id, status=word))
    run_once()
    event.refresh_from_db()
    assert (event.state, event.status_word) == ("applied", word)
    assert steps.status_of(processing) == "processing"


@pytest.mark.parametrize("kind", ["tnoptions", "someNewThing", ""])
def test_an_unknown_kind_is_kept_and_changes_nothing(processing: ImportOrder, kind: str) -> None:
    """W19: an order type never seen is no error."""
    event = stored(order_notice(processing.carrier_order_id, order_type=kind))
    run_once()
    event.refresh_from_db()
    assert (event.state, event.kind, event.order) == ("unknown_type", kind, None)


@pytest.mark.parametrize(
    "order_id",
    [
        "../../accounts/1",
        "x/%2e%2e/y",
        "http://127.0.0.1:1/steal",
        "' OR 1=1--",
        "9" * 10_240,
        "",
        "{d6a05b4b-9c41-4d5d-8a0c-0f6f7c7f3a55}",
        "d6a05b4b-9c41-4d5d-8a0c-0f6f7c7f3a55/../x",
    ],
)
def test_an_id_that_is_none_is_unreadable_and_never_asked_about(
    at_carrier: Sandbox, order_id: str
) -> None:
    """W12: no outward address is made of it."""
    before = len(at_carrier.requests)
    event = stored(order_notice(order_id))
    run_once()
    event.refresh_from_db()
    assert (event.state, event.carrier_order_id) == ("unreadable", "")
    assert len(at_carrier.requests) == before


VARIETY = {
    "namespace": b'<n:Notification xmlns:n="urn:x"><n:OrderType>importtnorders</n:OrderType>'
    b"<n:OrderId>%s</n:OrderId><n:Status>COMPLETE</n:Status></n:Notification>",
    "comments": b"<!-- a --><Notification><!-- b --><OrderType>importtnorders</OrderType>"
    b"<OrderId><!-- c -->%s</OrderId><Status>COMPLETE</Status></Notification>",
    "cdata": b"<Notification><OrderType><![CDATA[importtnorders]]></OrderType>"
    b"<OrderId><![CDATA[%s]]></OrderId><Status>COMPLETE</Status></Notification>",
    "byte order mark": b'\xef\xbb\xbf<?xml version="1.0"?><Notification><OrderType>importtnorders'
    b"</OrderType><OrderId>%s</OrderId><Status>COMPLETE</Status></Notification>",
    "other order, more elements": b"<Notification><Extra><Deep>1</Deep></Extra><Status>COMPLETE"
    b"</Status><OrderId>%s</OrderId><OrderType>importtnorders</OrderType><Extra/></Notification>",
    "blanks": b"\n <Notification>\n <OrderType>\n importtnorders </OrderType><OrderId>\t%s\n"
    b"</OrderId>  <Status> COMPLETE </Status></Notification>\n",
    "other spelling": b"<Notification><OrderType>import_tn_orders</OrderType><OrderId>%s</OrderId>"
    b"<Status>COMPLETE</Status></Notification>",
}


@pytest.mark.parametrize("body", VARIETY.values(), ids=VARIETY.keys())
def test_harmless_variety_is_understood(processing: ImportOrder, body: bytes) -> None:
    """W24: as the plain form is."""
    event = stored(body % (processing.carrier_order_id or "").upper().encode())
    run_once()
    event.refresh_from_db()
    assert (event.state, event.order, event.status_word) == ("applied", processing, "COMPLETE")


@pytest.mark.parametrize(
    "body",
    [b"", b"not xml", b"<Notification>", b"<Other/>", b"\x00\xff", b'{"Status": "COMPLETE"}'],
)
def test_what_cannot_be_read_is_kept_with_the_reason(body: bytes) -> None:
    event = stored(body)
    run_once()
    event.refresh_from_db()
    assert (event.state, bytes(event.body), event.problem != "") == ("unreadable", body, True)


def test_one_unreadable_webhook_does_not_stop_the_others(processing: ImportOrder) -> None:
    events = [
        stored(b"<broken"),
        stored(order_notice(processing.carrier_order_id)),
        stored(lost_notice("not a number", "+13032289999")),
        stored(order_notice("' OR 1=1--")),
        stored(order_notice(processing.carrier_order_id)),
    ]
    run_once()
    assert [state_of(event) for event in events] == [
        "unreadable",
        "applied",
        "unmatched",
        "unreadable",
        "applied",
    ]


# --- Hostile text ---------------------------------------------------------------------------

HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "formula": '=cmd|"/C calc"!A0',
    "ansi": "red \x1b[31m text".replace("\x1b", "&#27;"),
    "line breaks": "one\r\ntwo",
    "right to left": "abc\u202edef",
    "100 KB": "x" * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_bounded_kept_and_shown_as_text(
    processing: ImportOrder, text: str, sign_in: Callable[[User], Client]
) -> None:
    """W23: cut at a thousand characters, escaped on the page."""
    event = stored(order_notice(processing.carrier_order_id, message=text))
    run_once()
    event.refresh_from_db()
    assert (event.state, len(event.message) <= 1000) == ("applied", True)
    browser: Client = sign_in(builders.person(Role.SUPPORT))
    for page in ("", f"{event.pk}/change/"):
        shown = browser.get(f"/admin/numbers/webhookevent/{page}").content.decode()
        assert "<script>alert" not in shown


# --- Lost numbers ---------------------------------------------------------------------------


def test_lost_numbers_show_as_lost_with_the_carriers_words() -> None:
    """W19: those that were lost, and no others."""
    numbers = hosted(*builders.fresh_numbers(3))
    event = stored(lost_notice(numbers[0].e164, numbers[1].e164[2:], message="Taken by another."))
    run_once()
    states = list(TelephoneNumber.objects.order_by("pk").values_list("state", flat=True))
    assert (state_of(event), states) == ("applied", ["lost", "lost", "hosted"])
    last = numbers[0].events.get()
    assert (last.from_state, last.to_state, last.learned_by, last.reason) == (
        "hosted",
        "lost",
        "webhook",
        "Taken by another.",
    )


def test_the_same_loss_twice_is_late_and_changes_nothing() -> None:
    [number] = hosted(*builders.fresh_numbers())
    events = [stored(lost_notice(number.e164)) for _ in range(2)]
    run_once()
    assert [state_of(event) for event in events] == ["applied", "late"]
    assert number.events.count() == 1


def test_the_loss_of_a_strangers_number_is_unmatched() -> None:
    event = stored(lost_notice(*builders.fresh_numbers()))
    run_once()
    assert (state_of(event), TelephoneNumber.objects.count()) == ("unmatched", 0)


def test_the_lost_card_is_hosted_and_then_lost(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8004"))
    steps.ended_at(at_carrier, order)
    steps.due_for_sweep(order)
    steps.work()
    number = TelephoneNumber.objects.get()
    assert number.state == "hosted"
    stored(lost_notice(number.e164))
    run_once()
    number.refresh_from_db()
    assert number.state == "lost"


# --- Applying again -------------------------------------------------------------------------


def test_applying_again_does_no_harm(processing: ImportOrder, at_carrier: Sandbox) -> None:
    at_carrier.finish(processing.carrier_order_id or "", "COMPLETE")
    event = stored(order_notice(processing.carrier_order_id))
    run_once()
    before = processing.events.count()
    assert webhooks.replay([event.pk]) == 1
    run_once()
    assert (state_of(event), processing.events.count()) == ("late", before)


def test_an_applied_loss_is_not_applied_again_to_a_number_that_came_back() -> None:
    [number] = hosted(*builders.fresh_numbers())
    event = stored(lost_notice(number.e164))
    run_once()
    TelephoneNumber.objects.update(state="hosted")
    assert webhooks.replay([event.pk]) == 0
    run_once()
    number.refresh_from_db()
    assert (number.state, state_of(event)) == ("hosted", "applied")


def test_an_unreadable_webhook_is_read_again_when_told() -> None:
    event = stored(b"<broken")
    run_once()
    WebhookEvent.objects.filter(pk=event.pk).update(body=order_notice())
    webhooks.replay([event.pk])
    run_once()
    assert state_of(event) == "unmatched"


# --- In sets --------------------------------------------------------------------------------


def test_500_webhooks_take_as_many_statements_as_50(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    counts = []
    for size in (50, 500):
        order = builders.draft()
        carrier_order_id = str(uuid4())
        ImportOrder.objects.filter(pk=order.pk).update(
            carrier_order_id=carrier_order_id, status="received"
        )
        WebhookEvent.objects.bulk_create(
            WebhookEvent(body=order_notice(carrier_order_id if index % 2 else None))
            for index in range(size)
        )
        with django_assert_max_num_queries(12) as statements:
            assert webhooks.apply_waiting() == size
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert WebhookEvent.objects.filter(state="applied").count() == 275


def test_the_worker_applies_batch_after_batch() -> None:
    WebhookEvent.objects.bulk_create(WebhookEvent(body=b"<x/>") for _ in range(501))
    run_once()
    assert WebhookEvent.objects.filter(state="unreadable").count() == 501


@pytest.fixture
def refused_by_the_database(transactional_db: None) -> Iterator[str]:
    """Have the database refuse to note webhooks under this reference, as a fault of ours would."""
    if connection.vendor == "postgresql":
        make = (
            "ALTER TABLE numbers_webhookevent ADD CONSTRAINT poison "
            "CHECK (customer_order_id <> 'poison')"
        )
        undo = "ALTER TABLE numbers_webhookevent DROP CONSTRAINT poison"
    else:
        make = (
            "CREATE TRIGGER poison BEFORE UPDATE OF customer_order_id ON numbers_webhookevent "
            "WHEN NEW.customer_order_id = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END"
        )
        undo = "DROP TRIGGER poison"
    with connection.cursor() as cursor:
        cursor.execute(make)
    yield "poison"
    with connection.cursor() as cursor:
        cursor.execute(undo)


@pytest.mark.django_db(transaction=True)
def test_a_webhook_that_spoils_its_batch_is_set_aside_and_the_others_go_on(
    refused_by_the_database: str,
) -> None:
    before = stored(order_notice())
    poison = stored(order_notice(reference=refused_by_the_database))
    after = stored(order_notice())
    run_once()
    assert [state_of(event) for event in (before, poison, after)] == [
        "unmatched",
        "unreadable",
        "unmatched",
    ]
    poison.refresh_from_db()
    assert poison.problem.startswith("Applying it failed unexpectedly")
    assert Job.objects.get(kind="apply_webhooks").state == "done"
