"""The carrier's news: which subscriptions an order or an event concerns, and what they are told."""

from __future__ import annotations

import time
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.delivery import Webhook
from carrier.sandbox.document import leaf, leaves, render
from carrier.sandbox.instants import to_text
from carrier.sandbox.order import Order, OrderKind
from carrier.sandbox.subscription_book import Subscription, SubscriptionBook

_ORDER_TYPES = {
    OrderKind.IMPORT: "importtnorders",
    OrderKind.REMOVAL: "removeImportedTnOrders",
    OrderKind.NUMBER: "orders",
    OrderKind.DISCONNECT: "disconnects",
}
MESSAGING_LOST = "MESSAGING_LOST"

_MESSAGES = {
    "COMPLETE": "All telephone numbers of the order are done.",
    "PARTIAL": "Some telephone numbers of the order were not taken.",
    "FAILED": "The order has failed.",
    "EXCEPTION": "The order needs a look.",
    "BACKORDERED": "The order waits for more telephone numbers.",
}


class Notices:
    """Writes webhooks for the matching subscriptions and hands them on to be sent."""

    def __init__(self, subscriptions: SubscriptionBook, send: Callable[[Webhook], None]) -> None:
        self._subscriptions = subscriptions
        self._send = send

    def tell_order(self, order: Order, *, status: str = "", times: int = 1) -> None:
        """Tell of an order; `status` is given when the news differs from what the order says.

        A subscription to one order is gone once that has ended, told (`times` above 0) or not.
        """
        for subscription in self._matching(order.kind, order_id=order.order_id):
            body = _order_news(order, status or order.status, subscription)
            for _ in range(times):
                self._send(_webhook(subscription, body))
            if subscription.order_id and order.is_final:
                self._subscriptions.delete(subscription.subscription_id)

    def tell_lost(self, telephone_numbers: list[str]) -> None:
        """Tell that these ten-digit numbers are no longer hosted."""
        for subscription in self._subscriptions.current(now=time.time()):
            if subscription.event_type == MESSAGING_LOST and subscription.url:
                self._send(_webhook(subscription, _lost_news(telephone_numbers, subscription)))

    def subscribed_webhook(self, body: bytes, content_type: str) -> Webhook | None:
        """Any body, addressed to the first subscription for import orders; None without one."""
        for subscription in self._matching(OrderKind.IMPORT, order_id=""):
            return _webhook(subscription, body, content_type)
        return None

    def _matching(self, kind: OrderKind, *, order_id: str) -> list[Subscription]:
        return [
            subscription
            for subscription in self._subscriptions.current(now=time.time())
            if subscription.order_type.lower() == _ORDER_TYPES[kind].lower()
            and subscription.url
            and subscription.order_id in ("", order_id)
        ]


def _webhook(
    subscription: Subscription, body: bytes, content_type: str = "application/xml"
) -> Webhook:
    return Webhook(
        url=subscription.url,
        body=body,
        username=subscription.username,
        password=subscription.password,
        subscription_id=subscription.subscription_id,
        content_type=content_type,
    )


def _order_news(order: Order, status: str, subscription: Subscription) -> bytes:
    root = Element("Notification")
    leaf(root, "SubscriptionId", subscription.subscription_id)
    leaf(root, "OrderType", _ORDER_TYPES[order.kind])
    leaf(root, "OrderId", order.order_id)
    if order.customer_order_id:
        leaf(root, "CustomerOrderId", order.customer_order_id)
    leaf(root, "Status", status)
    leaf(root, "Message", _MESSAGES.get(status, f"The order is now {status}."))
    # The carrier lists the numbers of an order here even when it has failed.
    completed = SubElement(root, "CompletedTelephoneNumbers")
    leaves(completed, "TelephoneNumber", _written(order.telephone_numbers, subscription))
    leaf(root, "LastModifiedDate", to_text(order.modified_at))
    return render(root)


def _lost_news(telephone_numbers: list[str], subscription: Subscription) -> bytes:
    root = Element("Notification")
    leaf(root, "SubscriptionId", subscription.subscription_id)
    leaf(root, "EventType", MESSAGING_LOST)
    leaf(root, "Message", "Messaging was lost for telephone numbers of this account.")
    impacted = SubElement(root, "ImpactedTelephoneNumbers")
    leaves(impacted, "TelephoneNumber", _written(telephone_numbers, subscription))
    return render(root)


def _written(numbers: list[str] | tuple[str, ...], subscription: Subscription) -> list[str]:
    prefix = "+1" if subscription.number_format == "E164" else ""
    return [f"{prefix}{number}" for number in numbers]
