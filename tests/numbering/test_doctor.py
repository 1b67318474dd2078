"""The subscription doctor: what it finds, what it repairs by itself, and what it says."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from carrier import subscriptions as carrier_subscriptions
from carrier.records import NewSubscription
from carrier.sandbox import Sandbox, SandboxOptions
from numbering.carrier_link import get_carrier
from numbering.domain import doctor, subscriptions
from numbering.domain.jobs import TryLater
from numbering.models import Alert, DoctorVisit, Heartbeat, ImportOrder, Job, OrderEvent
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.notices import order_notice, stored

pytestmark = pytest.mark.django_db
DAY = 24 * 3600
RIGHT = NewSubscription(
    order_type="importtnorders",
    event_type="",
    url="http://127.0.0.1:1/webhooks/orders/",
    expiry_seconds=subscriptions.EXPIRY_SECONDS,
    username="bandwidth",
    password="webhook-password-new",
    number_format="E164",
)
LOST = replace(RIGHT, order_type="", event_type="MESSAGING_LOST")
OTHERS = (
    *(
        replace(RIGHT, order_type=order_type)
        for order_type in ("removeImportedTnOrders", "orders", "disconnects")
    ),
    LOST,
)


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """A carrier of the test's own, which finds nobody at the portal's address."""
    settings.SITE_URL = "http://127.0.0.1:1"
    with Sandbox(SandboxOptions(processing_seconds=0)) as running:
        settings.CARRIER = {
            **settings.CARRIER,
            "v1_base": running.v1_base,
            "v2_base": running.v2_base,
            "token_url": running.token_url,
            "call_timeout": 5,
        }
        yield running


def subscribe(*wanted: NewSubscription) -> None:
    """Have these subscriptions at the carrier."""
    for subscription in wanted:
        carrier_subscriptions.create(get_carrier(), subscription=subscription)


def there() -> list[tuple[str, str, str, int]]:
    """Give type, address, user name and whole days left of each subscription at the carrier."""
    return sorted(
        (
            one.order_type or one.event_type,
            one.url,
            one.username,
            round((one.expiry_seconds or 0) / DAY),
        )
        for one in carrier_subscriptions.list_all(get_carrier())
    )


FOREVER = round(subscriptions.EXPIRY_SECONDS / DAY)
ALL_WELL = [
    (topic, RIGHT.url, "bandwidth", FOREVER)
    for topic in (
        "MESSAGING_LOST",
        "disconnects",
        "importtnorders",
        "orders",
        "removeImportedTnOrders",
    )
]


def look() -> None:
    """Let the doctor make its round."""
    doctor.run_doctor(Job(kind="doctor"))


def open_keys() -> list[str]:
    """Give the keys of the doctor's open alerts."""
    alerts = Alert.objects.filter(cause="doctor", closed_at=None)
    return sorted(alerts.values_list("key", flat=True))


def last_visit() -> DoctorVisit:
    """Give the newest record."""
    visit = DoctorVisit.objects.first()
    assert visit is not None
    return visit


def fail_a_delivery() -> None:
    """Have the carrier tell of an order where nobody listens."""
    steps.sent(steps.card("1000"))
    steps.wait_for(
        lambda: any(
            one.status_text != subscriptions.NEVER_CALLED
            for one in carrier_subscriptions.list_all(get_carrier())
        )
    )


# --- Repaired by itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("present", "done"),
    [
        pytest.param([], ["Created"] * 5, id="none"),
        pytest.param(list(OTHERS), ["Created"], id="deleted or expired"),
        pytest.param(
            [replace(RIGHT, expiry_seconds=8 * DAY), *OTHERS], ["Replaced"], id="expiring"
        ),
        pytest.param([replace(RIGHT, username="x"), *OTHERS], ["Replaced"], id="other credentials"),
        pytest.param(
            [replace(RIGHT, order_type="ImportTnOrders"), *OTHERS], ["Replaced"], id="misspelt"
        ),
        pytest.param([RIGHT], ["Created"] * 4, id="order types missing"),
    ],
)
def test_what_is_safe_to_repair_is_repaired_and_said_without_calling_anybody(
    present: list[NewSubscription], done: list[str]
) -> None:
    subscribe(*present)
    look()
    assert there() == ALL_WELL
    visit = last_visit()
    assert [sentence.split()[0] for sentence in visit.done] == done
    assert (len(visit.found), visit.left, visit.actor) == (len(done), [], None)
    assert open_keys() == []


def test_a_wrong_address_gets_a_right_one_beside_it() -> None:
    elsewhere = "https://old.example/webhooks/orders/"
    subscribe(replace(RIGHT, url=elsewhere), *OTHERS)
    look()
    assert there() == sorted([*ALL_WELL, ("importtnorders", elsewhere, "bandwidth", FOREVER)])
    assert f"One delivers to {elsewhere} instead." in last_visit().found[0]


def test_a_duplicate_is_deleted() -> None:
    subscribe(RIGHT, *OTHERS, replace(RIGHT, url="https://old.example/webhooks/orders/"))
    *_, extra = carrier_subscriptions.list_all(get_carrier())
    carrier_subscriptions.replace(
        get_carrier(), subscription_id=extra.subscription_id, subscription=RIGHT
    )
    assert len(there()) == 6
    look()
    assert there() == ALL_WELL
    assert last_visit().done[0].startswith("Deleted the extra subscription")


def test_a_portal_on_ones_own_machine_does_not_sign_up_at_a_real_carrier(settings: Any) -> None:
    carrier = get_carrier()
    settings.CARRIER = {**settings.CARRIER, "allow_plain_http": False}
    assert doctor._may_repair_unasked() is False
    settings.SITE_URL = "https://portal.example"
    assert doctor._may_repair_unasked() is True
    assert carrier_subscriptions.list_all(carrier) == ()


def test_what_was_repaired_in_vain_is_not_repaired_again_for_a_day_and_calls() -> None:
    for _ in range(2):
        look()
        for one in carrier_subscriptions.list_all(get_carrier()):
            carrier_subscriptions.delete(get_carrier(), subscription_id=one.subscription_id)
    assert there() == []
    assert open_keys() == ["subscriptions"]
    DoctorVisit.objects.update(at=timezone.now() - timedelta(days=1, minutes=1))
    look()
    assert (there(), open_keys()) == (ALL_WELL, [])


# --- Waiting for a person -----------------------------------------------------------------------


def test_a_failed_last_delivery_calls_and_is_not_hidden_by_a_repair() -> None:
    """C16: staff are told."""
    subscribe(RIGHT, *OTHERS)
    fail_a_delivery()
    look()
    look()
    assert "The last delivery went wrong" in last_visit().left[0]
    assert (last_visit().done, open_keys()) == ([], ["subscriptions"])
    assert Alert.objects.get().count == 2


def test_what_is_safe_is_repaired_beside_what_waits_for_a_person() -> None:
    subscribe(RIGHT)
    fail_a_delivery()
    look()
    visit = last_visit()
    assert [sentence.split()[0] for sentence in visit.done] == ["Created"] * 4
    assert "The last delivery went wrong" in visit.left[0]
    assert open_keys() == ["subscriptions"]


def test_a_carrier_that_cannot_be_read_is_asked_again_later(settings: Any) -> None:
    settings.CARRIER = {**settings.CARRIER, "v2_base": "http://127.0.0.1:1/api/v2/"}
    settings.CARRIER = {**settings.CARRIER, "v1_base": "http://127.0.0.1:1/api/"}
    with pytest.raises(TryLater) as later:
        look()
    assert (later.value.after, later.value.counts) == (300, False)
    assert (DoctorVisit.objects.count(), open_keys()) == (0, [])


def test_a_portal_without_a_carrier_is_not_called_sick(settings: Any) -> None:
    settings.CARRIER = {**settings.CARRIER, "account_id": ""}
    look()
    assert (DoctorVisit.objects.count(), Alert.objects.count()) == (0, 0)


def test_a_repair_that_stops_in_the_middle_says_what_it_did(sandbox: Sandbox) -> None:
    subscribe(replace(RIGHT, expiry_seconds=DAY))
    sandbox.fault("not_created_500", method="POST", path_contains="subscriptions")
    with pytest.raises(TryLater):
        look()
    visit = last_visit()
    assert [sentence.split()[0] for sentence in visit.done] == ["Replaced"]
    assert visit.trouble.startswith("Trouble at the carrier")


# --- Silence ------------------------------------------------------------------------------------


def ended_orders(count: int, *, learned_by: str = "sweep", days_ago: float = 1) -> None:
    """Make orders that became final, and how we learned of it."""
    at = timezone.now() - timedelta(days=days_ago)
    for _ in range(count):
        order = builders.draft()
        ImportOrder.objects.filter(pk=order.pk).update(status="complete")
        OrderEvent.objects.create(
            order=order, at=at, from_status="received", to_status="complete", learned_by=learned_by
        )


def test_orders_that_ended_without_a_single_notice_are_a_silence() -> None:
    subscribe(RIGHT, *OTHERS)
    ended_orders(3)
    look()
    assert open_keys() == ["silence"]
    assert "3 import orders have ended since" in Alert.objects.get().text


@pytest.mark.parametrize(
    ("count", "learned_by", "days_ago"),
    [(2, "sweep", 1), (3, "webhook", 1), (3, "sweep", 8)],
    ids=["too few", "webhooks told", "long ago"],
)
def test_no_silence(count: int, learned_by: str, days_ago: float) -> None:
    subscribe(RIGHT, *OTHERS)
    ended_orders(count, learned_by=learned_by, days_ago=days_ago)
    look()
    assert open_keys() == []


def test_a_single_notice_ends_the_silence() -> None:
    subscribe(RIGHT, *OTHERS)
    ended_orders(3)
    look()
    stored(order_notice())
    look()
    assert open_keys() == []


def test_what_was_repaired_lately_gets_its_time() -> None:
    ended_orders(3)
    look()
    assert (there(), open_keys()) == (ALL_WELL, [])
    look()
    assert open_keys() == []


# --- When ---------------------------------------------------------------------------------------


def test_the_worker_looks_each_hour_and_first_an_hour_after_set_up() -> None:
    run_once()
    assert there() == []
    Heartbeat.objects.filter(name="doctor").update(at=timezone.now() - timedelta(minutes=59))
    run_once()
    assert there() == []
    Heartbeat.objects.filter(name="doctor").update(at=timezone.now() - timedelta(minutes=61))
    run_once()
    assert there() == ALL_WELL


def test_a_look_that_has_nothing_new_to_tell_is_kept_once_a_day() -> None:
    subscribe(RIGHT, *OTHERS)
    for _ in range(3):
        look()
    assert DoctorVisit.objects.count() == 1
    DoctorVisit.objects.update(at=timezone.now() - timedelta(days=1))
    look()
    assert DoctorVisit.objects.count() == 2


# --- On demand ----------------------------------------------------------------------------------


def test_an_administrator_repairs_what_failed_to_deliver_and_the_page_keeps_it(
    sign_in: Callable[[User], Client],
) -> None:
    subscribe(RIGHT, *OTHERS)
    fail_a_delivery()
    look()
    admin = builders.person(Role.ADMIN, name="Ada Admin")
    client = sign_in(admin)
    page = client.post("/admin/numbers/webhookevent/subscriptions/", follow=True).content.decode()
    assert "All is well" in page
    assert "whose delivery went wrong." in page
    assert "Ada Admin" in page
    assert (last_visit().actor, open_keys()) == (admin, [])


def test_the_page_says_a_silence(support: User, sign_in: Callable[[User], Client]) -> None:
    subscribe(RIGHT, *OTHERS)
    ended_orders(3)
    page = sign_in(support).get("/admin/numbers/webhookevent/subscriptions/").content.decode()
    assert "3 import orders have ended since" in page
    assert "All is well" not in page


def test_the_command_looks_and_repairs() -> None:
    said = io.StringIO()
    with pytest.raises(CommandError, match="5 things to put right"):
        call_command("subscriptions", stdout=said)
    call_command("subscriptions", "--repair", stdout=said)
    assert there() == ALL_WELL
    assert said.getvalue().splitlines()[-1] == "All is well."
    assert len(last_visit().done) == 5
