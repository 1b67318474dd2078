"""Rules that forms, admin and models share. Each limit is the carrier's own, and named."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.deconstruct import deconstructible

from numbering.phone import NotANumber, to_e164
from numbering.us_states import US_STATES

# Carrier limits: REFERENCE sections 2.6 and 4.1.
SUBSCRIBER_NAME_LIMIT = 45
CUSTOMER_ORDER_ID_LIMIT = 40
ORDER_NUMBERS_LIMIT = 5_000

_PO_BOX = re.compile(r"\b(p\.?\s*o\.?|post\s+office)\s*box\b", re.IGNORECASE)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def validate_plain_text(text: str) -> None:
    """Refuse control characters, NUL and lone surrogates: the database and XML cannot hold them."""
    if _UNPRINTABLE.search(text):
        raise ValidationError("Remove the control characters (line breaks, tabs, NUL).")


def validate_e164(text: str) -> None:
    """Refuse anything that is not a US number in E.164 form."""
    try:
        normal = to_e164(text)
    except NotANumber as error:
        raise ValidationError(str(error)) from error
    if normal != text:
        raise ValidationError(f"Write it as {normal}.")


def validate_state(text: str) -> None:
    """Refuse what is not the two-letter code of a US state or territory."""
    if text not in US_STATES:
        raise ValidationError(
            "Use the two-letter code of a US state or territory, for example CO or NY."
        )


def validate_no_po_box(text: str) -> None:
    """Refuse a PO box: an LOA needs the place where the telephone service is."""
    if _PO_BOX.search(text):
        raise ValidationError(
            "A PO box is not where the phones are. Give the street address on the phone bill."
        )


validate_zip = RegexValidator(
    r"\A[0-9]{5}\Z", "A ZIP code has five digits; put the four extra digits of ZIP+4 beside it."
)
validate_plus_four = RegexValidator(r"\A[0-9]{4}\Z", "ZIP+4 has exactly four digits.")
validate_house_number = RegexValidator(
    r"\A[0-9]{1,8}\Z",
    "The carrier takes digits only here. Put a letter or a fraction (12B, 1/2) into the suffix.",
)
validate_customer_order_id = RegexValidator(
    r"\A[A-Za-z0-9 -]{1,40}\Z",
    "The carrier takes letters, digits, dashes and blanks, at most 40.",
)
validate_carrier_id = RegexValidator(r"\A[0-9]{1,19}\Z", "The carrier's ids are digits only.")


@deconstructible
class CarrierLength:
    """Limits a text to what the carrier takes, and says so with the carrier's number."""

    def __init__(self, limit: int, code: str) -> None:
        self.limit = limit
        self.code = code

    def __call__(self, text: str) -> None:
        """Raise ValidationError for a longer text."""
        if len(text) > self.limit:
            raise ValidationError(
                f"The carrier takes at most {self.limit} characters here "
                f"(its error {self.code}); this has {len(text)}."
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CarrierLength) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.limit, self.code))


validate_subscriber_name = CarrierLength(SUBSCRIBER_NAME_LIMIT, "25131")
