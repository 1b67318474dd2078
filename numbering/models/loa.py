"""Letters of Authorization: stored versions, what they cover, and copies at the carrier."""

import secrets

from django.conf import settings
from django.db import models

from numbering.enums import LoaScanState, LoaScope, LoaSource, LoaType, LoaUploadState
from numbering.models.import_order import ImportOrder
from numbering.models.subscriber import Subscriber
from numbering.validators import validate_plain_text


def random_name(_loa: "Loa", _original: str) -> str:
    """Name a stored file at random: the original name is only text."""
    return secrets.token_hex(16)


class Loa(models.Model):
    """One version of a Letter of Authorization. Content never changes; a newer one replaces it."""

    source = models.CharField(
        "how it came", max_length=8, choices=LoaSource, default=LoaSource.UPLOADED
    )
    loa_type = models.CharField(
        "LOA type", max_length=10, choices=LoaType, default=LoaType.SUBSCRIBER
    )
    scope = models.CharField("speaks for", max_length=8, choices=LoaScope, default=LoaScope.NUMBERS)
    # A blanket LOA's last day; one for listed numbers has none.
    expires_on = models.DateField("ends on", null=True, blank=True)

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
    # Of the bytes as they came; another one where what is kept is a cleaned copy.
    received_sha256 = models.CharField("SHA-256 as received", max_length=64, blank=True)
    pages = models.PositiveIntegerField(default=1)
    signer = models.CharField(
        "signed by", max_length=60, blank=True, validators=[validate_plain_text]
    )
    signed_on = models.DateField("signed on", null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField("received", auto_now_add=True)
    # The link that a customer came by; empty for what staff added.
    invitation = models.ForeignKey(
        "numbers.Invitation", null=True, on_delete=models.PROTECT, related_name="loas"
    )
    # A customer looks at the pages first: until they hand it in, it covers nothing.
    is_handed_in = models.BooleanField("handed in", default=True)
    # What a machine could read in it; empty for a scan.
    machine_text = models.TextField(blank=True)
    # SHA-256 over what was signed: names, address and numbers. Empty for an uploaded file.
    signed_fingerprint = models.CharField(max_length=64, blank=True)
    # What the QR code on the letter leads to.
    verify_code = models.CharField(max_length=32, null=True, unique=True)
    voided_at = models.DateTimeField("no longer counts since", null=True)
    void_reason = models.CharField(max_length=300, blank=True)
    withdrawn_at = models.DateTimeField("withdrawn by the subscriber", null=True)
    scan_state = models.CharField(
        "virus scan", max_length=10, choices=LoaScanState, default=LoaScanState.NOT_ASKED
    )
    # The last time that the stored file was found to be, or not to be, what was received.
    hash_checked_at = models.DateTimeField("file last checked", null=True)
    is_damaged = models.BooleanField("file is damaged", default=False)
    is_on_hold = models.BooleanField("legal hold", default=False)
    purged_at = models.DateTimeField("file purged", null=True)

    class Meta:
        verbose_name = "LOA"
        verbose_name_plural = "LOAs"
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber", "version"), name="loa_version_once_per_subscriber"
            )
        ]
        permissions = [
            ("open_loa", "Can open the file of an LOA (recorded)"),
            ("confirm_loa", "Can confirm by name what a machine cannot see of an LOA"),
            ("hold_loa", "Can put LOAs on legal hold and lift it"),
        ]

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
    # Empty for a customer who came by a link and has no account.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    email = models.EmailField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.person or self.email} opened {self.loa}"


class LoaConfirmation(models.Model):
    """A person answers for something about an LOA that a machine cannot see, or overrides."""

    loa = models.ForeignKey(Loa, on_delete=models.PROTECT, related_name="confirmations")
    order = models.ForeignKey(
        ImportOrder, on_delete=models.PROTECT, related_name="loa_confirmations"
    )
    finding = models.CharField("what", max_length=30)
    # SHA-256 over what the person was shown and what the order was: a change asks again.
    about = models.CharField(max_length=64)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    remark = models.CharField(max_length=500, blank=True, validators=[validate_plain_text])
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("loa", "order", "finding", "about"), name="finding_confirmed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} confirmed {self.finding} of {self.loa}"
