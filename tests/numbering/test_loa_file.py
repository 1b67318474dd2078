"""The check of LOA files: what is taken, and what is refused with which words.

Cases named U.. are those of the project's list of security cases. Most tests call the reader
directly; those through `inspect` start the limited process as the portal does.
"""

import io
import json
import os
import random
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from numbering.loa_file import (
    PAGES_LIMIT,
    SIZE_LIMIT,
    CannotDraw,
    Flaw,
    Flawed,
    Reading,
    RefusedLoaFile,
    ask_reader,
    draw_page,
    inspect,
)
from numbering.loa_pdf import read_pdf
from numbering.loa_picture import read_jpeg, read_png, read_tiff

READ = {"JPEG": read_jpeg, "PNG": read_png, "TIFF": read_tiff}
PROJECT = Path(__file__).resolve().parents[2]
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>"
CONTENTS = b"<</Length 16>>stream\nBT (LOA) Tj ET  \nendstream"


def pdf_of(*objects: bytes, catalog: bytes = b"", page: bytes = PAGE, count: int = 1) -> bytes:
    """Write a PDF by hand: catalog 1, page tree 2, page 3, its content 4, then `objects`."""
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[" + b"3 0 R " * count + b"]/Count %d>>" % count,
        page,
        CONTENTS,
        *objects,
    ]
    return with_table(bodies)


def with_table(bodies: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    table = [b"0000000000 65535 f \n"]
    for number, body in enumerate(bodies, start=1):
        table.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n%b" % (len(table), b"".join(table))
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(table), start)
    return bytes(out)


def with_revision(pdf: bytes, number: int, body: bytes) -> bytes:
    """Replace an object as editors and signing programs do: by adding to the end of the file."""
    previous = int(pdf.rsplit(b"startxref", 1)[1].split()[0])
    size = pdf.count(b" 0 obj\n") + 1
    out = pdf + b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    return out + (
        b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R/Prev %d>>\n"
        b"startxref\n%d\n%%%%EOF\n" % (number, len(pdf), size, previous, start)
    )


def packed(content: bytes, head: bytes = b"", packing: bytes = b"/FlateDecode") -> bytes:
    return b"<</Length %d/Filter%b%b>>stream\n%b\nendstream" % (
        len(content),
        packing,
        head,
        content,
    )


def stream(plain: bytes, head: bytes = b"") -> bytes:
    return packed(zlib.compress(plain, 9), head)


def with_object_stream(*inner: bytes, catalog: bytes = b"") -> bytes:
    """Write a PDF 1.5 file: catalog, page tree, page and `inner` are in an object stream."""
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE,
        *inner,
    ]
    numbers = [1, 2, 3, *range(7, 7 + len(inner))]
    head, plain = b"", b""
    for number, body in zip(numbers, bodies, strict=True):
        head += b"%d %d " % (number, len(plain))
        plain += body + b"\n"
    out = bytearray(b"%PDF-1.5\n")
    rows = {0: (0, 0, 255)} | {number: (2, 5, at) for at, number in enumerate(numbers)}
    holder = stream(head + plain, b"/Type/ObjStm/N %d/First %d" % (len(bodies), len(head)))
    for number, body in ((4, CONTENTS), (5, holder)):
        rows[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows[6] = (1, len(out), 0)
    table = b"".join(
        kind.to_bytes(1, "big") + first.to_bytes(4, "big") + second.to_bytes(2, "big")
        for _, (kind, first, second) in sorted(rows.items())
    )
    start = len(out)
    out += b"6 0 obj\n%b\nendobj\n" % stream(
        table, b"/Type/XRef/W[1 4 2]/Size %d/Root 1 0 R" % len(rows)
    )
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def written(change: Callable[[PdfWriter], object] = lambda _: None, pages: int = 1) -> bytes:
    """Return what pypdf's writer makes of blank pages and a change."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(612, 792)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_with_filling(size: int) -> bytes:
    filling = random.Random(2).randbytes(size)
    return pdf_of(b"<</Length %d>>stream\n%b\nendstream" % (size, filling))


def picture(form: str, size: tuple[int, int] = (60, 80), **options: object) -> bytes:
    out = io.BytesIO()
    noise = random.Random(1).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, noise).save(out, form, **options)
    return out.getvalue()


def pictures(form: str, count: int, size: tuple[int, int] = (8, 8)) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("1", size, at % 2) for at in range(count)]
    frames[0].save(out, form, save_all=True, append_images=frames[1:])
    return out.getvalue()


def an_archive(comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("letter.txt", "hidden")
        archive.comment = comment
    return out.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + crc.to_bytes(4, "big")


def blank_png(width: int, height: int, rows: bytes | None = None) -> bytes:
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    plain = bytes((width + 7) // 8 + 1) * height if rows is None else rows
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(plain, 9))
        + png_chunk(b"IEND", b"")
    )


def flaw_of(read: Callable[[bytes], Reading], content: bytes) -> Flaw:
    with pytest.raises(Flawed) as caught:
        read(content)
    return caught.value.flaw


def refusal(content: bytes, name: str = "loa.pdf", declared_type: str = "") -> str:
    with pytest.raises(RefusedLoaFile) as caught:
        inspect(name=name, declared_type=declared_type, content=content)
    return str(caught.value)


# What is taken


@pytest.mark.parametrize(
    ("name", "declared", "content", "facts"),
    [
        ("loa.pdf", "application/pdf", written(pages=3), ("application/pdf", 3)),
        ("LOA.JPEG", "image/jpeg", picture("JPEG"), ("image/jpeg", 1)),
        ("a b.png", "application/octet-stream", picture("PNG"), ("image/png", 1)),
        ("fax.tiff", "", pictures("TIFF", 2), ("image/tiff", 2)),
    ],
    ids=["pdf", "jpeg", "png", "tiff"],
)
def test_a_good_file_of_each_kind_is_taken(
    name: str, declared: str, content: bytes, facts: tuple[str, int]
) -> None:
    found = inspect(name=name, declared_type=declared, content=content)
    assert (found.content_type, found.reading.pages) == facts


def test_a_declared_type_may_carry_parameters_and_capitals() -> None:
    facts = inspect(name="loa.pdf", declared_type="Application/PDF; x=1", content=pdf_of())
    assert facts.content_type == "application/pdf"


def test_a_form_without_scripts_is_taken() -> None:
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Ann)/Rect[0 0 9 9]/P 3 0 R/F 4>>"
    page = PAGE[:-2] + b"/Annots[5 0 R]>>"
    assert read_pdf(pdf_of(field, page=page, catalog=b"/AcroForm<</Fields[5 0 R]>>")).pages == 1


def test_objects_in_object_streams_are_read() -> None:
    assert read_pdf(with_object_stream(b"(nothing to see)")).pages == 1


def test_a_file_with_a_later_revision_is_taken() -> None:
    assert read_pdf(with_revision(pdf_of(), 3, PAGE)).pages == 1


@pytest.mark.parametrize("place", [b"[3 0 R /Fit]", b"<</S/GoTo/D[3 0 R/Fit]>>"])
def test_a_place_to_open_the_file_at_is_no_action(place: bytes) -> None:
    assert read_pdf(pdf_of(catalog=b"/OpenAction" + place)).pages == 1


def test_a_reference_to_nothing_is_taken_as_the_null_it_is() -> None:
    assert read_pdf(pdf_of(b"<</Spare 99 0 R>>")).pages == 1


def test_a_scanned_page_inside_a_pdf_is_taken() -> None:
    out = io.BytesIO()
    Image.new("L", (1700, 2200)).save(out, "PDF")
    assert read_pdf(out.getvalue()).pages == 1


@pytest.mark.parametrize("padding", [b"", b"\n", b"\0" * 512])
def test_a_jpeg_may_be_padded(padding: bytes) -> None:
    assert read_jpeg(picture("JPEG", progressive=True) + padding).pages == 1


@pytest.mark.parametrize(
    "compression", [None, "group4", "tiff_lzw", "tiff_adobe_deflate", "packbits"]
)
def test_the_usual_tiff_packings_are_taken(compression: str | None) -> None:
    out = io.BytesIO()
    Image.new("1", (64, 64)).save(out, "TIFF", compression=compression)
    assert read_tiff(out.getvalue()).pages == 1


# Name, type and size


@pytest.mark.parametrize("name", ["", ".", "..", "  ", "folder/..", "C:\\scans\\"])
def test_a_nameless_part_is_a_missing_file_u14(name: str) -> None:
    assert refusal(pdf_of(), name) == (
        "The file is missing. Choose the signed LOA and upload it again."
    )


@pytest.mark.parametrize("name", ["loa", "loa.doc", "loa.pdf.exe", "loa.pdf.", "pdf"])
def test_other_endings_are_refused(name: str) -> None:
    assert refusal(pdf_of(), name) == (
        "An LOA must be a PDF, JPEG, PNG or TIFF file, and its name must end in .pdf, .jpg, "
        ".png or .tif. Save it as PDF and upload that."
    )


@pytest.mark.parametrize(
    ("name", "declared", "content"),
    [
        ("loa.pdf", "application/pdf", picture("PNG")),
        ("loa.png", "application/pdf", picture("PNG")),
        ("loa.jpg", "text/html", picture("JPEG")),
        ("loa.tif", "image/tiff", picture("JPEG")),
        ("loa.pdf", "application/pdf", b"<html><script>alert(1)</script>" + pdf_of()),
        ("loa.pdf", "application/pdf", b"GIF89a\x01\x00\x01\x00" + pdf_of()),
        ("loa.pdf", "application/pdf", b"\n" + pdf_of()),
    ],
    ids=["content", "declared", "html", "other", "html-first-u05", "gif-first-u05", "blank-first"],
)
def test_name_type_and_content_must_agree(name: str, declared: str, content: bytes) -> None:
    kind = {"pdf": "PDF", "png": "PNG", "jpg": "JPEG", "tif": "TIFF"}[name[-3:]]
    assert refusal(content, name, declared) == (
        f"The file's name says {kind}, but the file is something else. Open it, save it as PDF "
        "and upload that."
    )


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "The file is empty. Choose the signed LOA and upload it again."


def test_exactly_ten_mebibytes_are_taken_and_one_byte_more_is_not_u03() -> None:
    full = pdf_with_filling(SIZE_LIMIT - len(pdf_with_filling(10_000_000)) + 10_000_000)
    assert len(full) == SIZE_LIMIT
    assert inspect(name="loa.pdf", declared_type="", content=full).reading.pages == 1
    assert refusal(full + b"\n") == (
        "The file is larger than 10 MiB. Scan the LOA in black and white or at 200 dpi, and "
        "upload it again."
    )


# Whole, and nothing after the end


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about what is then refused
@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_pdf, written(pages=2)),
        (read_pdf, with_object_stream()),
        (read_jpeg, picture("JPEG")),
        (read_png, picture("PNG")),
        (read_tiff, picture("TIFF")),
        (read_tiff, picture("TIFF", compression="tiff_lzw")),
    ],
    ids=["pdf-u09", "object-stream", "jpeg", "png", "tiff", "tiff-lzw"],
)
def test_half_a_file_is_refused(read: Callable[[bytes], Reading], content: bytes) -> None:
    expected = Flaw.BAD_END if read is read_pdf else Flaw.DAMAGED
    assert flaw_of(read, content[: len(content) // 2]) == expected


def test_half_a_pdf_is_refused_in_plain_words_u09() -> None:
    whole = written(pages=2)
    assert refusal(whole[: len(whole) // 2]) == (
        "The file does not end where it should: it was cut off, or something was added after "
        "its end. Print it to PDF and upload that."
    )


def test_half_a_pdf_with_a_new_end_is_refused() -> None:
    whole = pdf_of()
    end = whole.index(b"startxref")
    assert flaw_of(read_pdf, whole[: end // 2] + whole[end:]) == Flaw.DAMAGED


@pytest.mark.parametrize(
    "content",
    [
        pdf_of().replace(b"startxref\n", b"startxref\n1"),
        pdf_of().replace(b"0000000009 00000 n", b"0000000010 00000 n"),
        pdf_of().replace(b"3 0 obj", b"9 0 obj"),
        pdf_of().replace(b"/Length 16", b"/Length 61"),
        pdf_of().replace(b"/Root 1 0 R", b"/Root 3 0 R"),
        pdf_of(count=0),
        pdf_of(b"<</Length 4/Filter/FlateDecode>>stream\nabcd\nendstream"),
        pdf_of(packed(zlib.compress(b"cut off" * 99)[:-6])),
    ],
    ids=["startxref", "offset", "number", "length", "root", "no-page", "flate", "flate-cut"],
)
def test_a_pdf_that_readers_would_repair_is_refused(content: bytes) -> None:
    assert flaw_of(read_pdf, content) == Flaw.DAMAGED


def test_an_archive_after_the_end_of_a_pdf_is_refused_u05() -> None:
    content = pdf_of()
    # Its comment makes the file end like a PDF again.
    archive = an_archive(content[content.index(b"startxref") :])
    assert refusal(content + archive) == (
        "The file does not end where it should: it was cut off, or something was added after "
        "its end. Print it to PDF and upload that."
    )


def test_anything_after_the_end_of_a_pdf_is_refused() -> None:
    assert flaw_of(read_pdf, pdf_of() + b"PK\x03\x04") == Flaw.BAD_END


@pytest.mark.parametrize(
    "tail",
    [an_archive(), b"<html>planted", bytes(5_000), picture("JPEG")],
    ids=["archive", "html", "padding", "second-picture"],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_what_follows_the_end_of_a_picture_is_left_behind_u05(form: str, tail: bytes) -> None:
    alone = READ[form](picture(form))
    assert READ[form](picture(form) + tail) == alone
    assert len(alone.kept) < len(picture(form)) * 1.2


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    good = bytearray(picture("PNG"))
    good[-14] ^= 1
    assert flaw_of(read_png, bytes(good)) == Flaw.DAMAGED


def test_an_animated_png_is_refused() -> None:
    assert flaw_of(read_png, pictures("PNG", 2)) == Flaw.ANIMATED


# Locked


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
@pytest.mark.parametrize("user", ["open sesame", ""], ids=["user", "owner-only"])
def test_a_locked_pdf_is_refused_u07(user: str, algorithm: str) -> None:
    def lock(writer: PdfWriter) -> None:
        writer.encrypt(user, owner_password="owner", algorithm=algorithm)

    assert flaw_of(read_pdf, written(lock)) == Flaw.LOCKED


def test_a_locked_pdf_is_refused_with_advice_u07() -> None:
    assert refusal(written(lambda writer: writer.encrypt("secret"))) == (
        "The PDF is protected by a password. Save it without a password and upload it again."
    )


def test_a_lock_of_an_unknown_make_is_a_lock_all_the_same() -> None:
    locked = pdf_of(b"<</Filter/Acme/V 77>>").replace(b"/Root", b"/Encrypt 5 0 R/Root")
    assert flaw_of(read_pdf, locked) == Flaw.LOCKED


# Active

ACTIVE = {
    "javascript": b"<</S/JavaScript/JS(app.alert\\(1\\))>>",
    "javascript-disguised": b"<</S/J#61vaScript/J#53(app.alert\\(1\\))>>",
    "launch": b"<</S/Launch/F(calc.exe)>>",
    "submit-form": b"<</S/SubmitForm/F<</FS/URL/F(http://x.test)>>>>",
    "import-data": b"<</S/ImportData/F(data.fdf)>>",
    "remote": b"<</S/GoToR/F(other.pdf)/D[0/Fit]>>",
    "embedded": b"<</S/GoToE/T<</R/C>>/D[0/Fit]>>",
    "link-that-goes-on": b"<</S/URI/URI(http://x.test)/Next<</S/Launch>>>>",
    "rendition": b"<</S/Rendition/OP 0>>",
    "movie": b"<</S/Movie>>",
    "sound": b"<</S/Sound>>",
    "rich-media": b"<</Type/Annot/Subtype/RichMedia>>",
    "screenplay": b"<</Type/Annot/Subtype/3D>>",
    "attachment-note": b"<</Type/Annot/Subtype/FileAttachment>>",
    "embedded-file": b"<</Type/EmbeddedFile/Length 1>>stream\nx\nendstream",
    "file-specification": b"<</Type/Filespec/F(a.exe)/EF<</F 4 0 R>>>>",
    "additional-actions": b"<</AA<</O[]>>>>",
    "xfa": b"<</XFA 4 0 R>>",
    "stream-elsewhere": b"<</F(\\\\\\\\host\\\\x)/Length 0>>stream\n\nendstream",
    "nested": b"[1[2<</Next[<</S/JavaScript>>]>>]]",
}


@pytest.mark.parametrize("body", ACTIVE.values(), ids=ACTIVE)
def test_a_pdf_that_acts_is_refused_u08(body: bytes) -> None:
    assert flaw_of(read_pdf, pdf_of(body)) == Flaw.ACTIVE


@pytest.mark.parametrize(
    "catalog",
    [
        b"/OpenAction<</S/Named/N/Print>>",
        b"/OpenAction 5 0 R",
        b"/Names<</JavaScript<</Names[]>>>>",
        b"/Names<</EmbeddedFiles<</Names[]>>>>",
        b"/AcroForm<</Fields[]/XFA[]>>",
        b"/Extra<</S 6 0 R>>",
    ],
)
def test_a_catalog_that_acts_is_refused_u08(catalog: bytes) -> None:
    content = pdf_of(b"<</S/Named/N/Print>>", b"/JavaScript", catalog=catalog)
    assert flaw_of(read_pdf, content) == Flaw.ACTIVE


def test_what_acts_inside_an_object_stream_is_found_u08() -> None:
    content = with_object_stream(ACTIVE["javascript"])
    assert b"JavaScript" not in content
    assert flaw_of(read_pdf, content) == Flaw.ACTIVE


def test_what_acts_in_the_trailer_is_found() -> None:
    content = pdf_of().replace(b"/Root", b"/Info<</S/Launch>>/Root")
    assert flaw_of(read_pdf, content) == Flaw.ACTIVE


def test_what_acts_in_an_earlier_revision_is_found() -> None:
    content = with_revision(pdf_of(ACTIVE["launch"]), 5, b"<<>>")
    assert flaw_of(read_pdf, content) == Flaw.ACTIVE


def test_what_acts_in_an_object_that_the_table_leaves_out_is_found() -> None:
    hidden = b"5 0 obj\n<</S/Launch/S/Launch>>\nendobj\n"
    whole = pdf_of()
    at = whole.index(b"xref\n0")
    content = whole[:at] + hidden + whole[at:].replace(b"%d" % at, b"%d" % (at + len(hidden)))
    assert flaw_of(read_pdf, content) == Flaw.ACTIVE


def test_scripts_and_attachments_of_a_real_writer_are_refused_in_plain_words_u08() -> None:
    advice = (
        "The PDF holds more than pages to read, such as a script, a film or an attached file. "
        "Print it to PDF and upload that."
    )
    script = JavaScript("app.alert(1)")
    assert refusal(written(lambda writer: writer.add_open_action(script))) == advice
    assert refusal(written(lambda writer: writer.add_attachment("a.txt", b"x"))) == advice


# Cleaned: what is kept is not what came

LINK = b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://planted.test)>>>>"
LINKED_PAGE = PAGE[:-2] + b"/Annots[5 0 R 6 0 R]>>"
FIELD = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Ann)/Rect[0 0 9 9]/P 3 0 R/F 4>>"


def test_links_to_web_pages_are_taken_out_of_a_pdf_u08() -> None:
    reading = read_pdf(pdf_of(LINK, FIELD, page=LINKED_PAGE, catalog=b"/URI<</Base(http://b)>>"))
    assert reading.pages == 1
    assert (b"URI" in reading.kept, b"planted" in reading.kept) == (False, False)
    assert b"(Ann)" in reading.kept
    assert read_pdf(reading.kept).kept == reading.kept


def test_links_in_the_outline_are_taken_out_u08() -> None:
    catalog = b"/Outlines 5 0 R"
    outline = b"<</First 6 0 R/Last 6 0 R/Count 1>>"
    entry = b"<</Title(More)/Parent 5 0 R/A<</S/URI/URI(http://planted.test)>>>>"
    assert b"planted" not in read_pdf(pdf_of(outline, entry, catalog=catalog)).kept


def test_a_link_that_no_page_shows_does_not_come_along_u08() -> None:
    kept = read_pdf(pdf_of(b"<</S/URI/URI(http://planted.test)>>")).kept
    assert b"planted" not in kept


def test_a_link_in_a_place_of_its_own_is_refused_u08() -> None:
    assert flaw_of(read_pdf, pdf_of(catalog=b"/Extra<</S/URI/URI(http://x)>>")) == Flaw.ACTIVE


@pytest.mark.parametrize("active", ["launch", "javascript", "embedded-file", "xfa"])
def test_beside_a_link_what_acts_is_refused_all_the_same_u08(active: str) -> None:
    assert flaw_of(read_pdf, pdf_of(LINK, ACTIVE[active], page=LINKED_PAGE)) == Flaw.ACTIVE


def test_a_pdf_without_links_is_kept_byte_for_byte() -> None:
    content = written(pages=2)
    assert inspect(name="a.pdf", declared_type="", content=content).reading.kept == content


def photo(form: str) -> bytes:
    """Take a picture lying on its side, with place, words and an owner's name in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to the right
    exif[0x013B] = "planted artist"
    exif.get_ifd(0x8825)[0x001D] = "planted place"
    image = Image.new("RGB", (60, 80), "white")
    image.paste("red", (0, 0, 60, 10))
    out = io.BytesIO()
    extra = {"comment": b"planted comment"} if form == "JPEG" else {}
    image.save(out, form, exif=exif, dpi=(204, 98), **extra)
    assert b"planted" in out.getvalue()
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_of_a_photo_only_the_pixels_are_kept_the_right_way_up_u25(form: str) -> None:
    ending = {"JPEG": "jpg", "PNG": "png", "TIFF": "tif"}[form]
    kept = inspect(name=f"a.{ending}", declared_type="", content=photo(form)).reading.kept
    assert b"planted" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.size, dict(image.getexif().get_ifd(0x8825))) == ((80, 60), {})
        assert 0x0112 not in image.getexif() or image.getexif()[0x0112] == 1
        pixel = image.convert("RGB").getpixel((77, 30))
        assert isinstance(pixel, tuple)
        assert (pixel[0] > 240, pixel[1] < 30) == (True, True)
        assert [round(part) for part in image.info["dpi"]] == [98, 204]


def test_a_jpeg_is_packed_again_with_its_own_tables() -> None:
    content = picture("JPEG", quality=93, subsampling=0)
    with (
        Image.open(io.BytesIO(content)) as before,
        Image.open(io.BytesIO(read_jpeg(content).kept)) as after,
    ):
        assert before.quantization == after.quantization  # type: ignore[attr-defined]
        assert before.layer == after.layer  # type: ignore[attr-defined]


def test_a_photo_with_a_second_picture_in_it_is_one_picture() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (60, 80), colour) for colour in ("white", "black")]
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    reading = read_jpeg(out.getvalue())
    assert (reading.pages, len(reading.kept) < len(out.getvalue())) == (1, True)


def test_the_text_of_a_pdf_is_read() -> None:
    words = b"BT /F 12 Tf 72 700 Td (Letter for \\(303\\) 228-1000) Tj ET"
    page = PAGE[:-2] + b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>"
    content = pdf_of(stream(words), page=page.replace(b"4 0 R", b"5 0 R"))
    assert inspect(name="a.pdf", declared_type="", content=content).reading.text == (
        "Letter for (303) 228-1000"
    )


def test_a_scan_has_no_text() -> None:
    assert read_pdf(written()).text == ""


def test_a_pdf_that_two_readers_count_differently_is_refused() -> None:
    content = pdf_of().replace(b"/Count 1", b"/Count 3")
    assert flaw_of(read_pdf, content) == Flaw.UNSAFE


# A page as a picture


@pytest.mark.parametrize(
    ("content_type", "content", "number"),
    [
        ("application/pdf", written(pages=3), 3),
        ("image/jpeg", picture("JPEG", (2000, 2600)), 1),
        ("image/png", picture("PNG"), 1),
        ("image/tiff", pictures("TIFF", 3), 2),
    ],
    ids=["pdf", "jpeg", "png", "tiff"],
)
def test_a_page_is_drawn_within_bounds(content_type: str, content: bytes, number: int) -> None:
    with Image.open(io.BytesIO(draw_page(content, content_type, number))) as drawn:
        assert (drawn.format, drawn.width <= 900, drawn.height <= 2400) == ("PNG", True, True)


def test_a_page_of_an_odd_shape_is_drawn_within_bounds() -> None:
    page = PAGE.replace(b"612 792", b"10 14400")
    with Image.open(io.BytesIO(draw_page(pdf_of(page=page), "application/pdf", 1))) as drawn:
        assert drawn.height <= 2400


@pytest.mark.parametrize("number", [0, 2])
def test_a_page_that_is_not_there_cannot_be_drawn(number: int) -> None:
    with pytest.raises(CannotDraw):
        draw_page(written(), "application/pdf", number)


# Bombs: refused by count, long before the limits of the process


def test_two_hundred_megabytes_of_page_content_are_refused_in_time_u11() -> None:
    bomb = pdf_of(stream(bytes(200_000_000)))
    assert len(bomb) < 200_000
    assert_refused_in_time(
        bomb,
        "The file holds far more than a few pages need. Print it to PDF, or scan the printed "
        "LOA, and upload that.",
    )


def test_five_thousand_pages_are_refused_in_time_u11() -> None:
    def add(writer: PdfWriter) -> None:
        kids = ArrayObject(
            writer._add_object(
                DictionaryObject(
                    {
                        NameObject("/Type"): NameObject("/Page"),
                        NameObject("/Parent"): writer._pages,
                        NameObject("/Note"): TextStringObject(str(at)),
                    }
                )
            )
            for at in range(5_001)
        )
        tree = writer._pages.get_object()
        assert isinstance(tree, DictionaryObject)
        tree[NameObject("/Kids")] = kids
        tree[NameObject("/Count")] = NumberObject(1)

    assert_refused_in_time(
        written(add, pages=0),
        "The file has more than 50 pages. Upload only the pages of the LOA.",
    )


def test_a_hundred_thousand_objects_are_refused_in_time_u11() -> None:
    bomb = pdf_of(*[b"[]"] * 100_000)
    assert_refused_in_time(
        bomb,
        "The file holds far more than a few pages need. Print it to PDF, or scan the printed "
        "LOA, and upload that.",
    )


def assert_refused_in_time(bomb: bytes, words: str) -> None:
    started = time.monotonic()
    assert refusal(bomb) == words
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "content",
    [
        pdf_of(*[stream(bytes(30_000_000))] * 3),
        pdf_of(*[packed(b"\x81a" * 300_000 + b"\x80", packing=b"/RunLengthDecode")] * 2),
        pdf_of(packed(b"00", packing=b"[/ASCIIHexDecode/ASCIIHexDecode/FlateDecode]")),
        pdf_of(
            packed(
                zlib.compress(zlib.compress(bytes(65 * 1024**2))),
                packing=b"[/FlateDecode/FlateDecode]",
            )
        ),
        with_object_stream(*[b"1"] * 20_000),
        with_object_stream(b"(%b)" % (b"x" * 5 * 1024**2)),
        pdf_of(b"[" + b"[]" * 1_000_000 + b"]"),
    ],
    ids=[
        "many-streams",
        "run-lengths",
        "three-packings",
        "packed-twice",
        "objects-in-object-stream",
        "large-object-stream",
        "bare-arrays",
    ],
)
def test_bombs_in_other_wrappings_are_refused(content: bytes) -> None:
    assert flaw_of(read_pdf, content) == Flaw.TOO_MUCH_INSIDE


def test_an_unknown_packing_is_refused() -> None:
    content = pdf_of(b"<</Length 1/Filter/Mystery>>stream\nx\nendstream")
    assert flaw_of(read_pdf, content) == Flaw.UNSAFE


def test_a_huge_picture_inside_a_pdf_is_refused() -> None:
    head = b"<</Subtype/Image/Width 10000/Height 4001/Filter/DCTDecode/Length 1>>"
    assert flaw_of(read_pdf, pdf_of(head + b"stream\nx\nendstream")) == Flaw.TOO_MANY_PIXELS


@pytest.mark.parametrize(("count", "last"), [(PAGES_LIMIT, True), (PAGES_LIMIT + 1, False)])
@pytest.mark.parametrize("form", ["PDF", "TIFF"])
def test_fifty_pages_are_taken_and_fifty_one_are_not(form: str, count: int, last: bool) -> None:
    read = read_pdf if form == "PDF" else read_tiff
    content = written(pages=count) if form == "PDF" else pictures("TIFF", count)
    if last:
        assert read(content).pages == PAGES_LIMIT
    else:
        assert flaw_of(read, content) == Flaw.TOO_MANY_PAGES


def test_forty_megapixels_are_taken_and_a_row_more_is_not() -> None:
    assert inspect(name="a.png", declared_type="", content=blank_png(8000, 5000)).reading.pages == 1
    assert refusal(blank_png(8000, 5001, rows=b""), "a.png") == (
        "The pictures in the file have more than 40 megapixels. Scan the LOA again at 200 or "
        "300 dpi and upload it as PDF."
    )


def test_the_frames_of_a_tiff_count_together() -> None:
    assert flaw_of(read_tiff, pictures("TIFF", 5, (3000, 3000))) == Flaw.TOO_MANY_PIXELS


# The process


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "print('ok')",
        "print('[1]')",
        'print(\'{"pages": 0, "text": ""}\\nx\')',
        "print('{\"pages\": 1}')",
        'print(\'{"pages": 1, "text": ""}\', end="")',
        'print(\'{"pages": 1, "text": "", "more": 1}\\nx\')',
        'print(\'{"pages": 51, "text": ""}\\nx\')',
        'print(\'{"flaw": "locked"}\\nx\')',
        'print(\'{"flaw": "<b>call 1-900</b>"}\')',
        "print('[' * 100000)",
        "print('{\"pages\": 1}'); raise SystemExit(1)",
        "import os; os.abort()",
        "import time; time.sleep(9)",
    ],
)
def test_a_reader_that_does_not_answer_properly_means_refused(code: str) -> None:
    with pytest.raises(RefusedLoaFile) as caught:
        ask_reader([sys.executable, "-S", "-c", code], b"x" * 100_000, wall_seconds=0.7)
    assert str(caught.value) == (
        "The file could not be read safely. Print it to PDF, or scan the printed LOA, and "
        "upload that."
    )


def test_the_process_has_little_memory_little_time_and_cannot_write(tmp_path: Path) -> None:
    code = """
import json, resource, sys
from numbering.loa_file_reader import set_limits
set_limits()
kinds = ("AS", "CPU", "CORE", "FSIZE")
found = {kind: resource.getrlimit(getattr(resource, "RLIMIT_" + kind)) for kind in kinds}
try:
    bytearray(800 * 1024**2)
except MemoryError:
    found["memory"] = "refused"
with open(sys.argv[1], "wb", buffering=0) as file:
    try:
        file.write(b"x")
    except OSError:
        found["file"] = "refused"
print(json.dumps(found))
"""
    command = [sys.executable, "-c", code, str(tmp_path / "file")]
    finished = subprocess.run(command, capture_output=True, check=True, cwd=PROJECT)
    assert json.loads(finished.stdout) == {
        "AS": [768 * 1024**2] * 2,
        "CPU": [6, 6],
        "CORE": [0, 0],
        "FSIZE": [0, 0],
        "memory": "refused",
        "file": "refused",
    }


def test_the_reader_sets_its_limits_before_it_answers(tmp_path: Path) -> None:
    with (tmp_path / "answer").open("wb") as answer:
        finished = subprocess.run(
            [sys.executable, "-m", "numbering.loa_file_reader", "PDF"],
            input=pdf_of(),
            stdout=answer,  # a file, which the reader may not write to
            stderr=subprocess.DEVNULL,
            check=False,
            cwd=PROJECT,
        )
    assert finished.returncode != 0
    assert (tmp_path / "answer").read_bytes() == b""


def test_deep_nesting_is_refused() -> None:
    assert refusal(pdf_of(b"[" * 50_000 + b"]" * 50_000)) == (
        "The file could not be read safely. Print it to PDF, or scan the printed LOA, and "
        "upload that."
    )


def test_files_bent_at_random_are_refused_or_whole() -> None:
    """BENT_FILES=10000 is the long form. Each is read in a limited process of its own."""
    count = os.environ.get("BENT_FILES", "60")
    command = [sys.executable, "-m", "tests.numbering.bent_files", count]
    finished = subprocess.run(command, capture_output=True, check=True, cwd=PROJECT)
    ends = json.loads(finished.stdout)
    assert (sum(ends.values()), set(ends) - {"whole", "refused", "unsafe"}) == (int(count), set())
