"""The end customer whose numbers are hosted."""

from django.db import models

from numbering.validators import (
    validate_house_number,
    validate_plain_text,
    validate_plus_four,
    validate_state,
    validate_subscriber_name,
    validate_zip,
)


class Subscriber(models.Model):
    """A business or person, with the service address that stands on the phone bill."""

    # Longer than the carrier's limit, so that the validator (and not the database) answers.
    name = models.CharField(
        "name",
        max_length=200,
        validators=[validate_subscriber_name, validate_plain_text],
        help_text="As on the phone bill. The carrier takes at most 45 characters.",
    )
    house_number = models.CharField(
        "house number",
        max_length=8,
        validators=[validate_house_number],
        help_text="Digits only; the carrier takes nothing else here. 12B is 12 with suffix B.",
    )
    house_suffix = models.CharField(
        "suffix", max_length=10, blank=True, validators=[validate_plain_text]
    )
    pre_directional = models.CharField(
        "direction before", max_length=2, blank=True, validators=[validate_plain_text]
    )
    street_name = models.CharField("street", max_length=60, validators=[validate_plain_text])
    street_suffix = models.CharField(
        "street type",
        max_length=20,
        blank=True,
        validators=[validate_plain_text],
        help_text="St, Ave, Blvd …",
    )
    post_directional = models.CharField(
        "direction after", max_length=2, blank=True, validators=[validate_plain_text]
    )
    address_line2 = models.CharField(
        "floor, suite", max_length=60, blank=True, validators=[validate_plain_text]
    )
    city = models.CharField("city", max_length=60, validators=[validate_plain_text])
    state_code = models.CharField(
        "state", max_length=2, validators=[validate_state], help_text="Two letters, like CO."
    )
    zip_code = models.CharField("ZIP code", max_length=5, validators=[validate_zip])
    plus_four = models.CharField("ZIP+4", max_length=4, blank=True, validators=[validate_plus_four])
    county = models.CharField("county", max_length=60, blank=True, validators=[validate_plain_text])
    created_at = models.DateTimeField("added", auto_now_add=True)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def service_address(self) -> str:
        """The address on one line, as a person would write it."""
        street = " ".join(
            part
            for part in (
                self.house_number + self.house_suffix,
                self.pre_directional,
                self.street_name,
                self.street_suffix,
                self.post_directional,
            )
            if part
        )
        zip_code = f"{self.zip_code}-{self.plus_four}" if self.plus_four else self.zip_code
        parts = [street, self.address_line2, f"{self.city}, {self.state_code} {zip_code}"]
        return ", ".join(part for part in parts if part)


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
