"""Sending an order for numbers: what `sending` sends, finds again, and what follows from it."""

from collections.abc import Callable, Mapping

from django.db.models import QuerySet

from carrier import orders as carrier_orders
from carrier.client import Carrier
from carrier.errors import Problem
from carrier.records import NumberOrderRecord, NumberOrderType
from numbering.domain import looking, reservations, sending
from numbering.domain.number_order_results import FOLLOWER, OPERATION, fail_numbers
from numbering.domain.number_orders import document_of, wish_of
from numbering.domain.numbers_errand import NumbersErrand
from numbering.enums import LearnedBy, NumberOrderStatus
from numbering.models import Job, NumberOrder, NumberOrderAttempt
from numbering.wording import counted


class NumberOrderErrand(NumbersErrand[NumberOrderAttempt, NumberOrderRecord, NumberOrder]):
    """An order for numbers on its way to the carrier."""

    settle_job = "settle_number_order"
    looks_by = "reference"
    follower = FOLLOWER
    submitting = NumberOrderStatus.SUBMITTING
    received = NumberOrderStatus.RECEIVED
    unknown_status = NumberOrderStatus.UNKNOWN
    failed = NumberOrderStatus.FAILED
    nothing_happened = "Nothing was ordered."

    def attempts(self) -> QuerySet[NumberOrderAttempt]:
        """Return the attempts with their orders."""
        return NumberOrderAttempt.objects.select_related("order__sip_peer")

    def prepare(self, attempt: NumberOrderAttempt) -> Callable[[Carrier], NumberOrderRecord]:
        """Build the order, with the reservations that still hold some of its numbers."""
        order = attempt.order
        # The id of a reservation that ran out while the order waited would have it refused.
        held = reservations.in_force().values("carrier_reservation_id")
        rows = order.numbers.filter(reservation_id__in=held)
        document = document_of(
            wish_of(order),
            customer_order_id=attempt.customer_order_id,
            name=str(order),
            site_id=order.sip_peer.site_id,
            sip_peer_id=order.sip_peer.sip_peer_id,
            reservation_ids=tuple(rows.values_list("reservation_id", flat=True)),
            is_partial_allowed=order.is_partial_allowed,
            is_back_order=order.is_back_order,
        )
        return lambda carrier: carrier_orders.create(carrier, order=document)

    def find(
        self, carrier: Carrier, attempt: NumberOrderAttempt, keep_alive: Callable[[], None]
    ) -> list[NumberOrderRecord]:
        """Look by reference: the carrier's list of such orders cannot be asked for a number."""
        return looking.find_ours(
            attempt,
            (),
            by_reference=lambda text: carrier_orders.find(carrier, customer_order_id=text),
            by_number=lambda e164: carrier_orders.find(carrier, telephone_number=e164),
            get=lambda order_id: carrier_orders.get(carrier, order_id=order_id),
            known=(),
            keep_alive=keep_alive,
        )

    def operation(self, order: NumberOrder) -> str:
        """Return that of number orders."""
        return OPERATION

    def fail(
        self, order: NumberOrder, failed: Mapping[str, Problem], *, learned_by: LearnedBy
    ) -> None:
        """It cost nothing; its numbers are free for another order."""
        fail_numbers(order, failed)

    def difference(self, order: NumberOrder, record: NumberOrderRecord) -> str:
        """Compare numbers or, where none of ours are known, how many.

        One by list must name our numbers, as soon as it names any. One by search has no numbers of
        ours to compare: its quantities must add up to what was asked for, as far as it tells all.
        """
        named = set(record.results())
        if order.order_type == NumberOrderType.EXISTING:
            ours = set(order.numbers.values_list("e164", flat=True))
            return "That carrier order holds other numbers than this one." if named - ours else ""
        quantities = (record.completed_quantity, record.failed_quantity, record.pending_quantity)
        told = sum(quantity or 0 for quantity in quantities)
        is_too_many = max(told, len(record.completed_numbers)) > order.quantity
        if is_too_many or (None not in quantities and told != order.quantity):
            return (
                f"That carrier order is about {counted(told, 'number')}, this one about "
                f"{order.quantity:,}."
            )
        return ""


ERRAND = NumberOrderErrand()


def run_submit(job: Job) -> None:
    """Handler: send the order of this job, once."""
    sending.run_send(ERRAND, job)


def run_settle(job: Job) -> None:
    """Handler: look for an order whose sending got no clear answer."""
    sending.run_settle(ERRAND, job)
