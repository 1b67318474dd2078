"""Message callbacks as the carrier writes them, and the steps that tests take with them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from messaging.domain import inbox
from messaging.models import MessageEvent
from numbering.models import Subscriber, TelephoneNumber
from numbering.worker import run_due
from portal.wsgi import application
from tests import builders
from tests.numbering.notices import Answered, knock

ADDRESS = "/webhooks/messages/"
_FIRST = datetime(2026, 11, 21, 10, tzinfo=UTC)
_minutes = itertools.count()


@dataclass(frozen=True)
class Pair:
    """One of our numbers and one other number."""

    ours: str
    theirs: str


def hosted_pair(subscriber: Subscriber | None = None) -> Pair:
    """Make a hosted number and name somebody who texts with it."""
    ours, theirs = builders.fresh_numbers(2)
    host(ours, subscriber)
    return Pair(ours, theirs)


def host(number: str, subscriber: Subscriber | None = None) -> TelephoneNumber:
    """Begin a hosted life of a number."""
    return TelephoneNumber.objects.create(
        e164=number,
        subscriber=subscriber or builders.subscriber(),
        state="hosted",
        state_changed_at=timezone.now(),
    )


def received(pair: Pair, text: str, **changes: Any) -> dict[str, Any]:
    """Write the event that a message came in."""
    event = {
        "type": "message-received",
        "time": (_FIRST + timedelta(minutes=next(_minutes))).isoformat(),
        "description": "Incoming message received",
        "to": pair.ours,
        "message": {
            "id": uuid4().hex,
            "owner": pair.ours,
            "applicationId": "sandbox-application",
            "segmentCount": 1,
            "direction": "in",
            "to": [pair.ours],
            "from": pair.theirs,
            "text": text,
        },
    }
    event["message"].update(changes.pop("message", {}))  # type: ignore[attr-defined]
    return {**event, **changes}


def became(pair: Pair, kind: str, *, message_id: str, tag: str = "", **changes: Any) -> Any:
    """Write the event of what became of a message of ours."""
    return {
        "type": kind,
        "time": "2026-11-21T10:00:00.000000Z",
        "description": "as the carrier says",
        "to": pair.theirs,
        "message": {
            "id": message_id,
            "owner": pair.ours,
            "direction": "out",
            "to": [pair.theirs],
            "from": pair.ours,
            "text": "",
            "tag": tag,
        },
        **changes,
    }


def knock_with(body: object, **details: Any) -> Answered:
    """Deliver a callback: bytes as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    environ = {"PATH_INFO": ADDRESS, **details.pop("environ", {})}
    return knock(application, raw, content_type="application/json", environ=environ, **details)


def stored(*events: object) -> MessageEvent:
    """Put a callback into the inbox, as the door does, and have it back."""
    assert knock_with(list(events)).status == 200
    return MessageEvent.objects.latest("pk")


def work() -> None:
    """Have the worker apply what was let in, and send what waits."""
    inbox.plan()
    run_due()


def texted(pair: Pair, text: str, **changes: Any) -> MessageEvent:
    """Somebody texts our number, and the worker has done its work."""
    event = stored(received(pair, text, **changes))
    work()
    event.refresh_from_db()
    return event
