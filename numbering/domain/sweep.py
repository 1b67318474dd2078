"""The sweep: every open order is read on a schedule, because notifications are sent only once."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from numbering.domain import jobs, webhooks
from numbering.enums import AT_CARRIER, JobState, LearnedBy
from numbering.models import CarrierExchange, Heartbeat, ImportOrder, Job

BATCH = 500
DONE_JOBS_KEPT_DAYS = 14


def run_sweep(_job: Job) -> None:
    """Handler: have every open order read whose time has come."""
    due = ImportOrder.objects.filter(status__in=AT_CARRIER, next_read_at__lte=Now())
    order_ids = list(due.order_by("next_read_at").values_list("pk", flat=True)[:BATCH])
    # The read sets the next time itself; until then this keeps the order out of the next sweep.
    ImportOrder.objects.filter(pk__in=order_ids).update(
        next_read_at=timezone.now() + timedelta(seconds=settings.SWEEP_CAP_SECONDS)
    )
    jobs.enqueue_many("read_order", order_ids, learned_by=LearnedBy.SWEEP)
    webhooks.match_strangers()
    beat("sweep")


def run_upkeep(_job: Job) -> None:
    """Handler: forget exchanges and finished jobs that are older than they are kept."""
    old = timezone.now() - timedelta(days=settings.EXCHANGES_KEPT_DAYS)
    CarrierExchange.objects.filter(at__lt=old).delete()
    finished = timezone.now() - timedelta(days=DONE_JOBS_KEPT_DAYS)
    Job.objects.filter(state=JobState.DONE, finished_at__lt=finished).delete()
    beat("upkeep")


def beat(name: str) -> None:
    """Note that a recurring part has done its round."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})
