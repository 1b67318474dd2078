"""Where a telephone service is: the address as the carrier wants it, part by part."""

from django.db import models

from numbering.house_number import join_house_number
from numbering.validators import (
    validate_house_number,
    validate_plain_text,
    validate_plus_four,
    validate_state,
    validate_zip,
)


class ServiceAddress(models.Model):
    """The parts of a service address, as on the phone bill."""

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

    class Meta:
        abstract = True

    @property
    def service_address(self) -> str:
        """The address on one line, as a person would write it."""
        street = " ".join(
            part
            for part in (
                join_house_number(self.house_number, self.house_suffix),
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


ADDRESS_FIELDS = tuple(field.name for field in ServiceAddress._meta.local_fields)
