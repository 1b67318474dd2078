"""What visitors see while the database is away, and what stays a fault of ours."""

import errno
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from portal.outages import is_outage


def view_raising(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    """Return a page that fails with the error."""

    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    path("away", view_raising(OperationalError("connection to db.internal:5432 refused"))),
    path("closed", view_raising(InterfaceError("connection already closed"))),
    path("full", view_raising(OSError(errno.ENOSPC, "No space left on device", "/srv/uploads"))),
    path("tired", view_raising(OSError(errno.EAGAIN, "Resource temporarily unavailable"))),
    path("slip", view_raising(ProgrammingError("syntax error"))),
    path("fault", view_raising(KeyError("fault"))),
    path("unreadable", view_raising(OSError(errno.EIO, "Input/output error"))),
    path("", include("portal.urls")),
]
handler500 = "portal.pages.server_error"


@pytest.fixture
def visitor() -> Client:
    """A browser, which sees the answer and not the exception."""
    return Client(raise_request_exception=False)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/away", "/closed", "/full", "/tired"])
def test_a_page_says_come_back_while_what_we_need_is_away(visitor: Client, address: str) -> None:
    response = visitor.get(address)
    body = response.content.decode()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert "Back in a moment" in body
    assert "db.internal" not in body
    assert "/srv/uploads" not in body


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/slip", "/fault", "/unreadable"])
def test_a_fault_of_ours_is_not_called_an_outage(visitor: Client, address: str) -> None:
    response = visitor.get(address)
    assert (response.status_code, "Retry-After" in response.headers) == (500, False)
    assert "Something went wrong on our side" in response.content.decode()


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize("address", ["/", "/accounts/2fa/", "/admin/", "/accounts/login/"])
def test_an_outage_in_a_middleware_looks_the_same(visitor: Client, address: str) -> None:
    visitor.cookies["sessionid"] = "abcdefghijklmnopqrstuvwxyz012345"
    response = visitor.get(address)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")


def refusal(database: sqlite3.Connection, statement: str) -> OperationalError:
    """Return what Django makes of SQLite's refusal to run the statement."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        database.execute(statement)
    error = OperationalError(*caught.value.args)
    error.__cause__ = caught.value
    return error


@pytest.mark.parametrize("statement", ["SELECT * FROM nowhere", "SELEKT 1"])
def test_a_missing_table_in_sqlite_is_a_fault_of_ours(statement: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        assert is_outage(refusal(database, statement)) is False


def test_a_locked_sqlite_file_is_an_outage(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(file)) as holder, closing(sqlite3.connect(file, timeout=0)) as us:
        holder.execute("BEGIN EXCLUSIVE")
        assert is_outage(refusal(us, "CREATE TABLE t (x)")) is True
