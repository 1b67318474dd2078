"""The verdict on bulk actions: each row once, and what it says is so."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from numbering.enums import BulkKind, BulkRowState, BulkState, PlatformStage
from numbering.models import (
    BulkAction,
    BulkRow,
    PlatformNumber,
    Subscriber,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from tests.faults.books import Books
from tests.faults.estate import Estate
from tests.faults.staff import TARGET

_UNFINISHED = (BulkRowState.WAITING, BulkRowState.RUNNING)
_OPEN_QUESTIONS = (BulkRowState.FAILED, BulkRowState.UNKNOWN)


@dataclass(frozen=True)
class BulkVerdict:
    """What is wrong, in counts.

    `unaccounted` rows have no result, or one without a reason, or are too many or too few.
    `moved_otherwise` numbers were moved to a subscriber more or less often than their rows say.
    `untrue` rows of the older platform say what it does not. `posted_again` counts imports that
    were asked for when the number was there already, `given_up_wrongly` the numbers that were
    released and are not in service on the new platform. `for_a_person` rows are failed or unknown,
    and say why.
    """

    unaccounted: int
    moved_otherwise: int
    untrue: int
    posted_again: int
    given_up_wrongly: int
    rows: int
    for_a_person: int

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        return not any(
            (
                self.unaccounted,
                self.moved_otherwise,
                self.untrue,
                self.posted_again,
                self.given_up_wrongly,
            )
        )


def judge_bulk(estate: Estate, books: Books) -> BulkVerdict:
    """Hold the rows against what happened."""
    released = {
        e164 for e164 in estate.moved if e164 not in books.on_old or books.on_old[e164].is_released
    }
    return BulkVerdict(
        unaccounted=_unaccounted(),
        moved_otherwise=_moved_otherwise(),
        untrue=_untrue_imports(books) + _untrue_releases(released),
        posted_again=sum(
            books.on_old[e164].posts - 1 for e164 in estate.to_old if e164 in books.on_old
        ),
        given_up_wrongly=len(released - books.in_service),
        rows=BulkRow.objects.count(),
        for_a_person=BulkRow.objects.filter(state__in=_OPEN_QUESTIONS).count(),
    )


def _unaccounted() -> int:
    """Rows without a result or a reason, rows too many or too few, actions that are not over."""
    wrong = BulkAction.objects.exclude(state=BulkState.DONE).count()
    for action in BulkAction.objects.annotate(count=Count("rows")):
        wrong += abs(action.all_rows - action.count)
    wrong += BulkRow.objects.filter(state__in=_UNFINISHED).count()
    return wrong + BulkRow.objects.exclude(state=BulkRowState.DONE).filter(message="").count()


def _moved_otherwise() -> int:
    """Rows whose number was not moved exactly once where they say so, or at all where not."""
    targets = {
        target.pk: str(target) for target in Subscriber.objects.filter(name__startswith=TARGET)
    }
    moves: Counter[tuple[str, str]] = Counter()
    latest: dict[str, str] = {}
    events = TelephoneNumberEvent.objects.filter(reason__startswith="Moved from ").order_by("pk")
    for e164, reason in events.values_list("telephone_number__e164", "reason"):
        target = reason.removesuffix(".").partition(" to ")[2]
        moves[e164, target] += 1
        latest[e164] = target
    wrong = 0
    for action in BulkAction.objects.filter(kind=BulkKind.ASSIGN):
        target = targets[action.choices["subscriber"]]
        for e164, state in action.rows.values_list("e164", "state"):
            wrong += moves[e164, target] != (state == BulkRowState.DONE)
    now = TelephoneNumber.objects.filter(e164__in=latest).select_related("subscriber")
    return wrong + sum(str(number.subscriber) != latest[number.e164] for number in now)


def _untrue_imports(books: Books) -> int:
    there = {e164 for e164, number in books.on_old.items() if not number.is_released}
    return _untrue(BulkKind.PLATFORM_IMPORT, there)


def _untrue_releases(released: set[str]) -> int:
    """Rows that say otherwise than the older platform, and numbers that do."""
    wrong = _untrue(BulkKind.PLATFORM_RELEASE, released)
    unknown = BulkRow.objects.filter(
        action__kind=BulkKind.PLATFORM_RELEASE, state=BulkRowState.UNKNOWN
    )
    settled = PlatformNumber.objects.exclude(e164__in=unknown.values("e164"))
    stages = settled.values_list("e164", "stage")
    return wrong + sum(
        (stage == PlatformStage.RELEASED) != (e164 in released) for e164, stage in stages
    )


def _untrue(kind: BulkKind, so: Iterable[str]) -> int:
    """Rows that are done where it is not so, and others where it is; the unknown say neither."""
    rows = BulkRow.objects.filter(action__kind=kind).exclude(state=BulkRowState.UNKNOWN)
    so = set(so)
    return sum(
        (state == BulkRowState.DONE) != (e164 in so)
        for e164, state in rows.values_list("e164", "state")
    )
