"""What holds for each call about numbers of our own, whatever it asks for."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from carrier import disconnects, number_details, orders, places, reservations, search
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, OutcomeUnknown, Refused, Throttled
from carrier.records import NewRemoval, NumberSearch
from tests.carrier.builders import ORDER_ID, new_number_order
from tests.carrier.conftest import Connect
from tests.carrier.scripted import Script, ScriptedServer, answering, hanging_up, unframed

NUMBER = "+13032281000"
PEER = {"site_id": "1001", "sip_peer_id": "500101"}
Ask = Callable[[Carrier], object]

WRITES: dict[str, Ask] = {
    "order": lambda carrier: orders.create(carrier, order=new_number_order(NUMBER)),
    "close": lambda carrier: orders.close(carrier, order_id=ORDER_ID),
    "disconnect": lambda carrier: disconnects.create(carrier, removal=NewRemoval("D1", (NUMBER,))),
    "hold": lambda carrier: reservations.hold(carrier, telephone_number=NUMBER),
    "release": lambda carrier: reservations.release(carrier, reservation_id=ORDER_ID),
}
READS: dict[str, Ask] = {
    "numbers": lambda carrier: search.find_numbers(carrier, search=NumberSearch(area_code="303")),
    "exchanges": lambda carrier: search.find_exchanges(carrier, area_code="303"),
    "an order": lambda carrier: orders.get(carrier, order_id=ORDER_ID),
    "orders": lambda carrier: orders.find(carrier, customer_order_id="N1"),
    "a disconnect": lambda carrier: disconnects.get(carrier, order_id=ORDER_ID),
    "disconnects": lambda carrier: disconnects.find(carrier, customer_order_id="D1"),
    "details": lambda carrier: number_details.get(carrier, telephone_number=NUMBER),
    "numbers of a peer": lambda carrier: list(places.list_numbers(carrier, **PEER)),
    "application": lambda carrier: places.messaging_application(carrier, **PEER),
}
every_write = pytest.mark.parametrize("ask", WRITES.values(), ids=WRITES.keys())
every_call = pytest.mark.parametrize("ask", {**WRITES, **READS}.values(), ids={**WRITES, **READS})

NO_ANSWERS: dict[str, Script] = {
    "hung up": hanging_up,
    "cut short": answering("201 Created", b"<OrderResponse><Or", length=400),
    "cut without a length": unframed("201 Created", b"<OrderResponse><Or"),
    "500": answering("500 Oops", b"<X/>"),
    "503 without a body": answering("503 Unavailable"),
    "400 without a reason": answering("400 Bad Request"),
    "another page": answering("200 OK", b"<html><body>Sign in</body></html>"),
}


@every_write
@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_a_write_without_a_clear_answer_is_in_doubt_and_never_repeated(
    connect: Connect, ask: Ask, answer: Script
) -> None:
    """N01 and N02, also where reads would be tried again."""
    with ScriptedServer(answer) as server:
        with pytest.raises(CarrierError) as caught:
            ask(connect(server.url, read_attempts=3))
        assert (type(caught.value), len(server.requests)) == (OutcomeUnknown, 1)


@every_call
def test_nothing_goes_to_a_resource_that_asked_us_to_wait(connect: Connect, ask: Ask) -> None:
    """N07: the time in the header holds for the next call as well."""
    reset = f"X-RateLimit-Reset: {int(time.time()) + 20}"
    with ScriptedServer(answering("429 Too Many Requests", b"", reset)) as server:
        carrier = connect(server.url)
        for _ in range(2):
            with pytest.raises(Throttled):
                ask(carrier)
        assert len(server.requests) == 1


@every_call
@pytest.mark.parametrize("status", ["301 Moved", "307 Elsewhere"])
def test_no_redirect_is_followed(connect: Connect, ask: Ask, status: str) -> None:
    """N11."""
    with ScriptedServer(answering("200 OK", b"<X/>")) as other:
        answer = answering(status, b"", f"Location: {other.url}/{ORDER_ID}")
        with ScriptedServer(answer) as server, pytest.raises(OutcomeUnknown):
            ask(connect(server.url))
        assert (len(server.requests), other.connections) == (1, 0)


@every_call
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("200 OK", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', OutcomeUnknown),
        ("200 OK", f"<OrderResponse>{'<a/>' * 60_000}</OrderResponse>", OutcomeUnknown),
        ("200 OK", "<Something><Else/></Something>", OutcomeUnknown),
        (
            "200 OK",
            "<X><ErrorList><Error><Code>1010</Code><Description>No</Description></Error>"
            "</ErrorList></X>",
            Refused,
        ),
        ("403 Forbidden", "", CredentialsRefused),
        ("401 Unauthorized", "", CredentialsRefused),
    ],
    ids=["doctype", "a swarm", "another body", "a reason in a 200", "403", "401"],
)
def test_what_is_no_answer_is_none(
    connect: Connect, ask: Ask, status: str, body: str, kind: type[CarrierError]
) -> None:
    """N13, and errors that come as successes."""
    with ScriptedServer(answering(status, body.encode())) as server:
        with pytest.raises(CarrierError) as caught:
            ask(connect(server.url))
        assert type(caught.value) is kind
