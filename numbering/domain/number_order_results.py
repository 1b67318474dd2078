"""Bring an order for numbers to what the carrier says of it; what it has got is ours at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Q, QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier import orders as carrier_orders
from carrier.client import Carrier
from carrier.errors import CarrierError, OutcomeUnknown, Problem, Refused
from carrier.records import NumberOrderRecord, NumberOrderType, OrderStatus
from carrier.telephone import is_nanp
from numbering import clock
from numbering.carrier_link import get_carrier, in_words
from numbering.domain import following, reservations, telephone_numbers
from numbering.domain.cannot_do import CannotDo
from numbering.domain.error_help import help_for
from numbering.domain.following import Follower
from numbering.domain.import_orders import by_reason
from numbering.domain.timeline import move, note
from numbering.enums import (
    LIVE,
    NUMBER_ORDER_AT_CARRIER,
    AnyOrderStatus,
    LearnedBy,
    NumberOrderStatus,
    NumberOrigin,
    OrderedNumberStatus,
)
from numbering.models import Job, NumberOrder, NumberOrderNumber, TelephoneNumber
from numbering.wording import counted

# Under which the help for carrier codes of number orders stands.
OPERATION = "order"


class NumberOrderFollower(Follower[NumberOrder, NumberOrderRecord]):
    """An order for numbers at the carrier."""

    model = NumberOrder
    read_job = "read_number_order"
    webhook_column = "number_order"
    statuses = {
        OrderStatus.RECEIVED: NumberOrderStatus.RECEIVED,
        OrderStatus.PROCESSING: NumberOrderStatus.RECEIVED,
        OrderStatus.BACKORDERED: NumberOrderStatus.BACKORDERED,
        OrderStatus.COMPLETE: NumberOrderStatus.COMPLETE,
        OrderStatus.PARTIAL: NumberOrderStatus.PARTIAL,
        OrderStatus.FAILED: NumberOrderStatus.FAILED,
    }
    at_carrier = NUMBER_ORDER_AT_CARRIER

    def get(self, carrier: Carrier, order: NumberOrder, order_id: str) -> NumberOrderRecord:
        """Read one at the carrier."""
        return carrier_orders.get(carrier, order_id=order_id)

    def reason(self, status: AnyOrderStatus, record: NumberOrderRecord) -> str:
        """Return the carrier's words, and what fixes it where help is written."""
        helps = help_for({(OPERATION, problem.code) for problem in record.problems})
        return " ".join([following.words_of(record), *(help_.fix for help_ in helps.values())])

    def take_over(
        self, order: NumberOrder, record: NumberOrderRecord, *, learned_by: LearnedBy
    ) -> None:
        """Completed numbers are ours from now on, whether the order is over or not."""
        failed = {e164 for p in record.problems for e164 in p.telephone_numbers}
        failed |= set(record.failed_numbers)
        completed = [e164 for e164 in _readable(record.completed_numbers) if e164 not in failed]
        _name(order, [*completed, *(_readable(failed) if record.status.is_final else ())])
        _complete(order, completed, learned_by=learned_by)

    def doubt(self, order: NumberOrder, record: NumberOrderRecord) -> str:
        """A final word that does not name the numbers that it promises is not believed yet."""
        if record.status is OrderStatus.FAILED:
            return ""
        named = len(_readable(record.completed_numbers))
        if record.status is OrderStatus.COMPLETE:
            promised = order.quantity
            if order.order_type == NumberOrderType.EXISTING:
                # We know the numbers, so the word alone will do, unless it counts fewer.
                counts_all = record.completed_quantity in (None, order.quantity)
                promised = 0 if named or counts_all else order.quantity
        else:
            promised = record.completed_quantity or 1
        if named >= promised:
            return ""
        return (
            f"The carrier says {record.raw_status.strip()[:40]} and names {named or 'none'} of "
            f"{counted(promised, 'number')}. The portal does not believe it yet and keeps asking."
        )

    def settle(
        self, order: NumberOrder, failed: Mapping[str, Problem], *, learned_by: LearnedBy
    ) -> None:
        """Numbers are ours, or were not to be had."""
        got = order.numbers.exclude(e164__in=failed)
        _complete(order, list(got.values_list("e164", flat=True)), learned_by=learned_by)
        fail_numbers(order, failed)


FOLLOWER = NumberOrderFollower()


def run_read(job: Job) -> None:
    """Handler: read the order at the carrier and take over what it says."""
    following.run_read(FOLLOWER, job)


def _readable(numbers: Iterable[str]) -> list[str]:
    """Return those that are telephone numbers, each once; the carrier's text may be anything."""
    return [number for number in dict.fromkeys(numbers) if is_nanp(number)]


def _name(order: NumberOrder, e164s: list[str]) -> None:
    """Add rows for numbers that the carrier names and that are not in the order yet.

    They keep no other order out: a completed number lives here, and a failed one is free.
    """
    known = set(order.numbers.values_list("e164", flat=True))
    NumberOrderNumber.objects.bulk_create(
        [
            NumberOrderNumber(order=order, e164=e164, is_holding=False)
            for e164 in e164s
            if e164 not in known
        ],
        batch_size=1000,
    )


def _complete(order: NumberOrder, e164s: list[str], *, learned_by: LearnedBy) -> None:
    """Write down that the carrier has given us these numbers; those known already stay as is."""
    rows = order.numbers.filter(e164__in=e164s)
    fresh = list(rows.exclude(status=OrderedNumberStatus.COMPLETED).values_list("e164", flat=True))
    if not fresh:
        return
    telephone_numbers.start_service(order, fresh, learned_by=learned_by)
    rows.filter(e164__in=fresh).update(
        status=OrderedNumberStatus.COMPLETED, is_holding=False, code="", description=""
    )
    reservations.use_up(fresh)
    _say_what_stayed(order, fresh)


def _say_what_stayed(order: NumberOrder, e164s: list[str]) -> None:
    """A number that lived here otherwise is not moved by an order; its row says so."""
    as_ordered = Q(subscriber=order.subscriber_id, origin=NumberOrigin.ORDER)
    lives = TelephoneNumber.objects.filter(e164__in=e164s, state__in=LIVE).exclude(as_ordered)
    stayed: dict[str, list[str]] = defaultdict(list)
    for life in lives.select_related("subscriber"):
        stayed[
            f"It lived here already, with {life.subscriber} "
            f"({life.get_origin_display().lower()}), and stays so. Look at its page."
        ].append(life.e164)
    for words, those in stayed.items():
        order.numbers.filter(e164__in=those).update(description=words[:500])


def fail_numbers(order: NumberOrder, failed: Mapping[str, Problem]) -> None:
    """Write down which numbers were not to be had, each with the carrier's reason.

    What was completed before stays ours, whatever the end of the order says of all of it.
    """
    reservations.forget(order, failed)
    open_rows = order.numbers.exclude(status=OrderedNumberStatus.COMPLETED)
    for (code, description), e164s in by_reason(failed).items():
        open_rows.filter(e164__in=e164s).update(
            status=OrderedNumberStatus.FAILED, code=code, description=description
        )


# --- What people decide about an order at the carrier -------------------------------------------


def close(order: NumberOrder, *, actor: User) -> None:
    """Have the carrier wait for stock no more; what the order has got so far stays ours.

    Raises CannotDo when it does not wait, and CarrierError when the carrier could not be asked.
    Asking twice does no harm.
    """
    if order.status != NumberOrderStatus.BACKORDERED or not order.carrier_order_id:
        raise CannotDo("Only an order that waits for stock can be closed; look at it again.")
    refusal: Refused | None = None
    try:
        carrier_orders.close(get_carrier(), order_id=order.carrier_order_id)
    except OutcomeUnknown as error:
        _said(order, f"Closing was asked for; the outcome is not known. {in_words(error)}", actor)
        raise
    except Refused as error:
        # Also when it came to its end by itself in the meantime; what we read then decides.
        refusal = error
    else:
        _said(order, "The carrier was asked to close it: it waits for stock no more.", actor)
    try:
        following.refresh(FOLLOWER, order, learned_by=LearnedBy.ANSWER)
    except CarrierError:
        # The sweep reads what became of it.
        NumberOrder.objects.filter(pk=order.pk).update(next_read_at=clock.now())
    if refusal is not None and order.status == NumberOrderStatus.BACKORDERED:
        raise refusal


@repeated
def _said(order: NumberOrder, reason: str, actor: User) -> None:
    note(order, reason, learned_by=LearnedBy.PERSON, actor=actor)


def doubted() -> QuerySet[NumberOrder]:
    """Return the orders that the carrier calls finished and that are open here."""
    words = Q(carrier_status_word__iexact=OrderStatus.COMPLETE) | Q(
        carrier_status_word__iexact=OrderStatus.PARTIAL
    )
    return NumberOrder.objects.filter(words, status__in=NUMBER_ORDER_AT_CARRIER)


@repeated
def end_doubted(order: NumberOrder, *, actor: User) -> None:
    """A person takes the carrier's final word although it does not name all numbers.

    Raises CannotDo when there is no such doubt (any more).
    """
    current = doubted().select_for_update().filter(pk=order.pk).first()
    if current is None or not move(
        current,
        NumberOrderStatus.PARTIAL,
        reason=f"{actor} ended it here: the carrier calls it {current.carrier_status_word} without "
        "naming all numbers. Others that it gave us come up in the nightly compare.",
        learned_by=LearnedBy.PERSON,
        actor=actor,
        trouble="",
        next_read_at=None,
        seen_to_by=actor,
    ):
        raise CannotDo("Nothing waits for this decision any more; look at the order again.")
    left = current.numbers.filter(status=OrderedNumberStatus.UNDER_WAY)
    unnamed = Problem(code="", description="The carrier's answer does not mention this number.")
    fail_numbers(current, dict.fromkeys(left.values_list("e164", flat=True), unnamed))
    order.refresh_from_db()
