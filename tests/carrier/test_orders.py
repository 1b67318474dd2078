"""Number orders: each type's document, what a create call proves, reading, closing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from carrier import orders, xmlbody
from carrier.errors import CarrierError, NotFound, OutcomeUnknown, Refused, UnreadableBody
from carrier.records import (
    NumberOrderRecord,
    NumberOrderType,
    NumberSearch,
    NumberState,
    OrderStatus,
)
from carrier.telephone import NumberFormat
from tests.carrier.builders import ORDER_ID, OTHER_ID, new_number_order
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

ONE, TWO, THREE = "+13032281000", "+13032281001", "+13032281002"
T = NumberOrderType


# Documents.


@pytest.mark.parametrize(
    ("order_type", "search", "kind"),
    [
        (
            T.AREA_CODE,
            NumberSearch(area_code="435", quantity=2),
            "<AreaCodeSearchAndOrderType><AreaCode>435</AreaCode><Quantity>2</Quantity>"
            "</AreaCodeSearchAndOrderType>",
        ),
        (
            T.NPA_NXX,
            NumberSearch(npa_nxx="919439", local_calling_area=True),
            "<NPANXXSearchAndOrderType><NpaNxx>919439</NpaNxx><EnableLCA>true</EnableLCA>"
            "<Quantity>50</Quantity></NPANXXSearchAndOrderType>",
        ),
        (
            T.NPA_NXX,
            NumberSearch(npa_nxx_x="9194391"),
            "<NPANXXSearchAndOrderType><NpaNxxX>9194391</NpaNxxX><EnableLCA>false</EnableLCA>"
            "<Quantity>50</Quantity></NPANXXSearchAndOrderType>",
        ),
        (
            T.RATE_CENTER,
            NumberSearch(rate_center="CARY", state="nc", local_calling_area=True),
            "<RateCenterSearchAndOrderType><RateCenter>CARY</RateCenter><State>NC</State>"
            "<EnableLCA>true</EnableLCA><Quantity>50</Quantity></RateCenterSearchAndOrderType>",
        ),
        (
            T.CITY,
            NumberSearch(city="CARY", state="NC"),
            "<CitySearchAndOrderType><City>CARY</City><State>NC</State><Quantity>50</Quantity>"
            "</CitySearchAndOrderType>",
        ),
        (
            T.STATE,
            NumberSearch(state="NC"),
            "<StateSearchAndOrderType><State>NC</State><Quantity>50</Quantity>"
            "</StateSearchAndOrderType>",
        ),
        (
            T.ZIP,
            NumberSearch(zip_code="27606"),
            "<ZIPSearchAndOrderType><Zip>27606</Zip><Quantity>50</Quantity>"
            "</ZIPSearchAndOrderType>",
        ),
        (
            T.LATA,
            NumberSearch(lata="224"),
            "<LATASearchAndOrderType><Lata>224</Lata><Quantity>50</Quantity>"
            "</LATASearchAndOrderType>",
        ),
        (
            T.TOLL_FREE_VANITY,
            NumberSearch(toll_free_vanity="NEWCARS"),
            "<TollFreeVanitySearchAndOrderType><TollFreeVanity>NEWCARS</TollFreeVanity>"
            "<Quantity>50</Quantity></TollFreeVanitySearchAndOrderType>",
        ),
        (
            T.TOLL_FREE_WILDCARD,
            NumberSearch(toll_free_wildcard="8**"),
            "<TollFreeWildCharSearchAndOrderType><TollFreeWildCardPattern>8**"
            "</TollFreeWildCardPattern><Quantity>50</Quantity>"
            "</TollFreeWildCharSearchAndOrderType>",
        ),
        (
            T.COMBINED,
            NumberSearch(npa_nxx="919439", city="CARY", state="NC", zip_code="27606", lata="426"),
            "<CombinedSearchAndOrderType><State>NC</State><NpaNxx>919439</NpaNxx><Lata>426</Lata>"
            "<City>CARY</City><Zip>27606</Zip><EnableLCA>false</EnableLCA><Quantity>50</Quantity>"
            "</CombinedSearchAndOrderType>",
        ),
        (
            T.COMBINED,
            NumberSearch(area_code="617", local_vanity="NEWCARS", ends_in=True),
            "<CombinedSearchAndOrderType><AreaCode>617</AreaCode><LocalVanity>NEWCARS"
            "</LocalVanity><EndsIn>true</EndsIn><Quantity>50</Quantity>"
            "</CombinedSearchAndOrderType>",
        ),
    ],
)
def test_each_type_is_written_with_the_carriers_words(
    order_type: NumberOrderType, search: NumberSearch, kind: str
) -> None:
    order = new_number_order(order_type=order_type, search=search, is_partial_allowed=False)
    assert orders.build_document(order, NumberFormat.E164).decode().partition("?>\n")[2] == (
        "<Order><CustomerOrderId>N1</CustomerOrderId><Name>Alder Bakery</Name>"
        f"<BackOrderRequested>false</BackOrderRequested>{kind}<PartialAllowed>false"
        "</PartialAllowed><SiteId>1001</SiteId><PeerId>500101</PeerId></Order>"
    )


def test_every_type_has_a_document() -> None:
    assert {*orders._SEARCHES, T.EXISTING} == set(T)


@pytest.mark.parametrize(
    ("number_format", "number"),
    [(NumberFormat.TEN_DIGITS, "3032281000"), (NumberFormat.E164, "+13032281000")],
)
def test_named_numbers_and_their_reservations_are_written(
    number_format: NumberFormat, number: str
) -> None:
    order = new_number_order(ONE, reservation_ids=(OTHER_ID,), name="", sip_peer_id="")
    root = ElementTree.fromstring(orders.build_document(order, number_format))
    kind = "ExistingTelephoneNumberOrderType"
    assert [child.tag for child in root] == [
        "CustomerOrderId",
        "BackOrderRequested",
        kind,
        "PartialAllowed",
        "SiteId",
    ]
    assert root.findtext(f"{kind}/TelephoneNumberList/TelephoneNumber") == number
    assert root.findtext(f"{kind}/ReservationIdList/ReservationId") == OTHER_ID


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"telephone_numbers": ()}, "1 to 5000 numbers"),
        ({"telephone_numbers": (ONE, ONE)}, "each once"),
        ({"telephone_numbers": tuple(f"+1303{n:07d}" for n in range(5001))}, "1 to 5000"),
        ({"telephone_numbers": ("3032281000",)}, "not an E.164 number"),
        ({"reservation_ids": ("../orders",)}, "not a reservation id"),
        ({"search": NumberSearch(state="NC")}, "has no search"),
        ({"order_type": T.STATE}, "has a search"),
        ({"order_type": T.STATE, "search": NumberSearch(state="NC")}, "names no numbers"),
    ],
)
def test_an_order_by_name_holds_numbers_and_nothing_else(
    changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        orders.build_document(new_number_order(*[ONE], **changes), NumberFormat.TEN_DIGITS)


@pytest.mark.parametrize(
    ("order_type", "search", "is_back_order", "problem"),
    [
        (T.AREA_CODE, NumberSearch(area_code="435", state="UT"), False, "cannot hold a search by"),
        (T.CITY, NumberSearch(state="NC"), False, "cannot hold a search by state"),
        (T.COMBINED, NumberSearch(toll_free_wildcard="8**"), False, "cannot hold"),
        (T.COMBINED, NumberSearch(local_vanity="CARS", state="NC"), False, "needs an area code"),
        (T.COMBINED, NumberSearch(city="CARY"), False, "Add the state"),
        (T.NPA_NXX, NumberSearch(npa_nxx="919439"), True, "does not keep looking"),
        (T.AREA_CODE, NumberSearch(area_code="435", quantity=0), False, "1 to 5000"),
    ],
)
def test_no_order_says_less_than_its_search(
    order_type: NumberOrderType, search: NumberSearch, is_back_order: bool, problem: str
) -> None:
    order = new_number_order(order_type=order_type, search=search, is_back_order=is_back_order)
    with pytest.raises(ValueError, match=problem):
        orders.build_document(order, NumberFormat.E164)


# Creating.


def answer_of_create(connect: Connect, body: str, *headers: str) -> NumberOrderRecord:
    with ScriptedServer(answering("201 Created", body.encode(), *headers)) as server:
        return orders.create(connect(server.url), order=new_number_order(ONE))


def created(order_id: str, inside: str = "", beside: str = "") -> str:
    return f"<OrderResponse><Order><id>{order_id}</id>{inside}</Order>{beside}</OrderResponse>"


def located(order_id: str) -> str:
    return f"Location: https://u:p@elsewhere.example/v1.0/accounts/7/orders/{order_id}"


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (created(ORDER_ID), ""),
        ("", ORDER_ID.upper()),
        (created(ORDER_ID.upper(), "<CustomerOrderId>N1</CustomerOrderId>"), ORDER_ID),
        ("<OrderResponse><Order><Name>x</Name></Order></OrderResponse>", ORDER_ID),
    ],
    ids=["in the body", "in Location", "in both", "an order without its id"],
)
def test_one_id_is_enough_and_an_absent_status_is_no_end(
    connect: Connect, body: str, location: str
) -> None:
    """N03."""
    record = answer_of_create(connect, body, located(location))
    assert (record.order_id, record.status) == (ORDER_ID, OrderStatus.UNKNOWN)
    assert {result.state for result in record.results().values()} <= {NumberState.PENDING}


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (created(ORDER_ID), OTHER_ID),
        (created("someid"), ""),
        (created("someid"), ORDER_ID),
        ("<OrderResponse/>", ORDER_ID),
        (created(ORDER_ID, "<CustomerOrderId>N2</CustomerOrderId>"), ORDER_ID),
        ("", "../../1"),
    ],
    ids=["two ids", "no uuid", "no uuid beside one", "no order", "another's", "a path"],
)
def test_an_answer_that_does_not_name_one_order_of_ours_is_unknown(
    connect: Connect, body: str, location: str
) -> None:
    """N03: what the carrier's own sample does with its two ids proves nothing."""
    with pytest.raises(OutcomeUnknown):
        answer_of_create(connect, body, located(location))


def test_a_refused_order_gives_its_reasons(connect: Connect) -> None:
    reason = "<ErrorList><Error><Code>5016</Code><Description>No site</Description></Error>"
    body = f"<OrderResponse>{reason}</ErrorList><Order><Name>x</Name></Order></OrderResponse>"
    for status in ("400 Bad Request", "200 OK"):
        with (
            ScriptedServer(answering(status, body.encode())) as server,
            pytest.raises(Refused) as caught,
        ):
            orders.create(connect(server.url), order=new_number_order(ONE))
        assert [problem.code for problem in caught.value.problems] == ["5016"]


# Reading and closing.


def test_an_order_keeps_the_asked_id_and_tells_its_numbers(connect: Connect) -> None:
    body = (
        "<OrderResponse><CompletedQuantity>1</CompletedQuantity><PendingQuantity>x"
        "</PendingQuantity><LastModifiedDate>2020-05-18T15:31:07Z</LastModifiedDate>"
        "<ErrorList><Error><Code>5005</Code><Description>Gone</Description><TelephoneNumber>"
        "3032281001</TelephoneNumber></Error></ErrorList><FailedNumbers><FullNumber>3032281001"
        "</FullNumber><FullNumber>3032281002</FullNumber></FailedNumbers><Order><CustomerOrderId>"
        "N1</CustomerOrderId><ExistingTelephoneNumberOrderType/></Order><OrderStatus>partial"
        "</OrderStatus><CompletedNumbers><TelephoneNumber><CountryCodeA3>USA</CountryCodeA3>"
        "<FullNumber>+13032281000</FullNumber></TelephoneNumber></CompletedNumbers>"
        "<FailedQuantity>2</FailedQuantity></OrderResponse>"
    )
    with ScriptedServer(answering("200 OK", body.encode())) as server:
        record = orders.get(connect(server.url, api_version="v1"), order_id=ORDER_ID.upper())
    assert f"/api/accounts/9900001/orders/{ORDER_ID} ".encode() in server.requests[0]
    assert (record.order_id, record.status, record.customer_order_id) == (
        ORDER_ID,
        OrderStatus.PARTIAL,
        "N1",
    )
    assert (record.completed_numbers, record.failed_numbers) == ((ONE,), (TWO, THREE))
    assert record.telephone_numbers == (ONE, TWO, THREE)
    assert (record.completed_quantity, record.failed_quantity, record.pending_quantity) == (
        1,
        2,
        None,
    )
    assert record.last_modified_at is not None
    assert {
        number: (result.state.value, [problem.code for problem in result.problems])
        for number, result in record.results().items()
    } == {
        ONE: ("COMPLETED", []),
        TWO: ("FAILED", [orders.UNAVAILABLE]),
        THREE: ("FAILED", []),
    }


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("200 OK", created(OTHER_ID), OutcomeUnknown),
        ("404 Not Found", "", NotFound),
        ("200 OK", "<OrderResponse/>", OutcomeUnknown),
    ],
    ids=["another order", "unknown", "none"],
)
def test_what_is_not_the_asked_order_is_not_taken_for_it(
    connect: Connect, status: str, body: str, kind: type[CarrierError]
) -> None:
    with ScriptedServer(answering(status, body.encode())) as server:
        with pytest.raises(CarrierError) as caught:
            orders.get(connect(server.url), order_id=ORDER_ID)
        assert type(caught.value) is kind


def test_what_is_no_order_id_is_never_asked_for(connect: Connect) -> None:
    carrier = connect("http://127.0.0.1:1")
    for ask in (orders.get, orders.close):
        with pytest.raises(ValueError, match="not an order id"):
            ask(carrier, order_id="../../accounts/1")
    with pytest.raises(ValueError, match="by a telephone number"):
        orders.find(carrier, telephone_number=ONE)
    with pytest.raises(UnreadableBody, match="no number order in it"):
        orders.read_order(xmlbody.parse(b"<Notification/>"), ORDER_ID)


def test_closing_sends_nothing_but_the_wish(connect: Connect) -> None:
    refusal = (
        b"<OrderResponse><ErrorList><Error><Code>5060</Code><Description>No</Description></Error>"
        b"</ErrorList></OrderResponse>"
    )
    with ScriptedServer(answering("200 OK", b"<OrderResponse/>")) as server:
        orders.close(connect(server.url), order_id=ORDER_ID)
    assert server.requests[0].startswith(
        f"PUT /api/v2/accounts/9900001/orders/{ORDER_ID} ".encode()
    )
    assert server.requests[0].endswith(b"<Order><CloseOrder>true</CloseOrder></Order>")
    with (
        ScriptedServer(answering("400 Bad Request", refusal)) as server,
        pytest.raises(Refused) as caught,
    ):
        orders.close(connect(server.url), order_id=ORDER_ID)
    assert [problem.code for problem in caught.value.problems] == [orders.NOT_BACKORDERED]
