"""A subscriber takes back the permission to host numbers: recorded, proven, and acted upon."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from django.db.models import Exists, OuterRef

from accounts.again import repeated
from numbering import clock
from numbering.domain import (
    customer_news,
    evidence,
    import_orders,
    invitations,
    removals,
    submission,
)
from numbering.domain.cannot_do import CannotDo
from numbering.domain.order_results import results_of
from numbering.domain.order_status import withdrawable
from numbering.domain.timeline import note
from numbering.enums import EDITABLE, EvidenceKind, ImportOrderStatus, LearnedBy, LoaScope
from numbering.models import (
    ImportOrder,
    Invitation,
    Loa,
    LoaCoverage,
    Withdrawal,
    WithdrawalNumber,
)
from numbering.wording import counted


@dataclass(frozen=True)
class Withdrawer:
    """Who takes permission back and why, as they say and as their browser shows."""

    name: str
    email: str
    address: str
    browser: str
    reason: str = ""


@repeated
def withdraw(
    order: ImportOrder, *, e164s: Collection[str], by: Withdrawer, invitation: Invitation
) -> None:
    """Take back the permission for these numbers of the order, also where they are tried again.

    Uses the link up. Nothing of a draft stays that could still be sent: the numbers are taken out,
    or the order is cancelled when none is left. What is hosted is removed at the carrier; what is
    being imported is removed once it is hosted. Raises AlreadyUsed for a link that was used, and
    CannotDo when there is nothing to take back.
    """
    # Orders first, oldest first, as everywhere; the second of two posts finds the link used up.
    orders = _with_retries(order)
    invitations.use_up(invitation)
    taken_back = {number for one in orders for number in _take_back(one, e164s, by, invitation)}
    if not taken_back:
        raise CannotDo("The permission for these numbers was taken back already.")
    customer_news.withdrawn(orders[0], email=by.email, name=by.name, e164s=taken_back)


def _with_retries(order: ImportOrder) -> list[ImportOrder]:
    orders = ImportOrder.objects.select_for_update(of=("self",)).select_related("subscriber")
    found = newest = [orders.get(pk=order.pk)]
    while newest := list(orders.filter(parent__in=newest).order_by("pk")):
        found = found + newest
    return found


def _take_back(
    order: ImportOrder, e164s: Collection[str], by: Withdrawer, invitation: Invitation
) -> list[str]:
    """Record it for those of the numbers that stand in the order; return them."""
    numbers = sorted(set(withdrawable(order, results_of(order))) & set(e164s))
    if not numbers:
        return []
    withdrawal = Withdrawal.objects.create(
        subscriber=order.subscriber,
        order=order,
        name=by.name,
        email=by.email,
        reason=by.reason,
        asked_at=clock.now(),
    )
    rows = order.numbers.filter(e164__in=numbers)
    WithdrawalNumber.objects.bulk_create(
        [
            WithdrawalNumber(withdrawal=withdrawal, e164=e164, telephone_number_id=life)
            for e164, life in rows.values_list("e164", "telephone_number")
        ],
        batch_size=1000,
    )
    letters = _withdraw_letters(order)
    note(
        order,
        f"{by.name or 'The customer'} ({by.email}) took back the permission for "
        f"{counted(len(numbers), 'number')}." + (f" They said: {by.reason}" if by.reason else ""),
        learned_by=LearnedBy.PERSON,
    )
    _keep_from_sending(order, numbers)
    removals.request_withdrawn(order)
    evidence.add(
        EvidenceKind.WITHDRAWN,
        subscriber=order.subscriber,
        order=order,
        data={
            **asdict(by),
            "withdrawal": withdrawal.pk,
            "invitation": invitation.pk,
            "numbers": numbers,
            "letters_ended": letters,
        },
    )
    return numbers


def _withdraw_letters(order: ImportOrder) -> list[int]:
    """End those of the order's letters of which no number is left; return their ids.

    A blanket letter speaks for every number of the subscriber, so it outlives any one of them.
    """
    covering = Loa.objects.filter(
        coverage__order=order, withdrawn_at=None, scope=LoaScope.NUMBERS
    ).values_list("pk", flat=True)
    letters = set(covering)
    taken_back = WithdrawalNumber.objects.filter(
        withdrawal__order=OuterRef("order"),
        withdrawal__asked_at__gte=OuterRef("loa__uploaded_at"),
        e164=OuterRef("e164"),
    )
    still = LoaCoverage.objects.filter(~Exists(taken_back), loa__in=letters)
    ended = sorted(letters - set(still.values_list("loa_id", flat=True)))
    Loa.objects.filter(pk__in=ended).update(withdrawn_at=clock.database_now())
    return ended


def _keep_from_sending(order: ImportOrder, e164s: Collection[str]) -> None:
    """Take the numbers out of an order that has not left us; one that has is queued instead."""
    if order.status == ImportOrderStatus.SUBMITTING:
        try:
            submission.withdraw(order, actor=None)
        except CannotDo:
            return
        order.refresh_from_db()
    if order.status not in EDITABLE:
        return
    rows = order.numbers.filter(e164__in=e164s)
    if rows.count() == order.numbers.count():
        import_orders.cancel(order, actor=None)
    else:
        ids = list(rows.values_list("pk", flat=True))
        import_orders.remove_numbers(order, ids, actor=None)
