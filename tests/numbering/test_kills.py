"""Workers as processes that are killed or stopped where it hurts most, at a carrier that works.

The thousands of C02 are killed by script/faults; here each point has its own test.
"""

from __future__ import annotations

import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from carrier.sandbox import Sandbox
from numbering.domain import removals, submission
from numbering.models import ImportOrder, Job, SubmitAttempt, TelephoneNumber
from tests.numbering import steps
from tests.numbering.worker_process import worker

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_waits"),
]


def submitted() -> ImportOrder:
    """Make a checked order that waits to be sent, and nothing else that waits."""
    order = steps.checked()
    submission.submit(order, actor=None)
    return order


def let_leases_end() -> None:
    """Let the time pass after which what a worker holds is another one's."""
    Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        ("after_claim", ""),
        ("after_send", "created_500"),
        ("after_answer", ""),
        ("before_commit", ""),
        ("before_commit", "created_500"),
        ("after_commit", ""),
        ("after_commit", "created_500"),
    ],
)
def test_a_worker_killed_at_a_point_leaves_one_order_and_no_work_for_people(
    at_carrier: Sandbox, point: str, fault: str
) -> None:
    """C01: kill -9 at each marked point; an ordinary worker settles it by itself."""
    order = submitted()
    if fault:
        at_carrier.fault(fault, method="POST", path_contains="importTnOrders")
    with worker(at_carrier, STOPPING_POINTS=f"{point}=1") as killed:
        assert killed.wait(timeout=20) == -signal.SIGKILL
    let_leases_end()
    steps.work(rounds=3)
    order.refresh_from_db()
    [there] = steps.orders_at(at_carrier, order)
    assert (order.status, order.carrier_order_id, order.trouble) == ("complete", there.order_id, "")
    assert list(order.attempts.values_list("state", flat=True)) == ["accepted"]
    assert steps.creating_calls(at_carrier, order) == 1
    assert not Job.objects.filter(state="parked").exists()


def test_a_worker_killed_after_sending_a_removal_leaves_one_and_no_work_for_people(
    at_carrier: Sandbox,
) -> None:
    """C01: as for an order; one engine sends both, so the worst of its points stands for all."""
    order = submitted()
    steps.work(rounds=3)
    lives = TelephoneNumber.objects.filter(order_rows__order=order)
    removal = removals.request(list(lives), reason="It ends.", actor=None)
    at_carrier.fault("created_500", method="POST", path_contains="removeImportedTnOrders")
    with worker(at_carrier, STOPPING_POINTS="after_send=1") as killed:
        assert killed.wait(timeout=20) == -signal.SIGKILL
    let_leases_end()
    steps.work(rounds=3)
    removal.refresh_from_db()
    assert (removal.status, removal.trouble) == ("complete", "")
    assert [seen.order_id for seen in at_carrier.removals()].count(removal.carrier_order_id) == 1
    numbers = {life.e164 for life in lives}
    assert [1 for seen in at_carrier.removals() if numbers & set(seen.telephone_numbers)] == [1]
    assert set(lives.values_list("state", flat=True)) == {"gone"}
    assert not Job.objects.filter(state="parked").exists()


def test_a_worker_killed_while_it_reads_the_end_of_a_removal_has_written_nothing_of_it(
    at_carrier: Sandbox,
) -> None:
    """C01: the status, its line and the numbers change together; the next reader writes them."""
    order = submitted()
    steps.work(rounds=3)
    lives = TelephoneNumber.objects.filter(order_rows__order=order)
    removal = removals.request(list(lives), reason="It ends.", actor=None)
    steps.work()
    removal.refresh_from_db()
    steps.wait_for(
        lambda: (
            ("COMPLETE", removal.carrier_order_id)
            in [(seen.status, seen.order_id) for seen in at_carrier.removals()]
        )
    )
    before = (removal.status, removal.reads, removal.events.count())
    steps.bring_forward("read_removal")
    with worker(at_carrier, STOPPING_POINTS="while_reading=1") as killed:
        assert killed.wait(timeout=20) == -signal.SIGKILL
    removal.refresh_from_db()
    assert (removal.status, removal.reads, removal.events.count()) == before
    assert set(lives.values_list("state", flat=True)) == {"removing"}
    let_leases_end()
    steps.work()
    removal.refresh_from_db()
    assert (removal.status, removal.trouble) == ("complete", "")
    assert set(lives.values_list("state", flat=True)) == {"gone"}


def test_an_order_whose_workers_all_die_before_the_call_waits_checked_for_a_person(
    at_carrier: Sandbox,
) -> None:
    """C02."""
    order = submitted()
    with worker(at_carrier, STOPPING_POINTS="after_claim=1") as killed:
        assert killed.wait(timeout=20) == -signal.SIGKILL
    let_leases_end()
    Job.objects.filter(kind="submit_order").update(attempts=40)
    steps.work()
    assert (steps.status_of(order), steps.attempt_of(order).state) == ("checked", "withdrawn")
    assert steps.creating_calls(at_carrier, order) == 0


def test_a_worker_that_slept_past_its_lease_finds_its_claim_gone(at_carrier: Sandbox) -> None:
    """C07: SIGSTOP after the claim, another worker takes over, SIGCONT: one order."""
    order = submitted()
    with worker(at_carrier) as sleeper:
        with transaction.atomic(), connection.cursor() as cursor:
            # The worker waits here for as long as we need to see that it has claimed the job.
            cursor.execute(f"LOCK TABLE {SubmitAttempt._meta.db_table} IN ACCESS EXCLUSIVE MODE")
            running = Job.objects.filter(kind="submit_order", state="running")
            steps.wait_for(running.exists, seconds=20)
            sleeper.send_signal(signal.SIGSTOP)
        let_leases_end()
        steps.work(rounds=2)
        assert len(steps.orders_at(at_carrier, order)) == 1
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(timeout=20) == 0
    assert (steps.status_of(order), steps.creating_calls(at_carrier, order)) == ("complete", 1)


def test_a_worker_that_slept_within_its_call_is_past_its_deadline_and_sends_nothing(
    own_client: Sandbox,
) -> None:
    """C07: after the last look at the claim, the call ends by its deadline, before the lease."""
    order = submitted()
    # A token is asked for within the call, so while it is late the worker can be seen to be there.
    own_client.fault("created_slow", path_contains="oauth2", seconds=0.4)
    asked = len(own_client.requests)
    with worker(own_client, CARRIER_CALL_SECONDS="1") as sleeper:
        steps.wait_for(lambda: len(own_client.requests) > asked, seconds=20)
        sleeper.send_signal(signal.SIGSTOP)
        time.sleep(1.1)
        let_leases_end()
        steps.work(rounds=3)
        assert steps.attempt_of(order).state == "parked"
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(timeout=20) == 0
    assert (steps.status_of(order), steps.creating_calls(own_client, order)) == ("unknown", 0)
