"""A text message, received or sent, and who has read it here."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from messaging.enums import Asks, Direction, MessageState
from messaging.models.message_event import MessageEvent


class Message(models.Model):
    """One message between one of our numbers and one other number.

    The numbers are texts and lead to no other row: what was said between two numbers stays said
    when ours is imported again or goes to another subscriber.
    """

    direction = models.CharField(max_length=3, choices=Direction)
    our_number = models.CharField("our number", max_length=16)
    their_number = models.CharField("their number", max_length=16)
    text = models.TextField()
    state = models.CharField(max_length=9, choices=MessageState)
    asks = models.CharField("asks", max_length=6, choices=Asks, default=Asks.NONE)
    # Ours for a sent one, the carrier's tag: its news are known by it before its id is.
    reference = models.CharField(max_length=32, blank=True, default="")
    carrier_id = models.CharField("carrier's id", max_length=100, blank=True, default="")
    # What the carrier says the time was; `created_at` is when we had it.
    carrier_time = models.DateTimeField("carrier's time", null=True)
    created_at = models.DateTimeField("written or received", db_default=Now())
    sent_at = models.DateTimeField("sending begun", null=True)
    settled_at = models.DateTimeField("settled", null=True)
    # The lease of the worker that sends it.
    claim_token = models.CharField(max_length=32, blank=True, default="")
    remark = models.CharField(max_length=300, blank=True, default="")
    event = models.ForeignKey(
        MessageEvent, null=True, on_delete=models.PROTECT, related_name="messages"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="written by",
    )

    class Meta:
        ordering = ("-pk",)
        constraints = [
            # The carrier repeats its news for a day; each message is one row.
            models.UniqueConstraint(
                fields=("carrier_id", "direction", "our_number"),
                condition=~models.Q(carrier_id=""),
                name="message_once",
            ),
            models.UniqueConstraint(
                fields=("reference",),
                condition=~models.Q(reference=""),
                name="message_reference_once",
            ),
        ]
        indexes = [
            models.Index(fields=("our_number", "their_number"), name="message_pair"),
            models.Index(fields=("asks", "-id"), name="message_asks_newest"),
        ]
        permissions = [("stop_message", "Can decide that a message asks to stop")]

    def __str__(self) -> str:
        return f"Message {self.pk}"


class MessageReading(models.Model):
    """Who read which message on the staff pages, and when."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="readings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.person} read {self.message}"
