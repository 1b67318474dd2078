"""Webhook subscriptions: registered, listed, replaced, deleted, expired."""

from __future__ import annotations

import time
import uuid
from xml.etree import ElementTree as ET

import pytest
import requests

from tests.carrier.sandbox.callers import Caller
from tests.carrier.sandbox.receiver import subscription_body

URL = "https://portal.example/webhooks"


def _create(caller: Caller, body: bytes) -> str:
    answer = caller.call("POST", "subscriptions", body)
    assert (answer.status_code, answer.content) == (201, b"")
    address, _, subscription_id = answer.headers["Location"].rpartition("/")
    assert address == f"{caller.base}subscriptions"
    return subscription_id


def _shown(caller: Caller, subscription_id: str) -> ET.Element:
    answer = caller.call("GET", f"subscriptions/{subscription_id}")
    assert answer.status_code == 200, answer.text
    subscription = ET.fromstring(answer.content).find("Subscription")
    assert subscription is not None
    return subscription


def _refusal(answer: requests.Response) -> tuple[int, str | None]:
    root = ET.fromstring(answer.content)
    return answer.status_code, root.findtext("ResponseStatus/ErrorCode")


def test_a_subscription_is_shown_without_its_password(caller: Caller) -> None:
    subscription_id = _create(caller, subscription_body(URL, number_format="E164"))
    shown = _shown(caller, subscription_id)
    callback = shown.find("CallbackSubscription")
    assert callback is not None
    assert shown.findtext("SubscriptionId") == subscription_id
    assert shown.findtext("OrderType") == "importtnorders"
    assert [
        (n.tag, n.text) for n in callback if n.tag not in ("Expiry", "CallbackCredentials")
    ] == [
        ("URL", URL),
        ("Status", "READY"),
        ("NumberFormat", "E164"),
    ]
    assert callback.findtext("CallbackCredentials/BasicAuthentication/Username") == "portal"
    assert list(shown.iter("Password")) == []


def test_expiry_is_what_remains(caller: Caller) -> None:
    shown = _shown(caller, _create(caller, subscription_body(URL, expiry="3122064000")))
    remaining = int(shown.findtext("CallbackSubscription/Expiry", ""))
    assert 3122063990 <= remaining < 3122064000


def test_expiry_is_a_day_when_left_out(caller: Caller) -> None:
    shown = _shown(caller, _create(caller, subscription_body(URL, expiry="")))
    assert 86390 <= int(shown.findtext("CallbackSubscription/Expiry", "")) <= 86400


def test_an_expired_subscription_is_gone(caller: Caller) -> None:
    subscription_id = _create(caller, subscription_body(URL, expiry="1"))
    time.sleep(1.05)
    assert _refusal(caller.call("GET", f"subscriptions/{subscription_id}")) == (404, "16000")
    assert _refusal(caller.call("GET", "subscriptions")) == (404, "16001")


def test_without_any_the_list_is_404_with_16001(caller: Caller) -> None:
    assert _refusal(caller.call("GET", "subscriptions")) == (404, "16001")


def test_the_list_holds_all_oldest_first(caller: Caller) -> None:
    first = _create(caller, subscription_body(URL))
    second = _create(caller, subscription_body(URL, event_type="MESSAGING_LOST"))
    root = ET.fromstring(caller.call("GET", "subscriptions").content)
    path = "Subscriptions/Subscription/SubscriptionId"
    assert [node.text for node in root.findall(path)] == [first, second]


def test_the_same_registration_twice_is_409_with_16008(caller: Caller) -> None:
    _create(caller, subscription_body(URL))
    again = subscription_body(URL, order_type="ImportTnOrders", expiry="9")
    assert _refusal(caller.call("POST", "subscriptions", again)) == (409, "16008")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (subscription_body(URL, order_type=""), "14508"),
        (subscription_body(URL, order_type="importTnOrder"), "14500"),
        (subscription_body(URL, event_type="EARTHQUAKE"), "14507"),
        (subscription_body(""), "14503"),
        (subscription_body("ftp://portal.example/"), "14506"),
        (subscription_body("https:///path"), "14506"),
        (subscription_body(URL, credentials=("portal", "")), "14505"),
        (subscription_body(URL, credentials=("x" * 101, "secret")), "14505"),
        (subscription_body(URL, expiry="soon"), "1004"),
        (subscription_body(URL, order_id=str(uuid.UUID(int=7))), "16003"),
        (b"<Subscription><OrderType>orders</OrderType></Subscription>", "14501"),
        (b"<Other/>", "14501"),
        (b"", "14501"),
    ],
)
def test_a_bad_subscription_is_404_with_its_code(caller: Caller, body: bytes, code: str) -> None:
    assert _refusal(caller.call("POST", "subscriptions", body)) == (404, code)
    assert _refusal(caller.call("GET", "subscriptions")) == (404, "16001")


def test_replacing_resets_what_is_left_out(caller: Caller) -> None:
    subscription_id = _create(caller, subscription_body(URL, number_format="E164"))
    other = subscription_body(f"{URL}/new", expiry="", credentials=None)
    assert caller.call("PUT", f"subscriptions/{subscription_id}", other).status_code == 200
    callback = _shown(caller, subscription_id).find("CallbackSubscription")
    assert callback is not None
    assert [(n.tag, n.text) for n in callback if n.tag != "Expiry"] == [
        ("URL", f"{URL}/new"),
        ("Status", "READY"),
        ("NumberFormat", "LEGACY"),
    ]
    assert 86390 <= int(callback.findtext("Expiry", "")) <= 86400


def test_a_deleted_subscription_is_gone(caller: Caller) -> None:
    path = f"subscriptions/{_create(caller, subscription_body(URL))}"
    assert caller.call("DELETE", path).status_code == 200
    for method in ("GET", "PUT", "DELETE"):
        assert _refusal(caller.call(method, path, subscription_body(URL))) == (404, "16000")


def test_an_email_subscription_is_kept(caller: Caller) -> None:
    body = (
        b"<Subscription><OrderType>orders</OrderType><EmailSubscription>"
        b"<Email>ops@portal.example</Email><DigestRequested>DAILY</DigestRequested>"
        b"</EmailSubscription></Subscription>"
    )
    shown = _shown(caller, _create(caller, body))
    assert shown.findtext("EmailSubscription/Email") == "ops@portal.example"
    assert shown.findtext("EmailSubscription/DigestRequested") == "DAILY"
    wrong = body.replace(b"DAILY", b"HOURLY")
    assert _refusal(caller.call("POST", "subscriptions", wrong)) == (404, "14502")


def test_the_quotes_of_the_published_samples_are_put_up_with(caller: Caller) -> None:
    shown = _shown(caller, _create(caller, subscription_body(f'"{URL}"')))
    assert shown.findtext("CallbackSubscription/URL") == URL
