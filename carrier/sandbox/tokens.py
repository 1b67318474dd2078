"""Who may call: Basic credentials, or a Bearer token that was fetched with client credentials."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
import time
import urllib.parse

from carrier.sandbox.exchange import JSON, Answer, Request
from carrier.sandbox.options import SandboxOptions

TOKEN_PATH = "/api/v1/oauth2/token"  # noqa: S105 - an address


class Tokens:
    """Gives out Bearer tokens and knows whom to let in. Tokens do not outlive a restart."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._expiry: dict[str, float] = {}

    def grant(self, request: Request) -> Answer:
        """POST the token address: client credentials as Basic, the grant type as a form."""
        if request.method != "POST":
            return Answer(405, headers={"Allow": "POST"})
        wanted = (self._options.client_id, self._options.client_secret)
        if basic_pair(request.headers.get("authorization", "")) != wanted:
            return _json(401, {"error": "invalid_client"})
        form = urllib.parse.parse_qs(request.body.decode("ascii", "replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return _json(400, {"error": "unsupported_grant_type"})
        token = secrets.token_urlsafe(24)
        seconds = self._options.token_seconds
        now = time.monotonic()
        with self._lock:
            self._expiry = {known: end for known, end in self._expiry.items() if end > now}
            self._expiry[token] = now + seconds
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": seconds})

    def lets_in(self, request: Request) -> bool:
        """Whether the request carries good credentials of either kind."""
        authorization = request.headers.get("authorization", "")
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() == "bearer":
            with self._lock:
                return self._expiry.get(rest.strip(), 0.0) > time.monotonic()
        return basic_pair(authorization) == (self._options.username, self._options.password)

    def revoke_all(self) -> None:
        """Make every token useless, as if each had expired."""
        with self._lock:
            self._expiry.clear()


def basic_pair(authorization: str) -> tuple[str, str] | None:
    """User name and password of a Basic header, None when it is not a readable one."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    username, _, password = pair.partition(":")
    return username, password


def _json(status: int, content: dict[str, object]) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": JSON})
