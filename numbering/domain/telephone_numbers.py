"""A number's life: it starts importing, is hosted, may be lost. Every change leaves a history row.

All of it is set-based: an order of 5,000 numbers is a handful of statements.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction

from accounts.models import User
from numbering import clock
from numbering.enums import (
    AT_CARRIER,
    IN_SERVICE,
    LEAVING,
    LEAVING_STATE,
    LIVE,
    NUMBER_MOVES,
    SERVICE_STATE,
    VERB,
    ImportOrderStatus,
    LearnedBy,
    NumberOrigin,
    NumberState,
    RemovalVerb,
)
from numbering.models import (
    ImportOrder,
    ImportOrderNumber,
    NumberOrder,
    NumberOrderNumber,
    TelephoneNumber,
    TelephoneNumberEvent,
)

# How a life begins. Values, though the database has the same defaults: with an expression in the
# rows Django writes out every cell of an INSERT, which takes four times as long.
_FRESH: dict[str, Any] = {"is_locked": False, "carrier_status": "", "carrier_differs": False}
# The carrier has these orders, or may have them: what becomes of their numbers is not decided.
_UNDER_WAY = AT_CARRIER | {ImportOrderStatus.SUBMITTING, ImportOrderStatus.UNKNOWN}
# The life of the number in a row of an order.
_LIFE = models.Subquery(
    TelephoneNumber.objects.filter(e164=models.OuterRef("e164"), state__in=LIVE).values("pk")[:1]
)
# The states between which each verb moves a number.
_WAY_OUT = {VERB[origin]: (SERVICE_STATE[origin], LEAVING_STATE[origin]) for origin in NumberOrigin}


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
            # One that was owned and lost comes back as an imported one.
            origin=NumberOrigin.IMPORT,
        )
        _begin_lives(order, e164s, NumberOrigin.IMPORT, reason=reason, learned_by=learned_by)
        ImportOrderNumber.objects.filter(order=order).update(telephone_number=_LIFE)


def start_service(order: NumberOrder, e164s: Sequence[str], *, learned_by: LearnedBy) -> None:
    """The carrier has given us these numbers: they are in service, and owned.

    A number that lives here already is not doubled: a lost one is back as an owned one, and any
    other goes on as it is.
    """
    reason = f"{order}: the carrier completed this number."
    with transaction.atomic():
        _move_live(
            e164s,
            to=SERVICE_STATE[NumberOrigin.ORDER],
            reason=reason,
            learned_by=learned_by,
            order=None,
            only_from=(NumberState.LOST,),
            subscriber_id=order.subscriber_id,
            site_id=order.sip_peer.site_id,
            sip_peer_id=order.sip_peer.sip_peer_id,
            origin=NumberOrigin.ORDER,
        )
        _begin_lives(order, e164s, NumberOrigin.ORDER, reason=reason, learned_by=learned_by)
        order.numbers.filter(e164__in=e164s).update(telephone_number=_LIFE)


def _begin_lives(
    order: ImportOrder | NumberOrder,
    e164s: Sequence[str],
    origin: NumberOrigin,
    *,
    reason: str,
    learned_by: LearnedBy,
) -> None:
    """Begin a life for each of the order's numbers that has none here."""
    import_order = order if isinstance(order, ImportOrder) else None
    state = NumberState.IMPORTING if import_order else SERVICE_STATE[origin]
    alive = TelephoneNumber.objects.filter(e164__in=e164s, state__in=LIVE)
    live = set(alive.values_list("e164", flat=True))
    now = clock.now()
    born = TelephoneNumber.objects.bulk_create(
        [
            TelephoneNumber(
                e164=e164,
                subscriber_id=order.subscriber_id,
                state=state,
                origin=origin,
                site_id=order.sip_peer.site_id,
                sip_peer_id=order.sip_peer.sip_peer_id,
                state_changed_at=now,
                **_FRESH,
            )
            for e164 in e164s
            if e164 not in live
        ],
        batch_size=1000,
    )
    _record(
        [(number.pk, "") for number in born],
        to=state,
        reason=reason,
        learned_by=learned_by,
        order=import_order,
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


def start_leaving(
    reasons: Mapping[str, str],
    verb: RemovalVerb,
    *,
    learned_by: LearnedBy,
    actor: User | None = None,
) -> None:
    """The carrier is to be asked to host numbers no more, or to disconnect them, each for why."""
    in_service, leaving = _WAY_OUT[verb]
    _move_live(
        list(reasons),
        to=leaving,
        reason=reasons,
        learned_by=learned_by,
        order=None,
        only_from=(in_service,),
        actor=actor,
    )


def finish_leaving(
    e164s: Iterable[str], verb: RemovalVerb, *, is_gone: bool, reason: str, learned_by: LearnedBy
) -> None:
    """It is decided whether the carrier has these numbers in service for us still."""
    in_service, leaving = _WAY_OUT[verb]
    _move_live(
        list(e164s),
        to=NumberState.GONE if is_gone else in_service,
        reason=reason,
        learned_by=learned_by,
        order=None,
        only_from=(leaving,),
    )


def mark_lost(e164s: Iterable[str], *, reason: str, learned_by: LearnedBy) -> list[str]:
    """Another carrier has taken the texting of these numbers; return those that were ours."""
    return _move_live(
        list(e164s), to=NumberState.LOST, reason=reason, learned_by=learned_by, order=None
    )


def back_in_service(
    e164s: Iterable[str], *, reason: str, learned_by: LearnedBy, actor: User | None
) -> list[str]:
    """The carrier has these numbers in service after all; return those that were thought away."""
    moved: list[str] = []
    for origin, state in SERVICE_STATE.items():
        lives = TelephoneNumber.objects.filter(e164__in=list(e164s), origin=origin, state__in=LIVE)
        moved += _move_live(
            list(lives.values_list("e164", flat=True)),
            to=state,
            reason=reason,
            learned_by=learned_by,
            order=None,
            only_from=(NumberState.LOST, NumberState.IMPORTING),
            actor=actor,
        )
    return moved


def give_up(e164: str, *, reason: str, actor: User | None) -> bool:
    """A lost number is gone, and one whose import never ended was not imported."""
    for source, to in (
        (NumberState.LOST, NumberState.GONE),
        (NumberState.IMPORTING, NumberState.NOT_IMPORTED),
    ):
        if _move_live(
            [e164],
            to=to,
            reason=reason,
            learned_by=LearnedBy.PERSON,
            order=None,
            only_from=(source,),
            actor=actor,
        ):
            return True
    return False


def under_way(e164s: Iterable[str]) -> set[str]:
    """Return those of the numbers that are in an order which the carrier has or may have."""
    wanted = list(e164s)
    imported = ImportOrderNumber.objects.filter(
        e164__in=wanted, is_holding=True, order__status__in=_UNDER_WAY
    )
    ordered = NumberOrderNumber.objects.filter(e164__in=wanted, is_holding=True)
    return {
        *imported.values_list("e164", flat=True),
        *ordered.values_list("e164", flat=True),
    }


def take_over(
    found: Sequence[tuple[str, str, str]],
    *,
    subscriber_id: int,
    origin: NumberOrigin,
    reason: str,
    learned_by: LearnedBy,
    actor: User | None,
    found_at: datetime | None = None,
) -> int:
    """Begin a life in service for those of these numbers that have none; return how many.

    A number in an order that is under way is left to that order, which knows whose it becomes.
    `found` holds E.164 with site and SIP peer, which are empty where they are not known. What
    became of a number after `found_at` counts more than that it was found then.
    """
    state = SERVICE_STATE[origin]
    now = clock.now()
    is_known = models.Q(state__in=LIVE)
    if found_at is not None:
        is_known |= models.Q(state_changed_at__gte=found_at)
    with transaction.atomic():
        alive = TelephoneNumber.objects.filter(is_known, e164__in=[e164 for e164, _, _ in found])
        left_out = set(alive.values_list("e164", flat=True))
        left_out |= under_way(e164 for e164, _, _ in found)
        born = TelephoneNumber.objects.bulk_create(
            [
                TelephoneNumber(
                    e164=e164,
                    subscriber_id=subscriber_id,
                    state=state,
                    origin=origin,
                    site_id=site_id,
                    sip_peer_id=sip_peer_id,
                    state_changed_at=now,
                    **_FRESH,
                )
                for e164, site_id, sip_peer_id in found
                if e164 not in left_out
            ],
            batch_size=1000,
        )
        _record(
            [(number.pk, "") for number in born],
            to=state,
            reason=reason,
            learned_by=learned_by,
            order=None,
            actor=actor,
        )
    return len(born)


def learn_place(
    numbers: Collection[TelephoneNumber],
    *,
    site_id: str,
    sip_peer_id: str,
    reason: str,
    learned_by: LearnedBy,
) -> None:
    """Write down where numbers in service stand of which that is not known (any more)."""
    with transaction.atomic():
        unplaced = TelephoneNumber.objects.select_for_update().filter(
            pk__in=[number.pk for number in numbers],
            state__in=IN_SERVICE,
            site_id="",
            sip_peer_id="",
        )
        found = list(unplaced.order_by("pk"))
        note(found, reason=reason, learned_by=learned_by, actor=None)
        TelephoneNumber.objects.filter(pk__in=[number.pk for number in found]).update(
            site_id=site_id, sip_peer_id=sip_peer_id
        )


def move_place(
    number: TelephoneNumber, *, site_id: str, sip_peer_id: str, reason: str, actor: User | None
) -> bool:
    """Take over where the carrier has a number; False when it is no longer as it was read."""
    with transaction.atomic():
        moved = TelephoneNumber.objects.filter(
            pk=number.pk,
            state__in=IN_SERVICE,
            site_id=number.site_id,
            sip_peer_id=number.sip_peer_id,
        ).update(site_id=site_id, sip_peer_id=sip_peer_id)
        if moved:
            note([number], reason=reason, learned_by=LearnedBy.PERSON, actor=actor)
    return bool(moved)


def change_origin(number: TelephoneNumber, *, reason: str, actor: User | None) -> bool:
    """The carrier has a number in service the other way; False when it moved since it was read."""
    before = NumberOrigin(number.origin)
    after = NumberOrigin.ORDER if before == NumberOrigin.IMPORT else NumberOrigin.IMPORT
    with transaction.atomic():
        moved = TelephoneNumber.objects.filter(
            pk=number.pk, origin=before, state=SERVICE_STATE[before]
        ).update(origin=after, state=SERVICE_STATE[after], state_changed_at=clock.now())
        if moved:
            _record(
                [(number.pk, SERVICE_STATE[before])],
                to=SERVICE_STATE[after],
                reason=reason,
                learned_by=LearnedBy.PERSON,
                order=None,
                actor=actor,
            )
    return bool(moved)


def are_lost(e164s: Iterable[str]) -> bool:
    """Whether at least one of these numbers is known to be lost, or is leaving anyway."""
    away = LEAVING | {NumberState.LOST}
    return TelephoneNumber.objects.filter(e164__in=list(e164s), state__in=away).exists()


def note(
    numbers: Iterable[TelephoneNumber], *, reason: str, learned_by: LearnedBy, actor: User | None
) -> None:
    """Add a line to the history of each of these numbers without moving it."""
    by_state: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        by_state[number.state].append(number.pk)
    for state, pks in by_state.items():
        _record(
            [(pk, state) for pk in pks],
            to=NumberState(state),
            reason=reason,
            learned_by=learned_by,
            order=None,
            actor=actor,
        )


def _move_live(
    e164s: Sequence[str],
    *,
    to: NumberState,
    reason: str | Mapping[str, str],
    learned_by: LearnedBy,
    order: ImportOrder | None,
    only_from: tuple[NumberState, ...] | None = None,
    actor: User | None = None,
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
            reason=(
                reason if isinstance(reason, str) else {pk: reason[e164] for pk, _, e164 in rows}
            ),
            learned_by=learned_by,
            order=order,
            actor=actor,
        )
    return [e164 for _, _, e164 in rows]


def _record(
    rows: Sequence[tuple[int, str]],
    *,
    to: NumberState,
    reason: str | Mapping[int, str],
    learned_by: LearnedBy,
    order: ImportOrder | None,
    actor: User | None = None,
) -> None:
    now = clock.now()
    TelephoneNumberEvent.objects.bulk_create(
        [
            TelephoneNumberEvent(
                telephone_number_id=pk,
                at=now,
                from_state=state,
                to_state=to,
                actor=actor,
                learned_by=learned_by,
                reason=(reason if isinstance(reason, str) else reason[pk])[:500],
                import_order=order,
            )
            for pk, state in rows
        ],
        batch_size=1000,
    )
