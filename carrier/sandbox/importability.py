"""importTnChecker: can these telephone numbers be hosted for messaging? It changes nothing."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.cards import Act, cards_in
from carrier.sandbox.codes import description
from carrier.sandbox.document import leaf, leaves, parse, render, repeated_errors, text_at
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.validation import read_numbers, read_place

_ROOT = "ImportTnCheckerResponse"


def check(call: Call) -> Answer:
    """POST importTnChecker: importable numbers and error groups, or 400 for the whole call."""
    payload = parse(call.request.body)
    numbers, errors = read_numbers(payload, v2=call.v2, too_many="7314", doubled="7360")
    _, place_errors = read_place(text_at(payload, "SiteId"), text_at(payload, "SipPeerId"))
    errors = [*place_errors, *errors]
    if errors:
        return xml(400, repeated_errors(_ROOT, errors))
    failing: dict[str, list[str]] = {}
    for number, card in cards_in(numbers).items():
        if card.act is Act.CHECK_FAILS:
            failing.setdefault(card.code, []).append(number)
    failed = {number for group in failing.values() for number in group}
    root = Element(_ROOT)
    answer = SubElement(root, "ImportTnCheckerPayload")
    good = SubElement(answer, "TelephoneNumbers")
    leaves(
        good,
        "TelephoneNumber",
        (call.number_to_wire(number) for number in numbers if number not in failed),
    )
    if failing:
        groups = SubElement(answer, "ImportTnErrors")
        for code, group in failing.items():
            error = SubElement(groups, "ImportTnError")
            leaf(error, "Code", code)
            leaf(error, "Description", description(code))
            named = SubElement(error, "TelephoneNumbers")
            leaves(named, "TelephoneNumber", map(call.number_to_wire, group))
    return xml(200, render(root))
