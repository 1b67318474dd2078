"""One request to the sandbox and the answer to it, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum, auto

from carrier.sandbox.faults import Fault

XML = "application/xml; charset=utf-8"
JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What arrived: header names are lower case, `origin` is scheme, host and port."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    origin: str
    from_loopback: bool = True

    def parameter(self, name: str) -> str:
        """The first value of a query parameter, "" without one."""
        return self.query.get(name, [""])[0]


@dataclass(frozen=True)
class Call:
    """A request to a resource of the account.

    `base` is the path up to and with the account, `parts` what follows it, and `v2` says which
    wire is spoken: E.164 numbers there, ten digits on the older one.
    """

    request: Request
    base: str
    parts: tuple[str, ...]
    v2: bool
    fault: Fault | None

    @property
    def location(self) -> str:
        """The address of the account, to hang Location headers on."""
        return f"{self.request.origin}{self.base}"

    def number_to_wire(self, telephone_number: str) -> str:
        """Ten digits in the form that this wire uses."""
        return f"+1{telephone_number}" if self.v2 else telephone_number


class Sending(StrEnum):
    """How an answer travels: whole, or broken in one of the ways networks break."""

    WHOLE = auto()
    DROPPED = auto()
    CUT = auto()
    CUT_NO_LENGTH = auto()
    DRIP = auto()
    DRIP_HEADERS = auto()
    NEVER = auto()


@dataclass(frozen=True)
class Answer:
    """What goes back. `pause` is in seconds: before the answer, or between dripped bytes."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    sending: Sending = Sending.WHOLE
    pause: float = 0.0

    def is_answered(self) -> bool:
        """Whether the caller gets to see the status."""
        return self.sending not in (Sending.DROPPED, Sending.NEVER)


def xml(status: int, body: bytes, *, location: str = "") -> Answer:
    """An XML answer, with a Location when something was made."""
    headers = {"Content-Type": XML}
    if location:
        headers["Location"] = location
    return Answer(status, body, headers)


def json_refusal(kind: str, description: str, field: str = "") -> Answer:
    """400 with the reasons as the messaging interface writes them."""
    reasons: dict[str, object] = {"type": kind, "description": description}
    if field:
        reasons["fieldErrors"] = [{"fieldName": field, "description": f"'{field}' is not valid"}]
    return Answer(400, json.dumps(reasons).encode(), {"Content-Type": JSON})


@dataclass
class RequestSeen:
    """One line of the request log.

    Of an Authorization header only the scheme is kept, of the body the first 16 KiB. `status` is
    None until answered, and stays None when the connection was dropped instead.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: int | None = None
