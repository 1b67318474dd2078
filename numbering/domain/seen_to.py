"""Orders that did not bring what was asked for, until somebody has seen to it."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.again import repeated
from accounts.models import User
from numbering.domain.timeline import note
from numbering.enums import (
    IN_SERVICE,
    LearnedBy,
    NumberOrderStatus,
    RemovalNumberStatus,
    RemovalStatus,
)
from numbering.models import NumberOrder, RemovalNumber, RemovalOrder


def short_orders() -> QuerySet[NumberOrder]:
    """Return the orders that ended with fewer numbers than were asked for."""
    ended = (NumberOrderStatus.PARTIAL, NumberOrderStatus.FAILED)
    return NumberOrder.objects.filter(status__in=ended, seen_to_by=None)


def short_removals() -> QuerySet[RemovalOrder]:
    """Return the removals and disconnects of which numbers stayed and nobody asks again.

    Those of a withdrawn permission are another heap: its numbers count until they are away.
    """
    later = RemovalNumber.objects.filter(
        telephone_number=OuterRef("telephone_number"), pk__gt=OuterRef("pk")
    )
    stayed = RemovalNumber.objects.filter(
        ~Exists(later),
        order=OuterRef("pk"),
        status=RemovalNumberStatus.KEPT,
        telephone_number__state__in=IN_SERVICE,
    )
    ended = (RemovalStatus.PARTIAL, RemovalStatus.FAILED)
    return RemovalOrder.objects.filter(
        Exists(stayed), status__in=ended, withdrawal=None, seen_to_by=None
    )


@repeated
def see_to(order: NumberOrder | RemovalOrder, *, actor: User) -> None:
    """Somebody has seen to it: it waits for nobody any more. Doing it twice does no harm."""
    ended = short_orders() if isinstance(order, NumberOrder) else short_removals()
    if ended.filter(pk=order.pk).update(seen_to_by=actor):
        note(order, "Seen to.", learned_by=LearnedBy.PERSON, actor=actor)
