"""Lock numbers against leaving, and unlock them: done by a worker, for one number or many."""

from collections.abc import Sequence
from typing import ClassVar

from django.db import transaction

from numbering.domain import telephone_numbers
from numbering.domain.bulk import BulkAct, Lease, Outcome, Outcomes
from numbering.domain.chosen_lives import lives_of
from numbering.enums import LEAVING, BulkKind, BulkRowState, LearnedBy
from numbering.models import BulkAction, BulkRow, TelephoneNumber


class _Lock(BulkAct):
    """Sets or lifts the lock on the numbers that live here. Twice is the same as once."""

    batch = 1000
    is_locked: ClassVar[bool]
    word: ClassVar[str]

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Lock or unlock them, with a line in each number's history."""
        with transaction.atomic():
            lives = lives_of(rows, TelephoneNumber.objects.select_for_update())
            outcomes = {pk: self._outcome(life) for pk, life in lives.items()}
            changed = [
                life
                for pk, life in lives.items()
                if not isinstance(life, str) and outcomes[pk].state == BulkRowState.DONE
            ]
            TelephoneNumber.objects.filter(pk__in=[number.pk for number in changed]).update(
                is_locked=self.is_locked
            )
            reason = f"{self.word} by {action.person}. {action.choices.get('reason', '')}".strip()
            telephone_numbers.note(
                changed, reason=reason, learned_by=LearnedBy.PERSON, actor=action.person
            )
            # Together with the change: no row that was locked says "already" after a crash.
            lease.report(outcomes)
        return {}

    def _outcome(self, number: TelephoneNumber | str) -> Outcome:
        if isinstance(number, str):
            return Outcome(BulkRowState.FAILED, number)
        if self.is_locked and number.state in LEAVING:
            word = number.get_state_display().lower()
            return Outcome(BulkRowState.FAILED, f"Too late: it is {word}.")
        if number.is_locked == self.is_locked:
            return Outcome(BulkRowState.SKIPPED, "It was so already.")
        return Outcome(BulkRowState.DONE)


class LockAct(_Lock):
    """Locks numbers: they leave by no way that begins here."""

    kind = BulkKind.LOCK
    is_locked = True
    word = "Locked against leaving"


class UnlockAct(_Lock):
    """Unlocks numbers."""

    kind = BulkKind.UNLOCK
    is_locked = False
    word = "Unlocked"
