"""Move numbers from one subscriber to another: done by a worker, for one number or many."""

from collections.abc import Sequence

from django.db import transaction

from numbering.domain import telephone_numbers
from numbering.domain.bulk import BulkAct, Lease, Outcome, Outcomes
from numbering.domain.chosen_lives import lives_of
from numbering.enums import LEAVING, BulkKind, BulkRowState, LearnedBy, NumberState
from numbering.models import (
    BulkAction,
    BulkRow,
    ImportOrderNumber,
    Subscriber,
    TelephoneNumber,
)


class AssignAct(BulkAct):
    """Moves numbers to the subscriber that the action names; nothing changes at the carrier."""

    kind = BulkKind.ASSIGN
    batch = 1000

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Move them, and report it in the same transaction: no row that moved says otherwise."""
        to = Subscriber.objects.get(pk=action.choices["subscriber"])
        with transaction.atomic():
            e164s = [row.e164 for row in rows]
            locked = TelephoneNumber.objects.select_for_update(of=("self",))
            lives = lives_of(rows, locked.select_related("subscriber"))
            held = dict(
                ImportOrderNumber.objects.filter(e164__in=e164s, is_holding=True).values_list(
                    "e164", "order"
                )
            )
            outcomes: dict[int, Outcome] = {}
            moved: list[TelephoneNumber] = []
            for row in rows:
                life = lives[row.pk]
                if isinstance(life, str):
                    outcomes[row.pk] = Outcome(BulkRowState.FAILED, life)
                    continue
                outcomes[row.pk] = _outcome(life, held.get(row.e164), to)
                if outcomes[row.pk].state == BulkRowState.DONE:
                    moved.append(life)
            # By whom they were held, so that each number's history names both.
            for holder in {number.subscriber for number in moved}:
                telephone_numbers.note(
                    [number for number in moved if number.subscriber == holder],
                    reason=f"Moved from {holder} to {to}.",
                    learned_by=LearnedBy.PERSON,
                    actor=action.person,
                )
            TelephoneNumber.objects.filter(pk__in=[number.pk for number in moved]).update(
                subscriber=to
            )
            lease.report(outcomes)
        return {}


def _outcome(number: TelephoneNumber, order_id: int | None, to: Subscriber) -> Outcome:
    if number.subscriber_id == to.pk:
        return Outcome(BulkRowState.SKIPPED, f"It is with {to} already.")
    if order_id is not None:
        return Outcome(
            BulkRowState.FAILED, f"Import order {order_id} is open and holds it; move it later."
        )
    if number.state in LEAVING or number.state == NumberState.IMPORTING:
        word = number.get_state_display().lower()
        return Outcome(BulkRowState.FAILED, f"It is {word}; move it when that is over.")
    return Outcome(BulkRowState.DONE, f"Moved from {number.subscriber}.")
