"""The control address: what a tester, not a customer, asks of the sandbox."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterable
from dataclasses import asdict, replace

from carrier.sandbox.delivery import Delivered, Webhook, deliver
from carrier.sandbox.exchange import HTML, JSON, Answer, Request
from carrier.sandbox.faults import Fault
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.order import FINAL, Order
from carrier.sandbox.page import index_page
from carrier.sandbox.state import SandboxState
from carrier.sandbox.validation import read_place

PREFIX = "/_sandbox"
_FAULT_FIELDS = ("method", "path_contains", "times", "rate")


class ControlError(ValueError):
    """A control request that cannot be done; the text says why."""


class NotKnownError(ControlError):
    """A control request about something that is not there."""


def answer(state: SandboxState, request: Request, url: str) -> Answer:
    """The answer to a request to the control address; only this machine may ask."""
    if not request.from_loopback:
        return _json(403, {"error": "the control address answers to this machine only"})
    try:
        return _answer(state, request, url)
    except NotKnownError as error:
        return _json(404, {"error": str(error)})
    except (ValueError, TypeError) as error:
        return _json(400, {"error": str(error)})


def _answer(state: SandboxState, request: Request, url: str) -> Answer:
    path = request.path.removeprefix(PREFIX).strip("/")
    parts = tuple(urllib.parse.unquote(part) for part in path.split("/") if part)
    match (request.method, *parts):
        case ("GET",):
            page = index_page(state, url)
            return Answer(200, page.encode(), {"Content-Type": HTML})
        case ("GET", "orders"):
            return _json(200, [_order(order) for order in state.orders.recent()])
        case ("GET", "requests"):
            return _json(200, [_seen(asdict(seen)) for seen in state.log.all()])
        case ("POST", "faults"):
            state.faults.add(_read_fault(_read(request)))
            return Answer(204)
        case ("DELETE", "faults"):
            state.faults.clear()
            return Answer(204)
        case ("POST", "settings"):
            state.settings.change(_read(request))
            return Answer(204)
        case ("POST", "orders", order_id, "finish"):
            finish(state, order_id, str(_read(request).get("status", "")))
            return Answer(204)
        case ("POST", "numbers", number, "lose"):
            notify = _read(request).get("notify", True) is True
            return _json(200, {"lost": lose(state, number, notify=notify)})
        case ("POST", "stock"):
            return _stock(state, _read(request))
        case ("POST", "notices"):
            return _notice(state, _read(request))
        case ("GET", "messages"):
            return _json(200, [asdict(message) for message in state.messages.all()])
        case ("GET", "platform"):
            return _json(200, [asdict(number) for number in state.platform.all()])
        case ("POST", "callbacks"):
            return _callback(state, _read(request))
    raise NotKnownError(f"{request.method} {request.path} is not known here")


def _read(request: Request) -> dict[str, object]:
    content = json.loads(request.body or b"{}")
    if not isinstance(content, dict):
        raise ControlError("the body must be a JSON object")
    return content


def _read_fault(wanted: dict[str, object]) -> Fault:
    name = wanted.pop("fault", "")
    given = {key: wanted.pop(key) for key in _FAULT_FIELDS if key in wanted}
    times = given.get("times", 1)
    rate = given.get("rate", 1.0)
    if times is not None and (isinstance(times, bool) or not isinstance(times, int)):
        raise ControlError("times must be a whole number, or null for always")
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise ControlError("rate must be a number")
    return Fault(
        name=str(name),
        method=str(given.get("method", "")),
        path_contains=str(given.get("path_contains", "")),
        times=times,
        rate=rate,
        params=wanted,
    )


def finish(state: SandboxState, order_id: str, status: str) -> None:
    """End an order with COMPLETE, PARTIAL, FAILED or EXCEPTION.

    Raises NotKnownError for an unknown order, ValueError for another status or an ended order.
    """
    if status not in FINAL:
        raise ControlError(f"status must be one of {', '.join(sorted(FINAL))}")
    order = state.orders.get(order_id)
    if order is None:
        raise NotKnownError(f"order {order_id} is not known")
    state.processing.finish(order, status)


def lose(state: SandboxState, telephone_number: str, *, notify: bool) -> bool:
    """Stop hosting a number given as E.164 or ten digits; whether it was hosted.

    Raises ControlError when it is neither.
    """
    number = from_wire(telephone_number, v2=telephone_number.startswith("+"))
    if number is None:
        raise ControlError(f"{telephone_number} is not a telephone number")
    return bool(state.processing.lose([number], notify=notify))


def stock(
    state: SandboxState,
    telephone_numbers: Iterable[str],
    *,
    site_id: str,
    sip_peer_id: str,
    owned: bool,
) -> int:
    """Put numbers (E.164 or ten digits) in service at a peer, without an order; how many.

    Raises ControlError, and changes nothing, for a place or a number that is none.
    """
    peer_id, errors = read_place(site_id, sip_peer_id)
    if errors:
        raise ControlError(errors[0][1])
    numbers: list[str] = []
    for text in telephone_numbers:
        number = from_wire(text, v2=text.startswith("+"))
        if number is None:
            raise ControlError(f"{text} is not a telephone number")
        numbers.append(number)
    state.numbers.stock(
        numbers, site_id=site_id, sip_peer_id=peer_id, is_owned=owned, at=time.time()
    )
    return len(numbers)


def _stock(state: SandboxState, wanted: dict[str, object]) -> Answer:
    numbers = wanted.get("telephone_numbers")
    if not isinstance(numbers, list):
        raise ControlError("telephone_numbers must be a list")
    stocked = stock(
        state,
        map(str, numbers),
        site_id=str(wanted.get("site_id", "")),
        sip_peer_id=str(wanted.get("sip_peer_id", "")),
        owned=wanted.get("owned", True) is True,
    )
    return _json(200, {"stocked": stocked})


def send_notice(
    state: SandboxState, body: bytes, *, credentials: str, content_type: str
) -> Delivered:
    """Send any body to the address subscribed for import orders, and wait for the end of it.

    `credentials`: "true" answers the challenge as the carrier does, "wrong" answers it with a
    false password, "none" sends the body along without any. Raises NotKnownError without a
    subscription, ControlError for another word.
    """
    webhook = state.notices.subscribed_webhook(body, content_type)
    if webhook is None:
        raise NotKnownError("nobody is subscribed to import orders")
    if credentials == "wrong":
        webhook = replace(webhook, username="intruder", password="guess")  # noqa: S106 - false
    elif credentials == "none":
        webhook = replace(webhook, username="", password="")
    elif credentials != "true":
        raise ControlError('credentials must be "true", "wrong" or "none"')
    return deliver(webhook, timeout=state.options.webhook_timeout)


def _notice(state: SandboxState, wanted: dict[str, object]) -> Answer:
    delivered = send_notice(
        state,
        str(wanted.get("body", "")).encode(),
        credentials=_credentials_word(wanted.get("credentials", True)),
        content_type=str(wanted.get("content_type", "application/xml")),
    )
    return _json(200, asdict(delivered))


def send_callback(
    state: SandboxState, body: bytes, *, url: str, username: str, password: str
) -> Delivered:
    """Send a message callback with any body to an address, and wait for the end of it.

    With a user name the challenge is answered as the carrier does. Raises ControlError for what
    is no address.
    """
    if not url.startswith(("http://", "https://")):
        raise ControlError("url must begin with http:// or https://")
    webhook = Webhook(url, body, username, password, content_type=JSON)
    return deliver(webhook, timeout=state.options.webhook_timeout)


def _callback(state: SandboxState, wanted: dict[str, object]) -> Answer:
    delivered = send_callback(
        state,
        json.dumps(wanted.get("events", [])).encode(),
        url=str(wanted.get("url", "")),
        username=str(wanted.get("username", "")),
        password=str(wanted.get("password", "")),
    )
    return _json(200, asdict(delivered))


def _credentials_word(value: object) -> str:
    """JSON true and false may be written for "true" and "none"."""
    if isinstance(value, bool):
        return "true" if value else "none"
    return str(value)


def _order(order: Order) -> dict[str, object]:
    shown = asdict(order)
    shown["telephone_numbers"] = [f"+1{number}" for number in order.telephone_numbers]
    return shown


def _seen(shown: dict[str, object]) -> dict[str, object]:
    body = shown["body"]
    at = shown["at"]
    shown["body"] = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    shown["at"] = str(at)
    return shown


def _json(status: int, content: object) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": JSON})
