"""Who wants no more messages from which of our numbers."""

from django.conf import settings
from django.db import models

from messaging.models.message import Message


class OptOut(models.Model):
    """From its beginning until it ends, nothing is sent from our number to theirs.

    Both are texts: it outlives an import, and a move of our number to another subscriber.
    """

    our_number = models.CharField("our number", max_length=16)
    their_number = models.CharField("their number", max_length=16)
    since = models.DateTimeField()
    by_message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    # Who decided it, where the message did not say so clearly.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="decided by",
    )
    # The one answer that it gets.
    confirmation = models.OneToOneField(
        Message, null=True, on_delete=models.PROTECT, related_name="confirms"
    )
    ended_at = models.DateTimeField("ended", null=True)
    ended_by = models.ForeignKey(
        Message, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="ended by"
    )

    class Meta:
        verbose_name = "opt-out"
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("our_number", "their_number"),
                condition=models.Q(ended_at=None),
                name="opt_out_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"Opt-out {self.pk}"
