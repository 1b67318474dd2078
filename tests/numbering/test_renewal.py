"""A changed webhook password is handed over to the carrier with its subscriptions."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from carrier import subscriptions as carrier_subscriptions
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import subscriptions
from numbering.models import WebhookEvent
from tests.numbering.notices import order_notice

pytestmark = pytest.mark.django_db(transaction=True)


# What the portal subscribes to, in the order in which it does.
TOPICS = (
    "importtnorders",
    "removeImportedTnOrders",
    "orders",
    "disconnects",
    "MESSAGING_LOST",
)


@pytest.fixture(autouse=True)
def _none_left_over(at_carrier: Sandbox, settings: Any, live_server: LiveServer) -> Iterator[None]:
    settings.SITE_URL = live_server.url
    settings.WEBHOOK_PASSWORDS = ["the-old-webhook-password"]
    # The carrier is shared: one that another test left would be told instead of ours.
    delete_all()
    subscriptions.repair()
    yield
    delete_all()


def there() -> list[str]:
    """Give the ids of what the carrier holds."""
    return [one.subscription_id for one in carrier_subscriptions.list_all(get_carrier())]


def delete_all() -> None:
    """Take every subscription away at the carrier."""
    for one in there():
        carrier_subscriptions.delete(get_carrier(), subscription_id=one)


def command(*words: str) -> str:
    """Run the command and return what it prints."""
    output = io.StringIO()
    call_command("subscriptions", *words, stdout=output)
    return output.getvalue()


def test_the_new_password_comes_in_after_the_renewal_and_not_before(
    at_carrier: Sandbox, settings: Any
) -> None:
    settings.WEBHOOK_PASSWORDS = ["the-new-webhook-password"]
    command("--repair")
    notice = order_notice()
    refused = at_carrier.send_notice(notice)
    command("--renew")
    taken = at_carrier.send_notice(notice)
    assert (refused.statuses, taken.statuses) == ((401, 401), (401, 200))
    # The sandbox may still have news of other tests' orders to deliver.
    kept = [bytes(body) for body in WebhookEvent.objects.values_list("body", flat=True)]
    assert kept.count(notice) == 1


def test_while_both_passwords_count_no_notice_is_lost(at_carrier: Sandbox, settings: Any) -> None:
    settings.WEBHOOK_PASSWORDS = ["the-new-webhook-password", "the-old-webhook-password"]
    before = at_carrier.send_notice(order_notice())
    command("--renew")
    after = at_carrier.send_notice(order_notice())
    settings.WEBHOOK_PASSWORDS = ["the-new-webhook-password"]
    last = at_carrier.send_notice(order_notice())
    assert [answer.statuses for answer in (before, after, last)] == [(401, 200)] * 3


def test_a_renewal_keeps_the_subscriptions_and_says_what_it_did() -> None:
    ids = there()
    assert sorted(subscriptions.repair(renew=True)) == sorted(
        f"Replaced the subscription {one} for {topic}."
        for one, topic in zip(ids, TOPICS, strict=True)
    )
    assert (there(), subscriptions.repair()) == (ids, [])


def test_a_renewal_creates_what_is_missing() -> None:
    *kept, lost = there()
    carrier_subscriptions.delete(get_carrier(), subscription_id=lost)
    done = subscriptions.repair(renew=True)
    assert done[:-1] == [
        f"Replaced the subscription {one} for {topic}."
        for one, topic in zip(kept, TOPICS[:-1], strict=True)
    ]
    assert done[-1].split(" (")[0] == f"Created a subscription for {TOPICS[-1]}"
