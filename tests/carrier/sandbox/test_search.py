"""The search for new numbers, and holding what it has found."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from carrier.sandbox import Sandbox, SandboxOptions
from carrier.sandbox.supply import PLACES, TOLL_FREE
from tests.carrier.sandbox.callers import Caller
from tests.carrier.sandbox.number_calls import (
    ended,
    existing,
    found,
    outcome,
    posted,
    read,
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Caller]:
    """A sandbox that is only read."""
    with Sandbox(SandboxOptions()) as sandbox:
        one = Caller(sandbox)
        with one.session:
            yield one


def _details(caller: Caller, query: str) -> list[dict[str, str]]:
    root = read(caller, f"availableNumbers?enableTNDetail=true&{query}")
    rows = root.findall("TelephoneNumberDetailList/TelephoneNumberDetail")
    assert root.findtext("ResultCount", "0") == str(len(rows))
    return [{leaf.tag: leaf.text or "" for leaf in row} for row in rows]


@pytest.mark.parametrize(
    ("query", "cities"),
    [
        ("areaCode=303", {"DENVER", "BOULDER"}),
        ("zip=80302", {"BOULDER"}),
        ("zip=80302-1234", {"BOULDER"}),
        ("rateCenter=snfc%20cntrl&state=ca", {"SAN FRANCISCO"}),
        ("city=Durham&state=NC", {"DURHAM"}),
        ("city=Durham&state=CA", set()),
        ("state=NJ", {"JERSEY CITY", "ALLENTOWN"}),
        ("lata=426", {"RALEIGH", "DURHAM"}),
        ("areaCode=303&city=BOULDER&state=CO&lata=656&zip=80302", {"BOULDER"}),
        ("state=WY", set()),
        ("areaCode=303&protected=ONLY", set()),
        ("areaCode=303&countryCodeA3=CAN", set()),
        ("areaCode=303&phoneNumberType=TOLL_FREE", set()),
        ("areaCode=303&phoneNumberType=GEOGRAPHIC", {"DENVER", "BOULDER"}),
    ],
)
def test_numbers_are_found_where_they_are_looked_for(
    reader: Caller, query: str, cities: set[str]
) -> None:
    assert {row["City"] for row in _details(reader, f"{query}&quantity=40")} == cities


def test_a_detail_row_and_a_list_are_as_the_carrier_writes_them(reader: Caller) -> None:
    (row,) = _details(reader, "areaCode=609&quantity=1")
    number = row.pop("FullNumber")
    assert row == {
        "City": "ALLENTOWN",
        "LATA": "222",
        "RateCenter": "ALLENTOWN ",
        "State": "NJ",
        "Tier": "0",
        "VendorId": "49",
        "VendorName": "Sandbox CLEC",
    }
    assert found(reader, "areaCode=609&quantity=1") == [number]
    empty = reader.call("GET", "availableNumbers?areaCode=212")
    assert (empty.status_code, empty.content.rpartition(b"?>")[2]) == (200, b"<SearchResult />")


def test_each_place_has_thousands_and_every_sandbox_the_same(reader: Caller) -> None:
    rows = read(reader, "availableNpaNxx").findall("AvailableNpaNxxList/AvailableNpaNxx")
    count = {
        f"{place.city}:{place.rate_center}": sum(
            int(row.findtext("Quantity", ""))
            for row in rows
            if row.findtext("City") == f"{place.city}:{place.rate_center}"
        )
        for place in PLACES
    }
    assert min(count.values()) > 5000
    first = rows[0]
    assert [leaf.tag for leaf in first] == ["City", "Npa", "Nxx", "Quantity", "State"]
    only = read(reader, "availableNpaNxx?areaCode=919&quantity=2").findall("*/AvailableNpaNxx")
    assert [row.findtext("Npa") for row in only] == ["919", "919"]
    with Sandbox(SandboxOptions()) as same, Sandbox(SandboxOptions(supply_seed=2)) as other:
        callers = [reader, Caller(same), Caller(other)]
        one, two, three = [found(caller, "areaCode=303&quantity=20") for caller in callers]
        for caller in callers[1:]:
            caller.session.close()
    assert (one == two, one == three) == (True, False)


def test_an_exchange_is_found_alone_or_with_its_calling_area(reader: Caller) -> None:
    row = read(reader, "availableNpaNxx?areaCode=617&quantity=1").find("*/AvailableNpaNxx")
    assert row is not None
    exchange = row.findtext("Npa", "") + row.findtext("Nxx", "")
    alone = found(reader, f"npaNxx={exchange}&LCA=false")
    near = found(reader, f"npaNxx={exchange}&quantity=5000")
    assert {number[:6] for number in alone} == {exchange}
    assert (near[: len(alone)], len(near)) == (alone, 5000)
    block = found(reader, f"npaNxxx={exchange}4")
    assert block == [number for number in alone if number[6] == "4"]
    assert len(block) > 100


def test_vanity_is_read_off_the_keys(reader: Caller) -> None:
    anywhere = found(reader, "localVanity=call")
    at_the_end = found(reader, "localVanity=CALL&endsIn=true")
    assert all("2255" in number[3:] for number in anywhere)
    assert {number[-4:] for number in at_the_end} == {"2255"}
    assert set(at_the_end) < set(anywhere)
    toll_free = found(reader, "tollFreeVanity=NEWCARS1")
    assert {number[3:] for number in toll_free} == {"6392277"}
    assert {number[:3] for number in found(reader, "tollFreeWildCardPattern=87*&quantity=5")} == {
        "877"
    }
    assert {n[:3] for n in found(reader, "tollFreeWildCardPattern=8**&quantity=7")} == set(
        TOLL_FREE
    )


def test_order_by_sorts_what_is_found(reader: Caller) -> None:
    row = read(reader, "availableNpaNxx?areaCode=617&quantity=4").findall("*/AvailableNpaNxx")[-1]
    exchange = row.findtext("Npa", "") + row.findtext("Nxx", "")
    rows = found(reader, f"npaNxx={exchange}&orderBy=fullNumber&quantity=4000")
    assert all(left < right for left, right in pairwise(rows))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("areaCode=911", "4000"),
        ("areaCode=30", "4000"),
        ("npaNxx=30329", "4002"),
        ("npaNxxx=303290", "4002"),
        ("tollFreeVanity=CARS", "4003"),
        ("tollFreeWildCardPattern=7**", "4004"),
        ("state=Colorado", "4006"),
        ("zip=8030", "4007"),
        ("lata=656565", "4008"),
        ("localVanity=CAL", "5002"),
        ("rateCenter=DENVER", "5002"),
        ("city=DENVER", "5002"),
        ("areaCode=303&endsIn=true", "5002"),
        ("areaCode=303&quantity=0", "5002"),
        ("areaCode=303&quantity=5001", "5002"),
        ("areaCode=303&quantity=ten", "5002"),
        ("", "4010"),
        ("quantity=5", "4010"),
        ("areaCode=303&npaNxx=303290", "4010"),
        ("npaNxx=303290&npaNxxx=3032901", "4010"),
        ("tollFreeVanity=NEWCARS&state=CO", "4010"),
        ("tollFreeVanity=NEWCARS&tollFreeWildCardPattern=8**", "4010"),
        ("areaCode=303&orderBy=luck", "4020"),
        ("areaCode=303&protected=YES", "4022"),
    ],
)
def test_what_the_carrier_does_not_take_is_refused(reader: Caller, query: str, code: str) -> None:
    answer = reader.call("GET", f"availableNumbers?{query}")
    root = ET.fromstring(answer.content)
    assert (answer.status_code, root.tag) == (400, "SearchResult")
    assert (root.findtext("Error/Code"), root.findtext("ResultCount")) == (code, "0")
    assert root.findtext("Error/Description")


def test_on_v2_numbers_are_e164_and_an_area_code_needs_its_country(v2: Caller) -> None:
    assert v2.call("GET", "availableNumbers?areaCode=303").status_code == 400
    (number,) = found(v2, "areaCode=303&countryCodeA3=USA&quantity=1")
    assert re.fullmatch(r"\+1303[0-9]{7}", number)


def test_cards_are_found_in_their_exchange_only(reader: Caller) -> None:
    cards = found(reader, "npaNxx=303719")
    assert {"3037195005", "3037198011", "3037198021", "3037198031"} <= set(cards)
    assert not {"3037199001", "3037198002", "3037198030"} & set(cards)
    assert found(reader, "npaNxxx=3037195")[:1] == ["3037195005"]
    assert "719" not in {number[3:6] for number in found(reader, "areaCode=303")}


def test_what_is_taken_is_not_offered(sandbox: Sandbox, caller: Caller) -> None:
    query = "npaNxx=303719"
    reserved, free, open_one, stocked = ("8006", "8010", "8003", "7518")
    body = f"<Reservation><ReservedTn>303719{reserved}</ReservedTn></Reservation>"
    assert caller.call("POST", "tnreservation", body).status_code == 201
    sandbox.stock([f"303719{stocked}"], site_id="1001", sip_peer_id="500101", owned=False)
    before = found(caller, query)
    first = found(caller, "areaCode=303&quantity=1")
    ended(caller, "orders", existing(*first))
    posted(caller, "orders", existing(f"303719{open_one}"))
    gone = {f"303719{line}" for line in (reserved, open_one, stocked)}
    assert gone & set(found(caller, query)) == set()
    assert set(before) - set(found(caller, query)) == {f"303719{open_one}"}
    assert f"303719{free}" in before
    assert found(caller, "areaCode=303&quantity=1") != first


def test_a_reservation_holds_one_number_for_a_while(sandbox: Sandbox, caller: Caller) -> None:
    number = found(caller, "areaCode=206&quantity=1")[0]
    body = f"<Reservation><ReservedTn>{number}</ReservedTn></Reservation>"
    made = caller.call("POST", "tnreservation", body)
    assert (made.status_code, made.content) == (201, b"")
    path = f"tnreservation/{made.headers['Location'].rpartition('/')[2]}"
    shown = read(caller, path)
    assert [leaf.tag for leaf in shown[0]] == [
        "ReservationId",
        "AccountId",
        "ReservationExpires",
        "ReservedTn",
    ]
    assert 14390 < int(shown.findtext("Reservation/ReservationExpires", "")) <= 14400
    assert number not in found(caller, "areaCode=206&quantity=5")
    again = caller.call("POST", "tnreservation", body)
    assert again.status_code == 400
    assert ET.fromstring(again.content).findtext("ResponseStatus/ErrorCode") == "5041"
    assert caller.call("DELETE", path).status_code == 200
    assert [caller.call(method, path).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert found(caller, "areaCode=206&quantity=1") == [number]


@pytest.mark.parametrize(
    ("number", "code"),
    [("911", "5040"), ("2125550100", "5041"), ("3032281000", "5041"), ("3037198003", "5041")],
)
def test_what_is_not_on_offer_cannot_be_reserved(
    sandbox: Sandbox, caller: Caller, number: str, code: str
) -> None:
    sandbox.stock(["3032281000"], site_id="1002", sip_peer_id="500201", owned=True)
    posted(caller, "orders", existing("3037198003"))
    body = f"<Reservation><ReservedTn>{number}</ReservedTn></Reservation>"
    answer = caller.call("POST", "tnreservation", body)
    assert answer.status_code == 400
    assert ET.fromstring(answer.content).findtext("ResponseStatus/ErrorCode") == code


def test_a_reservation_is_ordered_by_its_id_and_ends() -> None:
    options = SandboxOptions(processing_seconds=0, reservation_seconds=0.3)
    with Sandbox(options) as sandbox:
        caller = Caller(sandbox)
        with caller.session:
            one, two = found(caller, "areaCode=404&quantity=2")
            made = [
                caller.call(
                    "POST",
                    "tnreservation",
                    f"<Reservation><ReservedTn>{number}</ReservedTn></Reservation>",
                ).headers["Location"]
                for number in (one, two)
            ]
            stranger = ended(caller, "orders", existing(one))
            assert outcome(stranger) == ("FAILED", [], [("5005", one)])
            holder = existing(Reservation=made[0].rpartition("/")[2])
            assert outcome(ended(caller, "orders", holder)) == ("COMPLETE", [one], [])
            time.sleep(0.3)
            assert found(caller, "areaCode=404&quantity=1") == [two]
            late = caller.call("POST", "orders", existing(Reservation=made[1].rpartition("/")[2]))
            assert (late.status_code, b"5042" in late.content) == (400, True)
