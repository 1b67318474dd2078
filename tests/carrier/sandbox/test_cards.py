"""What becomes of orders with test-card numbers."""

from __future__ import annotations

import time

import pytest
import requests

from carrier.sandbox import Sandbox, SandboxOptions
from carrier.sandbox.cards import CARDS, Act, card_of
from tests.carrier.sandbox.callers import Caller, codes, eventually
from tests.carrier.sandbox.receiver import Receiver, subscription_body

GOOD = "3032281000"
FAILING = [(c.line, c.code) for c in CARDS if c.act in (Act.CHECK_FAILS, Act.NUMBER_FAILS)]


def test_the_table_holds_the_agreed_cards() -> None:
    assert [card.line for card in CARDS] == [
        *("9001", "9002", "9003", "9004", "9005", "9006"),
        *("9007", "9008", "9009", "9010", "9012", "9014"),
        *("7518", "5158", "5074", "5076", "5150", "5005", "5218"),
        *("8001", "8002", "8003", "8004", "8005", "8006", "8007", "8008", "8010", "8011", "8012"),
        *("8020", "8021", "8022", "8023", "8030", "8031"),
    ]


def test_a_card_works_in_any_area_code_and_in_no_other_exchange() -> None:
    assert card_of("3037198001") in CARDS
    assert card_of("9197198001") == card_of("3037198001")
    assert card_of("3037208001") is None


@pytest.mark.parametrize(("line", "code"), FAILING)
def test_a_failing_number_alone_fails_its_order(caller: Caller, line: str, code: str) -> None:
    assert caller.outcome(f"303719{line}") == ("FAILED", [(code, [f"303719{line}"])])


@pytest.mark.parametrize(("line", "code"), FAILING)
def test_a_failing_number_among_good_ones_makes_it_partial(
    caller: Caller, line: str, code: str
) -> None:
    assert caller.outcome(GOOD, f"303719{line}") == ("PARTIAL", [(code, [f"303719{line}"])])


def test_8001_fails_the_whole_order_without_naming_numbers(caller: Caller) -> None:
    assert caller.outcome(GOOD, "3037198001") == ("FAILED", [("5157", [])])


def test_8002_makes_an_exception_of_the_order(caller: Caller) -> None:
    assert caller.outcome(GOOD, "3037198002") == ("EXCEPTION", [])


def test_8003_stays_in_processing_until_it_is_ended(sandbox: Sandbox, caller: Caller) -> None:
    order_id = caller.created("3037198003")
    eventually(lambda: caller.order(order_id).findtext("ProcessingStatus") == "PROCESSING")
    time.sleep(0.1)
    assert caller.order(order_id).findtext("ProcessingStatus") == "PROCESSING"
    sandbox.finish(order_id, "COMPLETE")
    assert caller.order(order_id).findtext("ProcessingStatus") == "COMPLETE"


def test_8004_completes_and_is_lost_later_with_news_of_it(
    sandbox: Sandbox, caller: Caller, receiver: Receiver
) -> None:
    body = subscription_body(receiver.url, event_type="MESSAGING_LOST")
    assert caller.call("POST", "subscriptions", body).status_code == 201
    sandbox.change(lost_after_seconds=0.3)
    assert caller.outcome("3037198004", GOOD) == ("COMPLETE", [])
    assert caller.call("GET", "inserviceNumbers/3037198004").status_code == 200
    (news,) = eventually(receiver.news)
    assert news.text("ImpactedTelephoneNumbers/TelephoneNumber") == "3037198004"
    assert caller.call("GET", "inserviceNumbers/3037198004").status_code == 404
    assert caller.call("GET", f"inserviceNumbers/{GOOD}").status_code == 200


def _subscribe(caller: Caller, receiver: Receiver) -> None:
    answer = caller.call("POST", "subscriptions", subscription_body(receiver.url))
    assert answer.status_code == 201


def test_8005_loses_the_webhook(caller: Caller, receiver: Receiver) -> None:
    _subscribe(caller, receiver)
    silent = caller.created("3037198005")
    caller.settled(silent)
    loud = caller.created(GOOD)
    (news,) = eventually(receiver.news)
    assert news.text("OrderId") == loud


def test_8006_sends_the_webhook_twice(caller: Caller, receiver: Receiver) -> None:
    _subscribe(caller, receiver)
    order_id = caller.created("3037198006")
    news = eventually(lambda: receiver.news() if len(receiver.news()) == 2 else None)
    assert [one.text("OrderId") for one in news] == [order_id, order_id]


def test_8007_is_refused_with_7312(sandbox: Sandbox, caller: Caller) -> None:
    answer = caller.create("3037198007")
    assert (answer.status_code, codes(answer), sandbox.orders()) == (400, ["7312"], [])


def test_8008_tells_complete_while_processing_and_fails_later(
    caller: Caller, receiver: Receiver
) -> None:
    _subscribe(caller, receiver)
    order_id = caller.created("3037198008")
    (false_news,) = eventually(receiver.news)
    assert false_news.text("Status") == "COMPLETE"
    assert caller.order(order_id).findtext("ProcessingStatus") == "PROCESSING"
    assert caller.settled(order_id).findtext("ProcessingStatus") == "FAILED"
    true_news = eventually(lambda: receiver.news()[1:])
    assert [news.text("Status") for news in true_news] == ["FAILED"]


def test_8010_fails_first_and_completes_later(caller: Caller) -> None:
    assert caller.outcome("3037198010") == ("FAILED", [("7518", ["3037198010"])])
    assert caller.outcome("3037198010") == ("COMPLETE", [])


def test_8020_is_created_and_answered_with_500(sandbox: Sandbox, caller: Caller) -> None:
    assert caller.create("3037198020").status_code == 500
    assert [order.telephone_numbers for order in sandbox.orders()] == [("+13037198020",)]


@pytest.mark.parametrize("line", ["8021", "8022"])
def test_8021_and_8022_are_created_and_the_connection_breaks(
    sandbox: Sandbox, caller: Caller, line: str
) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.create(f"303719{line}")
    assert [order.telephone_numbers for order in sandbox.orders()] == [(f"+1303719{line}",)]
    assert len(sandbox.requests) == 1


def test_8023_creates_nothing_and_is_answered_with_500(sandbox: Sandbox, caller: Caller) -> None:
    assert caller.create("3037198023").status_code == 500
    assert sandbox.orders() == []


def test_an_order_takes_its_time() -> None:
    with Sandbox(SandboxOptions(processing_seconds=0.6)) as sandbox:
        caller = Caller(sandbox)
        with caller.session:
            order_id = caller.created(GOOD)
            assert caller.order(order_id).findtext("ProcessingStatus") == "RECEIVED"
            time.sleep(0.4)
            assert caller.order(order_id).findtext("ProcessingStatus") == "PROCESSING"
            time.sleep(0.4)
            assert caller.order(order_id).findtext("ProcessingStatus") == "COMPLETE"
