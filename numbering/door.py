"""A door that the carrier knocks on: check, store, answer. No work is done here.

The carrier's first request carries no credentials; without a 401 that has a Basic challenge it
never sends any (REFERENCE 10.5). Order notifications are sent once, and others are repeated for a
day until we say 2xx; so 2xx is said only when the row is committed, and 503 when it could not be.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse

# Of a body that is too large to be a notification, this much is kept as evidence.
KEPT_OF_LARGE = 64 * 1024
CHALLENGE = 'Basic realm="webhooks", charset="UTF-8"'


@dataclass(frozen=True)
class DoorAnswer:
    """A status, headers and a short body; what carries it is the caller's business."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


_STORED = DoorAnswer(200, (("Content-Type", "text/plain"),), b"stored\n")
_CHALLENGED = DoorAnswer(
    401,
    (("WWW-Authenticate", CHALLENGE), ("Content-Type", "text/plain")),
    b"credentials needed\n",
)
_AWAY = DoorAnswer(
    503, (("Retry-After", "30"), ("Content-Type", "text/plain")), b"cannot store now\n"
)
_NOT_ARRIVED = DoorAnswer(
    400, (("Content-Type", "text/plain"),), b"the body did not arrive whole\n"
)
_POST_ONLY = DoorAnswer(405, (("Allow", "POST"), ("Content-Type", "text/plain")), b"POST only\n")


@dataclass(frozen=True)
class Door:
    """One door: how much it takes, and the INSERT of content type, body and "is it cut"."""

    insert: str
    body_limit: int

    def receive(self, environ: dict[str, Any]) -> DoorAnswer:
        """Answer one knock, given its WSGI environment.

        At this level, so that the server can ask before any middleware runs: the door's own work
        is a tenth of what a full page costs.
        """
        if environ["REQUEST_METHOD"] != "POST":
            return _POST_ONLY
        if not _is_known(environ.get("HTTP_AUTHORIZATION", "")):
            return _CHALLENGED
        body = self._body(environ)
        if body is None:
            return _NOT_ARRIVED
        is_cut = len(body) > self.body_limit
        kept = body[:KEPT_OF_LARGE] if is_cut else body
        return self._store(environ.get("CONTENT_TYPE", ""), kept, is_cut)

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answer the same as a Django view, for servers that do not start `portal.wsgi`."""
        answer = self.receive(request.environ)  # type: ignore[attr-defined]
        return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))

    def _body(self, environ: dict[str, Any]) -> bytes | None:
        """Return the body up to one byte over the limit, or None when it did not arrive whole."""
        try:
            announced = int(environ.get("CONTENT_LENGTH") or -1)
        except ValueError:
            return None
        if announced < 0:
            # Without a length only a chunked body has an end that the server knows.
            announced = self.body_limit + 1 if environ.get("wsgi.input_terminated") else 0
            exact = False
        else:
            exact = True
        wanted = min(announced, self.body_limit + 1)
        parts: list[bytes] = []
        missing = wanted
        try:
            while missing and (part := environ["wsgi.input"].read(missing)):
                parts.append(part)
                missing -= len(part)
        except OSError:
            return None
        return None if exact and missing else b"".join(parts)

    def _store(self, content_type: str, body: bytes, is_cut: bool) -> DoorAnswer:
        kind = "".join(char for char in content_type[:100] if char.isprintable())
        kind = kind.encode("ascii", "replace").decode("ascii")
        # Twice: a kept connection that the database has dropped fails at its first use. When the
        # first try was stored after all, the second is only one more copy of the same news.
        for last in (False, True):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(self.insert, (kind, body, is_cut))
            except (DatabaseError, InterfaceError):
                connection.close()
                if last:
                    return _AWAY
            else:
                return _STORED
        return _AWAY


def _is_known(authorization: str) -> bool:
    """Compare with every password in use, in constant time, on bytes (text may be non-ASCII)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > 1024:
        return False
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    name = settings.WEBHOOK_USERNAME
    if not name:
        return False
    known = False
    for password in settings.WEBHOOK_PASSWORDS:
        expected = f"{name}:{password}".encode()
        known |= hmac.compare_digest(
            hashlib.sha256(given).digest(), hashlib.sha256(expected).digest()
        )
    return known
