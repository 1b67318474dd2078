"""Import orders against the sandbox: created, read, found, in doubt."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from carrier import import_orders, xmlbody
from carrier.client import Carrier
from carrier.errors import (
    CarrierError,
    CredentialsRefused,
    NotFound,
    Outcome,
    OutcomeUnknown,
    Problem,
    Refused,
    Throttled,
    UnreadableBody,
)
from carrier.import_orders import build_document, create, find, get, history, read_list, read_order
from carrier.records import ImportOrderRecord, NumberState, OrderStatus
from carrier.sandbox import Sandbox
from carrier.telephone import NumberFormat
from tests.carrier.builders import ORDER_ID, OTHER_ID, new_order
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

GOOD, BAD = "+13032281000", "+13037197518"


def settled(carrier: Carrier, order_id: str) -> ImportOrderRecord:
    """The order once it is final."""
    for _ in range(200):
        record = get(carrier, order_id=order_id)
        if record.status.is_final:
            return record
        time.sleep(0.01)
    raise AssertionError(f"still {record.raw_status}")


def test_an_order_is_created_and_comes_out_per_number(carrier: Carrier) -> None:
    order = new_order(GOOD, BAD, subscriber_name="Łukasz & Søn <Bakery>")
    created = create(carrier, order=order)
    assert (created.customer_order_id, created.telephone_numbers) == ("HM-0001", (GOOD, BAD))
    assert created.subscriber_name == "Łukasz & Søn <Bakery>"
    record = settled(carrier, created.order_id)
    states = {number: result.state for number, result in record.results().items()}
    assert record.status is OrderStatus.PARTIAL
    assert states == {GOOD: NumberState.COMPLETED, BAD: NumberState.FAILED}
    assert [problem.code for problem in record.results()[BAD].problems] == ["7518"]
    assert record.created_at is not None
    assert datetime.now(UTC) - record.created_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("version", "path", "number"),
    [
        ("v1", "/api/accounts/9900001/importTnOrders", "3032281000"),
        ("v2", "/api/v2/accounts/9900001/importTnOrders/messaging", "+13032281000"),
    ],
)
def test_each_version_has_its_path_and_its_numbers(
    sandbox: Sandbox, connect: Connect, version: str, path: str, number: str
) -> None:
    create(connect(sandbox.url, api_version=version), order=new_order(GOOD))
    seen = sandbox.requests[-1]
    assert seen.path == path
    assert ElementTree.fromstring(seen.body).findtext(".//TelephoneNumber") == number


def test_the_history_of_an_order_is_read(carrier: Carrier) -> None:
    order_id = create(carrier, order=new_order(GOOD)).order_id
    settled(carrier, order_id)
    steps = [entry.status for entry in history(carrier, order_id=order_id)]
    assert steps == [OrderStatus.RECEIVED, OrderStatus.PROCESSING, OrderStatus.COMPLETE]


# What happened to the create call.


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("refused", Refused),
        ("unauthorized", CredentialsRefused),
        ("forbidden", CredentialsRefused),
        ("throttled", Throttled),
        ("error_in_200", Refused),
        ("created_500", OutcomeUnknown),
        ("created_dropped", OutcomeUnknown),
        ("created_cut", OutcomeUnknown),
        ("created_cut_no_length", OutcomeUnknown),
        ("created_html", OutcomeUnknown),
        ("created_unreadable", OutcomeUnknown),
        ("created_doctype", OutcomeUnknown),
        ("created_swollen", OutcomeUnknown),
        ("not_created_500", OutcomeUnknown),
        ("not_created_503", OutcomeUnknown),
        ("redirect", OutcomeUnknown),
        ("other_order", OutcomeUnknown),
        ("id_nowhere", OutcomeUnknown),
        ("ids_disagree", OutcomeUnknown),
        ("empty_200", OutcomeUnknown),
        ("dropped_before", OutcomeUnknown),
    ],
)
def test_the_end_of_a_create_call(
    sandbox: Sandbox, carrier: Carrier, fault: str, kind: type[CarrierError]
) -> None:
    """N02 and N13: what proves nothing is unknown, never refused or accepted."""
    sandbox.fault(fault, method="POST", path_contains="importTnOrders")
    before = len(sandbox.requests)
    with pytest.raises(CarrierError) as caught:
        create(carrier, order=new_order(GOOD))
    assert type(caught.value) is kind
    assert len(sandbox.requests) == before + 1


@pytest.mark.parametrize("fault", ["created_drip", "created_drip_headers", "created_slow"])
def test_a_slow_carrier_leaves_the_order_in_doubt(
    sandbox: Sandbox, connect: Connect, fault: str
) -> None:
    sandbox.fault(fault, method="POST", path_contains="importTnOrders", seconds=1)
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        create(connect(sandbox.url, call_timeout=0.4), order=new_order(GOOD))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("fault", ["id_only_in_location", "id_only_in_body"])
def test_one_id_is_enough(sandbox: Sandbox, carrier: Carrier, fault: str) -> None:
    """N03: in Location or in the body."""
    sandbox.fault(fault, method="POST", path_contains="importTnOrders")
    created = create(carrier, order=new_order(GOOD))
    assert created.order_id == sandbox.orders()[0].order_id


def answer_of_create(connect: Connect, body: str, *headers: str) -> ImportOrderRecord:
    with ScriptedServer(answering("201 Created", body.encode(), *headers)) as server:
        return create(connect(server.url), order=new_order(GOOD))


def test_a_location_alone_is_enough(connect: Connect) -> None:
    # Host and user info of the header are of no interest; nothing is ever fetched from there.
    location = f"Location: https://u:p@elsewhere.example/importTnOrders/{ORDER_ID.upper()}"
    created = answer_of_create(connect, "", location)
    assert (created.order_id, created.status) == (ORDER_ID, OrderStatus.UNKNOWN)
    assert created.telephone_numbers == (GOOD,)


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (f"<ImportTnOrder><OrderId>{ORDER_ID}</OrderId></ImportTnOrder>", OTHER_ID),
        ("<ImportTnOrder><OrderId>17</OrderId></ImportTnOrder>", ORDER_ID),
        ("<ImportTnOrder><OrderId>17</OrderId></ImportTnOrder>", ""),
        ("<ImportTnOrderResponse/>", ORDER_ID),
        ("<html>Welcome</html>", ORDER_ID),
        ("", "../../accounts/1"),
    ],
    ids=["two ids", "no uuid", "no uuid at all", "no order", "a page", "a path"],
)
def test_an_answer_that_does_not_name_one_order_is_unknown(
    connect: Connect, body: str, location: str
) -> None:
    """N03: neither, or two that disagree: nothing is guessed."""
    with pytest.raises(OutcomeUnknown):
        answer_of_create(connect, body, f"Location: /api/importTnOrders/{location}")


def test_a_refused_order_gives_its_reasons(carrier: Carrier) -> None:
    with pytest.raises(Refused) as caught:
        create(carrier, order=new_order(GOOD, site_id="999999"))
    assert (caught.value.outcome, caught.value.http_status) == (Outcome.REFUSED, 400)
    assert [problem.code for problem in caught.value.problems] == ["5016"]
    assert caught.value.problems[0].description in str(caught.value)


def test_a_number_that_is_none_is_never_sent(sandbox: Sandbox, carrier: Carrier) -> None:
    before = len(sandbox.requests)
    with pytest.raises(ValueError, match="not an E"):
        create(carrier, order=new_order("3032281000"))
    assert len(sandbox.requests) == before


# Looking for orders.


def test_orders_are_found_by_each_filter(carrier: Carrier) -> None:
    number, reference = "+13032284321", f"HM-find-{carrier.settings.api_version}"
    created = create(carrier, order=new_order(number, customer_order_id=reference))
    settled(carrier, created.order_id)
    today = datetime.now(UTC).date()
    row = find(carrier, customer_order_id=reference).rows[0]
    assert (row.order_id, row.customer_order_id, row.status, row.telephone_number_count) == (
        created.order_id,
        reference,
        OrderStatus.COMPLETE,
        1,
    )
    assert find(carrier, telephone_number=number).rows[0] == row
    ours = {"customer_order_id": reference}
    # What "created after" means for the same day is not documented, so a day is left on each side.
    week = {"created_from": today - timedelta(days=3), "created_to": today + timedelta(days=3)}
    assert find(carrier, **ours, **week).rows == (row,)  # type: ignore[arg-type]
    assert find(carrier, **ours, statuses=[OrderStatus.COMPLETE]).rows == (row,)
    assert find(carrier, **ours, statuses=[OrderStatus.FAILED]).rows == ()
    assert find(carrier, **ours, modified_to=date(2020, 1, 1)).rows == ()
    assert find(carrier, **ours, loa_type="CARRIER").rows == ()


def test_nothing_found_is_a_readable_empty_list(carrier: Carrier) -> None:
    found = find(carrier, customer_order_id="HM-never-sent")
    assert (found.rows, found.truncated) == ((), False)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("404 Not Found", "", NotFound),
        ("403 Forbidden", "", CredentialsRefused),
        ("400 Bad Request", "", Refused),
        ("200 OK", "", OutcomeUnknown),
        ("204 No Content", "", OutcomeUnknown),
        ("200 OK", "<html/>", OutcomeUnknown),
        ("200 OK", "<ImportTnOrdersResponse/>", OutcomeUnknown),
        ("200 OK", "<ImportTnOrders><TotalCount>3</TotalCount></ImportTnOrders>", OutcomeUnknown),
        (
            "200 OK",
            "<ImportTnOrders><TotalCount>0</TotalCount><ResponseStatus><ErrorCode>1010</ErrorCode>"
            "<Description>Try later</Description></ResponseStatus></ImportTnOrders>",
            Refused,
        ),
        (
            "200 OK",
            "<ErrorResponse><ResponseStatus><Description>No such account</Description>"
            "</ResponseStatus></ErrorResponse>",
            Refused,
        ),
        (
            "200 OK",
            "<ImportTnOrders><ImportTnOrderSummary><OrderStatus>COMPLETE</OrderStatus>"
            "</ImportTnOrderSummary></ImportTnOrders>",
            OutcomeUnknown,
        ),
    ],
)
def test_could_not_look_is_not_an_empty_list(
    connect: Connect, status: str, body: str, kind: type[CarrierError]
) -> None:
    with (
        ScriptedServer(answering(status, body.encode())) as server,
        pytest.raises(CarrierError) as caught,
    ):
        find(connect(server.url), customer_order_id="HM-0001")
    assert type(caught.value) is kind


def test_an_unknown_order_is_not_found(carrier: Carrier) -> None:
    with pytest.raises(NotFound):
        get(carrier, order_id=OTHER_ID)


@pytest.mark.parametrize(
    "order_id",
    ["../../accounts/1", "x/%2e%2e/y", "http://evil.example/", "' OR 1=1--", "1" * 10_000, ""],
)
def test_what_is_no_order_id_is_never_asked_for(
    sandbox: Sandbox, carrier: Carrier, order_id: str
) -> None:
    before = len(sandbox.requests)
    with pytest.raises(ValueError, match="not an order id"):
        get(carrier, order_id=order_id)
    assert len(sandbox.requests) == before


def test_an_answer_about_another_order_is_not_taken(connect: Connect) -> None:
    body = f"<ImportTnOrder><OrderId>{OTHER_ID}</OrderId></ImportTnOrder>".encode()
    with ScriptedServer(answering("200 OK", body)) as server, pytest.raises(OutcomeUnknown):
        get(connect(server.url), order_id=ORDER_ID)


def test_an_order_that_does_not_repeat_its_id_keeps_the_asked_one(connect: Connect) -> None:
    body = b"<ImportTnOrder><ProcessingStatus>complete</ProcessingStatus></ImportTnOrder>"
    with ScriptedServer(answering("200 OK", body)) as server:
        record = get(connect(server.url), order_id=ORDER_ID)
    assert (record.order_id, record.status, record.raw_status) == (
        ORDER_ID,
        OrderStatus.COMPLETE,
        "complete",
    )


# Documents.


def test_only_what_is_known_is_written() -> None:
    order = new_order(GOOD, sip_peer_id="", subscriber_name="Bell\x07 & Co")
    root = ElementTree.fromstring(build_document(order, NumberFormat.TEN_DIGITS))
    assert [child.tag for child in root] == [
        "CustomerOrderId",
        "SiteId",
        "Subscriber",
        "LoaAuthorizingPerson",
        "LoaType",
        "TelephoneNumbers",
    ]
    assert root.findtext("Subscriber/Name") == "Bell & Co"
    assert [part.tag for part in root.iterfind("Subscriber/ServiceAddress/*")] == [
        "HouseNumber",
        "StreetName",
        "City",
        "StateCode",
        "Zip",
        "County",
    ]


@pytest.mark.parametrize(
    "wrapper",
    [
        "{}",
        "<ImportTnOrderResponse>{}</ImportTnOrderResponse>",
        '<a:ImportTnOrdersResponse xmlns:a="urn:x">{}</a:ImportTnOrdersResponse>',
    ],
)
def test_the_order_is_found_whatever_wraps_it(wrapper: str) -> None:
    order = f"""<ImportTnOrder xmlns="urn:y"><customerorderID> HM-0001 </customerorderID>
        <OrderID>{ORDER_ID}</OrderID><Errors/><TelephoneNumbers>
        <TelephoneNumber><FullNumber>3032281000</FullNumber></TelephoneNumber>
        <TelephoneNumber>+13032281001</TelephoneNumber></TelephoneNumbers></ImportTnOrder>"""
    record = read_order(xmlbody.parse(wrapper.format(order).encode()))
    assert (record.order_id, record.customer_order_id) == (ORDER_ID, "HM-0001")
    assert record.telephone_numbers == ("+13032281000", "+13032281001")
    assert (record.status, record.problems) == (OrderStatus.UNKNOWN, ())


def test_errors_of_an_order_are_part_of_it() -> None:
    body = f"""<ImportTnOrder><OrderId>{ORDER_ID}</OrderId><Errors><Error><Code>7518</Code>
        <Description>Not
        active.</Description><TelephoneNumbers><TelephoneNumber>3032281000</TelephoneNumber>
        </TelephoneNumbers></Error></Errors></ImportTnOrder>"""
    record = read_order(xmlbody.parse(body.encode()))
    assert record.problems == (Problem("7518", "Not active.", ("+13032281000",)),)


def test_a_list_of_a_thousand_rows_says_that_there_may_be_more() -> None:
    """N19: a full page is not the whole list."""
    row = f"<ImportTnOrderSummary><OrderId>{ORDER_ID}</OrderId></ImportTnOrderSummary>"
    lists = [f"<ImportTnOrders>{row * count}</ImportTnOrders>".encode() for count in (999, 1000)]
    assert [read_list(xmlbody.parse(body)).truncated for body in lists] == [False, True]


def test_rows_that_wrap_themselves_are_read() -> None:
    row = f"<ImportTnOrderSummary><OrderId>{ORDER_ID}</OrderId></ImportTnOrderSummary>"
    body = f"<ImportTnOrders><ImportTnOrderSummary>{row}</ImportTnOrderSummary></ImportTnOrders>"
    assert [found.order_id for found in read_list(xmlbody.parse(body.encode())).rows] == [ORDER_ID]


def test_a_document_without_an_order_is_unreadable() -> None:
    with pytest.raises(UnreadableBody):
        import_orders.read_order(xmlbody.parse(b"<Notification/>"))
