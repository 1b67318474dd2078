"""Reservations: a number that is on offer is held for a while, one number for each."""

from __future__ import annotations

import time
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.document import leaf, parse, render, response_status, text_at
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.state import SandboxState

_ROOT = "ReservationResponse"


def create(state: SandboxState, call: Call) -> Answer:
    """POST tnreservation: 201 without a body, the id is only in Location; 400 when taken."""
    number = from_wire(text_at(parse(call.request.body), "ReservedTn"), v2=call.v2)
    if number is None:
        return xml(400, response_status(_ROOT, "5040"))
    now = time.time()
    is_free = (
        state.offers.supply.has(number)
        and state.numbers.get(number) is None
        and not state.numbers.busy_before([number], "")
    )
    until = now + state.options.reservation_seconds
    reservation_id = state.reservations.hold(number, now=now, until=until) if is_free else None
    if reservation_id is None:
        return xml(400, response_status(_ROOT, "5041"))
    return Answer(201, headers={"Location": f"{call.location}/tnreservation/{reservation_id}"})


def get(state: SandboxState, call: Call, reservation_id: str) -> Answer:
    """GET tnreservation/{id}: ReservationExpires is what remains of it, in seconds."""
    now = time.time()
    reservation = state.reservations.get(reservation_id, now=now)
    if reservation is None:
        return _none()
    root = Element(_ROOT)
    node = SubElement(root, "Reservation")
    leaf(node, "ReservationId", reservation.reservation_id)
    leaf(node, "AccountId", state.options.account_id)
    leaf(node, "ReservationExpires", str(int(reservation.expires_at - now)))
    leaf(node, "ReservedTn", call.number_to_wire(reservation.telephone_number))
    return xml(200, render(root))


def delete(state: SandboxState, reservation_id: str) -> Answer:
    """DELETE tnreservation/{id}: the number is on offer again."""
    return Answer(200) if state.reservations.release(reservation_id) else _none()


def _none() -> Answer:
    return xml(404, response_status(_ROOT, "5042"))
