"""Telephone numbers as text: to E.164, to ten digits, for display, and our own NANP rules.

Everything inside the portal is E.164 (`+1` and ten ASCII digits). Rules of the North American
Numbering Plan: area code and exchange start with 2 to 9; N11 is a service code in both places;
area codes whose middle digit is 9 are kept for an expansion of the plan, 37X and 96X are reserved.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

import phonenumbers

TOLL_FREE_AREA_CODES = frozenset({"800", "833", "844", "855", "866", "877", "888"})
# Kept for toll-free service but not opened yet.
_FUTURE_TOLL_FREE = frozenset(
    {"822", "880", "881", "882", "883", "884", "885", "886", "887", "889"}
)
_US_REGIONS = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
# What people put between the digits. Letters are not among them: we never guess a vanity number.
_DECORATION = re.compile(r"[ \t().\-/\u00a0\u2010-\u2015\u2212]+")
_PLUS = re.compile(r"^(?:\+|\uff0b|tel:\+?)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"^[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+$")
_FLOAT = re.compile(r"^([0-9]{10,11})[.,]0+$")
_EXTENSION = re.compile(r"(?:ext\.?|x|#|;ext=)\s*[0-9]+$", re.IGNORECASE)
_TEN = re.compile(r"[0-9]{10}")
# With an extension, names and decoration; what is longer is not looked at.
_LONGEST = 64
# Direction marks and zero-width characters ride along when text is copied from the web or chats.
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0xFEFF, 0x2060, 0x00AD])
_INVISIBLE |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


class NumberKind(StrEnum):
    """One import order holds numbers of one kind only (carrier codes 5181 and 7386)."""

    LOCAL = "local"
    TOLL_FREE = "toll-free"


class NotANumber(ValueError):
    """The text is no telephone number that can be hosted; the message says why."""


def to_e164(text: str) -> str:
    """Return the number as `+1` and ten digits; raise NotANumber with a reason in plain words."""
    raw = text.translate(_INVISIBLE).strip()
    if len(raw) == 12 and raw.startswith("+1") and raw.isascii() and raw[2:].isdigit():
        digits = raw[2:]
    elif len(raw) == 10 and raw.isascii() and raw.isdigit():
        digits = raw
    else:
        digits = _ten_digits(raw)
    if fault := _fault(digits[:3], digits[3:6], digits[6:]):
        raise NotANumber(fault)
    return "+1" + digits


def _ten_digits(raw: str) -> str:
    if not raw:
        raise NotANumber("It is empty.")
    if len(raw) > _LONGEST:
        raise NotANumber("It is too long to be a telephone number.")
    if _SCIENTIFIC.fullmatch(raw):
        raise NotANumber(
            "A spreadsheet has rounded this number. Format the column as text and paste it again."
        )
    plain = unicodedata.normalize("NFKC", raw) if not raw.isascii() else raw
    if match := _FLOAT.fullmatch(plain):
        plain = match[1]
    if _EXTENSION.search(plain):
        raise NotANumber("It has an extension; a text message needs the main number alone.")
    international = bool(_PLUS.match(plain)) or plain.startswith(("011", "00"))
    digits = _DECORATION.sub("", _PLUS.sub("", plain))
    if not (digits.isascii() and digits.isdigit()):
        digits = "".join(
            str(unicodedata.digit(char)) if char.isdecimal() else char for char in digits
        )
    if not (digits.isascii() and digits.isdigit()):
        raise NotANumber("It has characters that do not belong in a telephone number.")
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    elif international:
        raise NotANumber("It is not a United States number (those start with +1).")
    if not _TEN.fullmatch(digits):
        raise NotANumber(f"It has {len(digits)} digits; a US number has ten, or eleven with the 1.")
    return digits


def _fault(area: str, exchange: str, line: str) -> str:
    """Return what is wrong with a ten-digit number by the numbering plan, or an empty text."""
    if fault := _area_code_fault(area):
        return fault
    if exchange[0] in "01":
        return f"{exchange} cannot follow the area code: the second group starts with 2 to 9."
    if exchange[1:] == "11" and area not in TOLL_FREE_AREA_CODES:
        return f"{exchange} is a service code, not part of a subscriber's number."
    if exchange == "555" and line[:2] == "01":
        return "555-0100 to 555-0199 are kept for films and examples; no one has this number."
    return ""


@lru_cache(maxsize=1024)
def _area_code_fault(area: str) -> str:
    if area[0] in "01":
        return f"{area} is no area code: area codes start with 2 to 9."
    if area[1:] == "11":
        return f"{area} is a service code, not an area code."
    if area[1] == "9" or area[:2] in ("37", "96"):
        return f"{area} is a reserved area code that nobody uses yet."
    if area in TOLL_FREE_AREA_CODES:
        return ""
    if area in _FUTURE_TOLL_FREE:
        return f"{area} is kept for future toll-free numbers and not in use."
    if area == "900":
        return "900 is a premium-rate number; it cannot be hosted."
    if area == "700" or area == "710":
        return f"{area} is a special carrier or government code; it cannot be hosted."
    if (area[0] == "5" and area[1] == area[2]) or area in _PERSONAL:
        return f"{area} is a personal or machine number range (5XX); it cannot be hosted."
    region = phonenumbers.region_code_for_number(
        phonenumbers.PhoneNumber(country_code=1, national_number=int(area + "2345678"))
    )
    if region is None:
        return f"{area} is not an area code in use. Check the digits."
    if region not in _US_REGIONS:
        return f"{area} belongs to {_COUNTRIES.get(region, region)}; only US numbers can be hosted."
    return ""


# Non-geographic 5XX codes that are not of the form 5NN (those are recognised by their shape).
_PERSONAL = frozenset(
    {"521", "522", "523", "524", "525", "526", "527", "528", "529", "532", "535", "538", "542"}
    | {"543", "545", "546", "547", "549", "550", "552", "553", "554", "556", "558", "569", "578"}
    | {"589"}
)
_COUNTRIES = {
    "CA": "Canada",
    "JM": "Jamaica",
    "DO": "the Dominican Republic",
    "BS": "the Bahamas",
    "BB": "Barbados",
    "BM": "Bermuda",
    "TT": "Trinidad and Tobago",
}


def ten_digits(e164: str) -> str:
    """Return an E.164 US number as ten digits (exports, the v1 wire)."""
    return e164.removeprefix("+1")


def display(e164: str) -> str:
    """Return an E.164 US number as people read it: (303) 228-1000."""
    if len(e164) != 12:
        return e164
    return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"


def kind_of(e164: str) -> NumberKind:
    """Tell local from toll-free by the area code."""
    return NumberKind.TOLL_FREE if e164[2:5] in TOLL_FREE_AREA_CODES else NumberKind.LOCAL
