"""A number's life: it starts importing, is hosted, may be lost. Every change leaves a history row.

All of it is set-based: an order of 5,000 numbers is a handful of statements.
"""

from collections.abc import Iterable, Sequence

from django.db import models, transaction

from numbering import clock
from numbering.enums import LIVE, NUMBER_MOVES, LearnedBy, NumberState
from numbering.models import (
    ImportOrder,
    ImportOrderNumber,
    TelephoneNumber,
    TelephoneNumberEvent,
)


def start_importing(order: ImportOrder, *, learned_by: LearnedBy) -> None:
    """The carrier has accepted the order: its numbers begin a life here, or go on with theirs."""
    e164s = list(order.numbers.values_list("e164", flat=True))
    reason = f"Import order {order.pk} was accepted by the carrier."
    with transaction.atomic():
        _move_live(
            e164s,
            to=NumberState.IMPORTING,
            reason=reason,
            learned_by=learned_by,
            order=order,
            subscriber_id=order.subscriber_id,
            site_id=order.sip_peer.site_id,
            sip_peer_id=order.sip_peer.sip_peer_id,
        )
        live = set(
            TelephoneNumber.objects.filter(e164__in=e164s, state__in=LIVE).values_list(
                "e164", flat=True
            )
        )
        now = clock.now()
        born = TelephoneNumber.objects.bulk_create(
            [
                TelephoneNumber(
                    e164=e164,
                    subscriber_id=order.subscriber_id,
                    state=NumberState.IMPORTING,
                    site_id=order.sip_peer.site_id,
                    sip_peer_id=order.sip_peer.sip_peer_id,
                    state_changed_at=now,
                )
                for e164 in e164s
                if e164 not in live
            ],
            batch_size=1000,
        )
        _record(
            [(number.pk, "") for number in born],
            to=NumberState.IMPORTING,
            reason=reason,
            learned_by=learned_by,
            order=order,
        )
        current = TelephoneNumber.objects.filter(e164=models.OuterRef("e164"), state__in=LIVE)
        ImportOrderNumber.objects.filter(order=order).update(
            telephone_number=models.Subquery(current.values("pk")[:1])
        )


def finish_importing(
    order: ImportOrder, *, e164s: Iterable[str], hosted: bool, reason: str, learned_by: LearnedBy
) -> None:
    """The carrier has decided about these numbers of the order."""
    _move_live(
        list(e164s),
        to=NumberState.HOSTED if hosted else NumberState.NOT_IMPORTED,
        reason=reason,
        learned_by=learned_by,
        order=order,
        only_from=(NumberState.IMPORTING,),
    )


def start_removing(e164s: Iterable[str], *, reason: str, learned_by: LearnedBy) -> None:
    """The carrier is to be asked to host these numbers no more."""
    _move_live(
        list(e164s),
        to=NumberState.REMOVING,
        reason=reason,
        learned_by=learned_by,
        order=None,
        only_from=(NumberState.HOSTED,),
    )


def finish_removing(
    e164s: Iterable[str], *, removed: bool, reason: str, learned_by: LearnedBy
) -> None:
    """It is decided whether the carrier hosts these numbers still."""
    _move_live(
        list(e164s),
        to=NumberState.GONE if removed else NumberState.HOSTED,
        reason=reason,
        learned_by=learned_by,
        order=None,
        only_from=(NumberState.REMOVING,),
    )


def mark_lost(e164s: Iterable[str], *, reason: str, learned_by: LearnedBy) -> list[str]:
    """Another carrier has taken the texting of these numbers; return those that were ours."""
    return _move_live(
        list(e164s), to=NumberState.LOST, reason=reason, learned_by=learned_by, order=None
    )


def are_lost(e164s: Iterable[str]) -> bool:
    """Whether at least one of these numbers is known to be lost, or is being removed anyway."""
    away = (NumberState.LOST, NumberState.REMOVING)
    return TelephoneNumber.objects.filter(e164__in=list(e164s), state__in=away).exists()


def _move_live(
    e164s: Sequence[str],
    *,
    to: NumberState,
    reason: str,
    learned_by: LearnedBy,
    order: ImportOrder | None,
    only_from: tuple[NumberState, ...] | None = None,
    **changes: object,
) -> list[str]:
    """Move what may move; return the numbers that did."""
    sources = only_from or tuple(state for state, targets in NUMBER_MOVES.items() if to in targets)
    with transaction.atomic():
        rows = list(
            TelephoneNumber.objects.select_for_update()
            .filter(e164__in=e164s, state__in=sources)
            .order_by("pk")  # everyone locks in the same order
            .values_list("pk", "state", "e164")
        )
        if not rows:
            return []
        TelephoneNumber.objects.filter(pk__in=[pk for pk, _, _ in rows]).update(
            state=to, state_changed_at=clock.now(), **changes
        )
        _record(
            [(pk, state) for pk, state, _ in rows],
            to=to,
            reason=reason,
            learned_by=learned_by,
            order=order,
        )
    return [e164 for _, _, e164 in rows]


def _record(
    rows: Sequence[tuple[int, str]],
    *,
    to: NumberState,
    reason: str,
    learned_by: LearnedBy,
    order: ImportOrder | None,
) -> None:
    now = clock.now()
    TelephoneNumberEvent.objects.bulk_create(
        [
            TelephoneNumberEvent(
                telephone_number_id=pk,
                at=now,
                from_state=state,
                to_state=to,
                learned_by=learned_by,
                reason=reason[:500],
                import_order=order,
            )
            for pk, state in rows
        ],
        batch_size=1000,
    )
