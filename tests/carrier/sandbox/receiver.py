"""A place for webhooks to arrive at."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Knock:
    """One request that came."""

    authorization: str
    body: bytes
    status: int

    def text(self, tag: str) -> str:
        """The text of an element of the notification."""
        return ET.fromstring(self.body).findtext(tag, "")


class Receiver:
    """Challenges, then takes the right password.

    `refuse_with` answers everything otherwise, `seconds` is how long it thinks each time.
    """

    username = "portal"
    password = "open-sesame"

    def __init__(self, *, refuse_with: int = 0, challenge: bool = True, seconds: float = 0) -> None:
        self.refuse_with = refuse_with
        self.challenge = challenge
        self.knocks: list[Knock] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                authorization = self.headers.get("Authorization", "")
                status = receiver.refuse_with or (200 if receiver.knows(authorization) else 401)
                time.sleep(seconds)
                receiver.knocks.append(Knock(authorization, body, status))
                self.send_response(status)
                if status == 401 and receiver.challenge:
                    self.send_header("WWW-Authenticate", 'Basic realm="portal"')
                text = b"noted"
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    def knows(self, authorization: str) -> bool:
        """Whether these are the right credentials."""
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return authorization == f"Basic {pair}"

    @property
    def url(self) -> str:
        """Where to send webhooks."""
        return f"http://127.0.0.1:{self._server.server_port}/webhooks?door=1"

    def news(self) -> list[Knock]:
        """The webhooks that were let in."""
        return [knock for knock in list(self.knocks) if knock.status == 200]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def subscription_body(
    url: str,
    *,
    order_type: str = "importtnorders",
    event_type: str = "",
    expiry: str = "3600",
    credentials: tuple[str, str] | None = (Receiver.username, Receiver.password),
    number_format: str = "",
    order_id: str = "",
) -> bytes:
    """A webhook subscription as a client writes it; empty texts are left out."""
    root = ET.Element("Subscription")
    callback = ET.Element("CallbackSubscription")
    for parent, tag, text in (
        (root, "OrderType", "" if event_type else order_type),
        (root, "EventType", event_type),
        (root, "OrderId", order_id),
        (callback, "URL", url),
        (callback, "Expiry", expiry),
        (callback, "NumberFormat", number_format),
    ):
        if text:
            ET.SubElement(parent, tag).text = text
    if credentials:
        wrapper = ET.SubElement(callback, "CallbackCredentials")
        basic = ET.SubElement(wrapper, "BasicAuthentication")
        ET.SubElement(basic, "Username").text, ET.SubElement(basic, "Password").text = credentials
    root.append(callback)
    return ET.tostring(root)
