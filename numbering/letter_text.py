"""Text that fits onto a page of the letter."""

import unicodedata

from reportlab.pdfbase.pdfmetrics import stringWidth

MARGIN = 54


def printable(text: str) -> str:
    """Return the text on one line, with accents as one character with their letter."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def lines_of(text: str, font: str, size: float, width: float) -> list[str]:
    """Return the text in lines that are no wider; a word that is too long by itself is cut."""
    lines = [""]
    for word in printable(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if stringWidth(longer, font, size) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for char in word:
            if stringWidth(lines[-1] + char, font, size) > width:
                lines.append("")
            lines[-1] += char
    return lines
