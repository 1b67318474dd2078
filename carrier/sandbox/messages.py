"""The resource for text messages."""

from __future__ import annotations

import json
import re
import time
import uuid

from carrier.sandbox.exchange import JSON, Answer, Call, json_refusal
from carrier.sandbox.instants import to_text
from carrier.sandbox.message_book import MessageSeen
from carrier.sandbox.state import SandboxState

_NUMBER = re.compile(r"\+1[2-9][0-9]{9}")
_LONGEST = 2048
_INVALID = "Your request could not be accepted"


def create(state: SandboxState, call: Call) -> Answer:
    """Take a message: 202 when it is whole, 400 with the carrier's kind of reasons otherwise."""
    try:
        wanted = json.loads(call.request.body)
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        return json_refusal("request-validation", "The body is not a JSON object")
    to = wanted.get("to")
    to = [to] if isinstance(to, str) else to
    if not isinstance(to, list) or not to or not all(map(_is_number, to)):
        return json_refusal("request-validation", _INVALID, "to")
    if not _is_number(wanted.get("from")):
        return json_refusal("request-validation", _INVALID, "from")
    for name in ("applicationId", "text"):
        if not isinstance(wanted.get(name), str) or not 0 < len(wanted[name]) <= _LONGEST:
            return json_refusal("request-validation", _INVALID, name)
    message = MessageSeen(
        message_id=uuid.uuid4().hex,
        application_id=wanted["applicationId"],
        from_number=wanted["from"],
        to_numbers=tuple(to),
        text=wanted["text"],
        tag=str(wanted.get("tag", "")),
    )
    state.messages.add(message)
    answer = {
        "id": message.message_id,
        "owner": message.from_number,
        "applicationId": message.application_id,
        "time": to_text(time.time()),
        "segmentCount": 1,
        "direction": "out",
        "to": to,
        "from": message.from_number,
        "text": message.text,
        "tag": message.tag,
    }
    return Answer(202, json.dumps(answer).encode(), {"Content-Type": JSON})


def _is_number(value: object) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None
