"""Hold numbers at the carrier, so that nobody else takes them before they are ordered.

A reservation cannot be asked for twice and the carrier lists none: one whose answer was lost is
unknown for good, and ends by itself.
"""

from collections.abc import Mapping, Sequence

from accounts.models import User
from carrier import reservations as carrier_reservations
from carrier.errors import CarrierError, CredentialsRefused, Outcome, Refused, Throttled
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier, in_words
from numbering.domain import bulk, reservations
from numbering.domain.bulk import BulkAct, Lease, Outcomes, Pause
from numbering.domain.bulk import Outcome as RowOutcome
from numbering.domain.cannot_do import CannotDo
from numbering.domain.number_orders import taken_numbers
from numbering.domain.sending import CREDENTIALS_WAIT_SECONDS
from numbering.enums import BulkKind, BulkRowState
from numbering.models import BulkAction, BulkRow

HOLD_AT_MOST = 50
_UNREACHABLE_WAIT_SECONDS = 30
_UNKNOWN = RowOutcome(
    BulkRowState.UNKNOWN,
    "The carrier gave no clear answer. It may hold the number for us under an id that we do not "
    "know; then it lets go of it by itself after some hours.",
)
_HELD_ALREADY = RowOutcome(BulkRowState.SKIPPED, "It is held for us already.")


def hold(places: Mapping[str, str], *, actor: User) -> BulkAction:
    """Have numbers held, one after the other; `places` says of each where it is.

    Raises CannotDo when there are none or too many.
    """
    if len(places) > HOLD_AT_MOST:
        raise CannotDo(f"Hold at most {HOLD_AT_MOST} numbers at once, or order them right away.")
    choices = {"places": {e164: place[:200] for e164, place in places.items()}}
    return bulk.start(BulkKind.HOLD, places.keys(), actor=actor, choices=choices)


class HoldAct(BulkAct):
    """Holds one number after the other."""

    kind = BulkKind.HOLD
    # One by one, so that of those that a killed worker had begun only one is unknown.
    batch = 1

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Ask the carrier once for each."""
        return {row.pk: _hold(action, row) for row in rows}

    def recover(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Whether it is held is known only if we wrote down its id before the worker stopped."""
        written = reservations.in_force().filter(held_at__gte=action.asked_at)
        ids = dict(written.values_list("e164", "carrier_reservation_id"))
        return {row.pk: _held(ids[row.e164]) if row.e164 in ids else _UNKNOWN for row in rows}


def _held(reservation_id: str) -> RowOutcome:
    return RowOutcome(BulkRowState.DONE, "Held.", reservation_id)


def _hold(action: BulkAction, row: BulkRow) -> RowOutcome:
    if reservations.in_force().filter(e164=row.e164).exists():
        return _HELD_ALREADY
    if why := taken_numbers([row.e164]).get(row.e164):
        return RowOutcome(BulkRowState.SKIPPED, f"It {why}.")
    try:
        reservation_id = carrier_reservations.hold(get_carrier(), telephone_number=row.e164)
    except (CarrierError, CarrierNotConfigured) as error:
        return _not_held(row, error)
    reservations.write_down(
        row.e164,
        reservation_id,
        place=action.choices.get("places", {}).get(row.e164, ""),
        person_id=action.person_id,
    )
    return _held(reservation_id)


def _not_held(row: BulkRow, error: CarrierError | CarrierNotConfigured) -> RowOutcome:
    """Say what an error means for the number. Raises Pause when it shall be asked for later."""
    message = in_words(error)
    if isinstance(error, Throttled):
        raise Pause("The carrier asks us to wait.", outcomes={}, at=error.retry_at)
    if isinstance(error, CredentialsRefused):
        raise Pause(message, outcomes={}, after=CREDENTIALS_WAIT_SECONDS)
    if isinstance(error, CarrierError) and error.outcome is Outcome.UNKNOWN:
        return _UNKNOWN
    if not isinstance(error, Refused):
        raise Pause(message, outcomes={}, after=_UNREACHABLE_WAIT_SECONDS)
    reasons = "; ".join(f"{p.code} {p.description}".strip() for p in error.problems) or message
    if any(problem.code in reservations.REFUSALS for problem in error.problems):
        return _taken(row, reasons)
    return RowOutcome(BulkRowState.FAILED, f"The carrier refused to hold it: {reasons}.")


def _taken(row: BulkRow, reasons: str) -> RowOutcome:
    """Say who has a number that is not free: we ourselves, by another wish, or somebody else."""
    if reservations.in_force().filter(e164=row.e164).exists():
        return _HELD_ALREADY
    wishes = BulkRow.objects.filter(
        action__kind=BulkKind.HOLD,
        action__asked_at__gt=clock.now() - reservations.HELD_FOR,
        e164=row.e164,
    ).exclude(pk=row.pk)
    if wishes.filter(state=BulkRowState.RUNNING).exists():
        return RowOutcome(
            BulkRowState.SKIPPED, "Somebody here is having it held at this moment. Look again."
        )
    if wishes.filter(state=BulkRowState.UNKNOWN).exists():
        return RowOutcome(
            BulkRowState.FAILED,
            f"It is not free ({reasons}). Probably it is ours: an earlier wish to hold it got no "
            "clear answer. That hold ends by itself after some hours.",
        )
    return RowOutcome(BulkRowState.FAILED, f"Somebody else has it ({reasons}).")
