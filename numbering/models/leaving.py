"""The staff's wish to give numbers up, before it becomes removals and disconnects."""

from django.conf import settings
from django.db import models

from numbering.enums import LeavingState
from numbering.models.subscriber import Subscriber
from numbering.models.telephone_number import TelephoneNumber
from numbering.phone import display


class Leaving(models.Model):
    """Numbers that shall leave, who wished so and why, and who agreed."""

    state = models.CharField("state", max_length=8, choices=LeavingState)
    reason = models.CharField("why", max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField("asked")
    # Somebody other than who asked, where the number of numbers calls for it.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("decided", null=True)
    remark = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "leavings"
        ordering = ("-pk",)
        indexes = [
            models.Index(
                fields=("-id",),
                condition=models.Q(state=LeavingState.WAITING),
                name="leaving_waiting",
            )
        ]
        permissions = [
            ("ask_leaving", "Can ask for numbers to be removed or disconnected"),
            ("agree_leaving", "Can agree that many numbers are removed or disconnected"),
        ]

    def __str__(self) -> str:
        return f"Leaving {self.pk}"


class LeavingNumber(models.Model):
    """One number of a wish. What became of it is on its removal's row."""

    leaving = models.ForeignKey(Leaving, on_delete=models.PROTECT, related_name="numbers")
    telephone_number = models.ForeignKey(
        TelephoneNumber, on_delete=models.PROTECT, related_name="leaving_rows"
    )
    # Whose it was when it was asked for.
    subscriber = models.ForeignKey(
        Subscriber, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Numbers of one part are planned into one order; 0 once that is written, or none will be.
    part = models.PositiveIntegerField(default=1, db_default=1)
    # Why it does not leave after all; empty for one that does.
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("leaving", "telephone_number"), name="number_once_per_leaving"
            )
        ]

    def __str__(self) -> str:
        return display(self.telephone_number.e164)
