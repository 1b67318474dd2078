"""Files of numbers as people have them: every common form is read, what is none is refused."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numbering import intake_templates
from numbering.csv_cells import csv_lines, plain_cell, printable, safe_cell
from numbering.intake_cells import Place, Places, Reading, read_cells
from numbering.intake_file import COLUMNS, REASON, Header, IntakeFile, open_intake
from numbering.table_file import UnreadableList
from tests.numbering.test_number_list import workbook

CSV = (
    "Number,Subscriber,Note\n"
    "303-228-1000,Zoë’s Bakery,\n"
    '3032281001,"Two, Sons",x\n'
    ",,\n"
    '3032281002,Ada,"two\nlines"\n'
    "3032281003,Ada\n"
)
ROWS = [
    (2, ["303-228-1000", "Zoë’s Bakery", ""]),
    (3, ["3032281001", "Two, Sons", "x"]),
    (4, []),
    (5, ["3032281002", "Ada", "two\nlines"]),
    (7, ["3032281003", "Ada"]),
]
PLACES = Places(
    [
        Place("1001", "Main office", "5001", "Main", True),
        Place("1001", "Main office", "5002", "Spare", False),
        Place("1002", "Annex", "6001", "Main", False),
        Place("1003", "Two", "7001", "A", False),
        Place("1003", "Two", "7002", "B", False),
    ]
)


def opened(content: bytes, name: str = "a.csv") -> IntakeFile:
    return open_intake(name, io.BytesIO(content))


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.encode("utf-16"),
        CSV.encode("cp1252"),
        CSV.replace('"Two, Sons"', "Two, Sons").replace(",", ";").replace("; S", ", S").encode(),
        CSV.replace('"Two, Sons"', "Two, Sons").replace(",", "\t").replace("\t S", ", S").encode(),
        CSV.replace("\n", "\r\n").replace("two\r\n", "two\n").encode(),
    ],
)
def test_a_file_is_read_in_every_common_form(content: bytes) -> None:
    """F19: the header alone tells the delimiter, and lines are counted as in an editor."""
    file = opened(content)
    assert (file.header.used, file.header.unused) == ({"number": 0, "subscriber": 1}, ["Note"])
    assert list(file.rows) == ROWS
    assert file.rows_expected >= 5


def test_a_workbook_is_read_like_a_csv() -> None:
    content = workbook(("Note", "Phone number"), ("a", 3032281000), ("", ""), ("b", "303-228-1001"))
    file = opened(content, "a.xlsx")
    assert file.header.used == {"number": 1}
    assert list(file.rows) == [(2, ["a", "3032281000"]), (3, []), (4, ["b", "303-228-1001"])]


def test_columns_are_found_in_any_order_and_by_other_names() -> None:
    file = opened(b"LOCKED,Sip_Peer, Customer ,tn,Came-By,Site ID,,Customer\n")
    used = {"locked": 0, "sip peer": 1, "subscriber": 2, "number": 3, "came by": 4, "site": 5}
    assert (file.header.used, file.header.unused) == (used, ["Customer"])


def test_a_file_may_begin_with_empty_lines() -> None:
    file = opened(b"\n" * 5_000 + b"number\n3032281000\n")
    assert list(file.rows) == [(5002, ["3032281000"])]


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def _claiming(size: int) -> bytes:
    """A good workbook whose archive says that its sheet unpacks to so many bytes."""
    content = workbook(("number",), *[("3032281000",)] * 1000)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        true = archive.getinfo("xl/s.xml").file_size
    return content.replace(true.to_bytes(4, "little"), size.to_bytes(4, "little"))


UNREADABLE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "nothing": ("a.csv", lambda: b"", "called “number”"),
    "blank lines": ("a.csv", lambda: b"\n,,\n \n", "called “number”"),
    "nothing but lines": ("a.csv", lambda: b"\n" * (25 * 2**20), "5,000 empty lines"),
    "nothing but commas": ("a.csv", lambda: b",\r\n" * 5_001 + b"number\n1\n", "5,000 empty"),
    "empty lines without end": ("a.csv", lambda: b"number\n" + b"\n" * 500_001, "500,000 rows"),
    "empty rows": ("a.xlsx", lambda: workbook(*[(" ",)] * 5_001), "5,000 empty lines"),
    "no header": ("a.csv", lambda: b"3032281000,Ada\n3032281001,Bob\n", "called “number”"),
    "two number columns": ("a.csv", lambda: b"number,Number\n1,2\n", "Two columns"),
    "open quotation mark": (
        "a.csv",
        lambda: b'number,note\n3032281000,"a\n' + b"3032281001,b\n" * 2000,
        "quotation mark",
    ),
    "endless cell": ("a.csv", lambda: b"number\n" + b"1" * 200_000, "Line 2"),
    "too many columns": ("a.csv", lambda: b"number" + b",a" * 100, "100 columns"),
    "picture": ("a.csv", lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\xff\xfe", "not a text"),
    "old workbook": ("a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Save it as XLSX"),
    "cut workbook": ("a.xlsx", lambda: workbook(("number",))[:-200], "cannot be opened"),
    "bomb": ("a.xlsx", lambda: _claiming(129 * 2**20), "128 MiB"),
    "bomb that lies": ("a.xlsx", lambda: _claiming(1000), "damaged"),
    "macros": ("a.xlsm", lambda: _zip({"xl/vbaProject.bin": b"x"}), "macros"),
}


@pytest.mark.parametrize(("name", "make", "words"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_file_of_numbers_is_refused_with_advice(
    name: str, make: Callable[[], bytes], words: str
) -> None:
    with pytest.raises(UnreadableList, match=words):
        list(opened(make(), name).rows)


def test_what_the_database_cannot_hold_is_replaced() -> None:
    """R17: neither a NUL nor half a character reaches it."""
    assert list(opened(b"number\n303\x00\x1b5\n").rows) == [(2, ["303\ufffd\ufffd5"])]


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", ""]))
def test_any_file_is_read_or_refused(content: bytes, name: str) -> None:
    with suppress(UnreadableList):
        for _, cells in opened(b"number," + content, name).rows:
            "".join(cells).encode()


# --- Templates and files of refused rows ----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", intake_templates.template_csv().encode()),
        ("a.xlsx", intake_templates.template_xlsx()),
    ],
)
def test_a_template_names_all_columns_and_adds_nothing_as_it_is(name: str, content: bytes) -> None:
    file = opened(content, name)
    assert list(file.header.used) == list(COLUMNS)
    assert file.header.unused == []
    ((_, cells),) = file.rows
    assert "kept for films and examples" in read_cells(file.header, PLACES, cells).fault


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("=+-@'\",;|\t\r\n \u00a0＝"))))
def test_what_was_made_safe_for_spreadsheets_is_read_back_as_it_was(text: str) -> None:
    plain = printable(text)
    assert plain_cell(safe_cell(plain)) == plain


def test_a_file_of_refused_rows_is_read_as_the_first_one() -> None:
    cells = ["+13032281000", "=cmd", "'", "a;=1", "", "more than the header"]
    lines = csv_lines([[REASON, "number", "=note"], ["Because.", *cells]])
    file = opened("".join(lines).encode())
    assert (file.header.columns, file.header.used) == (["number", "=note"], {"number": 0})
    assert list(file.rows) == [(2, cells)]


@pytest.mark.parametrize("reason_at", [0, 50, 100])
def test_the_largest_rows_that_are_taken_are_taken_again_when_they_were_refused(
    reason_at: int,
) -> None:
    """The reason, and the apostrophes that disarm cells, do not count."""
    columns = ["number", *(f"=note {index}" for index in range(99))]
    row = ["=" * 10_000, *["-1"] * 98, "x" * (10_000 - 2 * 98)]
    first = "\n".join(",".join(cells) for cells in (columns, row))
    assert list(opened(first.encode()).rows) == [(2, row)]
    reasons = iter([REASON, "Because."])
    for cells in (columns, row):
        cells.insert(reason_at, next(reasons))
    again = opened("".join(csv_lines([columns, row])).encode())
    del row[reason_at]
    assert (len(again.header.columns), list(again.rows)) == (100, [(2, row)])


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ([REASON, *["a"] * 100, "number"], ["1"]),
        ([REASON, "number"], ["Because.", *["1"] * 101]),
        ([REASON, "number"], ["Because.", "x" * 20_001]),
    ],
)
def test_what_was_never_taken_is_not_taken_for_having_a_reason(
    columns: list[str], row: list[str]
) -> None:
    with pytest.raises(UnreadableList, match="more than 100 columns or 20,000 characters"):
        list(opened("".join(csv_lines([columns, row])).encode()).rows)


@pytest.mark.parametrize(
    "names",
    [
        [REASON, "number", "note"],
        [REASON, REASON, "number"],
        ["note", REASON, "reason_refused", "tn"],
        [REASON, "'=note", "number", "subscriber"],
    ],
)
def test_the_columns_that_are_kept_make_the_header_again(names: list[str]) -> None:
    """They are all that a file's page has, and the reason was taken out of them once."""
    header = opened("".join(csv_lines([names])).encode()).header
    again = Header.of(header.columns)
    assert (again.columns, again.used) == (header.columns, header.used)
    assert len(again.columns) == len(names) - 1


# --- Cells ----------------------------------------------------------------------------------

HEADER = opened(b"number,subscriber,came by,site,sip peer,locked").header


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("303-228-1000", Reading("+13032281000")),
        ("'+1 (303) 228-1000, Ada ", Reading("+13032281000", "Ada")),
        ("３０３２２８１０００", Reading("+13032281000")),
        ("800-228-1000,Ada,Order,,,YES", Reading("+18002281000", "Ada", "order", is_locked=True)),
        ("3032281000,,imported,,,0", Reading("+13032281000", "", "import", is_locked=False)),
        ("3032281000,,,1001,5002", Reading("+13032281000", "", "", "1001", "5002")),
        ("3032281000,,,main OFFICE,", Reading("+13032281000", "", "", "1001", "5001")),
        ("3032281000,,,Annex,", Reading("+13032281000", "", "", "1002", "6001")),
        ("3032281000,,,,6001", Reading("+13032281000", "", "", "1002", "6001")),
        ("3032281000,,,Annex,main", Reading("+13032281000", "", "", "1002", "6001")),
    ],
)
def test_a_rows_cells_are_read(cells: str, expected: Reading) -> None:
    """F02: digits that are not ASCII as well."""
    assert read_cells(HEADER, PLACES, cells.split(",")) == expected


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("", "It is empty"),
        ("3.03228E+09", "rounded"),  # F19
        ("=3032281000", "do not belong"),
        ("900-228-1000", "premium"),  # F06
        ("500-228-1000", "personal"),
        ("604-228-1000", "Canada"),  # F07
        ("+44 20 7946 0000", "United States"),
        ("303-911-1234", "service code"),  # F08
        ("303-055-1234", "2 to 9"),
        ("303-555-0123", "films"),
        ("3032281000," + "a" * 201, "200 characters"),
        ("3032281000,,bought", "“bought” under “came by”"),
        ("3032281000,,,,,perhaps", "“perhaps” under “locked”"),
        ("3032281000,,,9999", "no site “9999”"),
        ("3032281000,,,,9999", "no SIP peer “9999” at the carrier"),
        ("3032281000,,,1002,5001", "no SIP peer “5001” in site “1002”"),
        ("3032281000,,,,Main", "Several SIP peers are “Main”"),
        ("3032281000,,,Two", "several SIP peers"),
    ],
)
def test_what_is_unclear_in_a_row_is_its_fault(cells: str, fault: str) -> None:
    assert re.search(re.escape(fault), read_cells(HEADER, PLACES, cells.split(",")).fault)


def test_the_process_that_reads_a_workbook_does_not_outlive_its_reading() -> None:
    rows = [("number",), *((f"303228{line:04d}",) for line in range(5000))]
    half_read = opened(workbook(*rows), "numbers.xlsx")
    assert next(half_read.rows)[1] == ["3032280000"]
    assert readers() == 1
    del half_read
    assert readers() == 0


def readers() -> int:
    """Count the processes below this one that read workbooks."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(") ")[2].split()[1]
            words = (folder / "cmdline").read_bytes()
            count += int(parent) == os.getpid() and b"numbering.workbook_reader" in words
    return count
