"""When a telephone number last texted."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models

from numbering.enums import LIVE
from numbering.models import TelephoneNumber

_TRAFFIC_KNOWN_TO = timedelta(hours=1)


def note_traffic(e164s: Iterable[str], *, at: datetime) -> None:
    """A text message went out from these numbers, or came in to them, at that instant.

    Known to the hour only: so a busy number costs its row one write an hour.
    """
    long_ago = models.Q(last_traffic_at__isnull=True) | models.Q(
        last_traffic_at__lt=at - _TRAFFIC_KNOWN_TO
    )
    TelephoneNumber.objects.filter(long_ago, e164__in=list(e164s), state__in=LIVE).update(
        last_traffic_at=at
    )
