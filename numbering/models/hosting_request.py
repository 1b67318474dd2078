"""A customer's own request to host numbers, before it becomes an import order."""

from django.conf import settings
from django.db import models

from numbering.enums import HostingRequestState, OrderNumberStatus
from numbering.models.import_order import ImportOrder
from numbering.models.service_address import ServiceAddress
from numbering.models.subscriber import Subscriber
from numbering.phone import display
from numbering.validators import validate_plain_text, validate_subscriber_name


class HostingRequest(ServiceAddress):
    """What a customer filled in. While it is being filled in, any field may still be empty."""

    state = models.CharField(
        "state",
        max_length=10,
        choices=HostingRequestState,
        default=HostingRequestState.FILLING,
    )
    state_changed_at = models.DateTimeField("since", auto_now_add=True)
    # Empty for somebody who is not a subscriber yet; support makes one of the request.
    subscriber = models.ForeignKey(
        Subscriber, null=True, on_delete=models.PROTECT, related_name="hosting_requests"
    )
    order = models.OneToOneField(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="hosting_request"
    )
    contact_name = models.CharField(
        "your name", max_length=60, blank=True, validators=[validate_plain_text]
    )
    contact_email = models.EmailField("your e-mail")
    business_name = models.CharField(
        "business name", max_length=200, validators=[validate_subscriber_name, validate_plain_text]
    )
    authorizing_person = models.CharField(
        "authorized person", max_length=60, validators=[validate_plain_text]
    )
    # What was given as a number and is none: [{"line": 3, "raw": "…", "reason": "…"}].
    unread_rows = models.JSONField(default=list)
    # Which one field support sent back, and what they said of it.
    returned_field = models.CharField(max_length=30, blank=True)
    returned_remark = models.CharField(max_length=500, blank=True, validators=[validate_plain_text])
    # Who began it: somebody of the staff, or the customer when they were signed in.
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("started", auto_now_add=True)
    submitted_at = models.DateTimeField("handed in", null=True)

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=("state", "-id"), name="request_state_newest")]
        permissions = [("review_hostingrequest", "Can accept, send back and decline requests")]

    def __str__(self) -> str:
        return f"Hosting request {self.pk}"

    @classmethod
    def longest(cls, column: str) -> int:
        """Return how many characters a column of text takes, for the forms' own messages."""
        limit = getattr(cls._meta.get_field(column), "max_length", None)
        assert isinstance(limit, int)
        return limit


class HostingRequestNumber(models.Model):
    """One number of a hosting request, and what the carrier said when it was asked."""

    request = models.ForeignKey(HostingRequest, on_delete=models.CASCADE, related_name="numbers")
    e164 = models.CharField("number", max_length=16)
    raw = models.CharField("as given", max_length=64, blank=True)
    status = models.CharField(
        "status", max_length=10, choices=OrderNumberStatus, default=OrderNumberStatus.NEW
    )
    code = models.CharField("carrier code", max_length=10, blank=True)
    description = models.CharField("carrier's words", max_length=500, blank=True)

    class Meta:
        verbose_name = "number of a hosting request"
        verbose_name_plural = "numbers of hosting requests"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("request", "e164"), name="number_once_per_request")
        ]

    def __str__(self) -> str:
        return display(self.e164)
