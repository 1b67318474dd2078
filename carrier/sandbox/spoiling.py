"""What faults do to answers: given in place of the work, or made of the answer to it."""

from __future__ import annotations

import re
import time
import uuid
import zlib
from dataclasses import replace
from xml.etree.ElementTree import Element

from carrier.sandbox.codes import description
from carrier.sandbox.document import (
    file_result,
    render,
    repeated_errors,
    response_status,
    search_error,
    write_error_list,
)
from carrier.sandbox.exchange import HTML, Answer, Request, Sending, json_refusal, xml
from carrier.sandbox.faults import Fault

_ROOT = "ImportTnOrderResponse"
_ORDER_ID = re.compile(rb"<(OrderId|orderId|id)>[^<]*</\1>")
_STATUS = re.compile(rb"<(ProcessingStatus|OrderStatus)>[^<]*</\1>")
_CUSTOMER_ORDER_ID = re.compile(rb"<CustomerOrderId>[^<]*</CustomerOrderId>")
_LISTING_ROOTS = {
    "/orders": "OrderResponse",
    "/disconnects": "DisconnectTelephoneNumberOrderResponse",
}
_BLANKS = b" " * 65536
_TEN_YEARS = 10 * 365 * 86400

_PLAIN_STATUS = {
    "not_created_500": 500,
    "not_created_503": 503,
    "unauthorized": 401,
    "forbidden": 403,
}

_BROKEN_SENDING = {
    "created_dropped": Sending.DROPPED,
    "created_cut": Sending.CUT,
    "created_cut_no_length": Sending.CUT_NO_LENGTH,
    "created_drip": Sending.DRIP,
    "created_drip_headers": Sending.DRIP_HEADERS,
    "created_late": Sending.NEVER,
}


def instead(fault: Fault, request: Request) -> Answer:
    """The answer of a fault that has nothing done."""
    if fault.name in _PLAIN_STATUS:
        return Answer(_PLAIN_STATUS[fault.name])
    if fault.name == "refused" and request.path.endswith("/messages"):
        return json_refusal(fault.text("code", "request-validation"), "Refused by a fault")
    if fault.name == "refused":
        body = _refusal(request.path, fault.text("code", "7312"))
        return xml(int(fault.number("status", 400)), body)
    if fault.name == "throttled":
        return Answer(429, headers=_reset_header(fault))
    if fault.name == "redirect":
        location = fault.text("location", f"{request.origin}{request.path}")
        return Answer(int(fault.number("status", 307)), headers={"Location": location})
    if fault.name == "error_in_200":
        return _error_in_200(fault, request)
    return Answer(0, sending=Sending.DROPPED)


def _refusal(path: str, code: str) -> bytes:
    """A refusal in the shape that the resource of the path has for it."""
    text = description(code)
    if "/availableNumbers" in path:
        return search_error(code, text)
    if "/tnreservation" in path:
        return response_status("ReservationResponse", code)
    for collection, root_tag in _LISTING_ROOTS.items():
        if collection in path:
            root = Element(root_tag)
            write_error_list(root, [(code, text, "")])
            return render(root)
    return repeated_errors(_ROOT, [(code, text)], status="FAILED")


def _reset_header(fault: Fault) -> dict[str, str]:
    """X-RateLimit-Reset in epoch seconds, or in one of the odd ways that it can come."""
    now = time.time()
    reset = fault.params.get("reset", 20)
    if reset == "missing":
        return {}
    odd = {
        "ms": str(int((now + 20) * 1000)),
        "past": str(int(now - 60)),
        "garbage": "soon",
        "far": str(int(now + _TEN_YEARS)),
    }
    if isinstance(reset, str) and reset in odd:
        return {"X-RateLimit-Reset": odd[reset]}
    return {"X-RateLimit-Reset": str(int(now + fault.number("reset", 20)))}


def _error_in_200(fault: Fault, request: Request) -> Answer:
    if "/loas" in request.path:
        code = fault.text("code", "7638")
        return xml(200, file_result("fileUploadResponse", code, description(code)))
    return xml(200, response_status(_ROOT, fault.text("code", "1019")))


def spoil(answer: Answer, fault: Fault) -> Answer:
    """A good answer, spoiled as the fault says."""
    broken = _BROKEN_SENDING.get(fault.name)
    if broken is not None:
        return replace(answer, sending=broken, pause=fault.number("seconds", 1.0))
    if fault.name == "created_slow":
        return replace(answer, pause=fault.number("seconds", 5.0))
    if fault.name == "created_500":
        return Answer(500)
    if fault.name == "empty_200":
        return Answer(200)
    if fault.name == "status_missing":
        return replace(answer, body=_STATUS.sub(b"", answer.body))
    if fault.name == "created_swollen":
        return _swollen(answer, int(fault.number("bytes", 100 * 1024 * 1024)))
    if fault.name.startswith("created_"):
        return _unreadable(answer, fault.name)
    return _other_ids(answer, fault.name)


def _swollen(answer: Answer, unpacked: int) -> Answer:
    """The answer with blanks after it, `unpacked` bytes in all, packed to about a thousandth."""
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(answer.body)]
    rest = max(0, unpacked - len(answer.body))
    while rest > 0:
        parts.append(packer.compress(_BLANKS[:rest]))
        rest -= len(_BLANKS)
    parts.append(packer.flush())
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    return replace(answer, body=b"".join(parts), headers=headers)


def _unreadable(answer: Answer, name: str) -> Answer:
    if name == "created_html":
        page = b"<!doctype html><title>Gateway</title><h1>Something went wrong</h1>"
        return Answer(200, page, {"Content-Type": HTML})
    if name == "created_doctype":
        _, _, content = answer.body.partition(b"?>")
        declared = b'<!DOCTYPE x [<!ENTITY status "COMPLETE">]>'
        return replace(answer, body=b'<?xml version="1.0"?>' + declared + content)
    return replace(answer, body=b"\x00\xff<ImportTnOrderResponse><<<" + answer.body[:20])


def _other_ids(answer: Answer, name: str) -> Answer:
    """The same answer with its order ids taken out or changed; Location counts as one of them."""
    headers = dict(answer.headers)
    body = answer.body
    other = str(uuid.uuid4())
    if name in ("id_only_in_location", "id_nowhere"):
        body = _ORDER_ID.sub(b"", body)
    if name in ("id_only_in_body", "id_nowhere"):
        headers.pop("Location", None)
    if name == "other_order":
        body = _ORDER_ID.sub(rf"<\1>{other}</\1>".encode(), body)
        body = _CUSTOMER_ORDER_ID.sub(b"<CustomerOrderId>someone-else</CustomerOrderId>", body)
    if name in ("ids_disagree", "other_order") and "Location" in headers:
        collection, _, _ = headers["Location"].rpartition("/")
        headers["Location"] = f"{collection}/{other}"
    return replace(answer, body=body, headers=headers)
