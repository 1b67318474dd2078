"""The sweep: every open order is read on a schedule, because notifications are sent only once."""

from datetime import timedelta

from django.conf import settings

from numbering import clock
from numbering.domain import error_help, jobs, webhooks
from numbering.enums import AT_CARRIER, JobState, LearnedBy
from numbering.models import CarrierExchange, Heartbeat, ImportOrder, Job

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
        kind="read_order", learned_by=LearnedBy.SWEEP, state=JobState.WAITING
    ).count()
    due = ImportOrder.objects.filter(status__in=AT_CARRIER, next_read_at__lte=clock.database_now())
    room = max(0, rate * ROUND_SECONDS - left_over)
    order_ids = list(due.order_by("next_read_at").values_list("pk", flat=True)[:room])
    # An order whose read is due already is left to it: a webhook asked for that one.
    open_jobs = Job.objects.filter(
        key__in=[f"read_order:{order_id}" for order_id in order_ids],
        due_at__lte=clock.database_now(),
    )
    waiting = set(open_jobs.values_list("subject_id", flat=True))
    # The read sets the next time itself; until then this keeps the order out of the next sweep.
    ImportOrder.objects.filter(pk__in=order_ids).update(
        next_read_at=clock.now() + timedelta(seconds=settings.SWEEP_CAP_SECONDS)
    )
    jobs.enqueue_many(
        "read_order",
        [order_id for order_id in order_ids if order_id not in waiting],
        learned_by=LearnedBy.SWEEP,
        apart=1 / rate,
    )
    webhooks.match_strangers()
    beat("sweep")


def run_upkeep(_job: Job) -> None:
    """Handler: forget what is older than it is kept, and add help for codes that came new."""
    error_help.fill_missing()
    old = clock.now() - timedelta(days=settings.EXCHANGES_KEPT_DAYS)
    CarrierExchange.objects.filter(at__lt=old).delete()
    finished = clock.now() - timedelta(days=DONE_JOBS_KEPT_DAYS)
    Job.objects.filter(state=JobState.DONE, finished_at__lt=finished).delete()
    beat("upkeep")


def beat(name: str) -> None:
    """Note that a recurring part has done its round."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.now()})
