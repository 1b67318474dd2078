"""What is done once a night, at the first round of the worker after an hour in TIME_ZONE."""

from datetime import datetime, timedelta

from django.utils import timezone

from numbering.domain import jobs
from numbering.domain.heartbeat import beat

NIGHT_HOUR = 2


def plan(kind: str, last: datetime | None, now: datetime) -> None:
    """Ask for a nightly job; `last` is when it was done last, None for a portal that is new.

    A new portal's first is that of the coming night. The job itself calls `beat` when it is done.
    """
    if last is None:
        beat(kind)
    elif not last_night(now) <= last <= now:  # a beat from the future is a clock that was set back
        jobs.keep_asked(kind)


def last_night(now: datetime) -> datetime:
    """Return the instant at which the latest night began."""
    local = now.astimezone(timezone.get_default_timezone())
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0, fold=0)
    # On the wall clock, so that the night of a time change is one night as well.
    return night if night <= local else night - timedelta(days=1)
