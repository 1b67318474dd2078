"""Webhooks: the knock, the challenge, what is told to whom, and how delivery goes wrong."""

from __future__ import annotations

import time
from xml.etree import ElementTree as ET

import pytest

from carrier.sandbox import Sandbox
from tests.carrier.sandbox.callers import Caller, eventually
from tests.carrier.sandbox.receiver import Receiver, subscription_body

GOOD = "3032281000"


def _subscribe(caller: Caller, body: bytes) -> str:
    answer = caller.call("POST", "subscriptions", body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/")[2]


def _status(caller: Caller, subscription_id: str) -> str:
    answer = caller.call("GET", f"subscriptions/{subscription_id}")
    path = "Subscription/CallbackSubscription/Status"
    return ET.fromstring(answer.content).findtext(path, "")


def _settled_status(caller: Caller, subscription_id: str) -> str:
    def told() -> str:
        text = _status(caller, subscription_id)
        return "" if text == "READY" else text

    return eventually(told)


def test_the_first_knock_is_bare_and_the_second_answers_the_challenge(
    caller: Caller, receiver: Receiver
) -> None:
    subscription_id = _subscribe(caller, subscription_body(receiver.url))
    order_id = caller.created(GOOD, "3032281001")
    assert _settled_status(caller, subscription_id) == "200 OK noted"
    first, second = receiver.knocks
    assert (first.authorization, first.body, first.status) == ("", b"", 401)
    assert second.status == 200
    root = ET.fromstring(second.body)
    assert [(node.tag, node.text) for node in root if node.tag in ("OrderId", "Status")] == [
        ("OrderId", order_id),
        ("Status", "COMPLETE"),
    ]
    assert root.findtext("SubscriptionId") == subscription_id
    assert root.findtext("OrderType") == "importtnorders"
    assert root.findtext("CustomerOrderId") == "TEST-1"
    numbers = root.findall("CompletedTelephoneNumbers/TelephoneNumber")
    assert [number.text for number in numbers] == [GOOD, "3032281001"]


@pytest.mark.parametrize(
    ("refuse_with", "text"),
    [
        (0, "401 Unauthorized noted"),
        (403, "403 Forbidden noted"),
        (503, "503 Service Unavailable noted"),
    ],
)
def test_without_a_challenge_there_is_one_knock_and_never_another(
    caller: Caller, refuse_with: int, text: str
) -> None:
    with Receiver(refuse_with=refuse_with, challenge=False) as receiver:
        subscription_id = _subscribe(caller, subscription_body(receiver.url))
        caller.created(GOOD)
        assert _settled_status(caller, subscription_id) == text
        time.sleep(0.1)
        assert [knock.body for knock in receiver.knocks] == [b""]


def test_wrong_credentials_are_tried_once(caller: Caller, receiver: Receiver) -> None:
    body = subscription_body(receiver.url, credentials=("portal", "old-password"))
    subscription_id = _subscribe(caller, body)
    caller.created(GOOD)
    assert _settled_status(caller, subscription_id) == "401 Unauthorized noted"
    assert [knock.status for knock in receiver.knocks] == [401, 401]


def test_without_credentials_the_body_comes_at_once(caller: Caller, receiver: Receiver) -> None:
    subscription_id = _subscribe(caller, subscription_body(receiver.url, credentials=None))
    order_id = caller.created(GOOD)
    assert _settled_status(caller, subscription_id) == "401 Unauthorized noted"
    assert [knock.text("OrderId") for knock in receiver.knocks] == [order_id]


def test_a_receiver_that_is_away_shows_in_the_status(caller: Caller) -> None:
    subscription_id = _subscribe(caller, subscription_body("http://127.0.0.1:1/"))
    caller.created(GOOD)
    assert _settled_status(caller, subscription_id).startswith("ConnectionRefusedError")


@pytest.mark.parametrize(
    ("line", "status"), [("8001", "FAILED"), ("8002", "EXCEPTION"), ("7518", "PARTIAL")]
)
def test_every_end_of_an_order_is_told(
    caller: Caller, receiver: Receiver, line: str, status: str
) -> None:
    _subscribe(caller, subscription_body(receiver.url))
    caller.created(GOOD, f"303719{line}")
    (news,) = eventually(receiver.news)
    assert news.text("Status") == status


def test_a_failed_order_is_told_with_its_numbers_listed_as_completed(
    caller: Caller, receiver: Receiver
) -> None:
    _subscribe(caller, subscription_body(receiver.url, number_format="E164"))
    caller.created("3037197518")
    (news,) = eventually(receiver.news)
    assert news.text("CompletedTelephoneNumbers/TelephoneNumber") == "+13037197518"


def test_only_matching_subscriptions_are_told(caller: Caller, receiver: Receiver) -> None:
    _subscribe(caller, subscription_body(receiver.url, order_type="disconnects"))
    _subscribe(caller, subscription_body(receiver.url, event_type="MESSAGING_LOST"))
    told = [
        _subscribe(caller, subscription_body(receiver.url)),
        _subscribe(caller, subscription_body(receiver.url + "&second=1")),
    ]
    caller.created(GOOD)
    news = eventually(lambda: receiver.news() if len(receiver.news()) == 2 else None)
    time.sleep(0.1)
    assert sorted(one.text("SubscriptionId") for one in news) == sorted(told)
    assert len(receiver.news()) == 2


def test_a_subscription_to_one_order_is_told_of_it_alone_and_then_gone(
    sandbox: Sandbox, caller: Caller, receiver: Receiver
) -> None:
    mine = caller.created("3037198003")
    path = f"subscriptions/{_subscribe(caller, subscription_body(receiver.url, order_id=mine))}"
    caller.settled(caller.created(GOOD))
    sandbox.finish(mine, "FAILED")
    (news,) = eventually(receiver.news)
    assert news.text("OrderId") == mine
    assert caller.call("GET", path).status_code == 404


def test_a_lost_number_is_told_to_the_event_subscription(
    sandbox: Sandbox, caller: Caller, receiver: Receiver
) -> None:
    _subscribe(caller, subscription_body(receiver.url, event_type="MESSAGING_LOST"))
    caller.outcome(GOOD)
    sandbox.lose(GOOD)
    (news,) = eventually(receiver.news)
    assert news.text("EventType") == "MESSAGING_LOST"
    assert news.text("ImpactedTelephoneNumbers/TelephoneNumber") == GOOD


def test_delivery_can_lose_double_delay_and_reorder(
    sandbox: Sandbox, caller: Caller, receiver: Receiver
) -> None:
    _subscribe(caller, subscription_body(receiver.url))
    sandbox.change(webhooks={"lose": 1})
    caller.settled(caller.created(GOOD))
    sandbox.change(webhooks={"lose": 0, "reorder": 1})
    overtaken = caller.created(GOOD)
    caller.settled(overtaken)
    sandbox.change(webhooks={"reorder": 0, "double": 1, "delay_seconds": 0.3})
    start = time.monotonic()
    doubled = caller.created(GOOD)
    news = eventually(lambda: receiver.news() if len(receiver.news()) == 3 else None)
    assert [one.text("OrderId") for one in news] == [doubled, doubled, overtaken]
    assert time.monotonic() - start > 0.3


def test_a_slow_receiver_does_not_hold_up_processing(sandbox: Sandbox, caller: Caller) -> None:
    with Receiver(seconds=0.5) as busy:
        _subscribe(caller, subscription_body(busy.url))
        start = time.monotonic()
        for _ in range(12):
            caller.settled(caller.created(GOOD))
        # Waiting for each of the 24 deliveries would take twelve.
        assert time.monotonic() - start < 10
    assert {order.status for order in sandbox.orders()} == {"COMPLETE"}
