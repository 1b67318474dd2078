"""Answers that nobody would send in good faith, to every call: an error that we know, in time."""

from __future__ import annotations

import gzip
import time

import pytest

from carrier import in_service, places, platform, platform_list
from carrier.client import Carrier
from carrier.errors import CarrierError, OutcomeUnknown, Throttled
from carrier.exchange import Exchange
from carrier.platform_records import DashboardAccount
from tests.carrier.builders import ORDER_ID, OTHER_ID
from tests.carrier.conftest import Connect
from tests.carrier.scripted import Script, ScriptedServer, answering, dripping, unframed
from tests.carrier.test_every_call import NUMBER, PEER, READS, WRITES, Ask

PASSWORD = "planted-dashboard-password"
ACCOUNT = DashboardAccount("9900001", "sandbox", PASSWORD)
JSON = "Content-Type: application/json"


def _import(carrier: Carrier) -> object:
    return platform.import_number(
        carrier, telephone_number=NUMBER, name="", application_id="", account=ACCOUNT
    )


PLATFORM: dict[str, Ask] = {
    "platform import": _import,
    "platform release": lambda carrier: platform.release(carrier, platform_id="n-1"),
    "platform number": lambda carrier: platform.find_number(carrier, telephone_number=NUMBER),
    "platform list": lambda carrier: list(platform_list.Walk(carrier)),
    "platform local": lambda carrier: platform.search_local(carrier, area_code="303"),
    "platform toll-free": lambda carrier: platform.search_toll_free(carrier),
}
CALLS: dict[str, Ask] = {
    **WRITES,
    **READS,
    **PLATFORM,
    "sites": lambda carrier: places.list_sites(carrier),
    "peers": lambda carrier: places.list_sip_peers(carrier, site_id=PEER["site_id"]),
    "in service": lambda carrier: list(in_service.list_numbers(carrier)),
    "one in service": lambda carrier: in_service.is_in_service(carrier, telephone_number=NUMBER),
}
every_call = pytest.mark.parametrize("name", CALLS)

CLOSE = "Connection: close"
ANSWERS: dict[str, Script] = {
    "JSON 100,000 deep": answering("200 OK", b"[" * 100_000, JSON, CLOSE),
    "objects 20,000 deep": answering("400 Bad", b'{"a":' * 20_000, JSON, CLOSE),
    "XML 2,000 deep": answering("200 OK", b"<a>" * 2_000 + b"</a>" * 2_000, CLOSE),
    "a number of 5,000 digits": answering("200 OK", b"1" * 5_000, JSON, CLOSE),
    "odd rows": answering("200 OK", b'[[], {}, null, "x", {"id": [], "number": {}}]', JSON, CLOSE),
    "UTF-32": answering("200 OK", "<!DOCTYPE a><a/>".encode("utf-32"), CLOSE),
    "a bomb": answering("200 OK", gzip.compress(b" " * 6_000_000), "Content-Encoding: gzip", CLOSE),
    "packed fifty times": answering("200 OK", b"x", "Content-Encoding: " + "gzip, " * 50, CLOSE),
    "a status of nobody's": answering("999 Hm", b"", CLOSE),
    "150 headers": answering("200 OK", b"", CLOSE, *[f"X-{name}: a" for name in range(150)]),
    "a chunk below zero": unframed("200 OK", b"-5\r\n<a/>", "Transfer-Encoding: chunked", CLOSE),
    "beginnings of passwords": answering("400 Bad", b"<password " * 20_000, CLOSE),
}


def connected(name: str, url: str, connect: Connect, connect_platform: Connect) -> Carrier:
    """Give a client for this call."""
    return (connect_platform if name in PLATFORM else connect)(url)


@every_call
def test_a_hostile_answer_is_an_error_that_we_know(
    connect: Connect, connect_platform: Connect, name: str
) -> None:
    """N13: nothing else is raised, whatever comes, in no time, and nothing is called done."""
    with ScriptedServer(*ANSWERS.values()) as server:
        carrier = connected(name, server.url, connect, connect_platform)
        for count, what in enumerate(ANSWERS, start=1):
            began = time.process_time()
            with pytest.raises(CarrierError):
                CALLS[name](carrier)
            assert len(server.requests) == count, what
            assert time.process_time() - began < 1, what


@pytest.mark.parametrize("name", PLATFORM)
def test_nothing_goes_to_the_platform_while_it_asks_us_to_wait(
    connect_platform: Connect, name: str
) -> None:
    """N07: also when it says twice until when."""
    soon = f"X-RateLimit-Reset: {int(time.time()) + 20}"
    with ScriptedServer(answering("429 Slow", b"<html>slow", soon, soon)) as server:
        carrier = connect_platform(server.url)
        for _ in range(2):
            with pytest.raises(Throttled):
                PLATFORM[name](carrier)
        assert len(server.requests) == 1


@pytest.mark.parametrize("name", PLATFORM)
def test_a_drip_of_the_platform_ends_at_the_deadline_and_tells_nothing(
    connect_platform: Connect, name: str, kept: list[Exchange]
) -> None:
    """N09 and N16: one request, and the password it carried is in no record."""
    with ScriptedServer(dripping(b"HTTP/1.1 201 Created\r\n" * 50, every=0.02)) as server:
        carrier = connect_platform(server.url, call_timeout=0.2, read_attempts=3)
        with pytest.raises(OutcomeUnknown) as caught:
            PLATFORM[name](carrier)
    assert len(server.requests) == 1
    assert PASSWORD not in repr(kept) + repr(caught.value) + str(vars(caught.value))


@pytest.mark.parametrize("name", ["order", "disconnect", "hold", "platform import"])
def test_of_two_addresses_none_is_believed(
    connect: Connect, connect_platform: Connect, name: str
) -> None:
    """N03: two Location headers that disagree."""
    kind = "phoneNumbers" if name in PLATFORM else "orders"
    two = [f"Location: https://x.example/{kind}/{text}" for text in (ORDER_ID, OTHER_ID)]
    with ScriptedServer(answering("201 Created", b"", *two)) as server:
        carrier = connected(name, server.url, connect, connect_platform)
        with pytest.raises(OutcomeUnknown):
            CALLS[name](carrier)


GATEWAYS: dict[str, Script] = {
    "a page": answering("404 Not Found", b"<html><body>404</body></html>", CLOSE),
    "a broken page": answering("404 Not Found", b"<!doctype html><br>", CLOSE),
    "a word": answering("404 Not Found", b"404 page not found", CLOSE),
    "no object": answering("404 Not Found", b"[]", JSON, CLOSE),
}


@pytest.mark.parametrize("name", ["details", "release", "one in service", "platform number"])
def test_what_a_gateway_does_not_find_is_not_absent(
    connect: Connect, connect_platform: Connect, name: str
) -> None:
    """N19: a 404 of somebody else says nothing of our number."""
    with ScriptedServer(*GATEWAYS.values()) as server:
        carrier = connected(name, server.url, connect, connect_platform)
        for _ in GATEWAYS:
            with pytest.raises(OutcomeUnknown):
                CALLS[name](carrier)
    assert server.connections == len(GATEWAYS)


NO_YES: dict[str, Script] = {
    "a page": answering("200 OK", b"<html><body>Sign in</body></html>", CLOSE),
    "a list": answering("200 OK", b"<TNs><TotalCount>0</TotalCount></TNs>", CLOSE),
    "nothing": answering("204 No Content", b"", CLOSE),
    "a part": answering("206 Partial Content", b"", CLOSE),
}


def test_only_an_empty_200_says_that_a_number_is_in_service(connect: Connect) -> None:
    """R9: for this yes a number is given up elsewhere."""
    with ScriptedServer(*NO_YES.values()) as server:
        carrier = connect(server.url)
        for _ in NO_YES:
            with pytest.raises(OutcomeUnknown):
                in_service.is_in_service(carrier, telephone_number=NUMBER)
    assert server.connections == len(NO_YES)


def test_a_link_of_nothing_but_beginnings_is_read_in_time() -> None:
    began = time.process_time()
    assert platform_list.following("<https://x.example/?page=1>; " + "rel=" * 16_000) is None
    assert time.process_time() - began < 1
