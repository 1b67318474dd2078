"""One webhook on its way: the bare knock, the challenge, the answer to the challenge."""

from __future__ import annotations

import base64
import http.client
import urllib.parse
from dataclasses import dataclass

_KEPT_OF_ANSWER = 200


@dataclass(frozen=True)
class Webhook:
    """A body for one address. Without a user name the body goes along at once."""

    url: str
    body: bytes
    username: str = ""
    password: str = ""
    subscription_id: str = ""
    content_type: str = "application/xml"


@dataclass(frozen=True)
class Delivered:
    """How it ended: the statuses of the requests made, and a text for the subscription."""

    statuses: tuple[int, ...]
    text: str


def deliver(webhook: Webhook, *, timeout: float) -> Delivered:
    """Send one webhook the way the carrier does; never raises for what the receiver does.

    With credentials the first request carries neither them nor the body. Only a 401 with a Basic
    challenge brings the second request, with both. Nothing is repeated and no redirect followed.
    `timeout` is in seconds and holds for each wait on the connection.
    """
    statuses: list[int] = []
    try:
        bare_body = b"" if webhook.username else webhook.body
        status, challenge, text = _post(webhook, bare_body, authorization="", timeout=timeout)
        statuses.append(status)
        challenged = challenge.strip().lower().startswith("basic")
        if status == 401 and challenged and webhook.username:
            pair = f"{webhook.username}:{webhook.password}".encode()
            authorization = f"Basic {base64.b64encode(pair).decode()}"
            status, _, text = _post(
                webhook, webhook.body, authorization=authorization, timeout=timeout
            )
            statuses.append(status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        text = f"{type(error).__name__}: {error}"
    return Delivered(tuple(statuses), text)


def _post(
    webhook: Webhook, body: bytes, *, authorization: str, timeout: float
) -> tuple[int, str, str]:
    """One request: its status, its challenge, and status line with the start of the answer."""
    address = urllib.parse.urlsplit(webhook.url)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=timeout)
    headers = {"Content-Type": webhook.content_type, "Content-Length": str(len(body))}
    if authorization:
        headers["Authorization"] = authorization
    target = urllib.parse.urlunsplit(("", "", address.path or "/", address.query, ""))
    try:
        connection.request("POST", target, body=body, headers=headers)
        answer = connection.getresponse()
        start = answer.read(_KEPT_OF_ANSWER).decode("utf-8", "replace")
        text = f"{answer.status} {answer.reason} {start}".strip()
        return answer.status, answer.getheader("WWW-Authenticate", ""), text
    finally:
        connection.close()
