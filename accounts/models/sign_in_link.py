"""The links by which customers sign in."""

from django.conf import settings
from django.db import models

from accounts.models.mailed_link import MailedLink, MailedLinkQuerySet


class SignInLink(MailedLink):
    """A link that signs one person in, once, within minutes."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_links"
    )

    objects = MailedLinkQuerySet["SignInLink"].as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Sign-in link for {self.person}"
