"""Numbers that are ordered, leave, and are in bulk actions; what staff press meanwhile."""

import time
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Least

from numbering import clock
from numbering.carrier_link import hold_off
from numbering.domain import bulk
from numbering.enums import BulkKind, BulkRowState, BulkState, JobState, LeavingState
from numbering.models import BulkAction, Job, Leaving, LeavingNumber, RemovalNumber
from tests.faults.moving import LEAST_HURRY, NUMBER_ORDERS, REMOVALS, Moving

# So often *Try again* is pressed on a bulk action before what is left waits for a person.
_MOST_RETRIES = 5
# Seconds after its end, so that nothing that was late is still to come.
_TRY_AGAIN_AFTER = 4.0
_TO_TRY_AGAIN = (BulkRowState.FAILED, BulkRowState.UNKNOWN)
# The kinds that fail for the carrier's reasons.
_TRIED_AGAIN = (BulkKind.PLATFORM_IMPORT, BulkKind.PLATFORM_RELEASE)


class NumbersMoving(Moving):
    """Number orders, leavings and bulk actions.

    A bulk action at the older platform that ended with rows that failed, or whose outcome is not
    known, is tried again, as staff would, once the platform cannot be late with those any more.
    """

    other_jobs = ("apply_webhooks", "begin_leaving", "bulk")

    def __init__(self, *, late_seconds: float) -> None:
        super().__init__(REMOVALS, NUMBER_ORDERS, late_seconds=late_seconds)
        # When each action was first seen at its end, and how often it was tried again.
        self._ended_at: dict[int, float] = {}
        self._retries: dict[int, int] = {}

    def is_quiet(self) -> bool:
        """Also: every leaving has begun, and no bulk action has anything left to do."""
        return (
            super().is_quiet()
            and not unbegun().exists()
            and not BulkAction.objects.exclude(state=BulkState.DONE).exists()
            and not self._to_try_again().exists()
        )

    def may_hurry(self) -> bool:
        """Also: no worker is at a bulk action, or soon will be.

        Rows have no instant at which they were sent. What a dead worker had begun is only looked
        for when its lease has ended, and that must take its real time. So the clock waits for all
        bulk actions; a pause of one is over for that one alone (`see_to`).
        """
        soon = Q(state=JobState.RUNNING) | Q(
            due_at__lte=clock.database_now() + timedelta(seconds=LEAST_HURRY)
        )
        at_bulk = self._open_jobs().filter(soon, kind="bulk")
        return super().may_hurry() and not at_bulk.exists()

    def see_to(self) -> None:
        """End the pauses of bulk actions, and press *Try again* where it is time."""
        if hold_off() is None:  # else they would only pause again
            paused = Job.objects.filter(kind="bulk", state=JobState.WAITING)
            paused.update(due_at=Least(F("due_at"), clock.database_now()))
        now = time.monotonic()
        for action in self._to_try_again():
            ended_at = self._ended_at.setdefault(action.pk, now)
            if now - ended_at > _TRY_AGAIN_AFTER:
                del self._ended_at[action.pk]
                self._retries[action.pk] = self._retries.get(action.pk, 0) + 1
                bulk.retry(action)

    @property
    def retries(self) -> int:
        """How often *Try again* was pressed."""
        return sum(self._retries.values())

    def _to_try_again(self) -> QuerySet[BulkAction]:
        tired = [pk for pk, count in self._retries.items() if count >= _MOST_RETRIES]
        ended = BulkAction.objects.filter(
            kind__in=_TRIED_AGAIN, state=BulkState.DONE, rows__state__in=_TO_TRY_AGAIN
        )
        return ended.exclude(pk__in=tired).distinct()


def unbegun() -> QuerySet[LeavingNumber]:
    """The numbers of agreed leavings that have neither an order nor a refusal."""
    ordered = RemovalNumber.objects.filter(
        order__leaving=OuterRef("leaving"), telephone_number=OuterRef("telephone_number")
    )
    undecided = (LeavingState.WAITING, LeavingState.DECLINED)
    agreed = Leaving.objects.exclude(state__in=undecided)
    return LeavingNumber.objects.filter(~Exists(ordered), leaving__in=agreed, refusal="")
