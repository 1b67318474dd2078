"""Import numbers to the older platform, which takes one number with each call.

A number whose answer was lost is looked for, and waits for a person while it is not there. What a
worker that was killed left under way was mostly not sent: of that a number is imported again when
two looks with a full wait between say that it is not there, for it may be listed late. Should it be
there all the same, the platform refuses it (409), and that is no failure but unknown. The password
that travels in the calls comes from the settings and is in no row.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min, QuerySet

from accounts.models import User
from carrier import platform
from carrier.client import Carrier
from carrier.errors import CarrierError, OutcomeUnknown, Refused
from carrier.platform_records import DashboardAccount, PlatformNumber
from numbering import clock
from numbering.carrier_link import in_words
from numbering.domain import bulk
from numbering.domain.bulk import BulkAct, Lease, Outcome, Outcomes, Pause
from numbering.domain.platform_calls import (
    NOT_SET_UP_SECONDS,
    Trouble,
    for_each,
    look,
    trouble_of,
)
from numbering.enums import LIVE, BulkKind, BulkRowState
from numbering.models import BulkAction, BulkRow, TelephoneNumber
from numbering.platform_link import PlatformNotConfigured, dashboard_account, get_platform
from numbering.stopping_points import reached

# Still under way.
_NOT_SO_FAR = Outcome(
    BulkRowState.RUNNING, "It is not there so far; it is looked for once more, later."
)

_LISTED_LATE = (
    "What was under way when the worker stopped, and is not on the older platform so far, is "
    "looked for once more, for it may be listed late."
)


def start(
    numbers: QuerySet[TelephoneNumber] | Collection[str],
    *,
    actor: User,
    application_id: str = "",
    name: str = "",
) -> BulkAction:
    """Have these numbers imported, under a name there (else that of their subscriber here).

    Without an application they get the one of the settings. Raises CannotDo when there are none,
    too many, or some are being imported already, and PlatformNotConfigured.
    """
    get_platform()
    dashboard_account()
    if isinstance(numbers, QuerySet):
        # What has left is not ours to import, whoever has the number now.
        numbers = numbers.filter(state__in=LIVE)
    return bulk.start(
        BulkKind.PLATFORM_IMPORT,
        numbers,
        actor=actor,
        choices={
            "application_id": application_id or settings.PLATFORM["application_id"],
            "name": name,
        },
    )


class PlatformImportAct(BulkAct):
    """The import: many calls at once, and a result for each number."""

    kind = BulkKind.PLATFORM_IMPORT
    # Between turns the calls come to an end and begin anew: so a turn is long. Within it rows are
    # marked some seconds before they are begun: each is looked for if the worker dies meanwhile.
    turn_seconds = 10.0
    batch = 500

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Import the numbers; a lost answer is looked for at once."""
        carrier, account = _link()
        names = _names(action, rows)
        application_id = str(action.choices.get("application_id", ""))

        def ask(row: BulkRow) -> Outcome | Trouble:
            return _import(carrier, account, row, names.get(row.e164, ""), application_id)

        def more() -> Sequence[BulkRow]:
            fresh = lease.begin_more(self.batch)
            names.update(_names(action, fresh))
            return fresh

        return for_each(rows, ask, lease, more=more)

    def recover(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Look for each: it is there, or is missing at two looks and waits to be imported."""
        carrier, _ = _link()
        missing: list[int] = []

        def ask(row: BulkRow) -> Outcome | Trouble:
            is_first = row.looked_at is None
            absent = _NOT_SO_FAR if is_first else Outcome(BulkRowState.WAITING)
            found = look(carrier, row, present=_present, absent=absent)
            if found is _NOT_SO_FAR:
                missing.append(row.pk)
            return found

        try:
            return for_each(rows, ask, lease)
        finally:
            with transaction.atomic():
                lease.renew()
                action.rows.filter(pk__in=missing).update(looked_at=clock.now())

    def to_recover(self, under_way: QuerySet[BulkRow]) -> QuerySet[BulkRow]:
        """Return what was not looked for yet, or a full wait ago. The rest goes on meanwhile."""
        return under_way.exclude(looked_at__gt=clock.now() - _wait())

    def until(self, under_way: QuerySet[BulkRow]) -> Pause | None:
        """Wait for the second look at what was not there at the first."""
        first = under_way.aggregate(at=Min("looked_at"))["at"]
        return first and Pause(_LISTED_LATE, outcomes={}, at=first + _wait())


def _wait() -> timedelta:
    return timedelta(seconds=settings.LOOK_AGAIN_SECONDS)


def _link() -> tuple[Carrier, DashboardAccount]:
    try:
        return get_platform(), dashboard_account()
    except PlatformNotConfigured as error:
        raise Pause(str(error), outcomes={}, after=NOT_SET_UP_SECONDS) from error


def _names(action: BulkAction, rows: Sequence[BulkRow]) -> dict[str, str]:
    """The name that each number gets there, where it gets one."""
    e164s = [row.e164 for row in rows]
    if name := action.choices.get("name"):
        return dict.fromkeys(e164s, str(name))
    here = TelephoneNumber.objects.filter(e164__in=e164s, state__in=LIVE)
    return dict(here.values_list("e164", "subscriber__name"))


def _import(
    carrier: Carrier, account: DashboardAccount, row: BulkRow, name: str, application_id: str
) -> Outcome | Trouble:
    try:
        platform_id = platform.import_number(
            carrier,
            telephone_number=row.e164,
            name=name,
            application_id=application_id,
            account=account,
        )
    except ValueError as error:
        return Outcome(BulkRowState.FAILED, f"It cannot be imported: {error}.")
    except OutcomeUnknown as error:
        reached("after_send")
        return _look_for_lost(carrier, row, error)
    except CarrierError as error:
        if isinstance(error, Refused) and error.is_conflict:
            return _look_for_present(carrier, row, error)
        return trouble_of(error) or Outcome(BulkRowState.FAILED, in_words(error))
    reached("after_answer")
    return Outcome(BulkRowState.DONE, result=platform_id)


def _look_for_lost(carrier: Carrier, row: BulkRow, error: OutcomeUnknown) -> Outcome:
    """The number may be there, or come to be there yet: it is not imported again from here."""
    said = f"It got no clear answer. {in_words(error)}"
    found = look(
        carrier,
        row,
        present=_present,
        absent=Outcome(
            BulkRowState.UNKNOWN, f"{said} It is not there so far; trying again looks first."
        ),
    )
    if isinstance(found, Trouble):
        return Outcome(BulkRowState.UNKNOWN, f"{said} It could not be looked for.")
    return found


def _look_for_present(carrier: Carrier, row: BulkRow, error: Refused) -> Outcome:
    """The platform says that it has the number: then it has an id there."""
    found = look(
        carrier,
        row,
        present=_present,
        # Somebody else's, or ours and listed late.
        absent=Outcome(
            BulkRowState.UNKNOWN,
            f"{in_words(error)} It is not to be seen so far; trying again looks first.",
        ),
    )
    if isinstance(found, Trouble):
        return Outcome(BulkRowState.UNKNOWN, f"{in_words(error)} It could not be looked for.")
    return found


def _present(found: PlatformNumber) -> Outcome:
    return Outcome(BulkRowState.DONE, "It was looked for, and is there.", found.platform_id)
