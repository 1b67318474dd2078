"""What withdrawals forbid, and what they leave to be done: numbers that are still hosted."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from numbering.domain.order_letter import letters_that_count
from numbering.enums import NumberState
from numbering.models import ImportOrder, ImportOrderNumber, WithdrawalNumber

# A lost number is with somebody else already, so there is nothing to take away.
TO_REMOVE = (NumberState.IMPORTING, NumberState.HOSTED, NumberState.REMOVING)


def standing() -> QuerySet[WithdrawalNumber]:
    """Return the withdrawn numbers for which nobody has given the permission again.

    It is given again by a later letter of whoever has the number now, for another order: one that
    is added to the same order may be the old letter, scanned better.
    """
    newer = (
        letters_that_count()
        .filter(
            e164=OuterRef("e164"),
            loa__subscriber=OuterRef("telephone_number__subscriber"),
        )
        .filter(
            Q(loa__uploaded_at__gt=OuterRef("withdrawal__asked_at"))
            | ~Q(loa__subscriber=OuterRef("withdrawal__subscriber"))
        )
        .exclude(order=OuterRef("withdrawal__order"))
    )
    return WithdrawalNumber.objects.filter(~Exists(newer))


def to_be_removed() -> QuerySet[WithdrawalNumber]:
    """Return the withdrawn numbers that are not away yet."""
    return standing().filter(telephone_number__state__in=TO_REMOVE)


def still_hosted() -> QuerySet[WithdrawalNumber]:
    """Return those of them that nothing is removing: left, a person must see to them."""
    return standing().filter(telephone_number__state=NumberState.HOSTED)


def withdrawn_from(order: ImportOrder) -> dict[str, str]:
    """Return the withdrawn numbers of an order, each with its state as a number, '' for none."""
    rows = _in_force(order).order_by("pk").values_list("e164", "telephone_number__state")
    return {e164: state or "" for e164, state in rows}


def forbidden_count(order: ImportOrder) -> int:
    """Return how many numbers of the order may not be sent: their permission was taken back."""
    return _in_force(order).filter(e164__in=order.numbers.values("e164")).count()


def bind(order: ImportOrder) -> None:
    """The carrier has taken an order: queue what was withdrawn while it was being sent."""
    rows = ImportOrderNumber.objects.filter(order=order, e164=OuterRef("e164"))
    _in_force(order).filter(telephone_number=None).update(
        telephone_number=Subquery(rows.values("telephone_number")[:1])
    )


def _in_force(order: ImportOrder) -> QuerySet[WithdrawalNumber]:
    """A number that was never hosted and stands in the order again counts by a newer letter."""
    newer = letters_that_count().filter(
        order=order, e164=OuterRef("e164"), loa__uploaded_at__gt=OuterRef("withdrawal__asked_at")
    )
    return WithdrawalNumber.objects.filter(withdrawal__order=order).exclude(
        Exists(newer), Q(telephone_number=None), e164__in=order.numbers.values("e164")
    )
