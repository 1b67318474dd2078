"""What can go wrong between us and the carrier, sorted by what to do next.

The class answers "may this be sent again?", which is the only question that matters for a call
that costs money and has no idempotency key.
"""

# The names are read in sentences ("not sent", "outcome unknown"), an Error at the end adds nothing.

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus


class Outcome(StrEnum):
    """How a call ended, as far as we can know."""

    NOT_SENT = "not_sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Problem:
    """One reason given by the carrier.

    `code` is unique only within one resource and is "" where the carrier sends none.
    `telephone_numbers` holds the numbers it is about, as E.164 where they can be read as such and
    otherwise as the carrier wrote them; empty when the reason is about the whole request.
    """

    code: str
    description: str
    telephone_numbers: tuple[str, ...] = ()


class UnreadableBody(Exception):
    """A body that we refuse to read or cannot read; the text says why in plain words."""


class CarrierError(Exception):
    """A call that did not give what was asked for.

    `message` is safe to show to staff: plain words, no secrets, nothing of the exchanged bodies.
    `transient` means that the same *read* may well succeed a moment later; it never means that a
    write may be sent again. `retry_at` (UTC) is set when the carrier named a time to wait for.
    """

    outcome = Outcome.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        http_status: int | None = None,
        problems: tuple[Problem, ...] = (),
        retry_at: datetime | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.http_status = http_status
        self.problems = problems
        self.retry_at = retry_at
        self.transient = transient

    def __str__(self) -> str:
        return f"{self.operation}: {self.message}"


class NotSent(CarrierError):
    """Nothing left us: no connection, no name, no token. A write may safely be sent later."""

    outcome = Outcome.NOT_SENT


class Throttled(NotSent):
    """The carrier said 429, or says so still: nothing was done, wait until `retry_at`."""


class Refused(CarrierError):
    """The carrier clearly said no and did nothing; `problems` holds its reasons."""

    outcome = Outcome.REFUSED

    @property
    def is_conflict(self) -> bool:
        """Whether the reason is that it is there already: look before calling it a failure."""
        return self.http_status == HTTPStatus.CONFLICT or any(
            problem.code.startswith("duplicate-") for problem in self.problems
        )


class CredentialsRefused(Refused):
    """401 or 403: stop sending until a person has looked at the credentials or roles."""


class NotFound(Refused):
    """404. For a list this means that we could not look, not that the list is empty."""


class OutcomeUnknown(CarrierError):
    """The carrier may or may not have done it: look before doing anything else.

    For a read it only means that nothing could be read.
    """

    outcome = Outcome.UNKNOWN
