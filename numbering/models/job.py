"""Background work as leased rows: the row is the truth, whatever carries it."""

from django.db import models
from django.db.models.functions import Now

from numbering.enums import JobState


class Job(models.Model):
    """One piece of work. Written in the caller's transaction; claimed under a lease."""

    kind = models.CharField(max_length=40)
    # What to work on, e.g. an order's primary key; the handler loads the rest itself.
    subject_id = models.BigIntegerField(null=True)
    learned_by = models.CharField(max_length=10, blank=True)
    # Unique while the job is open, so that asking twice is one job; NULL once it is over.
    key = models.CharField(max_length=80, null=True, unique=True)
    # Changes whenever the same key is asked for again, so that a run under way notices.
    ticket = models.CharField(max_length=32, default="")
    state = models.CharField(max_length=8, choices=JobState, default=JobState.WAITING)
    due_at = models.DateTimeField("due", db_default=Now())
    attempts = models.PositiveIntegerField("tries", default=0)
    lease_token = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=1000, blank=True, default="")
    done_rows = models.PositiveIntegerField(default=0)
    all_rows = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField("asked", db_default=Now())
    finished_at = models.DateTimeField("finished", null=True)

    class Meta:
        verbose_name = "background job"
        ordering = ("-pk",)
        indexes = [
            models.Index(
                fields=("due_at",),
                condition=models.Q(state__in=[JobState.WAITING, JobState.RUNNING]),
                name="job_due",
            ),
            models.Index(fields=("state", "-id"), name="job_state_newest"),
        ]
        permissions = [("retry_job", "Can put parked jobs back to work")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id or ''}".strip()

    @property
    def subject(self) -> int:
        """The primary key to work on; ValueError for a kind of job that has none."""
        if self.subject_id is None:
            raise ValueError(f"The job {self.kind} has no subject.")
        return self.subject_id


class Heartbeat(models.Model):
    """When a recurring part of the portal last did its round."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
