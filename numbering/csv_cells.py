"""Cells of a CSV file that no spreadsheet runs, links or misreads."""

import csv
import re
from collections.abc import Iterable, Sequence

# What a spreadsheet takes for the beginning of a formula, in the wide forms as well.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A program that parts cells elsewhere than we do would begin a cell after one of these.
_INNER_START = re.compile(r"""([;,|\t\r\n"'][ \u00a0]*)([=+\-@\uff1d\uff0b\uff0d\uff20])""")
_INNER_DISARMED = re.compile(r"""([;,|\t\r\n"'][ \u00a0]*)'([=+\-@\uff1d\uff0b\uff0d\uff20])""")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Echo:
    """Gives back what is written, which is all that the writer needs of a file."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: object) -> str:
    """Return a value as text that opens as text: an apostrophe disarms what looks like a formula.

    So it does inside, after what another program may take for the end of a cell. Control
    characters and lone surrogates become the replacement character.
    """
    text = printable("" if value is None else str(value))
    text = _INNER_START.sub(r"\1'\2", text)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_STARTS) else text


def plain_cell(text: str) -> str:
    """Return what was made safe: takes back the apostrophes of `safe_cell`, and no others."""
    if text.startswith("'") and text[1:].lstrip(" \u00a0").startswith(_STARTS):
        text = text[1:]
    return _INNER_DISARMED.sub(r"\1\2", text)


def printable(text: str) -> str:
    """Return the text with control characters and lone surrogates replaced."""
    return _UNPRINTABLE.sub("\ufffd", text)


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterable[str]:
    """Give each row as a line of CSV (RFC 4180), every cell quoted and safe."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])
