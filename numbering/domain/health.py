"""Is the background work alive? Asked by the load balancer and shown on the home page."""

from datetime import timedelta

from numbering import clock
from numbering.enums import JobState
from numbering.models import Heartbeat, Job

QUEUE_LIMIT = timedelta(minutes=10)
SWEEP_LIMIT = timedelta(hours=1)


def background_health() -> dict[str, tuple[bool, str]]:
    """Return, for the queue and the sweep, whether it is healthy and a word about it."""
    overdue = Job.objects.filter(
        state=JobState.WAITING, due_at__lte=clock.database_now() - QUEUE_LIMIT
    ).exists()
    stuck = Job.objects.filter(
        state=JobState.RUNNING, lease_until__lte=clock.database_now() - QUEUE_LIMIT
    ).exists()
    last = Heartbeat.objects.filter(name="sweep").values_list("at", flat=True).first()
    if last is None:
        sweep = (False, "never ran: is the worker running?")
    elif clock.now() - last > SWEEP_LIMIT:
        sweep = (False, "last ran more than an hour ago: is the worker running?")
    else:
        sweep = (True, "ok")
    queue = (
        (False, "work has waited for more than 10 minutes: is the worker running?")
        if overdue or stuck
        else (True, "ok")
    )
    return {"background_work": queue, "sweep": sweep}
