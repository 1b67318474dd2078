"""Numbers that the carrier holds for us for some hours: which, until when, and giving them back."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.again import repeated
from carrier import reservations as carrier_reservations
from carrier.errors import CarrierError, NotFound, Problem
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier
from numbering.domain.cannot_do import CannotDo
from numbering.models import NumberOrder, NumberOrderNumber, Reservation
from numbering.phone import display

# The carrier lets go by itself after this long (REFERENCE 7.1: "4 hours by default").
HELD_FOR = timedelta(hours=4)
# The carrier's codes about holding a number (REFERENCE 7.1).
REFUSALS = frozenset(str(code) for code in range(5040, 5048))
# How long one that has run out is still shown, so that nobody wonders where it went.
_SHOWN_FOR = timedelta(hours=12)


def in_force() -> QuerySet[Reservation]:
    """Return the reservations that the carrier still keeps."""
    return Reservation.objects.filter(ended_at=None, expires_at__gt=clock.now())


def shown() -> QuerySet[Reservation]:
    """Return those in force, and those that ran out lately without being used."""
    recent = Q(expires_at__gt=clock.now() - _SHOWN_FOR)
    return Reservation.objects.filter(recent, ended_at=None).select_related("person")


@repeated
def write_down(e164: str, reservation_id: str, *, place: str, person_id: int) -> None:
    """The carrier holds this number from now on."""
    now = clock.now()
    # What ran out before makes room: a number is held once.
    Reservation.objects.filter(e164=e164, ended_at=None).update(ended_at=now)
    Reservation.objects.create(
        e164=e164,
        carrier_reservation_id=reservation_id,
        person_id=person_id,
        held_at=now,
        expires_at=now + HELD_FOR,
        place=place[:200],
    )


def use_up(e164s: Collection[str]) -> None:
    """These numbers have come to us: what held them is used up."""
    Reservation.objects.filter(e164__in=e164s, ended_at=None).update(ended_at=clock.now())


def forget(order: NumberOrder, failed: Mapping[str, Problem]) -> None:
    """Believe no more in the holds of an order of which the carrier says that they are none.

    It does not say which of several it means. Named once more, one of them would have the next
    order refused as well.
    """
    e164s = [e164 for e164, problem in failed.items() if problem.code in REFUSALS]
    ids = order.numbers.filter(e164__in=e164s).exclude(reservation_id="").values("reservation_id")
    Reservation.objects.filter(carrier_reservation_id__in=ids, ended_at=None).update(
        ended_at=clock.now()
    )


def release(reservation: Reservation) -> None:
    """Give a held number back at the carrier. Doing it twice does no harm.

    Raises CannotDo when it is being ordered or was given back already, and CarrierError when the
    carrier gave no clear answer: it is still held then.
    """
    if reservation.ended_at is not None:
        raise CannotDo(f"{display(reservation.e164)} is held no more.")
    ordered = NumberOrderNumber.objects.filter(e164=reservation.e164, is_holding=True).first()
    if ordered is not None:
        raise CannotDo(f"{ordered} is being ordered: number order {ordered.order_id}.")
    row = Reservation.objects.filter(pk=reservation.pk)
    # Before the carrier is asked, so that no order names it that is written in this instant.
    row.filter(ended_at=None).update(ended_at=clock.now())
    try:
        carrier_reservations.release(
            get_carrier(), reservation_id=reservation.carrier_reservation_id
        )
    except NotFound:
        pass  # the carrier has let go of it already
    except (CarrierError, CarrierNotConfigured):
        # Held still; unless somebody held it anew, and then that one counts.
        with suppress(IntegrityError), transaction.atomic():
            row.update(ended_at=None)
        raise
