"""Look for numbers on offer at the carrier, and say what to loosen when there are none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from carrier import search as carrier_search
from carrier.records import AvailableExchange, AvailableNumber, NumberSearch
from numbering.carrier_link import get_carrier
from numbering.domain import reservations
from numbering.domain.number_orders import taken_numbers

# More are found and counted, and not shown: nobody picks by hand among thousands.
SHOWN_AT_MOST = 500
_WIDEST_PATTERN = "8**"


@dataclass(frozen=True)
class Found:
    """What a search brought. Nobody holds these numbers for us."""

    numbers: tuple[AvailableNumber, ...]
    # Those of the shown ones that cannot be picked, with why.
    taken: Mapping[str, str]

    @property
    def shown(self) -> tuple[AvailableNumber, ...]:
        """The numbers that a person may pick from."""
        return self.numbers[:SHOWN_AT_MOST]


@dataclass(frozen=True)
class Loosening:
    """What to change of a search that found nothing: in words, and as the search it becomes."""

    advice: str
    search: NumberSearch


def find(search: NumberSearch) -> Found:
    """Ask the carrier. Raises CarrierError, CarrierNotConfigured, and ValueError for a bad search.

    It changes nothing and costs nothing.
    """
    numbers = carrier_search.find_numbers(get_carrier(), search=search)
    e164s = [number.e164 for number in numbers[:SHOWN_AT_MOST]]
    held = reservations.in_force().filter(e164__in=e164s).values_list("e164", flat=True)
    taken = {**dict.fromkeys(held, "is held for us already"), **taken_numbers(e164s)}
    return Found(numbers, taken)


def exchanges(*, area_code: str, state: str) -> list[AvailableExchange]:
    """Return the exchanges that have numbers on offer, by place. Raises as `find` does."""
    found = carrier_search.find_exchanges(get_carrier(), area_code=area_code, state=state)
    return sorted(
        (one for one in found if not carrier_search.problem_of(exchange_search(one))),
        key=lambda one: (one.state, one.city, one.rate_center, one.npa, one.nxx),
    )


def exchange_search(exchange: AvailableExchange, *, quantity: int = 1) -> NumberSearch:
    """Return the search for so many numbers of an exchange."""
    return NumberSearch(npa_nxx=exchange.npa + exchange.nxx, quantity=quantity)


def loosening(search: NumberSearch) -> Loosening | None:
    """Return what narrows this search most and how to widen it; None when nothing is left."""
    given = set(carrier_search.criteria_of(search))
    nearby = replace(search, local_calling_area=True)
    if not search.local_calling_area and carrier_search.uses_calling_area(nearby):
        return Loosening("Look also in the places that are a local call away.", nearby)
    if search.npa_nxx_x:
        wider = replace(search, npa_nxx_x="", npa_nxx=search.npa_nxx_x[:6])
        return Loosening("Look in the whole exchange instead of one block of a thousand.", wider)
    if search.npa_nxx:
        wider = replace(search, npa_nxx="", area_code=search.npa_nxx[:3])
        return Loosening("Look in the whole area code instead of one exchange.", wider)
    if search.toll_free_wildcard not in ("", _WIDEST_PATTERN):
        wider = replace(search, toll_free_wildcard=_WIDEST_PATTERN)
        return Loosening("Take the widest pattern.", wider)
    for name, advice in _LOOSEN:
        cleared: dict[str, Any] = {name: ""}
        rest = replace(search, **cleared)
        if name in given and not carrier_search.problem_of(rest):
            return Loosening(advice, rest)
    return None


# From the field that narrows most; a field that others need is never the one to go first.
_LOOSEN = (
    ("rate_center", "Leave the rate center empty: it is the narrowest of these fields."),
    ("zip_code", "Leave the ZIP code empty: it is the narrowest of these fields."),
    ("city", "Leave the city empty and look in the whole state."),
    ("lata", "Leave the LATA empty."),
    ("local_vanity", "Leave the local word empty, or take a shorter one."),
    ("state", "Leave the state empty."),
    ("area_code", "Leave the area code empty."),
)
