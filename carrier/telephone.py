"""Telephone numbers: E.164 on our side, whatever the API version wants on the wire."""

import re
from collections.abc import Sequence
from enum import StrEnum

_NANP = re.compile(r"\+1[2-9][0-9]{9}")
_TEN_DIGITS = re.compile(r"[0-9]{10}")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{7,14}")
# Many at once, one to a line: an order holds up to 5,000, and one match is far quicker than 5,000.
_LINES_OF_NANP = re.compile(r"(?:\+1[2-9][0-9]{9}\n)+")
_LINES_OF_TEN_DIGITS = re.compile(r"(?:[0-9]{10}\n)+")
_PUNCTUATION = str.maketrans("", "", " -.()")


class NumberFormat(StrEnum):
    """How numbers are written in documents to the carrier."""

    TEN_DIGITS = "ten_digits"  # API v1
    E164 = "e164"  # API v2


def is_nanp(telephone_number: str) -> bool:
    """Whether this is `+1` and ten digits, and so a number that can be sent to the carrier."""
    return _NANP.fullmatch(telephone_number) is not None


def on_wire(telephone_number: str, number_format: NumberFormat) -> str:
    """The number as the carrier wants it, from E.164 (`+1` and ten digits).

    Raises ValueError for anything else: a number that we misread must never be ordered.
    """
    if not is_nanp(telephone_number):
        raise ValueError(f"not an E.164 number of the NANP: {telephone_number[:20]!r}")
    return telephone_number if number_format is NumberFormat.E164 else telephone_number[2:]


def all_on_wire(telephone_numbers: Sequence[str], number_format: NumberFormat) -> Sequence[str]:
    """`on_wire` for many numbers, in order."""
    if number_format is NumberFormat.E164 and _are_all(_LINES_OF_NANP, telephone_numbers):
        return telephone_numbers
    return [on_wire(number, number_format) for number in telephone_numbers]


def from_wire(text: str) -> str:
    """The carrier's number text as E.164, or the trimmed text itself when it is no such number.

    Ten digits, eleven with a leading 1, and `+…` are understood, with usual punctuation.
    """
    bare = text.translate(_PUNCTUATION).strip()
    if _TEN_DIGITS.fullmatch(bare):
        return "+1" + bare
    if bare.startswith("1") and _TEN_DIGITS.fullmatch(bare[1:]):
        return "+" + bare
    if _INTERNATIONAL.fullmatch(bare):
        return bare
    return text.strip()


def all_from_wire(texts: Sequence[str]) -> tuple[str, ...]:
    """`from_wire` for many texts, in order, empty ones left out."""
    if _are_all(_LINES_OF_TEN_DIGITS, texts):
        return tuple(("+1" + "\n+1".join(texts)).split("\n"))
    if _are_all(_LINES_OF_NANP, texts):
        return tuple(texts)
    return tuple(from_wire(text) for text in texts if text and not text.isspace())


def _are_all(lines_of: re.Pattern[str], texts: Sequence[str]) -> bool:
    lines = "\n".join(texts) + "\n"
    # A line break inside one text would pass for two numbers.
    return lines_of.fullmatch(lines) is not None and lines.count("\n") == len(texts)
