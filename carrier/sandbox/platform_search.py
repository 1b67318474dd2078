"""The older platform's search for numbers on offer, with its own words and rules."""

from __future__ import annotations

import re
from itertools import islice

from carrier.sandbox.criteria import Criteria
from carrier.sandbox.exchange import Answer, Call
from carrier.sandbox.platform_answers import json_answer, refusal
from carrier.sandbox.platform_numbers import national
from carrier.sandbox.state import SandboxState

_INVALID = "invalid-available-number-search"
_DEFAULT_QUANTITY, _LARGEST_QUANTITY = "10", 5000
_FORMS = {
    "state": ("[A-Z]{2}", "A State must be two letters."),
    "zip": ("[0-9]{5}", "A ZIP Code must be 5 digits."),
    "areaCode": ("[0-9]{3}", "An Area Code must be 3 digits."),
    "localNumber": ("[0-9]{3,4}", "Local Number must contain 3 or 4 digits."),
    "pattern": ("[0-9?*]+", "A pattern holds digits, ? and *."),
}


def search(state: SandboxState, call: Call, kind: str) -> Answer:
    """GET availableNumbers/local or /tollFree: rows of numbers, 400 for a bad combination."""
    names = (*_FORMS, "city", "inLocalCallingArea", "quantity")
    given = {name: text for name in names if (text := call.request.parameter(name))}
    quantity = given.pop("quantity", _DEFAULT_QUANTITY)
    problem = _problem(given) if kind == "local" else ""
    if not (re.fullmatch("[0-9]{1,4}", quantity) and 0 < int(quantity) <= _LARGEST_QUANTITY):
        problem = "The maximum quantity of numbers is 5000"
    if problem:
        return refusal(call.request, 400, _INVALID, problem)
    criteria = Criteria(
        area_code=given.get("areaCode", ""),
        city=given.get("city", "").upper(),
        state=given.get("state", ""),
        zip_code=given.get("zip", ""),
    )
    if kind == "tollFree":
        criteria = Criteria(toll_free_pattern="8**")
    # No search of the dashboard knows these two: look through all and choose.
    is_choosing = given.keys() & {"pattern", "localNumber"}
    looked_at = state.offers.find(criteria, 100_000 if is_choosing else int(quantity))
    wanted = re.compile(_expression(given.get("pattern", "*")))
    start = given.get("localNumber", "")
    found = (
        number for number in looked_at if wanted.fullmatch(number) and number[3:].startswith(start)
    )
    return json_answer(200, [_row(state, number) for number in islice(found, int(quantity))])


def _problem(given: dict[str, str]) -> str:
    if len(given.keys() & {"state", "zip", "areaCode"}) != 1:
        return "Specify a State ZIP Code or Area Code with your query."
    if "city" in given and "state" not in given:
        return "For searching by City the State is also required."
    if given.keys() & {"localNumber", "inLocalCallingArea"} and "areaCode" not in given:
        return "Local Number needs an Area Code."
    bad = (text for name, (form, text) in _FORMS.items() if not _fits(form, given.get(name)))
    return next(bad, "")


def _fits(form: str, text: str | None) -> bool:
    return text is None or re.fullmatch(form, text) is not None


def _expression(pattern: str) -> str:
    return pattern.replace("?", "[0-9]").replace("*", "[0-9]*")


def _row(state: SandboxState, number: str) -> dict[str, str]:
    e164 = f"+1{number}"
    row = {"number": e164, "nationalNumber": national(e164), "price": "0.60"}
    if place := state.offers.supply.place_of(number):
        row |= {"city": place.city, "lata": place.lata, "rateCenter": place.rate_center}
        row["state"] = place.state
    return row
