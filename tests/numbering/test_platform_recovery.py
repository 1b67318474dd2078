"""Imports to the older platform of which nobody heard the end: looked for, and sent once."""

from __future__ import annotations

import re
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from carrier import platform
from carrier.sandbox import Sandbox
from numbering.domain import bulk, platform_import
from numbering.models import Job
from numbering.platform_link import get_platform
from tests import builders
from tests.numbering import steps
from tests.numbering.importing import asked, posts, results, sent_by_a_worker_that_died, worked
from tests.numbering.worker_process import worker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("fault", ["created_dropped", "created_500", "created_cut"])
def test_a_lost_answer_is_looked_for_and_the_number_not_posted_twice(
    at_platform: Sandbox, support: User, fault: str
) -> None:
    at_platform.fault(fault, method="POST", path_contains="phoneNumbers", times=3)
    action = worked(asked(support))
    assert results(action) == ["done"] * 5
    assert set(posts(at_platform, action).values()) == {(1, 1)}
    assert action.rows.filter(message__contains="looked for").count() == 3
    assert not action.rows.filter(result="").exists()


def test_what_is_not_there_after_a_lost_answer_is_unknown_and_tried_again_only_after_two_looks(
    at_platform: Sandbox, support: User, no_waits: None
) -> None:
    at_platform.fault("not_created_500", method="POST", path_contains="phoneNumbers", times=2)
    action = worked(asked(support))
    assert sorted(results(action)) == ["done"] * 3 + ["unknown"] * 2
    assert action.rows.filter(message__contains="not there so far").count() == 2
    looks = len([seen for seen in at_platform.requests if seen.method == "GET"])
    assert bulk.retry(action) == 2
    assert results(worked(action)) == ["done"] * 5
    assert len([seen for seen in at_platform.requests if seen.method == "GET"]) == looks + 4
    assert set(posts(at_platform, action).values()) == {(1, 1)}


def test_what_was_begun_is_looked_for_before_anything_and_waits_while_it_cannot_be(
    at_platform: Sandbox, support: User, no_waits: None
) -> None:
    before = worked(asked(support, 2))
    there = list(before.rows.values_list("e164", flat=True))
    fresh = builders.fresh_numbers(2)
    action = platform_import.start([*there, *fresh], actor=support)
    action.rows.update(state="running")
    at_platform.fault("not_created_503", method="GET", path_contains="phoneNumbers", times=None)
    steps.work()
    action.refresh_from_db()
    assert (set(results(action)), "cannot be asked" in action.trouble) == ({"running"}, True)
    at_platform.clear_faults()
    steps.work()
    assert set(results(worked(action))) == {"done"}
    assert [posts(at_platform, action)[e164] for e164 in (*there, *fresh)] == [(1, 1)] * 4


def test_a_look_that_could_not_be_made_never_has_a_number_posted_again(
    at_platform: Sandbox, support: User
) -> None:
    """N19: it is not found for another reason than that the number is not there."""
    before = worked(asked(support, 1))
    e164 = before.rows.get().e164
    action = platform_import.start([e164], actor=support)
    action.rows.update(state="running")
    at_platform.fault(
        "refused",
        method="GET",
        path_contains="phoneNumbers",
        times=None,
        status=404,
        code="page-not-found",
    )
    row = worked(action).rows.get()
    assert (row.state, "could not be looked for" in row.message) == ("unknown", True)
    assert posts(at_platform, action)[e164] == (1, 1)


def test_what_a_killed_worker_had_sent_and_is_listed_late_is_not_posted_again(
    at_platform: Sandbox, support: User, settings: Any
) -> None:
    """R10: one look that finds nothing is not enough; meanwhile the others go on."""
    settings.LOOK_AGAIN_SECONDS = 600
    [late, never, next_] = builders.fresh_numbers(3)
    action = platform_import.start([late, never, next_], actor=support)
    at_platform.fault("listed_late", method="POST", path_contains="phoneNumbers", seconds=1)
    sent_by_a_worker_that_died(late)
    action.rows.exclude(e164=next_).update(state="running")
    worked(action)
    assert results(action) == ["running", "running", "done"]
    assert "listed late" in action.trouble
    due = Job.objects.get(kind="bulk").due_at - timezone.now()
    assert timedelta(minutes=9) < due <= timedelta(minutes=10)
    looks = len(at_platform.requests)
    steps.work()
    assert (results(worked(action))[:2], len(at_platform.requests)) == (["running"] * 2, looks)
    steps.wait_for(lambda: platform.find_number(get_platform(), telephone_number=late))
    action.rows.update(looked_at=timezone.now() - timedelta(seconds=600))
    steps.work()
    assert results(worked(action)) == ["done"] * 3
    assert posts(at_platform, action) == dict.fromkeys([late, never, next_], (1, 1))
    # Sent anew, so the looks from before say nothing of it.
    assert not action.rows.filter(e164=never).exclude(looked_at=None).exists()


def test_a_number_that_the_platform_has_and_does_not_show_is_not_said_to_have_failed(
    at_platform: Sandbox, support: User, no_waits: None
) -> None:
    """R10: 409, and not found: it is ours and listed late, or somebody else's."""
    [e164] = builders.fresh_numbers()
    action = platform_import.start([e164], actor=support)
    at_platform.fault("listed_late", method="POST", path_contains="phoneNumbers", seconds=1)
    sent_by_a_worker_that_died(e164)
    row = worked(action).rows.get()
    assert (row.state, "not to be seen so far" in row.message) == ("unknown", True)
    steps.wait_for(lambda: platform.find_number(get_platform(), telephone_number=e164))
    assert bulk.retry(action) == 1
    assert results(worked(action)) == ["done"]
    assert posts(at_platform, action) == {e164: (2, 1)}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["after_answer", "before_commit"])
def test_a_worker_killed_in_the_middle_leaves_no_double_and_no_number_behind(
    at_platform: Sandbox, support: User, point: str, no_waits: None
) -> None:
    action = asked(support, 60)
    chance = "0.2" if point == "after_answer" else "1"
    with worker(
        at_platform, PLATFORM_BASE=at_platform.platform_base, STOPPING_POINTS=f"{point}={chance}"
    ) as killed:
        assert killed.wait(timeout=20) == -signal.SIGKILL
    action.refresh_from_db()
    left = results(action).count("running")
    assert (action.state, left > 0) == ("running", True)
    Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
    assert results(worked(action)) == ["done"] * 60
    assert set(posts(at_platform, action).values()) == {(1, 1)}
    assert len(posts(at_platform, action)) == 60
    connections = re.compile("idle in transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM pg_stat_activity WHERE datname = current_database()")
        assert not [state for (state,) in cursor if state and connections.search(state)]
