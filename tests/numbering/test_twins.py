"""Each protection beside its twin: the same story with the protection off must do harm (C06).

A test that shows a protection proves little unless the harm is real without it. Twins of races for
a job, a status and a webhook stand beside those tests; here are the others, in pairs.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models import Model
from django.db.models.functions import Now

from carrier import import_orders as carrier_orders
from carrier.client import Carrier
from carrier.errors import CarrierError
from carrier.records import ImportOrderRecord, OrderStatus
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import alerts, import_orders, jobs, sending, submission
from numbering.domain.jobs import JobKind, TryLater
from numbering.domain.results import OUR_STATUS, apply_record
from numbering.domain.submission import ImportOrderErrand
from numbering.enums import LearnedBy
from numbering.models import Alert, ImportOrder, ImportOrderNumber, Job, SubmitAttempt, WebhookEvent
from numbering.number_list import read_text
from numbering.worker import KINDS
from portal.wsgi import application
from tests import builders
from tests.numbering import steps
from tests.numbering.notices import knock, order_notice
from tests.numbering.races import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_waits")]
races = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def submitted() -> ImportOrder:
    """Make a checked order that waits to be sent."""
    order = steps.checked()
    submission.submit(order, actor=None)
    return order


def claimed() -> Job:
    """Claim the next job; there must be one."""
    job = jobs.claim()
    assert job is not None
    return job


def let_lease_end(job: Job) -> None:
    """Let the job's lease be over."""
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def work_with(errand: ImportOrderErrand, *, rounds: int = 3) -> None:
    """Let a worker that sends and looks in the errand's way do all that waits."""
    table = {
        **KINDS,
        "submit_order": JobKind("submit_order", lambda job: sending.run_send(errand, job)),
        "settle_attempt": JobKind("settle_attempt", lambda job: sending.run_settle(errand, job)),
    }
    for _ in range(rounds):
        steps.bring_forward()
        while (job := jobs.claim()) is not None:
            jobs.run(job, table)


# --- An unknown outcome is never sent again -------------------------------------------------


class _SendsAgain(ImportOrderErrand):
    """Takes no answer for a no."""

    def unknown(self, attempt: SubmitAttempt, message: str) -> None:
        """Put the order straight back into the queue."""
        SubmitAttempt.objects.filter(pk=attempt.pk).update(
            state="pending", claim_token="", sent_at=None
        )
        jobs.enqueue("submit_order", subject_id=attempt.order_id)


@pytest.mark.parametrize(("errand", "orders"), [(ImportOrderErrand(), 1), (_SendsAgain(), 2)])
def test_an_order_without_an_answer_is_looked_up_and_its_twin_sends_it_twice(
    at_carrier: Sandbox, errand: ImportOrderErrand, orders: int
) -> None:
    order = submitted()
    at_carrier.fault("created_500", method="POST", path_contains="importTnOrders")
    work_with(errand)
    assert len(steps.orders_at(at_carrier, order)) == orders


# --- "Could not look" is not "not there" ----------------------------------------------------


class _TakesSilenceForAbsence(ImportOrderErrand):
    """Finds nothing when it could not look."""

    def find(
        self, carrier: Carrier, attempt: SubmitAttempt, keep_alive: Callable[[], None]
    ) -> list[ImportOrderRecord]:
        """Look as ever, and call a failure an empty list."""
        try:
            return super().find(carrier, attempt, keep_alive)
        except CarrierError:
            return []


@pytest.mark.parametrize(
    ("errand", "state"),
    [(ImportOrderErrand(), "accepted"), (_TakesSilenceForAbsence(), "parked")],
)
def test_who_could_not_look_looks_again_and_the_twin_calls_an_order_missing_that_is_there(
    at_carrier: Sandbox, errand: ImportOrderErrand, state: str
) -> None:
    order = submitted()
    at_carrier.fault("created_500", method="POST", path_contains="importTnOrders")
    at_carrier.fault("not_created_503", method="GET", path_contains="importTnOrders", times=None)
    work_with(errand)
    at_carrier.clear_faults()
    work_with(errand)
    assert len(steps.orders_at(at_carrier, order)) == 1
    assert steps.attempt_of(order).state == state


# --- The lease is asked for once more just before the call ----------------------------------


class _Sleeps(ImportOrderErrand):
    """Loses its lease to another worker before it has built the document."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile = meanwhile

    def prepare(self, attempt: SubmitAttempt) -> Callable[[Carrier], ImportOrderRecord]:
        """Build it as ever, only too late."""
        self._meanwhile()
        return super().prepare(attempt)


class _SleepsAndSends(_Sleeps):
    """The twin: nobody asks for the lease any more before it sends."""

    def prepare(self, attempt: SubmitAttempt) -> Callable[[Carrier], ImportOrderRecord]:
        """Build it too late, and send it at once."""
        record = super().prepare(attempt)(get_carrier())
        return lambda _carrier: record


@pytest.mark.parametrize(("sleeper", "orders"), [(_Sleeps, 1), (_SleepsAndSends, 2)])
def test_a_sleeper_finds_its_lease_gone_and_its_twin_sends_a_second_order(
    at_carrier: Sandbox, sleeper: type[_Sleeps], orders: int
) -> None:
    """C07 in one process; test_kills stops a real one."""
    order = submitted()
    job = claimed()

    def meanwhile() -> None:
        let_lease_end(job)
        steps.work()

    with suppress(TryLater):
        sending.run_send(sleeper(meanwhile), job)
    assert len(steps.orders_at(at_carrier, order)) == orders


# --- A claim is a conditional write ---------------------------------------------------------


def _send_without_claim(job: Job) -> None:
    """Send as one does who looks first and then writes whatever happened meanwhile."""
    errand = ImportOrderErrand()
    attempt = errand.open_attempt(job.subject)
    if attempt is None or attempt.state != "pending":
        return
    time.sleep(0.05)
    SubmitAttempt.objects.filter(pk=attempt.pk).update(state="sending")
    errand.prepare(attempt)(get_carrier())


@pytest.mark.parametrize(
    ("send", "calls"),
    [
        pytest.param(submission.run_submit, 1, marks=races),
        pytest.param(_send_without_claim, 2, marks=races),
    ],
)
def test_of_two_that_send_at_one_instant_one_does_and_their_twins_both_do(
    at_carrier: Sandbox, send: Callable[[Job], None], calls: int
) -> None:
    """C06."""
    order = submitted()
    job = claimed()
    get_carrier()
    at_once(2, lambda _index: send(job))
    assert steps.creating_calls(at_carrier, order) == calls


# --- What is final stays final --------------------------------------------------------------


def _apply_whatever_is_said(
    order: ImportOrder, record: ImportOrderRecord, *, learned_by: LearnedBy
) -> None:
    """Believe the answer that came last, whenever it was given."""
    ImportOrder.objects.filter(pk=order.pk).update(status=OUR_STATUS[record.status])


@pytest.mark.parametrize(
    ("apply", "status"), [(apply_record, "complete"), (_apply_whatever_is_said, "processing")]
)
def test_a_late_answer_changes_nothing_and_its_twin_opens_an_order_that_had_ended(
    at_carrier: Sandbox, apply: Callable[..., None], status: str
) -> None:
    order = steps.sent()
    ended = carrier_orders.get(get_carrier(), order_id=order.carrier_order_id or "")
    late = dataclasses.replace(ended, status=OrderStatus.PROCESSING, raw_status="PROCESSING")
    steps.ended_at(at_carrier, order)
    steps.work()
    assert steps.status_of(order) == "complete"
    apply(order, late, learned_by=LearnedBy.SWEEP)
    assert steps.status_of(order) == status


# --- One open job for one thing -------------------------------------------------------------


def _ask_without_key(kind: str, *, subject_id: int) -> None:
    Job.objects.create(kind=kind, subject_id=subject_id)


@pytest.mark.parametrize(("ask", "runs"), [(jobs.enqueue, [7]), (_ask_without_key, [7, 7])])
def test_a_job_that_is_asked_for_twice_runs_once_and_its_twin_runs_twice(
    ask: Callable[..., None], runs: list[int]
) -> None:
    ask("task", subject_id=7)
    ask("task", subject_id=7)
    ran: list[int] = []
    while (job := jobs.claim()) is not None:
        jobs.run(job, {"task": JobKind("task", lambda job: ran.append(job.subject))})
    assert ran == runs


# --- What a worker writes is fenced by its token --------------------------------------------


def _keeps_its_token(_job: Job) -> None:
    """Finish as the worker that claimed the job then."""


def _reads_the_row_again(job: Job) -> None:
    """Finish as one does who knows its job by the row, whoever holds it now."""
    job.refresh_from_db()


@pytest.mark.parametrize(
    ("worker", "state"), [(_keeps_its_token, "waiting"), (_reads_the_row_again, "done")]
)
def test_a_sleeper_cannot_finish_anothers_job_and_its_twin_has_the_work_forgotten(
    worker: Callable[[Job], None], state: str
) -> None:
    def not_yet(_job: Job) -> None:
        raise TryLater("The carrier is away.")

    jobs.enqueue("task")
    sleeper = claimed()
    let_lease_end(sleeper)
    other = claimed()
    jobs.run(sleeper, {"task": JobKind("task", worker)})
    jobs.run(other, {"task": JobKind("task", not_yet)})
    assert Job.objects.get().state == state


# --- The door stores, then answers ----------------------------------------------------------


def _answering_first(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """A door that says thank you and then sees whether it can keep what it was given."""
    start_response("200 OK", [])
    with suppress(DatabaseError):
        WebhookEvent.objects.create(body=environ["wsgi.input"].read())
    return [b"stored\n"]


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize(("door", "status"), [(application, 503), (_answering_first, 200)])
def test_the_door_says_no_to_what_it_cannot_keep_and_its_twin_thanks_and_loses_it(
    door: Callable[..., Iterable[bytes]], status: int
) -> None:
    assert knock(door, order_notice()).status == status


# --- Rules that the database keeps ----------------------------------------------------------


@contextmanager
def without_index(name: str, model: type[Model]) -> Iterator[None]:
    """Do without a unique index; it is back afterwards, and the rows that break it are gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {name}")
        try:
            yield
        finally:
            model._default_manager.all().delete()
            cursor.execute(definition)


def _alerts_at_one_instant() -> int:
    """Find eight causes, each from six workers at one instant; return how many alerts open."""

    def find(cause: int) -> None:
        # Without the rule the portal may stumble over the second alert that it finds.
        with suppress(Alert.MultipleObjectsReturned):
            alerts.open_alert(cause="parked", key=str(cause), title="Given up", text="Look.")

    for cause in range(8):
        at_once(6, lambda _index, cause=cause: find(cause))
    return Alert.objects.count()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_cause_that_many_find_at_one_instant_calls_once() -> None:
    assert _alerts_at_one_instant() == 8


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_unique_rule_one_cause_calls_several_times() -> None:
    """The twin: the same race with the protection off must show the fault."""
    with without_index("alert_open_once", Alert):
        assert _alerts_at_one_instant() > 8


def _drafts_at_one_instant() -> int:
    """Draft orders for eight numbers, four for each at one instant; return how many hold them."""
    subscriber, sip_peer = builders.subscriber(), builders.sip_peer()
    numbers = builders.fresh_numbers(8)

    def draft(number: str) -> None:
        import_orders.create_draft(
            subscriber=subscriber,
            sip_peer=sip_peer,
            loa_authorizing_person="Maria Lopez",
            loa_type="SUBSCRIBER",
            rows=read_text(number).good,
            actor=None,
        )

    for number in numbers:
        at_once(4, lambda _index, number=number: draft(number))
    return ImportOrderNumber.objects.filter(e164__in=numbers, is_holding=True).count()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_number_that_many_order_at_one_instant_is_in_one_open_order() -> None:
    assert _drafts_at_one_instant() == 8


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_unique_rule_one_number_is_in_several_open_orders() -> None:
    """C06: the twin: the same race with the protection off must show the fault."""
    with without_index("number_in_one_open_order", ImportOrderNumber):
        assert _drafts_at_one_instant() > 8
