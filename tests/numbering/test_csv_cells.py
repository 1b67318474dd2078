"""Cells of an export: what a spreadsheet would run, link or misread comes out as text."""

from __future__ import annotations

import csv
import io

import pytest

from numbering.csv_cells import csv_lines, safe_cell

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]


def read_back(*cells: object) -> list[list[str]]:
    """Write one row, and read the file as a program that keeps to RFC 4180 does."""
    return list(csv.reader(io.StringIO("".join(csv_lines([cells])), newline="")))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", ["", "  ", "\u00a0"])
def test_what_begins_like_a_formula_opens_as_text(before: str, start: str) -> None:
    """E01: after blanks as well, which a spreadsheet takes away."""
    text = f"{before}{start}1+1"
    assert read_back(text, "next") == [[f"'{text}", "next"]]


@pytest.mark.parametrize(
    "text",
    ['a",=1+1', 'a","=1+1', '",=1+1,"', "a,=1+1", "a\r\n=1+1", '""=1', "a;=1+1;b", "a; =1", "a|@b"],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_quote_or_a_separator_begins_no_cell_with_a_formula(text: str, separator: str) -> None:
    """E01: nor does it for a program that parts cells elsewhere, as some do by their language."""
    file = io.StringIO("".join(csv_lines([[text, "next"]])), newline="")
    cells = [cell for row in csv.reader(file, delimiter=separator) for cell in row]
    assert [cell for cell in cells if cell.strip(' "').startswith(tuple(STARTS))] == []
    assert len(read_back(text, "next")) == 1


def test_quotes_are_doubled() -> None:
    """E01: as RFC 4180 says."""
    assert "".join(csv_lines([["a", 'b"c']])) == '"a","b""c"\r\n'


@pytest.mark.parametrize("text", ["3032281000", "01201", "007", "0"])
def test_numbers_and_zeros_in_front_stay_as_they_are(text: str) -> None:
    """E03: in quotes, every digit."""
    assert "".join(csv_lines([[text]])) == f'"{text}"\r\n'


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\ud800"])
def test_a_control_character_or_half_a_character_does_not_break_the_file(char: str) -> None:
    """E04."""
    line = "".join(csv_lines([[f"a{char}b"]]))
    assert line.encode("utf-8").decode("utf-8") == '"a\ufffdb"\r\n'


def test_nothing_is_an_empty_cell() -> None:
    assert (safe_cell(None), safe_cell(0), safe_cell("")) == ("", "0", "")
