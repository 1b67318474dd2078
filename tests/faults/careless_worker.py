"""The twin: a worker that sends again when it got no answer. The verdict must find it out.

Usage: as `manage.py worker`, but `python -m tests.faults.careless_worker`.
"""

import dataclasses

import django
from django.db import transaction

django.setup()

# Only after the line above are the applications loaded.
from numbering.domain import jobs  # noqa: E402
from numbering.domain.timeline import move  # noqa: E402
from numbering.enums import AttemptState, ImportOrderStatus, LearnedBy  # noqa: E402
from numbering.models import Job, SubmitAttempt  # noqa: E402
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


if __name__ == "__main__":
    KINDS["settle_attempt"] = dataclasses.replace(KINDS["settle_attempt"], run=send_again)
    Worker().run()
