"""The webhook subscription resource. It speaks XML on either wire."""

from __future__ import annotations

import time
import urllib.parse
import uuid
from dataclasses import replace
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.codes import description
from carrier.sandbox.document import (
    UnreadableDocumentError,
    leaf,
    parse,
    render,
    response_status,
    text_at,
)
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.instants import DAY
from carrier.sandbox.notices import MESSAGING_LOST
from carrier.sandbox.state import SandboxState
from carrier.sandbox.subscription_book import Subscription

_ROOT = "SubscriptionsResponse"
_LONGEST = 2**63 - 1
_ORDER_TYPES = frozenset(
    {
        "portins",
        "orders",
        "portouts",
        "disconnects",
        "dldas",
        "lsrorders",
        "e911s",
        "tnoptions",
        "externaltns",
        "lidbs",
        "lidb",
        "bulkportins",
        "importtnorders",
        "removeimportedtnorders",
        "importvoicetnorders",
        "removeimportedvoicetnorders",
        "importtoaccounts",
        "csrs",
        "emergencynotificationgroup",
        "emergencyendpointgroup",
        "tollfreeportingvalidations",
    }
)
"""Lower case, because the carrier's own spellings differ in nothing but case."""


class _RefusedError(ValueError):
    """A subscription that fails validation; the argument is the code."""


def create(state: SandboxState, call: Call) -> Answer:
    """POST subscriptions: 201 without a body, the id is only in Location."""
    try:
        wanted = _read(call, str(uuid.uuid4()))
        _check_order(state, wanted)
    except _RefusedError as refusal:
        return _refuse(404, str(refusal))
    existing = state.subscriptions.current(now=time.time())
    if any(wanted.is_same_registration(other) for other in existing):
        return _refuse(409, "16008")
    state.subscriptions.put(wanted)
    location = f"{call.location}/subscriptions/{wanted.subscription_id}"
    return Answer(201, headers={"Location": location})


def list_all(state: SandboxState) -> Answer:
    """GET subscriptions: without any, 404 with 16001."""
    now = time.time()
    subscriptions = state.subscriptions.current(now=now)
    if not subscriptions:
        return _refuse(404, "16001")
    root = Element(_ROOT)
    rows = SubElement(root, "Subscriptions")
    for subscription in subscriptions:
        _write(rows, subscription, now=now)
    return xml(200, render(root))


def get(state: SandboxState, subscription_id: str) -> Answer:
    """GET subscriptions/{id}: Expiry is what remains of it."""
    now = time.time()
    subscription = state.subscriptions.get(subscription_id, now=now)
    if subscription is None:
        return _refuse(404, "16000")
    root = Element(_ROOT)
    _write(root, subscription, now=now)
    return xml(200, render(root))


def replace_all(state: SandboxState, call: Call, subscription_id: str) -> Answer:
    """PUT subscriptions/{id}: what is left out falls back to its default, Expiry to one day."""
    before = state.subscriptions.get(subscription_id, now=time.time())
    if before is None:
        return _refuse(404, "16000")
    try:
        wanted = _read(call, subscription_id)
        _check_order(state, wanted)
    except _RefusedError as refusal:
        return _refuse(404, str(refusal))
    state.subscriptions.put(replace(wanted, status_text=before.status_text))
    return Answer(200)


def delete(state: SandboxState, subscription_id: str) -> Answer:
    """DELETE subscriptions/{id}."""
    if not state.subscriptions.delete(subscription_id):
        return _refuse(404, "16000")
    return Answer(200)


def _refuse(status: int, code: str) -> Answer:
    return xml(status, response_status(_ROOT, code, description(code)))


def _check_order(state: SandboxState, wanted: Subscription) -> None:
    if wanted.order_id and state.orders.get(wanted.order_id) is None:
        raise _RefusedError("16003")


def _read(call: Call, subscription_id: str) -> Subscription:
    """The subscription in a body; _RefusedError with the code of the first thing wrong with it."""
    try:
        root = parse(call.request.body)
    except UnreadableDocumentError as error:
        raise _RefusedError("14501") from error
    if root.tag != "Subscription":
        raise _RefusedError("14501")
    order_type = text_at(root, "OrderType")
    event_type = text_at(root, "EventType")
    if not order_type and not event_type:
        raise _RefusedError("14508")
    if order_type and order_type.lower() not in _ORDER_TYPES:
        raise _RefusedError("14500")
    if event_type not in ("", MESSAGING_LOST):
        raise _RefusedError("14507")
    callback = root.find("CallbackSubscription")
    email = root.find("EmailSubscription")
    if callback is None and email is None:
        raise _RefusedError("14501")
    seconds = text_at(root, "CallbackSubscription/Expiry") or str(int(DAY))
    if not seconds.isdecimal() or int(seconds) > _LONGEST:
        raise _RefusedError("1004")
    url = "" if callback is None else _read_url(callback)
    username, password = ("", "") if callback is None else _read_credentials(callback)
    digest = text_at(root, "EmailSubscription/DigestRequested") or "NONE"
    if digest not in ("NONE", "DAILY"):
        raise _RefusedError("14502")
    return Subscription(
        subscription_id=subscription_id,
        order_type=order_type,
        event_type=event_type,
        order_id=text_at(root, "OrderId").lower(),
        url=url,
        expires_at=time.time() + int(seconds),
        username=username,
        password=password,
        number_format=text_at(root, "CallbackSubscription/NumberFormat") or "LEGACY",
        email=text_at(root, "EmailSubscription/Email"),
        digest=digest,
    )


def _read_url(callback: Element) -> str:
    # Published samples wrap the address in literal quotes.
    url = text_at(callback, "URL").strip('"')
    if not url:
        raise _RefusedError("14503")
    try:
        address = urllib.parse.urlsplit(url)
        good = address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        good = False
    if not good or not url.isascii() or not url.isprintable() or " " in url:
        raise _RefusedError("14506")
    return url


def _read_credentials(callback: Element) -> tuple[str, str]:
    basic = callback.find("CallbackCredentials/BasicAuthentication")
    if basic is None:
        return "", ""
    username = text_at(basic, "Username")
    password = text_at(basic, "Password")
    if not username or not password or len(username) > 100:
        raise _RefusedError("14505")
    return username, password


def _write(parent: Element, subscription: Subscription, *, now: float) -> None:
    row = SubElement(parent, "Subscription")
    leaf(row, "SubscriptionId", subscription.subscription_id)
    if subscription.order_type:
        leaf(row, "OrderType", subscription.order_type)
    if subscription.event_type:
        leaf(row, "EventType", subscription.event_type)
    if subscription.order_id:
        leaf(row, "OrderId", subscription.order_id)
    if subscription.url:
        callback = SubElement(row, "CallbackSubscription")
        leaf(callback, "URL", subscription.url)
        leaf(callback, "Expiry", str(int(subscription.expires_at - now)))
        leaf(callback, "Status", subscription.status_text)
        if subscription.username:
            credentials = SubElement(callback, "CallbackCredentials")
            basic = SubElement(credentials, "BasicAuthentication")
            leaf(basic, "Username", subscription.username)
        leaf(callback, "NumberFormat", subscription.number_format)
    if subscription.email:
        email = SubElement(row, "EmailSubscription")
        leaf(email, "Email", subscription.email)
        leaf(email, "DigestRequested", subscription.digest)
