"""Telephone numbers as text: what is read, what is refused, and why."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numbering.phone import NotANumber, NumberKind, display, kind_of, ten_digits, to_e164

E164 = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")

WAYS = [
    "3032281000",
    "13032281000",
    "+13032281000",
    "+1 303 228 1000",
    "(303) 228-1000",
    "303.228.1000",
    "303-228-1000",
    "1-303-228-1000",
    "+1 (303) 228-1000",
    "303/228/1000",
    "tel:+13032281000",
    " 303\u00a0228\u20111000 ",
    "\u202a+1 303-228-1000\u202c",
    "303\u200b228\u200b1000",
    "\ufeff3032281000",
    "3032281000\n",
    "3032281000.0",
    "３０３２２８１０００",
    "＋１ ３０３ ２２８ １０００",
    "٣٠٣٢٢٨١٠٠٠",
    "۳۰۳۲۲۸۱۰۰۰",
]


@pytest.mark.parametrize("text", WAYS)
def test_every_way_of_writing_a_us_number_is_one_number(text: str) -> None:
    """F02: other digits and marks become plain ones."""
    assert to_e164(text) == "+13032281000"


REFUSED = {
    "3" * 65: "too long",
    "": "empty",
    "   ": "empty",
    "303228100": "9 digits",
    "30322810000": "11 digits",
    "23032281000": "11 digits",
    "3.03228E+09": "rounded",
    "3,03228E+09": "rounded",
    "303-228-1000 x12": "extension",
    "303-228-1000 ext. 12": "extension",
    "303-ABC-1000": "characters",
    "303228100²x": "characters",
    "303 228 1000 or so": "characters",
    "=3032281000": "characters",
    "+44 20 7946 0958": "not a United States number",
    "011 44 20 7946 0958": "not a United States number",
    "0044 20 7946 0958": "not a United States number",
    "+52 55 1234 5678": "not a United States number",
    "604-228-1000": "Canada",
    "876-228-1000": "Jamaica",
    "809-228-1000": "Dominican Republic",
    "242-228-1000": "Bahamas",
    "900-228-1000": "premium",
    "500-228-1000": "personal",
    "533-228-1000": "personal",
    "521-228-1000": "personal",
    "700-228-1000": "special",
    "710-228-1000": "special",
    "822-228-1000": "future toll-free",
    "880-228-1000": "future toll-free",
    "911-228-1000": "service code",
    "211-228-1000": "service code",
    "303-911-1234": "service code",
    "212-311-1234": "service code",
    "212-055-1234": "second group starts",
    "212-155-1234": "second group starts",
    "012-228-1000": "area codes start",
    "103-228-1000": "area codes start",
    "290-228-1000": "reserved",
    "370-228-1000": "reserved",
    "960-228-1000": "reserved",
    "212-555-0100": "films",
    "212-555-0199": "films",
    "258-228-1000": "not an area code in use",
}


@pytest.mark.parametrize(("text", "reason"), list(REFUSED.items()))
def test_what_is_no_number_for_us_is_refused_with_the_reason(text: str, reason: str) -> None:
    """F02, F06, F07, F08."""
    with pytest.raises(NotANumber, match=re.escape(reason)):
        to_e164(text)


@pytest.mark.parametrize("text", ["212-555-0099", "212-555-0200", "800-911-1234", "787-228-1000"])
def test_the_neighbours_of_refused_numbers_are_taken(text: str) -> None:
    """F08: the rules refuse no more than they say."""
    assert to_e164(text) == "+1" + text.replace("-", "")


@pytest.mark.parametrize("area", "800 833 844 855 866 877 888".split())
def test_toll_free_numbers_are_told_from_local_ones(area: str) -> None:
    """F06."""
    assert kind_of(to_e164(f"{area}-228-1000")) is NumberKind.TOLL_FREE
    assert kind_of("+13032281000") is NumberKind.LOCAL


def test_a_number_is_shown_as_people_read_it_and_sent_as_ten_digits() -> None:
    assert (display("+13032281000"), ten_digits("+13032281000")) == ("(303) 228-1000", "3032281000")
    assert display("short") == "short"


@given(st.text(max_size=40) | st.text("0123456789+-() .eExX#٣²３\u202e\n", max_size=20))
def test_any_text_is_a_number_or_refused_in_words(text: str) -> None:
    number, refusal = _read(text)
    if refusal:
        assert refusal.endswith(".")
        return
    assert E164.fullmatch(number)
    assert to_e164(number) == number == to_e164(display(number)) == to_e164(ten_digits(number))


def _read(text: str) -> tuple[str, str]:
    """Give the number, or why it is none."""
    try:
        return to_e164(text), ""
    except NotANumber as refusal:
        return "", str(refusal)
