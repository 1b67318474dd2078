"""What killing the web server did: webhooks promised and kept, orders that no webhook told of."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tests.faults import kept
from tests.faults.at_carrier import TheirWebhook
from tests.faults.moving import AnyOrder
from tests.faults.web_server import WebServer


@dataclass(frozen=True)
class WebOutcome:
    """Counts.

    `untold` are the orders of which every webhook that the carrier sent went unanswered: it sends
    none again, so that only the sweep can put them right. `not_healed` are those still open.
    """

    worker_kills: int
    whole_kills: int
    crashes: int
    burst_unanswered: int
    unanswered: int
    answered: int
    lost: int
    untold: int
    not_healed: int

    @property
    def kills(self) -> int:
        """How often it was killed, one worker or all of it."""
        return self.worker_kills + self.whole_kills

    def broken(self, part: str) -> list[str]:
        """A sentence for each promise that was broken."""
        sentences = {
            f"the web server ended by itself {self.crashes} times": self.crashes,
            f"{self.lost} webhooks were answered with 2xx and are not kept": self.lost,
            f"{self.not_healed} orders whose webhooks were cut off were never put right": (
                self.not_healed
            ),
        }
        return [f"{part}: {sentence}." for sentence, count in sentences.items() if count]

    def rows(self) -> tuple[tuple[str, object], ...]:
        """The same for people."""
        return (
            ("web server's workers killed", self.worker_kills),
            ("web server killed as a whole", self.whole_kills),
            ("webhooks answered 2xx", self.answered),
            ("  of them not kept", self.lost),
            ("webhooks of the bursts that the kills cut off", self.burst_unanswered),
            ("the carrier's own that got no 2xx", self.unanswered),
            ("  orders of which no other told", self.untold),
            ("  of them never put right", self.not_healed),
        )


def web_outcome(
    web: WebServer,
    theirs: list[TheirWebhook],
    settled: Mapping[type[AnyOrder], Collection[str]],
) -> WebOutcome:
    """Hold what was answered against what is kept, and what was not against the orders.

    `settled` are the kinds of orders, each with the statuses that nothing moves it from.
    """
    taken = [webhook for webhook in theirs if 200 <= webhook.status < 300]
    promised = web.promised + Counter(webhook.digest for webhook in taken)
    silent = {webhook.order_id for webhook in theirs} - {webhook.order_id for webhook in taken}
    untold = [
        (status, statuses)
        for model, statuses in settled.items()
        for status in model._default_manager.filter(carrier_order_id__in=silent).values_list(
            "status", flat=True
        )
    ]
    return WebOutcome(
        worker_kills=web.worker_kills,
        whole_kills=web.whole_kills,
        crashes=web.crashes,
        burst_unanswered=web.unanswered,
        unanswered=len(theirs) - len(taken),
        answered=promised.total(),
        lost=kept.lost(promised),
        untold=len(untold),
        not_healed=sum(status not in statuses for status, statuses in untold),
    )
