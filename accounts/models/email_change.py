"""New e-mail addresses that wait to be confirmed."""

from django.conf import settings
from django.db import models

from accounts.models.mailed_link import MailedLink, MailedLinkQuerySet


class EmailChange(MailedLink):
    """A link to a person's new address; only who reads mail there can take it into use."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_changes"
    )

    objects = MailedLinkQuerySet["EmailChange"].as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"New address of {self.person}"
