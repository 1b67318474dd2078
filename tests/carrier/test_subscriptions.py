"""Webhook subscriptions at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from carrier import subscriptions
from carrier.client import Carrier
from carrier.errors import NotFound, OutcomeUnknown, Refused
from carrier.exchange import Exchange
from carrier.records import NewSubscription
from carrier.sandbox import Sandbox
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

ORDERS = NewSubscription(
    order_type="importtnorders",
    url="https://portal.example/webhooks/orders",
    expiry_seconds=3_122_064_000,
    username="carrier",
    password="knock & knock",
    number_format="E164",
)
EVENTS = replace(ORDERS, order_type="", event_type="MESSAGING_LOST")


@pytest.fixture(autouse=True)
def _no_subscriptions(carrier: Carrier) -> Iterator[None]:
    yield
    for row in subscriptions.list_all(carrier):
        subscriptions.delete(carrier, subscription_id=row.subscription_id)


def test_none_is_an_empty_list(carrier: Carrier) -> None:
    assert subscriptions.list_all(carrier) == ()


def test_what_was_registered_is_listed_without_its_password(carrier: Carrier) -> None:
    subscription_id = subscriptions.create(carrier, subscription=ORDERS)
    row = subscriptions.get(carrier, subscription_id=subscription_id)
    assert subscriptions.list_all(carrier) == (row,)
    assert (row.subscription_id, row.order_type, row.url, row.username, row.status_text) == (
        subscription_id,
        "importtnorders",
        ORDERS.url,
        "carrier",
        "READY",
    )
    assert row.expiry_seconds is not None
    assert 0 <= ORDERS.expiry_seconds - row.expiry_seconds <= 2


def test_a_subscription_is_replaced_whole_and_deleted(carrier: Carrier) -> None:
    subscription_id = subscriptions.create(carrier, subscription=ORDERS)
    subscriptions.replace(carrier, subscription_id=subscription_id, subscription=EVENTS)
    row = subscriptions.get(carrier, subscription_id=subscription_id)
    assert (row.order_type, row.event_type) == ("", "MESSAGING_LOST")
    subscriptions.delete(carrier, subscription_id=subscription_id)
    with pytest.raises(NotFound):
        subscriptions.get(carrier, subscription_id=subscription_id)


def test_a_doubled_subscription_is_refused(carrier: Carrier) -> None:
    subscriptions.create(carrier, subscription=ORDERS)
    with pytest.raises(Refused) as caught:
        subscriptions.create(carrier, subscription=ORDERS)
    assert (caught.value.http_status, caught.value.problems[0].code) == (409, "16008")


def test_subscriptions_stay_at_v1(sandbox: Sandbox, carrier: Carrier) -> None:
    subscriptions.list_all(carrier)
    assert sandbox.requests[-1].path == "/api/accounts/9900001/subscriptions"


def test_without_an_id_the_outcome_is_unknown(connect: Connect) -> None:
    with ScriptedServer(answering("201 Created")) as server, pytest.raises(OutcomeUnknown):
        subscriptions.create(connect(server.url), subscription=ORDERS)


def test_an_id_in_the_body_serves_as_well(connect: Connect) -> None:
    body = b"<Subscription><SubscriptionId>ab-12</SubscriptionId></Subscription>"
    with ScriptedServer(answering("201 Created", body)) as server:
        assert subscriptions.create(connect(server.url), subscription=ORDERS) == "ab-12"


def test_a_list_that_cannot_be_read_is_not_empty(connect: Connect) -> None:
    with ScriptedServer(answering("404 Not Found")) as server, pytest.raises(NotFound):
        subscriptions.list_all(connect(server.url))
    with ScriptedServer(answering("200 OK", b"<html/>")) as server, pytest.raises(OutcomeUnknown):
        subscriptions.list_all(connect(server.url))


def test_the_password_is_in_no_record(carrier: Carrier, kept: list[Exchange]) -> None:
    subscriptions.create(carrier, subscription=ORDERS)
    assert "<Password>[hidden]</Password>" in kept[0].request_body
    assert ["knock" in repr(row) for row in (*kept, ORDERS)] == [False] * (len(kept) + 1)


@pytest.mark.parametrize("subscription_id", ["", "../sites", "a b", "ä"])
def test_what_is_no_id_is_never_asked_for(carrier: Carrier, subscription_id: str) -> None:
    with pytest.raises(ValueError, match="not a subscription id"):
        subscriptions.delete(carrier, subscription_id=subscription_id)


def test_either_an_order_type_or_an_event_type_is_needed() -> None:
    for subscription in (replace(ORDERS, order_type=""), replace(ORDERS, event_type="X")):
        with pytest.raises(ValueError, match="either"):
            subscriptions.build_document(subscription)
