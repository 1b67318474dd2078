"""The sweep: what no webhook told is found all the same."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from carrier.sandbox import Sandbox
from numbering.domain.sweep import run_sweep
from numbering.models import CarrierExchange, Heartbeat, ImportOrder, Job
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db


def swept(order: ImportOrder) -> ImportOrder:
    """Let the sweep come round to the order."""
    steps.due_for_sweep(order)
    run_once()
    run_once()
    order.refresh_from_db()
    return order


def test_an_order_whose_webhook_was_lost_is_found_and_the_timeline_says_by_sweep(
    at_carrier: Sandbox,
) -> None:
    """C15: one order; script/faults loses a day of 2,000."""
    order = steps.sent(steps.card("8005"))
    steps.ended_at(at_carrier, order)
    assert swept(order).status == "complete"
    assert steps.timeline(order)[-1] == ("received", "complete", "sweep")


def test_a_partial_order_is_found_with_its_reasons(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("7518"), *builders.fresh_numbers())
    steps.ended_at(at_carrier, order)
    assert swept(order).status == "partial"
    assert order.numbers.get(status="failed").code == "7518"


def test_an_order_that_the_carrier_keeps_is_read_less_and_less_often(
    at_carrier: Sandbox, settings: Any
) -> None:
    settings.SWEEP_FIRST_SECONDS = 60
    settings.SWEEP_CAP_SECONDS = 36_000
    order = steps.sent(steps.card("8003"))
    waits = []
    for hours in (1, 2, 4):
        since = timezone.now() - timedelta(hours=hours)
        ImportOrder.objects.filter(pk=order.pk).update(status_changed_at=since, status="processing")
        swept(order)
        assert order.next_read_at is not None
        waits.append((order.next_read_at - timezone.now()).total_seconds())
    assert [round(later / sooner) for sooner, later in itertools.pairwise(waits)] == [
        2,
        2,
    ]


def test_only_orders_with_the_carrier_whose_time_has_come_are_read(at_carrier: Sandbox) -> None:
    waiting = steps.sent(steps.card("8003"))
    done = steps.sent()
    steps.ended_at(at_carrier, done)
    swept(done)
    before = len(at_carrier.requests)
    Heartbeat.objects.filter(name="sweep").delete()
    ImportOrder.objects.filter(pk=done.pk).update(next_read_at=timezone.now() - timedelta(hours=1))
    run_once()
    assert (len(at_carrier.requests), steps.status_of(waiting)) == (before, "received")


def test_an_order_with_an_exception_is_read_on(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8002"))
    steps.ended_at(at_carrier, order)
    assert swept(order).status == "exception"
    assert order.next_read_at is not None


def test_an_order_is_not_asked_for_twice_while_its_reading_waits(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8003"))
    for _ in range(2):
        steps.due_for_sweep(order)
        run_sweep(Job(kind="sweep"))
        order.refresh_from_db()
        assert order.next_read_at is not None
        assert order.next_read_at - timezone.now() > timedelta(minutes=10)
    assert Job.objects.filter(kind="read_order").exclude(state="done").count() == 1


def test_the_sweep_leaves_a_beat() -> None:
    run_once()
    assert timezone.now() - Heartbeat.objects.get(name="sweep").at < timedelta(seconds=10)


def test_the_upkeep_forgets_what_is_older_than_it_is_kept(settings: Any) -> None:
    settings.EXCHANGES_KEPT_DAYS = 90
    now = timezone.now()
    for days in (89, 91):
        CarrierExchange.objects.create(
            at=now - timedelta(days=days), operation=str(days), outcome="accepted", duration_ms=1
        )
    for days, state in ((13, "done"), (15, "done"), (15, "parked")):
        Job.objects.create(
            kind=f"{state}{days}", state=state, finished_at=now - timedelta(days=days)
        )
    run_once()
    assert list(CarrierExchange.objects.values_list("operation", flat=True)) == ["89"]
    kept = set(Job.objects.filter(kind__regex="[0-9]$").values_list("kind", flat=True))
    assert kept == {"done13", "parked15"}
