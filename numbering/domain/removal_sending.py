"""Sending a removal or disconnect: what `sending` sends, finds again, and what follows from it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db.models import QuerySet

from carrier.client import Carrier
from carrier.errors import Problem
from carrier.records import NewRemoval, OrderRecord
from numbering.domain import looking, sending
from numbering.domain.numbers_errand import NumbersErrand
from numbering.domain.removal_results import FOLLOWER, OPERATIONS, at_carrier, settle
from numbering.enums import LearnedBy, RemovalStatus, RemovalVerb
from numbering.models import Job, RemovalAttempt, RemovalOrder

# Disconnects that we know of from shortly before ours need not be opened to find it.
_NEIGHBOURS = timedelta(days=3)


class RemovalErrand(NumbersErrand[RemovalAttempt, OrderRecord, RemovalOrder]):
    """A removal or disconnect on its way to the carrier."""

    settle_job = "settle_removal"
    follower = FOLLOWER
    submitting = RemovalStatus.SUBMITTING
    received = RemovalStatus.RECEIVED
    unknown_status = RemovalStatus.UNKNOWN
    failed = RemovalStatus.FAILED
    nothing_happened = "Nothing was created at the carrier."

    def attempts(self) -> QuerySet[RemovalAttempt]:
        """Return the attempts with their removals."""
        return RemovalAttempt.objects.select_related("order")

    def prepare(self, attempt: RemovalAttempt) -> Callable[[Carrier], OrderRecord]:
        """Build the document."""
        removal = NewRemoval(
            customer_order_id=attempt.customer_order_id,
            telephone_numbers=tuple(attempt.order.numbers.values_list("e164", flat=True)),
        )
        create: Callable[..., OrderRecord] = at_carrier(attempt.order).create
        return lambda carrier: create(carrier, removal=removal)

    def find(
        self, carrier: Carrier, attempt: RemovalAttempt, keep_alive: Callable[[], None]
    ) -> list[OrderRecord]:
        """Look by reference; if that finds nothing, by each of the numbers.

        The carrier's list of disconnects shows neither: those since ours was written are opened.
        """
        order = attempt.order
        e164s = list(order.numbers.values_list("e164", flat=True))
        there = at_carrier(order)
        if is_disconnect := order.verb == RemovalVerb.DISCONNECT:
            others = RemovalOrder.objects.filter(
                verb=order.verb, created_at__gt=attempt.created_at - _NEIGHBOURS
            )
            narrowed = {"since": attempt.created_at.date()}
        else:
            others = RemovalOrder.objects.filter(numbers__e164__in=e164s)
            narrowed = {}
        return looking.find_ours(
            attempt,
            e164s,
            by_reference=lambda text: there.find(carrier, customer_order_id=text, **narrowed),
            by_number=(
                None if is_disconnect else lambda e164: there.find(carrier, telephone_number=e164)
            ),
            get=lambda order_id: there.get(carrier, order_id=order_id),
            known=[other or "" for other in others.values_list("carrier_order_id", flat=True)],
            keep_alive=keep_alive,
        )

    def operation(self, order: RemovalOrder) -> str:
        """Return that of its verb."""
        return OPERATIONS[RemovalVerb(order.verb)]

    def fail(
        self, order: RemovalOrder, failed: Mapping[str, Problem], *, learned_by: LearnedBy
    ) -> None:
        """Its numbers are as they were, but for any that were never imported."""
        settle(order, failed, learned_by=learned_by)


ERRAND = RemovalErrand()


def run_submit(job: Job) -> None:
    """Handler: send the removal or disconnect of this job, once."""
    sending.run_send(ERRAND, job)


def run_settle(job: Job) -> None:
    """Handler: look for a removal whose sending got no clear answer."""
    sending.run_settle(ERRAND, job)
