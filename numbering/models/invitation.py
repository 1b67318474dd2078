"""Invitations: links to a customer, each for one purpose, one person and one thing."""

import secrets

from django.conf import settings
from django.db import models

from accounts.models import MailedLink, MailedLinkQuerySet
from numbering.enums import InvitationPurpose
from numbering.models.hosting_request import HostingRequest
from numbering.models.import_order import ImportOrder
from numbering.validators import validate_plain_text


def new_letter_code() -> str:
    """Return a code that nobody can guess (128 random bits), short enough for a QR code."""
    return secrets.token_hex(16)


class Invitation(MailedLink):
    """A link that lets one person do one thing without an account. Used once to change anything."""

    purpose = models.CharField(max_length=8, choices=InvitationPurpose)
    name = models.CharField("for", max_length=60, blank=True, validators=[validate_plain_text])
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="invitations"
    )
    request = models.ForeignKey(
        HostingRequest, null=True, on_delete=models.PROTECT, related_name="invitations"
    )
    # Empty where the portal itself sent the link along with news.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # What the QR code on the letter leads to that this invitation asks to sign.
    letter_code = models.CharField(max_length=32, unique=True, default=new_letter_code)
    sent_count = models.PositiveIntegerField("times sent", default=1)
    opened_at = models.DateTimeField("first opened", null=True)
    reminded_at = models.DateTimeField("reminded", null=True)

    objects = MailedLinkQuerySet["Invitation"].as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(order=None) ^ models.Q(request=None),
                name="invitation_about_one_thing",
            )
        ]
        indexes = [
            models.Index(
                fields=("expires_at",),
                condition=models.Q(used_at=None, withdrawn_at=None),
                name="invitation_open",
            )
        ]
        permissions = [("send_invitation", "Can send, resend and withdraw links to customers")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.email}"
