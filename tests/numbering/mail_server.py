"""A small SMTP server on a real socket that takes mails, refuses them, or hangs."""

from __future__ import annotations

import socketserver
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self


@dataclass
class Delivered:
    """One mail as it arrived."""

    recipient: str
    content: str


class MailServer:
    """Takes mails, unless told otherwise by its attributes, which tests may change as it runs."""

    def __init__(self) -> None:
        self.refusals: dict[str, str] = {}  # what is said to a recipient; "*" is everybody
        self.hangs = False
        self.tries = 0
        self.taken: list[Delivered] = []
        self.stopped = threading.Event()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        server = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                server.tries += 1
                if server.hangs:
                    server.stopped.wait(5)
                    return
                self.say("220 tests")
                recipient = ""
                while line := self.rfile.readline().decode().strip():
                    verb, _, rest = line.partition(" ")
                    match verb.upper():
                        case "RCPT":
                            recipient = rest.partition("<")[2].partition(">")[0]
                            said = server.refusals.get(recipient) or server.refusals.get("*")
                            self.say(said or "250 ok")
                        case "DATA":
                            self.say("354 go on")
                            server.taken.append(Delivered(recipient, self.read_content()))
                            self.say("250 taken")
                        case "QUIT":
                            self.say("221 bye")
                            return
                        case _:
                            self.say("250 ok")

            def say(self, line: str) -> None:
                self.wfile.write(line.encode() + b"\r\n")

            def read_content(self) -> str:
                lines: list[str] = []
                while (line := self.rfile.readline().decode()) != ".\r\n":
                    lines.append(line)
                return "".join(lines)

        return Conversation


def use(server: MailServer, settings: Any) -> None:
    """Have the portal write mails down and deliver them to this server."""
    settings.EMAIL_BACKEND = "numbering.mail_backend.RowBackend"
    settings.MAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 0.3
