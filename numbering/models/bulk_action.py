"""One thing done to many numbers by a worker, with a result for each."""

from django.conf import settings
from django.db import models

from numbering.enums import BulkKind, BulkRowState, BulkState
from numbering.models.subscriber import Subscriber
from numbering.models.telephone_number import TelephoneNumber
from numbering.phone import display


class BulkAction(models.Model):
    """What is done, for whom, and how far it is. The rows are the truth."""

    kind = models.CharField("what is done", max_length=20, choices=BulkKind)
    # What the kind needs besides the rows, e.g. the subscriber to move numbers to. No secrets.
    choices = models.JSONField(default=dict)
    state = models.CharField("state", max_length=9, choices=BulkState, default=BulkState.WAITING)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    all_rows = models.PositiveIntegerField("numbers", default=0)
    # How many had their result when it was begun, for a retry; the estimate leaves them out.
    settled_before = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField("asked")
    started_at = models.DateTimeField("begun", null=True)
    finished_at = models.DateTimeField("finished", null=True)
    # What keeps it from going on at the moment, in words; empty when nothing does.
    trouble = models.CharField(max_length=1000, blank=True)
    is_cancelling = models.BooleanField(default=False)

    class Meta:
        ordering = ("-pk",)
        permissions = [("run_bulkaction", "Can do something to many numbers at once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"


class BulkRow(models.Model):
    """One number of a bulk action and what became of it."""

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="rows")
    e164 = models.CharField("number", max_length=16)
    # The life that was chosen, and whose it was then; none where digits were given.
    telephone_number = models.ForeignKey(
        TelephoneNumber, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    subscriber = models.ForeignKey(
        Subscriber, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(
        "result",
        max_length=9,
        choices=BulkRowState,
        default=BulkRowState.WAITING,
        db_default=BulkRowState.WAITING,
    )
    message = models.CharField("in words", max_length=500, blank=True, default="", db_default="")
    # What came of it elsewhere, e.g. the id that the carrier gave.
    result = models.CharField(max_length=100, blank=True, default="", db_default="")
    # When it was under way, was looked for at the carrier, and was not there.
    looked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("action", "e164"), name="number_once_per_bulk_action")
        ]
        indexes = [models.Index(fields=("action", "state", "id"), name="bulk_row_state")]

    def __str__(self) -> str:
        return display(self.e164)
