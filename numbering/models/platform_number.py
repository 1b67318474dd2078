"""A telephone number on the older platform, as it was last listed there."""

from django.db import models

from numbering.enums import PlatformStage
from numbering.models.import_order import ImportOrder
from numbering.phone import display


class PlatformNumber(models.Model):
    """One number of the old platform and how far it is on its way to the new one."""

    e164 = models.CharField("number", max_length=16, unique=True)
    platform_id = models.CharField("id there", max_length=60)
    name = models.CharField("name there", max_length=200, blank=True)
    application_id = models.CharField("application there", max_length=100, blank=True)
    stage = models.CharField(
        "where it is", max_length=8, choices=PlatformStage, default=PlatformStage.FOUND
    )
    # What the new platform says of it, in words.
    detail = models.CharField(max_length=500, blank=True)
    # The import order that moves it.
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="platform_numbers"
    )
    seen_at = models.DateTimeField("last listed")
    is_listed = models.BooleanField("still on the old platform", default=True)
    checked_at = models.DateTimeField("last asked of the new one", null=True)

    class Meta:
        verbose_name = "number on the old platform"
        verbose_name_plural = "numbers on the old platform"
        ordering = ("-pk",)
        indexes = [models.Index(fields=("stage", "-id"), name="platform_number_stage")]
        permissions = [
            ("move_platformnumber", "Can import to the old platform, and move numbers off it")
        ]

    def __str__(self) -> str:
        return display(self.e164)


class PlatformReading(models.Model):
    """A reading of the old platform's list that is under way: how far it is. At most one."""

    began_at = models.DateTimeField()
    # Where it is read on (a Bookmark of carrier.number_lists); empty at its begin.
    bookmark = models.JSONField(default=dict, db_default={})
    # Whether all pages are read, and who was on none of them is asked for.
    is_read = models.BooleanField(default=False, db_default=False)
    # The key of the last number that was asked for by itself.
    asked_until = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"Reading since {self.began_at}"
