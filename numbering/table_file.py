"""Rows out of an uploaded CSV file or workbook, with limits, line by line.

A CSV file is never held in memory as a whole. A workbook is, by the library that reads it; what it
unpacks to is therefore bounded, and unpacked once by way of trial. An archive can lie about it all
the same, and two cells far apart make the library take memory for all between them, until the
process ends: only `numbering.workbook` opens workbooks, in a process of its own.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import python_calamine

from numbering.workbook_parts import most_text, read_part, shared_text

UNPACKED_LIMIT = 50 * 1024 * 1024
ROWS_LIMIT = 100_000
_WORKBOOK_COLUMNS = 200
# Empty ones between others included, each of which costs time.
_WORKBOOK_CELLS = 5_000_000
# What Excel itself lets stand in a cell, in characters.
CELL_LIMIT = 32_767
# Characters from one row to the next. A row of a million cells would cost hundreds of megabytes.
LONGEST_ROW = 256 * 1024
_CELL_TOO_LONG = (
    f"A cell of the workbook holds more than {CELL_LIMIT:,} characters. Take it out, or save the "
    "numbers as CSV and upload that."
)
_BLOCK = 64 * 1024

# Where a row begins, as editors and spreadsheets count, and its cells.
Row = tuple[int, list[str]]


class UnreadableList(ValueError):
    """The file as a whole cannot be read; the message says what to do."""


@dataclass(frozen=True)
class TextKind:
    """How the bytes of a text file are to be read, and about how many lines it has."""

    encoding: str
    lines: int


def is_workbook(name: str, head: bytes) -> bool:
    """Whether a file is a workbook by its first bytes, or calls itself one."""
    return head[:4] == b"PK\x03\x04" or name.lower().endswith((".xlsx", ".xls", ".ods"))


def text_kind(file: IO[bytes]) -> TextKind:
    """Look through a text file for its encoding. Raises UnreadableList when it is no text.

    A byte order mark decides; without one it is UTF-8, or else the code page of older Windows.
    """
    head = file.read(_BLOCK)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, block = 0, head
    try:
        while block:
            lines += decoder.decode(block).count("\n")
            block = file.read(_BLOCK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if b"\x00" in head[:1024]:
            raise UnreadableList(
                "This is not a text or Excel file. Save it as CSV or XLSX and upload it again."
            ) from None
        encoding = "cp1252"
        lines += block.count(b"\n") + sum(
            part.count(b"\n") for part in iter(lambda: file.read(_BLOCK), b"")
        )
    file.seek(0)
    return TextKind(encoding, lines + 1)


def likely_delimiter(text: str) -> str:
    """Return what parts the cells, judging by how often it is there."""
    return max(",;\t|", key=text.count)


def csv_rows(file: IO[bytes], encoding: str, delimiter: str = "") -> Iterator[Row]:
    """Give the rows of a CSV file. Raises UnreadableList where it is no CSV.

    Without a delimiter it is the likeliest by the beginning of the file.
    """
    # Single bytes that the old code page has no character for do not make a list unreadable.
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    if not delimiter:
        delimiter = likely_delimiter(text.read(4096))
        text.seek(0)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
            lines.length = 0
    except _RowTooLongError:
        raise UnreadableList(
            f"Line {line} is too long to be a row of a list. Put each row on a line of its own."
        ) from None
    except csv.Error as error:
        raise UnreadableList(f"Line {line} cannot be read as CSV: {error}.") from error
    finally:
        if not file.closed:
            text.detach()  # it is the caller's to close


class _RowTooLongError(Exception):
    pass


class _Lines:
    """The lines of a text for a CSV reader. `length` counts the characters of the present row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self.length += len(line)
        if self.length >= LONGEST_ROW:
            raise _RowTooLongError
        return line


@dataclass(frozen=True)
class Sheet:
    """The first sheet of a workbook: how many rows it has, and the rows."""

    height: int
    rows: Iterator[Row]


def first_sheet(file: IO[bytes], *, rows_limit: int, unpacked_limit: int) -> Sheet:
    """Open a workbook. Raises UnreadableList when it is none, holds macros or is too large.

    For `numbering.workbook`: it may take the process with it.
    """
    try:
        if file.read(2) == b"PK":
            _look_inside(file, unpacked_limit)
        file.seek(0)
        sheet = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
    except UnreadableList:
        raise
    except BaseException as error:
        # Calamine raises its own and the file format's errors alike, and where it has a fault of
        # its own what is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableList(
            "The workbook cannot be opened. Save it as XLSX or CSV and upload it again."
        ) from error
    if sheet.total_height > rows_limit or sheet.total_width > _WORKBOOK_COLUMNS:
        raise UnreadableList(
            f"The sheet is larger than {rows_limit:,} rows or {_WORKBOOK_COLUMNS} columns. Split "
            "it."
        )
    if sheet.total_height * sheet.total_width > _WORKBOOK_CELLS:
        raise UnreadableList(
            f"The sheet has more than {_WORKBOOK_CELLS:,} cells, with the empty ones between them. "
            "Save it as CSV and upload that."
        )
    first = (sheet.start or (0, 0))[0] + 1
    return Sheet(
        sheet.total_height,
        (
            (first + index, [_cell_text(cell) for cell in row])
            for index, row in enumerate(sheet.iter_rows())
        ),
    )


def _look_inside(file: IO[bytes], unpacked_limit: int) -> None:
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if sum(info.file_size for info in infos) > unpacked_limit:
            raise UnreadableList(
                f"The workbook unpacks to more than {unpacked_limit // 2**20} MiB. Save the "
                "numbers as CSV and upload that."
            )
        if any(info.filename.lower().endswith("vbaproject.bin") for info in infos):
            raise UnreadableList(
                "The workbook holds macros. Save it as XLSX without them, or as CSV."
            )
        parts = []
        for info in infos:
            try:
                # To the size that it says it has, with a check that this was all of it.
                parts.append(read_part(archive, info))
            except zipfile.BadZipFile:
                raise UnreadableList(
                    "The workbook is damaged. Save it anew and upload it again."
                ) from None
        if any(part.has_doctype for part in parts):
            raise UnreadableList(
                "The workbook has a DOCTYPE, which no spreadsheet writes. Save it anew as XLSX or "
                "CSV and upload that."
            )
        if most_text(parts) > unpacked_limit:
            shared = shared_text(archive, parts)
            if shared.longest > CELL_LIMIT:
                raise UnreadableList(_CELL_TOO_LONG)
            if shared.written_out > unpacked_limit:
                raise too_much_text(unpacked_limit)


def check_row(row: Row) -> None:
    """Raise UnreadableList for a row of a workbook that no spreadsheet would have written."""
    line, cells = row
    if max(map(len, cells), default=0) > CELL_LIMIT:
        raise UnreadableList(_CELL_TOO_LONG)
    if sum(map(len, cells)) > LONGEST_ROW:
        raise UnreadableList(
            f"Line {line} is too long to be a row of a list. Put each row on a line of its own."
        )


def too_much_text(limit: int) -> UnreadableList:
    """Return the refusal of a workbook whose cells hold more than so many bytes."""
    return UnreadableList(
        f"The cells of the workbook hold more than {limit // 2**20} MiB of text. Leave out the "
        "columns that are not needed, or split it."
    )


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
