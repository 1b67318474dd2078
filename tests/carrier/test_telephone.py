"""Telephone numbers between our side and the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrier.telephone import NumberFormat, all_from_wire, all_on_wire, from_wire, on_wire

NUMBERS = st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True)


@given(numbers=st.lists(NUMBERS), number_format=st.sampled_from(NumberFormat))
def test_numbers_come_back_from_the_wire_as_they_went(
    numbers: list[str], number_format: NumberFormat
) -> None:
    assert list(all_from_wire(all_on_wire(numbers, number_format))) == numbers


@given(texts=st.lists(st.text(max_size=15) | NUMBERS))
def test_many_texts_are_read_as_each_of_them(texts: list[str]) -> None:
    each = [from_wire(text) for text in texts if text and not text.isspace()]
    assert list(all_from_wire(texts)) == each


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3032281000", "+13032281000"),
        (" 303-228-1000 ", "+13032281000"),
        ("(303) 228.1000", "+13032281000"),
        ("13032281000", "+13032281000"),
        ("+13032281000", "+13032281000"),
        ("+442079460000", "+442079460000"),
        (" 12345 ", "12345"),
        ("\uff13032281000", "\uff13032281000"),
        ("...", "..."),
    ],
)
def test_number_text_is_read(text: str, number: str) -> None:
    assert from_wire(text) == number


@pytest.mark.parametrize("number_format", NumberFormat)
@pytest.mark.parametrize(
    "number",
    ["", "3032281000", "+11032281000", "+1303228100", "+130322810001", "+442079460000",
     "+13032281000\n", "+1303228100\u0660", "+13032281000\n+13032281001"],
)  # fmt: skip
def test_what_is_no_number_never_goes_out(number: str, number_format: NumberFormat) -> None:
    with pytest.raises(ValueError, match="not an E"):
        on_wire(number, number_format)
    with pytest.raises(ValueError, match="not an E"):
        all_on_wire([number], number_format)
