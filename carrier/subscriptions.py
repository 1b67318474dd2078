"""Webhook subscriptions: where the carrier is asked to send its notices, and until when.

Source: the carrier's API pages for subscriptions (v1). Those of v2 are JSON with paths and fields
that no public page states, so these calls go to the v1 base whatever the account's API version.
"""

from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import Refused, UnreadableBody
from carrier.identifiers import checked_order_id, checked_word_id, last_segment
from carrier.records import NewSubscription, Subscription
from carrier.wire import Answer

# Said instead of an empty list.
_NONE_MATCH = frozenset({"16001", "16002"})


def create(carrier: Carrier, *, subscription: NewSubscription) -> str:
    """Register a subscription and return its id.

    Raises Refused for a bad or doubled one, OutcomeUnknown when it may exist without our knowing
    its id: then look at `list_all`.
    """
    call = _call("create", "POST", subscription=subscription)

    def read(answer: Answer) -> str:
        located = last_segment(answer.headers.get("Location", ""))
        found = located if located != "subscriptions" else ""
        if answer.body.strip():
            root = call.root_of(answer)
            found = found or next((row.subscription_id for row in _rows(root)), "")
        try:
            return checked_word_id(found, "subscription")
        except ValueError:
            raise call.unknown("the answer names no subscription", status=answer.status) from None

    return carrier.call(call, read)


def list_all(carrier: Carrier) -> tuple[Subscription, ...]:
    """All subscriptions of the account; "none match" is an empty list.

    Raises a CarrierError when they could not be read.
    """
    call = _call("list_all", "GET")

    def read(answer: Answer) -> tuple[Subscription, ...]:
        return read_subscriptions(call.root_of(answer))

    try:
        return carrier.call(call, read)
    except Refused as refusal:
        if refusal.problems and all(problem.code in _NONE_MATCH for problem in refusal.problems):
            return ()
        raise


def get(carrier: Carrier, *, subscription_id: str) -> Subscription:
    """One subscription. Raises NotFound when there is none with this id."""
    call = _call("get", "GET", subscription_id)

    def read(answer: Answer) -> Subscription:
        root = call.root_of(answer)
        for row in read_subscriptions(root):
            if row.subscription_id == subscription_id:
                return row
        raise UnreadableBody("it is not about this subscription")

    return carrier.call(call, read)


def replace(carrier: Carrier, *, subscription_id: str, subscription: NewSubscription) -> None:
    """Put the whole subscription anew, its password and expiry included. Raises NotFound."""
    _do(carrier, _call("replace", "PUT", subscription_id, subscription))


def delete(carrier: Carrier, *, subscription_id: str) -> None:
    """Remove a subscription. Raises NotFound when it is gone already."""
    _do(carrier, _call("delete", "DELETE", subscription_id))


def build_document(subscription: NewSubscription) -> bytes:
    """The subscription as the carrier's XML.

    Raises ValueError unless it has either an order type or an event type.
    """
    if bool(subscription.order_type) == bool(subscription.event_type):
        raise ValueError("a webhook subscription has either an order type or an event type")
    root = Element("Subscription")
    if subscription.order_type:
        xmlbody.add(root, "OrderType", subscription.order_type)
    else:
        xmlbody.add(root, "EventType", subscription.event_type)
    if subscription.order_id:
        xmlbody.add(root, "OrderId", checked_order_id(subscription.order_id))
    callback = xmlbody.add(root, "CallbackSubscription")
    xmlbody.add(callback, "URL", subscription.url)
    xmlbody.add(callback, "Expiry", str(subscription.expiry_seconds))
    basic = xmlbody.add(xmlbody.add(callback, "CallbackCredentials"), "BasicAuthentication")
    xmlbody.add(basic, "Username", subscription.username)
    xmlbody.add(basic, "Password", subscription.password)
    if subscription.number_format:
        xmlbody.add(callback, "NumberFormat", subscription.number_format)
    return xmlbody.to_bytes(root)


def read_subscriptions(root: Element) -> tuple[Subscription, ...]:
    """The subscriptions in an answer about one or many. Raises UnreadableBody when it is none."""
    return tuple(_rows(root))


def _rows(root: Element) -> list[Subscription]:
    if xmlbody.name_of(root) not in ("subscriptionsresponse", "subscriptions", "subscription"):
        raise UnreadableBody("it is not about webhook subscriptions")
    if xmlbody.name_of(root) == "subscription":
        return [_read_row(root)]
    holder = xmlbody.child(root, "subscriptions")
    rows = xmlbody.children(root if holder is None else holder, "subscription")
    return [_read_row(xmlbody.unwrap(row)) for row in rows]


def _read_row(row: Element) -> Subscription:
    callback = xmlbody.child(row, "callbacksubscription")
    credentials = None if callback is None else xmlbody.child(callback, "callbackcredentials")
    basic = None if credentials is None else xmlbody.child(credentials, "basicauthentication")
    return Subscription(
        subscription_id=xmlbody.text(row, "subscriptionid"),
        order_type=xmlbody.text(row, "ordertype"),
        event_type=xmlbody.text(row, "eventtype"),
        order_id=xmlbody.text(row, "orderid"),
        # The carrier's own samples hold the address between literal quotation marks.
        url=xmlbody.text(callback, "url").strip('"'),
        expiry_seconds=xmlbody.number(callback, "expiry"),
        status_text=xmlbody.text(callback, "status"),
        username=xmlbody.text(basic, "username"),
        email=xmlbody.text(xmlbody.child(row, "emailsubscription"), "email"),
        number_format=xmlbody.text(callback, "numberformat"),
    )


def _do(carrier: Carrier, call: Call) -> None:
    def read(answer: Answer) -> None:
        if answer.body.strip():
            call.root_of(answer)

    carrier.call(call, read)


def _call(
    verb: str,
    method: str,
    subscription_id: str = "",
    subscription: NewSubscription | None = None,
) -> Call:
    path = "subscriptions"
    if verb not in ("create", "list_all"):
        path += "/" + checked_word_id(subscription_id, "subscription")
    return Call(
        operation=f"subscriptions.{verb}",
        bucket="subscriptions",
        method=method,
        path=path,
        version="v1",
        body=build_document(subscription) if subscription else b"",
        secrets=(subscription.password,) if subscription else (),
    )
