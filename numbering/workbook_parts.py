"""What stands in a workbook's archive, looked through a block at a time.

The library that reads workbooks writes a text out for each cell that has it, though it stands in
the archive once. What that comes to is therefore reckoned here, before the library begins.
"""

import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

_BLOCK = 1024 * 1024
# Neither the beginning of a tag nor a cell that shares a text is longer, as a rule.
_LONGEST_TAG, _LONGEST_CELL = 64, 4096
_EDGE_OF_TEXT = re.compile(rb"</?(?:[^\s<>/]+:)?si[\s/>]")
# What a cell says of itself, and its value.
_CELL = re.compile(rb"<c\b([^<>]*)>(?:<f\b[^<>]*>(?:[^<>]*</f>)?)?<v>([^<]*)</v>")


@dataclass(frozen=True)
class Part:
    """A part of an archive, with figures that are too large rather than too small."""

    info: zipfile.ZipInfo
    has_doctype: bool
    # The cells that have a value.
    cells: int
    # The bytes of the longest text that cells share; 0 where there is none.
    longest_text: int


@dataclass(frozen=True)
class SharedText:
    """The longest text that cells share, and what all such texts of a sheet come to."""

    longest: int
    written_out: int


def read_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Part:
    """Read a part to its end. Raises zipfile.BadZipFile where it is not what the archive says."""
    has_doctype, is_plain, cells = False, True, 0
    has_texts, size, longest, unended = False, 0, 0, 0
    for text in _texts(archive, info, before=b"<", within=_LONGEST_TAG):
        if b"!" in text and b"<!" in text:
            is_plain = False
            has_doctype = has_doctype or b"<!doctype" in text.lower()
        cells += text.count(b"</v") + text.count(b":v")
        size += len(text)
        unended += len(text)
        if b"si" in text and len(pieces := _EDGE_OF_TEXT.split(text)) > 1:
            first, *others, last = map(len, pieces)
            # Nothing before the first edge is a text.
            longest = max(longest, *others, unended - len(text) + first if has_texts else 0)
            has_texts, unended = True, last
    # In a comment, what looks like the end of a text is none.
    return Part(info, has_doctype, cells, longest if is_plain or not longest else size)


def _texts(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, before: bytes, within: int
) -> Iterator[bytes]:
    """Give a part in pieces that end before such a beginning, if one is within so many bytes."""
    with archive.open(info) as file:
        kept, block = b"", file.read(_BLOCK)
        while block:
            # Without its NULs, text of two or four bytes a character reads as ASCII does.
            text = kept + (block.translate(None, b"\0") if b"\0" in block else block)
            block = file.read(_BLOCK)
            cut = text.rfind(before, max(1, len(text) - within)) if block else -1
            text, kept = (text, b"") if cut < 0 else (text[:cut], text[cut:])
            yield text


def most_text(parts: list[Part]) -> int:
    """Return what the texts that cells share come to at the very most."""
    cells = max((part.cells for part in parts), default=0)
    return cells * max((part.longest_text for part in parts), default=0)


def shared_text(archive: zipfile.ZipFile, parts: list[Part]) -> SharedText:
    """Reckon what the texts that cells share come to, which takes longer.

    Raises expat.ExpatError where they are no XML.
    """
    lengths = array("I")
    for part in parts:
        if part.longest_text:
            with archive.open(part.info) as file:
                lengths.extend(_lengths(file))
    longest, written_out = max(lengths, default=0), 0
    for part in parts:
        if part.cells and not part.longest_text:
            written_out = max(written_out, _written_out(archive, part, lengths))
    return SharedText(longest, written_out)


def _lengths(file: IO[bytes]) -> "array[int]":
    lengths = array("I")
    parser = expat.ParserCreate()

    def start(name: str, _: dict[str, str]) -> None:
        if _local(name) == "si":
            lengths.append(0)

    def text(data: str) -> None:
        if lengths:
            lengths[-1] += len(data)

    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    _parse(parser, file)
    return lengths


def _written_out(archive: zipfile.ZipFile, part: Part, lengths: "array[int]") -> int:
    total = cells = 0
    for text in _texts(archive, part.info, before=b"<c", within=_LONGEST_CELL):
        found = _CELL.findall(text)
        cells += len(found)
        # A cell without a "t" does not say that it shares a text. Others may hold numbers: the
        # shorter ones are taken for shared texts as well.
        total += sum(
            lengths[index]
            for said, value in found
            # The library lets a sign and any zeros stand before the digits that count.
            if b"t" in said
            and value.lstrip(b"+").isdigit()
            and (index := int(value[-9:])) < len(lengths)
        )
    if cells == part.cells:
        return total
    try:
        with archive.open(part.info) as file:
            return _parsed_out(file, lengths)
    except expat.ExpatError:  # a picture, or what only the library can read
        return part.cells * max(lengths, default=0)


def _parsed_out(file: IO[bytes], lengths: "array[int]") -> int:
    """Add up as `_written_out` does, however the cells are written; it takes ten times as long."""
    total, is_shared = 0, False
    digits: list[str] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_shared
        name = _local(name)
        if name == "c":
            is_shared = attributes.get("t") == "s"
        elif name == "v" and is_shared:
            digits.clear()
            parser.CharacterDataHandler = digits.append

    def end(name: str) -> None:
        nonlocal total
        if is_shared and _local(name) == "v":
            parser.CharacterDataHandler = None
            index = int("".join(digits)[-9:])
            total += lengths[index] if index < len(lengths) else 0

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        _parse(parser, file)
    except ValueError:
        raise expat.ExpatError("A cell that shares a text does not say which.") from None
    return total


def _parse(parser: expat.XMLParserType, file: IO[bytes]) -> None:
    parser.buffer_text = True
    while block := file.read(_BLOCK):
        parser.Parse(block)
    parser.Parse(b"", True)


def _local(name: str) -> str:
    return name.rpartition(":")[2]
