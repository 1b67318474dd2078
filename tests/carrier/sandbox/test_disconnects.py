"""Disconnects: which numbers they take out of service, and how they are shown and listed."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from carrier.sandbox import Sandbox
from tests.carrier.sandbox.callers import Caller, eventually
from tests.carrier.sandbox.number_calls import (
    disconnect,
    ended,
    existing,
    found,
    listed_codes,
    numbers_in,
    outcome,
    posted,
    read,
)
from tests.carrier.sandbox.receiver import Receiver, subscription_body
from tests.carrier.sandbox.test_removals import removed


def test_an_owned_number_leaves_service_and_ages(sandbox: Sandbox, caller: Caller) -> None:
    one, two = found(caller, "areaCode=512&quantity=2")
    ended(caller, "orders", existing(one, two))
    assert caller.call("GET", "discnumbers").status_code == 204
    order = ended(caller, "disconnects", disconnect(one))
    assert outcome(order) == ("COMPLETE", [one], [])
    assert [child.tag for child in order] == [
        "DisconnectedTelephoneNumberList",
        "orderRequest",
        "OrderStatus",
    ]
    assert [child.tag for child in order[1]] == [
        *("CustomerOrderId", "OrderCreateDate", "id", "DisconnectTelephoneNumberOrderType"),
    ]
    assert order.findtext(".//DisconnectMode") == "normal"
    assert numbers_in(read(caller, "discnumbers")) == [one]
    assert numbers_in(read(caller, "inserviceNumbers")) == [two]
    # It goes back to nobody for a month.
    assert found(caller, "areaCode=512&quantity=1") not in ([one], [two])
    again = ended(caller, "disconnects", disconnect(one, two, mode="PURGE"))
    assert outcome(again) == ("PARTIAL", [two], [("5006", one)])
    (seen, _) = sandbox.disconnects()
    assert (seen.status, seen.telephone_numbers) == ("PARTIAL", (f"+1{one}", f"+1{two}"))


def test_imported_and_owned_numbers_end_by_different_orders(caller: Caller) -> None:
    owned, hosted = found(caller, "areaCode=201&quantity=1")[0], "3032281000"
    ended(caller, "orders", existing(owned))
    caller.outcome(hosted)
    assert outcome(ended(caller, "disconnects", disconnect(hosted))) == (
        "FAILED",
        [],
        [("5006", hosted)],
    )
    assert removed(caller, owned) == ("FAILED", [("5158", [owned])])
    assert caller.outcome(owned) == ("FAILED", [("19006", [owned])])
    assert numbers_in(read(caller, "inserviceNumbers")) == [owned, hosted]


def test_the_card_that_cannot_be_disconnected_stays_in_service(caller: Caller) -> None:
    card = "3037198031"
    assert outcome(ended(caller, "orders", existing(card)))[0] == "COMPLETE"
    assert outcome(ended(caller, "disconnects", disconnect(card)))[2] == [("5006", card)]
    assert caller.call("GET", f"inserviceNumbers/{card}").status_code == 200


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (b"<DisconnectTelephoneNumberOrder><TelephoneNumberList/>", None),
        (b"<Order/>", None),
        (
            b"<DisconnectTelephoneNumberOrder><TelephoneNumberList><TelephoneNumber>3032281000"
            b"</TelephoneNumber></TelephoneNumberList></DisconnectTelephoneNumberOrder>",
            ["5001"],
        ),
        (disconnect("911"), ["5008"]),
        (disconnect("3032281000", "3032281000"), ["5093"]),
        (disconnect("3032281000", mode="gently"), ["5084"]),
        (disconnect("3032281000", reference="not/this"), ["5052"]),
    ],
)
def test_bad_input_is_refused(
    sandbox: Sandbox, caller: Caller, body: bytes, codes: list[str] | None
) -> None:
    answer = caller.call("POST", "disconnects", body)
    if codes is None:
        assert answer.status_code == 500
    else:
        assert (answer.status_code, listed_codes(answer)) == (400, codes)
        assert list(ET.fromstring(answer.content).iter("id")) == []
    assert sandbox.disconnects() == []


def test_the_list_is_missing_until_there_is_a_disconnect(caller: Caller, v2: Caller) -> None:
    assert caller.call("GET", "disconnects").status_code == 404
    made = [posted(v2, "disconnects", disconnect("+13032281000")) for _ in range(2)]
    listed = read(caller, "disconnects?size=1")
    assert listed.findtext("*/TotalCount") == "2"
    assert f"page={made[0]}" in listed.findtext("*/Links/next", "")
    row = listed.find("*/OrderIdUserIdDate")
    assert row is not None
    assert (row.findtext("OrderId"), row.findtext("OrderType")) == (made[1], "disconnect")
    # The carrier writes the time with dashes here.
    assert ":" not in row.findtext("OrderDate", "")
    today = row.findtext("OrderDate", "")[2:10]
    both = read(caller, f"disconnects?startdate={today}&enddate={today}")
    assert [node.text for node in both.iter("OrderId")] == [made[1], made[0]]
    empty = caller.call("GET", "disconnects?startdate=20-01-01&enddate=20-01-02")
    assert empty.status_code == 404


def test_the_end_of_a_disconnect_is_told(caller: Caller, receiver: Receiver) -> None:
    body = subscription_body(receiver.url, order_type="disconnects")
    assert caller.call("POST", "subscriptions", body).status_code == 201
    ended(caller, "disconnects", disconnect("3032281000"))
    (news,) = eventually(receiver.news)
    assert (news.text("OrderType"), news.text("Status")) == ("disconnects", "FAILED")
    assert news.text("CustomerOrderId") == "D-1"
