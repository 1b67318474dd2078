"""Our webhook subscriptions at the carrier: what can be wrong, and that a repair puts it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as portal_settings

from carrier import subscriptions as carrier_subscriptions
from carrier.errors import CarrierError
from carrier.records import NewSubscription, Subscription
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import subscriptions
from numbering.domain.subscriptions import EXPIRY_SECONDS, LEAST_LEFT_SECONDS, webhook_url
from tests.numbering import steps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_subscriptions")]

ELSEWHERE = "http://127.0.0.1:1/elsewhere/"
ORDER_TYPES = ("importtnorders", "removeImportedTnOrders", "orders", "disconnects")


def there() -> tuple[Subscription, ...]:
    """Read what the carrier holds."""
    return carrier_subscriptions.list_all(get_carrier())


def right(**changes: Any) -> NewSubscription:
    """Write down the subscription for import orders as it should be, but for the changes."""
    whole = NewSubscription(
        order_type="importtnorders",
        url=webhook_url(),
        expiry_seconds=EXPIRY_SECONDS,
        username=portal_settings.WEBHOOK_USERNAME,
        password=portal_settings.WEBHOOK_PASSWORDS[0],
        number_format="E164",
    )
    return replace(whole, **changes)


def created(**changes: Any) -> str:
    """Register a subscription at the carrier; return its id."""
    return carrier_subscriptions.create(get_carrier(), subscription=right(**changes))


def found() -> list[tuple[str, str, str]]:
    """Diagnose: topic, subscription and problem of each finding."""
    return [
        (str(finding.topic), finding.subscription_id, finding.problem)
        for finding in subscriptions.diagnose().findings
    ]


def all_others() -> None:
    """Register what there shall be beside the subscription for import orders."""
    for order_type in ORDER_TYPES[1:]:
        created(order_type=order_type)
    created(order_type="", event_type="MESSAGING_LOST")


def only(topic: str = "importtnorders") -> Subscription:
    """Give the one subscription about a topic."""
    [one] = [row for row in there() if topic in (row.order_type, row.event_type)]
    return one


def test_with_none_all_are_missing_and_a_repair_creates_them_whole() -> None:
    assert [problem for _, _, problem in found()] == [
        f"No subscription for {topic} delivers to this portal."
        for topic in (*ORDER_TYPES, "MESSAGING_LOST")
    ]
    assert len(subscriptions.repair()) == 5
    for topic in (*ORDER_TYPES, "MESSAGING_LOST"):
        one = only(topic)
        assert (one.url, one.username, one.number_format) == (webhook_url(), "bandwidth", "E164")
        assert (one.expiry_seconds or 0) > EXPIRY_SECONDS - 60
    assert found() == []


def _elsewhere() -> None:
    created(url=ELSEWHERE)


def _misspelt() -> None:
    created(order_type="importTnOrders")


def _short() -> None:
    created(expiry_seconds=LEAST_LEFT_SECONDS - 60)


def _stranger() -> None:
    created(username="somebody")


def _failed() -> None:
    created()


def _doubled() -> None:
    created()
    other = created(url=ELSEWHERE)
    carrier_subscriptions.replace(get_carrier(), subscription_id=other, subscription=right())


FINDINGS: list[tuple[Callable[[], None], str]] = [
    (_elsewhere, f"delivers to this portal. One delivers to {ELSEWHERE} instead."),
    (_misspelt, "It is spelt importTnOrders; the carrier's spelling is importtnorders."),
    (_short, "It ends in 29 days."),
    (_stranger, "It is set up with somebody; this portal expects bandwidth."),
    (_failed, "The last delivery went wrong: "),
    (_doubled, "A second subscription delivers the same notifications here."),
]


@pytest.mark.parametrize(
    ("make", "problem"), FINDINGS, ids=lambda part: getattr(part, "__name__", "")
)
def test_each_fault_is_found_and_one_repair_puts_it_right(
    at_carrier: Sandbox, settings: Any, make: Callable[[], None], problem: str
) -> None:
    """C16: near its end, gone, or failing."""
    settings.SITE_URL = "http://127.0.0.1:1"  # nobody listens there, so a delivery goes wrong
    all_others()
    make()
    if make is _failed:
        _have_a_real_delivery_fail(at_carrier)
    [(topic, _, said)] = found()
    assert topic == "importtnorders"
    assert problem in said
    assert subscriptions.repair() != []
    assert found() == []
    before = there()
    assert subscriptions.repair() == []
    assert [row.subscription_id for row in there()] == [row.subscription_id for row in before]


def _have_a_real_delivery_fail(sandbox: Sandbox) -> None:
    """Let the sandbox deliver the news of an order to where nobody listens."""
    order = steps.sent()
    steps.ended_at(sandbox, order)
    steps.wait_for(lambda: only().status_text != "READY")


def test_several_faults_of_one_subscription_are_one_repair() -> None:
    all_others()
    one = created(order_type="IMPORTTNORDERS", username="somebody", expiry_seconds=60)
    assert [subscription_id for _, subscription_id, _ in found()] == [one] * 3
    assert subscriptions.repair() == [f"Replaced the subscription {one} for importtnorders."]
    assert found() == []


def test_subscriptions_for_other_things_and_other_people_are_left_alone() -> None:
    subscriptions.repair()
    created(order_type="portins", url=ELSEWHERE)
    created(url=ELSEWHERE)
    before = {row.subscription_id for row in there()}
    assert (found(), subscriptions.repair()) == ([], [])
    assert {row.subscription_id for row in there()} == before


def test_a_repair_that_stops_half_way_goes_on_the_next_time(at_carrier: Sandbox) -> None:
    at_carrier.fault("created_500", method="POST", path_contains="subscriptions")
    with pytest.raises(CarrierError):
        subscriptions.repair()
    assert subscriptions.repair() != []
    assert found() == []
    assert len(there()) == 5


def test_what_cannot_be_read_is_not_called_missing(at_carrier: Sandbox) -> None:
    at_carrier.fault("empty_200", method="GET", path_contains="subscriptions", times=None)
    with pytest.raises(CarrierError):
        subscriptions.diagnose()
    with pytest.raises(CarrierError):
        subscriptions.repair()
