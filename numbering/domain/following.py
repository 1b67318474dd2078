"""Follow an order at the carrier to its end: its status, and the result of each number.

A notification or the sweep is only a reason to read. What kind of order it is, and what its end
means for its numbers, is a `Follower`'s business.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Generic, TypeVar

from django.conf import settings

from accounts.again import repeated
from carrier.client import Carrier
from carrier.errors import CarrierError, NotFound, Problem, Throttled
from carrier.records import NumberState, OrderRecord, OrderStatus
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier, in_words, working_on
from numbering.domain import jobs
from numbering.domain.hold_off import wait_if_held
from numbering.domain.jobs import TryLater
from numbering.domain.timeline import move, next_read_in, note
from numbering.enums import AnyOrderStatus, LearnedBy, WebhookState
from numbering.models import ImportOrder, Job, NumberOrder, RemovalOrder, WebhookEvent
from numbering.stopping_points import reached

# What the trouble of such an order says.
NOT_KNOWN = "The carrier does not know this order any more."

Order = TypeVar("Order", ImportOrder, RemovalOrder, NumberOrder)
Record = TypeVar("Record", bound=OrderRecord)


class Follower(ABC, Generic[Order, Record]):
    """One kind of order at the carrier."""

    model: type[Order]
    # The kind of the job that reads one.
    read_job: ClassVar[str]
    # The column of a webhook that ties it to one.
    webhook_column: ClassVar[str]
    # The carrier's word to ours. A word that is not here is kept, shown, and never final.
    statuses: Mapping[OrderStatus, AnyOrderStatus]
    # The carrier has it and may still change it: read until this set is left.
    at_carrier: ClassVar[frozenset[str]]

    @abstractmethod
    def get(self, carrier: Carrier, order: Order, order_id: str) -> Record:
        """Read it at the carrier, under the carrier's id of it."""

    @abstractmethod
    def reason(self, status: AnyOrderStatus, record: Record) -> str:
        """Return what the timeline says of a move."""

    @abstractmethod
    def settle(self, order: Order, failed: Mapping[str, Problem], *, learned_by: LearnedBy) -> None:
        """The order came to its end: write the result of each number, the failed ones given."""

    def take_over(self, order: Order, record: Record, *, learned_by: LearnedBy) -> None:
        """Take over what an answer says besides the status, before the order's end is settled."""

    def doubt(self, order: Order, record: Record) -> str:
        """Say why a final word is not believed yet, and the order stays open; empty when it is."""
        return ""


def run_read(follower: Follower[Order, Record], job: Job) -> None:
    """Handler: read the order at the carrier and take over what it says."""
    order = follower.model._default_manager.get(pk=job.subject)
    if not order.carrier_order_id or order.status not in follower.at_carrier:
        return
    wait_if_held()
    try:
        refresh(follower, order, learned_by=LearnedBy(job.learned_by or LearnedBy.SWEEP))
    except Throttled as error:
        raise TryLater(error.message, at=error.retry_at, counts=False) from error
    except (CarrierError, CarrierNotConfigured) as error:
        message = in_words(error)
        if isinstance(error, NotFound):
            message = f"{NOT_KNOWN} Ask the carrier's support."
        # The sweep comes back to the order by itself, so the job has nothing left to do: thousands
        # of orders that cannot be read for an hour are one outage, not thousands of parked jobs.
        follower.model._default_manager.filter(pk=order.pk, status__in=follower.at_carrier).update(
            trouble=f"Could not read the order: {message}"[:1000],
            next_read_at=clock.now() + next_read_in(timedelta(0)),
        )


def refresh(follower: Follower[Order, Record], order: Order, *, learned_by: LearnedBy) -> Record:
    """Read the order now. Raises CarrierError when it could not be read; nothing changes then."""
    with working_on(order.pk if isinstance(order, ImportOrder) else None):
        record = follower.get(get_carrier(), order, order.carrier_order_id or "")
    _write_record(follower, order, record, learned_by=learned_by)
    return record


@repeated
def _write_record(
    follower: Follower[Order, Record], order: Order, record: Record, *, learned_by: LearnedBy
) -> None:
    apply_record(follower, order, record, learned_by=learned_by)
    reached("while_reading")


def apply_record(
    follower: Follower[Order, Record], order: Order, record: Record, *, learned_by: LearnedBy
) -> None:
    """Take over what the carrier says. Saying the same thing twice changes nothing.

    Must run inside a transaction: status, numbers and timeline change together or not at all.
    """
    orders = follower.model._default_manager
    # Locked, so that of two answers that arrive together the second sees what the first did.
    current = orders.select_for_update().get(pk=order.pk)
    if current.status not in follower.at_carrier:
        # Final states stay final, whatever comes late.
        orders.filter(pk=order.pk).update(carrier_read_at=clock.now())
        order.refresh_from_db()
        return
    word = record.raw_status.strip()[:40]
    word_is_news = word.upper() != current.carrier_status_word.upper()
    orders.filter(pk=order.pk).update(
        carrier_status_word=word,
        carrier_read_at=clock.now(),
        reads=current.reads + 1,
        next_read_at=clock.now() + next_read_in(clock.now() - current.status_changed_at),
        trouble="",
    )
    order.refresh_from_db()
    follower.take_over(order, record, learned_by=learned_by)
    status = follower.statuses.get(record.status)
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
    if record.status.is_final and (doubt := follower.doubt(order, record)):
        orders.filter(pk=order.pk).update(trouble=doubt[:1000])
        order.refresh_from_db()
        if word_is_news:
            note(order, doubt, learned_by=learned_by)
        return
    failed = failed_numbers(order, record) if record.status.is_final else {}
    if record.status is OrderStatus.COMPLETE and failed:
        # Complete is a word about the order; a number that did not get there still has to be seen.
        status = follower.statuses[OrderStatus.PARTIAL]
    moved = move(
        order,
        status,
        reason=follower.reason(status, record),
        learned_by=learned_by,
        next_read_at=(None if record.status.is_final else clock.now() + next_read_in(timedelta(0))),
    )
    if moved and record.status.is_final:
        follower.settle(order, failed, learned_by=learned_by)


def failed_numbers(order: Order, record: OrderRecord) -> dict[str, Problem]:
    """Return the order's numbers that a final answer does not complete, each with its reason.

    Derived as REFERENCE 4.2 says.
    """
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


def words_of(record: OrderRecord) -> str:
    """Return the carrier's word for the order, and the first of its reasons."""
    reasons = [f"{p.code} {p.description}".strip().rstrip(".") for p in record.problems[:5]]
    said = f"The carrier says {record.raw_status.strip()[:40]}."
    return f"{said} {'; '.join(reasons)}." if reasons else said


def begin(follower: Follower[Order, Record], order: Order) -> None:
    """The carrier has taken the order: have it read soon, and what was told of it early applied."""
    jobs.enqueue(
        follower.read_job,
        subject_id=order.pk,
        learned_by=LearnedBy.SWEEP,
        due_in=settings.READ_SOON_SECONDS,
    )
    # A notification may have been faster than the answer to our own call.
    early = WebhookEvent.objects.filter(
        state=WebhookState.UNMATCHED, carrier_order_id=order.carrier_order_id or ""
    ).update(
        state=WebhookState.APPLIED,
        applied_at=clock.database_now(),
        problem="",
        **{follower.webhook_column: order},
    )
    if early:
        jobs.enqueue(follower.read_job, subject_id=order.pk, learned_by=LearnedBy.WEBHOOK)
