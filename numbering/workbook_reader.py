"""Read one workbook in a process of its own; see `numbering.workbook`.

Started as `python -m numbering.workbook_reader ROWS BYTES SECONDS`, the most rows, unpacked bytes
and seconds of the processor, with the workbook as standard input. Answers JSON lines in UTF-8:
first `{"height": 3}`, then lists of rows, each a `[line, cells]`, last `{"end": true}`. Where it
can read no further, `{"refused": "…"}` is the last instead.
"""

import json
import sys
from collections.abc import Iterator
from itertools import islice

from numbering.process_limits import limit_process
from numbering.table_file import (
    CELL_LIMIT,
    Row,
    UnreadableList,
    check_row,
    first_sheet,
    too_much_text,
)

# The largest workbook within the limits takes about half of it.
_MEMORY_LIMIT = 1024**3
# Rows that are said in one line.
_AT_ONCE = 40
_JSON = json.JSONEncoder(ensure_ascii=False)


def main() -> None:
    """Read standard input and answer."""
    rows_limit, unpacked_limit, cpu_seconds = map(int, sys.argv[1:4])
    limit_process(memory_bytes=_MEMORY_LIMIT, cpu_seconds=cpu_seconds)
    try:
        sheet = first_sheet(sys.stdin.buffer, rows_limit=rows_limit, unpacked_limit=unpacked_limit)
        _say({"height": sheet.height})
        _say_rows(sheet.rows, text_limit=unpacked_limit)
        _say({"end": True})
    except UnreadableList as error:
        _say({"refused": str(error)})


def _say_rows(rows: Iterator[Row], *, text_limit: int) -> None:
    """Say the rows. Raises UnreadableList where they hold more than so many bytes."""
    left = text_limit
    while some := list(islice(rows, _AT_ONCE)):
        line = _line(some)
        left -= len(line)
        if left < 0:
            raise too_much_text(text_limit)
        if len(line) <= CELL_LIMIT:  # so that none of the cells is longer
            sys.stdout.buffer.write(line)
            continue
        for row in some:
            check_row(row)
            _say([row])


def _say(value: object) -> None:
    sys.stdout.buffer.write(_line(value))


def _line(value: object) -> bytes:
    return _JSON.encode(value).encode() + b"\n"


if __name__ == "__main__":
    main()
