"""Read one workbook in a process of its own; see `numbering.workbook`.

Started as `python -m numbering.workbook_reader ROWS BYTES SECONDS`, the most rows, unpacked bytes
and seconds of the processor, with the workbook as standard input. Answers JSON lines: first
`{"height": 3}` or `{"refused": "…"}`, then a `[line, cells]` for each row, last `{"end": true}`.
"""

import json
import sys

from numbering.process_limits import limit_process
from numbering.table_file import UnreadableList, first_sheet

_MEMORY_LIMIT = 2 * 1024**3


def main() -> None:
    """Read standard input and answer."""
    rows_limit, unpacked_limit, cpu_seconds = map(int, sys.argv[1:4])
    limit_process(memory_bytes=_MEMORY_LIMIT, cpu_seconds=cpu_seconds)
    try:
        sheet = first_sheet(sys.stdin.buffer, rows_limit=rows_limit, unpacked_limit=unpacked_limit)
    except UnreadableList as error:
        _say({"refused": str(error)})
        return
    _say({"height": sheet.height})
    for row in sheet.rows:
        _say(row)
    _say({"end": True})


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main()
