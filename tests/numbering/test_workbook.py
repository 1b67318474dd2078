"""Workbooks that hold far more than they weigh: refused with advice, and nobody's memory fills."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from numbering.intake_file import open_intake
from numbering.number_list import read_file
from numbering.table_file import CELL_LIMIT, UnreadableList
from tests.numbering.test_number_list import workbook

PROJECT = Path(__file__).resolve().parent.parent.parent
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# Reads a file as a page or as the worker does; says the megabytes that this took at its most: of
# its own memory, and of that of the process that opens workbooks.
MEASURE = """
import io, resource, sys
from numbering.intake_file import open_intake
from numbering.number_list import read_file
from numbering.table_file import CELL_LIMIT, UnreadableList

content = sys.stdin.buffer.read()
try:
    if sys.argv[1] == "page":
        read_file("a.xlsx", content)
    else:
        list(open_intake("a.xlsx", io.BytesIO(content)).rows)
except UnreadableList as error:
    print(error)
# Its own by what it was since it began: usage counts the process that it was forked from.
status = dict(line.split(":") for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def sharing(texts: Sequence[str], rows: Sequence[Sequence[int]]) -> bytes:
    """Write a workbook whose cells share texts, as spreadsheets write them: each by its index."""
    lines = "".join(
        f'<row r="{line}">'
        + "".join(f'<c r="{_column(index)}{line}" t="s"><v>{text}</v></c>' for index, text in cells)
        + "</row>"
        for line, cells in enumerate(map(enumerate, rows), start=1)
    )
    listed = "".join(f"<si><t>{text}</t></si>" for text in texts)
    return with_parts(
        workbook(),
        {
            "xl/s.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>',
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{listed}</sst>',
            "xl/_rels/workbook.xml.rels": _part(workbook(), "xl/_rels/workbook.xml.rels").replace(
                "</Relationships>",
                '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
                'relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
            ),
        },
    )


def _column(index: int) -> str:
    high, low = divmod(index, 26)
    return (chr(64 + high) if high else "") + chr(65 + low)


def _part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def with_parts(content: bytes, changed: dict[str, str | bytes]) -> bytes:
    """Write a workbook anew with some other parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | changed
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return written.getvalue()


def text_on_every_cell() -> bytes:
    """A hundred thousand cells that share a text: 300 kB that come to 600 MB."""
    return sharing(["number", "x" * 4000], [[0] + [1] * 99] + [[1] * 100] * 1500)


def one_endless_text() -> bytes:
    """Nine cells that share a text: 30 kB that come to 270 MB."""
    return sharing(["number", "x" * 30_000_000], [[0] + [1] * 9])


def written_otherwise() -> bytes:
    """The same as the first, as few programs write it: prefixes, blanks, marks and comments."""
    content = text_on_every_cell()
    sheet = _part(content, "xl/s.xml").replace('t="s"><v>', "t = 's' ><v >")
    texts = _part(content, "xl/sharedStrings.xml")
    for name in ("sst", "si", "t"):
        texts = texts.replace(f"<{name}", f"<p:{name}").replace(f"</{name}", f"</p:{name}")
    return with_parts(
        content,
        {
            "xl/s.xml": sheet,
            "xl/sharedStrings.xml": texts.replace("xmlns=", "xmlns:p=").replace(
                "x</", "<!--</p:si>-->x</"
            ),
        },
    )


def numbered_otherwise() -> bytes:
    """The same as the first, with signs and zeros before the numbers of the texts."""
    content = text_on_every_cell()
    sheet = _part(content, "xl/s.xml").replace("<v>1<", "<v>+00000000001<")
    return with_parts(content, {"xl/s.xml": sheet})


@pytest.mark.parametrize("reader", ["page", "worker"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (text_on_every_cell, "MiB of text"),
        (one_endless_text, "more than 32,767 characters"),
        (written_otherwise, "MiB of text"),
        (numbered_otherwise, "MiB of text"),
    ],
)
def test_a_small_workbook_does_not_become_a_large_one_in_memory(
    make: Callable[[], bytes], words: str, reader: str
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", MEASURE, reader],
        input=make(),
        capture_output=True,
        cwd=PROJECT,
        check=True,
    ).stdout.decode()
    message, own, opener = said.splitlines()
    assert words in message
    assert int(own) < 100
    assert int(opener) < 150


def test_a_cell_is_as_long_as_excel_lets_it_be() -> None:
    """Each row is told in its place: what comes before it is read."""
    rows = [("number",), ("3032281000",), ("x" * (CELL_LIMIT + 1),)]
    file = open_intake("a.xlsx", io.BytesIO(workbook(*rows)))
    with pytest.raises(UnreadableList, match="more than 32,767 characters"):
        list(file.rows)
    assert read_file("a.xlsx", workbook(*rows[:2], ("x" * CELL_LIMIT,))).e164s == ("+13032281000",)


def test_a_row_is_no_longer_than_that_of_a_csv() -> None:
    rows = [("number",), ("3032281000",), ("x" * 32_000,) * 9]
    with pytest.raises(UnreadableList, match="Line 3 is too long to be a row"):
        read_file("a.xlsx", workbook(*rows))


def test_what_cells_share_counts_each_time() -> None:
    """Few long texts among many short ones are no reason to refuse."""
    texts = ["number", "note", "3032281000", "x" * 20_000]
    rows = [[0, 1], *[[2, 2]] * 20_000, [2, 3]]
    assert read_file("a.xlsx", sharing(texts, rows)).e164s == ("+13032281000",)
    with pytest.raises(UnreadableList, match="more than 50 MiB of text"):
        read_file("a.xlsx", sharing(texts, [[0, 1], *[[2, 3]] * 3000]))


DOCTYPE = '<!DOCTYPE sst [<!ENTITY a "3032281000"><!ENTITY b SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "begin",
    [
        lambda xml: (DOCTYPE + xml).encode(),
        lambda xml: ("<?xml version='1.0'?>\n" + DOCTYPE.replace("DOC", "doc") + xml).encode(),
        lambda xml: ("\ufeff<?xml version='1.0'?>" + DOCTYPE + xml).encode("utf-16-le"),
        lambda xml: ("\ufeff<?xml version='1.0'?>" + DOCTYPE + xml).encode("utf-16-be"),
        lambda xml: (DOCTYPE + xml).encode("utf-32"),
        # Where a block of what is read ends.
        lambda xml: (f"<!--{'x' * (2**20 - 14)}-->" + DOCTYPE + xml).encode(),
        lambda xml: (xml + " " * 3_000_000 + DOCTYPE).encode(),
    ],
)
@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "xl/s.xml", "_rels/.rels", "xl/a.bin"])
def test_a_doctype_is_refused_wherever_it_stands(name: str, begin: Callable[[str], bytes]) -> None:
    """R6: in any part and in any encoding."""
    content = sharing(["number", "&a;"], [[0], [1]])
    changed = with_parts(content, {name: begin("<a/>" if ".bin" in name else _part(content, name))})
    with pytest.raises(UnreadableList, match="has a DOCTYPE"):
        open_intake("a.xlsx", io.BytesIO(changed))
    with pytest.raises(UnreadableList, match="has a DOCTYPE"):
        read_file("a.xlsx", changed)
