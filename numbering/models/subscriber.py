"""The end customer whose numbers are hosted."""

from django.db import models

from numbering.models.service_address import ServiceAddress
from numbering.validators import validate_plain_text, validate_subscriber_name


class Subscriber(ServiceAddress):
    """A business or person, with the service address that stands on the phone bill."""

    # Longer than the carrier's limit, so that the validator (and not the database) answers.
    name = models.CharField(
        "name",
        max_length=200,
        validators=[validate_subscriber_name, validate_plain_text],
        help_text="As on the phone bill. The carrier takes at most 45 characters.",
    )
    created_at = models.DateTimeField("added", auto_now_add=True)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class LoaSigner(models.Model):
    """A person who may sign LOAs for a subscriber."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="loa_signers")
    name = models.CharField("first and last name", max_length=60, validators=[validate_plain_text])
    email = models.EmailField("e-mail", blank=True)
    is_approved = models.BooleanField("may sign LOAs", default=True)

    class Meta:
        verbose_name = "LOA signer"
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=("subscriber", "name"), name="one_signer_per_name_and_subscriber"
            )
        ]

    def __str__(self) -> str:
        return self.name
