"""A removal: an order to the carrier to host numbers no more, its attempts, and its timeline."""

from django.db import models

from numbering.enums import RemovalNumberStatus, RemovalStatus, RemovalVerb
from numbering.models.attempt import OPEN_ATTEMPTS, Attempt
from numbering.models.leaving import Leaving
from numbering.models.order_at_carrier import NumbersOrder, TimelineEvent
from numbering.models.subscriber import Subscriber
from numbering.models.telephone_number import TelephoneNumber
from numbering.models.withdrawal import Withdrawal
from numbering.phone import display


class RemovalOrder(NumbersOrder):
    """An order to end a subscriber's numbers with us; it cannot be taken back.

    Hosted numbers are removed, owned ones are disconnected: one verb for all numbers of an order.
    """

    verb = models.CharField(
        "what is done", max_length=10, choices=RemovalVerb, default=RemovalVerb.REMOVE
    )
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="removals")
    # The customer's wish that it carries out, if it is one.
    withdrawal = models.ForeignKey(
        Withdrawal, null=True, on_delete=models.PROTECT, related_name="removals"
    )
    # The staff's wish that it carries out, if it is one.
    leaving = models.ForeignKey(
        Leaving, null=True, on_delete=models.PROTECT, related_name="removals"
    )
    reason = models.CharField("why", max_length=500)
    status = models.CharField(
        "status", max_length=10, choices=RemovalStatus, default=RemovalStatus.SUBMITTING
    )

    class Meta:
        verbose_name = "removal"
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=RemovalStatus.values), name="removal_status"
            )
        ]
        indexes = [
            models.Index(
                fields=("next_read_at",),
                condition=models.Q(next_read_at__isnull=False),
                name="removal_next_read",
            )
        ]
        permissions = [("request_removalorder", "Can have hosted numbers removed at the carrier")]

    def __str__(self) -> str:
        word = "Disconnect" if self.verb == RemovalVerb.DISCONNECT else "Removal"
        return f"{word} {self.pk}"


class RemovalNumber(models.Model):
    """One number of a removal, in the life that it shall end."""

    order = models.ForeignKey(RemovalOrder, on_delete=models.PROTECT, related_name="numbers")
    telephone_number = models.ForeignKey(
        TelephoneNumber, on_delete=models.PROTECT, related_name="removal_rows"
    )
    e164 = models.CharField("number", max_length=16)
    status = models.CharField(
        "status",
        max_length=10,
        choices=RemovalNumberStatus,
        default=RemovalNumberStatus.UNDER_WAY,
    )
    code = models.CharField("carrier code", max_length=10, blank=True)
    description = models.CharField("carrier's words", max_length=500, blank=True)
    # True while the removal is open: the rule below keeps a number out of a second one.
    is_holding = models.BooleanField(default=True)

    class Meta:
        verbose_name = "number of a removal"
        verbose_name_plural = "numbers of removals"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("order", "e164"), name="number_once_per_removal"),
            models.UniqueConstraint(
                fields=("e164",),
                condition=models.Q(is_holding=True),
                name="number_in_one_open_removal",
            ),
        ]

    def __str__(self) -> str:
        return display(self.e164)


class RemovalAttempt(Attempt):
    """One intention to send a removal."""

    order = models.ForeignKey(RemovalOrder, on_delete=models.PROTECT, related_name="attempts")

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("order",),
                condition=models.Q(state__in=OPEN_ATTEMPTS),
                name="one_open_attempt_per_removal",
            )
        ]


class RemovalEvent(TimelineEvent):
    """One line of a removal's timeline."""

    order = models.ForeignKey(RemovalOrder, on_delete=models.PROTECT, related_name="events")
    from_status = models.CharField(max_length=10, choices=RemovalStatus, blank=True)
    to_status = models.CharField(max_length=10, choices=RemovalStatus, blank=True)
