"""Looking for numbers on offer: the rules, the query, and what comes back."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import pytest

from carrier import search, xmlbody
from carrier.client import Carrier
from carrier.errors import Refused, UnreadableBody
from carrier.records import AvailableExchange, AvailableNumber, NumberSearch
from carrier.sandbox import Sandbox
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

ONE, TWO = "+13032281000", "+13032281001"


@pytest.mark.parametrize(
    "wanted",
    [
        NumberSearch(area_code="919"),
        NumberSearch(npa_nxx="919439", state="NC", lata="426"),
        NumberSearch(npa_nxx_x="9194391", zip_code="27606-5244"),
        NumberSearch(rate_center="RALEIGH", state="NC", city="RALEIGH"),
        NumberSearch(city="ST. MARY'S (NORTH)", state="nc", zip_code="27606"),
        NumberSearch(local_vanity="NEWCARS", ends_in=True, area_code="919", state="NC"),
        NumberSearch(toll_free_vanity="NEWCARS", quantity=5000),
        NumberSearch(toll_free_wildcard="8**", quantity=1),
        NumberSearch(toll_free_wildcard="87*"),
    ],
    ids=repr,
)
def test_searches_that_the_carrier_takes_have_no_problem(wanted: NumberSearch) -> None:
    assert search.problem_of(wanted) == ""


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        (NumberSearch(), "Fill in at least one field"),
        (NumberSearch(area_code="119"), "Area code must be 3 digits"),
        (NumberSearch(area_code="911"), "none that ends in 11"),
        (NumberSearch(area_code="９１９"), "Area code must be"),
        (NumberSearch(area_code="919\n"), "Area code must be"),
        (NumberSearch(npa_nxx="919139"), "Area code and exchange must be 6 digits"),
        (NumberSearch(npa_nxx_x="919439"), "Block of a thousand must be 7 digits"),
        (NumberSearch(state="N1"), "State must be 2 letters"),
        (NumberSearch(zip_code="2760"), "ZIP code must be 5 digits"),
        (NumberSearch(lata="123456"), "LATA must be up to 5 digits"),
        (NumberSearch(city="A\tB", state="NC"), "City must be a name"),
        (NumberSearch(rate_center="...", state="NC"), "Rate center must be a name"),
        (NumberSearch(local_vanity="CAR"), "Local word must be 4 to 7"),
        (NumberSearch(toll_free_vanity="NEWCAR"), "Toll-free word must be 7"),
        (NumberSearch(toll_free_wildcard="***"), "Toll-free pattern must be 8"),
        (NumberSearch(area_code="919", quantity=0), "Ask for 1 to 5000 numbers"),
        (NumberSearch(area_code="919", quantity=5001), "Ask for 1 to 5000 numbers"),
        (NumberSearch(npa_nxx="919439", npa_nxx_x="9194391"), "Fill in only one of these: Area"),
        (NumberSearch(area_code="919", npa_nxx="919439"), "Fill in only one of these: Area code,"),
        (NumberSearch(toll_free_wildcard="8**", state="NC"), "looked for alone: empty state"),
        (
            NumberSearch(toll_free_wildcard="8**", toll_free_vanity="NEWCARS"),
            "Toll-free word is looked for alone",
        ),
        (NumberSearch(area_code="919", ends_in=True), "Fill in a local word"),
        (NumberSearch(local_vanity="CARS", lata="426"), "empty the field LATA"),
        (NumberSearch(city="RALEIGH"), "Add the state: city"),
        (NumberSearch(rate_center="RALEIGH", area_code="919"), "Add the state: rate center"),
    ],
    ids=repr,
)
def test_other_searches_are_never_sent_and_say_what_to_do(
    connect: Connect, wanted: NumberSearch, problem: str
) -> None:
    with ScriptedServer(answering("200 OK", b"<SearchResult/>")) as server:
        with pytest.raises(ValueError, match=re.escape(problem)) as caught:
            search.find_numbers(connect(server.url), search=wanted)
        assert (str(caught.value), server.requests) == (search.problem_of(wanted), [])


def test_every_field_that_narrows_a_search_is_explained() -> None:
    flags = {"ends_in", "local_calling_area", "quantity", "detail"}
    assert set(search.FIELDS) == set(vars(NumberSearch())) - flags
    assert all(all(field) for field in search.FIELDS.values())


@pytest.mark.parametrize(
    ("version", "wanted", "asked"),
    [
        (
            "v1",
            NumberSearch(area_code="919", state="nc", quantity=7),
            {"areaCode": "919", "state": "NC", "quantity": "7", "enableTNDetail": "true"},
        ),
        (
            "v2",
            NumberSearch(area_code="919", detail=False),
            {"areaCode": "919", "quantity": "50", "countryCodeA3": "USA"},
        ),
        (
            "v1",
            NumberSearch(npa_nxx="919439", local_calling_area=True, detail=False),
            {"npaNxx": "919439", "LCA": "true"},
        ),
        (
            "v1",
            NumberSearch(npa_nxx_x="9194391", zip_code="27606", detail=False),
            {"npaNxxx": "9194391", "zip": "27606", "LCA": "false"},
        ),
        (
            "v1",
            NumberSearch(rate_center="CARY", state="NC", detail=False),
            {"rateCenter": "CARY", "state": "NC", "LCA": "false"},
        ),
        (
            "v1",
            NumberSearch(local_vanity="CARS", ends_in=True, detail=False),
            {"localVanity": "CARS", "endsIn": "true", "LCA": "false"},
        ),
        ("v2", NumberSearch(toll_free_wildcard="8**"), {"tollFreeWildCardPattern": "8**"}),
        ("v2", NumberSearch(toll_free_vanity="NEWCARS"), {"tollFreeVanity": "NEWCARS"}),
        (
            "v2",
            NumberSearch(city="CARY", state="NC", lata="426", detail=False),
            {"city": "CARY", "state": "NC", "lata": "426"},
        ),
    ],
)
def test_each_field_has_its_parameter(
    connect: Connect, version: str, wanted: NumberSearch, asked: dict[str, str]
) -> None:
    with ScriptedServer(answering("200 OK", b"<SearchResult/>")) as server:
        assert search.find_numbers(connect(server.url, api_version=version), search=wanted) == ()
    path, _, query = server.requests[0].split(b" ", 2)[1].decode().partition("?")
    assert path.endswith("/accounts/9900001/availableNumbers")
    assert dict(parse_qsl(query)) == {"quantity": "50", **asked}


def test_rows_with_and_without_details_are_read_each_number_once(connect: Connect) -> None:
    body = (
        "<SearchResult><ResultCount>9</ResultCount><TelephoneNumberDetailList>"
        "<TelephoneNumberDetail><City> DENVER </City><Lata>656</Lata><RateCenter>DENVER   "
        "</RateCenter><State>CO</State><TelephoneNumber>303-228-1000</TelephoneNumber>"
        "<Tier>0</Tier></TelephoneNumberDetail></TelephoneNumberDetailList><TelephoneNumberList>"
        "<TelephoneNumber>3032281000</TelephoneNumber><TelephoneNumber>+13032281001"
        "</TelephoneNumber><TelephoneNumber>+33140289562</TelephoneNumber><TelephoneNumber>12"
        "</TelephoneNumber></TelephoneNumberList></SearchResult>"
    )
    first = AvailableNumber(ONE, "DENVER", "CO", "DENVER", "656", "0")
    with ScriptedServer(answering("200 OK", body.encode())) as server:
        carrier = connect(server.url)
        both = search.find_numbers(carrier, search=NumberSearch(area_code="303"))
        one = search.find_numbers(carrier, search=NumberSearch(area_code="303", quantity=1))
    assert (both, one) == ((first, AvailableNumber(TWO)), (first,))


@pytest.mark.parametrize(
    "body",
    [
        "<SearchResult><ResultCount>5</ResultCount></SearchResult>",
        "<SearchResult><TelephoneNumberList><TelephoneNumber>12</TelephoneNumber>"
        "</TelephoneNumberList></SearchResult>",
        "<TelephoneNumbers/>",
    ],
)
def test_what_cannot_be_read_is_not_nothing_found(body: str) -> None:
    with pytest.raises(UnreadableBody):
        search.read_numbers(xmlbody.parse(body.encode()))
    with pytest.raises(UnreadableBody):
        search.read_exchanges(xmlbody.parse(body.encode()))


def test_a_refused_search_gives_the_carriers_reason(connect: Connect) -> None:
    body = (
        b"<SearchResult><Error><Code>4010</Code><Description>Unsupported</Description></Error>"
        b"<ResultCount>0</ResultCount></SearchResult>"
    )
    with ScriptedServer(answering("400 Bad Request", body)) as server:
        with pytest.raises(Refused) as caught:
            search.find_numbers(connect(server.url), search=NumberSearch(area_code="303"))
        with pytest.raises(ValueError, match="State must be"):
            search.find_exchanges(connect(server.url), state="Colorado")
    assert [problem.code for problem in caught.value.problems] == ["4010"]


def test_exchanges_are_asked_for_and_read(connect: Connect) -> None:
    body = (
        b"<SearchResultForAvailableNpaNxx><AvailableNpaNxxList><AvailableNpaNxx><City>COMPTON"
        b":GARDENA DA</City><Npa>424</Npa><Nxx>242</Nxx><Quantity>x</Quantity><State>CA</State>"
        b"</AvailableNpaNxx></AvailableNpaNxxList></SearchResultForAvailableNpaNxx>"
    )
    with ScriptedServer(answering("200 OK", body)) as server:
        found = search.find_exchanges(connect(server.url), area_code="424")
    assert found == (AvailableExchange("424", "242", "COMPTON", "CA", 0, "GARDENA DA"),)
    assert b"/availableNpaNxx?areaCode=424 " in server.requests[0]


def test_numbers_of_the_sandbox_are_found(sandbox: Sandbox, carrier: Carrier) -> None:
    exchanges = search.find_exchanges(carrier, state="CO")
    wanted = NumberSearch(npa_nxx=exchanges[0].npa + exchanges[0].nxx, quantity=3)
    found = search.find_numbers(carrier, search=wanted)
    assert len({number.e164 for number in found}) == 3
    assert {number.state for number in found} == {"CO"}
