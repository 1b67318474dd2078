"""Bring an order to what the carrier says of it: status, and the result of each number."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from carrier import import_orders as carrier_orders
from carrier.errors import CarrierError, NotFound, Problem, Throttled
from carrier.records import ImportOrderRecord, NumberState, OrderStatus
from numbering.carrier_link import CarrierNotConfigured, get_carrier, in_words, working_on
from numbering.domain import telephone_numbers
from numbering.domain.import_orders import mark_problems
from numbering.domain.jobs import TryLater
from numbering.domain.timeline import move, next_read_in, note
from numbering.enums import (
    AT_CARRIER,
    ImportOrderStatus,
    LearnedBy,
    OrderNumberStatus,
)
from numbering.models import ImportOrder, Job

# The carrier's word to ours. A word that is not here is kept, shown, and never final.
OUR_STATUS = {
    OrderStatus.RECEIVED: ImportOrderStatus.RECEIVED,
    OrderStatus.PROCESSING: ImportOrderStatus.PROCESSING,
    OrderStatus.COMPLETE: ImportOrderStatus.COMPLETE,
    OrderStatus.PARTIAL: ImportOrderStatus.PARTIAL,
    OrderStatus.FAILED: ImportOrderStatus.FAILED,
    OrderStatus.EXCEPTION: ImportOrderStatus.EXCEPTION,
}
_SETTLED = {ImportOrderStatus.COMPLETE, ImportOrderStatus.PARTIAL, ImportOrderStatus.FAILED}


def run_read(job: Job) -> None:
    """Handler: read the order at the carrier and take over what it says."""
    order = ImportOrder.objects.select_related("sip_peer").get(pk=job.subject)
    if not order.carrier_order_id or order.status not in AT_CARRIER:
        return
    try:
        refresh(order, learned_by=LearnedBy(job.learned_by or LearnedBy.SWEEP))
    except Throttled as error:
        raise TryLater(error.message, at=error.retry_at, counts=False) from error
    except (CarrierError, CarrierNotConfigured) as error:
        message = in_words(error)
        if isinstance(error, NotFound):
            message = "The carrier does not know this order any more. Ask the carrier's support."
        ImportOrder.objects.filter(pk=order.pk).update(
            trouble=f"Could not read the order: {message}"[:1000]
        )
        # The sweep comes back by itself; this job only shortens the wait a little.
        raise TryLater(message) from error


def refresh(order: ImportOrder, *, learned_by: LearnedBy) -> ImportOrderRecord:
    """Read the order now. Raises CarrierError when it could not be read; nothing changes then."""
    with working_on(order.pk):
        record = carrier_orders.get(get_carrier(), order_id=order.carrier_order_id or "")
    with transaction.atomic():
        apply_record(order, record, learned_by=learned_by)
    return record


def apply_record(order: ImportOrder, record: ImportOrderRecord, *, learned_by: LearnedBy) -> None:
    """Take over what the carrier says. Saying the same thing twice changes nothing.

    Must run inside a transaction: status, numbers and timeline change together or not at all.
    """
    order.refresh_from_db()
    word = record.raw_status.strip()[:40]
    word_is_news = word.upper() != order.carrier_status_word.upper()
    reads = order.reads + 1
    open_still = order.status in AT_CARRIER
    ImportOrder.objects.filter(pk=order.pk).update(
        carrier_status_word=word,
        carrier_read_at=timezone.now(),
        reads=reads,
        next_read_at=(
            timezone.now() + timedelta(seconds=next_read_in(reads)) if open_still else None
        ),
        trouble="",
    )
    status = OUR_STATUS.get(record.status)
    if status is None:
        if word_is_news:
            note(
                order,
                f"The carrier says {word or 'nothing'}, a word this portal does not know. "
                "The order stays open.",
                learned_by=learned_by,
            )
        return
    if status == order.status:
        return
    moved = move(
        order,
        status,
        reason=_reason(status, record),
        learned_by=learned_by,
        **({"next_read_at": None} if status in _SETTLED else {}),
    )
    if moved and status in _SETTLED:
        _settle_numbers(order, record, learned_by=learned_by)


def _reason(status: ImportOrderStatus, record: ImportOrderRecord) -> str:
    reason = f"The carrier says {record.raw_status.strip()[:40]}."
    if status == ImportOrderStatus.EXCEPTION:
        reason += " It needs attention; the portal keeps reading."
    if record.problems:
        texts = [f"{p.code} {p.description}".strip() for p in record.problems[:5]]
        reason += " " + "; ".join(texts)
    return reason


def _settle_numbers(
    order: ImportOrder, record: ImportOrderRecord, *, learned_by: LearnedBy
) -> None:
    """Write each number's result, derived as REFERENCE 4.2 says."""
    results = record.results()
    ours = list(order.numbers.values_list("e164", flat=True))
    completed: list[str] = []
    failed: dict[str, Problem] = {}
    for e164 in ours:
        result = results.get(e164)
        if result is None and order.status == ImportOrderStatus.FAILED:
            failed[e164] = Problem(code="", description="The whole order failed.")
        elif result is None:
            failed[e164] = Problem(
                code="", description="The carrier's answer does not mention this number."
            )
        elif result.state is NumberState.COMPLETED:
            completed.append(e164)
        else:
            failed[e164] = (
                result.problems[0]
                if result.problems
                else Problem(code="", description="The carrier gave no reason.")
            )
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
