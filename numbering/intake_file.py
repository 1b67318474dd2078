"""A file of numbers to take in: its header, and its rows as a stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO

from numbering.csv_cells import plain_cell, printable
from numbering.table_file import (
    Row,
    UnreadableList,
    csv_rows,
    is_workbook,
    likely_delimiter,
    text_kind,
)
from numbering.workbook import streamed_sheet

ROWS_LIMIT = 500_000
COLUMNS_LIMIT = 100
_EMPTY_LINES_LIMIT = 5_000
# A quotation mark that is never closed makes one cell of everything after it.
_ROW_LIMIT = 20_000
_UNPACKED_LIMIT = 128 * 1024 * 1024
_WORKBOOK_CPU_SECONDS = 120
# What a column may be called; the first name is the one in the templates.
COLUMNS = {
    "number": ("number", "telephone number", "phone number", "telephone", "phone", "tn", "did"),
    "subscriber": ("subscriber", "subscriber name", "customer", "company", "business name"),
    "came by": ("came by", "origin", "how it came"),
    "site": ("site", "site id", "site name"),
    "sip peer": ("sip peer", "sip peer id", "peer", "location"),
    "locked": ("locked", "lock"),
}
# The column that the file of refused rows has besides its own; read again it counts for nothing.
REASON = "Reason refused"


@dataclass(frozen=True)
class Header:
    """Which column holds what."""

    columns: list[str]
    used: dict[str, int]
    # Where the reasons of an earlier upload stand, if this is a file of refused rows.
    reason_at: int | None = None

    @property
    def unused(self) -> list[str]:
        """The columns that say nothing to the portal."""
        known = set(self.used.values())
        return [name for index, name in enumerate(self.columns) if name and index not in known]

    @classmethod
    def read(cls, cells: Sequence[str]) -> "Header":
        """Read a file's header row. Raises UnreadableList when it names no column of numbers."""
        names = [_plain_name(cell) for cell in cells]
        if _plain_name(REASON) not in names:
            return cls.of(list(cells))
        reason_at = names.index(_plain_name(REASON))
        own = [plain_cell(cell) for index, cell in enumerate(cells) if index != reason_at]
        return replace(cls.of(own), reason_at=reason_at)

    @classmethod
    def of(cls, columns: list[str]) -> "Header":
        """Return the header that these columns, a file's own, make. Raises UnreadableList."""
        names = [_plain_name(column) for column in columns]
        used: dict[str, int] = {}
        for column, called in COLUMNS.items():
            if names.count(column) > 1:
                raise UnreadableList(f"Two columns are called “{column}”. Keep one of them.")
            found = [names.index(name) for name in called if name in names]
            if found:
                used[column] = found[0]
        if "number" not in used:
            raise UnreadableList(
                "The first row has to name the columns, and one of them has to be called "
                "“number”. Download a template to see how."
            )
        return cls(columns, used)

    def own_cells(self, cells: list[str]) -> list[str]:
        """Return a row's cells as they stood in the first upload."""
        if self.reason_at is None:
            return cells
        cells = cells[: self.reason_at] + cells[self.reason_at + 1 :]
        return [plain_cell(cell) for cell in cells]


@dataclass(frozen=True)
class IntakeFile:
    """An opened file: its header, about how many rows follow it, and the rows that do.

    A row without anything in it is an empty list.
    """

    header: Header
    rows_expected: int
    rows: Iterator[Row]


def open_intake(name: str, file: IO[bytes]) -> IntakeFile:
    """Open a CSV file or a workbook. Raises UnreadableList, also while the rows are read."""
    head = file.read(4)
    file.seek(0)
    if is_workbook(name, head):
        if head != b"PK\x03\x04":
            raise UnreadableList("This kind of workbook is not taken. Save it as XLSX or CSV.")
        sheet = streamed_sheet(
            file,
            rows_limit=ROWS_LIMIT,
            unpacked_limit=_UNPACKED_LIMIT,
            cpu_seconds=_WORKBOOK_CPU_SECONDS,
        )
        rows, expected = sheet.rows, sheet.height
    else:
        kind = text_kind(file)
        delimiter = likely_delimiter(_first_line(file, kind.encoding))
        rows, expected = csv_rows(file, kind.encoding, delimiter), kind.lines
    line, cells = _first_row(rows)
    header = Header.read(cells)
    _check(line, header.columns)
    return IntakeFile(header, max(0, expected - 1), _own_rows(header, rows))


def _first_line(file: IO[bytes], encoding: str) -> str:
    """The header alone tells the delimiter: further down there are names with commas."""
    head = file.read(16 * 1024).decode(encoding, errors="replace")
    file.seek(0)
    return next((line for line in head.splitlines() if line.strip()), "")


def _first_row(rows: Iterator[Row]) -> Row:
    """Return the first row that has something in it; there are millions of lines in an upload."""
    for count, (line, cells) in enumerate(rows):
        if any(cell.strip() for cell in cells):
            return line, [printable(cell) for cell in cells]
        if count == _EMPTY_LINES_LIMIT:
            raise UnreadableList(
                f"The file begins with more than {_EMPTY_LINES_LIMIT:,} empty lines. Delete them: "
                "the first row has to name the columns."
            )
    return 1, []


def _own_rows(header: Header, rows: Iterator[Row]) -> Iterator[Row]:
    """Give the rows with what the database can hold; one that holds nothing as an empty list."""
    for count, (line, given) in enumerate(rows, start=1):
        if count > ROWS_LIMIT:
            raise UnreadableList(f"The file has more than {ROWS_LIMIT:,} rows. Split it.")
        # What is ours beside the file's own was no part of what was let in before.
        cells = header.own_cells(given)
        text = _check(line, cells)
        if not (text.isascii() and text.isprintable()):
            cells = [printable(cell) for cell in cells]
        yield line, cells if text.strip() else []


def _check(line: int, cells: list[str]) -> str:
    """Return all that a row holds. Raises UnreadableList when that is more than a row has."""
    text = "".join(cells)
    if len(cells) > COLUMNS_LIMIT or len(text) > _ROW_LIMIT:
        raise UnreadableList(
            f"Line {line} has more than {COLUMNS_LIMIT} columns or {_ROW_LIMIT:,} characters. "
            "Is a quotation mark missing before it?"
        )
    return text


def _plain_name(cell: str) -> str:
    return " ".join(cell.casefold().replace("_", " ").replace("-", " ").split())
