"""The text messages that the sandbox took; they are sent to nobody."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class MessageSeen:
    """A text message in the sandbox's own list; numbers are E.164."""

    message_id: str
    application_id: str
    from_number: str
    to_numbers: tuple[str, ...]
    text: str
    tag: str


class MessageBook:
    """The messages in the order of their arrival. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[MessageSeen] = []

    def add(self, message: MessageSeen) -> None:
        """Keep one more."""
        with self._lock:
            self._messages.append(message)

    def all(self) -> list[MessageSeen]:
        """Every message, oldest first."""
        with self._lock:
            return list(self._messages)
