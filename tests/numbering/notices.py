"""Order webhooks as the carrier writes them, and a way to knock with them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

from django.test import RequestFactory

from numbering.models import WebhookEvent

ADDRESS = "/webhooks/orders/"
TRUE_CREDENTIALS = ("bandwidth", "webhook-password-new")
Application = Callable[..., Iterable[bytes]]


def order_notice(
    order_id: str | None = None,
    *,
    status: str = "COMPLETE",
    reference: str = "",
    message: str = "All telephone numbers of the import order are done.",
    order_type: str = "importtnorders",
) -> bytes:
    """Write the notice about an order."""
    root = ET.Element("Notification")
    for tag, text in (
        ("SubscriptionId", str(uuid4())),
        ("OrderType", order_type),
        ("OrderId", str(uuid4()) if order_id is None else order_id),
        ("CustomerOrderId", reference),
        ("Status", status),
        ("Message", message),
    ):
        if text:
            ET.SubElement(root, tag).text = text
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def lost_notice(*numbers: str, message: str = "Messaging was lost.") -> bytes:
    """Write the notice that messaging was lost for numbers."""
    root = ET.Element("Notification")
    ET.SubElement(root, "EventType").text = "MESSAGING_LOST"
    ET.SubElement(root, "Message").text = message
    impacted = ET.SubElement(root, "ImpactedTelephoneNumbers")
    for number in numbers:
        ET.SubElement(impacted, "TelephoneNumber").text = number
    return ET.tostring(root)


def stored(body: bytes, *, content_type: str = "application/xml") -> WebhookEvent:
    """Put a webhook into the inbox, as the door does."""
    event = WebhookEvent.objects.create(body=body, content_type=content_type)
    event.refresh_from_db()
    return event


def basic(name: str, password: str) -> str:
    """Write an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@dataclass
class Answered:
    """What the door said."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def knock(
    application: Application,
    body: bytes = b"",
    *,
    authorization: str | None = None,
    content_type: str = "application/xml",
    method: str = "POST",
    environ: dict[str, Any] | None = None,
) -> Answered:
    """Send one request to a WSGI application; True credentials unless told otherwise."""
    request = RequestFactory().generic(method, ADDRESS, content_type=content_type)
    given = authorization if authorization is not None else basic(*TRUE_CREDENTIALS)
    whole = {
        **request.environ,
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": content_type,
        "HTTP_HOST": "localhost",
        **({"HTTP_AUTHORIZATION": given} if given else {}),
        **(environ or {}),
    }
    answered = Answered()

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        answered.status = int(status.split()[0])
        answered.headers = dict(headers)

    chunks = application(whole, start_response)
    answered.body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return answered
