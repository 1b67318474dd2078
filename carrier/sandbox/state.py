"""Everything that the parts of one running sandbox share."""

from __future__ import annotations

from dataclasses import dataclass

from carrier.sandbox.faults import FaultBook
from carrier.sandbox.loa_shelf import LoaShelf
from carrier.sandbox.message_book import MessageBook
from carrier.sandbox.notices import Notices
from carrier.sandbox.number_book import NumberBook
from carrier.sandbox.offers import Offers
from carrier.sandbox.options import LiveSettings, SandboxOptions
from carrier.sandbox.order_book import OrderBook
from carrier.sandbox.platform_answers import RateLimit
from carrier.sandbox.platform_book import PlatformBook
from carrier.sandbox.processing import Processing
from carrier.sandbox.request_log import RequestLog
from carrier.sandbox.reservation_book import ReservationBook
from carrier.sandbox.subscription_book import SubscriptionBook
from carrier.sandbox.tokens import Tokens


@dataclass(frozen=True)
class SandboxState:
    """The books and the workers of one sandbox."""

    options: SandboxOptions
    settings: LiveSettings
    orders: OrderBook
    numbers: NumberBook
    offers: Offers
    reservations: ReservationBook
    loas: LoaShelf
    messages: MessageBook
    platform: PlatformBook
    platform_limit: RateLimit
    subscriptions: SubscriptionBook
    tokens: Tokens
    faults: FaultBook
    notices: Notices
    processing: Processing
    log: RequestLog
