"""Text messages: sending one (V2 messaging).

Source: the carrier's page "Create message". 202 means queued; there is no idempotency key.
"""

import json

from carrier import jsonbody
from carrier.call import JSON, Call
from carrier.client import Carrier
from carrier.records import NewMessage
from carrier.telephone import NumberFormat, from_wire, on_wire
from carrier.wire import Answer

TEXT_LIMIT = 2048
MESSAGE_ID_LIMIT = 100


def send(carrier: Carrier, *, message: NewMessage) -> str:
    """Hand over one message to one receiver; return the carrier's id of it.

    It leaves us at most once. Raises Refused for a clear no, NotSent when nothing left us, and
    OutcomeUnknown when it may be on its way: then it must not be sent again.
    """
    call = Call(
        operation="messages.send",
        bucket="messages",
        method="POST",
        path="messages",
        version="messaging",
        body=build_document(message),
        content_type=JSON,
        # What people write to each other is in no record of exchanges, however it is escaped.
        secrets=tuple({json.dumps(message.text, ensure_ascii=way)[1:-1] for way in (True, False)}),
    )

    def read(answer: Answer) -> str:
        taken = jsonbody.members(jsonbody.parse(answer.body))
        message_id = jsonbody.text(taken, "id")
        if not 0 < len(message_id) <= MESSAGE_ID_LIMIT:
            raise call.unknown("the answer names no message", status=answer.status)
        to = jsonbody.rows(taken.get("to"))
        if to and [from_wire(str(number)) for number in to] != [message.to_number]:
            raise call.unknown("the answer is about another message", status=answer.status)
        return message_id

    return carrier.call(call, read)


def build_document(message: NewMessage) -> bytes:
    """The message as the carrier's JSON. Raises ValueError for what must never be sent."""
    if not 0 < len(message.text) <= TEXT_LIMIT:
        raise ValueError(f"a message has 1 to {TEXT_LIMIT} characters")
    return json.dumps(
        {
            "applicationId": message.application_id,
            "from": on_wire(message.from_number, NumberFormat.E164),
            "to": [on_wire(message.to_number, NumberFormat.E164)],
            "text": message.text,
            "tag": message.tag,
        },
        ensure_ascii=False,
    ).encode()
