"""Whether somebody else has to agree before numbers leave: for many at once, and for many in a day.

Up to LEAVING_SECOND_PERSON_ABOVE numbers one person has leave alone. What that person had leave
alone within the last day counts as well, so that asking often, for few each time, is no way round.
"""

from datetime import timedelta

from django.conf import settings

from accounts.models import User
from numbering import clock
from numbering.enums import LeavingState
from numbering.models import LeavingNumber

_SPAN = timedelta(days=1)


def is_needed(count: int, *, alone: int) -> bool:
    """Whether so many numbers may leave only when a second person agrees, after `alone` others."""
    return count + alone > settings.LEAVING_SECOND_PERSON_ABOVE


def numbers_alone(person: User) -> int:
    """Return how many numbers the person had leave within a day that nobody else agreed to."""
    # Declined ones, taken back or not, have somebody who decided; what waits is not alone.
    return (
        LeavingNumber.objects.filter(
            refusal="",
            leaving__asked_by=person,
            leaving__asked_at__gt=clock.now() - _SPAN,
            leaving__decided_by=None,
        )
        .exclude(leaving__state=LeavingState.WAITING)
        .count()
    )
