"""The Letter of Authorization as a PDF: plain facts in, bytes out.

The same facts give the same bytes, in every process. All text can be read back out of the file, and
the words that are signed stand on a page of their own, the last.
"""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.colors import Color, HexColor, black
from reportlab.lib.pagesizes import LETTER
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from numbering.letter_text import MARGIN, lines_of, printable
from numbering.loa_words import WORDS_VERSION
from numbering.phone import NumberKind, display, kind_of

PLAIN, BOLD = "Letter", "Letter-Bold"
# A drawn signature comes on a pad of these units, from the top left corner.
PAD_WIDTH, PAD_HEIGHT = 3000, 1000

_FONTS = Path(__file__).parent / "fonts"
_PAGE_WIDTH, _PAGE_HEIGHT = LETTER
_WIDTH = _PAGE_WIDTH - 2 * MARGIN
_TOP = _PAGE_HEIGHT - 62
_BOTTOM = 118
_INK, _QUIET, _RULE = HexColor("#1b2524"), HexColor("#55625f"), HexColor("#b9c3c0")
_COLUMNS = 5
_ROW = 15
_QR = 60
_LEAD = 1.45
# Below each paragraph; and below all of them, for the signature with names that take two lines.
_GAP = 7
_SIGNATURE_ROOM = 235
_HEADINGS = {
    NumberKind.LOCAL: "Telephone numbers",
    NumberKind.TOLL_FREE: "Toll-free telephone numbers",
}

Stroke = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Letter:
    """What the letter says before anybody has signed it. Numbers are in E.164."""

    company: str
    subscriber: str
    service_address: str
    authorized_person: str
    kind: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    # Where anybody can see whether the letter is genuine.
    verify_address: str


@dataclass(frozen=True)
class Signature:
    """Who signed, when by the server's clock, and what was drawn (nothing: the typed name)."""

    name: str
    signed_on: date
    signed_at: datetime
    consent_version: str
    strokes: tuple[Stroke, ...] = ()


class CannotPrint(ValueError):
    """A name or an address has characters that the letter's font does not have."""


@dataclass(frozen=True)
class Document:
    """A finished PDF."""

    content: bytes
    pages: int


def render(letter: Letter, signature: Signature | None = None) -> Document:
    """Return the letter as a PDF. Raises CannotPrint rather than leave boxes for letters."""
    _check(letter, signature)
    # Once to count the pages, which every page names.
    count = _draw(Canvas(io.BytesIO(), pagesize=LETTER), letter, signature, count=0)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=LETTER, invariant=1, pageCompression=1, lang="en-US")
    canvas.setTitle(f"Letter of Authorization, {printable(letter.subscriber)}")
    canvas.setAuthor(printable(letter.company))
    canvas.beginForm("genuine")
    _qr(canvas, letter.verify_address)
    canvas.endForm()
    _draw(canvas, letter, signature, count=count)
    canvas.save()
    return Document(out.getvalue(), count)


def _check(letter: Letter, signature: Signature | None) -> None:
    font = _fonts()
    texts = [
        letter.company,
        letter.subscriber,
        letter.service_address,
        letter.authorized_person,
        signature.name if signature else "",
    ]
    missing = {
        char
        for text in texts
        for char in printable(text)
        # What is written from right to left would come out backwards.
        if ord(char) not in font or unicodedata.bidirectional(char) in ("R", "AL")
    }
    if missing:
        raise CannotPrint(f"The letter cannot show {' '.join(sorted(missing))}.")


@cache
def _fonts() -> frozenset[int]:
    """Register the fonts; return the characters that both have."""
    covered = []
    for name, file in ((PLAIN, "DejaVuSans.ttf"), (BOLD, "DejaVuSans-Bold.ttf")):
        font = TTFont(name, str(_FONTS / file))
        pdfmetrics.registerFont(font)
        covered.append(frozenset(font.face.charToGlyph))
    return covered[0] & covered[1]


def _draw(canvas: Canvas, letter: Letter, signature: Signature | None, *, count: int) -> int:
    """Draw every page; return how many there are."""
    pages = _Pages(canvas, letter, signature, count)
    pages.begin()
    _parties(pages, letter)
    for kind in NumberKind:
        numbers = [display(e164) for e164 in letter.numbers if kind_of(e164) is kind]
        if numbers:
            _list(pages, f"{_HEADINGS[kind]} ({len(numbers):,})", numbers)
    pages.next()
    _authorization(pages, letter, signature)
    pages.end()
    return pages.number


class _Pages:
    """The page at hand: where to write next, and what stands on each page's head and foot."""

    def __init__(
        self, canvas: Canvas, letter: Letter, signature: Signature | None, count: int
    ) -> None:
        self.canvas = canvas
        self.number = 0
        self.y = 0.0
        self._letter = letter
        self._signature = signature
        self._count = count

    def begin(self) -> None:
        """Begin a page with the company's name on top."""
        self.number += 1
        self.y = _TOP
        canvas = self.canvas
        head = lines_of(self._letter.company, BOLD, 11, _WIDTH / 2)[0]
        self.text(head, BOLD, 11, at=_PAGE_HEIGHT - 44)
        canvas.setFillColor(_QUIET)
        canvas.setFont(PLAIN, 9)
        canvas.drawRightString(
            _PAGE_WIDTH - MARGIN, _PAGE_HEIGHT - 44, f"Page {self.number} of {self._count}"
        )
        self.rule(_PAGE_HEIGHT - 52)

    def end(self) -> None:
        """End the page with how to see that it is genuine."""
        self.rule(98)
        canvas = self.canvas
        canvas.saveState()
        canvas.translate(MARGIN, 30)
        canvas.doForm("genuine")
        canvas.restoreState()
        signed = (
            f"Consent to sign electronically: version {self._signature.consent_version}."
            if self._signature
            else "Prepared for signature."
        )
        lines = (
            "Is this letter genuine, and does it still count? Anybody may look:",
            self._letter.verify_address,
            f"Text of this letter: version {WORDS_VERSION}. {signed}",
        )
        for index, line in enumerate(lines):
            self.text(line, PLAIN, 8, at=78 - 14 * index, left=MARGIN + _QR + 12, color=_QUIET)
        canvas.showPage()

    def next(self) -> None:
        """Go on on a new page."""
        self.end()
        self.begin()

    def text(
        self,
        line: str,
        font: str,
        size: float,
        *,
        at: float,
        left: float = MARGIN,
        color: Color = _INK,
    ) -> None:
        """Write a line."""
        self.canvas.setFillColor(color)
        self.canvas.setFont(font, size)
        self.canvas.drawString(left, at, line)

    def paragraph(
        self, words: str, font: str, size: float, *, left: float = MARGIN, lead: float = _LEAD
    ) -> None:
        """Write words over as many lines as they need, and go down."""
        for line in lines_of(words, font, size, _PAGE_WIDTH - MARGIN - left):
            self.text(line, font, size, at=self.y, left=left)
            self.y -= size * lead

    def rule(self, at: float) -> None:
        """Draw a line across the page."""
        self.canvas.setStrokeColor(_RULE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(MARGIN, at, _PAGE_WIDTH - MARGIN, at)


def _parties(pages: _Pages, letter: Letter) -> None:
    pages.y -= 26
    pages.paragraph("Letter of Authorization", BOLD, 22)
    pages.paragraph("to switch on text messages for telephone numbers", PLAIN, 11)
    pages.y -= 16
    facts = (
        ("Customer", letter.subscriber),
        ("Service address", letter.service_address),
        ("Authorized person", letter.authorized_person),
        ("Kind of letter", letter.kind),
        ("Authorized company", letter.company),
        ("Telephone numbers", f"{len(letter.numbers):,}, all listed below"),
    )
    for label, value in facts:
        pages.text(label, PLAIN, 9, at=pages.y, color=_QUIET)
        pages.paragraph(value, BOLD, 10.5, left=MARGIN + 120, lead=1.35)
        pages.y -= 5
    pages.y -= 6


def _list(pages: _Pages, heading: str, numbers: Sequence[str]) -> None:
    """Write the numbers down the columns, page after page."""
    rest = list(numbers)
    title = heading
    # A heading with no room for numbers below it goes to the next page with them.
    if pages.y - 3 * _ROW < _BOTTOM:
        pages.next()
    while rest:
        pages.y -= _ROW
        pages.text(title, BOLD, 11, at=pages.y)
        pages.y -= 6
        rows = min(int((pages.y - _BOTTOM) // _ROW), -(-len(rest) // _COLUMNS))
        here, rest = rest[: rows * _COLUMNS], rest[rows * _COLUMNS :]
        for index, number in enumerate(here):
            column, row = divmod(index, rows)
            left = MARGIN + column * _WIDTH / _COLUMNS
            pages.text(number, PLAIN, 10, at=pages.y - (row + 1) * _ROW, left=left)
        pages.y -= rows * _ROW
        if rest:
            title = f"{heading}, continued"
            pages.next()


def _size_of(words: Sequence[str], *, room: float) -> float:
    """Return the size in which the words leave room for the signature on their page."""
    for size in (10.5, 9.5, 8.5):
        count = sum(len(lines_of(paragraph, PLAIN, size, _WIDTH)) for paragraph in words)
        if count * size * _LEAD + len(words) * _GAP <= room:
            break
    return size


def _authorization(pages: _Pages, letter: Letter, signature: Signature | None) -> None:
    pages.y -= 24
    pages.paragraph("Authorization", BOLD, 18)
    pages.y -= 8
    size = _size_of(letter.words, room=pages.y - _BOTTOM - _SIGNATURE_ROOM)
    for words in letter.words:
        pages.paragraph(words, PLAIN, size)
        pages.y -= _GAP
    pages.y -= 8
    box_top = pages.y
    height = 84.0
    _sign(pages, signature, top=box_top, height=height)
    pages.rule(box_top - height)
    pages.y = box_top - height - 14
    pages.text("Signature", PLAIN, 9, at=pages.y, color=_QUIET)
    pages.y -= 22
    blank = "_" * 36
    rows = (
        ("Name", signature.name if signature else blank),
        ("For", letter.subscriber),
        ("Date", f"{signature.signed_on:%B} {signature.signed_on.day}, {signature.signed_on:%Y}")
        if signature
        else ("Date", blank),
        *(
            (
                (
                    "Signed here",
                    f"{signature.signed_at:%Y-%m-%d %H:%M:%S} UTC, by the server's clock",
                ),
            )
            if signature
            else ()
        ),
    )
    for label, value in rows:
        pages.text(label, PLAIN, 9, at=pages.y, color=_QUIET)
        pages.paragraph(value, BOLD if signature else PLAIN, 10.5, left=MARGIN + 120)
        pages.y -= 3


def _sign(pages: _Pages, signature: Signature | None, *, top: float, height: float) -> None:
    canvas = pages.canvas
    if signature is None:
        return
    if not signature.strokes:
        size = 24.0
        name = lines_of(signature.name, PLAIN, size, _WIDTH)
        while len(name) > 1:
            size -= 1
            name = lines_of(signature.name, PLAIN, size, _WIDTH)
        slanted = canvas.beginText()
        slanted.setTextTransform(1, 0, 0.28, 1, MARGIN, top - height + 18)
        slanted.setFont(PLAIN, size)
        slanted.setFillColor(_INK)
        slanted.textOut(name[0])
        canvas.drawText(slanted)
        return
    scale = height / PAD_HEIGHT

    def place(point: tuple[int, int]) -> tuple[float, float]:
        return MARGIN + point[0] * scale, top - point[1] * scale

    canvas.saveState()
    canvas.setStrokeColor(_INK)
    canvas.setLineWidth(1.6)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    for stroke in signature.strokes:
        path.moveTo(*place(stroke[0]))
        # A dot is a line to where it is.
        for point in stroke[1:] or stroke[:1]:
            path.lineTo(*place(point))
    canvas.drawPath(path)
    canvas.restoreState()


def _qr(canvas: Canvas, address: str) -> None:
    """Draw the code as one shape: a hundred small ones take three times as long."""
    widget: Any = QrCodeWidget(address, barLevel="M")  # its code is not in the stubs
    code = widget.qr
    code.make()
    side = _QR / code.getModuleCount()
    path = canvas.beginPath()
    for row, modules in enumerate(code.modules):
        left = 0
        for is_dark, run in groupby(modules, key=bool):
            width = len(list(run))
            if is_dark:
                path.rect(left * side, _QR - (row + 1) * side, width * side, side)
            left += width
    canvas.setFillColor(black)
    canvas.drawPath(path, stroke=0, fill=1)
