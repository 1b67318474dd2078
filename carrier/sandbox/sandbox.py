"""One sandbox carrier: started, asked, told to misbehave, stopped."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from carrier.sandbox import control, routes
from carrier.sandbox.delivery import Delivered, Webhook
from carrier.sandbox.exchange import Answer, Request, RequestSeen
from carrier.sandbox.faults import Fault, FaultBook
from carrier.sandbox.loa_shelf import LoaShelf
from carrier.sandbox.message_book import MessageBook, MessageSeen
from carrier.sandbox.notices import Notices
from carrier.sandbox.number_book import NumberBook
from carrier.sandbox.offers import Offers
from carrier.sandbox.options import LiveSettings, SandboxOptions
from carrier.sandbox.order import OrderKind
from carrier.sandbox.order_book import OrderBook
from carrier.sandbox.ordering import Ordering
from carrier.sandbox.platform_answers import RateLimit
from carrier.sandbox.platform_book import PlatformBook, PlatformNumberSeen
from carrier.sandbox.processing import Processing
from carrier.sandbox.request_log import RequestLog
from carrier.sandbox.reservation_book import ReservationBook
from carrier.sandbox.sender import WebhookSender
from carrier.sandbox.server import SandboxServer
from carrier.sandbox.state import SandboxState
from carrier.sandbox.store import Store
from carrier.sandbox.subscription_book import SubscriptionBook
from carrier.sandbox.supply import Supply
from carrier.sandbox.tokens import TOKEN_PATH, Tokens


@dataclass(frozen=True)
class OrderSeen:
    """An order in the sandbox's own list; numbers are E.164."""

    order_id: str
    customer_order_id: str
    status: str
    telephone_numbers: tuple[str, ...]
    created_at: datetime


class Sandbox:
    """A carrier on this machine. Use it as a context manager, or call start and stop."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.options = options or SandboxOptions()
        self._store = Store(self.options.state_path)
        settings = LiveSettings(
            self.options.processing_seconds,
            self.options.lost_after_seconds,
            self.options.platform_rate,
            self.options.platform_latency_seconds,
        )
        orders = OrderBook(self._store)
        numbers = NumberBook(self._store)
        offers = Offers(Supply(self.options.supply_seed), numbers)
        reservations = ReservationBook(self._store)
        ordering = Ordering(offers, orders, numbers, reservations)
        subscriptions = SubscriptionBook(self._store)
        self._sender = WebhookSender(
            settings.webhooks,
            timeout=self.options.webhook_timeout,
            on_delivered=self._note_delivery,
        )
        notices = Notices(subscriptions, self._sender.send)
        self._state = SandboxState(
            options=self.options,
            settings=settings,
            orders=orders,
            numbers=numbers,
            offers=offers,
            reservations=reservations,
            loas=LoaShelf(self._store),
            messages=MessageBook(),
            platform=PlatformBook(self._store),
            platform_limit=RateLimit(),
            subscriptions=subscriptions,
            tokens=Tokens(self.options),
            faults=FaultBook(),
            notices=notices,
            processing=Processing(orders, numbers, ordering, notices, settings),
            log=RequestLog(),
        )
        self._server = SandboxServer((self.options.host, self.options.port), self._answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.01},
            name="sandbox-http",
            daemon=True,
        )

    def start(self) -> None:
        """Begin to answer, to process orders and to send webhooks."""
        self._sender.start()
        self._state.processing.start()
        self._thread.start()

    def stop(self) -> None:
        """End all of it; a state file keeps what there is."""
        self._server.stop()
        self._thread.join()
        self._state.processing.stop()
        self._sender.stop()
        self._store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def v1_base(self) -> str:
        """The base address of the older interface: ten-digit numbers."""
        return f"{self.url}/api/"

    @property
    def v2_base(self) -> str:
        """The base address of the newer interface: E.164 numbers."""
        return f"{self.url}/api/v2/"

    @property
    def messaging_base(self) -> str:
        """The base address of the interface for text messages."""
        return f"{self.url}/api/v2/"

    @property
    def platform_base(self) -> str:
        """The base address of the older platform (V1)."""
        return f"{self.url}/v1/"

    @property
    def token_url(self) -> str:
        """Where client credentials are turned into a Bearer token."""
        return f"{self.url}{TOKEN_PATH}"

    @property
    def requests(self) -> list[RequestSeen]:
        """The last 5,000 requests, oldest first; those to the control address are left out."""
        return self._state.log.all()

    def orders(self) -> list[OrderSeen]:
        """Every import order, newest first, whether or not its caller ever heard of it."""
        return self._seen(OrderKind.IMPORT)

    def removals(self) -> list[OrderSeen]:
        """Every removal, newest first, whether or not its caller ever heard of it."""
        return self._seen(OrderKind.REMOVAL)

    def number_orders(self) -> list[OrderSeen]:
        """Every order of new numbers, newest first; one that searches has none until it ends."""
        return self._seen(OrderKind.NUMBER)

    def disconnects(self) -> list[OrderSeen]:
        """Every disconnect, newest first, whether or not its caller ever heard of it."""
        return self._seen(OrderKind.DISCONNECT)

    def _seen(self, kind: OrderKind) -> list[OrderSeen]:
        return [
            OrderSeen(
                order_id=order.order_id,
                customer_order_id=order.customer_order_id,
                status=order.status,
                telephone_numbers=tuple(f"+1{number}" for number in order.telephone_numbers),
                created_at=datetime.fromtimestamp(order.created_at, UTC),
            )
            for order in self._state.orders.recent()
            if order.kind is kind
        ]

    def fault(
        self,
        name: str,
        *,
        method: str = "",
        path_contains: str = "",
        times: int | None = 1,
        rate: float = 1.0,
        **params: object,
    ) -> None:
        """Have a fault, as with POST /_sandbox/faults; ValueError for one that is not known."""
        self._state.faults.add(Fault(name, method, path_contains, times, rate, params))

    def clear_faults(self) -> None:
        """Have no faults any more."""
        self._state.faults.clear()

    def change(self, **settings: object) -> None:
        """Change live settings, as with POST /_sandbox/settings; ValueError for unknown ones."""
        self._state.settings.change(settings)

    def finish(self, order_id: str, status: str) -> None:
        """End an order with a status; ValueError when that cannot be."""
        control.finish(self._state, order_id, status)

    def lose(self, telephone_number: str, *, notify: bool = True) -> bool:
        """Stop hosting a number (E.164 or ten digits), with news or without; whether it was."""
        return control.lose(self._state, telephone_number, notify=notify)

    def stock(
        self, telephone_numbers: Iterable[str], *, site_id: str, sip_peer_id: str, owned: bool
    ) -> int:
        """Put numbers (E.164 or ten digits) in service at a peer, without an order; how many."""
        return control.stock(
            self._state, telephone_numbers, site_id=site_id, sip_peer_id=sip_peer_id, owned=owned
        )

    def send_notice(
        self, body: bytes, *, credentials: str = "true", content_type: str = "application/xml"
    ) -> Delivered:
        """Send any body to the subscribed address, as with POST /_sandbox/notices."""
        return control.send_notice(
            self._state, body, credentials=credentials, content_type=content_type
        )

    def messages(self) -> list[MessageSeen]:
        """Every text message that was taken, oldest first, whether or not its sender knows."""
        return self._state.messages.all()

    def platform_numbers(self) -> list[PlatformNumberSeen]:
        """Every number ever imported to the older platform, whether or not its caller knows."""
        return self._state.platform.all()

    def send_callback(
        self, body: bytes, *, url: str, username: str = "", password: str = ""
    ) -> Delivered:
        """Send a message callback with any body, as with POST /_sandbox/callbacks."""
        return control.send_callback(
            self._state, body, url=url, username=username, password=password
        )

    def revoke_tokens(self) -> None:
        """Make every Bearer token given out so far useless."""
        self._state.tokens.revoke_all()

    def _answer(self, request: Request, query: str, wait: Callable[[float], bool]) -> Answer:
        if request.path == "/" or request.path.startswith(control.PREFIX):
            return control.answer(self._state, request, self.url)
        seen = self._state.log.note(request, query)
        answer = routes.answer(self._state, request, wait)
        seen.status = answer.status if answer.is_answered() else None
        return answer

    def _note_delivery(self, webhook: Webhook, delivered: Delivered) -> None:
        self._state.subscriptions.set_status(webhook.subscription_id, delivered.text)


def serve(options: SandboxOptions) -> None:
    """Run a sandbox until SIGINT or SIGTERM. For the main thread: it takes over both signals."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with Sandbox(options) as sandbox:
        lines = (
            f"Sandbox carrier at {sandbox.url}/ (open it in a browser)",
            f"  v1 base      {sandbox.v1_base}",
            f"  v2 base      {sandbox.v2_base}",
            f"  token URL    {sandbox.token_url}",
            f"  old platform {sandbox.platform_base}",
            f"  account      {options.account_id}",
            "Stop it with Ctrl-C.",
        )
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        ended.wait()
