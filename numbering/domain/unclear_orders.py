"""Orders that reading brings no further: the carrier knows them no more, or says a strange word.

Nothing would ever end these, and their numbers could go nowhere. So a person may end one here; the
carrier is asked once more before that. What it did with the numbers all the same comes up in the
nightly compare.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier.errors import NotFound, Problem
from carrier.records import OrderStatus
from numbering import clock
from numbering.domain import following
from numbering.domain.cannot_do import CannotDo
from numbering.domain.following import NOT_KNOWN, Follower, Order, Record
from numbering.domain.timeline import move
from numbering.enums import LearnedBy, NumberOrderStatus, OrderedNumberStatus
from numbering.models.order_at_carrier import NumbersOrder

# What to do about one, and what is said before it is ended.
NEXT_STEP = (
    "The portal cannot learn more about it. Ask the carrier's support what became of it, then end "
    "it here."
)
BEFORE_END = (
    "Ask the carrier's support first what became of it. It is read once more now; if that tells no "
    "more than before, it is over here, and its numbers are free. Whatever the carrier did with "
    "them comes up in the nightly compare. Your name is recorded."
)
SLOW = (
    "It takes longer than usual. Ask the carrier's support, and name the carrier's order id below. "
    "The portal keeps asking."
)
_LEFT = "It was ended here; the carrier never said what became of it."


def unclear(follower: Follower[Order, Record]) -> QuerySet[Order]:
    """Return the orders at the carrier that it does not know, or of which we know not its word."""
    known = Q(carrier_status_word="")
    for status in follower.statuses:
        known |= Q(carrier_status_word__iexact=status.value)
    orders: QuerySet[Order] = follower.model._default_manager.filter(
        Q(trouble__contains=NOT_KNOWN) | ~known, status__in=follower.at_carrier
    )
    return orders


def slow(follower: Follower[Order, Record]) -> QuerySet[Order]:
    """Return the orders that the carrier has had for long and says nothing new of.

    One that waits for stock may do so for weeks; nobody is stuck then.
    """
    since = clock.now() - timedelta(seconds=settings.STUCK_AFTER_SECONDS)
    moving = follower.at_carrier - {NumberOrderStatus.BACKORDERED}
    orders: QuerySet[Order] = follower.model._default_manager.filter(
        status__in=moving, status_changed_at__lt=since
    )
    return orders.exclude(pk__in=unclear(follower).values("pk"))


def is_unclear(follower: Follower[Order, Record], order: Order) -> bool:
    """Whether the order is one of them."""
    return unclear(follower).filter(pk=order.pk).exists()


def is_slow(follower: Follower[Order, Record], order: Order) -> bool:
    """Whether the carrier has had the order for long."""
    return slow(follower).filter(pk=order.pk).exists()


def end(follower: Follower[Order, Record], order: Order, *, actor: User) -> None:
    """A person ends it here, after the carrier was asked once more.

    Raises CannotDo when the carrier knows it after all, and CarrierError when it could not be
    asked; then nothing changes but what the carrier said.
    """
    if not order.carrier_order_id or order.status not in follower.at_carrier:
        raise CannotDo("Nothing waits for this decision any more; look at the order again.")
    try:
        record = following.refresh(follower, order, learned_by=LearnedBy.PERSON)
    except NotFound:
        why = NOT_KNOWN
    else:
        word = record.raw_status.strip()[:40] or "nothing"
        if order.status not in follower.at_carrier or record.status in follower.statuses:
            raise CannotDo(f"The carrier knows this order and says {word}. Look at it again.")
        why = f"The carrier says {word}, a word this portal does not know."
    _end(follower, order, why, actor)


@repeated
def _end(follower: Follower[Order, Record], order: Order, why: str, actor: User) -> None:
    left = order.numbers.exclude(status=OrderedNumberStatus.COMPLETED)
    failed = dict.fromkeys(left.values_list("e164", flat=True), Problem("", _LEFT))
    got_some = order.numbers.filter(status=OrderedNumberStatus.COMPLETED).exists()
    if not move(
        order,
        follower.statuses[OrderStatus.PARTIAL if got_some else OrderStatus.FAILED],
        reason=f"{actor} ended it here. {why}",
        learned_by=LearnedBy.PERSON,
        actor=actor,
        trouble="",
        next_read_at=None,
        **({"seen_to_by": actor} if isinstance(order, NumbersOrder) else {}),
    ):
        raise CannotDo("It came to its end in this moment. Look at it again.")
    follower.settle(order, failed, learned_by=LearnedBy.PERSON)
