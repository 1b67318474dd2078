"""Read a PDF in the limited process; see `numbering.loa_file` and `loa_file_reader`.

Source for the names below: ISO 32000-2, tables 29 (catalog), 43 (file specification),
171 (annotation types) and 201 (action types).
"""

import io
import logging
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pypdfium2
from pypdf import PdfReader, PdfWriter, apply_configuration
from pypdf.errors import LimitReachedError
from pypdf.filters import ASCII85Decode, ASCIIHexDecode, LZWDecode, RunLengthDecode
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    PdfObject,
    StreamObject,
    read_object,
)

from numbering.loa_file import (
    OBJECTS_LIMIT,
    PAGES_LIMIT,
    PIXELS_LIMIT,
    TEXT_LIMIT,
    UNPACKED_LIMIT,
    Flaw,
    Flawed,
    Reading,
)

# What pypdf unpacks by itself: cross-reference and object streams. It decodes their rows in
# Python, so they get less room than page content.
_STRUCTURE_LIMIT = 4 * 1024 * 1024
_FILTERS_LIMIT = 2
# So many brackets are no letter, and pypdf reads each of them slowly. Packed bytes hold some by
# chance: one in 256.
_ARRAYS_LIMIT = 200_000

_BLANKS = b"\x00\t\n\x0c\r "
_OBJECT_START = re.compile(
    rb"(?<![0-9])[0-9]{1,10}[\x00\t\n\f\r ]{1,8}[0-9]{1,5}[\x00\t\n\f\r ]{1,8}obj[\x00\t\n\f\r ]*"
)
_NOT_BLANK = re.compile(rb"[^\x00\t\n\f\r ]")

_ACTIVE_KEYS = frozenset(
    ["/AA", "/EF", "/EmbeddedFiles", "/JS", "/JavaScript", "/RichMediaContent", "/XFA"]
)
_ACTIVE_ACTIONS = frozenset(
    [
        "/GoToE",
        "/GoToR",
        "/ImportData",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Rendition",
        "/RichMediaExecute",
        "/Sound",
        "/SubmitForm",
    ]
)
_ACTIVE_TYPES = frozenset(
    ["/3D", "/EmbeddedFile", "/FileAttachment", "/Movie", "/RichMedia", "/Sound"]
)
# Pictures inside a PDF stay packed: their pixels are counted from the stated size.
_PICTURE_FILTERS = frozenset({"/CCITTFaxDecode", "/DCTDecode", "/JBIG2Decode", "/JPXDecode"})
_SLOW_FILTERS: dict[str, Callable[[bytes], bytes]] = {
    "/ASCII85Decode": ASCII85Decode.decode,
    "/ASCIIHexDecode": ASCIIHexDecode.decode,
    "/LZWDecode": LZWDecode.decode,
    "/RunLengthDecode": RunLengthDecode.decode,
}


def read_pdf(content: bytes) -> Reading:
    """Read a whole, unlocked, passive PDF. Raises Flawed.

    One whose only fault are links to web pages is kept as a copy without them.
    """
    pages, has_links = _look_through(content)
    kept = content
    if has_links:
        kept = _without_links(content)
        pages, has_links = _look_through(kept)
        if has_links:  # elsewhere than on a page or in the outline
            raise Flawed(Flaw.ACTIVE)
    return Reading(pages=pages, kept=kept, text=_text_of(kept, pages))


def _look_through(content: bytes) -> tuple[int, bool]:
    """Return the number of pages, and whether there are links to web pages. Raises Flawed."""
    if not content.rstrip(_BLANKS).endswith(b"%%EOF"):
        raise Flawed(Flaw.BAD_END)
    _refuse_archive(content)
    if content.count(b"[") > _ARRAYS_LIMIT:
        raise Flawed(Flaw.TOO_MUCH_INSIDE)
    starts = [match.span() for match in _OBJECT_START.finditer(content)]
    survey = _Survey(objects=len(starts))
    with _reading():
        with _warnings_as_flaws():
            reader = _opened(content)
            _survey_current(reader, survey)
            pages = len(reader.pages)
        current = {at for offsets in reader.xref.values() for at in offsets.values()}
        reader.strict = False
        replaced = [end for start, end in starts if start not in current]
        _survey_replaced(reader, survey, replaced)
    if pages > PAGES_LIMIT:
        raise Flawed(Flaw.TOO_MANY_PAGES)
    if pages < 1:
        raise Flawed(Flaw.DAMAGED)
    return pages, survey.has_links


def _refuse_archive(content: bytes) -> None:
    """Raise Flawed for a file that is a ZIP archive as well, which is read from its end."""
    try:
        zipfile.ZipFile(io.BytesIO(content)).close()
    except zipfile.BadZipFile:
        return
    raise Flawed(Flaw.BAD_END)


@contextmanager
def _reading() -> Iterator[None]:
    """Hold pypdf within limits, and turn whatever it raises into a flaw."""
    try:
        with apply_configuration(
            zlib_maximum_output_length=_STRUCTURE_LIMIT,
            lzw_maximum_output_length=UNPACKED_LIMIT,
            run_length_maximum_output_length=UNPACKED_LIMIT,
            jbig2dec_binary=None,
        ):
            yield
    except (Flawed, MemoryError, RecursionError):
        raise
    except Exception as error:  # a broken file makes pypdf raise nearly anything
        # Its own limits may come wrapped in the error of the part that met them.
        limited = LimitReachedError in (type(error), type(error.__cause__))
        raise Flawed(Flaw.TOO_MUCH_INSIDE if limited else Flaw.DAMAGED) from error


def _without_links(content: bytes) -> bytes:
    """Write the file anew without its links to web pages; replaced objects fall away as well."""
    out = io.BytesIO()
    with _reading():
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
        writer.root_object.pop("/URI", None)
        for page in writer.pages:
            marks = _value_at(page, "/Annots")
            if isinstance(marks, ArrayObject):
                page[NameObject("/Annots")] = ArrayObject(
                    mark for mark in marks if not _is_link(mark.get_object())
                )
        for number in range(1, len(writer._objects) + 1):  # entries of the outline
            entry = writer.get_object(number)
            if isinstance(entry, DictionaryObject) and "/Title" in entry and _is_link(entry):
                del entry["/A"]
        writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
        writer.write(out)
    return out.getvalue()


def _is_link(value: object) -> bool:
    if not isinstance(value, DictionaryObject):
        return False
    action = _value_at(value, "/A")
    return isinstance(action, DictionaryObject) and _name_at(action, "/S") == "/URI"


def _text_of(content: bytes, pages: int) -> str:
    """Return the text of the pages, as a second reader sees them; empty for a scan.

    Raises Flawed when that reader cannot open the file or sees another number of pages.
    """
    try:
        with closing(pypdfium2.PdfDocument(content)) as document:
            if len(document) != pages:
                raise Flawed(Flaw.UNSAFE)
            text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    except pypdfium2.PdfiumError as error:
        raise Flawed(Flaw.DAMAGED) from error
    return text.encode("utf-8", "ignore").decode().replace("\0", "").strip()[:TEXT_LIMIT]


def _opened(content: bytes) -> PdfReader:
    try:
        reader = PdfReader(
            io.BytesIO(content), strict=True, xref_stream_maximum_entries=OBJECTS_LIMIT
        )
    except Exception:
        # With an exotic lock pypdf fails before it can say that there is one.
        if b"/Encrypt" in content:
            raise Flawed(Flaw.LOCKED) from None
        raise
    if reader.is_encrypted:
        raise Flawed(Flaw.LOCKED)
    return reader


@contextmanager
def _warnings_as_flaws() -> Iterator[None]:
    """Raise Flawed at pypdf's first warning: it is about something that pypdf then repairs."""
    listener = _Listener()
    logger = logging.getLogger("pypdf")
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # True of every linearized file and of most signed ones, and allowed: tables of a file
        # in several parts start where they like. Wrong numbers in them are errors all the same.
        if record.getMessage().startswith("Xref table not zero-indexed."):
            return
        raise Flawed(Flaw.DAMAGED)


def _survey_current(reader: PdfReader, survey: "_Survey") -> None:
    """Look at every object the file now has, whether or not a page leads to it."""
    survey.look_at(reader.trailer, reader)
    for generation, offsets in list(reader.xref.items()):
        for number in list(offsets):
            survey.look_at(IndirectObject(number, generation, reader).get_object(), reader)
    # Their content was looked at above, in the streams that hold them; here they must be there.
    for number in reader.xref_objStm:
        IndirectObject(number, 0, reader).get_object()


def _survey_replaced(reader: PdfReader, survey: "_Survey", ends: list[int]) -> None:
    """Look at objects that the cross-reference table does not lead to.

    Earlier versions remain in a file that was changed, and other viewers may find an object by
    searching where pypdf goes by the table. What cannot be read here is no object of the file,
    only bytes that look like the start of one.
    """
    for end in ends:
        reader.stream.seek(end)
        try:
            survey.look_at(read_object(reader.stream, reader), reader)
        except Flawed as error:
            if error.flaw is not Flaw.DAMAGED:
                raise
        except (MemoryError, RecursionError, LimitReachedError):
            raise
        except Exception:  # noqa: S112 - see above
            continue


class _Survey:
    """Look through objects of a PDF, keeping count of what they unpack to."""

    def __init__(self, *, objects: int) -> None:
        self.has_links = False
        self._objects = 0
        self._unpacked = 0
        self._count_objects(objects)

    def look_at(self, value: PdfObject | None, reader: PdfReader) -> None:
        """Raise Flawed for anything active, oversized or damaged in an object.

        References are not followed: each object is looked at by itself.
        """
        waiting: list[object] = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, DictionaryObject):
                _refuse_active(item)
                self.has_links |= "/URI" in item or _name_at(item, "/S") == "/URI"
                waiting += item.values()
            elif isinstance(item, ArrayObject):
                waiting += item
            if isinstance(item, StreamObject):
                plain = self._unpack(item)
                if _name_at(item, "/Type") == "/ObjStm":
                    waiting += self._objects_in(item, plain, reader)

    def _count_objects(self, count: int) -> None:
        self._objects += count
        if self._objects > OBJECTS_LIMIT:
            raise Flawed(Flaw.TOO_MUCH_INSIDE)

    def _unpack(self, stream: StreamObject) -> bytes:
        """Return the stream's content without its packing, as far as it is packed text."""
        filters = _filters_of(stream)
        if len(filters) > _FILTERS_LIMIT:
            raise Flawed(Flaw.TOO_MUCH_INSIDE)
        _refuse_large_picture(stream)
        plain = stream._data  # the packed bytes have no public name
        for name in filters:
            if name in _PICTURE_FILTERS:
                break
            if name == "/FlateDecode":
                plain = _inflate(plain, UNPACKED_LIMIT - self._unpacked)
            elif name in _SLOW_FILTERS:
                plain = _SLOW_FILTERS[name](plain)
            else:
                raise Flawed(Flaw.UNSAFE)
            self._unpacked += len(plain)
            if self._unpacked > UNPACKED_LIMIT:
                raise Flawed(Flaw.TOO_MUCH_INSIDE)
        return plain

    def _objects_in(self, stream: StreamObject, plain: bytes, reader: PdfReader) -> list[PdfObject]:
        """Return the objects of an object stream, also those the table says nothing about."""
        first = int(stream["/First"])  # type: ignore[call-overload]
        offsets = [int(word) for word in plain[:first].split()[1::2]]
        self._count_objects(len(offsets))
        source = io.BytesIO(plain)
        found = []
        for offset in offsets:
            begin = _NOT_BLANK.search(plain, first + offset)
            if begin is None:
                raise Flawed(Flaw.DAMAGED)
            source.seek(begin.start())
            found.append(read_object(source, reader))
        return found


def _refuse_active(dictionary: DictionaryObject) -> None:
    if (
        not _ACTIVE_KEYS.isdisjoint(dictionary)
        or _name_at(dictionary, "/S") in _ACTIVE_ACTIONS
        or _name_at(dictionary, "/Type") in _ACTIVE_TYPES
        or _name_at(dictionary, "/Subtype") in _ACTIVE_TYPES
        # A place to open the file at is fine, and many programs write one; an action is not.
        or _acts_on_opening(_value_at(dictionary, "/OpenAction"))
        # The content of such a stream is in another file.
        or (isinstance(dictionary, StreamObject) and "/F" in dictionary)
    ):
        raise Flawed(Flaw.ACTIVE)


def _acts_on_opening(value: object) -> bool:
    return isinstance(value, DictionaryObject) and _name_at(value, "/S") != "/GoTo"


def _refuse_large_picture(stream: StreamObject) -> None:
    if _name_at(stream, "/Subtype") != "/Image":
        return
    width, height = _value_at(stream, "/Width"), _value_at(stream, "/Height")
    if not isinstance(width, int) or not isinstance(height, int):
        raise Flawed(Flaw.DAMAGED)
    if width * height > PIXELS_LIMIT:
        raise Flawed(Flaw.TOO_MANY_PIXELS)


def _value_at(dictionary: DictionaryObject, key: str) -> object:
    value = dictionary.get(key)
    return value.get_object() if isinstance(value, PdfObject) else value


def _name_at(dictionary: DictionaryObject, key: str) -> str:
    value = _value_at(dictionary, key)
    return value if isinstance(value, NameObject) else ""


def _filters_of(stream: StreamObject) -> list[str]:
    value = _value_at(stream, "/Filter")
    if value is None or isinstance(value, NullObject):
        return []
    if isinstance(value, ArrayObject):
        return [str(item.get_object()) for item in value]
    return [str(value)]


def _inflate(packed: bytes, room: int) -> bytes:
    """Unpack at most `room` bytes. Raises Flawed when there are more or the end is missing."""
    if not packed.strip(_BLANKS):
        return b""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(packed, room + 1)
    except zlib.error as error:
        raise Flawed(Flaw.DAMAGED) from error
    if len(plain) > room:
        raise Flawed(Flaw.TOO_MUCH_INSIDE)
    if not inflater.eof:
        raise Flawed(Flaw.DAMAGED)
    return plain
