"""Message callbacks: reading what the carrier knocks with. Nothing in them is ever fetched.

Source: the carrier's messaging callback pages. A list of events in all of them, one event by
itself in its OpenAPI document.
"""

import re
from dataclasses import dataclass

from carrier import jsonbody
from carrier.dates import read_date
from carrier.errors import UnreadableBody
from carrier.messages import MESSAGE_ID_LIMIT
from carrier.records import MessageNews
from carrier.telephone import from_wire

MAX_EVENTS = 1000
RECEIVED = "message-received"
# A telephone number or a short code.
_SENDER = re.compile(r"\+?[0-9]{3,15}")
_KIND = re.compile(r"[a-z-]{1,40}")


@dataclass(frozen=True)
class Callback:
    """The events that can be read, and for each one that cannot the reason in plain words."""

    news: tuple[MessageNews, ...]
    faults: tuple[str, ...]


def read_callback(body: bytes) -> Callback:
    """What a callback says: each event by itself, so that a broken one spoils no other.

    Raises UnreadableBody when there is nothing to be read at all.
    """
    said = jsonbody.parse(body)
    if not isinstance(said, list | dict):
        raise UnreadableBody("it is neither a list of events nor an event")
    events = jsonbody.rows(said)
    if len(events) > MAX_EVENTS:
        raise UnreadableBody(f"more than {MAX_EVENTS} events")
    news: list[MessageNews] = []
    faults: list[str] = []
    for number, event in enumerate(events, start=1):
        try:
            news.append(_read(jsonbody.members(event)))
        except UnreadableBody as error:
            faults.append(f"event {number}: {error}")
    return Callback(tuple(news), tuple(faults))


def _read(event: dict[str, object]) -> MessageNews:
    kind = jsonbody.text(event, "type")
    if not _KIND.fullmatch(kind):
        raise UnreadableBody("it has no type")
    message = jsonbody.members(event.get("message"))
    message_id = jsonbody.text(message, "id")
    if not 0 < len(message_id) <= MESSAGE_ID_LIMIT:
        raise UnreadableBody("it names no message")
    from_number = from_wire(jsonbody.text(message, "from"))
    to_number = from_wire(jsonbody.text(event, "to"))
    if not (_SENDER.fullmatch(from_number) and _SENDER.fullmatch(to_number)):
        raise UnreadableBody("it does not say from whom to whom")
    owner = from_wire(jsonbody.text(message, "owner"))
    return MessageNews(
        kind=kind,
        message_id=message_id,
        owner_number=owner if _SENDER.fullmatch(owner) else "",
        from_number=from_number,
        to_number=to_number,
        text=jsonbody.text(message, "text"),
        tag=jsonbody.text(message, "tag"),
        error_code=_code(event.get("errorCode")),
        description=jsonbody.text(event, "description"),
        at=read_date(jsonbody.text(event, "time")),
    )


def _code(value: object) -> str:
    """The code as text; it comes as a number or as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else ""
