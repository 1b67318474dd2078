"""Every mail that the portal sends, as a row: who it went to, what it said, how it went."""

from django.db import models
from django.db.models.functions import Now

from numbering.enums import MailState
from numbering.models.import_order import ImportOrder
from numbering.models.loa import Loa


class Mail(models.Model):
    """One mail to one recipient. The row is the queue as well as the record."""

    recipient = models.CharField(max_length=320)
    sender = models.CharField(max_length=320)
    subject = models.CharField(max_length=998)
    # What staff may read: parts of addresses that could open something are masked.
    text = models.TextField()
    # The text as it is sent, sealed; only where something is masked, and only until it is over.
    sealed = models.TextField(blank=True, default="")
    is_masked = models.BooleanField("has a masked link", default=False)
    # What it is about, for the order's page; and the letter that goes along as a file.
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="mails"
    )
    loa = models.ForeignKey(Loa, null=True, on_delete=models.PROTECT, related_name="mails")
    # The same for every try, so that a mail that arrives twice is known for one.
    message_id = models.CharField(max_length=255)
    state = models.CharField(max_length=8, choices=MailState, default=MailState.WAITING)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField("next try", db_default=Now())
    result = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField("written", db_default=Now())
    settled_at = models.DateTimeField("sent or given up", null=True)

    class Meta:
        ordering = ("-pk",)
        indexes = [
            models.Index(
                fields=("due_at",),
                condition=models.Q(state=MailState.WAITING),
                name="mail_due",
            ),
            models.Index(fields=("state", "-id"), name="mail_state_newest"),
        ]
        permissions = [("retry_mail", "Can have mails tried again")]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"
