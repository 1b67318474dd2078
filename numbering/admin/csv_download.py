"""Rows as a CSV file that a browser saves, written while it is read."""

from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse

from numbering.csv_cells import csv_lines


def csv_download(name: str, rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Return the rows, headings first, as a file of this name; every cell is safe to open."""
    # Spreadsheets read UTF-8 as such only when it says so at its beginning.
    lines = ("\ufeff" * (index == 0) + line for index, line in enumerate(csv_lines(rows)))
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
