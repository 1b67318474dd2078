"""Read telephone numbers out of whatever people paste or upload: good rows kept, bad rows named."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

import python_calamine

from numbering.phone import NotANumber, to_e164

FILE_LIMIT = 5 * 1024 * 1024
UNPACKED_LIMIT = 50 * 1024 * 1024
ROWS_LIMIT = 100_000
_CELL_LIMIT = 64
# Between numbers on one line. Blanks are not among them: people write 303 228 1000.
_SEPARATORS = re.compile(r"[,;|\t]+")
_DIGIT = re.compile(r"[0-9\uff10-\uff19\u0660-\u0669\u06f0-\u06f9]")
_HEADING = re.compile(r"(phone|number|tn|did|telephone|msisdn|mobile)", re.IGNORECASE)


class UnreadableList(ValueError):
    """The file as a whole cannot be read; the message says what to do."""


@dataclass(frozen=True)
class GoodRow:
    """A number that was read, with where it stood and how it was written."""

    line: int
    raw: str
    e164: str


@dataclass(frozen=True)
class BadRow:
    """A piece of text that is no number we can host, and why."""

    line: int
    raw: str
    reason: str


@dataclass(frozen=True)
class NumberList:
    """What was read: each good number once, in the order given, and every row that was refused."""

    good: tuple[GoodRow, ...]
    bad: tuple[BadRow, ...]
    repeated: tuple[GoodRow, ...]

    @property
    def e164s(self) -> tuple[str, ...]:
        """The good numbers."""
        return tuple(row.e164 for row in self.good)


def read_text(text: str) -> NumberList:
    """Read pasted text: numbers one a line, or several parted by commas, semicolons or tabs."""
    pieces = (
        (line, piece)
        for line, whole in enumerate(text.splitlines(), start=1)
        for piece in _pieces(whole)
    )
    return _collect(pieces)


def read_file(name: str, content: bytes) -> NumberList:
    """Read an uploaded CSV, text or Excel file. Raises UnreadableList when it is none of these."""
    if len(content) > FILE_LIMIT:
        raise UnreadableList("The file is larger than 5 MiB. Split it and upload the parts.")
    if content[:4] == b"PK\x03\x04" or name.lower().endswith((".xlsx", ".xls", ".ods")):
        return _collect(_number_cells(_workbook_rows(content)))
    return _collect(_number_cells(_csv_rows(_decode(content))))


def _pieces(whole: str) -> list[str]:
    """Split a line; where a blank-parted line holds several whole numbers, split there as well."""
    pieces = [piece.strip().strip("\"'") for piece in _SEPARATORS.split(whole)]
    result: list[str] = []
    for piece in pieces:
        words = piece.split()
        if len(words) > 1 and all(len(_DIGIT.findall(word)) >= 10 for word in words):
            result += words
        elif piece:
            result.append(piece)
    return result


def _decode(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        if b"\x00" in content[:1024]:
            raise UnreadableList(
                "This is not a text or Excel file. Save it as CSV or XLSX and upload it again."
            ) from None
        return content.decode("latin-1")  # a list of digits survives any single-byte code page


def _csv_rows(text: str) -> list[tuple[int, list[str]]]:
    head = text[:4096]
    delimiter = max(",;\t|", key=head.count)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            rows.append((line, cells))
            line = reader.line_num + 1
            if len(rows) > ROWS_LIMIT:
                raise UnreadableList(f"The file has more than {ROWS_LIMIT:,} rows. Split it.")
    except csv.Error as error:
        raise UnreadableList(f"Line {line} cannot be read as CSV: {error}.") from error
    return rows


def _workbook_rows(content: bytes) -> list[tuple[int, list[str]]]:
    try:
        if content[:2] == b"PK" and _unpacked_size(content) > UNPACKED_LIMIT:
            raise UnreadableList(
                "The workbook unpacks to more than 50 MiB. Save the numbers as CSV and upload that."
            )
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        if sheet.total_height > ROWS_LIMIT or sheet.total_width > 200:
            raise UnreadableList(f"The sheet is larger than {ROWS_LIMIT:,} rows. Split it.")
        first = (sheet.start or (0, 0))[0] + 1
        return [
            (first + index, [_cell_text(cell) for cell in row])
            for index, row in enumerate(sheet.iter_rows())
        ]
    except UnreadableList:
        raise
    except Exception as error:  # calamine raises its own and the file format's errors alike
        raise UnreadableList(
            "The workbook cannot be opened. Save it as XLSX or CSV and upload it again."
        ) from error


def _unpacked_size(content: bytes) -> int:
    """Return the bytes that a zipped workbook says it unpacks to, without unpacking it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(part.file_size for part in archive.infolist())


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _number_cells(rows: list[tuple[int, list[str]]]) -> list[tuple[int, str]]:
    """Pick the column of numbers: the one under a telling heading, else the one with most."""
    if not rows:
        return []
    width = max((len(cells) for _, cells in rows), default=0)
    if width <= 1:
        return [(line, piece) for line, cells in rows for cell in cells for piece in _pieces(cell)]
    heading = rows[0][1]
    looks_like_heading = not any(_is_number(cell) for cell in heading)
    column = None
    if looks_like_heading:
        column = next((i for i, cell in enumerate(heading) if _HEADING.search(cell)), None)
    if column is None:
        sample = rows[:200]
        scores = [
            sum(1 for _, cells in sample if i < len(cells) and _is_number(cells[i]))
            for i in range(width)
        ]
        if max(scores) == 0 or sum(1 for score in scores if score) > 1:
            # Numbers side by side, or none at all: take every cell that holds a digit.
            return [
                (line, cell.strip())
                for line, cells in rows
                for cell in cells
                if _DIGIT.search(cell)
            ]
        column = scores.index(max(scores))
    body = rows[1:] if looks_like_heading else rows
    return [(line, cells[column].strip()) for line, cells in body if column < len(cells)]


def _is_number(cell: str) -> bool:
    try:
        to_e164(cell)
    except NotANumber:
        return False
    return True


def _collect(pieces: Iterable[tuple[int, str]]) -> NumberList:
    good: dict[str, GoodRow] = {}
    bad: list[BadRow] = []
    repeated: list[GoodRow] = []
    for index, (line, piece) in enumerate(pieces):
        if not piece:
            continue
        try:
            e164 = to_e164(piece)
        except NotANumber as error:
            if index == 0 and not _DIGIT.search(piece):
                continue  # a heading
            bad.append(BadRow(line=line, raw=_shown(piece), reason=str(error)))
            continue
        row = GoodRow(line=line, raw=_shown(piece), e164=e164)
        if e164 in good:
            repeated.append(row)
        else:
            good[e164] = row
    return NumberList(good=tuple(good.values()), bad=tuple(bad), repeated=tuple(repeated))


def _shown(piece: str) -> str:
    """Make refused text safe to store and show: bounded, no control characters or surrogates."""
    text = piece if piece.isascii() else piece.encode("utf-8", "replace").decode("utf-8")
    if not text.isprintable():
        text = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return text if len(text) <= _CELL_LIMIT else text[: _CELL_LIMIT - 1] + "…"
