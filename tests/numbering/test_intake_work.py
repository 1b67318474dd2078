"""Number files in a worker's hands: in turns, raced, stopped and killed, and each row done once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import intake as intakes
from numbering.domain import jobs
from numbering.domain.cannot_do import CannotDo
from numbering.enums import IntakeVerdict
from numbering.models import (
    Job,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from numbering.worker import KINDS, run_due
from tests import builders
from tests.numbering import steps
from tests.numbering.races import at_once
from tests.numbering.test_intake import agree, number, read, taken_over, uploaded, verdicts, work
from tests.numbering.test_kills import let_leases_end
from tests.numbering.worker_process import worker

pytestmark = pytest.mark.django_db


# --- In turns, and by workers that stop -----------------------------------------------------


def in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a turn end after two rows."""
    monkeypatch.setattr(intakes, "READ_CHUNK", 2)
    monkeypatch.setattr(intakes, "COMMIT_CHUNK", 2)
    monkeypatch.setattr(intakes, "_TURN_SECONDS", 0)


def turn() -> str:
    """Run one turn of the job that waits; return the state of the job."""
    steps.bring_forward()
    job = jobs.claim()
    assert job is not None
    jobs.run(job, KINDS)
    return Job.objects.get(pk=job.pk).state


def test_reading_and_taking_over_give_way_to_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    in_turns(monkeypatch)
    owner = builders.subscriber()
    own = builders.fresh_numbers(4)
    rows = [f"{e164},{owner.name}" for e164 in own]
    intake = uploaded(*rows[:3], ",", rows[0], rows[3])
    progress = []
    while turn() == "waiting":
        intake.refresh_from_db()
        found = intakes.progress_of(intake)
        progress.append((intake.state, found.done, found.all, found.left is not None))
    assert progress == [("reading", count, 6, True) for count in (2, 4, 6)]
    intake.refresh_from_db()
    assert (intake.counts["add"], intake.rows_read, intake.rows_empty) == (4, 5, 1)
    assert verdicts(intake)[6] == ("refused", "Line 2 has this number already.")
    agree(intake)
    progress = []
    while turn() == "waiting":
        intake.refresh_from_db()
        found = intakes.progress_of(intake)
        progress.append((intake.state, found.percent, TelephoneNumber.objects.count(), True))
    assert [row[:3] for row in progress] == [
        ("committing", 28, 1),
        ("committing", 57, 3),
        ("committing", 85, 3),
    ]
    assert set(TelephoneNumber.objects.values_list("e164", flat=True)) == set(own)


def test_a_worker_that_lost_its_lease_writes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    in_turns(monkeypatch)
    owner = builders.subscriber()
    rows = [f"{e164},{owner.name}" for e164 in builders.fresh_numbers(3)]
    intake = uploaded(*rows)
    slow = jobs.claim()
    assert slow is not None
    let_leases_end()
    assert turn() == "waiting"
    jobs.run(slow, KINDS)
    assert intake.rows.count() == 2
    work()
    intake.refresh_from_db()
    assert (intake.state, intake.rows.count(), intake.rows_read) == ("read", 3, 3)
    agree(intake)
    slow = jobs.claim()
    assert slow is not None
    let_leases_end()
    jobs.run(slow, KINDS)
    assert TelephoneNumber.objects.count() == 0
    work()
    assert TelephoneNumber.objects.count() == TelephoneNumberEvent.objects.count() == 3


def test_the_lease_is_kept_while_rows_that_were_read_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_turns(monkeypatch)
    intake = uploaded("", *"123456")
    renewals = []
    while True:
        with CaptureQueriesContext(connection) as asked:
            state = turn()
        if state == "done":
            break
        said = [query["sql"] for query in asked]
        renewals.append(sum(sql.startswith("UPDATE") and "lease_until" in sql for sql in said))
    first, *others = renewals
    # Of what was read, one after each two rows; the first part is read without.
    assert [count - first for count in others] == [1, 2, 3]
    assert intake.rows.count() == 6


def test_discarding_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    in_turns(monkeypatch)
    intake = uploaded("1", "2", "3")
    assert turn() == "waiting"
    intakes.discard(intake)
    assert turn() == "done"
    intake.refresh_from_db()
    assert (intake.state, intake.rows.count()) == ("discarded", 2)


def test_what_was_taken_over_stays_when_the_rest_is_discarded(
    monkeypatch: pytest.MonkeyPatch, sign_in: Any, support: User
) -> None:
    in_turns(monkeypatch)
    owner = builders.subscriber()
    intake = uploaded(*(f"{e164},{owner.name}" for e164 in builders.fresh_numbers(3)))
    work()
    intake.refresh_from_db()
    agree(intake)
    assert turn() == "waiting"
    Job.objects.filter(kind="commit_intake", state="waiting").update(attempts=99)
    assert turn() == "parked"
    intakes.discard(intake)
    assert TelephoneNumber.objects.count() == 1
    page = sign_in(support).get(f"/admin/numbers/intake/{intake.pk}/change/").content.decode()
    assert "Discarded. What was taken over before stays." in page


def test_a_job_that_is_given_up_says_so_and_can_be_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, sign_in: Any, support: User
) -> None:
    in_turns(monkeypatch)
    owner = builders.subscriber()
    intake = uploaded(*(f"{e164},{owner.name}" for e164 in builders.fresh_numbers(3)))
    work()
    intake.refresh_from_db()
    agree(intake)
    assert turn() == "waiting"
    Job.objects.filter(kind="commit_intake", state="waiting").update(attempts=99)
    assert turn() == "parked"
    intake.refresh_from_db()
    assert (intake.state, TelephoneNumber.objects.count()) == ("read", 1)
    assert "stopped taking it over after line 2" in intake.trouble
    desk = sign_in(support)
    page = f"/admin/numbers/intake/{intake.pk}"
    for shown in (f"{page}/change/", f"{page}/do/discard/"):
        said = desk.get(shown).content.decode()
        assert "It was taken over up to line 2 only, which stays." in said
        assert ("will be added" in said, "Nothing is changed" in said) == (False, False)
    assert "Taken over in part" in desk.get(f"{page}/change/").content.decode()
    taken_over(intake)
    assert (intake.state, TelephoneNumberEvent.objects.count()) == ("committed", 3)
    gone = uploaded("1")
    default_storage.delete(gone.storage_name)
    work()
    gone.refresh_from_db()
    assert (gone.state, gone.trouble) == ("unreadable", "The uploaded file is gone.")


# --- Races and kills ------------------------------------------------------------------------


def _work_in_a_thread() -> None:
    try:
        run_due()
    finally:
        connection.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clicks_take_a_file_over_once() -> None:
    """F16."""
    owner = builders.subscriber()
    intake = read(f"{builders.fresh_numbers()[0]},{owner.name}")

    def click(_index: int) -> str:
        try:
            agree(intake)
        except CannotDo as error:
            return str(error)[:7]
        return "begun"

    assert sorted(at_once(2, click)) == ["Nothing", "begun"]
    at_once(2, lambda _index: run_due())
    assert TelephoneNumberEvent.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_number_that_changes_while_the_file_is_taken_over_is_left_alone() -> None:
    ada, bob = (builders.subscriber() for _ in range(2))
    one, two, three = builders.fresh_numbers(3)
    moved = number(three, builders.subscriber())
    intake = read(f"{one},{ada.name}", f"{two},{ada.name}", f"{three},{ada.name}")
    agree(intake)
    with transaction.atomic():
        # Not committed yet: nobody else sees it.
        theirs = number(one, bob)
        TelephoneNumber.objects.filter(pk=moved.pk).update(subscriber=bob)
        commit = threading.Thread(target=_work_in_a_thread)
        commit.start()
        commit.join(0.2)
        assert commit.is_alive()  # it waits for the number that it shall change
    commit.join(10)
    intake.refresh_from_db()
    changed = f"It has changed here since the file was read. Subscriber: {bob.name} → {ada.name}."
    assert {line: verdict for line, (verdict, _) in verdicts(intake).items()} == {
        2: "refused",
        3: "add",
        4: "refused",
    }
    assert verdicts(intake)[4][1] == changed
    assert TelephoneNumber.objects.get(e164=one) == theirs
    assert TelephoneNumber.objects.get(pk=moved.pk).subscriber == bob
    assert list(TelephoneNumberEvent.objects.values_list("telephone_number__e164")) == [(two,)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_life_that_begins_between_judgement_and_insert_is_left_alone() -> None:
    ada, bob = (builders.subscriber() for _ in range(2))
    one, two = builders.fresh_numbers(2)
    intake = read(f"{one},{ada.name}", f"{two},{ada.name}")
    agree(intake)
    with transaction.atomic():
        theirs = number(one, bob)  # not committed yet: the judgement does not see it
        commit = threading.Thread(target=_work_in_a_thread)
        commit.start()
        commit.join(0.2)
        assert commit.is_alive()  # it waits for the number
    commit.join(10)
    intake.refresh_from_db()
    reason = "It came here while the file was taken over. Read it again."
    assert verdicts(intake) == {2: ("refused", reason), 3: ("add", "")}
    assert intake.counts == {"add": 1, "change": 0, "same": 0, "refused": 1}
    assert TelephoneNumber.objects.get(e164=one) == theirs
    assert list(TelephoneNumberEvent.objects.values_list("telephone_number__e164")) == [(two,)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_a_worker_killed_while_it_takes_over_leaves_nothing_half_done(
    portal_sandbox: Sandbox, point: str
) -> None:
    """C01: kill -9."""
    owner = builders.subscriber()
    own = builders.fresh_numbers(3)
    intake = read(*(f"{e164},{owner.name}" for e164 in own))
    agree(intake)
    with worker(portal_sandbox, STOPPING_POINTS=f"{point}=1") as killed:
        killed.wait(timeout=30)
    assert TelephoneNumber.objects.count() == (3 if point == "after_commit" else 0)
    let_leases_end()
    run_due()
    intake.refresh_from_db()
    assert (intake.state, intake.counts[IntakeVerdict.ADD]) == ("committed", 3)
    assert TelephoneNumber.objects.count() == TelephoneNumberEvent.objects.count() == 3
