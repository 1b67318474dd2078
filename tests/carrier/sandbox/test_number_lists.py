"""The numbers of the account: in pages, counted, by peer, one by one; and stocking them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests

from carrier.sandbox import Sandbox, SandboxOptions
from tests.carrier.sandbox.callers import Caller
from tests.carrier.sandbox.number_calls import disconnect, ended, existing, found, numbers_in, read

HOSTED = [f"30322810{n:02}" for n in range(7)]
OWNED = [f"40422810{n:02}" for n in range(5)]
PEER = "sites/1001/sippeers/500101"
OTHER_PEER = "sites/1002/sippeers/500202"


@pytest.fixture
def stocked(sandbox: Sandbox, caller: Caller) -> Caller:
    """Seven hosted numbers at one peer, five owned ones at another."""
    sandbox.stock(HOSTED, site_id="1001", sip_peer_id="", owned=False)
    sandbox.stock([f"+1{n}" for n in OWNED], site_id="1002", sip_peer_id="500202", owned=True)
    return caller


def _walk(caller: Caller, path: str, size: int) -> tuple[list[list[str]], list[str]]:
    """The numbers page by page as the links lead, and the query of each page."""
    pages: list[list[str]] = []
    queries = [f"size={size}"]
    while True:
        root = read(caller, f"{path}?{queries[-1]}")
        pages.append(numbers_in(root))
        link = re.search(r"<[^?]+\?([^>]+)>", root.findtext("Links/next", ""))
        if link is None:
            return pages, queries
        queries.append(link[1])


def test_pages_are_counted_or_named_by_their_first_number(
    sandbox: Sandbox, stocked: Caller, v2: Caller
) -> None:
    everything = HOSTED + OWNED
    pages, queries = _walk(stocked, "inserviceNumbers", 5)
    assert pages == [everything[:5], everything[5:10], everything[10:]]
    assert queries[1:] == ["size=5&page=2", "size=5&page=3"]
    sandbox.fault("pages_by_id", path_contains="inserviceNumbers", times=None)
    for caller, plus in ((stocked, ""), (v2, "%2B1")):
        pages, queries = _walk(caller, "inserviceNumbers", 5)
        assert [number[-10:] for page in pages for number in page] == everything
        assert queries[1:] == [f"size=5&page={plus}{everything[i]}" for i in (5, 10)]


def test_a_total_can_be_wrong_and_a_row_can_come_twice(sandbox: Sandbox, stocked: Caller) -> None:
    assert read(stocked, "inserviceNumbers").findtext("TotalCount") == "12"
    sandbox.fault("total_wrong")
    assert read(stocked, "inserviceNumbers").findtext("TotalCount") == "19"
    sandbox.fault("row_repeated", path_contains="/tns", times=None)
    pages, _ = _walk(stocked, f"{PEER}/tns", 3)
    flat = [number for page in pages for number in page]
    assert (pages[1][0], len(flat), sorted(set(flat))) == (pages[0][-1], 8, HOSTED)


def test_numbers_are_listed_and_counted_where_they_are(stocked: Caller) -> None:
    assert numbers_in(read(stocked, f"{PEER}/tns")) == HOSTED
    pages, queries = _walk(stocked, f"{OTHER_PEER}/tns", 2)
    assert (pages, len(queries)) == ([OWNED[:2], OWNED[2:4], OWNED[4:]], 3)
    assert read(stocked, "sites/1001/sippeers/500102/tns").findall("*/SipPeerTelephoneNumber") == []
    counts = [
        "".join(read(stocked, path).itertext())
        for path in (
            "inserviceNumbers/totals",
            "sites/1001/totaltns",
            f"{OTHER_PEER}/totaltns",
            "sites/1001/sippeers/500102/totaltns",
        )
    ]
    assert counts == ["12", "7", "5", "0"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("sites/9/totaltns", 404),
        ("sites/1001/sippeers/9/tns", 404),
        ("sites/1001/sippeers/9/totaltns", 404),
        ("sites/1001/sippeers/9/products/messaging/applicationSettings", 404),
        (f"{PEER}/tns?page=0", 400),
        (f"{PEER}/tns?size=5001", 400),
        ("discnumbers?size=x", 400),
    ],
)
def test_what_is_not_there_or_no_page_is_refused(caller: Caller, path: str, status: int) -> None:
    assert caller.call("GET", path).status_code == status


def test_one_peer_of_a_site_has_a_messaging_application(caller: Caller) -> None:
    suffix = "products/messaging/applicationSettings"
    for peer, has_one in ((PEER, True), (OTHER_PEER, False)):
        root = read(caller, f"{peer}/{suffix}")
        assert [child.tag for child in root] == ["ApplicationsSettings"]
        assert bool(root.findtext("ApplicationsSettings/HttpMessagingV2AppId")) is has_one


def _tn(caller: Caller, path: str) -> requests.Response:
    """A call beside the accounts."""
    return caller.session.get(f"{caller.base.partition('accounts/')[0]}tns/{path}", timeout=5)


def _details(caller: Caller, number: str) -> ET.Element:
    answer = _tn(caller, f"{number}/tndetails")
    assert answer.status_code == 200
    details = ET.fromstring(answer.content).find("TelephoneNumberDetails")
    assert details is not None
    return details


def test_details_tell_hosted_owned_aging_reserved_and_free_apart(
    stocked: Caller, v2: Caller
) -> None:
    hosted = _details(stocked, HOSTED[0])
    part = hosted.find("HostedTelephoneNumberDetails/HostedTelephoneNumberDetail")
    assert part is not None
    assert (hosted.find("Site"), hosted.find("MessagingSettings")) == (None, None)
    assert hosted.findtext("AccountId") != part.findtext("AccountId") == "9900001"
    assert hosted.findtext("TnAttributes/TnAttribute") == "Hosted"
    assert part.findtext("SipPeer/PeerId") == "500101"
    assert part.findtext("ServiceTypes/ServiceType") == "Hosted Messaging"
    owned = _details(v2, f"+1{OWNED[0]}")
    assert (owned.findtext("FullNumber"), owned.findtext("Status")) == (
        f"+1{OWNED[0]}",
        "Inservice",
    )
    assert (owned.findtext("Site/Id"), owned.findtext("SipPeer/PeerName")) == (
        "1002",
        "Branch overflow",
    )
    assert owned.findtext("MessagingSettings/SmsEnabled") == "true"
    assert (owned.findtext("City"), owned.findtext("RateCenter")) == ("ATLANTA", "ATLANTA   ")
    ended(stocked, "disconnects", disconnect(OWNED[0]))
    assert _details(stocked, OWNED[0]).findtext("Status") == "Aging"
    free = found(stocked, "areaCode=303&quantity=1")[0]
    assert _details(stocked, free).findtext("Status") == "Available"
    body = f"<Reservation><ReservedTn>{free}</ReservedTn></Reservation>"
    assert stocked.call("POST", "tnreservation", body).status_code == 201
    assert _details(stocked, free).findtext("Status") == "Reserved"


def test_one_number_tells_the_order_that_it_came_with(sandbox: Sandbox, caller: Caller) -> None:
    number = found(caller, "areaCode=303&quantity=1")[0]
    ended(caller, "orders", existing(number))
    shown = ET.fromstring(_tn(caller, number).content)
    assert [child.tag for child in shown] == [
        *("TelephoneNumber", "Status", "LastModifiedDate", "OrderCreateDate", "OrderId"),
        *("OrderType", "SiteId", "AccountId"),
    ]
    assert shown.findtext("OrderId") == sandbox.number_orders()[0].order_id
    assert shown.findtext("OrderType") == "NEW_NUMBER_ORDER"
    for path, status in (
        ("2125550100", 404),
        ("2125550100/tndetails", 404),
        ("123456789/tndetails", 400),
    ):
        answer = _tn(caller, path)
        assert answer.status_code == status
        assert ET.fromstring(answer.content).findtext("ResponseStatus/ErrorCode") == "12512"
    caller.session.auth = None
    assert _tn(caller, number).status_code == 401


def test_numbers_are_stocked_from_outside_or_not_at_all(sandbox: Sandbox, caller: Caller) -> None:
    def stock(**wanted: object) -> requests.Response:
        return requests.post(f"{sandbox.url}/_sandbox/stock", json=wanted, timeout=5)

    good = {"site_id": "1001", "sip_peer_id": "500102"}
    taken = stock(telephone_numbers=["+13032281000", "3032281001"], **good)
    assert (taken.status_code, taken.json()) == (200, {"stocked": 2})
    for bad in (
        {"telephone_numbers": ["3032281002", "911"], **good},
        {"telephone_numbers": "3032281002", **good},
        {"telephone_numbers": ["3032281002"], "site_id": "1001", "sip_peer_id": "500201"},
        {"telephone_numbers": ["3032281002"], "site_id": "1002"},
    ):
        answer = stock(**bad)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert numbers_in(read(caller, "inserviceNumbers")) == ["3032281000", "3032281001"]
    assert _details(caller, "3032281000").find("HostedTelephoneNumberDetails") is None


def test_a_state_file_keeps_numbers_and_that_of_an_older_sandbox_serves(tmp_path: Path) -> None:
    options = SandboxOptions(state_path=tmp_path / "state", processing_seconds=0)
    with Sandbox(options) as sandbox:
        caller = Caller(sandbox)
        with caller.session:
            caller.outcome(HOSTED[0])
            sandbox.stock(OWNED, site_id="1002", sip_peer_id="500202", owned=True)
    with Sandbox(options) as sandbox:
        caller = Caller(sandbox)
        with caller.session:
            assert numbers_in(read(caller, "inserviceNumbers")) == [HOSTED[0], *OWNED]
    with sqlite3.connect(tmp_path / "state") as connection:
        connection.executescript(
            "CREATE TABLE hosted_numbers (telephone_number TEXT PRIMARY KEY, order_id TEXT);"
            "INSERT INTO hosted_numbers SELECT telephone_number, order_id FROM numbers"
            " WHERE NOT is_owned; DROP TABLE numbers; ALTER TABLE orders DROP COLUMN details"
        )
    with Sandbox(options) as sandbox:
        caller = Caller(sandbox)
        with caller.session:
            assert numbers_in(read(caller, f"{PEER}/tns")) == [HOSTED[0]]
            assert [order.status for order in sandbox.orders()] == ["COMPLETE"]
            assert sandbox.lose(HOSTED[0], notify=False)
    # What was taken over once is not taken over again.
    with Sandbox(options) as sandbox:
        caller = Caller(sandbox)
        with caller.session:
            assert caller.call("GET", "inserviceNumbers").status_code == 204
