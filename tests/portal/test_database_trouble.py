"""O04: a database that is there and says no. A page says come back; nothing is half-written.

tests/numbering/test_again.py has what is repeated before that.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteConnection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import DjangoDbBlocker

from accounts import again
from accounts.models import User
from numbering.models import Subscriber, WebhookEvent
from portal.wsgi import application
from tests import builders
from tests.numbering.notices import knock, order_notice


def postgres(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that needs PostgreSQL, and tables that are really written."""
    return pytest.mark.postgres(pytest.mark.django_db(transaction=True)(test))


@pytest.fixture(autouse=True)
def _only_on_postgres(request: pytest.FixtureRequest) -> None:
    """Skip what SQLite cannot show."""
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set DATABASE_URL")


_RENAME = "UPDATE numbers_subscriber SET name = %s WHERE name = %s"


def _elsewhere(act: Callable[[], None]) -> threading.Thread:
    """Do something in a thread of its own, on a database connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _rename(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RENAME, [f"{name} renamed", name])


def deadlock() -> None:
    """Lock two rows in the other order than somebody else; the database ends us, not them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
    held = threading.Event()

    def other() -> None:
        with transaction.atomic():
            _rename("Second")
            held.set()
            _rename("First")

    _rename("First")
    _elsewhere(other)
    held.wait(timeout=5)
    time.sleep(0.1)  # the other one waits for us now
    _rename("Second")


def serialization_failure() -> None:
    """Change a row that somebody else has changed since we began to look."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM numbers_subscriber")
    _elsewhere(lambda: _rename("First")).join()
    _rename("First")


def statement_time_out() -> None:
    """Ask for something that takes longer than a statement may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        cursor.execute("SELECT pg_sleep(5)")


def read_only() -> None:
    """Write in a transaction that may not, as on a standby that was not promoted yet."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    _rename("First")


locks_wanted: list[str] = []


def lock_time_out() -> None:
    """Wait for a lock that somebody keeps for longer than we want to wait."""
    locks_wanted.append("numbers_subscriber")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10ms'")
    _rename("First")


def store() -> None:
    """Store one row."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO numbers_webhookevent (body) VALUES ('')")


def page(
    trouble: Callable[[], None], *, writes_first: bool
) -> Callable[[HttpRequest], HttpResponse]:
    """Return a page that runs into the trouble, in the middle of what it writes."""

    def view(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            if writes_first:
                _rename("Third")
            trouble()
        return HttpResponse("done")

    return view


urlpatterns = [
    path("deadlock", page(deadlock, writes_first=True)),
    # The isolation of a transaction is chosen before its first statement.
    path("serialization", page(serialization_failure, writes_first=False)),
    path("time-out", page(statement_time_out, writes_first=True)),
    path("read-only", page(read_only, writes_first=True)),
    path("lock", page(lock_time_out, writes_first=False)),
    path("store", page(store, writes_first=False)),
    path("", include("portal.urls")),
]
handler500 = "portal.pages.server_error"


@pytest.fixture
def visitor() -> Client:
    """A browser, which sees the answer and not the exception."""
    return Client(raise_request_exception=False)


def says_come_back(response: HttpResponse) -> bool:
    """Return whether the answer is the page for an outage."""
    return (
        response.status_code == 503
        and response.headers["Retry-After"] == "30"
        and "Back in a moment" in response.content.decode()
    )


# --- PostgreSQL -----------------------------------------------------------------------------


@postgres
@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/deadlock", "/serialization", "/time-out", "/read-only"])
def test_a_page_that_the_database_turns_away_says_come_back_and_leaves_nothing_half_written(
    visitor: Client, address: str
) -> None:
    for name in ("First", "Second", "Third"):
        builders.subscriber(name=name)
    assert says_come_back(visitor.post(address))
    assert Subscriber.objects.filter(name="Third").count() == 1


@postgres
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("tries", "status"), [(again.MOST_TRIES, 200), (1, 503)], ids=["repeated", "twin"]
)
@pytest.mark.parametrize("address", ["/deadlock", "/serialization"])
def test_a_page_that_is_only_looked_at_is_made_again_and_its_twin_says_come_back(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, address: str, tries: int, status: int
) -> None:
    """O04."""
    monkeypatch.setattr(again, "MOST_TRIES", tries)
    for name in ("First", "Second", "Third"):
        builders.subscriber(name=name)
    assert visitor.get(address).status_code == status


@postgres
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("method", "tries"), [("get", 3), ("post", 1)])
def test_a_page_that_never_gets_its_lock_says_come_back_after_so_many_tries(
    visitor: Client, method: str, tries: int
) -> None:
    locks_wanted.clear()
    with table_locked("numbers_subscriber"):
        assert says_come_back(getattr(visitor, method)("/lock"))
    assert len(locks_wanted) == tries


@contextmanager
def database_setting(name: str, value: str, *, usual: str) -> Iterator[None]:
    """Set something for every new session of the tests' database."""
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database} SET {name} TO {value}")
    connection.close()
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET {name} TO {usual}")
            cursor.execute(f"ALTER DATABASE {database} RESET {name}")
        connection.close()


@contextmanager
def table_locked(name: str) -> Iterator[None]:
    """Have somebody else hold a table, so that everybody waits for it."""
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
            held.set()
            let_go.wait(timeout=10)

    holder = _elsewhere(hold)
    try:
        assert held.wait(timeout=5)
        yield
    finally:
        let_go.set()
        holder.join()


@postgres
def test_a_database_that_only_reads_turns_away_what_would_be_written(
    support: User, sign_in: Callable[[User], Client]
) -> None:
    """O04."""
    browser = sign_in(support)
    browser.raise_request_exception = False
    fields = {"name": "New one", "house_number": "1", "street_name": "Elm", "city": "Boulder"}
    fields |= {"state_code": "CO", "zip_code": "80301"}
    for rows in ("loa_signers", "contacts"):
        fields |= {f"{rows}-TOTAL_FORMS": "0", f"{rows}-INITIAL_FORMS": "0"}
    with database_setting("default_transaction_read_only", "on", usual="off"):
        assert browser.get("/admin/numbers/subscriber/").status_code == 200
        assert says_come_back(browser.post("/admin/numbers/subscriber/add/", fields))
        assert knock(application, order_notice()).status == 503
    assert (Subscriber.objects.count(), WebhookEvent.objects.count()) == (0, 0)
    assert browser.post("/admin/numbers/subscriber/add/", fields).status_code == 302
    assert knock(application, order_notice()).status == 200


@postgres
def test_a_lock_that_outlasts_the_statement_time_out_turns_the_notice_away() -> None:
    with (
        database_setting("statement_timeout", "'100ms'", usual="0"),
        table_locked("numbers_webhookevent"),
    ):
        assert knock(application, order_notice()).status == 503
    assert WebhookEvent.objects.count() == 0
    assert knock(application, order_notice()).status == 200


# --- SQLite ---------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database file with the one table that is written to here."""
    file = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE numbers_webhookevent (content_type, body, is_cut)")
    return file


@contextmanager
def in_place(name: str, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replace the connection by one to an SQLite file, which does not wait for a lock."""
    present = connections["default"]
    sqlite = SqliteConnection(
        {**present.settings_dict, "NAME": name, "OPTIONS": {"timeout": 0}}, "default"
    )
    connections["default"] = sqlite
    try:
        with blocker.unblock():
            yield
    finally:
        sqlite.close()
        connections["default"] = present


def rows_in(file: Path) -> int:
    """Count what was stored."""
    with closing(sqlite3.connect(file)) as database:
        (count,) = database.execute("SELECT count(*) FROM numbers_webhookevent").fetchone()
    return int(count)


@pytest.mark.urls(__name__)
def test_a_locked_file_turns_page_and_notice_away(
    visitor: Client, file: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with closing(sqlite3.connect(file)) as holder, in_place(str(file), django_db_blocker):
        holder.execute("BEGIN EXCLUSIVE")
        assert says_come_back(visitor.get("/store"))
        assert knock(application, order_notice()).status == 503
        holder.rollback()
        assert rows_in(file) == 0
        assert visitor.get("/store").status_code == 200
        assert knock(application, order_notice()).status == 200
    assert rows_in(file) == 2


@pytest.mark.urls(__name__)
def test_a_read_only_file_turns_page_and_notice_away(
    visitor: Client, file: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with in_place(f"file:{file}?mode=ro", django_db_blocker):
        assert says_come_back(visitor.get("/store"))
        assert knock(application, order_notice()).status == 503
    assert rows_in(file) == 0
