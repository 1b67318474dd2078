"""Alerts: what needs a person, said once for each cause."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from numbering.enums import AlertCause


class Alert(models.Model):
    """Something that went wrong. While it is open, the same thing again only adds to its count."""

    cause = models.CharField(max_length=20, choices=AlertCause)
    # What it is about within the cause, e.g. a kind of job; empty where the cause says it all.
    key = models.CharField("about", max_length=80, blank=True, default="")
    title = models.CharField(max_length=200)
    text = models.TextField("what to do")
    opened_at = models.DateTimeField("opened", db_default=Now())
    last_seen_at = models.DateTimeField("last seen", db_default=Now())
    count = models.PositiveIntegerField("times", default=1)
    closed_at = models.DateTimeField("closed", null=True)
    # NULL on a closed one: the portal saw for itself that the cause is gone.
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("cause", "key"),
                condition=models.Q(closed_at=None),
                name="alert_open_once",
            )
        ]
        indexes = [models.Index(fields=("cause", "key", "-id"), name="alert_cause_newest")]
        permissions = [("close_alert", "Can mark alerts as seen to")]

    def __str__(self) -> str:
        return self.title
