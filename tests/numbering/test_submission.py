"""Sending an order: once, whatever the network does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from carrier import import_orders as carrier_orders
from carrier.errors import CarrierError
from carrier.records import NewImportOrder, ServiceAddress
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import import_orders, jobs, submission
from numbering.domain.import_orders import CannotDo
from numbering.models import ImportOrder, Job, SubmitAttempt
from numbering.number_list import read_text
from numbering.worker import KINDS, run_once
from tests import builders
from tests.numbering import steps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_waits")]


def submitted(*numbers: str) -> ImportOrder:
    """Make a checked order that waits to be sent."""
    order = steps.checked(*numbers)
    submission.submit(order, actor=None)
    return order


# --- The four outcomes ----------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_accepted_order_is_with_the_carrier_under_our_reference(
    own_client: Sandbox, settings: Any, version: str
) -> None:
    settings.CARRIER = {**settings.CARRIER, "api_version": version}
    order = steps.sent(*builders.fresh_numbers(2))
    [there] = steps.orders_at(own_client, order)
    assert order.carrier_order_id == there.order_id
    assert order.customer_order_id == there.customer_order_id
    assert set(there.telephone_numbers) == set(order.numbers.values_list("e164", flat=True))
    assert steps.attempt_of(order).state == "accepted"
    assert steps.number_statuses(order) != {}
    assert set(order.numbers.values_list("attempts", flat=True)) == {1}


def test_a_refused_order_goes_back_to_draft_with_the_carriers_reasons(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8007"))
    assert order.status == "draft"
    assert "7312" in order.trouble
    assert steps.attempt_of(order).state == "refused"
    assert (steps.orders_at(at_carrier, order), order.carrier_order_id) == ([], None)


def test_a_refused_order_can_be_submitted_again_under_another_reference(
    at_carrier: Sandbox,
) -> None:
    """F10: each attempt that may have been sent has a reference of its own."""
    at_carrier.fault("refused", method="POST", path_contains="importTnOrders")
    order = steps.sent()
    first = order.customer_order_id
    import_orders.check(order, actor=None)
    submission.submit(order, actor=None)
    steps.work()
    order.refresh_from_db()
    assert first != order.customer_order_id
    assert [there.customer_order_id for there in steps.orders_at(at_carrier, order)] == [
        order.customer_order_id
    ]


def test_while_the_carrier_is_away_the_order_stays_checked_and_goes_out_once_later(
    at_carrier: Sandbox, settings: Any
) -> None:
    order = submitted()
    there = dict(settings.CARRIER)
    settings.CARRIER = {
        **there,
        "v2_base": "http://127.0.0.1:1/api/v2/",
        "token_url": "http://127.0.0.1:1/token",
    }
    steps.work(rounds=3)
    order.refresh_from_db()
    assert (order.status, steps.attempt_of(order).state) == ("checked", "pending")
    assert "Nothing was sent" in order.trouble
    settings.CARRIER = there
    steps.work(rounds=2)
    order.refresh_from_db()
    assert (order.carrier_order_id is not None, order.trouble) == (True, "")
    assert len(steps.orders_at(at_carrier, order)) == 1
    assert order.attempts.count() == 1


def test_without_carrier_settings_nothing_is_sent_and_the_order_says_what_is_missing(
    at_carrier: Sandbox, settings: Any
) -> None:
    order = submitted()
    settings.CARRIER = {**settings.CARRIER, "client_secret": ""}
    run_once()
    order.refresh_from_db()
    assert order.status == "checked"
    assert "CARRIER_CLIENT_SECRET" in order.trouble


UNKNOWN_FAULTS: list[tuple[str, dict[str, object]]] = [
    ("created_500", {}),
    ("created_dropped", {}),
    ("created_cut", {}),
    ("created_cut_no_length", {}),
    ("created_slow", {"seconds": 1.3}),
    ("created_drip", {"seconds": 0.3}),
    ("created_swollen", {"bytes": 20_000_000}),
    ("created_html", {}),
    ("created_unreadable", {}),
    ("created_doctype", {}),
    ("created_late", {"seconds": 1.2}),
    ("other_order", {}),
    ("id_nowhere", {}),
    ("ids_disagree", {}),
]


@pytest.mark.parametrize(("fault", "details"), UNKNOWN_FAULTS, ids=lambda part: str(part)[:24])
def test_after_an_unclear_answer_the_order_is_found_and_not_sent_again(
    at_carrier: Sandbox, settings: Any, fault: str, details: dict[str, Any]
) -> None:
    """N02: found again by looking."""
    settings.CARRIER = {**settings.CARRIER, "call_timeout": 1}
    settings.LOOK_FIRST_SECONDS = 60
    order = submitted()
    at_carrier.fault(fault, method="POST", path_contains="importTnOrders", **details)
    run_once()
    assert steps.status_of(order) == "unknown"
    assert steps.attempt_of(order).state == "unknown"
    steps.wait_for(lambda: steps.orders_at(at_carrier, order))
    settings.LOOK_FIRST_SECONDS = 0
    steps.work()
    order.refresh_from_db()
    [there] = steps.orders_at(at_carrier, order)
    assert order.carrier_order_id == there.order_id
    assert steps.attempt_of(order).state == "accepted"
    assert ("unknown", "received", "lookup") in steps.timeline(order)
    assert steps.creating_calls(at_carrier, order) == 1


def test_a_redirect_is_not_followed_and_nothing_is_created(at_carrier: Sandbox) -> None:
    order = submitted()
    at_carrier.fault("redirect", method="POST", path_contains="importTnOrders")
    run_once()
    steps.work(rounds=2)
    assert steps.attempt_of(order).state == "parked"
    assert (steps.orders_at(at_carrier, order), steps.creating_calls(at_carrier, order)) == ([], 1)


@pytest.mark.parametrize("fault", ["id_only_in_location", "id_only_in_body"])
def test_one_place_that_names_the_order_is_enough(at_carrier: Sandbox, fault: str) -> None:
    order = submitted()
    at_carrier.fault(fault, method="POST", path_contains="importTnOrders")
    run_once()
    order.refresh_from_db()
    assert [order.carrier_order_id] == [
        there.order_id for there in steps.orders_at(at_carrier, order)
    ]
    assert ("submitting", "received", "answer") in steps.timeline(order)


def test_an_order_that_is_listed_late_is_found_by_a_later_look(
    at_carrier: Sandbox, settings: Any
) -> None:
    """C03: still one."""
    settings.LOOK_AGAIN_SECONDS = 60
    order = submitted(steps.card("8020"))
    at_carrier.fault("listed_late", method="POST", path_contains="importTnOrders", seconds=0.4)
    run_once()
    steps.work()
    assert (steps.status_of(order), len(steps.attempt_of(order).looks)) == ("unknown", 1)
    time.sleep(0.5)
    steps.work()
    order.refresh_from_db()
    [there] = steps.orders_at(at_carrier, order)
    assert order.carrier_order_id == there.order_id


# --- What counts as a look ------------------------------------------------------------------


def test_what_the_carrier_does_not_have_after_two_looks_waits_for_a_person(
    at_carrier: Sandbox,
) -> None:
    """C03: no timer sends it again."""
    order = submitted(steps.card("8023"))
    steps.work(rounds=3)
    attempt = steps.attempt_of(order)
    assert (attempt.state, [look["found"] for look in attempt.looks]) == ("parked", [[], []])
    order.refresh_from_db()
    assert (order.status, "A person must decide" in order.trouble) == ("unknown", True)
    assert steps.creating_calls(at_carrier, order) == 1


def test_between_the_two_looks_the_whole_wait_passes(at_carrier: Sandbox, settings: Any) -> None:
    settings.LOOK_AGAIN_SECONDS = 600
    order = submitted(steps.card("8023"))
    steps.work(rounds=4)  # as often as notices may have us look sooner
    attempt = steps.attempt_of(order)
    assert (attempt.state, len(attempt.looks)) == ("unknown", 1)
    long_ago = timezone.now() - timedelta(seconds=601)
    SubmitAttempt.objects.filter(pk=attempt.pk).update(
        looks=[{"at": long_ago.isoformat(), "by": "reference", "found": []}]
    )
    steps.work()
    assert steps.attempt_of(order).state == "parked"


def test_the_first_look_that_finds_nothing_counts_only_after_its_wait(
    at_carrier: Sandbox, settings: Any
) -> None:
    settings.LOOK_FIRST_SECONDS = 120
    order = submitted(steps.card("8023"))
    steps.work(rounds=3)
    assert steps.attempt_of(order).looks == []


@pytest.mark.parametrize(
    "fault", ["refused", "empty_200", "error_in_200", "unauthorized", "forbidden", "created_html"]
)
def test_a_look_that_could_not_be_made_never_counts_as_not_there(
    at_carrier: Sandbox, fault: str
) -> None:
    """N19: 404, 403, an empty body, an error in a 200."""
    order = submitted(steps.card("8023"))
    details: dict[str, Any] = {"status": 404} if fault == "refused" else {}
    at_carrier.fault(fault, method="GET", path_contains="importTnOrders", times=None, **details)
    steps.work(rounds=4)
    attempt = steps.attempt_of(order)
    assert (attempt.state, attempt.looks) == ("unknown", [])
    order.refresh_from_db()
    assert order.trouble.startswith("Could not look for the order at the carrier.")
    assert steps.creating_calls(at_carrier, order) == 1


def test_looks_that_cannot_be_made_wait_a_minute_and_are_never_given_up(
    at_carrier: Sandbox, settings: Any
) -> None:
    order = submitted(steps.card("8020"))
    settings.CARRIER = {**settings.CARRIER}
    at_carrier.fault("not_created_503", method="GET", path_contains="importTnOrders", times=None)
    run_once()
    Job.objects.filter(kind="settle_attempt").update(attempts=39)
    steps.work(rounds=2)
    job = Job.objects.get(kind="settle_attempt")
    assert (job.state, job.attempts) == ("waiting", 39)
    assert timedelta(seconds=50) < job.due_at - timezone.now() <= timedelta(seconds=61)
    at_carrier.clear_faults()
    steps.work()
    assert steps.attempt_of(order).state == "accepted"


def test_two_orders_under_our_reference_are_shouted_about_and_none_is_taken(
    at_carrier: Sandbox,
) -> None:
    """N19: a person decides."""
    order = submitted(steps.card("8020"))
    at_carrier.fault("two_orders", method="POST", path_contains="importTnOrders")
    run_once()
    steps.work()
    order.refresh_from_db()
    assert (order.status, order.carrier_order_id) == ("unknown", None)
    assert steps.attempt_of(order).state == "parked"
    assert order.trouble.startswith("The carrier has 2 orders under our reference")


def test_the_same_number_under_another_reference_is_not_taken_for_ours(
    at_carrier: Sandbox,
) -> None:
    """N19: only our own reference makes it ours."""
    number = steps.card("8023")
    foreign = created_elsewhere(number.replace("7198023", "2288023"))
    order = submitted(number, number.replace("7198023", "2288023"))
    steps.work(rounds=3)
    attempt = steps.attempt_of(order)
    assert (attempt.state, [look["found"] for look in attempt.looks]) == ("parked", [[], []])
    assert foreign in [there.order_id for there in steps.orders_at(at_carrier, order)]


def created_elsewhere(*numbers: str, reference: str = "") -> str:
    """Create an order at the carrier behind the portal's back; return its id there."""
    record = carrier_orders.create(
        get_carrier(),
        order=NewImportOrder(
            customer_order_id=reference or f"somebody-else-{uuid4().hex[:8]}",
            site_id="1001",
            sip_peer_id="500101",
            subscriber_name="Somebody Else",
            service_address=ServiceAddress("1", "Main", "Denver", "CO", "80202"),
            loa_authorizing_person="Some Body",
            loa_type="SUBSCRIBER",
            telephone_numbers=numbers,
        ),
    )
    return record.order_id


# --- A person decides -----------------------------------------------------------------------


@pytest.fixture
def parked(at_carrier: Sandbox) -> ImportOrder:
    """An order that two looks did not find."""
    order = submitted(steps.card("8023"))
    steps.work(rounds=3)
    order.refresh_from_db()
    assert steps.attempt_of(order).state == "parked"
    return order


def test_a_person_who_made_sure_frees_the_order_to_be_sent_again(
    parked: ImportOrder, support: User, at_carrier: Sandbox
) -> None:
    submission.confirm_absent(parked, actor=support)
    assert (parked.status, parked.trouble) == ("checked", "")
    assert steps.attempt_of(parked).actor == support
    assert parked.events.latest("pk").actor == support
    before = parked.customer_order_id
    submission.submit(parked, actor=support)
    parked.refresh_from_db()
    assert parked.customer_order_id != before


def test_nobody_decides_twice(parked: ImportOrder, support: User) -> None:
    submission.confirm_absent(parked, actor=support)
    with pytest.raises(CannotDo, match="Nothing waits"):
        submission.confirm_absent(parked, actor=support)
    with pytest.raises(CannotDo, match="Nothing waits"):
        submission.adopt(parked, carrier_order_id=str(uuid4()), actor=support)
    assert parked.events.filter(to_status="checked", actor=support).count() == 1


def test_a_person_names_the_carriers_order_and_it_is_adopted(
    at_carrier: Sandbox, support: User
) -> None:
    order = submitted(steps.card("8020"))
    at_carrier.fault("two_orders", method="POST", path_contains="importTnOrders")
    run_once()
    steps.work()
    chosen = steps.orders_at(at_carrier, order)[0].order_id
    submission.adopt(order, carrier_order_id=f" {chosen.upper()} ", actor=support)
    order.refresh_from_db()
    assert (order.carrier_order_id, order.trouble) == (chosen, "")
    assert steps.attempt_of(order).state == "accepted"
    assert order.events.filter(to_status="received").get().actor == support


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "../../accounts/1",
        "not-an-id",
        "x" * 36,
        "٣" * 36,
        "8f3c1b52-0000-4000-8000-00000000000a\x00",
    ],
)
def test_what_is_no_order_id_is_not_asked_about(
    parked: ImportOrder, support: User, at_carrier: Sandbox, text: str
) -> None:
    before = len(at_carrier.requests)
    with pytest.raises(CannotDo, match="not an order id"):
        submission.adopt(parked, carrier_order_id=text, actor=support)
    assert len(at_carrier.requests) == before


def test_an_order_with_other_numbers_is_not_adopted(
    parked: ImportOrder, support: User, at_carrier: Sandbox
) -> None:
    foreign = created_elsewhere(*builders.fresh_numbers())
    with pytest.raises(CannotDo, match="not under ours"):
        submission.adopt(parked, carrier_order_id=foreign, actor=support)
    assert steps.attempt_of(parked).state == "parked"


def test_an_order_with_our_numbers_under_another_reference_is_not_adopted(
    at_carrier: Sandbox, support: User
) -> None:
    order = submitted(*builders.fresh_numbers())
    foreign = created_elsewhere(order.numbers.get().e164)
    at_carrier.fault("not_created_500", method="POST", path_contains="importTnOrders")
    steps.work(rounds=3)
    with pytest.raises(CannotDo, match="not under ours"):
        submission.adopt(order, carrier_order_id=foreign, actor=support)


def test_another_import_orders_carrier_order_is_not_adopted(
    parked: ImportOrder, support: User, at_carrier: Sandbox
) -> None:
    other = steps.sent()
    with pytest.raises(CannotDo, match="another import order"):
        submission.adopt(parked, carrier_order_id=other.carrier_order_id or "", actor=support)


def test_an_order_that_the_carrier_does_not_know_is_not_adopted(
    parked: ImportOrder, support: User
) -> None:
    with pytest.raises(CarrierError):
        submission.adopt(parked, carrier_order_id=str(uuid4()), actor=support)
    assert (steps.status_of(parked), steps.attempt_of(parked).state) == ("unknown", "parked")


# --- Workers that die or sleep --------------------------------------------------------------


def _claimed_and_abandoned(order: ImportOrder) -> Job:
    """Have a worker claim the attempt and end there, its lease over."""
    Job.objects.exclude(kind="submit_order").delete()
    job = jobs.claim()
    assert job is not None
    SubmitAttempt.objects.filter(order=order).update(
        state="sending", claim_token=job.lease_token, sent_at=Now()
    )
    expire(job)
    return job


def expire(job: Job) -> None:
    """Let the job's lease be over."""
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_an_attempt_that_a_dead_worker_left_is_looked_up_and_never_sent_again(
    at_carrier: Sandbox, settings: Any
) -> None:
    settings.LOOK_FIRST_SECONDS = 60
    order = submitted()
    _claimed_and_abandoned(order)
    run_once()
    assert (steps.status_of(order), steps.attempt_of(order).state) == ("unknown", "unknown")
    settings.LOOK_FIRST_SECONDS = 0
    steps.work(rounds=3)
    assert (steps.attempt_of(order).state, steps.creating_calls(at_carrier, order)) == ("parked", 0)


def test_a_worker_that_died_after_sending_is_found_out_by_looking(at_carrier: Sandbox) -> None:
    order = submitted()
    _claimed_and_abandoned(order)
    created_elsewhere(order.numbers.get().e164, reference=order.customer_order_id or "")
    steps.work(rounds=2)
    order.refresh_from_db()
    [there] = steps.orders_at(at_carrier, order)
    assert order.carrier_order_id == there.order_id


def test_a_sleeper_that_lost_its_job_sends_nothing_and_the_other_worker_sends_once(
    at_carrier: Sandbox,
) -> None:
    order = submitted()
    Job.objects.exclude(kind="submit_order").delete()
    sleeper = jobs.claim()
    assert sleeper is not None
    expire(sleeper)
    other = jobs.claim()
    assert other is not None
    jobs.run(sleeper, KINDS)
    assert (steps.creating_calls(at_carrier, order), steps.attempt_of(order).state) == (
        0,
        "pending",
    )
    jobs.run(other, KINDS)
    assert (steps.creating_calls(at_carrier, order), steps.attempt_of(order).state) == (
        1,
        "accepted",
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_late_refusal_does_not_undo_what_happened_since(
    at_carrier: Sandbox, support: User
) -> None:
    order = submitted(steps.card("8007"))
    at_carrier.fault("created_slow", method="POST", path_contains="importTnOrders", seconds=1)
    with one_job_in_a_thread() as slow:
        steps.wait_for(lambda: steps.creating_calls(at_carrier, order))
        Job.objects.filter(kind="submit_order").update(lease_until=Now() - timedelta(seconds=1))
        steps.work(rounds=3)
        submission.confirm_absent(order, actor=support)
        submission.submit(order, actor=support)
        slow.join()
    assert steps.status_of(order) == "submitting"
    assert set(steps.number_statuses(order).values()) == {"importable"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_late_word_that_nothing_was_sent_does_not_undo_what_happened_since(
    own_client: Sandbox, support: User, settings: Any
) -> None:
    order = submitted()
    others = {**settings.CARRIER, "auth": "basic", "username": "sandbox"}
    others["password"] = "sandbox-password"
    settings.CARRIER = {**settings.CARRIER, "call_timeout": 2}
    own_client.fault("created_late", path_contains="oauth2", seconds=3)  # so there is no token
    asked = len(own_client.requests)
    with one_job_in_a_thread() as slow:
        # It has asked for a token, so it is past every look at its lease.
        steps.wait_for(lambda: len(own_client.requests) > asked)
        settings.CARRIER = others
        Job.objects.filter(kind="submit_order").update(lease_until=Now() - timedelta(seconds=1))
        steps.work(rounds=3)
        submission.confirm_absent(order, actor=support)
        submission.submit(order, actor=support)
        slow.join()
    assert (steps.status_of(order), steps.attempt_of(order).state) == ("submitting", "pending")
    assert order.attempts.order_by("pk")[0].state == "withdrawn"


@contextmanager
def one_job_in_a_thread() -> Iterator[threading.Thread]:
    """Run the next job in a thread of its own."""

    def run() -> None:
        try:
            job = jobs.claim()
            assert job is not None
            jobs.run(job, KINDS)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()


# --- Credentials, limits, second tabs -------------------------------------------------------


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
def test_refused_credentials_stop_the_sending_and_keep_the_order(
    at_carrier: Sandbox, fault: str
) -> None:
    order = submitted()
    at_carrier.fault(fault, method="POST", path_contains="importTnOrders", times=None)
    run_once()
    order.refresh_from_db()
    assert (order.status, steps.attempt_of(order).state) == ("checked", "pending")
    assert "credentials" in order.trouble
    job = Job.objects.get(kind="submit_order")
    assert job.due_at - timezone.now() > timedelta(minutes=9)
    at_carrier.clear_faults()
    steps.work()
    assert len(steps.orders_at(at_carrier, order)) == 1


def test_a_token_that_is_refused_sends_nothing(own_client: Sandbox, settings: Any) -> None:
    order = submitted()
    settings.CARRIER = {**settings.CARRIER, "client_secret": "a wrong secret"}
    run_once()
    order.refresh_from_db()
    assert (order.status, steps.attempt_of(order).state) == ("checked", "pending")
    assert steps.creating_calls(own_client, order) == 0


def test_after_429_nothing_is_sent_before_the_time_that_the_carrier_named(
    own_client: Sandbox,
) -> None:
    """N07: the order waits as well."""
    order = submitted()
    own_client.fault("throttled", method="POST", path_contains="importTnOrders", reset=2)
    run_once()
    job = Job.objects.get(kind="submit_order")
    assert timedelta(0) < job.due_at - timezone.now() <= timedelta(seconds=2.1)
    assert (steps.status_of(order), job.attempts) == ("checked", 0)
    steps.work()  # too early: held back here, the carrier hears nothing
    assert steps.creating_calls(own_client, order) == 1
    time.sleep(2.1)
    steps.work()
    assert steps.creating_calls(own_client, order) == 2
    assert len(steps.orders_at(own_client, order)) == 1


def test_a_second_tab_is_told_that_it_was_sent_already(at_carrier: Sandbox) -> None:
    """F16."""
    order = steps.checked()
    tab = ImportOrder.objects.get(pk=order.pk)
    submission.submit(order, actor=None)
    with pytest.raises(CannotDo, match="sent already"):
        submission.submit(tab, actor=None)
    run_once()
    with pytest.raises(CannotDo, match="sent already"):
        submission.submit(tab, actor=None)
    run_once()
    assert len(steps.orders_at(at_carrier, order)) == 1
    assert order.attempts.count() == 1


def test_submitting_again_while_the_carrier_is_away_is_the_same_intention(
    at_carrier: Sandbox, settings: Any
) -> None:
    order = submitted()
    there = dict(settings.CARRIER)
    settings.CARRIER = {**there, "token_url": "http://127.0.0.1:1/", "pool_size": 31}
    run_once()
    order.refresh_from_db()
    settings.CARRIER = there
    submission.submit(order, actor=None)
    reference = steps.attempt_of(order).customer_order_id
    assert reference in order.events.filter(to_status="submitting").latest("pk").reason
    run_once()
    [seen] = steps.orders_at(at_carrier, order)
    assert (seen.customer_order_id, order.attempts.count()) == (reference, 1)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [(["+18002280001", "+13032280001"], "split"), ([], "Check importability first")],
)
def test_an_order_that_is_not_ready_is_not_sent(
    at_carrier: Sandbox, numbers: list[str], words: str
) -> None:
    order = builders.draft(*numbers)
    with pytest.raises(CannotDo, match=words):
        submission.submit(order, actor=None)
    assert not Job.objects.filter(kind="submit_order").exists()


def test_an_order_without_numbers_is_not_sent(at_carrier: Sandbox) -> None:
    order = steps.checked()
    order.numbers.all().delete()
    with pytest.raises(CannotDo, match="Add telephone numbers"):
        submission.submit(order, actor=None)


# --- Taking it back -------------------------------------------------------------------------


@pytest.fixture
def queued(at_carrier: Sandbox, settings: Any) -> ImportOrder:
    """A submitted order that found the carrier away; the carrier is back afterwards."""
    order = submitted(*builders.fresh_numbers(2))
    there = dict(settings.CARRIER)
    settings.CARRIER = {**there, "token_url": "http://127.0.0.1:1/", "pool_size": 31}
    run_once()
    order.refresh_from_db()
    settings.CARRIER = there
    assert order.status == "checked"
    return order


def test_what_was_not_sent_can_be_taken_back(queued: ImportOrder, at_carrier: Sandbox) -> None:
    submission.withdraw(queued, actor=None)
    steps.work()
    queued.refresh_from_db()
    assert (queued.status, queued.trouble) == ("checked", "")
    assert steps.orders_at(at_carrier, queued) == []


def test_what_was_sent_cannot_be_taken_back(at_carrier: Sandbox) -> None:
    order = steps.sent()
    with pytest.raises(CannotDo, match="too late"):
        submission.withdraw(order, actor=None)


@pytest.mark.parametrize("change", ["add", "remove", "details"])
def test_a_changed_order_does_not_go_out_by_itself_after_the_carrier_is_back(
    queued: ImportOrder, at_carrier: Sandbox, change: str
) -> None:
    """The person who asked for it to be sent has not seen what it has become."""
    if change == "add":
        import_orders.add_numbers(queued, read_text("303-555-7123").good, actor=None)
    elif change == "remove":
        import_orders.remove_numbers(queued, [queued.numbers.all()[1].pk], actor=None)
        assert steps.status_of(queued) == "checked"
    else:
        import_orders.change_details(queued, {"loa_authorizing_person": "Al"}, actor=None)
    if steps.status_of(queued) == "draft":
        import_orders.check(queued, actor=None)
    steps.work()
    assert (steps.status_of(queued), steps.orders_at(at_carrier, queued)) == ("checked", [])


def test_when_the_portal_gives_up_it_says_so_and_nothing_is_left_open(
    queued: ImportOrder, at_carrier: Sandbox
) -> None:
    Job.objects.filter(kind="submit_order").update(attempts=40, due_at=Now())
    run_once()
    queued.refresh_from_db()
    assert (queued.status, steps.attempt_of(queued).state) == ("checked", "withdrawn")
    assert "stopped trying" in queued.trouble
    assert steps.orders_at(at_carrier, queued) == []


def test_giving_up_on_an_attempt_that_may_have_been_sent_looks_for_it(
    at_carrier: Sandbox,
) -> None:
    order = submitted()
    _claimed_and_abandoned(order)
    Job.objects.filter(kind="submit_order").update(attempts=40)
    steps.work(rounds=3)
    assert (steps.status_of(order), steps.attempt_of(order).state) == ("unknown", "parked")
