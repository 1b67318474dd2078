"""Ask the carrier to host numbers no more. It cannot be taken back once it is sent.

While a number is being removed nothing else moves it; the removal's end does. Removed is gone; not
removed is hosted still. A number of which the carrier says that it never imported it (5158) is gone
here, too, for that reason: there is nothing to remove. Should it be in service all the same, the
nightly compare opens a case. A 5158 that does not say which of several numbers it means is no such
word about any of them.
"""

import secrets
from collections.abc import Collection, Iterator

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain import jobs, telephone_numbers
from numbering.domain.cannot_do import CannotDo
from numbering.domain.withdrawal_queue import still_hosted
from numbering.enums import LearnedBy, NumberState, RemovalNumberStatus, RemovalStatus
from numbering.models import (
    ImportOrder,
    ImportOrderNumber,
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


@repeated
def request(
    numbers: Collection[TelephoneNumber],
    *,
    reason: str,
    actor: User | None,
    withdrawal: Withdrawal | None = None,
) -> RemovalOrder:
    """Write down the intention to have these numbers removed, and have a worker send it.

    Raises CannotDo when they are not all hosted, of one subscriber, of one kind and free, or too
    many for one order; so a second click finds them being removed already.
    """
    if not numbers:
        raise CannotDo("There is no number to remove.")
    if len(numbers) > ORDER_NUMBERS_LIMIT:
        raise CannotDo(f"The carrier takes at most {ORDER_NUMBERS_LIMIT:,} numbers in one order.")
    lives = list(
        TelephoneNumber.objects.select_for_update()
        .filter(pk__in=[number.pk for number in numbers])
        .order_by("pk")  # everyone locks in the same order
    )
    _check(lives)
    order = RemovalOrder.objects.create(
        subscriber_id=lives[0].subscriber_id,
        withdrawal=withdrawal,
        reason=reason[:500],
        status_changed_at=clock.now(),
        created_by=actor,
    )
    reference = f"RM{order.pk}-{secrets.token_hex(6)}"
    RemovalOrder.objects.filter(pk=order.pk).update(customer_order_id=reference)
    RemovalNumber.objects.bulk_create(
        [RemovalNumber(order=order, telephone_number=life, e164=life.e164) for life in lives],
        batch_size=1000,
    )
    RemovalAttempt.objects.create(order=order, customer_order_id=reference, actor=actor)
    learned_by = LearnedBy.PERSON if actor else LearnedBy.PORTAL
    RemovalEvent.objects.create(
        order=order,
        at=clock.now(),
        actor=actor,
        to_status=RemovalStatus.SUBMITTING,
        learned_by=learned_by,
        reason=f"{counted(len(lives), 'number')} to be removed under our reference {reference}: "
        f"{reason}"[:1000],
    )
    telephone_numbers.start_removing(
        [life.e164 for life in lives],
        reason=f"{order} was asked for: {reason}",
        learned_by=learned_by,
    )
    jobs.enqueue("submit_removal", subject_id=order.pk)
    order.refresh_from_db()
    return order


def _check(lives: Collection[TelephoneNumber]) -> None:
    for life in lives:
        if life.state != NumberState.HOSTED:
            raise CannotDo(
                f"{display(life.e164)} is {life.get_state_display().lower()}. Only hosted numbers "
                "can be removed."
            )
    if len({life.subscriber_id for life in lives}) > 1:
        raise CannotDo("The numbers belong to several subscribers; remove those of one at a time.")
    if len({kind_of(life.e164) for life in lives}) > 1:
        raise CannotDo("Remove local and toll-free numbers separately.")
    held = ImportOrderNumber.objects.filter(
        e164__in=[life.e164 for life in lives], is_holding=True
    ).first()
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
        lives = TelephoneNumber.objects.filter(pk__in=rows.values("telephone_number"))
        for part in _parts(list(lives.exclude(e164__in=held).order_by("pk"))):
            request(
                part,
                reason="The subscriber took back the permission to host it.",
                actor=None,
                withdrawal=withdrawal,
            )


def _parts(lives: list[TelephoneNumber]) -> Iterator[list[TelephoneNumber]]:
    """Numbers that may go into one removal each."""
    for kind in {kind_of(life.e164) for life in lives}:
        same = [life for life in lives if kind_of(life.e164) == kind]
        for start in range(0, len(same), ORDER_NUMBERS_LIMIT):
            yield same[start : start + ORDER_NUMBERS_LIMIT]


def kept_numbers(order: RemovalOrder) -> list[TelephoneNumber]:
    """Return the numbers that the removal did not remove, and that are hosted now."""
    rows = order.numbers.filter(
        status=RemovalNumberStatus.KEPT, telephone_number__state=NumberState.HOSTED
    )
    return [row.telephone_number for row in rows.select_related("telephone_number")]


@repeated
def request_again(order: RemovalOrder, *, actor: User) -> RemovalOrder:
    """Ask once more for what a removal could not remove. Raises CannotDo when nothing is left."""
    kept = kept_numbers(order)
    if not kept:
        raise CannotDo("Nothing is left to remove: its numbers are gone or being removed already.")
    return request(kept, reason=order.reason, actor=actor, withdrawal=order.withdrawal)
