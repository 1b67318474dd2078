"""Give numbers up on the older platform, for good.

Only a number that has moved is released, and only when the new platform says in the same step that
it has it in service. A release whose answer was lost is looked for on the old platform.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier import in_service, platform
from carrier.client import Carrier
from carrier.errors import CarrierError, NotFound, OutcomeUnknown
from carrier.platform_records import PlatformNumber as ListedNumber
from numbering import clock
from numbering.carrier_link import in_words
from numbering.domain import bulk
from numbering.domain.bulk import BulkAct, Lease, Outcome, Outcomes, Pause
from numbering.domain.cannot_do import CannotDo
from numbering.domain.new_platform import asking, is_about_one
from numbering.domain.platform_calls import NOT_SET_UP_SECONDS, Trouble, look, trouble_of
from numbering.enums import IN_SERVICE, BulkKind, BulkRowState, PlatformStage
from numbering.models import BulkAction, BulkRow, PlatformNumber, TelephoneNumber
from numbering.platform_link import PlatformNotConfigured, get_platform
from numbering.stopping_points import reached
from numbering.wording import counted

_GONE = Outcome(BulkRowState.DONE, "It is not on the old platform any more.")
_NOT_IN_SERVICE = "It was thought to be in service on the new platform, and is not."


@repeated
def start_release(
    numbers: QuerySet[PlatformNumber], *, typed_count: int, actor: User
) -> BulkAction:
    """Have those of the numbers released that have moved; `typed_count` is what a person expects.

    Raises CannotDo when there are none, or another count of them.
    """
    moved = numbers.filter(stage=PlatformStage.MOVED)
    action = bulk.start(BulkKind.PLATFORM_RELEASE, moved, actor=actor)
    if action.all_rows != typed_count:
        raise CannotDo(
            f"{counted(action.all_rows, 'number')} would be released, not {typed_count:,}. Nothing "
            "was done. Look at the list again."
        )
    return action


class PlatformReleaseAct(BulkAct):
    """Releases one number after the other."""

    kind = BulkKind.PLATFORM_RELEASE
    batch = 20

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Ask both platforms about each number, and release it when both agree."""
        old = _old_platform()
        outcomes: dict[int, Outcome] = {}
        with asking(lambda: outcomes) as new:
            for row in rows:
                if not lease.holds():
                    break
                outcomes[row.pk] = _settled(_release(old, new, row, lease), outcomes)
        return outcomes

    def recover(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Look for each number on the old platform: gone is done, there is begun anew."""
        old = _old_platform()
        outcomes: dict[int, Outcome] = {}
        for row in rows:
            if not lease.holds():
                break
            outcomes[row.pk] = _settled(
                _look(old, row, present=Outcome(BulkRowState.WAITING)), outcomes
            )
        return outcomes


def _old_platform() -> Carrier:
    try:
        return get_platform()
    except PlatformNotConfigured as error:
        raise Pause(str(error), outcomes={}, after=NOT_SET_UP_SECONDS) from error


def _settled(answer: Outcome | Trouble, known: Outcomes) -> Outcome:
    if isinstance(answer, Trouble):
        raise Pause(answer.reason, outcomes=known, after=answer.after, at=answer.at)
    return answer


def _release(old: Carrier, new: Carrier, row: BulkRow, lease: Lease) -> Outcome | Trouble:
    moved = PlatformNumber.objects.filter(e164=row.e164, stage=PlatformStage.MOVED)
    if not moved.exists():
        return Outcome(BulkRowState.SKIPPED, "It is not among the numbers that have moved.")
    here = TelephoneNumber.objects.filter(e164=row.e164, state__in=IN_SERVICE)
    if not here.exists():
        return Outcome(BulkRowState.FAILED, "Kept: it is not in service here.")
    # Its id now: a number can have been given up and taken anew since it was listed.
    try:
        listed = platform.find_number(old, telephone_number=row.e164)
    except CarrierError as error:
        return trouble_of(error) or Outcome(
            BulkRowState.FAILED, f"Kept: it could not be looked for. {in_words(error)}"
        )
    if listed is None:
        _mark_released(row)
        return _GONE
    # After this nothing but the release itself: the two are one step.
    try:
        is_there = in_service.is_in_service(new, telephone_number=row.e164)
    except CarrierError as error:
        if not is_about_one(error):
            raise
        return Outcome(
            BulkRowState.FAILED, f"Kept: the new platform says nothing of it. {in_words(error)}"
        )
    if not is_there:
        moved.update(stage=PlatformStage.FOUND, detail=_NOT_IN_SERVICE, checked_at=clock.now())
        return Outcome(BulkRowState.FAILED, f"Kept. {_NOT_IN_SERVICE}")
    lease.renew()
    return _give_up(old, row, listed)


def _give_up(old: Carrier, row: BulkRow, listed: ListedNumber) -> Outcome | Trouble:
    try:
        platform.release(old, platform_id=listed.platform_id)
    except ValueError:
        return Outcome(BulkRowState.FAILED, "Kept: the old platform gave no usable id of it.")
    except (OutcomeUnknown, NotFound) as error:
        reached("after_send")
        still_there = Outcome(
            BulkRowState.UNKNOWN,
            f"It got no clear answer. {in_words(error)} It is there still; trying again looks "
            "first.",
        )
        found = _look(old, row, present=still_there)
        if isinstance(found, Trouble):
            return Outcome(BulkRowState.UNKNOWN, f"{in_words(error)} It could not be looked for.")
        return found
    except CarrierError as error:
        return trouble_of(error) or Outcome(BulkRowState.FAILED, f"Kept. {in_words(error)}")
    reached("after_answer")
    _mark_released(row)
    return Outcome(BulkRowState.DONE, result=listed.platform_id)


def _look(old: Carrier, row: BulkRow, *, present: Outcome) -> Outcome | Trouble:
    found = look(old, row, present=lambda _: present, absent=_GONE)
    if found is _GONE:
        _mark_released(row)
    return found


def _mark_released(row: BulkRow) -> None:
    PlatformNumber.objects.filter(e164=row.e164).update(
        stage=PlatformStage.RELEASED, is_listed=False, detail="", checked_at=clock.now()
    )
