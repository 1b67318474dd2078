"""Ask the carrier to host numbers no more, or to disconnect them; no way back once it is sent.

Imported numbers are removed, owned ones are disconnected: two orders at the carrier, and one kind
of order here, which has the verb. While a number leaves nothing else moves it; the order's end
does. Gone is gone; what the carrier kept is in service as before. A number of which the carrier
says that it never imported it (5158) is gone here, too, for that reason: there is nothing to
remove. Should it be in service all the same, the nightly compare opens a case. A 5158 that does not
say which of several numbers it means is no such word about any of them. A disconnect has no such
code: none of the carrier's says for sure that an owned number is away already, so that one is kept,
and the compare finds it lost.

A lock keeps a number from leaving by anybody here. It does not stop a subscriber who takes the
permission back: without it nobody may host the number, whatever we would like to keep.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain import jobs, telephone_numbers
from numbering.domain.cannot_do import CannotDo
from numbering.domain.chunks import chunks
from numbering.domain.withdrawal_queue import standing, still_hosted
from numbering.enums import (
    IN_SERVICE,
    LEAVING_OPEN,
    SERVICE_STATE,
    VERB,
    LearnedBy,
    NumberOrigin,
    NumberState,
    RemovalNumberStatus,
    RemovalStatus,
    RemovalVerb,
)
from numbering.models import (
    ImportOrder,
    ImportOrderNumber,
    Leaving,
    LeavingNumber,
    RemovalAttempt,
    RemovalEvent,
    RemovalNumber,
    RemovalOrder,
    TelephoneNumber,
    Withdrawal,
)
from numbering.phone import display, kind_of
from numbering.validators import ORDER_NUMBERS_LIMIT
from numbering.wording import counted

# For so long what was agreed to may be asked of the carrier again.
AGREED_FOR = timedelta(days=3)
# How a number in service leaves.
VERB_FROM = {NumberState(SERVICE_STATE[origin]): VERB[origin] for origin in NumberOrigin}
# What is done, in a sentence about the numbers; and the beginning of our reference.
_DONE = {RemovalVerb.REMOVE: "removed", RemovalVerb.DISCONNECT: "disconnected"}
_PREFIXES = {RemovalVerb.REMOVE: "RM", RemovalVerb.DISCONNECT: "DC"}


@repeated
def request(
    numbers: Collection[TelephoneNumber],
    *,
    reason: str,
    actor: User | None,
    withdrawal: Withdrawal | None = None,
    leaving: Leaving | None = None,
) -> RemovalOrder:
    """Write down the intention to have these numbers removed or disconnected; a worker sends it.

    Raises CannotDo when they are not all in service, of one subscriber, of one kind, leaving by one
    verb and free, or too many for one order; so a second click finds them leaving already.
    """
    [order] = request_parts(
        [numbers], reason=reason, actor=actor, withdrawal=withdrawal, leaving=leaving
    )
    return order


@repeated
def request_parts(
    parts: Sequence[Collection[TelephoneNumber]],
    *,
    reason: str,
    actor: User | None,
    withdrawal: Withdrawal | None = None,
    leaving: Leaving | None = None,
) -> list[RemovalOrder]:
    """The same for several orders at once, with as many statements as for one of their size."""
    for numbers in parts:
        if not numbers:
            raise CannotDo("There is no number to remove.")
        if len(numbers) > ORDER_NUMBERS_LIMIT:
            raise CannotDo(
                f"The carrier takes at most {ORDER_NUMBERS_LIMIT:,} numbers in one order."
            )
    fresh = _locked([number.pk for numbers in parts for number in numbers])
    _check_free(fresh.values())
    now = clock.now()
    learned_by = LearnedBy.PERSON if actor else LearnedBy.PORTAL
    written: list[tuple[RemovalOrder, RemovalVerb, list[TelephoneNumber]]] = []
    for numbers in parts:
        lives = [fresh[pk] for pk in sorted({number.pk for number in numbers} & fresh.keys())]
        _check(lives, may_be_locked=withdrawal is not None)
        verb = VERB_FROM[NumberState(lives[0].state)]
        order = RemovalOrder(
            verb=verb,
            subscriber_id=lives[0].subscriber_id,
            withdrawal=withdrawal,
            leaving=leaving,
            reason=reason[:500],
            status_changed_at=now,
            created_by=actor,
        )
        written.append((order, verb, lives))
    orders = RemovalOrder.objects.bulk_create([order for order, _, _ in written], batch_size=500)
    for order, verb, _ in written:
        order.customer_order_id = f"{_PREFIXES[verb]}{order.pk}-{secrets.token_hex(6)}"
    RemovalOrder.objects.bulk_update(orders, ["customer_order_id"], batch_size=500)
    RemovalNumber.objects.bulk_create(
        [
            RemovalNumber(order=order, telephone_number=life, e164=life.e164)
            for order, _, lives in written
            for life in lives
        ],
        batch_size=1000,
    )
    RemovalAttempt.objects.bulk_create(
        [
            RemovalAttempt(
                order=order, customer_order_id=order.customer_order_id or "", actor=actor
            )
            for order in orders
        ],
        batch_size=500,
    )
    RemovalEvent.objects.bulk_create(
        [
            RemovalEvent(
                order=order,
                at=now,
                actor=actor,
                to_status=RemovalStatus.SUBMITTING,
                learned_by=learned_by,
                reason=f"{counted(len(lives), 'number')} to be {_DONE[verb]} under our "
                f"reference {order.customer_order_id}: {reason}"[:1000],
            )
            for order, verb, lives in written
        ],
        batch_size=500,
    )
    for verb in RemovalVerb:
        telephone_numbers.start_leaving(
            {
                life.e164: f"{order} was asked for: {reason}"
                for order, by, lives in written
                if by == verb
                for life in lives
            },
            verb,
            learned_by=learned_by,
            actor=actor,
        )
    jobs.enqueue_many("submit_removal", [order.pk for order in orders])
    return orders


def _locked(pks: Collection[int]) -> dict[int, TelephoneNumber]:
    """Lock the numbers, everyone in the same order; return them as they are now."""
    columns = ("pk", "e164", "subscriber_id", "state", "is_locked")
    return {
        number.pk: number
        for some in chunks(sorted(set(pks)))
        for number in TelephoneNumber.objects.select_for_update()
        .filter(pk__in=some)
        .only(*columns)
        .order_by("pk")
    }


def _check(lives: Collection[TelephoneNumber], *, may_be_locked: bool) -> None:
    for life in lives:
        if life.state not in IN_SERVICE:
            raise CannotDo(
                f"{display(life.e164)} is {life.get_state_display().lower()}. Only numbers in "
                "service can be removed or disconnected."
            )
        if life.is_locked and not may_be_locked:
            raise CannotDo(f"{display(life.e164)} is locked against leaving.")
    if len({life.state for life in lives}) > 1:
        raise CannotDo("Imported numbers are removed and owned ones disconnected: part them.")
    if len({life.subscriber_id for life in lives}) > 1:
        raise CannotDo("The numbers belong to several subscribers; remove those of one at a time.")
    if len({kind_of(life.e164) for life in lives}) > 1:
        raise CannotDo("Remove local and toll-free numbers separately.")


def _check_free(lives: Iterable[TelephoneNumber]) -> None:
    """A number in an open import order belongs to that one."""
    for some in chunks([life.e164 for life in lives]):
        held = ImportOrderNumber.objects.filter(e164__in=some, is_holding=True).first()
        if held is not None:
            raise CannotDo(f"{held} is in import order {held.order_id}, which is still open.")


def request_withdrawn(order: ImportOrder) -> None:
    """Have those hosted numbers of an import order removed that permission was taken back for.

    What an earlier removal could not remove waits for a person. To be called in the transaction in
    which the permission was taken back, or in which the numbers came to be hosted.
    """
    for withdrawal in Withdrawal.objects.filter(order=order).order_by("pk"):
        tried = RemovalNumber.objects.filter(order__withdrawal=withdrawal).values("e164")
        rows = still_hosted().filter(withdrawal=withdrawal).exclude(e164__in=tried)
        # A number that somebody is importing anew belongs to that order.
        held = ImportOrderNumber.objects.filter(is_holding=True).values("e164")
        # One that is another subscriber's by now is not theirs to take away.
        lives = TelephoneNumber.objects.filter(
            pk__in=rows.values("telephone_number"), subscriber=withdrawal.subscriber_id
        )
        for part in _parts(list(lives.exclude(e164__in=held).order_by("pk"))):
            request(
                part,
                reason="The subscriber took back the permission to host it.",
                actor=None,
                withdrawal=withdrawal,
            )


def _parts(lives: Sequence[TelephoneNumber]) -> Iterator[Sequence[TelephoneNumber]]:
    """Numbers that may go into one removal each."""
    for kind in {kind_of(life.e164) for life in lives}:
        yield from chunks(
            [life for life in lives if kind_of(life.e164) == kind], ORDER_NUMBERS_LIMIT
        )


def kept_numbers(order: RemovalOrder) -> list[TelephoneNumber]:
    """Return the numbers that the carrier kept, in service now, that can be asked for again.

    Those that were locked, moved to another subscriber, asked for in another leaving, or permitted
    again since are not what was asked for.
    """
    rows = order.numbers.filter(
        status=RemovalNumberStatus.KEPT,
        telephone_number__state__in=IN_SERVICE,
        telephone_number__subscriber=order.subscriber_id,
    )
    if order.withdrawal_id is not None:
        taken_back = standing().filter(withdrawal=order.withdrawal_id)
        rows = rows.filter(telephone_number__in=taken_back.values("telephone_number"))
    else:
        elsewhere = LeavingNumber.objects.filter(leaving__state__in=LEAVING_OPEN, refusal="")
        rows = rows.filter(telephone_number__is_locked=False).exclude(
            telephone_number__in=elsewhere.values("telephone_number")
        )
    return [row.telephone_number for row in rows.select_related("telephone_number")]


def may_ask_again(order: RemovalOrder) -> bool:
    """Whether what was agreed to still stands; a withdrawn permission stands without an end.

    Later the numbers may be in use again, and others be meant by it: then it is asked for anew.
    """
    if order.withdrawal_id is not None:
        return True
    agreed_at = order.leaving.decided_at if order.leaving is not None else order.created_at
    return agreed_at is not None and agreed_at > clock.now() - AGREED_FOR


@repeated
def request_again(order: RemovalOrder, *, actor: User) -> RemovalOrder:
    """Ask once more for what the carrier kept. Raises CannotDo when nothing is left.

    Whoever agreed to the first order agreed to this one, for as long as `may_ask_again` says.
    """
    if not may_ask_again(order):
        raise CannotDo(
            f"It was agreed to more than {AGREED_FOR.days} days ago. Choose the numbers in the "
            "list of telephone numbers and have them leave anew."
        )
    kept = kept_numbers(order)
    if not kept:
        raise CannotDo(
            "Nothing is left to remove: its numbers are gone, leaving already, locked, "
            "permitted again, or with another subscriber."
        )
    return request(
        kept,
        reason=order.reason,
        actor=actor,
        withdrawal=order.withdrawal,
        leaving=order.leaving,
    )
