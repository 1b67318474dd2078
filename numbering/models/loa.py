"""Letters of Authorization: stored versions, what they cover, and copies at the carrier."""

import secrets

from django.conf import settings
from django.db import models

from numbering.enums import LoaUploadState
from numbering.models.import_order import ImportOrder
from numbering.models.subscriber import Subscriber
from numbering.validators import validate_plain_text


def random_name(_loa: "Loa", _original: str) -> str:
    """Name a stored file at random: the original name is only text."""
    return secrets.token_hex(16)


class Loa(models.Model):
    """One version of a Letter of Authorization. Content never changes; a newer one replaces it."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="loas")
    version = models.PositiveIntegerField()
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    file = models.FileField(upload_to=random_name, max_length=64)
    original_name = models.CharField("file name", max_length=200)
    content_type = models.CharField("type", max_length=40)
    size = models.PositiveIntegerField("bytes")
    sha256 = models.CharField("SHA-256", max_length=64)
    pages = models.PositiveIntegerField(default=1)
    signer = models.CharField(
        "signed by", max_length=60, blank=True, validators=[validate_plain_text]
    )
    signed_on = models.DateField("signed on", null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField("received", auto_now_add=True)

    class Meta:
        verbose_name = "LOA"
        verbose_name_plural = "LOAs"
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber", "version"), name="loa_version_once_per_subscriber"
            )
        ]
        permissions = [("open_loa", "Can open the file of an LOA (recorded)")]

    def __str__(self) -> str:
        return f"LOA {self.subscriber} v{self.version}"


class LoaCoverage(models.Model):
    """An LOA covers this number of this order."""

    loa = models.ForeignKey(Loa, on_delete=models.PROTECT, related_name="coverage")
    order = models.ForeignKey(ImportOrder, on_delete=models.PROTECT, related_name="loa_coverage")
    e164 = models.CharField("number", max_length=16, db_index=True)

    class Meta:
        verbose_name = "LOA coverage"
        constraints = [
            models.UniqueConstraint(
                fields=("loa", "order", "e164"), name="loa_covers_number_once_per_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.loa_id} covers {self.e164}"


class LoaUpload(models.Model):
    """A copy of an LOA that the carrier holds, or shall hold, for an order."""

    loa = models.ForeignKey(Loa, on_delete=models.PROTECT, related_name="uploads")
    order = models.ForeignKey(ImportOrder, on_delete=models.PROTECT, related_name="loa_uploads")
    state = models.CharField(max_length=10, choices=LoaUploadState, default=LoaUploadState.WAITING)
    file_id = models.CharField("carrier's file id", max_length=120, blank=True)
    # Set just before the call, so that a lost answer is looked up and not sent again.
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "LOA at the carrier"
        constraints = [
            models.UniqueConstraint(fields=("loa", "order"), name="loa_once_per_order_at_carrier")
        ]

    def __str__(self) -> str:
        return f"{self.loa} for {self.order}: {self.get_state_display()}"


class LoaOpening(models.Model):
    """Who opened which LOA, and when."""

    loa = models.ForeignKey(Loa, on_delete=models.PROTECT, related_name="openings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.person} opened {self.loa}"
