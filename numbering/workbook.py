"""The rows of a workbook as a stream.

The library that reads workbooks holds a whole one in memory, and a workbook comes from outside. So
a process of its own reads it, with limits, and hands the rows over one by one: the worker's memory
stays flat, and a fault of the library ends nothing but that process.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from numbering.table_file import LONGEST_ROW, Row, Sheet, UnreadableList

_PROJECT = Path(__file__).resolve().parent.parent
_READER = "numbering.workbook_reader"
_BROKEN = "The workbook cannot be read to its end. Save it as CSV and upload that."
# The longest row, were each of its characters written in six bytes, with its cells' marks.
_LONGEST_LINE = 8 * LONGEST_ROW


def streamed_sheet(
    file: IO[bytes], *, rows_limit: int, unpacked_limit: int, cpu_seconds: int
) -> Sheet:
    """Open a workbook as `table_file.first_sheet` does, in a process of its own.

    It gets so many seconds of the processor. The rows are to be read to their end or closed. Raises
    UnreadableList, also while they are read.
    """
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        reader = subprocess.Popen(  # noqa: S603 - our own module; nothing of the file's in it
            [
                sys.executable,
                "-m",
                _READER,
                str(rows_limit),
                str(unpacked_limit),
                str(cpu_seconds),
            ],
            stdin=copy,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_PROJECT,
            # No secrets for the reader, and no programs to call.
            env={"PATH": "", "LC_ALL": "C.UTF-8"},
        )
    rows = _rows(reader)
    first = next(rows, None)
    match first:
        case {"height": int(height)}:
            return Sheet(height, _only_rows(rows))
        case {"refused": str(message)}:
            rows.close()
            raise UnreadableList(message)
    rows.close()
    raise UnreadableList(_BROKEN)


def _rows(reader: "subprocess.Popen[bytes]") -> Generator[object]:
    """Give what the reader says, line by line; it does not outlive this."""
    with reader:
        try:
            assert reader.stdout is not None
            while line := reader.stdout.readline(_LONGEST_LINE):
                yield json.loads(line.decode())
        except ValueError:
            return  # it ended in the middle of a line, or the line has no end
        finally:
            reader.kill()


def _only_rows(said: Generator[object]) -> Iterator[Row]:
    with closing(said):
        yield from _checked(said)


def _checked(said: Iterator[object]) -> Iterator[Row]:
    for value in said:
        match value:
            case list(rows):
                yield from map(_row, rows)
            case {"end": True}:
                return
            case {"refused": str(message)}:
                raise UnreadableList(message)
            case _:
                raise UnreadableList(_BROKEN)
    raise UnreadableList(_BROKEN)


def _row(value: object) -> Row:
    match value:
        case [int(line), list(cells)]:
            return line, [str(cell) for cell in cells]
    raise UnreadableList(_BROKEN)
