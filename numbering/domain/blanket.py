"""Blanket LOAs: one letter that speaks for every number of a subscriber until its end."""

from datetime import date

from django.utils import timezone

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain import evidence
from numbering.domain.cannot_do import CannotDo
from numbering.domain.loa import cover
from numbering.domain.loa_lock import locked
from numbering.domain.timeline import note
from numbering.enums import EvidenceKind, LearnedBy, LoaScanState, LoaScope, LoaSource, LoaType
from numbering.models import ImportOrder, Loa, Subscriber
from numbering.wording import counted


@repeated
def mark(loa: Loa, *, expires_on: date, actor: User) -> None:
    """Somebody has read an uploaded LOA: it speaks for every number until the end of a day.

    A blanket may be given another end. Raises CannotDo for a letter that no longer counts, for one
    signed here (it lists its numbers), and for a day that is over.
    """
    current = locked(loa.pk)
    if current.voided_at or current.withdrawn_at or current.purged_at:
        raise CannotDo("This LOA no longer counts, so it cannot speak for other numbers.")
    if not current.is_handed_in:
        raise CannotDo("The customer has not handed this LOA in yet.")
    if current.source == LoaSource.SIGNED:
        raise CannotDo("This LOA was signed here for the numbers that it lists.")
    if expires_on < _today():
        raise CannotDo("That day is over. Give the last day on which the LOA is good.")
    Loa.objects.filter(pk=loa.pk).update(
        scope=LoaScope.BLANKET, loa_type=LoaType.CARRIER, expires_on=expires_on
    )
    evidence.add(
        EvidenceKind.CONFIRMED,
        subscriber=current.subscriber,
        loa=current,
        data={
            "what": "covers every number of the subscriber",
            "until": expires_on.isoformat(),
            "person": actor.pk,
        },
    )
    loa.refresh_from_db()


def current_blanket(subscriber: Subscriber) -> Loa | None:
    """Return the subscriber's blanket LOA that is good today, the one that lasts longest."""
    return (
        Loa.objects.filter(
            subscriber=subscriber,
            scope=LoaScope.BLANKET,
            is_handed_in=True,
            expires_on__gte=_today(),
            voided_at=None,
            withdrawn_at=None,
            purged_at=None,
            is_damaged=False,
            scan_state__in=(LoaScanState.NOT_ASKED, LoaScanState.CLEAN),
        )
        .order_by("-expires_on", "-version")
        .first()
    )


@repeated
def consume(order: ImportOrder, *, actor: User | None) -> Loa | None:
    """Have the subscriber's blanket LOA cover an order that has no LOA of its own.

    Called when the order is submitted, in its transaction. Returns the LOA that was used, or None.
    """
    own = order.loa_coverage.filter(
        loa__voided_at=None, loa__withdrawn_at=None, loa__scope=LoaScope.NUMBERS
    )
    if own.exists():
        return None
    loa = current_blanket(order.subscriber)
    if loa is None:
        return None
    fresh = not order.loa_coverage.filter(loa=loa).exists()
    count = cover(loa, order)
    if fresh:
        note(
            order,
            f"The blanket LOA, version {loa.version}, covers {counted(count, 'number')} of this "
            f"order; it ends on {loa.expires_on}.",
            learned_by=LearnedBy.PERSON if actor else LearnedBy.PORTAL,
            actor=actor,
        )
    return loa


def _today() -> date:
    return timezone.localdate(clock.now())
