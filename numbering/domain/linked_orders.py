"""Orders that come from another one: split off by kind, or trying failed numbers again."""

from django.db import IntegrityError, transaction

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain.import_orders import (
    CannotDo,
    begin,
    held_numbers,
    kinds_in,
    lock_editable,
    withdraw_pending,
)
from numbering.domain.timeline import note
from numbering.domain.withdrawal_queue import withdrawn_from
from numbering.enums import ImportOrderStatus, LearnedBy, OrderNumberStatus
from numbering.models import ImportOrder, ImportOrderNumber, LoaCoverage
from numbering.phone import NumberKind
from numbering.wording import counted


@repeated
def split(order: ImportOrder, *, actor: User | None) -> ImportOrder:
    """Move the toll-free numbers of a mixed draft into a linked order of their own."""
    lock_editable(order)
    withdraw_pending(order)
    kinds = kinds_in(order)
    if len(kinds) < 2:
        raise CannotDo("All numbers of this order are of one kind; there is nothing to split.")
    other = _draft_like(order, actor=actor, split_from=order)
    toll_free = kinds[NumberKind.TOLL_FREE]
    moved = order.numbers.filter(e164__in=toll_free).update(order=other)
    # The LOA covers the same numbers as before, whichever order they are in.
    order.loa_coverage.filter(e164__in=toll_free).update(order=other)
    toll_free_moved = counted(moved, "toll-free number")
    begin(other, f"Split from import order {order.pk} with {toll_free_moved}.", actor=actor)
    note(
        order,
        f"{toll_free_moved} moved to import order {other.pk}: the carrier "
        "takes one kind of number in an order.",
        learned_by=LearnedBy.PERSON,
        actor=actor,
    )
    return other


@repeated
def retry_failed(order: ImportOrder, *, actor: User | None) -> ImportOrder:
    """Create a draft of only the failed numbers of an order that is over.

    Raises CannotDo when none failed, or another open order holds them already.
    """
    ImportOrder.objects.select_for_update().get(pk=order.pk)
    failed = list(order.numbers.filter(status=OrderNumberStatus.FAILED))
    if order.status not in (ImportOrderStatus.PARTIAL, ImportOrderStatus.FAILED) or not failed:
        raise CannotDo("Only a failed or partly complete order has numbers to try again.")
    withdrawn = withdrawn_from(order)
    failed = [row for row in failed if row.e164 not in withdrawn]
    if not failed:
        raise CannotDo("The subscriber took back the permission for the numbers that failed.")
    child = _draft_like(order, actor=actor, parent=order)
    held = {number.e164: number for number in held_numbers([row.e164 for row in failed])}
    free = [row for row in failed if row.e164 not in held]
    if not free:
        raise CannotDo(
            "The failed numbers are being tried again already: "
            + " ".join(number.reason for number in list(held.values())[:3])
        )
    try:
        with transaction.atomic():
            ImportOrderNumber.objects.bulk_create(
                ImportOrderNumber(order=child, e164=row.e164, raw=row.raw, attempts=row.attempts)
                for row in free
            )
    except IntegrityError as error:
        raise CannotDo("Somebody is trying these numbers again right now.") from error
    LoaCoverage.objects.bulk_create(
        LoaCoverage(loa_id=loa_id, order=child, e164=e164)
        for loa_id, e164 in order.loa_coverage.filter(
            e164__in=[row.e164 for row in free]
        ).values_list("loa_id", "e164")
    )
    tried = counted(len(free), "failed number")
    begin(child, f"Tries {tried} of import order {order.pk} again.", actor=actor)
    note(
        order,
        f"{tried} tried again in import order {child.pk}.",
        learned_by=LearnedBy.PERSON,
        actor=actor,
    )
    return child


def _draft_like(order: ImportOrder, *, actor: User | None, **link: ImportOrder) -> ImportOrder:
    return ImportOrder.objects.create(
        subscriber=order.subscriber,
        sip_peer=order.sip_peer,
        loa_authorizing_person=order.loa_authorizing_person,
        loa_type=order.loa_type,
        status_changed_at=clock.now(),
        created_by=actor,
        **link,
    )
