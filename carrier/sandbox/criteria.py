"""What numbers are searched for by, and which of it the carrier takes together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any
from xml.etree.ElementTree import Element

from carrier.sandbox.codes import description
from carrier.sandbox.document import text_at
from carrier.sandbox.supply import Place

MOST_NUMBERS = 5000
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_FORMS = {
    "area_code": (r"[2-9][0-9]{2}(?<!11)", "4000"),
    "npa_nxx": (r"[2-9][0-9]{2}[2-9][0-9]{2}", "4002"),
    "npa_nxx_x": (r"[2-9][0-9]{2}[2-9][0-9]{3}", "4002"),
    "toll_free_vanity": (r"[A-Z0-9]{7,}", "4003"),
    "toll_free_pattern": (r"8(\*\*|[0-9]\*)", "4004"),
    "state": (r"[A-Z]{2}", "4006"),
    "zip_code": (r"[0-9]{5}(-?[0-9]{4})?", "4007"),
    "lata": (r"[0-9]{1,5}", "4008"),
    "local_vanity": (r"[A-Z0-9]{4,7}", "5002"),
}
_ON_THE_WIRE = {
    "area_code": ("areaCode", "AreaCode"),
    "npa_nxx": ("npaNxx", "NpaNxx"),
    "npa_nxx_x": ("npaNxxx", "NpaNxxX"),
    "rate_center": ("rateCenter", "RateCenter"),
    "city": ("city", "City"),
    "state": ("state", "State"),
    "zip_code": ("zip", "Zip"),
    "lata": ("lata", "Lata"),
    "local_vanity": ("localVanity", "LocalVanity"),
    "toll_free_vanity": ("tollFreeVanity", "TollFreeVanity"),
    "toll_free_pattern": ("tollFreeWildCardPattern", "TollFreeWildCardPattern"),
}


@dataclass(frozen=True)
class Criteria:
    """What to search for, in upper case; "" is anything.

    `nearby` takes the rest of the local calling area along when an exchange is named; `ends_in`
    wants the vanity at the end of the number.
    """

    area_code: str = ""
    npa_nxx: str = ""
    npa_nxx_x: str = ""
    rate_center: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    lata: str = ""
    local_vanity: str = ""
    toll_free_vanity: str = ""
    toll_free_pattern: str = ""
    nearby: bool = False
    ends_in: bool = False

    @property
    def is_toll_free(self) -> bool:
        """Whether toll-free numbers are meant."""
        return bool(self.toll_free_vanity or self.toll_free_pattern)

    def is_at(self, place: Place) -> bool:
        """Whether a place is one of those meant."""
        pairs = (
            (self.area_code or self.exchange[:3], place.area_code),
            (self.rate_center, place.rate_center),
            (self.city, place.city),
            (self.state, place.state),
            (self.zip_code[:5], place.zip_code),
            (self.lata, place.lata),
        )
        return all(wanted in ("", there) for wanted, there in pairs)

    @property
    def exchange(self) -> str:
        """The six digits of the exchange that is named, "" for none."""
        return self.npa_nxx or self.npa_nxx_x[:6]

    def matches(self, telephone_number: str) -> bool:
        """Whether the digits of a number of the right place are as wanted."""
        if not telephone_number.startswith(self.npa_nxx_x):
            return False
        digits = to_digits(self.local_vanity)
        if self.ends_in:
            return telephone_number.endswith(digits)
        return digits in telephone_number[3:]

    def problem(self) -> tuple[str, str] | None:
        """The first reason to refuse the search (code, text), None for a good one."""
        given = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name in _ON_THE_WIRE and getattr(self, field.name)
        }
        for name, (form, code) in _FORMS.items():
            if name in given and not re.fullmatch(form, given[name]):
                return code, description(code)
        for name in ("rate_center", "city"):
            if name in given and not self.state:
                return "5002", f"{_ON_THE_WIRE[name][0]} needs a state."
        if self.ends_in and not self.local_vanity:
            return "5002", "endsIn needs a localVanity."
        alone = given.keys() & {"area_code", "npa_nxx", "npa_nxx_x"}
        if not given or len(alone) > 1 or (self.is_toll_free and len(given) > 1):
            return "4010", description("4010")
        return None


def from_query(parameter: Callable[[str], str]) -> Criteria:
    """The criteria in the query of a search."""
    read: dict[str, Any] = {
        name: _tidy(parameter(words[0])) for name, words in _ON_THE_WIRE.items()
    }
    return Criteria(
        **read,
        nearby=_tidy(parameter("LCA")) != "FALSE",
        ends_in=_tidy(parameter("endsIn")) == "TRUE",
    )


def from_element(element: Element) -> Criteria:
    """The criteria below the element of an order's type; LATA may be spelled in capitals."""
    read: dict[str, Any] = {
        name: _tidy(text_at(element, words[1])) for name, words in _ON_THE_WIRE.items()
    }
    read["lata"] = read["lata"] or _tidy(text_at(element, "LATA"))
    return Criteria(
        **read,
        nearby=_tidy(text_at(element, "EnableLCA")) == "TRUE",
        ends_in=_tidy(text_at(element, "EndsIn")) == "TRUE",
    )


def quantity(text: str) -> int | None:
    """A quantity from 1 to 5000, None for anything else."""
    good = re.fullmatch(r"[0-9]{1,4}", text)
    return int(text) if good and 1 <= int(text) <= MOST_NUMBERS else None


def to_digits(vanity: str) -> str:
    """Letters as they stand on the keys of a telephone."""
    return vanity.translate(_KEYPAD)


def _tidy(text: str) -> str:
    return text.strip().upper()
