"""What is said of an order while it is not clear whether the carrier has it."""

from typing import ClassVar, TypeVar

from numbering.domain.sending import Errand, R
from numbering.domain.timeline import move, note
from numbering.enums import AnyOrderStatus, LearnedBy
from numbering.models import NumberOrderAttempt, RemovalAttempt, SubmitAttempt

OrderAttempt = TypeVar("OrderAttempt", SubmitAttempt, RemovalAttempt, NumberOrderAttempt)


class OrderErrand(Errand[OrderAttempt, R]):
    """An errand about an order with a timeline."""

    unknown_status: ClassVar[AnyOrderStatus]

    def unknown(self, attempt: OrderAttempt, message: str) -> None:
        """The order waits until it is found or a person decides."""
        move(
            attempt.order,
            self.unknown_status,
            reason=f"{message} The carrier may have the order: the portal looks for it and does "
            "not send it again.",
            learned_by=LearnedBy.PORTAL,
        )

    def trouble(self, attempt: OrderAttempt, message: str) -> None:
        """Show on the order why it could not be looked for."""
        orders = type(attempt.order)._default_manager
        orders.filter(pk=attempt.order_id).update(trouble=message[:1000])

    def looked(self, attempt: OrderAttempt) -> None:
        """Say so in the timeline."""
        self.trouble(attempt, "")
        note(
            attempt.order,
            "Looked for the order at the carrier: not there yet. The portal looks once more.",
            learned_by=LearnedBy.LOOKUP,
        )

    def parked(self, attempt: OrderAttempt, message: str) -> None:
        """Show the question on the order."""
        self.trouble(attempt, message)
        note(attempt.order, message, learned_by=LearnedBy.LOOKUP)
