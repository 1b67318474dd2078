"""A file of telephone numbers that was uploaded to be taken into the inventory."""

from django.conf import settings
from django.db import models

from numbering.enums import IntakeState, IntakeVerdict


class Intake(models.Model):
    """One file: read as a rehearsal first, then taken over."""

    name = models.CharField("file", max_length=200)
    # Where the upload is kept until it is decided about: it can be read again.
    storage_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        "state", max_length=10, choices=IntakeState, default=IntakeState.READING
    )
    # The header row as it stands in the file, so that the file of refused rows has it again.
    columns = models.JSONField(default=list)
    # Rows of the file without the header, as far as that can be told before they are read.
    rows_expected = models.PositiveIntegerField(default=0)
    # Every row counts in one of these two; each one read has its row with a verdict.
    rows_read = models.PositiveIntegerField("rows", default=0)
    rows_empty = models.PositiveIntegerField(default=0)
    # How many rows of each verdict there are; kept when the rows are forgotten.
    counts = models.JSONField(default=dict)
    # The last line that was read, or taken over: where the next turn goes on.
    at_line = models.PositiveIntegerField(default=0)
    # When the reading, or the taking over, began.
    begun_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=1000, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField("uploaded")
    # What a person agrees to when it is taken over is the rehearsal of this instant.
    read_at = models.DateTimeField("read", null=True)
    committed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    committed_at = models.DateTimeField("taken over", null=True)

    class Meta:
        verbose_name = "number file"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name


class IntakeRow(models.Model):
    """One row of the file: what it says, what it would do, and why not."""

    intake = models.ForeignKey(
        Intake,
        on_delete=models.CASCADE,
        related_name="rows",
        # The rule below begins with it, and a job that holds the intake is the only
        # one to write rows: looking it up for each of a hundred thousand would cost a tenth.
        db_index=False,
        db_constraint=False,
    )
    # Counted as the spreadsheet counts, the header being row 1.
    line = models.PositiveIntegerField()
    # The cells as they stand in the file.
    cells = models.JSONField(default=list)
    # What was read of them; empty where it could not be, or where the file leaves it open.
    e164 = models.CharField(max_length=16, blank=True, db_default="")
    subscriber_name = models.CharField(max_length=200, blank=True, db_default="")
    subscriber_id = models.BigIntegerField(null=True)
    origin = models.CharField(max_length=6, blank=True, db_default="")
    site_id = models.CharField(max_length=20, blank=True, db_default="")
    sip_peer_id = models.CharField(max_length=20, blank=True, db_default="")
    is_locked = models.BooleanField(null=True)
    verdict = models.CharField(max_length=7, choices=IntakeVerdict)
    # Why it is refused, or what changes.
    reason = models.CharField(max_length=800, blank=True, db_default="")

    class Meta:
        ordering = ("line",)
        constraints = [
            models.UniqueConstraint(fields=("intake", "line"), name="line_once_per_intake"),
            models.CheckConstraint(
                condition=models.Q(verdict__in=IntakeVerdict.values),
                name="intake_row_verdict_known",
            ),
        ]
        # The refused are few, and asked for by themselves; the others are found on the way by line.
        indexes = [
            models.Index(
                fields=("intake", "line"),
                condition=models.Q(verdict=IntakeVerdict.REFUSED),
                name="intake_row_refused",
            )
        ]

    def __str__(self) -> str:
        return f"Line {self.line}"
