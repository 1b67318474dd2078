"""The sandbox carrier of a run: start it, ask it what it has, tell it how to misbehave."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carrier import subscriptions
from carrier.account import CarrierSettings
from carrier.client import Carrier
from carrier.credentials import BasicCredentials
from carrier.records import NewSubscription
from carrier.sandbox import SandboxOptions
from carrier.sandbox.order import OrderKind
from tests.faults.knocks import final_status
from tests.faults.processes import Process

_SUBSCRIBED_SECONDS = 24 * 3600


@dataclass(frozen=True)
class TheirOrder:
    """An order that the carrier really has; numbers are E.164."""

    kind: OrderKind
    order_id: str
    reference: str
    status: str
    telephone_numbers: tuple[str, ...]
    failed_numbers: frozenset[str]

    @property
    def completed(self) -> frozenset[str]:
        """The numbers for which it was carried out."""
        if self.status not in ("COMPLETE", "PARTIAL"):
            return frozenset()
        return frozenset(self.telephone_numbers) - self.failed_numbers


@dataclass(frozen=True)
class TheirWebhook:
    """A webhook that the carrier sent: the digest of its body, its order, how it ended.

    `status` is 0 when there was no answer.
    """

    digest: str
    order_id: str
    status: int


@dataclass(frozen=True)
class CarrierHome:
    """Where a run's sandbox lives: its port, and the folder with its state and journal."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, env: Mapping[str, str], processing_seconds: float, seed: int) -> Process:
        """Start it and wait until it listens; with what it knew before, if it ran before."""
        process = Process(
            ["-m", "tests.faults.carrier_process", str(self.port)]
            + [str(self.folder / "state.sqlite3"), str(self.folder / "journal.jsonl")]
            + [str(self.folder / "deliveries.jsonl")]
            + [str(processing_seconds), str(seed)],
            env=env,
            log=self.folder / "carrier.log",
        )
        try:
            process.wait_for_port(self.port)
        except BaseException:
            process.end()
            raise
        return process

    def subscribe(
        self,
        url: str,
        *,
        username: str,
        password: str,
        order_types: Iterable[str] = ("importtnorders",),
    ) -> None:
        """Have it deliver the notices about orders of these types to the address."""
        sample = SandboxOptions()
        carrier = Carrier(
            CarrierSettings(
                account_id=sample.account_id,
                credentials=BasicCredentials(username=sample.username, password=sample.password),
                v1_base=f"{self.url}/api/",
                v2_base=f"{self.url}/api/v2/",
                messaging_base=f"{self.url}/api/v2/",
                allow_plain_http=True,
            )
        )
        for order_type in order_types:
            subscriptions.create(
                carrier,
                subscription=NewSubscription(
                    url=url,
                    username=username,
                    password=password,
                    order_type=order_type,
                    expiry_seconds=_SUBSCRIBED_SECONDS,
                ),
            )

    def tell(self, path: str, content: Mapping[str, object] | None) -> None:
        """POST to the control address (docs/sandbox.md); DELETE without content."""
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}", data=body, method="DELETE" if body is None else "POST"
        )
        urllib.request.urlopen(request, timeout=10).close()

    def orders(self) -> list[TheirOrder]:
        """Every order that it has, whether or not its caller ever heard of it."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/orders", timeout=30) as answer:
            return [_order(item) for item in json.load(answer)]

    def journal(self) -> list[dict[str, Any]]:
        """Every request that reached it and ended: at, method, path, status, reference."""
        lines = (self.folder / "journal.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def webhooks(self) -> list[TheirWebhook]:
        """Every webhook that it sent, each once; the ones that it lost on purpose are not there."""
        lines = map(json.loads, (self.folder / "deliveries.jsonl").read_text().splitlines())
        return [
            TheirWebhook(line["digest"], line["order"], final_status(line["statuses"]))
            for line in lines
        ]

    def creating_calls(self) -> Counter[str]:
        """How many requests may have created an order, by reference.

        A status that says clearly that nothing was done is left out; a dropped one is not.
        """
        clear = {400, 401, 403, 429}
        return Counter(
            call["reference"]
            for call in self.journal()
            if call["method"] == "POST" and call["reference"] and call["status"] not in clear
        )


def _order(item: dict[str, Any]) -> TheirOrder:
    failed = {f"+1{number}" for problem in item["problems"] for number in problem[2]}
    return TheirOrder(
        kind=OrderKind(item["kind"]),
        order_id=item["order_id"],
        reference=item["customer_order_id"],
        status=item["status"],
        telephone_numbers=tuple(item["telephone_numbers"]),
        failed_numbers=frozenset(failed),
    )
