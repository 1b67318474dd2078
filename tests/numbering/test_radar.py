"""The radar: what usually takes how long is learned, and what takes longer stands out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import radar
from numbering.enums import ImportOrderStatus, LearnedBy
from numbering.models import ImportOrder, OrderEvent
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db
S = ImportOrderStatus


def took(seconds: Sequence[float], *, status: ImportOrderStatus = S.PROCESSING) -> None:
    """Give orders a past: each was in the status for so long and then complete."""
    began = timezone.now() - timedelta(days=2)
    for length in seconds:
        order = builders.draft()
        told(order, status, began)
        told(order, S.COMPLETE, began + timedelta(seconds=length))


def told(order: ImportOrder, status: ImportOrderStatus, at: datetime) -> None:
    OrderEvent.objects.create(
        order=order, at=at, to_status=status, learned_by=LearnedBy.SWEEP, reason="told"
    )


def waiting(seconds: float, *, status: ImportOrderStatus = S.PROCESSING) -> ImportOrder:
    order = builders.draft()
    since = timezone.now() - timedelta(seconds=seconds)
    ImportOrder.objects.filter(pk=order.pk).update(status=status, status_changed_at=since)
    order.refresh_from_db()
    return order


def test_half_and_nine_tenths_are_learned_from_the_timelines() -> None:
    took(range(1, 102))
    step = radar.step_times()[S.PROCESSING]
    assert (step.p50, step.p90, step.samples, step.is_learned) == (51, 91, 101, True)
    assert (step.usual, step.almost_always) == ("51 seconds", "91 seconds")


def test_too_few_orders_teach_nothing_and_the_setting_counts(settings: Any) -> None:
    settings.STUCK_AFTER_SECONDS = 7200
    took([5] * (radar.LEAST_SAMPLES - 1))
    step = radar.step_times()[S.PROCESSING]
    assert (step.p90, step.is_learned) == (7200, False)


def test_what_is_older_than_ninety_days_is_forgotten() -> None:
    took([5] * 30)
    OrderEvent.objects.update(at=timezone.now() - timedelta(days=91))
    assert radar.step_times()[S.PROCESSING].samples == 0


def test_an_order_beyond_nine_tenths_stands_out_and_others_do_not() -> None:
    took([60] * 30)
    late, fresh = waiting(61), waiting(30)
    waiting(10_000, status=S.DRAFT)
    assert list(radar.stuck_orders()) == [late]
    assert radar.slow_step(fresh) is None
    slow = radar.slow_step(late)
    assert slow is not None
    assert slow.almost_always == "60 seconds"


def test_each_step_is_measured_by_itself() -> None:
    took([60] * 30, status=S.RECEIVED)
    received, processing = waiting(61, status=S.RECEIVED), waiting(61)
    assert list(radar.stuck_orders()) == [received]
    assert radar.slow_step(processing) is None


def test_the_note_holds_every_id_that_the_carriers_support_asks_for(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8003"))
    note = radar.escalation_note(order)
    wanted = [
        "9900001",
        order.carrier_order_id,
        order.customer_order_id,
        f"{order.sip_peer.site_id} / {order.sip_peer.sip_peer_id}",
        str(order.subscriber),
        str(order.numbers.get()),
    ]
    assert [part for part in wanted if not part or part not in note] == []


def test_a_long_order_is_named_by_its_first_hundred_numbers() -> None:
    order = builders.draft(*builders.fresh_numbers(103))
    note = radar.escalation_note(order)
    assert (note.count("\n  ("), "and 3 more" in note) == (100, True)


def test_the_order_page_offers_the_note_and_the_timeline_remembers_it(
    sign_in: Callable[[User], Client], support: User
) -> None:
    took([60] * 30)
    order = waiting(600)
    page = f"/admin/numbers/importorder/{order.pk}"
    desk = sign_in(support)
    assert "longer than usual" in desk.get(f"{page}/change/").content.decode()
    assert "Customer order id" in desk.get(f"{page}/do/escalate/").content.decode()
    before = order.events.count()
    desk.post(f"{page}/do/escalate/")
    event = order.events.latest("pk")
    assert (order.events.count(), event.actor) == (before + 1, support)


def test_the_home_page_shows_what_is_stuck_and_what_is_usual(
    sign_in: Callable[[User], Client], support: User
) -> None:
    took([60] * 30)
    order = waiting(600)
    page = sign_in(support).get("/admin/").content.decode()
    assert f"/admin/numbers/importorder/{order.pk}/change/" in page
    assert "30 orders" in page
