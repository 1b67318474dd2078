"""Reservations: holding a number for a while, and giving it free."""

from __future__ import annotations

import pytest

from carrier import reservations
from carrier.errors import NotFound, OutcomeUnknown, Refused
from tests.carrier.builders import ORDER_ID, OTHER_ID
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

NUMBER = "+13032281000"


def body_of(reservation_id: str) -> bytes:
    return (
        "<ReservationResponse><Reservation><ReservationId>"
        f"{reservation_id}</ReservationId></Reservation></ReservationResponse>"
    ).encode()


@pytest.mark.parametrize(
    ("body", "located"),
    [(b"", ORDER_ID.upper() + "."), (body_of(ORDER_ID), ""), (body_of(ORDER_ID), ORDER_ID)],
    ids=["in Location", "in the body", "in both"],
)
@pytest.mark.parametrize(("version", "number"), [("v1", "3032281000"), ("v2", NUMBER)])
def test_a_number_is_held_under_the_id_that_the_carrier_names(
    connect: Connect, version: str, number: str, body: bytes, located: str
) -> None:
    script = answering(
        "201 Created", body, f"Location: https://h/accounts/7/TnReservation/{located}"
    )
    with ScriptedServer(script) as server:
        carrier = connect(server.url, api_version=version)
        assert reservations.hold(carrier, telephone_number=NUMBER) == ORDER_ID
    assert b"/accounts/9900001/tnreservation " in server.requests[0]
    written = f"<Reservation><ReservedTn>{number}</ReservedTn></Reservation>"
    assert server.requests[0].endswith(written.encode())


@pytest.mark.parametrize(
    ("body", "located"), [(b"", ""), (b"", "17"), (body_of(ORDER_ID), OTHER_ID)]
)
def test_no_id_or_two_leave_it_open_what_is_held(
    connect: Connect, body: bytes, located: str
) -> None:
    """N03."""
    script = answering("201 Created", body, f"Location: /tnreservation/{located}")
    with ScriptedServer(script) as server, pytest.raises(OutcomeUnknown, match="one reservation"):
        reservations.hold(connect(server.url), telephone_number=NUMBER)


def test_a_number_that_somebody_has_is_refused_with_the_reason(connect: Connect) -> None:
    body = (
        b"<ReservationResponse><ResponseStatus><ErrorCode>5041</ErrorCode><Description>Reservation"
        b" failed</Description></ResponseStatus></ReservationResponse>"
    )
    with (
        ScriptedServer(answering("400 Bad Request", body)) as server,
        pytest.raises(Refused) as caught,
    ):
        reservations.hold(connect(server.url), telephone_number=NUMBER)
    assert [problem.code for problem in caught.value.problems] == ["5041"]


def test_a_number_is_given_free(connect: Connect) -> None:
    for script in (answering("200 OK", body_of(ORDER_ID)), answering("204 No Content")):
        with ScriptedServer(script) as server:
            reservations.release(connect(server.url), reservation_id=ORDER_ID)
        start = f"DELETE /api/v2/accounts/9900001/tnreservation/{ORDER_ID} "
        assert server.requests[0].startswith(start.encode())
    with ScriptedServer(answering("404 Not Found")) as server, pytest.raises(NotFound):
        reservations.release(connect(server.url), reservation_id=ORDER_ID)


def test_what_is_no_number_or_id_is_never_sent(connect: Connect) -> None:
    carrier = connect("http://127.0.0.1:1")
    with pytest.raises(ValueError, match="not an E"):
        reservations.hold(carrier, telephone_number="3032281000")
    with pytest.raises(ValueError, match="not a reservation id"):
        reservations.release(carrier, reservation_id="../orders/1")
