"""The door for message callbacks: what is kept, what is said, and that nothing is done there."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from messaging.models import Message, MessageEvent, OptOut
from messaging.webhooks import BODY_LIMIT
from numbering.door import KEPT_OF_LARGE
from tests.messaging.steps import ADDRESS, Pair, knock_with, received, work
from tests.numbering.notices import basic

pytestmark = pytest.mark.django_db
PAIR = Pair("+13032281000", "+13032281999")


@pytest.mark.parametrize("credentials", ["", basic("bandwidth", "guess")])
def test_without_true_credentials_it_is_challenged_and_nothing_is_kept(credentials: str) -> None:
    answered = knock_with([received(PAIR, "STOP")], authorization=credentials)
    assert answered.status == 401
    assert answered.headers["WWW-Authenticate"] == 'Basic realm="webhooks", charset="UTF-8"'
    assert MessageEvent.objects.count() == 0


def test_the_door_is_a_page_of_django_as_well() -> None:
    client = Client(headers={"Authorization": basic("bandwidth", "webhook-password-old")})
    answered = client.post(ADDRESS, b"[]", content_type="application/json")
    assert (answered.status_code, answered.content) == (200, b"stored\n")
    assert bytes(MessageEvent.objects.get().body) == b"[]"


@pytest.mark.parametrize(("over", "kept"), [(0, BODY_LIMIT), (1, KEPT_OF_LARGE)])
def test_256_kibibytes_are_kept_whole_and_of_more_the_beginning(over: int, kept: int) -> None:
    body = json.dumps([received(PAIR, "STOP")]).encode().ljust(BODY_LIMIT + over)
    assert knock_with(body).status == 200
    work()
    event = MessageEvent.objects.get()
    assert (len(event.body), event.is_cut, OptOut.objects.count()) == (kept, bool(over), 1 - over)
    assert event.state == ("not_applied" if over else "applied")


@pytest.mark.usefixtures("no_database")
def test_while_the_database_is_away_the_carrier_hears_503_and_comes_again() -> None:
    assert knock_with([]).status == 503


def _with(**message: Any) -> bytes:
    return json.dumps([received(PAIR, "hello", message=message)]).encode()


HARD_TO_KEEP = {
    "NUL": (_with(text="a\x00b"), "a\ufffdb"),
    "lone surrogate": (_with(text="a\ud800b"), "a\ufffdb"),
    "NUL in the tag": (_with(tag="\x00"), "hello"),
    "NaN": (_with(segmentCount=float("nan")), "hello"),
    "Infinity": (_with(segmentCount=float("inf")), "hello"),
    "400 digits": (_with(segmentCount=10**400), "hello"),
    "5,000 digits": (_with(segmentCount=0).replace(b": 0,", b": " + b"9" * 5000 + b","), "hello"),
    "bytes that are no UTF-8": (_with().replace(b"hello", b"a\xff\xfeb"), "a\ufffd\ufffdb"),
    "byte order mark": (b"\xef\xbb\xbf" + _with(), "hello"),
}
NOT_TO_BE_READ = {
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nothing": b"",
    "no JSON": b"to=+13032281000&text=STOP",
    "NUL alone": b"\x00",
    "a number": b"7",
    "NaN alone": b"NaN",
    "text": b'"STOP"',
    "UTF-16": '[{"type": "message-received"}]'.encode("utf-16"),
    "an id of 10 KB": _with(id="x" * 10_240),
    "no sender": _with(**{"from": "javascript:alert(1)"}),
    "a type that is none": json.dumps(received(PAIR, "a", type=["message-received"])).encode(),
}


@pytest.mark.parametrize(("body", "text"), HARD_TO_KEEP.values(), ids=HARD_TO_KEEP.keys())
def test_what_the_database_refuses_is_replaced_and_the_message_kept(body: bytes, text: str) -> None:
    """S01, S02: 2xx, the raw bytes as evidence, and no lone surrogate or NUL in the text."""
    assert knock_with(body).status == 200
    work()
    event = MessageEvent.objects.get()
    assert (bytes(event.body), event.state, event.problem) == (body, "applied", "")
    assert Message.objects.get().text == text


@pytest.mark.parametrize("body", NOT_TO_BE_READ.values(), ids=NOT_TO_BE_READ.keys())
def test_what_cannot_be_read_is_kept_and_marked(body: bytes) -> None:
    """S02: never 5xx, or the carrier repeats it for a day."""
    assert knock_with(body).status == 200
    work()
    event = MessageEvent.objects.get()
    assert (bytes(event.body), event.state, bool(event.problem)) == (body, "not_applied", True)
    assert Message.objects.count() == 0


ODD_QUERY = "from=%2B13032281999&from=+13032281998&to=%2B13032281000&text=STOP%00%FF%FE%zz"


def test_the_old_form_with_everything_in_the_query_is_not_taken() -> None:
    """S01, S09: 405 to a GET; of a POST the query is not read, so it can name nobody."""
    assert knock_with(b"", method="GET", environ={"QUERY_STRING": ODD_QUERY}).status == 405
    assert MessageEvent.objects.count() == 0
    body = [received(PAIR, "hello")]
    assert knock_with(body, environ={"QUERY_STRING": ODD_QUERY}).status == 200
    work()
    message = Message.objects.get()
    assert (message.their_number, message.text) == (PAIR.theirs, "hello")
    assert OptOut.objects.count() == 0


def test_nothing_but_one_statement_is_done_at_the_door(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """S13: one INSERT; the worker does the rest."""
    with django_assert_num_queries(1):
        assert knock_with([received(PAIR, "STOP")]).status == 200
    assert (MessageEvent.objects.get().state, Message.objects.count()) == ("new", 0)


@pytest.fixture
def hanging() -> Iterator[int]:
    """Give a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield server.getsockname()[1]


def test_the_door_waits_for_nobody(hanging: int, settings: Any) -> None:
    """S13: while carrier and mail server hang."""
    base = f"http://127.0.0.1:{hanging}/api/v2/"
    settings.CARRIER = {**settings.CARRIER, "messaging_base": base, "token_url": base}
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", hanging
    settings.MAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.ALERT_EMAILS = ["desk@example.com"]
    started = time.monotonic()
    for text in ("STOP", "please don't stop"):
        assert knock_with([received(PAIR, text)]).status == 200
    assert time.monotonic() - started < 1
