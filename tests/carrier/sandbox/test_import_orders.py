"""Import orders: created, read, listed, refused."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from carrier.sandbox import Sandbox
from tests.carrier.sandbox.callers import Caller, codes, order_body

GOOD = "3032281000"


def _ids(caller: Caller, query: str) -> list[str]:
    answer = caller.call("GET", f"{caller.orders}?{query}")
    assert answer.status_code == 200, answer.text
    root = ET.fromstring(answer.content)
    return [node.text or "" for node in root.findall("ImportTnOrderSummary/OrderId")]


def test_a_new_order_is_answered_with_201_its_address_and_its_id(caller: Caller) -> None:
    answer = caller.create(GOOD, "3032281001")
    order = ET.fromstring(answer.content).find("ImportTnOrder")
    assert order is not None
    order_id = order.findtext("OrderId", "")
    assert answer.status_code == 201
    assert str(uuid.UUID(order_id)) == order_id
    assert answer.headers["Location"] == f"{caller.base}importTnOrders/{order_id}"
    assert order.findtext("ProcessingStatus") == "RECEIVED"
    assert order.findtext("CustomerOrderId") == "TEST-1"
    assert [n.text for n in order.findall("TelephoneNumbers/TelephoneNumber")] == [
        GOOD,
        "3032281001",
    ]


def test_an_order_of_good_numbers_completes_without_errors(caller: Caller) -> None:
    assert caller.outcome(GOOD) == ("COMPLETE", [])


def test_an_order_is_read_back_as_it_was_sent_with_what_the_carrier_adds(caller: Caller) -> None:
    order = caller.settled(caller.created(GOOD))
    assert order.tag == "ImportTnOrder"
    address = order.find("Subscriber/ServiceAddress")
    assert address is not None
    assert [(field.tag, field.text) for field in address] == [
        ("HouseNumber", "12"),
        ("StreetName", "Harbour"),
        ("City", "Denver"),
        ("StateCode", "CO"),
        ("Zip", "80202"),
        ("Country", "United States"),
        ("AddressType", "Service"),
    ]
    assert order.findtext("Subscriber/Name") == "Ship Chandler"
    assert order.findtext("LoaAuthorizingPerson") == "Ada Byron"
    assert order[-1].tag == "SipPeerId"


def test_the_v2_wire_takes_and_gives_e164(sandbox: Sandbox, v2: Caller) -> None:
    order = v2.settled(v2.created("+13032281000"))
    assert order.findtext("TelephoneNumbers/TelephoneNumber") == "+13032281000"
    assert sandbox.orders()[0].telephone_numbers == ("+13032281000",)


@pytest.mark.parametrize("prefix", ["api", "api/v1", "v1.0"])
def test_the_older_wire_has_three_addresses(sandbox: Sandbox, caller: Caller, prefix: str) -> None:
    caller.base = f"{sandbox.url}/{prefix}/accounts/9900001/"
    assert caller.outcome(GOOD) == ("COMPLETE", [])


def test_each_wire_refuses_the_numbers_of_the_other(caller: Caller, v2: Caller) -> None:
    assert codes(caller.create("+13032281000")) == ["7201"]
    assert codes(v2.create(GOOD)) == ["7201"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SiteId": ""}, "7309"),
        ({"SiteId": "main"}, "7309"),
        ({"SiteId": "4711"}, "5016"),
        ({"SiteId": "1002", "SipPeerId": ""}, "7310"),
        ({"SipPeerId": "main"}, "7311"),
        ({"SipPeerId": "500201"}, "7312"),
        ({"Name": "x" * 46}, "25131"),
        ({"Name": ""}, "1003"),
        ({"City": ""}, "1003"),
        ({"StateCode": "Colorado"}, "1008"),
        ({"LoaAuthorizingPerson": ""}, "1003"),
        ({"LoaType": "FRIEND"}, "25110"),
        ({"CustomerOrderId": "x" * 41}, "7318"),
        ({"CustomerOrderId": "a/b"}, "7318"),
    ],
)
def test_bad_fields_are_refused_and_nothing_is_created(
    sandbox: Sandbox, caller: Caller, changes: dict[str, str], code: str
) -> None:
    answer = caller.create(GOOD, **changes)
    root = ET.fromstring(answer.content)
    assert answer.status_code == 400
    assert codes(answer) == [code]
    assert root.findtext("ProcessingStatus") == "FAILED"
    assert list(root.iter("OrderId")) == []
    assert sandbox.orders() == []


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ((), "7316"),
        ((GOOD, GOOD), "5093"),
        (("1234567890",), "7201"),
        ((GOOD, "8005550100"), "5181"),
        (tuple(f"303{n}" for n in range(2000000, 2005001)), "5095"),
    ],
)
def test_bad_number_lists_are_refused(caller: Caller, numbers: tuple[str, ...], code: str) -> None:
    assert codes(caller.create(*numbers)) == [code]


def test_every_reason_is_given_in_a_refusal(caller: Caller) -> None:
    answer = caller.create("1234567890", SiteId="", CustomerOrderId="a/b")
    assert codes(answer) == ["7309", "7318", "7201"]


def test_loa_type_may_be_left_out_on_the_older_wire_only(caller: Caller, v2: Caller) -> None:
    assert caller.order(caller.created(GOOD, LoaType="")).findtext("LoaType") == "SUBSCRIBER"
    assert codes(v2.create("+13032281000", LoaType="")) == ["25110"]


@pytest.mark.parametrize(
    "body", [b"", b"<ImportTnOrder>", b"<Order/>", b"<!DOCTYPE a><ImportTnOrder/>"]
)
def test_a_body_that_is_no_order_is_answered_with_500(caller: Caller, body: bytes) -> None:
    assert caller.call("POST", "importTnOrders", body).status_code == 500


def test_an_order_without_a_peer_goes_to_the_default_one(caller: Caller) -> None:
    assert caller.order(caller.created(GOOD, SipPeerId="")).findtext("SipPeerId") == "500101"


def test_five_thousand_numbers_make_one_order(caller: Caller) -> None:
    numbers = [f"303{n}" for n in range(2000000, 2005000)]
    order = caller.settled(caller.created(*numbers))
    assert [n.text for n in order.findall("TelephoneNumbers/TelephoneNumber")] == numbers


def test_a_malformed_id_is_refused_with_1008(caller: Caller) -> None:
    answer = caller.call("GET", "importTnOrders/not-an-id")
    assert answer.status_code == 400
    assert ET.fromstring(answer.content).findtext("ResponseStatus/ErrorCode") == "1008"


def test_an_unknown_id_is_404_without_a_code(caller: Caller) -> None:
    answer = caller.call("GET", f"importTnOrders/{uuid.uuid4()}")
    assert answer.status_code == 404
    assert ET.fromstring(answer.content).find("ResponseStatus/ErrorCode") is None


def test_history_tells_the_steps_in_lower_case(caller: Caller) -> None:
    order_id = caller.created(GOOD)
    caller.settled(order_id)
    answer = caller.call("GET", f"importTnOrders/{order_id}/history")
    statuses = [node.text for node in ET.fromstring(answer.content).iter("Status")]
    assert statuses == ["received", "processing", "complete"]


def test_an_empty_list_is_a_readable_one(caller: Caller) -> None:
    answer = caller.call("GET", "importTnOrders?customerOrderId=nobody")
    root = ET.fromstring(answer.content)
    assert (answer.status_code, root.tag) == (200, "ImportTnOrders")
    assert [(node.tag, node.text) for node in root] == [("TotalCount", "0")]


def test_a_list_row_uses_the_carriers_own_spelling(caller: Caller) -> None:
    caller.settled(caller.created(GOOD))
    root = ET.fromstring(caller.call("GET", "importTnOrders").content)
    row = root.find("ImportTnOrderSummary")
    assert row is not None
    assert [node.tag for node in row] == [
        "accountId",
        "CountOfTNs",
        "CustomerOrderId",
        "userId",
        "lastModifiedDate",
        "OrderDate",
        "OrderType",
        "OrderStatus",
        "OrderId",
    ]
    assert row.findtext("OrderStatus") == "COMPLETE"


def test_the_list_is_filtered_by_reference_number_status_and_loa_type(caller: Caller) -> None:
    first = caller.created(GOOD, CustomerOrderId="first")
    second = caller.created("3037197518", "3032281001", CustomerOrderId="second", LoaType="CARRIER")
    caller.settled(first)
    caller.settled(second)
    assert _ids(caller, "") == [second, first]
    assert _ids(caller, "customerOrderId=first") == [first]
    assert _ids(caller, "tn=3032281001") == [second]
    assert _ids(caller, "status=COMPLETE") == [first]
    assert _ids(caller, "status=COMPLETE&status=PARTIAL") == [second, first]
    assert _ids(caller, "loaType=CARRIER") == [second]
    assert _ids(caller, "loaType=ALL") == [second, first]


def test_the_v2_list_is_searched_by_e164(v2: Caller) -> None:
    order_id = v2.created("+13032281000")
    assert _ids(v2, "tn=%2B13032281000") == [order_id]


def test_the_list_is_filtered_by_whole_days(caller: Caller) -> None:
    order_id = caller.created(GOOD)
    now = datetime.now(UTC)
    today, tomorrow, yesterday = (
        (now + timedelta(days=days)).date().isoformat() for days in (0, 1, -1)
    )
    for kind in ("created", "modified"):
        assert _ids(caller, f"{kind}DateFrom={yesterday}&{kind}DateTo={tomorrow}") == [order_id]
        assert _ids(caller, f"{kind}DateFrom={today}") == [order_id]
        assert _ids(caller, f"{kind}DateTo={yesterday}") == []
        assert _ids(caller, f"{kind}DateFrom={tomorrow}") == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("status=DONE", "1008"),
        ("loaType=FRIEND", "1008"),
        ("tn=123", "7201"),
        ("createdDateFrom=20-01-01", "1007"),
        ("modifiedDateTo=2020-02-30", "1007"),
    ],
)
def test_a_bad_filter_is_refused(caller: Caller, query: str, code: str) -> None:
    answer = caller.call("GET", f"importTnOrders?{query}")
    assert (answer.status_code, codes(answer)) == (400, [code])


def test_a_list_stops_at_a_thousand_rows(caller: Caller) -> None:
    for index in range(1001):
        caller.created(f"303{2000000 + index}")
    root = ET.fromstring(caller.call("GET", "importTnOrders").content)
    assert len(root.findall("ImportTnOrderSummary")) == 1000
    assert root.findtext("TotalCount") == "1001"


def test_orders_of_v1_are_not_found_without_the_suffix_on_v2(v2: Caller) -> None:
    body = order_body("+13032281000")
    assert v2.call("POST", "importTnOrders", body).status_code == 404


def test_a_method_that_a_resource_has_not_is_405(caller: Caller) -> None:
    answer = caller.call("DELETE", "importTnOrders")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
