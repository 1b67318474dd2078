"""Lists of numbers as people paste and upload them: good rows kept, bad rows named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numbering.number_list import FILE_LIMIT, NumberList, UnreadableList, read_file, read_text
from numbering.table_file import ROWS_LIMIT, UNPACKED_LIMIT, first_sheet

ONE, TWO, THREE = "+13032281000", "+13032281001", "+12122281002"


def bad_rows(numbers: NumberList) -> list[tuple[int, str]]:
    """Give line and text of each refused row."""
    return [(row.line, row.raw) for row in numbers.bad]


# --- Pasted text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "303-228-1000\n303-228-1001\n212-228-1002",
        "3032281000, 3032281001; 2122281002",
        "3032281000\t3032281001\t2122281002",
        "3032281000 3032281001 2122281002",
        "303 228 1000\r\n303 228 1001\r\n\r\n  212 228 1002  ",
        '"3032281000","3032281001","2122281002"',
        "Numbers:\n(303) 228-1000\n(303) 228-1001\n(212) 228-1002",
        "3032281000 | 3032281001 | 2122281002",
    ],
)
def test_pasted_numbers_are_read_however_they_are_parted(text: str) -> None:
    numbers = read_text(text)
    assert (numbers.e164s, numbers.bad, numbers.repeated) == ((ONE, TWO, THREE), (), ())


def test_a_bad_row_is_named_with_its_line_and_the_good_ones_are_kept() -> None:
    numbers = read_text("3032281000\nhello 5\n\n604-228-1000\n3032281001")
    assert numbers.e164s == (ONE, TWO)
    assert bad_rows(numbers) == [(2, "hello 5"), (4, "604-228-1000")]
    assert "Canada" in numbers.bad[1].reason


def test_a_number_given_twice_is_taken_once_and_said() -> None:
    numbers = read_text("3032281000\n(303) 228-1000\n+1 303 228 1000")
    assert numbers.e164s == (ONE,)
    assert [(row.line, row.raw) for row in numbers.repeated] == [
        (2, "(303) 228-1000"),
        (3, "+1 303 228 1000"),
    ]


def test_what_is_shown_of_a_bad_row_is_bounded_and_harmless() -> None:
    numbers = read_text("1" * 500 + "\n5\x00\x1b[31m\ud800\u202e")
    assert [len(row.raw) for row in numbers.bad] == [64, 9]
    assert all(row.raw.isprintable() for row in numbers.bad)
    "".join(row.raw for row in numbers.bad).encode("utf-8")


# --- Files ----------------------------------------------------------------------------------

CSV = "name,phone number,city\nAda,303-228-1000,Denver\nBob,3032281001,Denver\nCy,2122281002,NYC\n"


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.encode("utf-16"),
        CSV.replace(",", ";").encode(),
        CSV.replace(",", "\t").encode(),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("Denver", "Dünver").encode("latin-1"),
        b"303-228-1000\n303-228-1001\n212-228-1002",
        b"Ada,303-228-1000\nBob,303-228-1001\nCy,212-228-1002",
        b'note,phone\n"two\nlines",3032281000\n"x",3032281001\n"y, z",2122281002\n',
        b"3032281000,3032281001,2122281002\n",
        b"3032281000.0\n3032281001.0\n2122281002.0\n",
    ],
)
def test_a_list_is_read_in_every_common_form(content: bytes) -> None:
    """F19: and nothing beside the numbers is complained of."""
    numbers = read_file("list.csv", content)
    assert (numbers.e164s, numbers.bad, numbers.repeated) == ((ONE, TWO, THREE), (), ())


def test_the_column_of_numbers_is_told_from_other_digits() -> None:
    content = b"id,account,tn\n1,5550001111,3032281000\n2,5550002222,3032281001\n"
    assert read_file("list.csv", content).e164s == (ONE, TWO)


def test_a_spreadsheets_rounded_number_is_refused_and_its_line_named() -> None:
    """F19: nothing is guessed."""
    numbers = read_file("list.csv", b"phone\n3032281000\n3.03228E+09\n")
    assert (numbers.e164s, bad_rows(numbers)) == ((ONE,), [(3, "3.03228E+09")])
    assert "rounded" in numbers.bad[0].reason


def test_a_formula_is_refused_and_shown_as_it_was() -> None:
    """F19."""
    numbers = read_file("list.csv", b"phone\n=3032281000\n@SUM(1)\n3032281000\n")
    assert (numbers.e164s, bad_rows(numbers)) == ((ONE,), [(2, "=3032281000"), (3, "@SUM(1)")])


def test_the_line_of_a_row_counts_the_lines_of_the_file() -> None:
    """F19."""
    content = b'note,phone\n"a\nb\nc",3032281000\nd,12345\n'
    assert bad_rows(read_file("list.csv", content)) == [(5, "12345")]


def workbook(*rows: tuple[object, ...]) -> bytes:
    """Write the smallest XLSX that holds the rows; numbers are number cells."""
    lines = []
    for index, row in enumerate(rows, start=1):
        cells = "".join(
            f'<c r="{chr(65 + column)}{index}"><v>{value}</v></c>'
            if isinstance(value, int | float)
            else f'<c r="{chr(65 + column)}{index}" t="inlineStr"><is><t>{value}</t></is></c>'
            for column, value in enumerate(row)
        )
        lines.append(f'<row r="{index}">{cells}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/s.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="s.xml"/></Relationships>',
        "xl/s.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData>'
        "</worksheet>",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return content.getvalue()


def test_a_workbook_is_read_whether_its_cells_are_numbers_or_text() -> None:
    content = workbook(
        ("name", "phone"), ("Ada", 3032281000), ("Bob", "303-228-1001"), ("Cy", "no")
    )
    numbers = read_file("list.xlsx", content)
    assert (numbers.e164s, bad_rows(numbers)) == ((ONE, TWO), [(4, "no")])


UNREADABLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "too large": ("list.csv", lambda: b"1" * (FILE_LIMIT + 1)),
    "no workbook": ("list.xlsx", lambda: b"hello"),
    "cut workbook": ("list.xlsx", lambda: workbook(("3032281000",))[:-200]),
    "zip without a sheet": ("list.csv", lambda: _zip({"a.txt": b"x"})),
    "bomb": ("list.xlsx", lambda: _zip({"xl/s.xml": b"0" * (51 * 1024 * 1024)})),
    "picture": ("list.csv", lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\xff\xfe"),
    "too many rows": ("list.csv", lambda: b"1\n" * 100_001),
    "endless cell": ("list.csv", lambda: b'"' + b"1" * 200_000),
    "ten thousand columns": ("list.csv", lambda: b"1," * 10_000 + b"1"),
    "half a million cells": ("list.csv", lambda: (b"1," * 100 + b"\n") * 5_000),
    "cells far apart": ("list.xlsx", lambda: far_apart("XFD", 1_048_576)),
    "cells fairly far apart": ("list.xlsx", lambda: far_apart("GR", 26_000)),
}


def far_apart(column: str, row: int) -> bytes:
    """Write a workbook of two cells, of which the second stands there."""
    with zipfile.ZipFile(io.BytesIO(workbook(("phone",), ("3032281000",)))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/s.xml"].decode()
    parts["xl/s.xml"] = (
        sheet.replace('"A2"', f'"{column}{row}"').replace('r="2"', f'r="{row}"').encode()
    )
    return _zip(parts)


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


@pytest.mark.parametrize(("name", "make"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_list_is_refused_with_advice(name: str, make: Callable[[], bytes]) -> None:
    """F19: and whatever the file is, it takes no process of ours with it."""
    with pytest.raises(UnreadableList, match=r"\.$"):
        read_file(name, make())


@pytest.mark.parametrize("cell", [b"1,", b'"\n",'])
def test_a_row_without_end_is_not_read_to_its_end(cell: bytes) -> None:
    """F19: a million cells in one line, and in one row of many lines."""
    with pytest.raises(UnreadableList, match="Line 2 is too long to be a row"):
        read_file("list.csv", b"phone,note\n" + cell * 1_000_000)


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    name, make = UNREADABLE["bomb"]
    with pytest.raises(UnreadableList, match="50 MiB"):
        read_file(name, make())


# --- Anything at all ------------------------------------------------------------------------

_GOOD = st.sampled_from([ONE, "303-228-1001", "(212) 228-1002"])
_LINES = st.lists(st.one_of(_GOOD, st.text(max_size=12)), max_size=12)


@given(_LINES)
def test_good_lines_are_never_lost_among_bad_ones(lines: list[str]) -> None:
    numbers = read_text("\n".join(lines))
    expected = {"303-228-1001": TWO, "(212) 228-1002": THREE, ONE: ONE}
    assert {expected[line] for line in lines if line in expected} <= set(numbers.e164s)
    assert len(set(numbers.e164s)) == len(numbers.good)


@given(_LINES)
def test_reading_the_result_again_gives_the_same(lines: list[str]) -> None:
    numbers = read_text("\n".join(lines))
    again = read_text("\n".join(numbers.e164s))
    assert (again.e164s, again.bad, again.repeated) == (numbers.e164s, (), ())


@given(st.text(max_size=200))
def test_any_pasted_text_is_read(text: str) -> None:
    for row in read_text(text).bad:
        assert row.reason
        assert row.raw.isprintable()


def test_five_thousand_numbers_side_by_side_are_a_list() -> None:
    numbers = read_file("list.csv", b",".join(b"303228%04d" % line for line in range(5000)))
    assert (len(numbers.good), numbers.bad) == (5000, ())


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    with suppress(UnreadableList):
        read_file("a.csv", content)


@given(st.data())
def test_a_bent_workbook_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(workbook(("name", "phone"), ("Ada", 3032281000)))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = io.BytesIO(content)
    with suppress(UnreadableList):
        # As the process that opens workbooks does: to start one for each try takes too long.
        list(first_sheet(file, rows_limit=ROWS_LIMIT, unpacked_limit=UNPACKED_LIMIT).rows)
