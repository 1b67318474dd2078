"""Numbers leave because staff wish so: asked for, agreed to by a second person where it is needed.

What is decided here is written at once; a worker makes the orders (`leaving_beginning`). What has
changed meanwhile stays: everything is looked at anew there, with the numbers locked. A subscriber
who takes back a permission needs nobody's agreement (see `removals`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain import jobs, leaving_beginning, second_person
from numbering.domain.cannot_do import CannotDo
from numbering.domain.leaving_plan import Plan, plan
from numbering.enums import LeavingState, RemovalNumberStatus
from numbering.models import Leaving, LeavingNumber, RemovalNumber, TelephoneNumber

_DECIDED = "Somebody has decided about it already."


class OtherPlan(CannotDo):
    """What would leave now is not what somebody has seen."""


@repeated
def ask(
    numbers: QuerySet[TelephoneNumber],
    *,
    reason: str,
    actor: User,
    is_second_promised: bool = False,
    seen: str = "",
) -> Leaving:
    """Have these numbers leave, or wait for a second person when that is needed, or was promised.

    What cannot leave is written down with its reason. Raises CannotDo when nothing can, and
    OtherPlan when `seen`, the digest of the plan that somebody agreed to, is not that of the plan
    as it is now.
    """
    # Of two requests of one person at one instant the second counts what the first has begun.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    wish = plan(numbers, is_locking=True)
    if seen and wish.digest != seen:
        raise OtherPlan("The numbers have changed since you looked.")
    if not wish.count:
        why = next(iter(wish.refused), "No number is chosen.")
        raise CannotDo(f"None of these numbers can leave. {why}")
    now = clock.now()
    alone = second_person.numbers_alone(actor)
    waits = is_second_promised or second_person.is_needed(wish.count, alone=alone)
    leaving = Leaving.objects.create(
        state=LeavingState.WAITING if waits else LeavingState.BEGINNING,
        reason=reason[:500],
        asked_by=actor,
        asked_at=now,
        decided_at=None if waits else now,
    )
    _write_numbers(leaving, wish)
    if not waits:
        jobs.enqueue(leaving_beginning.JOB, subject_id=leaving.pk)
    return leaving


def _write_numbers(leaving: Leaving, wish: Plan) -> None:
    refused = ((0, number, why) for why, some in wish.refused.items() for number in some)
    able = (
        (index, number, "") for index, part in enumerate(wish.parts, 1) for number in part.numbers
    )
    LeavingNumber.objects.bulk_create(
        [
            LeavingNumber(
                leaving=leaving,
                telephone_number=number,
                subscriber_id=number.subscriber_id,
                part=part,
                refusal=why,
            )
            for part, number, why in sorted((*refused, *able), key=lambda row: row[1].pk)
        ],
        batch_size=1000,
    )


def plan_of(leaving: Leaving) -> Plan:
    """Say what would follow if the leaving began now."""
    wished = TelephoneNumber.objects.filter(
        pk__in=leaving.numbers.filter(refusal="").values("telephone_number")
    )
    return plan(wished, leaving=leaving)


@repeated
def agree(leaving: Leaving, *, actor: User) -> None:
    """The second person agrees: what can leave then leaves, the rest is refused with its reason.

    Raises CannotDo for whoever asked, and when it was decided already.
    """
    if leaving.asked_by_id == actor.pk:
        raise CannotDo("You asked for it yourself; a second person has to agree.")
    _decide(leaving, LeavingState.BEGINNING, actor=actor)
    jobs.enqueue(leaving_beginning.JOB, subject_id=leaving.pk)


@repeated
def decline(leaving: Leaving, *, actor: User, remark: str) -> None:
    """Nothing leaves; also for who asked and takes it back. Raises CannotDo when it is too late."""
    _decide(leaving, LeavingState.DECLINED, actor=actor, remark=remark[:500])


def _decide(leaving: Leaving, state: LeavingState, *, actor: User, remark: str = "") -> None:
    """Decide by one conditional write: of two persons, and of two clicks, one is first."""
    waiting = Leaving.objects.filter(pk=leaving.pk, state=LeavingState.WAITING)
    if not waiting.update(state=state, decided_by=actor, decided_at=clock.now(), remark=remark):
        raise CannotDo(_DECIDED)
    leaving.refresh_from_db()


# --- Looking ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How many numbers of a leaving are where."""

    waiting: int = 0
    under_way: int = 0
    gone: int = 0
    kept: int = 0
    refused: int = 0

    @property
    def all(self) -> int:
        """How many numbers there are."""
        return self.waiting + self.under_way + self.gone + self.kept + self.refused

    @property
    def begun(self) -> int:
        """How many numbers have an order."""
        return self.under_way + self.gone + self.kept

    @property
    def to_begin(self) -> int:
        """How many numbers have one, or shall."""
        return self.begun + self.waiting

    @property
    def percent_begun(self) -> int:
        """How much of it has begun; 100 only when all has."""
        return self.begun * 100 // self.to_begin if self.to_begin else 100

    @property
    def percent(self) -> int:
        """How much of it has come to its end; 100 only when all has."""
        settled = self.gone + self.kept + self.refused
        return settled * 100 // self.all if self.all else 100


_HEAPS: Mapping[str, Sequence[str]] = {
    "under_way": (RemovalNumberStatus.UNDER_WAY,),
    "gone": (RemovalNumberStatus.REMOVED, RemovalNumberStatus.ABSENT),
    "kept": (RemovalNumberStatus.KEPT,),
}


def progress_of(leaving: Leaving) -> Progress:
    """Count its numbers by where they are; of several orders for one the newest counts."""
    refused = leaving.numbers.exclude(refusal="").count()
    rows = RemovalNumber.objects.filter(order__leaving=leaving).order_by()
    newest = rows.values("telephone_number").annotate(newest=Max("pk")).values("newest")
    now = RemovalNumber.objects.filter(pk__in=newest).order_by()
    counts = dict(now.values_list("status").annotate(Count("pk")))
    return Progress(
        waiting=leaving.numbers.filter(refusal="").count() - sum(counts.values()),
        refused=refused,
        **{name: sum(counts.get(each, 0) for each in heap) for name, heap in _HEAPS.items()},
    )


def outcomes_of(leaving: Leaving, numbers: Sequence[LeavingNumber]) -> dict[int, RemovalNumber]:
    """Return the newest order's row for each of some of its numbers, by the number's key."""
    rows = RemovalNumber.objects.filter(
        order__leaving=leaving, telephone_number__in=[row.telephone_number_id for row in numbers]
    )
    return {row.telephone_number_id: row for row in rows.order_by("pk")}
