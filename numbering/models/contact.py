"""Which customers belong to which subscriber."""

from django.conf import settings
from django.db import models

from numbering.models.subscriber import Subscriber


class SubscriberContact(models.Model):
    """A person who may sign in and see everything of a subscriber."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="contacts")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contact_of"
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField("added", auto_now_add=True)

    class Meta:
        verbose_name = "contact"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber", "person"), name="contact_once_per_subscriber"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.subscriber}"
