"""What the carrier takes for a telephone number on either wire."""

from __future__ import annotations

import re

_TEN_DIGITS = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
_TOLL_FREE = frozenset({"800", "822", "833", "844", "855", "866", "877", "888"})


def from_wire(text: str, *, v2: bool) -> str | None:
    """Ten digits, or None when the text is not a NANP number in the form of this wire.

    The older wire takes ten digits only and v2 takes E.164 only, so a mix-up is noticed.
    """
    if v2:
        if not text.startswith("+1"):
            return None
        text = text[2:]
    return text if _TEN_DIGITS.fullmatch(text) else None


def is_toll_free(telephone_number: str) -> bool:
    """Whether a ten-digit number is toll-free."""
    return telephone_number[:3] in _TOLL_FREE


def is_count(text: str) -> bool:
    """Whether a parameter is a whole number, 1 or more, of less than ten digits."""
    return text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text) > 0
