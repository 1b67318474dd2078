"""A subscriber takes back the authority to host numbers."""

from django.db import models

from numbering.models.import_order import ImportOrder
from numbering.models.subscriber import Subscriber
from numbering.models.telephone_number import TelephoneNumber
from numbering.phone import display


class Withdrawal(models.Model):
    """Who took back what, and when. What follows from it is on each number's row."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="withdrawals")
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="withdrawals"
    )
    name = models.CharField(max_length=60)
    email = models.EmailField("e-mail")
    reason = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField("asked")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Withdrawal {self.pk} by {self.name or self.email}"


class WithdrawalNumber(models.Model):
    """One number that shall no longer be hosted."""

    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="numbers")
    e164 = models.CharField("number", max_length=16, db_index=True)
    telephone_number = models.ForeignKey(
        TelephoneNumber, null=True, on_delete=models.PROTECT, related_name="withdrawals"
    )

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("withdrawal", "e164"), name="number_once_per_withdrawal"
            )
        ]

    def __str__(self) -> str:
        return display(self.e164)
