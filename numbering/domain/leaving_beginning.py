"""What was decided begins: a worker makes the orders, some at a time.

Each transaction takes some whole parts, looks at their numbers anew with a lock on them, refuses
what has changed, writes the orders of the rest, and marks both as done. So a worker that was
killed, or lost its lease, does nothing twice.
"""

import time
from collections.abc import Mapping, Sequence
from itertools import groupby

from django.db.models import QuerySet

from accounts.again import repeated
from accounts.models import User
from numbering.domain import jobs, removals
from numbering.domain.cannot_do import CannotDo
from numbering.domain.chunks import chunks
from numbering.domain.jobs import TryLater
from numbering.domain.leaving_plan import plan
from numbering.enums import JobState, LeavingState
from numbering.models import Job, Leaving, LeavingNumber, TelephoneNumber
from numbering.stopping_points import reached
from numbering.validators import ORDER_NUMBERS_LIMIT

JOB = "begin_leaving"
# So many numbers in one transaction, or one part that is larger.
NUMBERS_AT_ONCE = 200
# A turn of the job, after which other jobs that are due come first.
_TURN_SECONDS = 3.0
_DECIDED = "Nothing waits for this decision any more; look at the leaving again."


def run_begin(job: Job) -> None:
    """Handler: go on with making the orders of a leaving for one turn."""
    # Put back to work after it was given up.
    Leaving.objects.filter(pk=job.subject, state=LeavingState.STOPPED).update(
        state=LeavingState.BEGINNING
    )
    ends = time.monotonic() + _TURN_SECONDS
    while _begin_some(job):
        reached("after_commit")
        if time.monotonic() >= ends:
            raise TryLater("It goes on when other work had its turn.", after=0, counts=False)


@repeated
def _begin_some(job: Job) -> bool:
    """Make the orders of the next parts; False when none is left."""
    # Locks the job as well: whoever comes after sees what was done here.
    if not jobs.renew(job):
        raise TryLater("Another worker has taken over.", counts=False)
    leaving = Leaving.objects.select_related("asked_by", "decided_by").get(pk=job.subject)
    if leaving.state != LeavingState.BEGINNING:
        return False
    numbers = _next(leaving)
    if not numbers:
        Leaving.objects.filter(pk=leaving.pk).update(state=LeavingState.AGREED)
        return False
    chosen = TelephoneNumber.objects.filter(pk__in=numbers)
    wish = plan(chosen, leaving=leaving, is_locking=True)
    for some in chunks(numbers):
        leaving.numbers.filter(telephone_number__in=some).update(part=0)
    _refuse(leaving, wish.refused)
    removals.request_parts(
        [part.numbers for part in wish.parts],
        reason=leaving.reason,
        actor=leaving.decided_by or leaving.asked_by,
        leaving=leaving,
    )
    reached("before_commit")
    return True


def left_to_begin(leaving: Leaving) -> QuerySet[LeavingNumber]:
    """Return its numbers that were neither refused nor ordered to leave."""
    return leaving.numbers.filter(part__gt=0)


def _next(leaving: Leaving) -> list[int]:
    """Return the keys of the numbers of the next parts, each part whole."""
    rows = left_to_begin(leaving).order_by("part", "pk").values_list("part", "telephone_number_id")
    numbers: list[int] = []
    # No part is larger than an order may be, so the first one is here to its end.
    for _, part in groupby(rows[:ORDER_NUMBERS_LIMIT], key=lambda row: row[0]):
        keys = [pk for _, pk in part]
        if numbers and len(numbers) + len(keys) > NUMBERS_AT_ONCE:
            break
        numbers += keys
    return numbers


def _refuse(leaving: Leaving, refused: Mapping[str, Sequence[TelephoneNumber]]) -> None:
    for why, numbers in refused.items():
        for some in chunks(numbers):
            leaving.numbers.filter(telephone_number__in=some).update(refusal=why)


# --- Given up -----------------------------------------------------------------------------------


def give_up(job: Job) -> None:
    """The job was parked: the rest waits for a person."""
    Leaving.objects.filter(pk=job.subject, state=LeavingState.BEGINNING).update(
        state=LeavingState.STOPPED
    )


def trouble_of(leaving: Leaving) -> str:
    """Say why the worker gave up; empty when it did not."""
    job = _parked(leaving).first()
    return job.trouble if job else ""


@repeated
def go_on(leaving: Leaving) -> None:
    """Have the rest of it begin. Raises CannotDo when it was not given up, or goes on already."""
    _decide(leaving, LeavingState.BEGINNING)
    jobs.retry_parked(_parked(leaving).values_list("pk", flat=True))


@repeated
def leave_the_rest(leaving: Leaving, *, actor: User) -> None:
    """What has not begun stays, and is free for another wish. Raises CannotDo as `go_on` does."""
    _decide(leaving, LeavingState.AGREED)
    left_to_begin(leaving).update(
        part=0, refusal=f"{actor} left it alone after the portal had stopped half-way."[:300]
    )
    # It finds nothing left to do, and is over.
    jobs.retry_parked(_parked(leaving).values_list("pk", flat=True))


def _decide(leaving: Leaving, state: LeavingState) -> None:
    """Decide by one conditional write: of two persons, and of two clicks, one is first."""
    stopped = Leaving.objects.filter(pk=leaving.pk, state=LeavingState.STOPPED)
    if not stopped.update(state=state):
        raise CannotDo(_DECIDED)
    leaving.refresh_from_db()


def _parked(leaving: Leaving) -> QuerySet[Job]:
    return Job.objects.filter(kind=JOB, subject_id=leaving.pk, state=JobState.PARKED)
