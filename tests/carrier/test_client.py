"""What the wire can do to a call, and what the call says about it."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from carrier import import_orders, loas, places
from carrier.call import Call
from carrier.client import Carrier
from carrier.connections import IDLE_SECONDS
from carrier.credentials import BasicCredentials
from carrier.errors import (
    CarrierError,
    CredentialsRefused,
    NotFound,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from carrier.exchange import MAX_TEXT, Exchange
from carrier.sandbox import Sandbox
from tests.carrier.builders import ORDER_ID, new_order, oauth_of, settings_at
from tests.carrier.conftest import Connect
from tests.carrier.scripted import (
    Script,
    ScriptedServer,
    answering,
    dripping,
    hanging_up,
    unframed,
)

SITES = b"<SitesResponse><Sites><Site><Id>7</Id><Name>A</Name></Site></Sites></SitesResponse>"
XML = "Content-Type: application/xml"


def created(order_id: str = ORDER_ID) -> bytes:
    return (
        "<ImportTnOrderResponse><ImportTnOrder><CustomerOrderId>HM-0001</CustomerOrderId>"
        f"<OrderId>{order_id}</OrderId><ProcessingStatus>RECEIVED</ProcessingStatus>"
        "</ImportTnOrder></ImportTnOrderResponse>"
    ).encode()


def error_of_create(carrier: Carrier) -> CarrierError:
    with pytest.raises(CarrierError) as caught:
        import_orders.create(carrier, order=new_order())
    return caught.value


# The request that may or may not have been read.


def test_a_dropped_post_is_sent_once_and_unknown(connect: Connect) -> None:
    """N01: the carrier saw exactly one."""
    with ScriptedServer(hanging_up) as server:
        error = error_of_create(connect(server.url, read_attempts=3))
    assert (type(error), error.outcome) == (OutcomeUnknown, Outcome.UNKNOWN)
    assert len(server.requests) == 1


def test_a_refused_connection_is_not_sent(connect: Connect) -> None:
    with ScriptedServer(hanging_up) as server:
        url = server.url
    error = error_of_create(connect(url))
    assert (type(error), error.outcome) == (NotSent, Outcome.NOT_SENT)


def test_an_unknown_host_is_not_sent() -> None:
    settings = settings_at("http://127.0.0.1:9")
    settings = replace(settings, v2_base="https://carrier.invalid/api/v2/")
    assert type(error_of_create(Carrier(settings))) is NotSent


def test_a_header_that_would_begin_another_one_is_not_sent(connect: Connect) -> None:
    call = Call("x.y", "x", "POST", "x", "v2", body=b"<x/>", content_type="text/xml\r\nX: y")
    with ScriptedServer(hanging_up) as server, pytest.raises(NotSent):
        connect(server.url).call(call, lambda answer: answer.status)
    assert server.requests == []


def test_a_server_that_speaks_no_tls_is_not_sent() -> None:
    with ScriptedServer(hanging_up) as server:
        address = server.url.replace("http:", "https:")
        settings = replace(settings_at(server.url), v2_base=address, connect_timeout=0.2)
        error = error_of_create(Carrier(settings))
        assert (type(error), server.requests) == (NotSent, [])


def test_a_kept_connection_closed_by_the_server_is_replaced_before_a_post(
    connect: Connect,
) -> None:
    def answer_then_close(sock: object) -> None:
        answering("200 OK", SITES, XML)(sock)  # type: ignore[arg-type]
        hanging_up(sock)  # type: ignore[arg-type]

    with ScriptedServer(answer_then_close, answering("201 Created", created(), XML)) as server:
        carrier = connect(server.url)
        places.list_sites(carrier)
        time.sleep(0.05)
        record = import_orders.create(carrier, order=new_order())
    assert (record.order_id, server.connections) == (ORDER_ID, 2)


def test_a_kept_connection_that_dies_under_a_post_is_unknown(connect: Connect) -> None:
    answers = iter([answering("200 OK", SITES, XML), hanging_up])
    with ScriptedServer(lambda sock: next(answers)(sock)) as server:
        carrier = connect(server.url)
        places.list_sites(carrier)
        error = error_of_create(carrier)
    assert (type(error), server.connections, len(server.requests)) == (OutcomeUnknown, 1, 2)


def test_a_connection_is_used_again_while_it_is_fresh(connect: Connect) -> None:
    with ScriptedServer(answering("200 OK", SITES, XML)) as server:
        carrier = connect(server.url)
        for _ in range(3):
            places.list_sites(carrier)
    assert server.connections == 1


def test_a_connection_idle_for_long_is_not_used_again(connect: Connect) -> None:
    with ScriptedServer(answering("200 OK", SITES, XML)) as server:
        carrier = connect(server.url)
        places.list_sites(carrier)
        time.sleep(IDLE_SECONDS + 0.1)
        places.list_sites(carrier)
    assert server.connections == 2


# Answers that are not whole, not readable or not for us.


@pytest.mark.parametrize(
    "script",
    [
        answering("500 Internal Server Error"),
        answering("503 Service Unavailable", b"<html>busy</html>"),
        answering("201 Created", created()[:40], XML, length=400),
        unframed("201 Created", created()[:40], XML),
        answering("201 Created", b"<html><p>Welcome</html>", "Content-Type: text/html"),
        answering("201 Created", b"\x00\xff<<<", XML),
        answering("201 Created", b"<!DOCTYPE x []>" + created(), XML),
        answering("201 Created", b"", f"Location: /importTnOrders/{ORDER_ID[:-1]}"),
        answering("400 Bad Request"),
        answering("400 Bad Request", b"<html><body>no</body></html>"),
        answering("408 Request Timeout"),
        unframed("301 Moved Permanently", b"", "Location: /elsewhere"),
    ],
    ids=[
        "500",
        "503",
        "cut with length",
        "cut without length",
        "html",
        "garbage",
        "doctype",
        "half an id",
        "400 without reason",
        "400 with html",
        "408",
        "redirect",
    ],
)
def test_an_answer_that_proves_nothing_leaves_a_post_unknown(
    connect: Connect, script: Script
) -> None:
    with ScriptedServer(script) as server:
        error = error_of_create(connect(server.url))
    assert (type(error), len(server.requests)) == (OutcomeUnknown, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(connect: Connect, status: int) -> None:
    """N11: no credentials leave, no POST is repeated."""
    with ScriptedServer(answering("200 OK", SITES, XML)) as elsewhere:
        redirect = answering(f"{status} Moved", b"x" * 10, f"Location: {elsewhere.url}/api/v2/x")
        with ScriptedServer(redirect) as server:
            carrier = connect(server.url, read_attempts=3)
            assert type(error_of_create(carrier)) is OutcomeUnknown
            with pytest.raises(OutcomeUnknown):
                places.list_sites(carrier)
    assert (len(server.requests), elsewhere.requests) == (2, [])


def test_a_bomb_is_given_up_after_a_little_of_it(connect: Connect) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    script = answering("201 Created", bomb, XML, "Content-Encoding: gzip")
    with ScriptedServer(script) as server:
        began = time.monotonic()
        error = error_of_create(connect(server.url, answer_limit=1_000_000))
    assert error.message == "the answer is larger than 1000000 bytes"
    assert time.monotonic() - began < 10


def test_a_packed_answer_is_read(connect: Connect) -> None:
    body = gzip.compress(SITES)
    with ScriptedServer(answering("200 OK", body, XML, "Content-Encoding: gzip")) as server:
        assert places.list_sites(connect(server.url))[0].site_id == "7"


# One deadline for the whole call.


WHOLE = b"HTTP/1.1 201 Created\r\nContent-Length: 400\r\n\r\n"


@pytest.mark.parametrize(
    "script",
    [
        dripping(WHOLE),
        lambda sock: (sock.sendall(WHOLE), dripping(b"x" * 400)(sock)),
        lambda sock: (
            sock.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"),
            dripping(b"0" * 400)(sock),
        ),
        lambda sock: time.sleep(0.4),
    ],
    ids=["headers", "body", "chunk header", "silence"],
)
def test_a_drip_ends_at_the_deadline(connect: Connect, script: Script) -> None:
    """N09: the limit is that of the call, not of each read."""
    with ScriptedServer(script) as server:
        began = time.monotonic()
        error = error_of_create(connect(server.url, call_timeout=0.3))
        lasted = time.monotonic() - began
    assert (type(error), error.message) == (OutcomeUnknown, "the time for the call ran out")
    assert 0.3 <= lasted < 2


def test_a_request_that_is_taken_in_drips_ends_at_the_deadline(connect: Connect) -> None:
    def sip(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock, suppress(ConnectionError):
            while sock.recv(16 * 1024):
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as slow:
        reader = threading.Thread(target=sip, args=(slow,), daemon=True)
        reader.start()
        carrier = connect(f"http://127.0.0.1:{slow.getsockname()[1]}", call_timeout=0.3)
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            loas.upload(
                carrier,
                order_id=ORDER_ID,
                content=b"x" * 20_000_000,
                content_type="application/pdf",
            )
    assert 0.3 <= time.monotonic() - began < 5


# Reads are repeated within reason.


def test_a_read_is_repeated_after_trouble_of_the_moment(connect: Connect) -> None:
    scripts = (hanging_up, unframed("502 Bad Gateway", b""), answering("200 OK", SITES, XML))
    with ScriptedServer(*scripts) as server:
        sites = places.list_sites(connect(server.url, read_attempts=3))
    assert ([site.site_id for site in sites], len(server.requests)) == (["7"], 3)


def test_a_read_is_given_up_after_its_attempts(connect: Connect) -> None:
    with ScriptedServer(answering("500 Oops")) as server, pytest.raises(OutcomeUnknown) as caught:
        places.list_sites(connect(server.url, read_attempts=2))
    assert (caught.value.http_status, len(server.requests)) == (500, 2)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, CredentialsRefused),
        (403, CredentialsRefused),
        (404, NotFound),
        (429, Throttled),
    ],
)
def test_a_read_is_not_repeated_after_a_clear_no(
    connect: Connect, status: int, kind: type[CarrierError]
) -> None:
    with ScriptedServer(answering(f"{status} No")) as server, pytest.raises(kind) as caught:
        places.list_sites(connect(server.url, read_attempts=3))
    assert (type(caught.value), len(server.requests)) == (kind, 1)


# Waiting when asked to.


def test_after_429_only_that_resource_waits(sandbox: Sandbox, connect: Connect) -> None:
    """N07: others go on."""
    carrier = connect(sandbox.url)
    sandbox.fault("throttled", path_contains="importTnOrders", times=1, reset=20)
    first = error_of_create(carrier)
    before = len(sandbox.requests)
    second = error_of_create(carrier)
    assert [type(first), type(second)] == [Throttled, Throttled]
    assert (first.outcome, first.http_status, second.http_status) == (Outcome.NOT_SENT, 429, None)
    assert first.retry_at is not None
    assert second.retry_at == first.retry_at
    assert len(sandbox.requests) == before
    assert len(places.list_sites(carrier)) == 2


def test_after_the_time_of_a_429_calls_go_out_again(sandbox: Sandbox, connect: Connect) -> None:
    carrier = connect(sandbox.url)
    sandbox.fault("throttled", path_contains="sites", times=1, reset=1)
    with pytest.raises(Throttled):
        places.list_sites(carrier)
    time.sleep(1.0)
    assert len(places.list_sites(carrier)) == 2


# Proving who we are.


def test_one_token_serves_many_threads(sandbox: Sandbox, connect: Connect) -> None:
    carrier = connect(sandbox.url, credentials=oauth_of(sandbox))
    before = len(sandbox.requests)
    threads = [threading.Thread(target=places.list_sites, args=(carrier,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paths = [request.path for request in sandbox.requests[before:]]
    assert sorted(path.rpartition("/")[2] for path in paths) == ["sites"] * 8 + ["token"]


def test_a_token_that_is_refused_is_replaced_at_the_next_call(
    sandbox: Sandbox, connect: Connect
) -> None:
    carrier = connect(sandbox.url, credentials=oauth_of(sandbox))
    places.list_sites(carrier)
    sandbox.revoke_tokens()
    with pytest.raises(CredentialsRefused):
        places.list_sites(carrier)
    assert len(places.list_sites(carrier)) == 2


def test_a_wrong_client_secret_is_refused(sandbox: Sandbox, connect: Connect) -> None:
    wrong = replace(oauth_of(sandbox), client_secret="not-the-secret")
    error = error_of_create(connect(sandbox.url, credentials=wrong))
    assert (type(error), error.operation) == (CredentialsRefused, "import_orders.create")


def test_without_a_token_nothing_is_sent(sandbox: Sandbox, connect: Connect) -> None:
    carrier = connect(sandbox.url, credentials=oauth_of(sandbox))
    sandbox.fault("not_created_500", path_contains="token", times=1)
    before = len(sandbox.orders())
    assert type(error_of_create(carrier)) is NotSent
    assert len(sandbox.orders()) == before


def test_a_token_that_was_sent_for_does_not_count_as_the_call(
    sandbox: Sandbox, connect: Connect
) -> None:
    with ScriptedServer(hanging_up) as server:
        url = server.url
    error = error_of_create(connect(url, credentials=oauth_of(sandbox)))
    assert (type(error), error.outcome) == (NotSent, Outcome.NOT_SENT)
    assert sandbox.requests[-1].path.endswith("/oauth2/token")


def test_a_wrong_password_is_refused(sandbox: Sandbox, connect: Connect) -> None:
    carrier = connect(sandbox.url, credentials=BasicCredentials("sandbox", "wrong-password"))
    error = error_of_create(carrier)
    assert (type(error), error.outcome, error.http_status) == (
        CredentialsRefused,
        Outcome.REFUSED,
        401,
    )


# What is kept of a call.


def test_each_attempt_is_kept(connect: Connect, kept: list[Exchange]) -> None:
    with ScriptedServer(hanging_up, answering("200 OK", SITES, XML)) as server:
        places.list_sites(connect(server.url, read_attempts=2))
    assert [(row.outcome, row.http_status, row.response_body) for row in kept] == [
        (Outcome.UNKNOWN, None, ""),
        (Outcome.ACCEPTED, 200, SITES.decode()),
    ]
    assert {(row.operation, row.method, row.path) for row in kept} == {
        ("places.list_sites", "GET", "/api/v2/accounts/9900001/sites")
    }


def test_the_order_of_a_create_is_kept(connect: Connect, kept: list[Exchange]) -> None:
    with ScriptedServer(answering("201 Created", created(), XML)) as server:
        import_orders.create(connect(server.url), order=new_order())
    assert [row.order_id for row in kept] == [ORDER_ID]


def test_an_observer_that_raises_does_not_break_the_call(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    def observe(exchange: Exchange) -> None:
        raise RuntimeError("the disk is full")

    carrier = Carrier(settings_at(sandbox.url), observer=observe)
    assert len(places.list_sites(carrier)) == 2
    assert [record.getMessage() for record in caplog.records] == [
        "keeping the record of places.list_sites failed"
    ]
    carrier.close()


def test_a_huge_answer_is_kept_in_part(connect: Connect, kept: list[Exchange]) -> None:
    with ScriptedServer(answering("200 OK", SITES + b" " * 100_000, XML)) as server:
        places.list_sites(connect(server.url))
    assert len(kept[0].response_body) == MAX_TEXT


@pytest.mark.parametrize("secret", ["plainly-written", 'qu"oted/&<pä ss>\\'])
def test_a_reason_that_repeats_a_secret_is_shown_without_it(
    connect: Connect, kept: list[Exchange], secret: str
) -> None:
    """N16: whatever the call and however it is spelt; the error is shown to staff."""
    said = "".join(
        f"<Error><Code>{escape(text)}</Code><Description>not {escape(text)}</Description></Error>"
        for text in (secret, json.dumps(secret), json.dumps(json.dumps(secret)), quote(secret))
    )
    for status, other in (("400 Bad", False), ("401 Who", False), ("200 OK", True)):
        answer = answering(status, f"<X><ErrorList>{said}</ErrorList></X>".encode(), XML)
        own = BasicCredentials("sandbox", "another" if other else secret)
        others = (secret,) if other else ()
        with ScriptedServer(answer) as server:
            carrier = connect(server.url, credentials=own, other_secrets=others)
            with pytest.raises(CarrierError) as caught:
                places.list_sites(carrier)
        error = caught.value
        shown = "\n".join([repr(error), str(error), repr(error.problems), repr(kept)])
        assert [part for part in ("plainly", "oted", " ss") if part in shown] == []
        assert len(error.problems) == 4


def test_secrets_are_in_no_error_log_or_record(
    sandbox: Sandbox, connect: Connect, kept: list[Exchange], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    for credentials in (BasicCredentials("sandbox", "sandbox-password"), oauth_of(sandbox)):
        for fault in ("dropped_before", "not_created_500", "created_unreadable", "unauthorized"):
            carrier = connect(sandbox.url, credentials=credentials)
            sandbox.fault(fault, path_contains="sites", times=1)
            with pytest.raises(CarrierError) as caught:
                places.list_sites(carrier)
            texts += [repr(caught.value), str(caught.value), repr(carrier.settings)]
            frame = caught.tb
            while frame is not None:
                texts += [repr(value) for value in frame.tb_frame.f_locals.values()]
                frame = frame.tb_next  # type: ignore[assignment]
        places.list_sites(carrier)
    texts += [repr(row) for row in kept] + [record.getMessage() for record in caplog.records]
    everything = "\n".join(texts)
    found = [
        secret
        for secret in ("sandbox-password", "sandbox-secret", "c2FuZGJve", "Bearer ")
        if secret in everything
    ]
    assert found == []
