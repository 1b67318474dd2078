"""Bring an import order to what the carrier says of it: status, and the result of each number."""

from collections.abc import Mapping

from carrier import import_orders as carrier_orders
from carrier.client import Carrier
from carrier.errors import Problem
from carrier.records import ImportOrderRecord, OrderStatus
from numbering.domain import customer_news, following, removals, telephone_numbers
from numbering.domain.following import Follower
from numbering.domain.import_orders import mark_problems
from numbering.enums import (
    AT_CARRIER,
    AnyOrderStatus,
    ImportOrderStatus,
    LearnedBy,
    OrderNumberStatus,
)
from numbering.models import ImportOrder, Job

OUR_STATUS = {
    OrderStatus.RECEIVED: ImportOrderStatus.RECEIVED,
    OrderStatus.PROCESSING: ImportOrderStatus.PROCESSING,
    OrderStatus.COMPLETE: ImportOrderStatus.COMPLETE,
    OrderStatus.PARTIAL: ImportOrderStatus.PARTIAL,
    OrderStatus.FAILED: ImportOrderStatus.FAILED,
    OrderStatus.EXCEPTION: ImportOrderStatus.EXCEPTION,
}


class ImportOrderFollower(Follower[ImportOrder, ImportOrderRecord]):
    """An import order at the carrier."""

    model = ImportOrder
    read_job = "read_order"
    webhook_column = "order"
    statuses = OUR_STATUS
    at_carrier = AT_CARRIER

    def get(self, carrier: Carrier, order: ImportOrder, order_id: str) -> ImportOrderRecord:
        """Read one at the carrier."""
        return carrier_orders.get(carrier, order_id=order_id)

    def reason(self, status: AnyOrderStatus, record: ImportOrderRecord) -> str:
        """Return the carrier's words, and what an exception means."""
        reason = following.words_of(record)
        if status == ImportOrderStatus.EXCEPTION:
            reason += " It needs attention; the portal keeps reading."
        return reason

    def settle(
        self, order: ImportOrder, failed: Mapping[str, Problem], *, learned_by: LearnedBy
    ) -> None:
        """Numbers are hosted or not imported, and the customer hears of it."""
        completed = [
            e164 for e164 in order.numbers.values_list("e164", flat=True) if e164 not in failed
        ]
        order.numbers.filter(e164__in=completed).update(
            status=OrderNumberStatus.COMPLETED, operation="import", code="", description=""
        )
        mark_problems(order, failed, status=OrderNumberStatus.FAILED, operation="import")
        why = f"Import order {order.pk}: {order.get_status_display().lower()}."
        telephone_numbers.finish_importing(
            order, e164s=completed, hosted=True, reason=why, learned_by=learned_by
        )
        telephone_numbers.finish_importing(
            order, e164s=failed, hosted=False, reason=why, learned_by=learned_by
        )
        customer_news.settled(order)
        # What the subscriber took back while it was at the carrier goes at once.
        removals.request_withdrawn(order)


FOLLOWER = ImportOrderFollower()


def run_read(job: Job) -> None:
    """Handler: read the order at the carrier and take over what it says."""
    following.run_read(FOLLOWER, job)


def refresh(order: ImportOrder, *, learned_by: LearnedBy) -> ImportOrderRecord:
    """Read the order now. Raises CarrierError when it could not be read; nothing changes then."""
    return following.refresh(FOLLOWER, order, learned_by=learned_by)


def apply_record(order: ImportOrder, record: ImportOrderRecord, *, learned_by: LearnedBy) -> None:
    """Take over what the carrier says, inside a transaction; a repeat changes nothing."""
    following.apply_record(FOLLOWER, order, record, learned_by=learned_by)
