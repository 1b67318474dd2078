"""Hours that happen twice, clocks that are set back, and times that say nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from carrier.notifications import read_notification
from carrier.sandbox import Sandbox
from numbering.domain import jobs, nights, submission
from numbering.models import Job, OrderEvent
from numbering.worker import KINDS, run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.desk import text_of
from tests.numbering.notices import order_notice, stored

pytestmark = pytest.mark.django_db

# In New York the clocks go back at 06:00 UTC on this day: 01:30 happens at 05:30 and at 06:30 UTC.
AUTUMN = datetime(2026, 11, 1, tzinfo=UTC)
SPRING = datetime(2027, 3, 14, tzinfo=UTC)
# In Berlin the hour after two, in which the compare begins, happens twice in this night.
BERLIN = datetime(2026, 10, 25, tzinfo=UTC)


# --- The hour that happens twice ------------------------------------------------------------


def test_events_of_the_hour_that_happens_twice_stand_in_their_order_with_their_zone(
    settings: Any, support: User, sign_in: Callable[[User], Client]
) -> None:
    """T01: ordered by the instant, though the clock on the wall shows 01:45 before 01:15."""
    settings.TIME_ZONE = "America/New_York"
    order = builders.draft()
    order.events.all().delete()
    at_second = AUTUMN + timedelta(hours=6, minutes=15)
    at_first = AUTUMN + timedelta(hours=5, minutes=45)
    for at, reason in ((at_second, "Second."), (at_first, "First.")):
        OrderEvent.objects.create(order=order, at=at, reason=reason, learned_by="portal")
    assert list(order.events.values_list("reason", flat=True)) == ["First.", "Second."]
    shown = text_of(sign_in(support), order)
    times = re.findall(r"2026-11-01 0\d:\d\d:00 [A-Z]*", shown)
    assert times == ["2026-11-01 06:15:00 UTC", "2026-11-01 05:45:00 UTC"]


@pytest.mark.parametrize("change", [AUTUMN, SPRING, BERLIN], ids=["autumn", "spring", "berlin"])
@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "UTC"])
def test_the_nightly_compare_is_asked_for_once_in_each_night(
    settings: Any, zone: str, change: datetime
) -> None:
    """T01: a scheduled job runs once, also in the nights in which the clocks change."""
    settings.TIME_ZONE = zone
    last = now = change - timedelta(days=1, hours=-18)
    asked: list[datetime] = []
    while now < change + timedelta(days=2, hours=-6):
        if nights.is_due(last, now):
            asked.append(now)
            last = now
        now += timedelta(minutes=15)
    days = [at.astimezone(timezone.get_default_timezone()).date() for at in asked]
    assert days == [change.date(), change.date() + timedelta(days=1)]


# --- A clock that is set back ---------------------------------------------------------------


def test_due_times_and_leases_hold_no_instant_of_the_workers_own() -> None:
    """T03: what decides who works on what is the database's clock, in the statement itself."""
    jobs.enqueue("task")
    with CaptureQueriesContext(connection) as said:
        job = jobs.claim()
        assert job is not None
        assert jobs.renew(job) is True
    statements = [query["sql"] for query in said if query["sql"].startswith("UPDATE")]
    assert len(statements) == 2
    # How PostgreSQL and SQLite are asked for their present instant.
    its_own = re.compile(r"STATEMENT_TIMESTAMP\(\)|STRFTIME\('[^']*', 'NOW'\)")
    assert [sql for sql in statements if not its_own.search(sql)] == []
    assert [sql for sql in statements if f"{timezone.now():%Y-%m}" in sql] == []


@pytest.fixture
def clock_file(settings: Any, tmp_path: Path) -> Path:
    """The file by which the portal's clock is set; it starts with the true time."""
    file = tmp_path / "clock"
    file.write_text("0")
    settings.CLOCK_FILE = str(file)
    return file


def test_a_clock_that_jumps_back_before_the_look_sends_nothing_twice(
    at_carrier: Sandbox, settings: Any, clock_file: Path
) -> None:
    """T03: set back an hour between the call and its settling: only the look is later."""
    settings.LOOK_FIRST_SECONDS = 60
    order = steps.checked()
    submission.submit(order, actor=None)
    at_carrier.fault("created_500", method="POST", path_contains="importTnOrders")
    run_once()
    clock_file.write_text("-3600")
    steps.work(rounds=3)
    assert steps.creating_calls(at_carrier, order) == 1
    clock_file.write_text("0")
    steps.work()
    assert steps.attempt_of(order).state == "accepted"
    assert len(steps.orders_at(at_carrier, order)) == 1


def test_a_worker_whose_clock_is_an_hour_back_loses_its_job_and_sends_nothing(
    at_carrier: Sandbox, clock_file: Path
) -> None:
    """T03: to the others its lease has ended; it finds its claim gone before it sends."""
    order = steps.checked()
    submission.submit(order, actor=None)
    Job.objects.exclude(kind="submit_order").delete()
    Job.objects.update(due_at=timezone.now() - timedelta(hours=2))
    clock_file.write_text("-3600")
    behind = jobs.claim()
    clock_file.write_text("0")
    other = jobs.claim()
    assert behind is not None
    assert other is not None
    assert behind.pk == other.pk
    clock_file.write_text("-3600")
    jobs.run(behind, KINDS)
    assert steps.creating_calls(at_carrier, order) == 0
    clock_file.write_text("0")
    jobs.run(other, KINDS)
    assert len(steps.orders_at(at_carrier, order)) == 1


# --- Times that say nothing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-01T01:30:00", datetime(2026, 11, 1, 1, 30, tzinfo=UTC)),
        ("2026-11-01T01:30:00-04:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("yesterday, about noon", None),
        ("9999-99-99T99:99:99Z", None),
    ],
)
def test_a_notice_counts_from_its_receipt_whatever_time_it_names(
    at_carrier: Sandbox, text: str, instant: datetime | None
) -> None:
    """T06: no zone is UTC, nonsense is no time at all; neither keeps the news from applying."""
    order = steps.sent()
    steps.ended_at(at_carrier, order)
    body = order_notice(order.carrier_order_id).replace(
        b"</Notification>", f"<LastModifiedDate>{text}</LastModifiedDate></Notification>".encode()
    )
    notice = read_notification(body, "application/xml")
    assert (notice.last_modified_at, notice.raw_last_modified) == (instant, text)
    Job.objects.all().delete()
    event = stored(body)
    received_at = event.received_at
    run_once()
    event.refresh_from_db()
    assert (event.state, event.received_at, bytes(event.body)) == ("applied", received_at, body)
    assert abs(timezone.now() - received_at) < timedelta(seconds=30)
    assert steps.timeline(order)[-1][1:] == ("complete", "webhook")
