"""What is done once a night, at the first round of the worker after an hour in TIME_ZONE."""

from datetime import datetime, timedelta

from django.utils import timezone

NIGHT_HOUR = 2


def is_due(last: datetime, now: datetime) -> bool:
    """Say whether a nightly job is due that was done last at an instant; it beats when done."""
    # A beat from the future is a clock that was set back.
    return not last_night(now) <= last <= now


def last_night(now: datetime) -> datetime:
    """Return the instant at which the latest night began."""
    local = now.astimezone(timezone.get_default_timezone())
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0, fold=0)
    # On the wall clock, so that the night of a time change is one night as well.
    return night if night <= local else night - timedelta(days=1)
