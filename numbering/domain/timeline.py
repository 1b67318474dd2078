"""The one door for an order's status, and the lines of its timeline."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from numbering import clock
from numbering.enums import (
    FINAL,
    NUMBER_ORDER_FINAL,
    REMOVAL_FINAL,
    AnyOrderStatus,
    LearnedBy,
    sources_of,
)
from numbering.models import ImportOrder, NumberOrder, RemovalOrder

AnyOrder = ImportOrder | RemovalOrder | NumberOrder


def move(
    order: AnyOrder,
    to: AnyOrderStatus,
    *,
    reason: str,
    learned_by: LearnedBy,
    actor: User | None = None,
    **changes: Any,
) -> bool:
    """Move the order by a conditional write, and say so in its timeline.

    Other columns in `changes` are written in the same statement. Returns False, and writes
    nothing, when the order is not in a status from which `to` is allowed: somebody was first.
    The passed order is brought up to date when it moved.
    """
    orders = type(order)._default_manager
    with transaction.atomic():
        current = orders.select_for_update().filter(pk=order.pk)
        before = current.values_list("status", flat=True).get()
        moved = orders.filter(pk=order.pk, status__in=sources_of(to)).update(
            status=to, status_changed_at=clock.now(), **changes
        )
        if not moved:
            return False
        if to in FINAL | REMOVAL_FINAL | NUMBER_ORDER_FINAL:
            order.numbers.update(is_holding=False)
        order.events.create(
            at=clock.now(),
            actor=actor,
            from_status=before,
            to_status=to,
            learned_by=learned_by,
            reason=reason[:1000],
        )
    order.refresh_from_db()
    return True


def note(
    order: AnyOrder,
    reason: str,
    *,
    learned_by: LearnedBy,
    actor: User | None = None,
) -> None:
    """Add a line to the timeline without moving the order."""
    order.events.create(at=clock.now(), actor=actor, learned_by=learned_by, reason=reason[:1000])


def next_read_in(waited: timedelta) -> timedelta:
    """Return how long the sweep leaves an order alone that has been in its status for `waited`.

    Half of that again, so that fresh news is looked after closely and an old wait gently, between
    SWEEP_FIRST_SECONDS and SWEEP_CAP_SECONDS.
    """
    seconds = max(settings.SWEEP_FIRST_SECONDS, waited.total_seconds() / 2)
    return timedelta(seconds=min(settings.SWEEP_CAP_SECONDS, seconds))
