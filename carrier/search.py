"""Looking for numbers that can be ordered. What is found is held for nobody.

Source: the carrier's API pages for availableNumbers and availableNpaNxx, the same paths in both
versions, with their table of searches that go together.
"""

import re
from typing import NamedTuple
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import UnreadableBody
from carrier.records import AvailableExchange, AvailableNumber, NumberSearch
from carrier.telephone import from_wire, is_nanp
from carrier.wire import Answer

#: The carrier finds, and lets one order, no more at once.
MAX_QUANTITY = 5000


class Field(NamedTuple):
    """What staff need to know of one field of a search."""

    label: str
    combines_with: str
    format_hint: str


_PLACES = "any of area code or exchange, rate center, city, state, ZIP code and LATA"
_ALONE = "nothing else"

#: The fields of a `NumberSearch` that narrow it, in the order in which people think of them.
FIELDS: dict[str, Field] = {
    "area_code": Field("Area code", _PLACES, "3 digits, such as 919, but none that ends in 11"),
    "npa_nxx": Field("Area code and exchange", _PLACES, "6 digits, such as 919439"),
    "npa_nxx_x": Field("Block of a thousand", _PLACES, "7 digits, such as 9194391"),
    "rate_center": Field(
        "Rate center", f"a state, and {_PLACES}", "a name as the carrier writes it, such as RALEIGH"
    ),
    "city": Field("City", f"a state, and {_PLACES}", "a name in letters, such as RALEIGH"),
    "state": Field("State", f"{_PLACES}, or a local word", "2 letters, such as NC"),
    "zip_code": Field("ZIP code", _PLACES, "5 digits, or 5 and 4 as in 27606-5244"),
    "lata": Field("LATA", _PLACES, "up to 5 digits"),
    "local_vanity": Field(
        "Local word", "area code and state", "4 to 7 letters and digits, such as NEWCARS"
    ),
    "toll_free_vanity": Field("Toll-free word", _ALONE, "7 to 10 letters and digits"),
    "toll_free_wildcard": Field(
        "Toll-free pattern", _ALONE, "8, a digit or a star, and a star, such as 8**, 80* or 87*"
    ),
}

_NPA = r"[2-9](?!11)[0-9]{2}"
_PLACE_NAME = r"(?=.*[A-Za-z])[A-Za-z0-9 .,:;'&/()-]{1,60}"
_FORMATS = {
    "area_code": _NPA,
    "npa_nxx": _NPA + r"[2-9][0-9]{2}",
    "npa_nxx_x": _NPA + r"[2-9][0-9]{3}",
    "rate_center": _PLACE_NAME,
    "city": _PLACE_NAME,
    "state": r"[A-Za-z]{2}",
    "zip_code": r"[0-9]{5}(-[0-9]{4})?",
    "lata": r"[0-9]{1,5}",
    "local_vanity": r"[A-Za-z0-9]{4,7}",
    "toll_free_vanity": r"[A-Za-z0-9]{7,10}",
    "toll_free_wildcard": r"8[0-9*]\*",
}

_PARAMETERS = {
    "area_code": "areaCode",
    "npa_nxx": "npaNxx",
    "npa_nxx_x": "npaNxxx",
    "rate_center": "rateCenter",
    "city": "city",
    "state": "state",
    "zip_code": "zip",
    "lata": "lata",
    "local_vanity": "localVanity",
    "toll_free_vanity": "tollFreeVanity",
    "toll_free_wildcard": "tollFreeWildCardPattern",
}
_PREFIXES = ("area_code", "npa_nxx", "npa_nxx_x")
_TOLL_FREE = ("toll_free_vanity", "toll_free_wildcard")
# Alone, these can be widened to their local calling area; a rate center comes with its state.
_WITH_CALLING_AREA = ({"npa_nxx"}, {"npa_nxx_x"}, {"rate_center", "state"})


def find_numbers(carrier: Carrier, *, search: NumberSearch) -> tuple[AvailableNumber, ...]:
    """The numbers on offer that meet the search, at most `quantity`; none is an empty tuple.

    Raises Refused with the carrier's reasons, the other CarrierErrors when it could not be asked,
    and ValueError with the sentence of `problem_of` for a search that the carrier does not take.
    """
    if problem := problem_of(search):
        raise ValueError(problem)
    call = _call(carrier, "find_numbers", "availableNumbers", _query(carrier, search))

    def read(answer: Answer) -> tuple[AvailableNumber, ...]:
        return read_numbers(call.root_of(answer))

    return carrier.call(call, read)[: search.quantity]


def find_exchanges(
    carrier: Carrier, *, area_code: str = "", state: str = ""
) -> tuple[AvailableExchange, ...]:
    """The exchanges that have numbers on offer.

    Raises as `find_numbers` does.
    """
    search = NumberSearch(area_code=area_code, state=state)
    if problem := problem_of(search):
        raise ValueError(problem)
    # No quantity is sent: whether it limits the rows or asks for so many numbers in each of them
    # is not published.
    call = _call(carrier, "find_exchanges", "availableNpaNxx", _criteria(search))

    def read(answer: Answer) -> tuple[AvailableExchange, ...]:
        return read_exchanges(call.root_of(answer))

    return carrier.call(call, read)


def problem_of(search: NumberSearch) -> str:
    """What is wrong with a search, as one sentence for staff; "" when the carrier takes it."""
    return _bad_format(search) or _bad_combination(search)


def uses_calling_area(search: NumberSearch) -> bool:
    """Whether the local calling area is searched too: the carrier does that for one place only."""
    return search.local_calling_area and set(criteria_of(search)) in _WITH_CALLING_AREA


def criteria_of(search: NumberSearch) -> tuple[str, ...]:
    """The names of the fields that narrow a search."""
    return tuple(name for name in FIELDS if getattr(search, name))


def read_numbers(root: Element) -> tuple[AvailableNumber, ...]:
    """The numbers in an answer, with or without details, each once.

    Raises UnreadableBody when it is no such answer, or is empty against its own count.
    """
    if xmlbody.name_of(root) != "searchresult":
        raise UnreadableBody("it is not the result of a search for numbers")
    rows = [
        row
        for holder in xmlbody.children(root, "telephonenumberlist", "telephonenumberdetaillist")
        for row in xmlbody.children(holder, "telephonenumber", "telephonenumberdetail")
    ]
    found: dict[str, AvailableNumber] = {}
    for row in rows:
        number = _read_row(row)
        # What is no number of ours to order is no offer.
        if is_nanp(number.e164):
            found.setdefault(number.e164, number)
    if not found and (rows or xmlbody.number(root, "resultcount")):
        raise UnreadableBody("it counts numbers and holds none that can be read")
    return tuple(found.values())


def read_exchanges(root: Element) -> tuple[AvailableExchange, ...]:
    """The exchanges in an answer. Raises UnreadableBody when it is none."""
    if xmlbody.name_of(root) != "searchresultforavailablenpanxx":
        raise UnreadableBody("it is not a list of exchanges")
    holder = xmlbody.child(root, "availablenpanxxlist")
    rows = [] if holder is None else xmlbody.children(holder, "availablenpanxx")
    return tuple(map(_read_exchange, rows))


def _read_exchange(row: Element) -> AvailableExchange:
    # The rate center stands behind the city, as in "COMPTON:GARDENA DA".
    city, _, rate_center = xmlbody.text(row, "city").partition(":")
    return AvailableExchange(
        npa=xmlbody.text(row, "npa"),
        nxx=xmlbody.text(row, "nxx"),
        city=city.strip(),
        state=xmlbody.text(row, "state"),
        quantity=xmlbody.number(row, "quantity") or 0,
        rate_center=rate_center.strip(),
    )


def _read_row(row: Element) -> AvailableNumber:
    # Looked at once for all fields: there may be 5,000 rows.
    texts = {xmlbody.name_of(part): xmlbody.text(part) for part in row}
    number = texts.get("fullnumber") or texts.get("telephonenumber") or xmlbody.text(row)
    return AvailableNumber(
        e164=from_wire(number),
        city=texts.get("city", ""),
        state=texts.get("state", ""),
        rate_center=texts.get("ratecenter", ""),
        lata=texts.get("lata", ""),
        tier=texts.get("tier", ""),
        vendor_name=texts.get("vendorname", ""),
    )


def _bad_format(search: NumberSearch) -> str:
    for name in criteria_of(search):
        if not re.fullmatch(_FORMATS[name], getattr(search, name)):
            field = FIELDS[name]
            return f"{field.label} must be {field.format_hint}."
    if not 1 <= search.quantity <= MAX_QUANTITY:
        return f"Ask for 1 to {MAX_QUANTITY} numbers at once."
    return ""


def _bad_combination(search: NumberSearch) -> str:
    given = criteria_of(search)
    if not given:
        return "Fill in at least one field, such as the area code."
    prefixes = [FIELDS[name].label for name in _PREFIXES if name in given]
    if len(prefixes) > 1:
        return f"Fill in only one of these: {', '.join(prefixes)}."
    for name in _TOLL_FREE:
        if name in given and (others := [other for other in given if other != name]):
            return (
                f"{FIELDS[name].label} is looked for alone: empty {FIELDS[others[0]].label.lower()}"
                " and all other fields, or empty this one."
            )
    if search.ends_in and not search.local_vanity:
        return "Fill in a local word for the numbers to end in, or take the tick away."
    if search.local_vanity and (
        rest := [name for name in given if name not in ("local_vanity", "area_code", "state")]
    ):
        return (
            f"{FIELDS['local_vanity'].label} goes with area code and state only: empty the field "
            f"{FIELDS[rest[0]].label}."
        )
    for name in ("rate_center", "city"):
        if name in given and not search.state:
            return f"Add the state: {FIELDS[name].label.lower()} alone is not unique."
    return ""


def _criteria(search: NumberSearch) -> tuple[tuple[str, str], ...]:
    return tuple((_PARAMETERS[name], text_of(search, name)) for name in criteria_of(search))


def text_of(search: NumberSearch, name: str) -> str:
    """A field of a search as the carrier writes it."""
    text: str = getattr(search, name)
    return text.upper() if name == "state" else text


def _query(carrier: Carrier, search: NumberSearch) -> tuple[tuple[str, str], ...]:
    query = [*_criteria(search), ("quantity", str(search.quantity))]
    if search.area_code and carrier.settings.api_version == "v2":
        # Area codes are not unique in the world that v2 knows.
        query.append(("countryCodeA3", "USA"))
    if {"npa_nxx", "npa_nxx_x", "rate_center", "local_vanity"}.intersection(criteria_of(search)):
        # The carrier's own default is to widen the search; its guide advises against that where
        # the digits matter.
        query.append(("LCA", _word(uses_calling_area(search))))
    if search.ends_in:
        query.append(("endsIn", "true"))
    # Not among what goes with a search for toll-free numbers, which have no place anyway.
    if search.detail and not (search.toll_free_vanity or search.toll_free_wildcard):
        query.append(("enableTNDetail", "true"))
    return tuple(query)


def _word(is_so: bool) -> str:
    return "true" if is_so else "false"


def _call(carrier: Carrier, operation: str, path: str, query: tuple[tuple[str, str], ...]) -> Call:
    return Call(
        operation=f"search.{operation}",
        bucket=path,
        method="GET",
        path=path,
        version=carrier.settings.api_version,
        query=query,
    )
