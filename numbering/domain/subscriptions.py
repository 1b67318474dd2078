"""Our webhook subscriptions at the carrier: are they right, and how to put them right."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.urls import reverse

from carrier import subscriptions as carrier_subscriptions
from carrier.client import Carrier
from carrier.records import NewSubscription, Subscription
from numbering.carrier_link import get_carrier

# The carrier's default is one day; its documents suggest 99 years (REFERENCE 10.1).
EXPIRY_SECONDS = 3_122_064_000
LEAST_LEFT_SECONDS = 30 * 24 * 3600
NEVER_CALLED = "READY"


class Topic(StrEnum):
    """What we must hear of, in the carrier's own spelling."""

    IMPORT_ORDERS = "importtnorders"
    REMOVALS = "removeImportedTnOrders"
    NUMBER_ORDERS = "orders"
    DISCONNECTS = "disconnects"
    MESSAGING_LOST = "MESSAGING_LOST"


class Repair(StrEnum):
    """What puts a finding right."""

    CREATE = "create"
    REPLACE = "replace"
    # A replacement keeps the result of the last delivery; only a new one starts without a fault.
    RENEW = "renew"
    DELETE = "delete"


@dataclass(frozen=True)
class Finding:
    """Something wrong with our subscriptions. `subscription_id` is empty when one is missing."""

    topic: Topic
    subscription_id: str
    problem: str
    remedy: str
    repair: Repair

    def __str__(self) -> str:
        return f"{self.topic}: {self.problem} {self.remedy}"


@dataclass(frozen=True)
class Diagnosis:
    """What the carrier holds, and what is wrong with it."""

    subscriptions: tuple[Subscription, ...]
    findings: tuple[Finding, ...]


def webhook_url() -> str:
    """The address that the carrier shall deliver to."""
    return settings.SITE_URL + reverse("numbering:order_webhook")


def diagnose() -> Diagnosis:
    """Read the subscriptions and compare them with what we need. Raises CarrierError."""
    found = carrier_subscriptions.list_all(get_carrier())
    return Diagnosis(found, tuple(finding for topic in Topic for finding in _check(topic, found)))


def _topic_of(subscription: Subscription) -> str:
    return (subscription.order_type or subscription.event_type).strip()


def _about(topic: Topic, found: tuple[Subscription, ...]) -> list[Subscription]:
    return [
        subscription
        for subscription in found
        if _topic_of(subscription).lower() == topic.lower()
        and not subscription.order_id
        and not subscription.email
    ]


def _delivering_here(topic: Topic, found: tuple[Subscription, ...]) -> list[Subscription]:
    return [one for one in _about(topic, found) if _url(one) == webhook_url()]


def _check(topic: Topic, found: tuple[Subscription, ...]) -> list[Finding]:
    mine = _about(topic, found)
    here = _delivering_here(topic, found)
    findings = [finding for one in here for finding in _faults(topic, one)]
    if not here:
        elsewhere = f" One delivers to {_url(mine[0])} instead." if mine else ""
        findings.append(
            Finding(
                topic,
                "",
                f"No subscription for {topic} delivers to this portal.{elsewhere}",
                "Create one. Until then only the sweep brings news.",
                Repair.CREATE,
            )
        )
    findings += [
        Finding(
            topic,
            extra.subscription_id,
            "A second subscription delivers the same notifications here.",
            "Delete the extra one; every notification comes twice.",
            Repair.DELETE,
        )
        for extra in here[1:]
    ]
    return findings


def _faults(topic: Topic, one: Subscription) -> list[Finding]:
    faults: list[tuple[str, str, Repair]] = []
    if _topic_of(one) != topic:
        faults.append(
            (
                f"It is spelt {_topic_of(one)}; the carrier's spelling is {topic}.",
                "Replace it with the right spelling.",
                Repair.REPLACE,
            )
        )
    if one.username != settings.WEBHOOK_USERNAME:
        name = one.username or "no user name"
        faults.append(
            (
                f"It is set up with {name}; this portal expects {settings.WEBHOOK_USERNAME}.",
                "Replace it with this portal's credentials; without them nothing is let in.",
                Repair.REPLACE,
            )
        )
    left = one.expiry_seconds
    if left is None or left < LEAST_LEFT_SECONDS:
        days = "an unknown time" if left is None else f"{left // 86400} days"
        faults.append(
            (
                f"It ends in {days}.",
                "Renew it. Nobody is told when a subscription ends.",
                Repair.REPLACE,
            )
        )
    status = one.status_text.strip()
    if status and status.upper() != NEVER_CALLED and not status.startswith("2"):
        faults.append(
            (
                f"The last delivery went wrong: {status[:200]}",
                "Make sure that this portal can be reached from the internet, then repair it.",
                Repair.RENEW,
            )
        )
    return [Finding(topic, one.subscription_id, *fault) for fault in faults]


def _url(subscription: Subscription) -> str:
    # Some answers wrap the address in literal quotes (REFERENCE 14).
    return subscription.url.strip().strip('"')


def repair(*, renew: bool = False) -> list[str]:
    """Put right whatever is wrong; return what was done, in sentences. Raises CarrierError."""
    return list(repairs(renew=renew))


def repairs(kinds: frozenset[Repair] = frozenset(Repair), *, renew: bool = False) -> Iterator[str]:
    """Create, replace and delete until nothing is wrong that these kinds of repair put right.

    With `renew`, those that are right are replaced as well: the carrier never shows a password, so
    a changed one cannot be found, only handed over anew. Yields a sentence after each thing that
    was done. Always sends the whole object: the carrier resets what a replacement leaves out.
    Raises CarrierError; what was done before it stays done, and repairing again goes on.
    """
    carrier = get_carrier()
    found = carrier_subscriptions.list_all(carrier)
    for topic in Topic:
        needed: dict[str, set[Repair]] = defaultdict(set)
        if renew:
            for one in _delivering_here(topic, found):
                needed[one.subscription_id].add(Repair.REPLACE)
        for finding in _check(topic, found):
            if finding.repair in kinds:
                needed[finding.subscription_id].add(finding.repair)
        # Extra ones first: the carrier refuses to create one that is there already.
        for subscription_id, wanted in sorted(
            needed.items(), key=lambda item: Repair.DELETE not in item[1]
        ):
            yield from _repair_one(carrier, topic, subscription_id, wanted)


def _repair_one(
    carrier: Carrier, topic: Topic, subscription_id: str, repairs: set[Repair]
) -> Iterator[str]:
    """Do what one subscription needs ("" is a missing one), the most thorough repair alone."""
    if Repair.DELETE in repairs:
        carrier_subscriptions.delete(carrier, subscription_id=subscription_id)
        yield f"Deleted the extra subscription {subscription_id}."
        return
    if Repair.REPLACE in repairs and Repair.RENEW not in repairs:
        carrier_subscriptions.replace(
            carrier, subscription_id=subscription_id, subscription=_wanted(topic)
        )
        yield f"Replaced the subscription {subscription_id} for {topic}."
        return
    if subscription_id:
        # The carrier takes no second one for the same address, so the old one goes first.
        carrier_subscriptions.delete(carrier, subscription_id=subscription_id)
        yield f"Deleted the subscription {subscription_id}, whose delivery went wrong."
    new_id = carrier_subscriptions.create(carrier, subscription=_wanted(topic))
    yield f"Created a subscription for {topic} ({new_id})."


def _wanted(topic: Topic) -> NewSubscription:
    is_event = topic is Topic.MESSAGING_LOST
    return NewSubscription(
        order_type="" if is_event else topic,
        event_type=topic if is_event else "",
        url=webhook_url(),
        expiry_seconds=EXPIRY_SECONDS,
        username=settings.WEBHOOK_USERNAME,
        password=settings.WEBHOOK_PASSWORDS[0],
        number_format="E164",
    )
