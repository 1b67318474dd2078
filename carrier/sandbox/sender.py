"""Sends webhooks from a few threads of its own, so that a slow receiver holds up nothing else."""

from __future__ import annotations

import heapq
import itertools
import logging
import random
import threading
import time
from collections.abc import Callable

from carrier.sandbox.delivery import Delivered, Webhook, deliver
from carrier.sandbox.options import WebhookHabits

_THREADS = 8
_OVERTAKEN_SECONDS = 2.0
"""How long a webhook is held back so that later ones pass it."""

logger = logging.getLogger(__name__)


class WebhookSender:
    """A queue of webhooks by the instant they are due, and the threads that send them."""

    def __init__(
        self,
        habits: WebhookHabits,
        *,
        timeout: float,
        on_delivered: Callable[[Webhook, Delivered], None],
    ) -> None:
        self._habits = habits
        self._timeout = timeout
        self._on_delivered = on_delivered
        self._waiting: list[tuple[float, int, Webhook]] = []
        self._numbering = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"sandbox-webhook-{index}", daemon=True)
            for index in range(_THREADS)
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more; what is still waiting is lost, as at the carrier.

        A slow receiver is not waited for: its thread ends by itself, and unheard.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=0.1)

    def send(self, webhook: Webhook) -> None:
        """Send one webhook soon, or badly, as the habits say."""
        habits = self._habits
        if random.random() < habits.lose:
            return
        copies = 2 if random.random() < habits.double else 1
        due = time.monotonic() + habits.delay_seconds
        if random.random() < habits.reorder:
            due += _OVERTAKEN_SECONDS
        with self._changed:
            for _ in range(copies):
                heapq.heappush(self._waiting, (due, next(self._numbering), webhook))
            self._changed.notify(copies)

    def _work(self) -> None:
        while (webhook := self._next()) is not None:
            try:
                delivered = deliver(webhook, timeout=self._timeout)
                if not self._stopping:
                    self._on_delivered(webhook, delivered)
            except Exception:
                logger.exception("a sandbox webhook could not be handled")

    def _next(self) -> Webhook | None:
        """The next webhook that is due, None when the sandbox stops."""
        with self._changed:
            while not self._stopping:
                wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(wait)
        return None
