"""The one way of sending anything that costs money: at most once, and never forgotten.

The carrier has no idempotency key: sending twice makes two orders. So every intention is a row,
committed before the call under a reference of its own. One worker claims it by a conditional write
and asks for the claim once more just before the call, writing down that it begins. Then four things
can have happened: not sent, accepted, refused, or unknown; and an unknown outcome is settled by
looking, never by sending again. When two looks with a full wait between find nothing, a person
decides.

What is sent, and what follows from each outcome, is an `Errand`'s business.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, Outcome, Refused, Throttled
from numbering import clock
from numbering.carrier_link import (
    CarrierNotConfigured,
    get_carrier,
    hold_off,
    in_words,
    working_on,
)
from numbering.domain import alerts, jobs
from numbering.domain.hold_off import wait_if_held
from numbering.domain.jobs import TryLater
from numbering.enums import AttemptState, LearnedBy
from numbering.models import Job
from numbering.models.attempt import OPEN_ATTEMPTS, Attempt
from numbering.stopping_points import reached

A = TypeVar("A", bound=Attempt)
# What the carrier answers when it took the thing; it has an `order_id`.
R = TypeVar("R")
# A refusal of the credentials is asked about again this late: a handful of tries an hour.
CREDENTIALS_WAIT_SECONDS = 600
_COULD_NOT_LOOK_SECONDS = 60
_CREDENTIALS_REFUSED = (
    "The carrier refuses our credentials; nothing was sent. An administrator must check the "
    "carrier settings; the portal tries again by itself."
)


class Errand(ABC, Generic[A, R]):
    """One kind of thing to send: how it is sent, found again, and what follows.

    Every method that records something runs inside the engine's transaction.
    """

    # The kind of the job that looks for an attempt whose outcome is unknown.
    settle_job: ClassVar[str]
    # By what such a thing can be looked for, as the record of a look says it.
    looks_by: ClassVar[str] = "reference and numbers"

    @abstractmethod
    def attempts(self) -> QuerySet[A]:
        """Return all attempts of this kind, with what sending them needs."""

    @abstractmethod
    def open_attempt(self, subject: int) -> A | None:
        """Return the open attempt of the thing with this primary key."""

    @abstractmethod
    def order_id(self, attempt: A) -> int | None:
        """Return the import order that the exchanges belong to, if there is one."""

    @abstractmethod
    def begin(self, attempt: A) -> bool:
        """The claim holds: bring the thing to *being sent*. False withdraws the attempt."""

    @abstractmethod
    def prepare(self, attempt: A) -> Callable[[Carrier], R]:
        """Build what is sent; return the one call that sends it."""

    @abstractmethod
    def find(self, carrier: Carrier, attempt: A, keep_alive: Callable[[], None]) -> list[R]:
        """Return what the carrier has under the attempt's reference, by every way of looking.

        Raises CarrierError when it could not look; calls `keep_alive` between reads.
        """

    @abstractmethod
    def carrier_id(self, record: R) -> str:
        """Return the carrier's id of what it has."""

    @abstractmethod
    def accepted(self, attempt: A, record: R, *, learned_by: LearnedBy, actor: User | None) -> None:
        """The carrier has it."""

    @abstractmethod
    def not_sent(self, attempt: A, message: str) -> None:
        """Nothing left us: the thing is exactly where it was."""

    @abstractmethod
    def refused(self, attempt: A, error: CarrierError) -> str:
        """The carrier said a clear no; return it in words."""

    @abstractmethod
    def unknown(self, attempt: A, message: str) -> None:
        """It may or may not be there."""

    @abstractmethod
    def trouble(self, attempt: A, message: str) -> None:
        """Show what keeps the look-up from coming to an end, or nothing."""

    @abstractmethod
    def looked(self, attempt: A) -> None:
        """A first look found nothing; there will be another."""

    @abstractmethod
    def parked(self, attempt: A, message: str) -> None:
        """A person must decide."""


# --- Sending ------------------------------------------------------------------------------------


def run_send(errand: Errand[A, R], job: Job) -> None:
    """Handler: send what the job is about, once. Raises TryLater when nothing was sent."""
    attempt = errand.open_attempt(job.subject)
    if attempt is None or attempt.state in (AttemptState.UNKNOWN, AttemptState.PARKED):
        return  # settled already, or another job looks it up
    if attempt.state == AttemptState.SENDING and _abandoned_in_call(errand, attempt):
        return
    try:
        carrier = get_carrier()
    except CarrierNotConfigured as error:
        _not_sent(errand, attempt, str(error))
        raise TryLater(str(error), after=60) from error
    if (wait := hold_off()) is not None:
        _not_sent(errand, attempt, _CREDENTIALS_REFUSED)
        raise TryLater(_CREDENTIALS_REFUSED, after=wait, counts=False)
    if not _claim(errand, attempt, job):
        return
    reached("after_claim")
    send = errand.prepare(attempt)
    if not _about_to_call(errand, attempt, job):
        _release(errand, attempt)
        raise _lease_over()
    try:
        with working_on(errand.order_id(attempt)):
            record = send(carrier)
    except CarrierError as error:
        reached("after_send")
        _settle_error(errand, attempt, error)
    else:
        reached("after_answer")
        accept(errand, attempt, record, learned_by=LearnedBy.ANSWER)
    reached("after_commit")


def _renew_over_call(job: Job) -> bool:
    """Stretch the lease over the longest possible call: nobody shall take it for abandoned."""
    return jobs.renew(job, seconds=float(str(settings.CARRIER["call_timeout"])) * 2 + 30)


def _lease_over() -> TryLater:
    """Nothing was sent: whoever holds the job now sends, and if nobody took it over it goes on.

    An ordinary return would settle a job that only slept too long, and forget its intention.
    """
    return TryLater("The lease ended before anything was sent.", after=0, counts=False)


def _claim(errand: Errand[A, R], attempt: A, job: Job) -> bool:
    with transaction.atomic():
        # In this transaction, so that a worker that slept and lost its job claims nothing.
        if not _renew_over_call(job):
            raise _lease_over()
        pending = errand.attempts().filter(pk=attempt.pk, state=AttemptState.PENDING)
        if not pending.update(state=AttemptState.SENDING, claim_token=job.lease_token):
            return False
        if not errand.begin(attempt):
            # Somebody changed the thing while it waited for the carrier to come back.
            _settle(errand, attempt, AttemptState.WITHDRAWN)
            return False
    attempt.refresh_from_db()
    return True


def _about_to_call(errand: Errand[A, R], attempt: A, job: Job) -> bool:
    """Write down that the call begins; False when the claim was lost meanwhile.

    Only the holder of a live claim may send, so it is asked for once more just before the call, in
    one transaction with the instant: whoever finds a dead worker's claim without an instant knows
    that nothing was sent, and that nothing will be.
    """
    with transaction.atomic():
        return _renew_over_call(job) and bool(
            _held(errand, attempt).update(sent_at=clock.database_now())
        )


def _release(errand: Errand[A, R], attempt: A) -> None:
    """Give a claim back: the lease ended before anything was sent."""
    _held(errand, attempt).update(state=AttemptState.PENDING, claim_token="", sent_at=None)


def _abandoned_in_call(errand: Errand[A, R], attempt: A) -> bool:
    """A worker claimed it and never reported back: return whether it may have been sent.

    Then it is looked for; otherwise it waits to be sent again.
    """
    if attempt.sent_at is None:
        _not_sent(errand, attempt, "The worker stopped before anything was sent.")
        attempt.refresh_from_db()
        return False
    _outcome_unknown(errand, attempt, "The worker stopped while sending.")
    return True


def _held(errand: Errand[A, R], attempt: A) -> QuerySet[A]:
    """Return the attempt as long as it is being sent under the claim that we know of."""
    return errand.attempts().filter(
        pk=attempt.pk, state=AttemptState.SENDING, claim_token=attempt.claim_token
    )


def _settle(errand: Errand[A, R], attempt: A, state: AttemptState) -> None:
    errand.attempts().filter(pk=attempt.pk).update(state=state, settled_at=clock.database_now())


# --- The four outcomes --------------------------------------------------------------------------


def _settle_error(errand: Errand[A, R], attempt: A, error: CarrierError) -> None:
    if error.outcome is Outcome.UNKNOWN:
        _outcome_unknown(errand, attempt, in_words(error))
    elif isinstance(error, Throttled):
        _not_sent(errand, attempt, "The carrier asks us to wait; nothing was sent yet.")
        raise TryLater(error.message, at=error.retry_at, counts=False)
    elif isinstance(error, CredentialsRefused):
        _not_sent(errand, attempt, _CREDENTIALS_REFUSED)
        raise TryLater(error.message, after=CREDENTIALS_WAIT_SECONDS, counts=False)
    elif isinstance(error, Refused):
        _refused(errand, attempt, error)
    else:
        _not_sent(
            errand,
            attempt,
            f"{in_words(error)} Nothing was sent; the portal tries again by itself.",
        )
        raise TryLater(error.message)


@repeated
def _not_sent(errand: Errand[A, R], attempt: A, message: str) -> None:
    """The thing goes back to exactly where it was; the intention stays."""
    kept = (
        errand.attempts()
        .filter(
            pk=attempt.pk,
            state__in=(AttemptState.PENDING, AttemptState.SENDING),
            claim_token=attempt.claim_token,
        )
        .update(state=AttemptState.PENDING, claim_token="", sent_at=None, message=message[:1000])
    )
    # Not kept: taken for lost meanwhile; whoever looks for it has the word now.
    if kept:
        errand.not_sent(attempt, message)


@repeated
def _refused(errand: Errand[A, R], attempt: A, error: CarrierError) -> None:
    if not _held(errand, attempt).update(
        state=AttemptState.REFUSED, settled_at=clock.database_now()
    ):
        return  # taken for lost meanwhile; whoever looks for it has the word now
    message = errand.refused(attempt, error)
    errand.attempts().filter(pk=attempt.pk).update(message=message[:1000])
    reached("before_commit")


@repeated
def _outcome_unknown(errand: Errand[A, R], attempt: A, message: str) -> None:
    if not _held(errand, attempt).update(state=AttemptState.UNKNOWN, message=message[:1000]):
        return
    errand.unknown(attempt, message)
    jobs.enqueue(errand.settle_job, subject_id=attempt.pk, due_in=settings.LOOK_FIRST_SECONDS)
    reached("before_commit")


@repeated
def accept(
    errand: Errand[A, R],
    attempt: A,
    record: R,
    *,
    learned_by: LearnedBy,
    actor: User | None = None,
) -> bool:
    """The carrier has it; return False when that was known already.

    Also true for an attempt that was taken for lost meanwhile: what is known outweighs the doubt.
    """
    adopted = (
        errand.attempts()
        .filter(pk=attempt.pk, state__in=OPEN_ATTEMPTS)
        .update(
            state=AttemptState.ACCEPTED,
            settled_at=clock.database_now(),
            carrier_order_id=errand.carrier_id(record),
        )
    )
    if adopted:
        errand.accepted(attempt, record, learned_by=learned_by, actor=actor)
    reached("before_commit")
    return bool(adopted)


def give_up(errand: Errand[A, R], job: Job) -> bool:
    """The sending job was parked: return whether an intention that was never sent is withdrawn."""
    attempt = errand.open_attempt(job.subject)
    if attempt is None:
        return False
    if attempt.state == AttemptState.SENDING and _abandoned_in_call(errand, attempt):
        return False
    return withdraw(errand, attempt)


def withdraw(errand: Errand[A, R], attempt: A) -> bool:
    """Take back an intention that nothing was sent for; False when it is too late for that."""
    return bool(
        errand.attempts()
        .filter(pk=attempt.pk, state=AttemptState.PENDING)
        .update(state=AttemptState.WITHDRAWN, settled_at=clock.database_now())
    )


# --- Settling the unknown -----------------------------------------------------------------------


def run_settle(errand: Errand[A, R], job: Job) -> None:
    """Handler: look for what was sent and not answered. Twice; then a person decides."""
    attempt = errand.attempts().get(pk=job.subject)
    if attempt.state != AttemptState.UNKNOWN:
        return
    wait_if_held()
    found = _look(errand, attempt, job)
    if not found and (wait := _left_of_wait(attempt)) > 0:
        # A notice had us look sooner. Only a look after the full wait counts as "not there".
        raise TryLater("Not there yet.", after=wait, counts=False)
    ids = sorted(errand.carrier_id(record) for record in found)
    look = {"at": clock.now().isoformat(), "by": errand.looks_by, "found": ids}
    attempt.looks = [*attempt.looks, look]
    errand.attempts().filter(pk=attempt.pk).update(looks=attempt.looks)
    if len(found) == 1:
        accept(errand, attempt, found[0], learned_by=LearnedBy.LOOKUP)
    elif found:
        _park(
            errand,
            attempt,
            f"The carrier has {len(found)} orders under our reference "
            f"{attempt.customer_order_id}. A person must decide which one counts.",
        )
    elif len(attempt.looks) < 2:
        errand.looked(attempt)
        raise TryLater(
            "Not there yet; looking once more.", after=settings.LOOK_AGAIN_SECONDS, counts=False
        )
    else:
        _park(
            errand,
            attempt,
            "Two looks with a wait between did not find the order at the carrier. A person must "
            "decide: it is not there, or it is there under an id.",
        )


def _look(errand: Errand[A, R], attempt: A, job: Job) -> list[R]:
    def keep_alive() -> None:
        if not jobs.renew(job):
            raise TryLater("Another worker has taken over.", counts=False)

    try:
        with working_on(errand.order_id(attempt)):
            return errand.find(get_carrier(), attempt, keep_alive)
    except (CarrierError, CarrierNotConfigured) as error:
        # Not a look: a 404, an error inside a 200 or an empty body only mean "could not look".
        message = f"Could not look for the order at the carrier. {in_words(error)}"
        errand.trouble(attempt, message)
        if isinstance(error, Throttled):
            raise TryLater(message, at=error.retry_at, counts=False) from error
        refused = isinstance(error, CredentialsRefused)
        after = CREDENTIALS_WAIT_SECONDS if refused else _COULD_NOT_LOOK_SECONDS
        raise TryLater(message, after=after, counts=False) from error


def _left_of_wait(attempt: Attempt) -> float:
    """Return the seconds until a look that finds nothing may count."""
    looks: list[dict[str, Any]] = attempt.looks
    if looks:
        since, wait = datetime.fromisoformat(str(looks[-1]["at"])), settings.LOOK_AGAIN_SECONDS
    else:
        since, wait = attempt.sent_at or attempt.created_at, settings.LOOK_FIRST_SECONDS
    return float(wait) - (clock.now() - since).total_seconds()


def _park(errand: Errand[A, R], attempt: A, message: str) -> None:
    with transaction.atomic():
        parked = (
            errand.attempts()
            .filter(pk=attempt.pk, state=AttemptState.UNKNOWN)
            .update(state=AttemptState.PARKED, message=message)
        )
        if parked:
            errand.parked(attempt, message)
            alerts.parked_attempt(attempt.customer_order_id, message)


def confirm_absent(errand: Errand[A, R], attempt: A, *, actor: User) -> bool:
    """A person has made sure that it is not there; False when nothing waits for that word."""
    return bool(
        errand.attempts()
        .filter(pk=attempt.pk, state=AttemptState.PARKED)
        .update(state=AttemptState.WITHDRAWN, settled_at=clock.database_now(), actor=actor)
    )
