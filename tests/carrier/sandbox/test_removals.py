"""Removals: what the sandbox takes, what becomes of the numbers, and whom it tells."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from carrier.sandbox import Sandbox, SandboxOptions
from tests.carrier.sandbox.callers import Caller, codes, eventually
from tests.carrier.sandbox.receiver import Receiver, subscription_body

GOOD, OTHER = "3032281000", "3032281001"
_RESOURCE = "removeImportedTnOrders"


def removal_body(*numbers: str, root: str = "RemoveImportedTnOrder", reference: str = "R") -> bytes:
    element = ET.Element(root)
    ET.SubElement(element, "CustomerOrderId").text = reference
    listed = ET.SubElement(element, "TelephoneNumbers")
    for number in numbers:
        ET.SubElement(listed, "TelephoneNumber").text = number
    return ET.tostring(element)


def removed(caller: Caller, *numbers: str) -> tuple[str, list[tuple[str, list[str]]]]:
    """Status and errors (code, numbers) that a removal of these numbers ends with."""
    answer = caller.call("POST", _RESOURCE, removal_body(*numbers))
    assert answer.status_code == 201, answer.text
    order_id = answer.headers["Location"].rpartition("/")[2]

    def ended() -> ET.Element | None:
        order = ET.fromstring(caller.call("GET", f"{_RESOURCE}/{order_id}").content)
        moving = order.findtext("ProcessingStatus") in ("RECEIVED", "PROCESSING")
        return None if moving else order

    order = eventually(ended)
    assert order.tag == "RemoveImportedTnOrder"
    return order.findtext("ProcessingStatus", ""), [
        (
            error.findtext("Code", ""),
            [number.text or "" for number in error.findall("TelephoneNumbers/TelephoneNumber")],
        )
        for error in order.findall("Errors/Error")
    ]


def is_in_service(caller: Caller, number: str) -> bool:
    return caller.call("GET", f"inserviceNumbers/{number}").status_code == 200


def test_removed_numbers_leave_the_numbers_in_service(caller: Caller) -> None:
    assert caller.outcome(GOOD, OTHER) == ("COMPLETE", [])
    assert removed(caller, GOOD) == ("COMPLETE", [])
    assert (is_in_service(caller, GOOD), is_in_service(caller, OTHER)) == (False, True)


def test_what_is_not_hosted_fails_with_5158(caller: Caller) -> None:
    caller.outcome(GOOD)
    assert removed(caller, GOOD, OTHER) == ("PARTIAL", [("5158", [OTHER])])
    assert removed(caller, GOOD) == ("FAILED", [("5158", [GOOD])])


def test_the_card_that_cannot_be_removed_stays_hosted(caller: Caller) -> None:
    kept = "3037198030"
    assert caller.outcome(kept) == ("COMPLETE", [])
    assert removed(caller, kept) == ("FAILED", [("5150", [kept])])
    assert is_in_service(caller, kept)


@pytest.mark.parametrize(
    ("body", "status", "wrong"),
    [
        (removal_body(), 400, ["7316"]),
        (removal_body(GOOD, GOOD), 400, ["5093"]),
        (removal_body("911"), 400, ["7201"]),
        (removal_body(GOOD, reference="not/this"), 400, ["7318"]),
    ],
)
def test_bad_input_is_refused(
    caller: Caller, sandbox: Sandbox, body: bytes, status: int, wrong: list[str]
) -> None:
    answer = caller.call("POST", _RESOURCE, body)
    assert (answer.status_code, codes(answer), sandbox.removals()) == (status, wrong, [])


@pytest.mark.parametrize("body", [b"<RemoveImp", removal_body(GOOD, root="ImportTnOrder")])
def test_what_is_no_removal_is_answered_with_500(caller: Caller, body: bytes) -> None:
    assert caller.call("POST", _RESOURCE, body).status_code == 500


def test_an_id_that_is_none_has_the_root_of_the_carrier(caller: Caller) -> None:
    answer = caller.call("GET", f"{_RESOURCE}/17")
    assert answer.status_code == 400
    assert ET.fromstring(answer.content).tag == "RemoveImportedTnOrdersReportResponse"


def test_on_v2_a_removal_lives_under_messaging(v2: Caller) -> None:
    v2.outcome("+13032281000")
    assert v2.call("POST", _RESOURCE, removal_body("+13032281000")).status_code == 404
    made = v2.call("POST", f"{_RESOURCE}/messaging", removal_body("+13032281000"))
    assert made.status_code == 201
    history = v2.call(
        "GET", f"{made.headers['Location'].partition('accounts/9900001/')[2]}/history"
    )
    assert b"received" in history.content


def test_the_beginning_and_the_end_of_a_removal_are_told(
    caller: Caller, receiver: Receiver
) -> None:
    body = subscription_body(receiver.url, order_type="removeImportedTnOrders")
    assert caller.call("POST", "subscriptions", body).status_code == 201
    caller.outcome(GOOD)
    removed(caller, GOOD)

    def told() -> list[tuple[str, str]]:
        news = [knock for knock in receiver.knocks if knock.status == 200]
        return [(k.text("OrderType"), k.text("Status")) for k in news] if len(news) == 2 else []

    # The two are on their way at once; which arrives first is anybody's guess.
    assert sorted(eventually(told)) == [
        ("removeImportedTnOrders", "COMPLETE"),
        ("removeImportedTnOrders", "PROCESSING"),
    ]


def test_the_state_file_of_an_older_sandbox_still_serves(tmp_path: Path) -> None:
    options = SandboxOptions(state_path=tmp_path / "state", processing_seconds=0)
    with Sandbox(options) as sandbox:
        caller = Caller(sandbox)
        with caller.session:
            caller.outcome(GOOD)
    with sqlite3.connect(tmp_path / "state") as connection:
        connection.execute("ALTER TABLE orders DROP COLUMN kind")
    with Sandbox(options) as sandbox:
        assert [order.status for order in sandbox.orders()] == ["COMPLETE"]
        assert sandbox.removals() == []
