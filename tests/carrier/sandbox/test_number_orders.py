"""Orders of new numbers: what is taken, which numbers they get, how they are shown and listed."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
import requests

from carrier.sandbox import Sandbox
from tests.carrier.sandbox.callers import Caller, eventually
from tests.carrier.sandbox.number_calls import (
    EXISTING,
    ended,
    existing,
    found,
    listed_codes,
    number_order,
    outcome,
    posted,
    read,
    until,
)
from tests.carrier.sandbox.receiver import Receiver, subscription_body

AREA = "AreaCodeSearchAndOrderType"


def _tags(element: ET.Element | None) -> list[str]:
    assert element is not None
    return [child.tag for child in element]


def test_an_order_is_shown_as_the_carrier_shows_it(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.change(processing_seconds=60)
    number, other = found(caller, "areaCode=602&quantity=2")
    body = existing(number, other, Name="Spare", PartialAllowed="false")
    made = caller.call("POST", "orders", body)
    root = ET.fromstring(made.content)
    assert _tags(root) == ["Order", "OrderStatus"]
    head = ["CustomerOrderId", "Name", "OrderCreateDate", "PeerId", "BackOrderRequested"]
    assert _tags(root.find("Order")) == [*head, "id", EXISTING, "PartialAllowed", "SiteId"]
    order_id = root.findtext("Order/id", "")
    open_order = read(caller, f"orders/{order_id}")
    assert (open_order.findtext("OrderStatus"), open_order.findtext("PendingQuantity")) == (
        "RECEIVED",
        "2",
    )
    sandbox.finish(order_id, "COMPLETE")
    order = read(caller, f"orders/{order_id}")
    # A read does not say the id.
    assert _tags(order.find("Order")) == [*head, EXISTING, "PartialAllowed", "SiteId"]
    assert _tags(order) == [
        *("CompletedQuantity", "CreatedByUser", "LastModifiedDate", "OrderCompleteDate", "Order"),
        *("OrderStatus", "CompletedNumbers", "Summary", "FailedQuantity"),
    ]
    assert outcome(order) == ("COMPLETE", [number, other], [])
    history = read(caller, f"orders/{order_id}/history").findall("OrderHistory/Status")
    assert [status.text for status in history] == ["RECEIVED", "COMPLETE"]
    (seen,) = sandbox.number_orders()
    assert (seen.order_id, seen.telephone_numbers) == (order_id, (f"+1{number}", f"+1{other}"))
    assert (sandbox.orders(), sandbox.disconnects()) == ([], [])


@pytest.mark.parametrize(
    ("order_type", "fields", "place"),
    [
        (AREA, {"AreaCode": "312"}, "areaCode=312"),
        ("NPANXXSearchAndOrderType", {"NpaNxx": "EXCHANGE", "EnableLCA": "false"}, "npaNxx"),
        ("NPANXXSearchAndOrderType", {"NpaNxxX": "EXCHANGE4"}, "npaNxxx"),
        (
            "RateCenterSearchAndOrderType",
            {"RateCenter": "SEATTLE", "State": "WA"},
            "rateCenter=SEATTLE&state=WA",
        ),
        ("CitySearchAndOrderType", {"City": "AUSTIN", "State": "TX"}, "city=AUSTIN&state=TX"),
        ("StateSearchAndOrderType", {"State": "GA"}, "state=GA"),
        ("ZIPSearchAndOrderType", {"Zip": "27701"}, "zip=27701"),
        ("LATASearchAndOrderType", {"Lata": "128"}, "lata=128"),
        ("LATASearchAndOrderType", {"LATA": "128"}, "lata=128"),
        (
            "TollFreeVanitySearchAndOrderType",
            {"TollFreeVanity": "NEWCARS"},
            "tollFreeVanity=NEWCARS",
        ),
        (
            "TollFreeWildCharSearchAndOrderType",
            {"TollFreeWildCardPattern": "88*"},
            "tollFreeWildCardPattern=88*",
        ),
        (
            "CombinedSearchAndOrderType",
            {"AreaCode": "303", "LocalVanity": "7777", "EndsIn": "true"},
            "areaCode=303&localVanity=7777&endsIn=true",
        ),
    ],
)
def test_every_order_type_gets_what_its_search_finds(
    sandbox: Sandbox, caller: Caller, order_type: str, fields: dict[str, str], place: str
) -> None:
    row = read(caller, "availableNpaNxx?areaCode=415&quantity=1").find("*/AvailableNpaNxx")
    assert row is not None
    exchange = row.findtext("Npa", "") + row.findtext("Nxx", "")
    query = {
        "npaNxx": f"npaNxx={exchange}&LCA=false",
        "npaNxxx": f"npaNxxx={exchange}4",
    }.get(place, place)
    wanted = found(caller, f"{query}&quantity=2")
    changes = {f"Q_{tag}": text.replace("EXCHANGE", exchange) for tag, text in fields.items()}
    order = ended(caller, "orders", number_order(order_type, **changes, Q_Quantity="2"))
    assert len(wanted) >= 1
    status = "COMPLETE" if len(wanted) == 2 else "PARTIAL"
    assert (outcome(order)[0], sorted(outcome(order)[1])) == (status, sorted(wanted))
    assert order.findtext(f"Order/{order_type}/Quantity") == "2"
    assert set(found(caller, f"{query}&quantity=2")) & set(wanted) == set()
    assert len(sandbox.number_orders()[0].telephone_numbers) == len(wanted)


def test_what_is_not_all_there_is_partial_failed_or_waited_for(
    sandbox: Sandbox, caller: Caller
) -> None:
    block = found(caller, "areaCode=617&quantity=1")[0][:7]
    all_of_it = found(caller, f"npaNxxx={block}")
    too_many = {"Q_NpaNxxX": block, "Q_Quantity": "1000"}
    kind = "NPANXXSearchAndOrderType"
    whole = ended(caller, "orders", number_order(kind, PartialAllowed="false", **too_many))
    assert outcome(whole) == ("FAILED", [], [("5017", "")])
    assert whole.findtext("FailedQuantity") == "1000"
    waiting = posted(caller, "orders", number_order(kind, BackOrderRequested="true", **too_many))
    order = until(caller, f"orders/{waiting}", lambda status: status != "RECEIVED")
    assert outcome(order)[:2] == ("BACKORDERED", [])
    assert order.findtext("PendingQuantity") == "1000"
    part = ended(caller, "orders", number_order(kind, **too_many))
    assert outcome(part) == ("PARTIAL", all_of_it, [("5017", "")])
    assert part.findtext("FailedQuantity") == str(1000 - len(all_of_it))
    none = ended(caller, "orders", number_order(kind, **too_many))
    assert outcome(none) == ("FAILED", [], [("5018", "")])
    sandbox.finish(waiting, "COMPLETE")
    assert read(caller, f"orders/{waiting}").findtext("OrderStatus") == "COMPLETE"


def test_a_number_goes_to_one_order_only(sandbox: Sandbox, caller: Caller) -> None:
    gone, held, free = found(caller, "areaCode=213&quantity=3")
    assert outcome(ended(caller, "orders", existing(gone)))[0] == "COMPLETE"
    waiting = ended(caller, "orders", existing(held, "3037198012", BackOrderRequested="true"))
    assert outcome(waiting) == ("BACKORDERED", [], [("5005", "3037198012")])
    strange = "2125550100"
    order = ended(caller, "orders", existing(gone, free, held, strange))
    errors = [("5005", gone), ("5005", strange), ("5218", held)]
    assert outcome(order) == ("PARTIAL", [free], errors)
    failed = [node.text for node in order.findall("FailedNumbers/FullNumber")]
    assert (failed, order.findtext("FailedQuantity")) == ([gone, held, strange], "3")
    other = found(caller, "areaCode=213&quantity=1")[0]
    whole = ended(caller, "orders", existing(other, gone, PartialAllowed="false"))
    assert outcome(whole) == ("FAILED", [], [("5005", gone)])
    # Of a failed order the carrier does not repeat the numbers.
    assert whole.findall(f"Order/{EXISTING}/*") == []
    assert found(caller, "areaCode=213&quantity=1") == [other]


def test_cards_make_orders_end_in_a_set_way(sandbox: Sandbox, caller: Caller) -> None:
    good = found(caller, "areaCode=303&quantity=1")[0]

    def card(line: str, **changes: str) -> tuple[str, list[str], list[tuple[str, str]]]:
        return outcome(ended(caller, "orders", existing(f"303719{line}", **changes)))

    assert card("5005") == ("FAILED", [], [("5005", "3037195005")])
    mixed = outcome(ended(caller, "orders", existing(good, "3037195218")))
    assert mixed == ("PARTIAL", [good], [("5218", "3037195218")])
    assert card("8001") == ("FAILED", [], [("5157", "")])
    assert card("8010")[0] == "FAILED"
    assert card("8010") == ("COMPLETE", ["3037198010"], [])
    assert card("8011") == ("FAILED", [], [("5005", "3037198011")])
    refused = caller.call("POST", "orders", existing("3037198007"))
    assert (refused.status_code, listed_codes(refused)) == (400, ["7312"])
    assert caller.call("POST", "orders", existing("3037198023")).status_code == 500
    # Whoever searches is given no card.
    searched = number_order("NPANXXSearchAndOrderType", Q_NpaNxx="303719", Q_Quantity="1")
    assert outcome(ended(caller, "orders", searched)) == ("FAILED", [], [("5018", "")])
    before = len(sandbox.number_orders())
    assert caller.call("POST", "orders", existing("3037198020")).status_code == 500
    with pytest.raises(requests.ConnectionError):
        caller.call("POST", "orders", existing("3037198021"))
    assert len(sandbox.number_orders()) == before + 2


def test_a_backordered_card_comes_later_or_waits_to_be_closed(
    sandbox: Sandbox, caller: Caller, receiver: Receiver
) -> None:
    body = subscription_body(receiver.url, order_type="orders")
    assert caller.call("POST", "subscriptions", body).status_code == 201
    sandbox.change(processing_seconds=0.05)
    posted(caller, "orders", existing("3037198011", BackOrderRequested="true"))
    news = eventually(lambda: receiver.news() if len(receiver.news()) == 2 else [])
    assert [knock.text("Status") for knock in news] == ["BACKORDERED", "COMPLETE"]
    assert {knock.text("OrderType") for knock in news} == {"orders"}
    held = posted(caller, "orders", existing("3037198012", BackOrderRequested="true"))
    until(caller, f"orders/{held}", lambda status: status == "BACKORDERED")
    names = "<Order><Name>Later</Name><CustomerOrderId>N-2</CustomerOrderId></Order>"
    renamed = ET.fromstring(caller.call("PUT", f"orders/{held}", names).content)
    assert renamed.findtext("Order/Name") == "Later"
    assert renamed.findtext("OrderStatus") == "BACKORDERED"
    close = "<Order><CloseOrder>true</CloseOrder></Order>"
    closed = ET.fromstring(caller.call("PUT", f"orders/{held}", close).content)
    assert outcome(closed) == ("FAILED", [], [("5005", "3037198012")])
    assert closed.findtext("Order/CustomerOrderId") == "N-2"
    open_order = posted(caller, "orders", existing("3037198003"))
    for order_id in (held, open_order):
        again = caller.call("PUT", f"orders/{order_id}", close)
        assert (again.status_code, listed_codes(again)) == (400, ["5060"])
    assert read(caller, f"orders/{open_order}").findtext("OrderStatus") == "RECEIVED"


def test_webhooks_of_orders_are_challenged_lost_and_doubled(
    caller: Caller, receiver: Receiver
) -> None:
    body = subscription_body(receiver.url, order_type="orders", number_format="E164")
    assert caller.call("POST", "subscriptions", body).status_code == 201
    for line in ("8005", "8006"):
        ended(caller, "orders", existing(f"303719{line}"))
    news = eventually(lambda: receiver.news() if len(receiver.news()) == 2 else [])
    assert {knock.text("CompletedTelephoneNumbers/TelephoneNumber") for knock in news} == {
        "+13037198006"
    }
    bare = [knock for knock in receiver.knocks if knock.status == 401]
    assert [(knock.authorization, knock.body) for knock in bare] == [("", b"")] * 2


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (existing("3037198011", SiteId=""), ["5022"]),
        (existing("3037198011", SiteId="9"), ["5016"]),
        (existing("3037198011", SiteId="1002"), ["5020"]),
        (existing("3037198011", PeerId="500201"), ["5023"]),
        (existing("3037198011", CustomerOrderId="not/this"), ["5052"]),
        (existing("3037198011", PartialAllowed="perhaps"), ["5217"]),
        (existing(), ["5001"]),
        (existing("911"), ["5008"]),
        (existing("3037198011", "3037198011"), ["5093"]),
        (existing(*(str(2012000000 + n) for n in range(5001))), ["5215"]),
        (existing(Reservation="none"), ["5042"]),
        (b"<Order><SiteId>1001</SiteId></Order>", ["5002"]),
        (number_order(AREA, Q_AreaCode="303"), ["5009"]),
        (number_order(AREA, Q_AreaCode="303", Q_Quantity="0"), ["5009"]),
        (number_order(AREA, Q_AreaCode="303", Q_Quantity="5001"), ["5215"]),
        (number_order(AREA, Q_AreaCode="911", Q_Quantity="1"), ["4000"]),
        (number_order(AREA, Q_State="CO", Q_Quantity="1"), ["5002"]),
        (number_order("CitySearchAndOrderType", Q_City="DENVER", Q_Quantity="1"), ["5002"]),
    ],
)
def test_bad_input_is_refused_and_echoed(
    sandbox: Sandbox, caller: Caller, body: bytes, codes: list[str]
) -> None:
    answer = caller.call("POST", "orders", body)
    assert (answer.status_code, listed_codes(answer)) == (400, codes)
    root = ET.fromstring(answer.content)
    assert (root.find("Order") is not None, root.find("Order/id")) == (True, None)
    assert sandbox.number_orders() == []


@pytest.mark.parametrize(
    "body",
    [
        b"<Order",
        b"<ImportTnOrder/>",
        b"<Order><TelephoneNumberList><TelephoneNumber>3037198011</TelephoneNumber>"
        b"</TelephoneNumberList></Order>",
    ],
)
def test_what_is_no_order_is_answered_with_500(caller: Caller, body: bytes) -> None:
    assert caller.call("POST", "orders", body).status_code == 500


def test_pages_of_the_list_are_named_for_their_first_order(caller: Caller, v2: Caller) -> None:
    empty = read(caller, "orders?page=1&size=2")
    assert empty.findtext("ListOrderIdUserIdDate/TotalCount") == "0"
    made = [
        posted(caller, "orders", existing(f"303719{line}", CustomerOrderId=f"N-{line}"))
        for line in ("8003", "5005", "8006")
    ]
    until(caller, f"orders/{made[1]}", lambda status: status == "FAILED")
    until(caller, f"orders/{made[2]}", lambda status: status == "COMPLETE")
    first = read(caller, "orders?page=1&size=2")
    row = first.find("*/OrderIdUserIdDate")
    assert _tags(row) == [
        *("CountOfTNs", "CustomerOrderId", "userId", "lastModifiedDate", "OrderDate"),
        *("OrderType", "orderId", "OrderStatus"),
    ]
    assert [node.text for node in first.iter("orderId")] == [made[2], made[1]]
    assert [node.text for node in first.iter("CountOfTNs")] == ["1", "0"]
    link = re.search(r"<[^?]+\?([^>]+)>", first.findtext("*/Links/next", ""))
    assert link is not None
    assert f"page={made[0]}" in link[1]
    second = read(caller, f"orders?{link[1]}")
    assert [node.text for node in second.iter("orderId")] == [made[0]]
    assert (second.find("*/Links/next"), second.findtext("*/TotalCount")) == (None, "3")

    def ids(query: str) -> list[str | None]:
        return [node.text for node in read(v2, f"orders?page=1&size=9&{query}").iter("orderId")]

    today = read(caller, f"orders/{made[0]}").findtext("Order/OrderCreateDate", "")[2:10]
    assert ids("customerOrderId=N-5005") == [made[1]]
    assert ids("status=RECEIVED") == [made[0]]
    assert ids("userid=somebody") == []
    assert ids(f"startdate={today}&enddate={today}") == [made[2], made[1], made[0]]
    assert ids("startdate=20-01-01&enddate=20-12-31") == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "page=1",
        "size=5",
        "page=1&size=1001",
        "page=1&size=x",
        "page=2&size=5",
        "page=1&size=5&status=PROCESSING",
        "page=1&size=5&startdate=26-01-01",
        "page=1&size=5&startdate=2026-01-01&enddate=2026-01-02",
    ],
)
def test_a_list_that_cannot_be_is_refused(caller: Caller, query: str) -> None:
    assert caller.call("GET", f"orders?{query}").status_code == 400


def test_an_order_is_known_by_its_own_id_on_its_own_path(caller: Caller, v2: Caller) -> None:
    import_id = caller.created("3032281000")
    paths = ("17", import_id, "b902dee1-0585-4258-becd-5c7e51ccf5e1")
    assert [caller.call("GET", f"orders/{one}").status_code for one in paths] == [400, 404, 404]
    order_id = posted(v2, "orders", existing("+13037198006"))
    order = until(v2, f"orders/{order_id}", lambda status: status == "COMPLETE")
    assert outcome(order)[1] == ["+13037198006"]
    assert outcome(read(caller, f"orders/{order_id}"))[1] == ["3037198006"]


@pytest.mark.parametrize(
    ("fault", "ids", "in_location"),
    [
        ("id_only_in_location", 0, True),
        ("id_only_in_body", 1, False),
        ("id_nowhere", 0, False),
        ("ids_disagree", 1, True),
    ],
)
def test_faults_of_ids_hit_the_small_id_too(
    sandbox: Sandbox, caller: Caller, fault: str, ids: int, in_location: bool
) -> None:
    sandbox.fault(fault, method="POST", path_contains="/orders")
    answer = caller.call("POST", "orders", existing("3037198006"))
    shown = [node.text for node in ET.fromstring(answer.content).iter("id")]
    assert (len(shown), "Location" in answer.headers) == (ids, in_location)
    if shown and in_location:
        assert not answer.headers["Location"].endswith(shown[0] or "")


def test_faults_hit_the_new_resources(sandbox: Sandbox, caller: Caller) -> None:
    for path in ("orders", "availableNumbers?areaCode=303", "disconnects", "inserviceNumbers"):
        sandbox.fault("throttled", path_contains=path.partition("?")[0])
        throttled = caller.call("GET", path)
        assert (throttled.status_code, throttled.content) == (429, b"")
        assert int(throttled.headers["X-RateLimit-Reset"]) > 1_700_000_000
    sandbox.fault("refused", code="5183", method="POST")
    assert listed_codes(caller.call("POST", "orders", existing("3037198006"))) == ["5183"]
    sandbox.fault("status_missing")
    answer = caller.call("POST", "orders", existing("3037198006"))
    assert (answer.status_code, b"OrderStatus" in answer.content) == (201, False)
    sandbox.fault("two_orders")
    sandbox.fault("listed_late", seconds=60)
    for reference in ("twice", "late"):
        body = existing("3037198003", CustomerOrderId=reference)
        assert caller.call("POST", "orders", body).status_code == 201
    listed = [
        len(list(read(caller, f"orders?page=1&size=9&customerOrderId={one}").iter("orderId")))
        for one in ("twice", "late")
    ]
    assert listed == [2, 0]
