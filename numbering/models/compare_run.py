"""One compare of our numbers with the carrier's, and what it came to."""

from django.db import models


class CompareRun(models.Model):
    """When it ran and what it found. A run without an end is under way, or was broken off."""

    began_at = models.DateTimeField("began")
    ended_at = models.DateTimeField("ended", null=True)
    # Numbers of the carrier's list, as far as it has been read.
    in_service = models.PositiveIntegerField("in service at the carrier", default=0)
    # Of them, those that live here.
    known = models.PositiveIntegerField("of them here", default=0)
    lost = models.PositiveIntegerField("found lost", default=0)
    opened = models.PositiveIntegerField("cases opened", default=0)
    ended = models.PositiveIntegerField("cases ended", default=0)
    # Numbers that are theirs and not ours beyond those that cases were opened for.
    beyond = models.PositiveIntegerField("without a case", default=0)
    # Numbers of which the carrier's answer told nothing; they are as they were.
    left_alone = models.PositiveIntegerField("could not be looked at", default=0)
    # The key of the last number whose details were read; the next compare goes on from there.
    details_after = models.BigIntegerField(default=0)
    # Why no more details were read; empty when the whole share was.
    details_trouble = models.CharField(max_length=500, blank=True, db_default="")
    # Why sites and SIP peers were not compared; empty when they were.
    places_trouble = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Compare of {self.began_at:%Y-%m-%d %H:%M}"
