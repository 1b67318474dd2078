"""The twin: a worker that sends again when it got no answer. The verdict must find it out.

Usage: as `manage.py worker`, but `python -m tests.faults.careless_worker`.
"""

import dataclasses

import django
from django.db import transaction

django.setup()

# Only after the line above are the applications loaded.
from numbering.domain import bulk_acts, jobs, platform_import  # noqa: E402
from numbering.domain.bulk import BulkAct, Outcome  # noqa: E402
from numbering.domain.platform_import import PlatformImportAct  # noqa: E402
from numbering.domain.timeline import move  # noqa: E402
from numbering.enums import (  # noqa: E402
    AttemptState,
    BulkKind,
    BulkRowState,
    ImportOrderStatus,
    LearnedBy,
    NumberOrderStatus,
    RemovalStatus,
)
from numbering.models import (  # noqa: E402
    Job,
    NumberOrder,
    NumberOrderAttempt,
    RemovalAttempt,
    RemovalOrder,
    SubmitAttempt,
)
from numbering.worker import KINDS, Worker  # noqa: E402


def send_again(job: Job) -> None:
    """Take no answer for a no, as many a program does, and send the same order once more."""
    attempt = SubmitAttempt.objects.select_related("order").get(pk=job.subject)
    with transaction.atomic():
        unanswered = SubmitAttempt.objects.filter(pk=attempt.pk, state=AttemptState.UNKNOWN)
        if unanswered.update(state=AttemptState.PENDING, claim_token="", sent_at=None):
            move(
                attempt.order,
                ImportOrderStatus.CHECKED,
                reason="No answer; sending it again.",
                learned_by=LearnedBy.PORTAL,
            )
            jobs.enqueue("submit_order", subject_id=attempt.order_id)


def order_again(job: Job) -> None:
    """The same with an order for numbers."""
    attempts = NumberOrderAttempt.objects.filter(pk=job.subject, state=AttemptState.UNKNOWN)
    order_id = attempts.values_list("order", flat=True).first()
    with transaction.atomic():
        if attempts.update(state=AttemptState.PENDING, claim_token="", sent_at=None):
            NumberOrder.objects.filter(pk=order_id).update(status=NumberOrderStatus.SUBMITTING)
            jobs.enqueue("submit_number_order", subject_id=order_id)


def remove_again(job: Job) -> None:
    """The same with a removal or disconnect."""
    attempts = RemovalAttempt.objects.filter(pk=job.subject, state=AttemptState.UNKNOWN)
    order_id = attempts.values_list("order", flat=True).first()
    with transaction.atomic():
        if attempts.update(state=AttemptState.PENDING, claim_token="", sent_at=None):
            RemovalOrder.objects.filter(pk=order_id).update(status=RemovalStatus.SUBMITTING)
            jobs.enqueue("submit_removal", subject_id=order_id)


class CarelessImportAct(PlatformImportAct):
    """Begins anew with numbers that a dead worker had begun."""

    recover = BulkAct.recover


def import_again(*_: object) -> Outcome:
    """Put a number back of whose import nothing is known."""
    return Outcome(BulkRowState.WAITING)


if __name__ == "__main__":
    for name, run in (
        ("settle_attempt", send_again),
        ("settle_number_order", order_again),
        ("settle_removal", remove_again),
    ):
        KINDS[name] = dataclasses.replace(KINDS[name], run=run)
    bulk_acts.ACTS[BulkKind.PLATFORM_IMPORT] = CarelessImportAct()
    platform_import._look_for_lost = import_again
    Worker().run()
