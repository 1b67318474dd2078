"""Sending a removal: what `sending` sends, finds again, and what follows from it."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier import removals as carrier_removals
from carrier.client import Carrier
from carrier.errors import CarrierError, Problem
from carrier.records import NewRemoval, OrderRecord
from numbering import clock
from numbering.carrier_link import in_words
from numbering.domain import following, looking, sending
from numbering.domain.cannot_do import CannotDo
from numbering.domain.order_errand import OrderErrand
from numbering.domain.removal_results import FOLLOWER, settle
from numbering.domain.timeline import move
from numbering.enums import AttemptState, LearnedBy, RemovalStatus
from numbering.models import Job, RemovalAttempt, RemovalOrder
from numbering.models.attempt import OPEN_ATTEMPTS

_DECIDED = "Nothing waits for this decision any more; look at the removal again."


class RemovalErrand(OrderErrand[RemovalAttempt, OrderRecord]):
    """A removal on its way to the carrier."""

    settle_job = "settle_removal"
    unknown_status = RemovalStatus.UNKNOWN

    def attempts(self) -> QuerySet[RemovalAttempt]:
        """Return the attempts with their removals."""
        return RemovalAttempt.objects.select_related("order")

    def open_attempt(self, subject: int) -> RemovalAttempt | None:
        """Return the removal's open attempt."""
        return self.attempts().filter(order_id=subject, state__in=OPEN_ATTEMPTS).first()

    def order_id(self, attempt: RemovalAttempt) -> int | None:
        """Return None: exchanges belong to import orders, and this is none."""
        return None

    def begin(self, attempt: RemovalAttempt) -> bool:
        """A removal waits as *submitting* for as long as nothing was sent."""
        return attempt.order.status == RemovalStatus.SUBMITTING

    def prepare(self, attempt: RemovalAttempt) -> Callable[[Carrier], OrderRecord]:
        """Build the document."""
        removal = NewRemoval(
            customer_order_id=attempt.customer_order_id,
            telephone_numbers=tuple(attempt.order.numbers.values_list("e164", flat=True)),
        )
        return lambda carrier: carrier_removals.create(carrier, removal=removal)

    def find(
        self, carrier: Carrier, attempt: RemovalAttempt, keep_alive: Callable[[], None]
    ) -> list[OrderRecord]:
        """Look by reference; if that finds nothing, by each of the numbers."""
        e164s = list(attempt.order.numbers.values_list("e164", flat=True))
        known = RemovalOrder.objects.filter(numbers__e164__in=e164s)
        return looking.find_ours(
            attempt,
            e164s,
            by_reference=lambda text: carrier_removals.find(carrier, customer_order_id=text),
            by_number=lambda e164: carrier_removals.find(carrier, telephone_number=e164),
            get=lambda order_id: carrier_removals.get(carrier, order_id=order_id),
            known=[known_id or "" for known_id in known.values_list("carrier_order_id", flat=True)],
            keep_alive=keep_alive,
        )

    def carrier_id(self, record: OrderRecord) -> str:
        """Return the carrier's order id."""
        return record.order_id

    def accepted(
        self,
        attempt: RemovalAttempt,
        record: OrderRecord,
        *,
        learned_by: LearnedBy,
        actor: User | None,
    ) -> None:
        """It is followed from now on, and early webhooks are applied."""
        order = attempt.order
        move(
            order,
            RemovalStatus.RECEIVED,
            reason=f"The carrier has it as {record.order_id}.",
            learned_by=learned_by,
            actor=actor,
            carrier_order_id=record.order_id,
            next_read_at=clock.now() + timedelta(seconds=settings.SWEEP_FIRST_SECONDS),
            trouble="",
        )
        following.apply_record(FOLLOWER, order, record, learned_by=learned_by)
        following.begin(FOLLOWER, order)

    def not_sent(self, attempt: RemovalAttempt, message: str) -> None:
        """It says what keeps it here."""
        RemovalOrder.objects.filter(pk=attempt.order_id, status=RemovalStatus.SUBMITTING).update(
            trouble=message[:1000]
        )

    def refused(self, attempt: RemovalAttempt, error: CarrierError) -> str:
        """It is over; its numbers are as they were, but for those that were never imported."""
        reasons = "; ".join(f"{p.code} {p.description}".strip() for p in error.problems[:5])
        message = f"The carrier refused it: {reasons or in_words(error)}"
        about_all = next(
            (problem for problem in error.problems if not problem.telephone_numbers),
            Problem(code="", description="The carrier refused the whole order."),
        )
        named = {e164: problem for problem in error.problems for e164 in problem.telephone_numbers}
        _end_unsent(
            attempt.order,
            f"{message} Nothing was created at the carrier.",
            learned_by=LearnedBy.ANSWER,
            about_all=about_all,
            named=named,
        )
        return message


_ERRAND = RemovalErrand()


def _end_unsent(
    order: RemovalOrder,
    reason: str,
    *,
    learned_by: LearnedBy,
    about_all: Problem,
    named: dict[str, Problem] | None = None,
    actor: User | None = None,
) -> bool:
    """The carrier does not have it: it has failed, and no number of it is being removed."""
    if not move(
        order,
        RemovalStatus.FAILED,
        reason=reason,
        learned_by=learned_by,
        actor=actor,
        trouble="",
    ):
        return False
    failed = dict.fromkeys(order.numbers.values_list("e164", flat=True), about_all)
    settle(
        order,
        {e164: (named or {}).get(e164, problem) for e164, problem in failed.items()},
        learned_by=learned_by,
    )
    return True


# --- What people and workers call ---------------------------------------------------------------


def run_submit(job: Job) -> None:
    """Handler: send the removal of this job, once."""
    sending.run_send(_ERRAND, job)


def give_up_submit(job: Job) -> None:
    """The job was parked: what was never sent has failed."""
    if not sending.give_up(_ERRAND, job):
        return
    reason = "The portal stopped trying to send it; nothing was sent."
    _end_unsent(
        RemovalOrder.objects.get(pk=job.subject),
        reason,
        learned_by=LearnedBy.PORTAL,
        about_all=Problem(code="", description=reason),
    )


def run_settle(job: Job) -> None:
    """Handler: look for a removal whose sending got no clear answer."""
    sending.run_settle(_ERRAND, job)


def parked_attempt(order: RemovalOrder) -> RemovalAttempt | None:
    """Return the attempt that waits for a person's decision, if there is one."""
    return order.attempts.filter(state=AttemptState.PARKED).first()


@repeated
def confirm_absent(order: RemovalOrder, *, actor: User) -> None:
    """A person has made sure that the carrier does not have it: its numbers are hosted still."""
    attempt = parked_attempt(order)
    if (
        attempt is None
        or not sending.confirm_absent(_ERRAND, attempt, actor=actor)
        or not _end_unsent(
            order,
            f"{actor} made sure that the carrier does not have it.",
            learned_by=LearnedBy.PERSON,
            about_all=Problem(code="", description="It never reached the carrier."),
            actor=actor,
        )
    ):
        raise CannotDo(_DECIDED)


def adopt(order: RemovalOrder, *, carrier_order_id: str, actor: User) -> None:
    """A person names the carrier's order that ours became; it is read before it is believed.

    Raises CannotDo when the id is none, or names an order that cannot be ours, and CarrierError
    when the carrier could not be asked.
    """
    attempt = parked_attempt(order)
    if attempt is None:
        raise CannotDo(_DECIDED)
    record = looking.named_by_person(order, attempt, carrier_order_id, FOLLOWER.get)
    if not sending.accept(_ERRAND, attempt, record, learned_by=LearnedBy.PERSON, actor=actor):
        raise CannotDo(_DECIDED)
