"""What the subscription doctor found and did."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class DoctorVisit(models.Model):
    """One visit that had something to tell. The lists hold sentences."""

    at = models.DateTimeField(db_default=Now())
    # NULL: the portal's own round.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    found = models.JSONField(default=list)
    done = models.JSONField(default=list)
    left = models.JSONField(default=list)
    trouble = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Visit {self.pk}"
