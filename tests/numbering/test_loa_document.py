"""The letter as a PDF: read back, rendered, and compared with what went in."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from datetime import UTC, date, datetime

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops
from pypdf import PdfReader

from numbering.loa_document import CannotPrint, Letter, Signature, Stroke, render
from numbering.loa_words import CONSENT_VERSION, WORDS_VERSION, authorizing_words, consent
from numbering.number_list import read_text
from numbering.phone import display

COMPANY, SUBSCRIBER = "Front Range Voice", "Kowalczyk & Nguyễn Dental Łódź"
LOCAL = tuple(f"+1303{220 + index // 10_000}{index % 10_000:04d}" for index in range(4_990))
TOLL_FREE = tuple(f"+180022{index:05d}" for index in range(70_000, 70_010))


def words(*, loa_type: str = "SUBSCRIBER", has_toll_free: bool = False) -> tuple[str, ...]:
    """Give the authorizing words of a letter."""
    return authorizing_words(
        company=COMPANY, subscriber=SUBSCRIBER, loa_type=loa_type, has_toll_free=has_toll_free
    )


def letter(*numbers: str) -> Letter:
    """Give the facts of a letter."""
    return Letter(
        company=COMPANY,
        subscriber=SUBSCRIBER,
        service_address="1420B Larimer St, Suite 5, Denver, CO 80202-1111",
        authorized_person="María Łuczak",
        kind="The customer's own letter (subscriber)",
        words=words(has_toll_free=bool(set(numbers) & set(TOLL_FREE))),
        numbers=numbers or LOCAL[:3],
        verify_address="https://portal.example.com/verify/0123456789abcdef0123456789abcdef/",
    )


def signature(*strokes: Stroke) -> Signature:
    """Give a signature, typed unless there are strokes."""
    return Signature(
        name="María Łuczak",
        signed_on=date(2026, 11, 21),
        signed_at=datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC),
        consent_version=CONSENT_VERSION,
        strokes=strokes,
    )


def in_one_line(text: str) -> str:
    """Put blanks and line breaks together."""
    return " ".join(text.split())


def texts(content: bytes) -> list[str]:
    """Give the text of each page, with blanks put together."""
    return [in_one_line(page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]


def picture(content: bytes, page: int) -> Image.Image:
    """Render a page, 72 points to the inch."""
    document = pypdfium2.PdfDocument(content)
    try:
        image = document[page].render(scale=1).to_pil()
        return image.convert("L")
    finally:
        document.close()


def code_on(content: bytes, page: int) -> str:
    """Read the QR code of a page, drawn as a telephone would see it."""
    document = pypdfium2.PdfDocument(content)
    try:
        (code,) = zxingcpp.read_barcodes(document[page].render(scale=3).to_pil())
    finally:
        document.close()
    return str(code.text)


def ink(image: Image.Image) -> int:
    """Count the dark pixels."""
    return sum(image.histogram()[:128])


@pytest.fixture(scope="module")
def five_thousand() -> bytes:
    """A letter with as many numbers as an order can have, of both kinds."""
    return render(letter(*LOCAL, *TOLL_FREE), signature()).content


@pytest.fixture(scope="module")
def read_back(five_thousand: bytes) -> list[str]:
    """What is read out of each page of that letter, which takes a second."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(five_thousand)).pages]


def test_five_thousand_numbers_are_all_read_back_and_no_other(read_back: list[str]) -> None:
    found = read_text("\n".join(read_back)).good
    assert {row.e164 for row in found} == {*LOCAL, *TOLL_FREE}


def test_every_page_says_which_it_is_and_where_to_verify(
    five_thousand: bytes, read_back: list[str]
) -> None:
    pages = [in_one_line(page) for page in read_back]
    assert 20 < len(pages) < 40
    address = "https://portal.example.com/verify/0123456789abcdef0123456789abcdef/"
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert address in page
        assert f"version {WORDS_VERSION}" in page
    for page_number in (0, len(pages) - 1):
        assert code_on(five_thousand, page_number) == address


def test_the_words_stand_on_a_page_of_their_own(read_back: list[str]) -> None:
    """R30: the page that is signed has the authorizing words, the signature, and no list."""
    *before, last = [in_one_line(page) for page in read_back]
    for paragraph in words(has_toll_free=True):
        assert paragraph in last
        assert not any(paragraph in page for page in before)
    assert display(LOCAL[0]) in before[0]
    assert "(303)" not in last
    assert "(800)" not in last
    assert "Name María Łuczak" in last
    assert "November 21, 2026" in last
    assert "2026-11-22 03:04:05 UTC" in last


def test_the_first_page_says_who_and_where() -> None:
    first = texts(render(letter()).content)[0]
    for fact in (COMPANY, SUBSCRIBER, "1420B Larimer St, Suite 5, Denver, CO 80202-1111", "Łuczak"):
        assert fact in first
    assert "Telephone numbers (3)" in first
    assert "Prepared for signature." in first


def test_toll_free_numbers_bring_their_own_words_and_list() -> None:
    local, mixed = texts(render(letter()).content), texts(render(letter(*TOLL_FREE)).content)
    assert "RespOrg" not in " ".join(local)
    assert "RespOrg" in mixed[-1]
    assert "Toll-free telephone numbers (10)" in mixed[0]


def test_a_blanket_letter_says_so() -> None:
    assert "blanket authorization" in " ".join(words(loa_type="CARRIER"))
    assert "blanket authorization" not in " ".join(words())


def test_the_same_facts_give_the_same_bytes() -> None:
    first, second = (render(letter(), signature()).content for _ in range(2))
    assert first == second
    other = dataclasses.replace(signature(), signed_at=datetime(2026, 11, 22, 3, 4, 6, tzinfo=UTC))
    assert render(letter(), other).content != first


def test_what_is_drawn_is_seen_where_the_signature_stands() -> None:
    unsigned = picture(render(letter()).content, 1)
    dot: Stroke = ((2900, 500),)
    line: Stroke = tuple((x, 500 + (x % 200)) for x in range(100, 1500, 20))
    drawn = picture(render(letter(), signature(line, dot)).content, 1)
    typed = picture(render(letter(), signature()).content, 1)
    changed = ImageChops.difference(unsigned, drawn).getbbox()
    assert changed is not None
    # All of it on the page's right place: below the words, above the foot.
    left, top, right, bottom = changed
    assert left >= 54
    assert 300 < top < bottom < 780
    assert right <= 612 - 54
    assert ink(drawn) > ink(unsigned)
    assert ink(typed) > ink(unsigned)


def test_the_code_on_the_foot_has_its_three_corners() -> None:
    image = picture(render(letter()).content, 0)
    foot = image.crop((54, 792 - 90, 114, 792 - 30))
    size = foot.width
    corners = [(0, 0), (size - 10, 0), (0, size - 10)]
    for left, top in corners:
        assert ink(foot.crop((left, top, left + 10, top + 10))) > 30


def test_the_longest_names_still_leave_room_for_the_signature() -> None:
    long = dataclasses.replace(
        letter(),
        company="W" * 40,
        subscriber="W" * 45,
        words=authorizing_words(
            company="W" * 40, subscriber="W" * 45, loa_type="CARRIER", has_toll_free=True
        ),
    )
    document = render(long, dataclasses.replace(signature(), name="W" * 60))
    assert document.pages == 2
    # Nothing runs into the rule above the foot.
    assert ink(picture(document.content, 1).crop((0, 792 - 116, 612, 792 - 100))) == 0


@pytest.mark.parametrize("name", ["山田太郎", "שלום"])
def test_a_name_that_the_font_lacks_is_refused_and_not_left_out(name: str) -> None:
    with pytest.raises(CannotPrint):
        render(dataclasses.replace(letter(), subscriber=name))


def test_a_changed_text_needs_a_new_version() -> None:
    """Change the version and the hash together: what was signed under one must stay one text."""
    agreed = consent(company="C", ask_us="A", email="E")
    said = [
        authorizing_words(company="C", subscriber="S", loa_type=loa_type, has_toll_free=toll_free)
        for loa_type in ("SUBSCRIBER", "CARRIER")
        for toll_free in (False, True)
    ]
    found = (WORDS_VERSION, hashlib.sha256(repr(said).encode()).hexdigest()[:16])
    assert found == ("1", "779f54aac52dd0d5")
    assert (agreed.version, agreed.sha256[:16]) == ("1", "1c90186b998d9145")
