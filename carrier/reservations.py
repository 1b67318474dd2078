"""Reservations: one number on offer held for us, by itself for four hours. They cost nothing.

Source: the carrier's API pages for tnreservation, the same path in both versions.
"""

from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import UnreadableBody
from carrier.identifiers import checked_word_id, is_uuid, last_segment
from carrier.telephone import on_wire
from carrier.wire import Answer

_RESOURCE = "tnreservation"


def hold(carrier: Carrier, *, telephone_number: str) -> str:
    """Hold a number (E.164). Returns the reservation's id, which the order has to name.

    Raises Refused with the carrier's reason (5040 to 5047) when somebody else has the number,
    OutcomeUnknown when it may be held under an id that we do not know (it ends by itself), the
    other CarrierErrors, and ValueError for what is no number of the NANP.
    """
    root = Element("Reservation")
    xmlbody.add(root, "ReservedTn", on_wire(telephone_number, carrier.number_format))
    call = _call(carrier, "hold", "POST", _RESOURCE, xmlbody.to_bytes(root))

    def read(answer: Answer) -> str:
        named = ""
        if answer.body.strip():
            body = call.root_of(answer)
            inner = xmlbody.child(body, "reservation")
            named = xmlbody.text(body if inner is None else inner, "reservationid")
        # The carrier's own sample ends its sentence inside the header.
        located = last_segment(answer.headers.get("Location", "")).rstrip(".")
        ids = {text.lower() for text in (named, located) if is_uuid(text)}
        if len(ids) != 1:
            raise call.unknown("the answer does not name one reservation", status=answer.status)
        return ids.pop()

    return carrier.call(call, read)


def release(carrier: Carrier, *, reservation_id: str) -> None:
    """Give a held number free again. Raises NotFound when it is held no more."""
    path = f"{_RESOURCE}/{checked_word_id(reservation_id, 'reservation')}"
    call = _call(carrier, "release", "DELETE", path)

    def read(answer: Answer) -> None:
        # What is no such answer is no yes.
        if answer.body.strip() and xmlbody.name_of(call.root_of(answer)) != "reservationresponse":
            raise UnreadableBody("it is not about this reservation")

    carrier.call(call, read)


def _call(carrier: Carrier, operation: str, method: str, path: str, body: bytes = b"") -> Call:
    return Call(
        operation=f"reservations.{operation}",
        bucket=_RESOURCE,
        method=method,
        path=path,
        version=carrier.settings.api_version,
        body=body,
    )
