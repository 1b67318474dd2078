"""The sweep: every open order is read on a schedule, because notifications are sent only once."""

from datetime import timedelta

from django.conf import settings

from numbering import clock
from numbering.domain import error_help, intake, jobs, webhooks
from numbering.domain.followers import FOLLOWERS, AnyFollower
from numbering.domain.heartbeat import beat
from numbering.enums import JobState, LearnedBy
from numbering.models import CarrierExchange, Job

# How often the sweep goes round; each round asks for as many reads as fit before the next.
ROUND_SECONDS = 10
DONE_JOBS_KEPT_DAYS = 14


def run_sweep(_job: Job) -> None:
    """Handler: have open orders read whose time has come, no faster than the carrier may be asked.

    The reads are spread over the round: a backlog of thousands neither hurts the carrier nor
    holds up a webhook's read, which is due at once.
    """
    rate = settings.SWEEP_READS_PER_SECOND
    # Reads of earlier rounds that a stalled worker has not done yet count against this one.
    left_over = Job.objects.filter(
        kind__in=[follower.read_job for follower in FOLLOWERS],
        learned_by=LearnedBy.SWEEP,
        state=JobState.WAITING,
    ).count()
    room = max(0, rate * ROUND_SECONDS - left_over)
    for follower in FOLLOWERS:
        room -= _ask_for_reads(follower, room=room, rate=rate)
    webhooks.match_strangers()
    beat("sweep")


def _ask_for_reads(follower: AnyFollower, *, room: int, rate: float) -> int:
    """Have up to `room` orders of a kind read; return how many."""
    orders = follower.model._default_manager
    due = orders.filter(status__in=follower.at_carrier, next_read_at__lte=clock.database_now())
    order_ids = list(due.order_by("next_read_at").values_list("pk", flat=True)[:room])
    # An order whose read is due already is left to it: a webhook asked for that one.
    open_jobs = Job.objects.filter(
        key__in=[f"{follower.read_job}:{order_id}" for order_id in order_ids],
        due_at__lte=clock.database_now(),
    )
    waiting = set(open_jobs.values_list("subject_id", flat=True))
    # The read sets the next time itself; until then this keeps the order out of the next sweep.
    orders.filter(pk__in=order_ids).update(
        next_read_at=clock.now() + timedelta(seconds=settings.SWEEP_CAP_SECONDS)
    )
    jobs.enqueue_many(
        follower.read_job,
        [order_id for order_id in order_ids if order_id not in waiting],
        learned_by=LearnedBy.SWEEP,
        apart=1 / rate,
    )
    return len(order_ids)


def run_upkeep(_job: Job) -> None:
    """Handler: forget what is older than it is kept, and add help for codes that came new."""
    error_help.fill_missing()
    old = clock.now() - timedelta(days=settings.EXCHANGES_KEPT_DAYS)
    CarrierExchange.objects.filter(at__lt=old).delete()
    finished = clock.now() - timedelta(days=DONE_JOBS_KEPT_DAYS)
    Job.objects.filter(state=JobState.DONE, finished_at__lt=finished).delete()
    intake.forget_old()
    beat("upkeep")
