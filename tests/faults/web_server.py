"""The web server of the kills: killed in the middle of webhooks, and started again."""

import random
import threading
import time
import uuid
from collections import Counter
from types import TracebackType
from typing import Self

from tests.benchmarks.notices import notice
from tests.faults.bench import WEBHOOK_PATH, Bench
from tests.faults.kept import digest
from tests.faults.knocks import Knock, knock
from tests.faults.processes import gunicorn

# Each kill falls into so many webhooks, sent within a tenth of a second.
_BURST = 20
_BURST_RATE = 200


class WebServer:
    """Runs as a context manager; what it answered with 2xx is in `promised`, by digest."""

    def __init__(self, bench: Bench, env: dict[str, str]) -> None:
        self._bench, self._env = bench, env
        self.worker_kills = 0
        self.whole_kills = 0
        self.crashes = 0
        self.promised: Counter[str] = Counter()
        self.unanswered = 0
        self._server = gunicorn(bench.portal_port, env=env, log=bench.log("portal"))

    @property
    def kills(self) -> int:
        """How often it was killed, one worker or all of it."""
        return self.worker_kills + self.whole_kills

    def wait_until_it_listens(self) -> None:
        """Wait for the port."""
        self._server.wait_for_port(self._bench.portal_port)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.end()

    def kill_amid_webhooks(self, chance: random.Random, *, whole: bool) -> None:
        """Kill one worker, or the master with all of them, while a burst of webhooks arrives.

        The webhooks tell of orders that nobody knows: no real order is read because of them.
        """
        if self._server.exit_status is not None:
            self.crashes += 1
            self._start_again()
        bodies = [notice(order_id=str(uuid.uuid4()), customer_order_id="") for _ in range(_BURST)]
        knocks: list[Knock] = []
        burst = threading.Thread(target=lambda: knocks.extend(self._knock(bodies)))
        burst.start()
        time.sleep(chance.uniform(0, _BURST / _BURST_RATE))
        if whole:
            self._server.kill_group()
            self.whole_kills += 1
        else:
            self._server.kill_child(chance)
            self.worker_kills += 1
        burst.join()
        self.promised.update(digest(bodies[one.index]) for one in knocks if one.is_taken)
        self.unanswered += sum(one.status == 0 for one in knocks)
        if whole:
            self._start_again()

    def _start_again(self) -> None:
        self._server = gunicorn(
            self._bench.portal_port, env=self._env, log=self._bench.log("portal")
        )
        self.wait_until_it_listens()

    def _knock(self, bodies: list[bytes]) -> list[Knock]:
        return knock(
            self._bench.portal_port,
            WEBHOOK_PATH,
            bodies,
            rate=_BURST_RATE,
            username=self._env["WEBHOOK_USERNAME"],
            password=self._env["WEBHOOK_PASSWORDS"],
        )
