"""The resource for telephone numbers of the older platform: import, list, find, give up."""

from __future__ import annotations

import json
import re
import urllib.parse

from carrier.sandbox.exchange import Answer, Call
from carrier.sandbox.instants import to_text
from carrier.sandbox.platform_answers import json_answer, refusal
from carrier.sandbox.platform_book import PlatformNumberSeen
from carrier.sandbox.state import SandboxState

_NUMBER = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")
_DEFAULT_SIZE, _LARGEST_SIZE = 25, 1000
_FILTERS = ("applicationId", "state", "name", "city", "numberState")


def create(state: SandboxState, call: Call) -> Answer:
    """POST phoneNumbers: import one number from the dashboard; 201 with a Location and no body."""
    try:
        wanted = json.loads(call.request.body)
        provider = wanted["provider"]
        properties = provider["properties"]
        name, application_id = (wanted.get(key, "") for key in ("name", "applicationId"))
        number = wanted["number"]
        is_whole = provider["providerName"] == "bandwidth-dashboard" and all(
            isinstance(text, str) for text in (name, application_id, number)
        )
        user = tuple(properties[key] for key in ("accountId", "userName", "password"))
    except (ValueError, TypeError, KeyError, AttributeError):
        is_whole = False
    if not is_whole:
        return refusal(call.request, 400, "validation-error", "Bad parameters")
    if not _NUMBER.fullmatch(number):
        return refusal(call.request, 400, "validation-error", "Invalid phone number")
    options = state.options
    if user != (options.account_id, options.username, options.password):
        text = "The dashboard does not know this user"
        return refusal(call.request, 401, "user-access-denied", text)
    hidden = 0.0
    if call.fault is not None and call.fault.name == "listed_late":
        hidden = call.fault.number("seconds", 10)
    platform_id = state.platform.add(
        number, name=name, application_id=application_id, hidden_seconds=hidden
    )
    if platform_id is None:
        text = f"Cannot create another instance of number resource for number {number}"
        return refusal(call.request, 409, "duplicate-number", text)
    return Answer(201, headers={"Location": f"{call.location}/phoneNumbers/{platform_id}"})


def list_numbers(state: SandboxState, call: Call) -> Answer:
    """GET phoneNumbers?page&size: pages count from 0, the next one is in the Link header."""
    page = call.request.parameter("page") or "0"
    size = call.request.parameter("size") or str(_DEFAULT_SIZE)
    if not (_is_count(page) and _is_count(size) and 0 < int(size) <= _LARGEST_SIZE):
        return refusal(call.request, 400, "validation-error", "page or size is not valid")
    given = {name: call.request.parameter(name) for name in _FILTERS}
    rows = [_shown(state, call, number) for number in state.platform.listed()]
    for name, text in given.items():
        rows = [row for row in rows if text in ("", row.get(name))]
    start = int(page) * int(size)
    pages = {"first": 0}
    if start + int(size) < len(rows):
        pages["next"] = int(page) + 1
    filters = {name: text for name, text in given.items() if text}
    links = [
        f"<{call.location}/phoneNumbers?"
        f'{urllib.parse.urlencode({"page": number, "size": size} | filters)}>; rel="{relation}"'
        for relation, number in pages.items()
    ]
    return json_answer(200, rows[start : start + int(size)], Link=", ".join(links))


def get(state: SandboxState, call: Call, name: str) -> Answer:
    """GET phoneNumbers/{id or number}."""
    found = state.platform.find(name)
    return _not_found(call, name) if found is None else json_answer(200, _shown(state, call, found))


def release(state: SandboxState, call: Call, name: str) -> Answer:
    """DELETE phoneNumbers/{id or number}: the number is given up."""
    found = state.platform.find(name)
    if found is None:
        return _not_found(call, name)
    state.platform.release(found.platform_id)
    return Answer(200)


def national(telephone_number: str) -> str:
    """An E.164 number as it is written at home."""
    digits = telephone_number[2:]
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def _not_found(call: Call, name: str) -> Answer:
    text = f"The number {name} could not be found"
    return refusal(call.request, 404, "number-not-found", text)


def _shown(state: SandboxState, call: Call, number: PlatformNumberSeen) -> dict[str, str]:
    shown = {
        "id": number.platform_id,
        "number": number.telephone_number,
        "nationalNumber": national(number.telephone_number),
        "name": number.name,
        "applicationId": number.application_id,
        "price": "0.35",
        "createdTime": to_text(number.created_at),
        "numberState": "enabled",
    }
    if number.application_id:
        shown["application"] = f"{call.location}/applications/{number.application_id}"
    if place := state.offers.supply.place_of(number.telephone_number[2:]):
        shown |= {"city": place.city, "state": place.state}
    # Nothing but the id and the number itself is sure to be there.
    return {name: text for name, text in shown.items() if text}


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
