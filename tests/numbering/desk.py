"""What staff do in a browser, one step per function."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from numbering.models import ImportOrder
from tests import builders


def page_of(order: ImportOrder) -> str:
    """Give the address of the order's page."""
    return f"/admin/numbers/importorder/{order.pk}/change/"


def do(desk: Client, order: ImportOrder, name: str, **fields: Any) -> HttpResponse:
    """Press the button of an action."""
    return desk.post(f"/admin/numbers/importorder/{order.pk}/do/{name}/", fields)


def said(response: HttpResponse) -> list[str]:
    """Give the messages that the answer leaves for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def text_of(desk: Client, order: ImportOrder) -> str:
    """Read the order's page."""
    response = desk.get(page_of(order))
    assert response.status_code == 200
    return response.content.decode()


def actors(order: ImportOrder) -> list[str]:
    """Give who did what stands in the order's timeline, oldest first; '' is the portal."""
    return [
        event.actor.name if event.actor else ""
        for event in order.events.select_related("actor").order_by("pk")
    ]


def letter(name: str = "letter.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    """Make the upload of a good LOA."""
    return SimpleUploadedFile(name, content or builders.pdf(), "application/pdf")
