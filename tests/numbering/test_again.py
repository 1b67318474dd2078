"""O04: what a deadlock or a serialization failure has undone is done again, and people see nothing.

The rivals are real: another connection, with real locks, that takes them the other way round.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import again
from accounts.again import is_passing, repeated
from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import loa, submission
from numbering.models import ImportOrder, LoaUpload, Subscriber
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps

postgres = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

# So long the database waits before it looks for a deadlock; by then the rival waits as well.
_LOOKS_AFTER = "150ms"
Statement = tuple[str, list[Any]]


class Rival:
    """Somebody who holds one thing and, whenever we wait for it, asks for another of ours."""

    def __init__(self, *, holds: Statement, wants: Statement | None, rounds: int) -> None:
        self._holds, self._wants, self._rounds = holds, wants, rounds
        self._held, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        # How often it has met us.
        self.met = 0

    def _run(self) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '20s'")
                cursor.execute(*self._holds)
                self._held.set()
                while self.met < self._rounds and self._is_waited_for():
                    self.met += 1
                    if self._wants is not None:
                        # Let go of at once: what it holds, it holds to the end.
                        cursor.execute("SAVEPOINT wanted")
                        cursor.execute(*self._wants)
                        cursor.execute("ROLLBACK TO SAVEPOINT wanted")
                if self._wants is not None:
                    transaction.set_rollback(True)
        finally:
            connection.close()

    def _is_waited_for(self) -> bool:
        blocked = (
            "SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        while not self._over.wait(0.005):
            with connection.cursor() as cursor:
                cursor.execute(blocked)
                if cursor.fetchone():
                    return True
        return False

    def __enter__(self) -> Rival:
        with connection.cursor() as cursor:
            cursor.execute(f"SET deadlock_timeout = '{_LOOKS_AFTER}'")
        self._thread.start()
        assert self._held.wait(timeout=5)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=20)
        connection.close()  # with what was set for it


def locked(table: str, pk: int, *, how: str = "UPDATE") -> Statement:
    """Give the statement that locks a row."""
    return f"SELECT 1 FROM numbers_{table} WHERE id = %s FOR {how}", [pk]  # noqa: S608 - our own words


def rival_in_cancelling(order: ImportOrder, *, rounds: int = 1) -> Rival:
    """Somebody at the order's number who then wants the order; cancelling goes the other way."""
    number = order.numbers.get()
    return Rival(
        holds=locked("importordernumber", number.pk),
        wants=locked("importorder", order.pk),
        rounds=rounds,
    )


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """Support's browser; it sees answers and not exceptions."""
    browser = sign_in(support)
    browser.raise_request_exception = False
    return browser


def do(desk: Client, order: ImportOrder, action: str) -> HttpResponse:
    """Press a button of the order's page."""
    return desk.post(f"/admin/numbers/importorder/{order.pk}/do/{action}/")


def said(desk: Client) -> list[str]:
    """Read what the next page tells the person."""
    page = desk.get("/admin/numbers/importorder/")
    return [str(message) for message in page.context["messages"]]


@pytest.mark.parametrize(
    ("tries", "status"),
    [
        pytest.param(again.MOST_TRIES, 302, marks=postgres, id="repeated"),
        pytest.param(1, 503, marks=postgres, id="twin"),
    ],
)
def test_a_button_that_deadlocks_once_works_and_its_twin_without_repeats_gives_up(
    desk: Client, monkeypatch: pytest.MonkeyPatch, tries: int, status: int
) -> None:
    """O04."""
    monkeypatch.setattr(again, "MOST_TRIES", tries)
    order = builders.draft()
    with rival_in_cancelling(order) as rival:
        assert do(desk, order, "cancel").status_code == status
    assert rival.met == 1
    done = status == 302
    assert steps.status_of(order) == ("cancelled" if done else "draft")
    assert order.events.filter(to_status="cancelled").count() == done
    assert said(desk) == (["The draft was cancelled; its numbers are free."] if done else [])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_button_that_deadlocks_for_ever_says_come_back_after_three_tries(desk: Client) -> None:
    """O04."""
    order = builders.draft()
    with rival_in_cancelling(order, rounds=100) as rival:
        answer = do(desk, order, "cancel")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert rival.met == 3
    assert (steps.status_of(order), order.events.count()) == ("draft", 1)
    assert order.numbers.get().is_holding is True
    assert do(desk, order, "cancel").status_code == 302


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_submitting_that_deadlocks_for_ever_does_not_leave_the_letter_behind_as_sent(
    desk: Client, at_carrier: Sandbox
) -> None:
    """O04."""
    order = steps.checked()
    letter = loa.receive_loa(
        order=order,
        name="loa.pdf",
        declared_type="application/pdf",
        content=builders.letter_for(order),
        signer="Maria Lopez",
        signed_on=timezone.localdate(),
        actor=None,
    )
    before = order.events.count()
    sends = (
        "INSERT INTO numbers_loaupload (loa_id, order_id, state, file_id, trouble) "
        "VALUES (%s, %s, 'waiting', '', '')",
        [letter.pk, order.pk],
    )
    # A lock in whose way only a change of the order is, not a row that refers to it.
    wants = locked("importorder", order.pk, how="NO KEY UPDATE")
    with Rival(holds=sends, wants=wants, rounds=100) as rival:
        assert do(desk, order, "submit").status_code == 503
    assert rival.met == 3
    assert (steps.status_of(order), order.events.count()) == ("checked", before)
    assert not LoaUpload.objects.exists()
    assert not order.attempts.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_button_works_when_somebody_changed_the_order_since_a_strict_transaction_began(
    desk: Client,
) -> None:
    """O04: a serialization failure: both work at the strictest isolation."""
    order = builders.draft()
    changes = ("UPDATE numbers_importorder SET trouble = 'Call them.' WHERE id = %s", [order.pk])
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    with Rival(holds=changes, wants=None, rounds=1) as rival:
        assert do(desk, order, "cancel").status_code == 302
    assert rival.met == 1
    assert order.events.filter(to_status="cancelled").count() == 1


def put_into(order: ImportOrder, e164: str) -> Statement:
    """Give the statement that puts a number into another open order."""
    return (
        "INSERT INTO numbers_importordernumber (order_id, e164, raw, status, code, description, "
        "operation, is_holding, attempts) VALUES (%s, %s, '', 'new', '', '', '', true, 0)",
        [order.pk, e164],
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_new_draft_that_deadlocks_reads_its_file_again_and_is_announced_once(
    desk: Client,
) -> None:
    """O04."""
    other = builders.draft()
    first, second = builders.fresh_numbers(2)
    fields = {
        "subscriber": builders.subscriber().pk,
        "sip_peer": builders.sip_peer().pk,
        "loa_authorizing_person": "Maria Lopez",
        "loa_type": "SUBSCRIBER",
        "numbers": "",
        "numbers_file": SimpleUploadedFile("numbers.csv", f"{first}\n{second}\n".encode()),
    }
    with Rival(holds=put_into(other, second), wants=put_into(other, first), rounds=1) as rival:
        answer = desk.post("/admin/numbers/importorder/add/", fields)
    assert (rival.met, answer.status_code) == (1, 302)
    order = ImportOrder.objects.exclude(pk=other.pk).get()
    assert sorted(order.numbers.values_list("e164", flat=True)) == sorted([first, second])
    assert said(desk) == [f"{order} was created as a draft."]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_deadlock_after_the_carrier_has_said_yes_forgets_nothing_and_sends_nothing_twice(
    at_carrier: Sandbox,
) -> None:
    """O04."""
    order = steps.checked()
    attempt = submission.submit(order, actor=None)
    with Rival(
        holds=locked("importordernumber", order.numbers.get().pk),
        wants=locked("submitattempt", attempt.pk),
        rounds=1,
    ) as rival:
        run_once()
    attempt.refresh_from_db()
    assert (rival.met, attempt.state, attempt.looks) == (1, "accepted", [])
    assert steps.creating_calls(at_carrier, order) == 1


# --- The rule ---------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("trouble", "calls"),
    [
        ("SET LOCAL lock_timeout = '10ms'; LOCK TABLE numbers_subscriber", 3),
        ("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(5)", 1),
        ("SET TRANSACTION READ ONLY; DELETE FROM numbers_alert", 1),
        ("SELECT 1 / 0", 1),
    ],
    ids=["lock", "time-out", "read-only", "slip"],
)
def test_only_what_passes_by_itself_is_tried_again(trouble: str, calls: int) -> None:
    """O04."""
    made: list[int] = []

    @repeated
    def work() -> None:
        made.append(1)
        with connection.cursor() as cursor:
            cursor.execute(trouble)

    row = builders.subscriber()
    # The rival is asked for nothing: it only holds what the first of them waits for.
    with (
        Rival(holds=locked("subscriber", row.pk), wants=None, rounds=1000),
        pytest.raises(DatabaseError),
    ):
        work()
    assert len(made) == calls


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_is_tried_again_but_the_whole_of_it() -> None:
    made: list[str] = []

    @repeated
    def inner() -> None:
        made.append("inner")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10ms'; LOCK TABLE numbers_subscriber")

    @repeated
    def outer() -> None:
        made.append("outer")
        Subscriber.objects.filter(pk=row.pk).update(name="Half-written")
        inner()

    row = builders.subscriber(name="As it was")
    other = builders.subscriber()
    with (
        Rival(holds=locked("subscriber", other.pk), wants=None, rounds=1000),
        pytest.raises(OperationalError),
    ):
        outer()
    assert made == ["outer", "inner"] * 3
    row.refresh_from_db()
    assert row.name == "As it was"


@contextmanager
def refused_by_sqlite(file: Path, statement: str) -> Iterator[OperationalError]:
    """Give what Django makes of SQLite's refusal to run the statement in a locked file."""
    with closing(sqlite3.connect(file)) as holder, closing(sqlite3.connect(file, timeout=0)) as us:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            us.execute(statement)
        error = OperationalError(*caught.value.args)
        error.__cause__ = caught.value
        yield error


@pytest.mark.parametrize(
    ("statement", "passes"), [("CREATE TABLE t (x)", True), ("SELEKT 1", False)]
)
def test_a_locked_sqlite_file_passes_and_a_slip_does_not(
    tmp_path: Path, statement: str, passes: bool
) -> None:
    with refused_by_sqlite(tmp_path / "db.sqlite3", statement) as error:
        assert is_passing(error) is passes
