"""Disconnects: written, what a create call proves, read."""

from __future__ import annotations

import pytest

from carrier import disconnects, xmlbody
from carrier.errors import OutcomeUnknown, UnreadableBody
from carrier.records import NewRemoval, NumberState, OrderStatus
from carrier.telephone import NumberFormat
from tests.carrier.builders import ORDER_ID, OTHER_ID
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

ONE, TWO, THREE = "+13032281000", "+13032281001", "+13032281002"
REMOVAL = NewRemoval("D1", (ONE,))


def answer(order_id: str, *, inside: str = "", beside: str = "") -> str:
    return (
        f"<DisconnectTelephoneNumberOrderResponse><orderRequest><id>{order_id}</id>{inside}"
        f"</orderRequest>{beside}</DisconnectTelephoneNumberOrderResponse>"
    )


@pytest.mark.parametrize(
    ("number_format", "number"),
    [(NumberFormat.TEN_DIGITS, "3032281000"), (NumberFormat.E164, "+13032281000")],
)
def test_a_disconnect_is_written_with_the_type_around_its_numbers(
    number_format: NumberFormat, number: str
) -> None:
    assert disconnects.build_document(REMOVAL, number_format).decode().partition("?>\n")[2] == (
        "<DisconnectTelephoneNumberOrder><CustomerOrderId>D1</CustomerOrderId>"
        "<DisconnectTelephoneNumberOrderType><TelephoneNumberList><TelephoneNumber>"
        f"{number}</TelephoneNumber></TelephoneNumberList></DisconnectTelephoneNumberOrderType>"
        "</DisconnectTelephoneNumberOrder>"
    )
    with pytest.raises(ValueError, match="not an E"):
        disconnects.build_document(NewRemoval("D1", ("3032281000",)), number_format)


@pytest.mark.parametrize(
    ("body", "location"), [(answer(ORDER_ID), ""), ("", ORDER_ID), (answer(ORDER_ID), ORDER_ID)]
)
def test_one_id_is_enough(connect: Connect, body: str, location: str) -> None:
    """N03."""
    script = answering("201 Created", body.encode(), f"Location: /disconnects/{location}")
    with ScriptedServer(script) as server:
        record = disconnects.create(connect(server.url), removal=REMOVAL)
    assert (record.order_id, record.status) == (ORDER_ID, OrderStatus.UNKNOWN)
    assert server.requests[0].startswith(b"POST /api/v2/accounts/9900001/disconnects ")


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (answer(ORDER_ID), OTHER_ID),
        (answer("disconnectId"), ""),
        ("", ""),
        (answer(ORDER_ID, inside="<CustomerOrderId>D2</CustomerOrderId>"), ""),
    ],
    ids=["two ids", "no uuid", "nothing", "another's"],
)
def test_an_answer_that_does_not_name_one_disconnect_of_ours_is_unknown(
    connect: Connect, body: str, location: str
) -> None:
    """N03: nothing is guessed, and so nothing is disconnected twice."""
    script = answering("201 Created", body.encode(), f"Location: /disconnects/{location}")
    with ScriptedServer(script) as server, pytest.raises(OutcomeUnknown):
        disconnects.create(connect(server.url), removal=REMOVAL)


def test_a_disconnect_tells_each_number(connect: Connect) -> None:
    body = answer(
        ORDER_ID.upper(),
        inside="<CustomerOrderId>D1</CustomerOrderId><DisconnectTelephoneNumberOrderType>"
        "<TelephoneNumberList><TelephoneNumber>3032281000</TelephoneNumber><TelephoneNumber>"
        "3032281001</TelephoneNumber><TelephoneNumber>3032281002</TelephoneNumber>"
        "</TelephoneNumberList></DisconnectTelephoneNumberOrderType>",
        beside="<OrderStatus>PARTIAL</OrderStatus><ErrorList><Error><Code>5006</Code><Description>"
        "No</Description><TelephoneNumber>3032281001</TelephoneNumber></Error></ErrorList>"
        "<DisconnectedTelephoneNumberList><TelephoneNumber>3032281000</TelephoneNumber>"
        "</DisconnectedTelephoneNumberList>",
    )
    with ScriptedServer(answering("200 OK", body.encode())) as server:
        record = disconnects.get(connect(server.url), order_id=ORDER_ID)
    assert (record.customer_order_id, record.status) == ("D1", OrderStatus.PARTIAL)
    results = record.results()
    assert {number: result.state for number, result in results.items()} == {
        ONE: NumberState.COMPLETED,
        TWO: NumberState.FAILED,
        # Listed nowhere: not known, and so not done.
        THREE: NumberState.PENDING,
    }
    assert [problem.code for problem in results[TWO].problems] == [disconnects.NOT_DISCONNECTED]


def test_what_is_not_the_asked_disconnect_is_not_taken_for_it(connect: Connect) -> None:
    with ScriptedServer(answering("200 OK", answer(OTHER_ID).encode())) as server:
        with pytest.raises(OutcomeUnknown):
            disconnects.get(connect(server.url), order_id=ORDER_ID)
        with pytest.raises(ValueError, match="not an order id"):
            disconnects.get(connect(server.url), order_id="1")
        with pytest.raises(ValueError, match="by a telephone number"):
            disconnects.find(connect(server.url), telephone_number=ONE)
    with pytest.raises(UnreadableBody, match="no disconnect in it"):
        disconnects.read_disconnect(xmlbody.parse(b"<RemoveImportedTnOrder/>"), ORDER_ID)
