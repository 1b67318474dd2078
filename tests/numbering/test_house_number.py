"""House numbers as people write them, and what is sent of them."""

from __future__ import annotations

import pytest

from numbering.house_number import NoHouseNumber, join_house_number, split_house_number


@pytest.mark.parametrize(
    ("written", "number", "suffix", "joined"),
    [
        ("12", "12", "", "12"),
        ("12B", "12", "B", "12B"),
        ("12 B", "12", "B", "12B"),
        ("1/2", "1", "/2", "1/2"),
        ("½", "1", "/2", "1/2"),
        ("14 1/2", "14", "1/2", "14 1/2"),
        ("14½", "14", "1/2", "14 1/2"),
        ("37-21", "37", "-21", "37-21"),
        (" 007 ", "007", "", "007"),
    ],
)
def test_digits_are_the_number_and_the_rest_is_the_suffix(
    written: str, number: str, suffix: str, joined: str
) -> None:
    """F13: the written rule."""
    assert split_house_number(written) == (number, suffix)
    assert join_house_number(number, suffix) == joined
    assert split_house_number(joined) == (number, suffix)


@pytest.mark.parametrize(
    "written", ["", "B12", "One", "１２", "١٢", "123456789", "1 rear building"]
)
def test_what_the_carrier_could_not_take_is_refused_with_what_to_do(written: str) -> None:
    """F13: no guess is made of it."""
    with pytest.raises(NoHouseNumber, match=r"digit|characters"):
        split_house_number(written)
