"""Calls to the older platform for the rows of a bulk action: many at once, written as they come.

They begin one by one, until one shows that our credentials are good: a wrong password in dozens of
calls at once, again and again, gets a user locked. Then a crew calls; what is said and what becomes
of each row is written by the thread that started it, while it goes on.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from carrier import platform
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, NotSent, Refused, Throttled
from carrier.platform_records import PlatformNumber
from numbering.carrier_link import collecting_exchanges, in_words
from numbering.domain.bulk import Lease, Outcome, Outcomes, Pause
from numbering.domain.crew import Crew
from numbering.enums import BulkRowState
from numbering.models import BulkRow

# So many unclear answers in a row, and the platform is left alone for a minute.
_UNCLEAR_IN_A_ROW = 10
_SHORT_WAIT_SECONDS = 60
# A person has to do something first.
_LONG_WAIT_SECONDS = 600
_TROUBLE_AT_CARRIER = 500
# What may be said before anybody looked at our credentials.
_SAY_NOTHING = frozenset({BulkRowState.FAILED, BulkRowState.UNKNOWN})
# Until an administrator has filled in the settings.
NOT_SET_UP_SECONDS = 60


@dataclass(frozen=True)
class Trouble:
    """Why nothing more is begun now. With the row that met it nothing was done."""

    reason: str
    after: float | None = None
    at: datetime | None = None


Ask = Callable[[BulkRow], Outcome | Trouble]


def for_each(
    rows: Sequence[BulkRow],
    ask: Ask,
    lease: Lease,
    *,
    more: Callable[[], Sequence[BulkRow]] = tuple,
) -> Outcomes:
    """Ask for each row and report its outcome; return nothing more to report.

    While half of the rows wait `more` brings the next ones, so that the calls go on without a
    break. Raises Pause for the first trouble. Rows that met one, or were not begun, are left out.
    """
    troubles: list[Trouble] = []
    watch = _Watch()
    with collecting_exchanges() as exchanges:

        def settle(part: Sequence[tuple[BulkRow, Outcome | Trouble]]) -> None:
            exchanges.store()
            lease.report({row.pk: answer for row, answer in part if isinstance(answer, Outcome)})
            troubles.extend(answer for _, answer in part if isinstance(answer, Trouble))

        waiting = deque(rows)
        while waiting and not watch.is_let_in and not watch.is_over and lease.holds():
            row = waiting.popleft()
            answer = ask(row)
            watch.is_end(answer)
            settle([(row, answer)])
        if not watch.is_over:
            crew = Crew(
                waiting,
                ask,
                at_once=settings.PLATFORM_CONCURRENCY,
                goes_on=lease.holds,
                is_end=watch.is_end,
            )
            with closing(crew.parts()) as parts:
                for part in parts:
                    settle(part)
                    if crew.waiting < len(rows) / 2 and not troubles and lease.holds():
                        crew.add(more())
    if watch.is_unclear:
        troubles.append(
            Trouble(
                "The older platform gave no clear answer several times in a row. The rest waits "
                "a little.",
                after=_SHORT_WAIT_SECONDS,
            )
        )
    if troubles:
        # An instant that the platform named counts more than our own waits.
        first = max(troubles, key=lambda trouble: trouble.at is not None)
        raise Pause(first.reason, outcomes={}, after=first.after, at=first.at)
    return {}


class _Watch:
    """Looks at one answer after the other for a reason to begin nothing more."""

    def __init__(self) -> None:
        self._unclear = 0
        # Whether an answer showed that our credentials are good.
        self.is_let_in = False
        # Whether nothing more is to be begun.
        self.is_over = False

    @property
    def is_unclear(self) -> bool:
        """Whether the last answers were all unclear."""
        return self._unclear >= _UNCLEAR_IN_A_ROW

    def is_end(self, answer: Outcome | Trouble) -> bool:
        """Note an answer; True when nothing more is to be begun after it."""
        if isinstance(answer, Trouble):
            self._unclear = 0
            self.is_over = True
            return True
        self._unclear = self._unclear + 1 if answer.state == BulkRowState.UNKNOWN else 0
        self.is_let_in = self.is_let_in or answer.state not in _SAY_NOTHING
        self.is_over = self.is_over or self.is_unclear
        return self.is_unclear


def trouble_of(error: CarrierError) -> Trouble | None:
    """Return why nothing more is to be begun, or None when the error is about this number only.

    For a write it must have been made sure that nothing was done.
    """
    if isinstance(error, Throttled):
        return Trouble("The older platform asks us to wait.", at=error.retry_at)
    if isinstance(error, CredentialsRefused):
        return Trouble(
            "The older platform refuses our credentials or their rights. An administrator must "
            f"check the PLATFORM_ settings; it is tried again by itself. {in_words(error)}",
            after=_LONG_WAIT_SECONDS,
        )
    if isinstance(error, Refused):
        return None
    status = error.http_status
    if isinstance(error, NotSent) or status is None or status >= _TROUBLE_AT_CARRIER:
        return Trouble(
            f"The older platform cannot be asked. {in_words(error)}", after=_SHORT_WAIT_SECONDS
        )
    return None


def look(
    carrier: Carrier,
    row: BulkRow,
    *,
    present: Callable[[PlatformNumber], Outcome],
    absent: Outcome,
) -> Outcome | Trouble:
    """Say what became of a row that was begun: its number is on the platform, or certainly not."""
    try:
        found = platform.find_number(carrier, telephone_number=row.e164)
    except ValueError as error:
        return Outcome(BulkRowState.FAILED, f"It cannot be there: {error}.")
    except CarrierError as error:
        return trouble_of(error) or Outcome(
            BulkRowState.UNKNOWN, f"It could not be looked for. {in_words(error)}"
        )
    return absent if found is None else present(found)
