"""Read telephone numbers out of whatever people paste or upload: good rows kept, bad rows named."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from numbering.phone import NotANumber, to_e164
from numbering.table_file import ROWS_LIMIT, UNPACKED_LIMIT, Row, csv_rows, is_workbook, text_kind
from numbering.table_file import UnreadableList as UnreadableList
from numbering.workbook import streamed_sheet

FILE_LIMIT = 5 * 1024 * 1024
_CELL_LIMIT = 64
# Somebody waits for the answer.
_WORKBOOK_CPU_SECONDS = 20
_COLUMNS_LIMIT = 10_000
# So many rows, and about so many cells, tell which column holds the numbers.
_SAMPLE_ROWS, _SAMPLE_CELLS = 200, 20_000
# Between numbers on one line. Blanks are not among them: people write 303 228 1000.
_SEPARATORS = re.compile(r"[,;|\t]+")
_DIGIT = re.compile(r"[0-9\uff10-\uff19\u0660-\u0669\u06f0-\u06f9]")
_HEADING = re.compile(r"(phone|number|tn|did|telephone|msisdn|mobile)", re.IGNORECASE)


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
    if is_workbook(name, content):
        sheet = streamed_sheet(
            io.BytesIO(content),
            rows_limit=ROWS_LIMIT,
            unpacked_limit=UNPACKED_LIMIT,
            cpu_seconds=_WORKBOOK_CPU_SECONDS,
        )
        rows = list(sheet.rows)
    else:
        rows = _csv_rows(content)
    return _collect(_bounded(_number_cells(rows)))


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


def _csv_rows(content: bytes) -> list[Row]:
    rows = list(
        islice(
            csv_rows(io.BytesIO(content), text_kind(io.BytesIO(content)).encoding), ROWS_LIMIT + 1
        )
    )
    if len(rows) > ROWS_LIMIT:
        raise UnreadableList(f"The file has more than {ROWS_LIMIT:,} rows. Split it.")
    return rows


def _bounded(pieces: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Refuse what would take long to read, before the first of it is."""
    found = list(islice(pieces, ROWS_LIMIT + 1))
    if len(found) > ROWS_LIMIT:
        raise UnreadableList(
            f"The file has more than {ROWS_LIMIT:,} cells that may be numbers. Leave the other "
            "columns out, or split it."
        )
    return found


def _number_cells(rows: list[Row]) -> Iterable[tuple[int, str]]:
    """Pick the column of numbers: the one under a telling heading, else the one with most."""
    if not rows:
        return ()
    width = max((len(cells) for _, cells in rows), default=0)
    if width > _COLUMNS_LIMIT:
        raise UnreadableList(
            f"A line has more than {_COLUMNS_LIMIT:,} columns. Put each number on a line of its "
            "own."
        )
    if width <= 1:
        return ((line, piece) for line, cells in rows for cell in cells for piece in _pieces(cell))
    heading = rows[0][1]
    looks_like_heading = not any(_is_number(cell) for cell in heading)
    column = None
    if looks_like_heading:
        column = next((i for i, cell in enumerate(heading) if _HEADING.search(cell)), None)
    if column is None:
        scores = _scores(rows[:_SAMPLE_ROWS], width)
        if max(scores) == 0 or sum(1 for score in scores if score) > 1:
            # Numbers side by side, or none at all: take every cell that holds a digit.
            return (
                (line, cell.strip())
                for line, cells in rows
                for cell in cells
                if _DIGIT.search(cell)
            )
        column = scores.index(max(scores))
    body = rows[1:] if looks_like_heading else rows
    return [(line, cells[column].strip()) for line, cells in body if column < len(cells)]


def _scores(sample: list[Row], width: int) -> list[int]:
    """Count the numbers in each column of some rows."""
    scores = [0] * width
    looked_at = 0
    for _, cells in sample:
        for index, cell in enumerate(cells):
            scores[index] += _is_number(cell)
        looked_at += len(cells)
        if looked_at >= _SAMPLE_CELLS:
            break
    return scores


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
