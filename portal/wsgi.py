"""What the application server runs.

The webhook doors are asked before Django's middleware: notifications come in bursts, need no
session, cookie or page header, and storing one is a single INSERT.
"""

import os
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
_pages = get_wsgi_application()

# Only after the line above are the applications loaded.
from django.urls import reverse  # noqa: E402

from messaging import webhooks as messages  # noqa: E402
from numbering import webhooks as orders  # noqa: E402
from portal.checks import refuse_unsafe_settings  # noqa: E402
from portal.request_text import fault_of  # noqa: E402

refuse_unsafe_settings()
_DOORS = {
    reverse("numbering:order_webhook"): orders.DOOR,
    reverse("messaging:message_webhook"): messages.DOOR,
}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request: the carrier's knock by its door, everything else by Django."""
    door = _DOORS.get(environ.get("PATH_INFO", ""))
    if door is None:
        if (fault := fault_of(environ)) is None:
            return _pages(environ, start_response)
        words = f"{fault.phrase}.\n".encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(words)))]
        start_response(f"{fault.value} {fault.phrase}", headers)
        return [words]
    answer = door.receive(environ)
    start_response(
        f"{answer.status} {HTTPStatus(answer.status).phrase}",
        [*answer.headers, ("Content-Length", str(len(answer.body)))],
    )
    return [answer.body]
