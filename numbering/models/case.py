"""A case: a telephone number that is one thing here and another at the carrier."""

from django.conf import settings
from django.db import models

from numbering.enums import CaseKind
from numbering.models.import_order import ImportOrder
from numbering.models.telephone_number import TelephoneNumber
from numbering.phone import display


class Case(models.Model):
    """One difference, from the compare that found it until it is gone. Rows are never deleted.

    A person may close a case while the difference stands, for a number that shall be different:
    `stands` keeps the next compare from opening another one for it.
    """

    kind = models.CharField("what differs", max_length=10, choices=CaseKind)
    # E.164, or the carrier's own text when that is no number (REFERENCE 14, "number text").
    e164 = models.CharField("number", max_length=40)
    telephone_number = models.ForeignKey(
        TelephoneNumber, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    detail = models.CharField(max_length=500)
    # Where the carrier has it, so that its word can be taken over.
    site_id = models.CharField("site at the carrier", max_length=20, blank=True, db_default="")
    sip_peer_id = models.CharField(
        "SIP peer at the carrier", max_length=20, blank=True, db_default=""
    )
    opened_at = models.DateTimeField("opened")
    last_seen_at = models.DateTimeField("last seen")
    stands = models.BooleanField("still differs", default=True)
    closed_at = models.DateTimeField("closed", null=True)
    # Empty when the compare closed it by itself.
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    remark = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("kind", "e164"),
                condition=models.Q(stands=True),
                name="one_case_per_difference",
            ),
            # What no longer differs is closed: so there is one open case for a difference, too.
            models.CheckConstraint(
                condition=models.Q(stands=True) | models.Q(closed_at__isnull=False),
                name="case_that_ended_is_closed",
            ),
        ]
        indexes = [
            models.Index(
                fields=("-id",), condition=models.Q(closed_at__isnull=True), name="case_open"
            ),
            models.Index(
                fields=("last_seen_at",), condition=models.Q(stands=True), name="case_stands"
            ),
            models.Index(fields=("e164",), name="case_e164"),
        ]
        permissions = [
            ("close_case", "Can close cases"),
            ("remedy_case", "Can settle a difference by a remedy"),
            ("compare_case", "Can have the numbers compared with the carrier's now"),
        ]

    def __str__(self) -> str:
        label = str(self.get_kind_display())
        return f"{display(self.e164)}: {label[:1].lower()}{label[1:]}"
