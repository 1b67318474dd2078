"""One intention to send something to the carrier: written down before the call, kept for ever."""

from django.conf import settings
from django.db import models

from numbering.enums import AttemptState

OPEN_ATTEMPTS = (
    AttemptState.PENDING,
    AttemptState.SENDING,
    AttemptState.UNKNOWN,
    AttemptState.PARKED,
)


class Attempt(models.Model):
    """What every kind of sending has in common; `domain.sending` is the one that moves it."""

    # Our own reference (the carrier's CustomerOrderId): unique for each intention.
    customer_order_id = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=10, choices=AttemptState, default=AttemptState.PENDING)
    # The lease of the worker that claimed the attempt; re-checked just before the call.
    claim_token = models.CharField(max_length=32, blank=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    carrier_order_id = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    # Evidence of the look-ups: a list of {at, by, found}.
    looks = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.customer_order_id}: {self.get_state_display()}"
