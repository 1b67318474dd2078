"""importTnChecker: which numbers can be hosted."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
import requests

from carrier.sandbox.cards import CARDS, Act
from tests.carrier.sandbox.callers import Caller, codes


def _check(caller: Caller, *numbers: str, site: str = "1001", peer: str = "") -> requests.Response:
    root = ET.Element("ImportTnCheckerPayload")
    listed = ET.SubElement(root, "TelephoneNumbers")
    for number in numbers:
        ET.SubElement(listed, "TelephoneNumber").text = number
    ET.SubElement(root, "SiteId").text = site
    ET.SubElement(root, "SipPeerId").text = peer
    return caller.call("POST", "importTnChecker", ET.tostring(root))


def _parts(answer: requests.Response) -> tuple[list[str], list[tuple[str, list[str]]]]:
    assert answer.status_code == 200, answer.text
    payload = ET.fromstring(answer.content).find("ImportTnCheckerPayload")
    assert payload is not None
    numbers = "TelephoneNumbers/TelephoneNumber"
    errors = [
        (error.findtext("Code", ""), [number.text or "" for number in error.findall(numbers)])
        for error in payload.findall("ImportTnErrors/ImportTnError")
    ]
    return [number.text or "" for number in payload.findall(numbers)], errors


def test_ordinary_numbers_are_importable(caller: Caller) -> None:
    assert _parts(_check(caller, "3032281000", "9193281000")) == (["3032281000", "9193281000"], [])


def test_numbers_with_the_same_trouble_share_one_error(caller: Caller) -> None:
    answer = _check(caller, "3037199006", "3032281000", "9197199006")
    assert _parts(answer) == (["3032281000"], [("19006", ["3037199006", "9197199006"])])


@pytest.mark.parametrize(
    ("line", "code"), [(c.line, c.code) for c in CARDS if c.act is Act.CHECK_FAILS]
)
def test_a_checker_card_fails_the_check(caller: Caller, line: str, code: str) -> None:
    assert _parts(_check(caller, f"303719{line}")) == ([], [(code, [f"303719{line}"])])


def test_the_other_cards_pass_the_check(caller: Caller) -> None:
    others = [f"303719{c.line}" for c in CARDS if c.act is not Act.CHECK_FAILS]
    assert _parts(_check(caller, *others)) == (others, [])


def test_the_v2_wire_speaks_e164(v2: Caller) -> None:
    answer = _check(v2, "+13032281000", "+13037199001")
    assert _parts(answer) == (["+13032281000"], [("19001", ["+13037199001"])])


def test_one_bad_number_rejects_the_whole_call_and_is_named_in_the_text(caller: Caller) -> None:
    answer = _check(caller, "3032281000", "61746052083")
    texts = [node.text for node in ET.fromstring(answer.content).findall("Errors/Description")]
    assert (answer.status_code, codes(answer)) == (400, ["7201"])
    assert texts == ["61746052083 is not a valid NANPA telephone number."]


@pytest.mark.parametrize(
    ("numbers", "place", "code"),
    [
        ((), {}, "7316"),
        (("3032281000", "3032281000"), {}, "7360"),
        (tuple(f"303{n}" for n in range(2000000, 2005001)), {}, "7314"),
        (("3032281000",), {"site": ""}, "7309"),
        (("3032281000",), {"site": "4711"}, "5016"),
        (("3032281000",), {"peer": "500201"}, "7312"),
    ],
)
def test_a_bad_call_is_refused(
    caller: Caller, numbers: tuple[str, ...], place: dict[str, str], code: str
) -> None:
    answer = _check(caller, *numbers, **place)
    assert (answer.status_code, codes(answer)) == (400, [code])


def test_an_unreadable_body_is_refused(caller: Caller) -> None:
    assert caller.call("POST", "importTnChecker", b"<a").status_code == 400
