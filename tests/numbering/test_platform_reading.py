"""The old platform's list is read in turns, to its end, and whom it passes over is asked for."""

from __future__ import annotations

import itertools
import json
import signal
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from carrier import platform, platform_list
from carrier.sandbox import Sandbox
from numbering.domain import jobs, platform_numbers, take_over_list
from numbering.models import CarrierExchange, Heartbeat, Job, PlatformNumber, PlatformReading
from numbering.platform_link import get_platform
from numbering.worker import KINDS, run_once
from tests import builders
from tests.carrier.scripted import ScriptedServer, answering
from tests.numbering import steps
from tests.numbering.importing import sent_by_a_worker_that_died as bring
from tests.numbering.worker_process import worker

pytestmark = pytest.mark.django_db

JSON = "Content-Type: application/json"
_clients = itertools.count(41)


@pytest.fixture
def alone(own_carrier: Sandbox, settings: Any) -> Sandbox:
    """An old platform with the numbers of this test only, and a client that nobody else uses."""
    settings.PLATFORM = {**settings.PLATFORM, "base": own_carrier.platform_base}
    settings.PLATFORM_CONCURRENCY = next(_clients)
    return own_carrier


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two numbers are a page, and a page, or a number, is a turn."""
    monkeypatch.setattr(platform_list, "PAGE_SIZE", 2)
    monkeypatch.setattr(take_over_list, "TURN_SECONDS", 0.0)


def there(count: int) -> list[str]:
    """Have so many numbers on the old platform, in this order."""
    e164s = builders.fresh_numbers(count)
    for e164 in e164s:
        bring(e164)
    return e164s


def asked() -> Job:
    """Ask for a reading."""
    jobs.enqueue(platform_numbers.JOB)
    return Job.objects.get(kind=platform_numbers.JOB, key__isnull=False)


def turn() -> None:
    """Let the reading go on for one turn."""
    steps.bring_forward(platform_numbers.JOB)
    job = jobs.claim()
    assert job is not None
    assert job.kind == platform_numbers.JOB
    jobs.run(job, KINDS)


def listed() -> dict[str, bool]:
    """Give every number that is known, and whether it is thought to be there."""
    return dict(PlatformNumber.objects.values_list("e164", "is_listed"))


def pages(sandbox: Sandbox) -> list[str]:
    """Give the pages that were given out, in order."""
    return [
        parse_qs(seen.query)["page"][0]
        for seen in sandbox.requests
        if (seen.method, seen.status) == ("GET", 200) and seen.path.endswith("/phoneNumbers")
    ]


def singles(sandbox: Sandbox) -> list[str]:
    """Give the numbers that were asked for by themselves."""
    names = [seen.path.partition("/phoneNumbers/")[2] for seen in sandbox.requests]
    return [name.replace("%2B", "+") for name in names if name]


def test_a_platform_that_asks_to_wait_now_and_then_is_read_to_the_end(
    alone: Sandbox, short: None
) -> None:
    e164s = there(9)
    job = asked()
    alone.change(platform_rate=2)
    for _ in range(12):
        steps.work()
        job.refresh_from_db()
        if job.state == "done":
            break
        assert job.attempts == 0
        steps.wait_for(lambda: timezone.now() > job.due_at)
    assert (job.state, listed()) == ("done", dict.fromkeys(e164s, True))
    # Each page once: after a 429 it goes on where it was.
    assert pages(alone) == list("01234")
    waits = CarrierExchange.objects.filter(operation="platform.list_numbers", http_status=429)
    assert waits.exists()
    assert not PlatformReading.objects.exists()


def test_other_work_comes_between_two_turns(alone: Sandbox, short: None) -> None:
    e164s = there(5)
    job = asked()
    turn()
    assert listed() == dict.fromkeys(e164s[:2], True)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.trouble) == ("waiting", 0, "")
    assert (due(job), PlatformReading.objects.get().is_read) == (True, False)
    run_once()
    assert listed() == dict.fromkeys(e164s, True)
    assert pages(alone) == ["0", "1", "2"]
    assert Heartbeat.objects.filter(name=platform_numbers.JOB).exists()


def due(job: Job) -> bool:
    """Whether a worker may take it up again, after what has been due for longer."""
    return Job.objects.filter(pk=job.pk, state="waiting", due_at__lte=Now()).exists()


def test_a_number_that_moved_to_a_page_that_was_read_already_stays_listed(
    alone: Sandbox, short: None
) -> None:
    """Pages go by position: one that is given up has the next page begin with another."""
    first, second, passed_over, last = there(4)
    asked()
    run_once()
    gone = there(1)[0]
    asked()
    steps.work()
    platform.release(get_platform(), platform_id=PlatformNumber.objects.get(e164=gone).platform_id)
    asked()
    turn()
    platform.release(get_platform(), platform_id=PlatformNumber.objects.get(e164=first).platform_id)
    before = len(singles(alone))
    steps.work()
    # The first was listed when its page was read; the next reading sees that it is gone.
    assert listed() == {first: True, second: True, passed_over: True, last: True, gone: False}
    assert singles(alone)[before:] == [passed_over, gone]
    asked()
    steps.work()
    assert listed() == {first: False, second: True, passed_over: True, last: True, gone: False}


def test_what_cannot_be_looked_at_stays_listed_and_holds_up_nobody(
    settings: Any, short: None
) -> None:
    """N19: of four that are on no page one is gone, one there, and of two nothing is known."""
    known = [f"+1303228{line}" for line in (1001, 1002, 1003, 1004)] + ["+442079460000"]
    PlatformNumber.objects.bulk_create(
        PlatformNumber(e164=e164, platform_id=f"n-{e164[1:]}", seen_at=timezone.now())
        for e164 in known
    )
    answers = [
        answering("200 OK", b"[]", JSON),
        answering("404 Not Found", said(code="number-not-found"), JSON),
        answering("404 Not Found", said(code="account-not-found"), JSON),
        answering("200 OK", said(id="n-new", number=known[2]), JSON),
        answering("200 OK", b"<html>", JSON),
    ]
    scripts = iter(answers)
    with ScriptedServer(lambda sock: next(scripts)(sock)) as server:
        settings.PLATFORM = {**settings.PLATFORM, "base": f"{server.url}/v1/"}
        settings.PLATFORM_CONCURRENCY = next(_clients)
        job = asked()
        run_once()
    job.refresh_from_db()
    assert (job.state, len(server.requests)) == ("done", 5)
    assert [listed()[e164] for e164 in known] == [False, True, True, True, True]
    assert PlatformNumber.objects.get(e164=known[2]).platform_id == "n-new"


def said(**members: str) -> bytes:
    return json.dumps({"category": "not-found", "message": "", **members}).encode()


def test_while_nothing_can_be_asked_nobody_is_said_to_be_gone(alone: Sandbox, short: None) -> None:
    e164s = there(3)
    asked()
    run_once()
    for e164 in e164s:
        listed_as = PlatformNumber.objects.get(e164=e164)
        platform.release(get_platform(), platform_id=listed_as.platform_id)
    job = asked()
    turn()
    turn()
    assert listed() == {e164s[0]: False, e164s[1]: True, e164s[2]: True}
    alone.fault("not_created_503", method="GET", path_contains="phoneNumbers", times=None)
    turn()
    job.refresh_from_db()
    assert ("could not be read" in job.trouble, job.attempts) == (True, 1)
    assert listed() == {e164s[0]: False, e164s[1]: True, e164s[2]: True}
    alone.clear_faults()
    steps.work()
    assert listed() == dict.fromkeys(e164s, False)
    # Each of them once, and the one that could not be asked for again.
    assert list(dict.fromkeys(got(alone, e164s))) == e164s


def got(sandbox: Sandbox, e164s: Sequence[str]) -> list[str]:
    """Give those of the numbers that were asked for by themselves."""
    return [name for name in singles(sandbox) if name in e164s]


def test_a_reading_that_lay_for_long_begins_anew(alone: Sandbox, short: None) -> None:
    e164s = there(3)
    job = asked()
    turn()
    PlatformReading.objects.update(began_at=timezone.now() - timedelta(hours=7))
    turn()
    job.refresh_from_db()
    assert ("read anew" in job.trouble, job.attempts) == (True, 1)
    steps.work()
    assert (listed(), pages(alone)) == (dict.fromkeys(e164s, True), ["0", "0", "1"])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_comes_after_a_killed_worker_reads_on_from_there(alone: Sandbox) -> None:
    e164s = there(3)
    asked()
    with worker(
        alone, PLATFORM_BASE=alone.platform_base, STOPPING_POINTS="after_commit=1"
    ) as killed:
        assert killed.wait(timeout=20) == -signal.SIGKILL
    assert listed() == dict.fromkeys(e164s, True)
    Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
    run_once()
    assert Job.objects.get(kind=platform_numbers.JOB).state == "done"
    assert pages(alone) == ["0"]


@pytest.mark.usefixtures("short")
def test_a_reading_that_was_given_up_begins_anew_when_it_is_asked_for(alone: Sandbox) -> None:
    there(5)
    asked()
    turn()
    assert pages(alone) == ["0"]
    alone.fault("not_created_500", method="GET", path_contains="/phoneNumbers", times=None)
    Job.objects.filter(kind=platform_numbers.JOB).update(attempts=20)
    turn()
    assert Job.objects.get(kind=platform_numbers.JOB).state == "parked"
    assert not PlatformReading.objects.exists()
    alone.clear_faults()
    asked()
    turn()
    assert pages(alone) == ["0", "0"]
