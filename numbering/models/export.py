"""What was taken out of the portal in one go, and by whom."""

from django.conf import settings
from django.db import models


class Export(models.Model):
    """One export: who took what, when, and how many rows were in it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    what = models.CharField(max_length=300)
    # Counted as they go out, so that one that was broken off says how far it came.
    rows = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.what
