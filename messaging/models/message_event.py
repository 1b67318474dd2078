"""The inbox: every message callback that knocked with the right password, exactly as it came."""

from django.db import models
from django.db.models.functions import Now

from messaging.enums import InboxState


class MessageEvent(models.Model):
    """A stored callback. The door writes the first four columns; the rest is filled in later."""

    # Database defaults, so that the door needs one plain INSERT and no model instance.
    received_at = models.DateTimeField("received", db_default=Now())
    content_type = models.CharField(max_length=100, db_default="")
    body = models.BinaryField()
    is_cut = models.BooleanField("body cut", db_default=False)
    state = models.CharField(max_length=12, choices=InboxState, db_default=InboxState.NEW)
    problem = models.CharField(max_length=500, db_default="")
    applied_at = models.DateTimeField("applied", null=True)

    class Meta:
        verbose_name = "message callback"
        ordering = ("-pk",)
        indexes = [
            models.Index(
                fields=("id",),
                condition=models.Q(state=InboxState.NEW),
                name="message_event_waiting",
            ),
            models.Index(fields=("state", "-id"), name="message_event_state_newest"),
        ]

    def __str__(self) -> str:
        return f"Message callback {self.pk}"
