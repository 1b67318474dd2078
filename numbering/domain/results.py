"""Bring an order to what the carrier says of it: status, and the result of each number."""

from datetime import timedelta

from django.db import transaction

from carrier import import_orders as carrier_orders
from carrier.errors import CarrierError, NotFound, Problem, Throttled
from carrier.records import ImportOrderRecord, NumberState, OrderStatus
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier, in_words, working_on
from numbering.domain import telephone_numbers
from numbering.domain.hold_off import wait_if_held
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
    wait_if_held()
    try:
        refresh(order, learned_by=LearnedBy(job.learned_by or LearnedBy.SWEEP))
    except Throttled as error:
        raise TryLater(error.message, at=error.retry_at, counts=False) from error
    except (CarrierError, CarrierNotConfigured) as error:
        message = in_words(error)
        if isinstance(error, NotFound):
            message = "The carrier does not know this order any more. Ask the carrier's support."
        # The sweep comes back to the order by itself, so the job has nothing left to do: thousands
        # of orders that cannot be read for an hour are one outage, not thousands of parked jobs.
        ImportOrder.objects.filter(pk=order.pk, status__in=AT_CARRIER).update(
            trouble=f"Could not read the order: {message}"[:1000],
            next_read_at=clock.now() + next_read_in(timedelta(0)),
        )


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
    # Locked, so that of two answers that arrive together the second sees what the first did.
    current = ImportOrder.objects.select_for_update().get(pk=order.pk)
    if current.status not in AT_CARRIER:
        # Final states stay final, whatever comes late.
        ImportOrder.objects.filter(pk=order.pk).update(carrier_read_at=clock.now())
        order.refresh_from_db()
        return
    word = record.raw_status.strip()[:40]
    word_is_news = word.upper() != current.carrier_status_word.upper()
    reads = current.reads + 1
    ImportOrder.objects.filter(pk=order.pk).update(
        carrier_status_word=word,
        carrier_read_at=clock.now(),
        reads=reads,
        next_read_at=clock.now() + next_read_in(clock.now() - current.status_changed_at),
        trouble="",
    )
    order.refresh_from_db()
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
    if status == ImportOrderStatus.COMPLETE and _failed_numbers(order, record):
        # Complete is a word about the order; a number that did not get there still has to be seen.
        status = ImportOrderStatus.PARTIAL
    moved = move(
        order,
        status,
        reason=_reason(status, record),
        learned_by=learned_by,
        next_read_at=(None if status in _SETTLED else clock.now() + next_read_in(timedelta(0))),
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


def _failed_numbers(order: ImportOrder, record: ImportOrderRecord) -> dict[str, Problem]:
    """Return the order's numbers that a final answer does not complete, each with its reason."""
    results = record.results()
    failed: dict[str, Problem] = {}
    for e164 in order.numbers.values_list("e164", flat=True):
        result = results.get(e164)
        if result is not None and result.state is NumberState.COMPLETED:
            continue
        if result is not None and result.problems:
            failed[e164] = result.problems[0]
        elif record.status is OrderStatus.FAILED:
            failed[e164] = Problem(code="", description="The whole order failed.")
        elif record.status is OrderStatus.PARTIAL and result is not None:
            failed[e164] = Problem(
                code="",
                description="The carrier completed the order in part and does not say which "
                "numbers it left out. Ask its support before trying again.",
            )
        elif record.status is OrderStatus.PARTIAL or record.telephone_numbers:
            failed[e164] = Problem(
                code="", description="The carrier's answer does not mention this number."
            )
    return failed


def _settle_numbers(
    order: ImportOrder, record: ImportOrderRecord, *, learned_by: LearnedBy
) -> None:
    """Write each number's result, derived as REFERENCE 4.2 says."""
    failed = _failed_numbers(order, record)
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
