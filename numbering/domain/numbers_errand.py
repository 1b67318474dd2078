"""Sending an order about numbers of ours or to come: what removals and number orders share."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Generic, TypeVar

from django.conf import settings

from accounts.again import repeated
from accounts.models import User
from carrier.errors import CarrierError, Problem
from carrier.records import OrderRecord
from numbering import clock
from numbering.carrier_link import in_words
from numbering.domain import following, looking, sending
from numbering.domain.cannot_do import CannotDo
from numbering.domain.error_help import help_for
from numbering.domain.following import Follower
from numbering.domain.order_errand import OrderErrand
from numbering.domain.timeline import move
from numbering.enums import AnyOrderStatus, AttemptState, LearnedBy
from numbering.models import Job, NumberOrder, NumberOrderAttempt, RemovalAttempt, RemovalOrder
from numbering.models.attempt import OPEN_ATTEMPTS

Order = TypeVar("Order", RemovalOrder, NumberOrder)
NumbersAttempt = TypeVar("NumbersAttempt", RemovalAttempt, NumberOrderAttempt)
Record = TypeVar("Record", bound=OrderRecord)

_DECIDED = "Nothing waits for this decision any more; look at the order again."


class NumbersErrand(OrderErrand[NumbersAttempt, Record], Generic[NumbersAttempt, Record, Order]):
    """An errand about an order that waits as *submitting* until the carrier has it, or never will.

    The last three methods are what a person decides about it.
    """

    follower: Follower[Order, Record]
    submitting: ClassVar[AnyOrderStatus]
    received: ClassVar[AnyOrderStatus]
    failed: ClassVar[AnyOrderStatus]
    # What did not happen when it was refused, as a sentence.
    nothing_happened: ClassVar[str]

    @abstractmethod
    def operation(self, order: Order) -> str:
        """Return under which name the help for the carrier's codes is written."""

    @abstractmethod
    def fail(self, order: Order, failed: Mapping[str, Problem], *, learned_by: LearnedBy) -> None:
        """The carrier does not have it: write down for each of its numbers why."""

    def difference(self, order: Order, record: Record) -> str:
        """Say what the carrier's order has that ours has not; empty when it may be ours."""
        return looking.other_numbers(order, record)

    def order_id(self, attempt: NumbersAttempt) -> int | None:
        """Return None: exchanges belong to import orders, and this is none."""
        return None

    def open_attempt(self, subject: int) -> NumbersAttempt | None:
        """Return the order's open attempt."""
        return self.attempts().filter(order_id=subject, state__in=OPEN_ATTEMPTS).first()

    def begin(self, attempt: NumbersAttempt) -> bool:
        """It waits as *submitting* for as long as nothing was sent."""
        return attempt.order.status == self.submitting

    def carrier_id(self, record: Record) -> str:
        """Return the carrier's order id."""
        return record.order_id

    def accepted(
        self,
        attempt: NumbersAttempt,
        record: Record,
        *,
        learned_by: LearnedBy,
        actor: User | None,
    ) -> None:
        """It is followed from now on, and early webhooks are applied."""
        order = self._order(attempt)
        move(
            order,
            self.received,
            reason=f"The carrier has it as {record.order_id}.",
            learned_by=learned_by,
            actor=actor,
            carrier_order_id=record.order_id,
            next_read_at=clock.now() + timedelta(seconds=settings.SWEEP_FIRST_SECONDS),
            trouble="",
        )
        following.apply_record(self.follower, order, record, learned_by=learned_by)
        following.begin(self.follower, order)

    def not_sent(self, attempt: NumbersAttempt, message: str) -> None:
        """It says what keeps it here."""
        self.follower.model._default_manager.filter(
            pk=attempt.order_id, status=self.submitting
        ).update(trouble=message[:1000])

    def refused(self, attempt: NumbersAttempt, error: CarrierError) -> str:
        """It is over, and its numbers are free for another order."""
        order = self._order(attempt)
        reasons = "; ".join(f"{p.code} {p.description}".strip() for p in error.problems[:5])
        helps = help_for({(self.operation(order), problem.code) for problem in error.problems})
        message = f"The carrier refused it: {reasons or in_words(error)}"
        fixes = " ".join(dict.fromkeys(help_.fix for help_ in helps.values()))
        about_all = next(
            (problem for problem in error.problems if not problem.telephone_numbers),
            Problem(code="", description="The carrier refused the whole order."),
        )
        named = {e164: problem for problem in error.problems for e164 in problem.telephone_numbers}
        self._end_unsent(
            order,
            f"{message} {self.nothing_happened} {fixes}".rstrip(),
            learned_by=LearnedBy.ANSWER,
            about_all=about_all,
            named=named,
        )
        return message

    def give_up(self, job: Job) -> None:
        """The job was parked: what was never sent has failed."""
        if sending.give_up(self, job):
            self._end_unsent(
                self.follower.model._default_manager.get(pk=job.subject),
                f"The portal stopped trying to send it. {self.nothing_happened}",
                learned_by=LearnedBy.PORTAL,
            )

    def parked_attempt(self, order: Order) -> NumbersAttempt | None:
        """Return the attempt that waits for a person's decision, if there is one."""
        return self.attempts().filter(order_id=order.pk, state=AttemptState.PARKED).first()

    def is_unsent(self, order: Order) -> bool:
        """Whether it waits for a first try to send it."""
        return self.attempts().filter(order_id=order.pk, state=AttemptState.PENDING).exists()

    @repeated
    def withdraw(self, order: Order, *, actor: User) -> None:
        """Take back an order that nothing was sent for yet (the carrier is away).

        Raises CannotDo when it is too late for that.
        """
        attempt = self.open_attempt(order.pk)
        if (
            attempt is None
            or not sending.withdraw(self, attempt)
            or not self._end_unsent(
                order,
                "It was taken back before anything was sent.",
                learned_by=LearnedBy.PERSON,
                actor=actor,
            )
        ):
            raise CannotDo("It is too late to take this back: the order is being sent.")

    @repeated
    def confirm_absent(self, order: Order, *, actor: User) -> None:
        """A person has made sure that the carrier does not have it.

        Raises CannotDo when nothing waits for that word.
        """
        attempt = self.parked_attempt(order)
        if (
            attempt is None
            or not sending.confirm_absent(self, attempt, actor=actor)
            or not self._end_unsent(
                order,
                f"{actor} made sure that the carrier does not have it.",
                learned_by=LearnedBy.PERSON,
                about_all=Problem(code="", description="It never reached the carrier."),
                actor=actor,
            )
        ):
            raise CannotDo(_DECIDED)

    def adopt(self, order: Order, *, carrier_order_id: str, actor: User) -> None:
        """A person names the carrier's order that ours became; it is read before it is believed.

        Raises CannotDo when the id is none, or names an order that cannot be ours, and
        CarrierError when the carrier could not be asked.
        """
        attempt = self.parked_attempt(order)
        if attempt is None:
            raise CannotDo(_DECIDED)
        record = looking.named_by_person(
            order, attempt, carrier_order_id, self.follower.get, difference=self.difference
        )
        if not sending.accept(self, attempt, record, learned_by=LearnedBy.PERSON, actor=actor):
            raise CannotDo(_DECIDED)

    def _order(self, attempt: NumbersAttempt) -> Order:
        return self.follower.model._default_manager.get(pk=attempt.order_id)

    def _end_unsent(
        self,
        order: Order,
        reason: str,
        *,
        learned_by: LearnedBy,
        about_all: Problem | None = None,
        named: Mapping[str, Problem] | None = None,
        actor: User | None = None,
    ) -> bool:
        """It has failed, and so has each of its numbers; False when it was over already.

        A number that is not `named` fails for the reason of all, which is `reason` unless told.
        """
        if not move(
            order,
            self.failed,
            reason=reason,
            learned_by=learned_by,
            actor=actor,
            trouble="",
            # Whoever ended it knows.
            seen_to_by=actor,
        ):
            return False
        of_all = about_all or Problem(code="", description=reason)
        e164s = order.numbers.values_list("e164", flat=True)
        failed = {e164: (named or {}).get(e164, of_all) for e164 in e164s}
        self.fail(order, failed, learned_by=learned_by)
        return True
