"""The control address and the index page."""

from __future__ import annotations

import pytest
import requests

from carrier.sandbox import Sandbox, SandboxOptions
from carrier.sandbox.cards import CARDS
from tests.carrier.sandbox.callers import Caller, eventually
from tests.carrier.sandbox.receiver import Receiver, subscription_body

GOOD = "3032281000"
NEWS = "<Notification><OrderId>x</OrderId></Notification>"


def _control(sandbox: Sandbox, method: str, path: str, content: object = None) -> requests.Response:
    return requests.request(method, f"{sandbox.url}/_sandbox/{path}", json=content, timeout=5)


@pytest.mark.parametrize("path", ["/", "/_sandbox", "/_sandbox/"])
def test_the_index_page_shows_addresses_cards_and_orders(
    sandbox: Sandbox, caller: Caller, path: str
) -> None:
    order_id = caller.created(GOOD, CustomerOrderId="Page 1")
    page = requests.get(sandbox.url + path, timeout=5)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    wanted = [sandbox.v1_base, sandbox.v2_base, sandbox.token_url, "9900001", order_id, "Page 1"]
    wanted += [card.label for card in CARDS]
    assert [text for text in wanted if text not in page.text] == []


def test_text_is_escaped_on_the_page() -> None:
    with Sandbox(SandboxOptions(account_id="<b>")) as odd:
        assert "<td>&lt;b&gt;</td>" in requests.get(odd.url, timeout=5).text


def test_orders_and_requests_are_listed_as_json(sandbox: Sandbox, caller: Caller) -> None:
    order_id = caller.created(GOOD)
    (order,) = _control(sandbox, "GET", "orders").json()
    assert (order["order_id"], order["telephone_numbers"]) == (order_id, ["+13032281000"])
    (seen,) = _control(sandbox, "GET", "requests").json()
    assert (seen["method"], seen["status"]) == ("POST", 201)
    assert seen["body"].startswith("<ImportTnOrder>")


def test_faults_are_had_and_cleared(sandbox: Sandbox, caller: Caller) -> None:
    wish = {"fault": "throttled", "method": "GET", "path_contains": "sites", "times": None}
    assert _control(sandbox, "POST", "faults", {**wish, "reset": "missing"}).status_code == 204
    answer = caller.call("GET", "sites")
    assert (answer.status_code, answer.headers.get("X-RateLimit-Reset")) == (429, None)
    assert _control(sandbox, "DELETE", "faults").status_code == 204
    assert caller.call("GET", "sites").status_code == 200


def test_settings_are_changed(sandbox: Sandbox, caller: Caller) -> None:
    wish = {"processing_seconds": 60, "webhooks": {"double": 0.5}}
    assert _control(sandbox, "POST", "settings", wish).status_code == 204
    order_id = caller.created(GOOD)
    assert caller.order(order_id).findtext("ProcessingStatus") == "RECEIVED"


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        ("COMPLETE", []),
        ("PARTIAL", ["3037198003"]),
        ("FAILED", [GOOD, "3037198003"]),
        ("EXCEPTION", []),
    ],
)
def test_an_order_is_ended_with_any_status_and_news_of_it(
    sandbox: Sandbox, caller: Caller, receiver: Receiver, status: str, failed: list[str]
) -> None:
    body = subscription_body(receiver.url)
    assert caller.call("POST", "subscriptions", body).status_code == 201
    order_id = caller.created(GOOD, "3037198003")
    path = f"orders/{order_id}/finish"
    assert _control(sandbox, "POST", path, {"status": status}).status_code == 204
    order = caller.order(order_id)
    assert order.findtext("ProcessingStatus") == status
    number = "Errors/Error/TelephoneNumbers/TelephoneNumber"
    assert [node.text for node in order.findall(number)] == failed
    (news,) = eventually(receiver.news)
    assert news.text("Status") == status
    again = _control(sandbox, "POST", path, {"status": status})
    assert (again.status_code, again.json()) == (
        400,
        {"error": f"order {order_id} has ended already"},
    )


def test_a_number_is_lost_with_or_without_news(
    sandbox: Sandbox, caller: Caller, receiver: Receiver
) -> None:
    body = subscription_body(receiver.url, event_type="MESSAGING_LOST")
    assert caller.call("POST", "subscriptions", body).status_code == 201
    caller.outcome(GOOD, "3032281001")
    quiet = _control(sandbox, "POST", f"numbers/{GOOD}/lose", {"notify": False})
    loud = _control(sandbox, "POST", "numbers/+13032281001/lose", {})
    assert (quiet.json(), loud.json()) == ({"lost": True}, {"lost": True})
    (news,) = eventually(receiver.news)
    assert news.text("ImpactedTelephoneNumbers/TelephoneNumber") == "3032281001"
    again = _control(sandbox, "POST", f"numbers/{GOOD}/lose", {})
    assert again.json() == {"lost": False}


@pytest.mark.parametrize(
    ("credentials", "statuses"),
    [(True, [401, 200]), ("true", [401, 200]), ("wrong", [401, 401]), (False, [401])],
)
def test_any_notice_is_sent_with_true_false_or_no_credentials(
    sandbox: Sandbox,
    caller: Caller,
    receiver: Receiver,
    credentials: object,
    statuses: list[int],
) -> None:
    body = subscription_body(receiver.url)
    assert caller.call("POST", "subscriptions", body).status_code == 201
    answer = _control(sandbox, "POST", "notices", {"body": NEWS, "credentials": credentials})
    assert answer.json()["statuses"] == statuses
    assert [knock.status for knock in receiver.knocks] == statuses
    assert receiver.knocks[-1].body == NEWS.encode()


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "faults", {"fault": "rain"}, 400),
        ("POST", "faults", {"fault": "refused", "times": "often"}, 400),
        ("POST", "faults", {"fault": "refused", "rate": "often"}, 400),
        ("POST", "faults", ["refused"], 400),
        ("POST", "settings", {"speed": 1}, 400),
        ("POST", "settings", {"processing_seconds": -1}, 400),
        ("POST", "settings", {"webhooks": {"lose": 2}}, 400),
        ("POST", "settings", {"webhooks": {"eat": 1}}, 400),
        ("POST", "orders/x/finish", {"status": "COMPLETE"}, 404),
        ("POST", "orders/x/finish", {"status": "DONE"}, 400),
        ("POST", "numbers/12/lose", {}, 400),
        ("POST", "notices", {"body": NEWS}, 404),
        ("GET", "elsewhere", None, 404),
    ],
)
def test_a_bad_wish_is_answered_with_the_reason(
    sandbox: Sandbox, method: str, path: str, content: object, status: int
) -> None:
    answer = _control(sandbox, method, path, content)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def test_control_requests_are_left_out_of_the_log(sandbox: Sandbox) -> None:
    _control(sandbox, "GET", "orders")
    assert sandbox.requests == []
