"""What a machine could read in a letter, compared loosely: people write in many ways."""

import re
import unicodedata
from dataclasses import dataclass

from numbering.models import Subscriber
from numbering.phone import NotANumber, to_e164

_NUMBER = re.compile(
    r"(?<![0-9])(?:\+?1[ \t.\-]{0,2})?\(?[2-9][0-9]{2}\)?[ \t./\-]{0,3}[2-9][0-9]{2}"
    r"[ \t.\-]{0,3}[0-9]{4}(?![0-9])"
)
_POST_BOX = re.compile(
    r"\b(?:p\s?\.?\s?o\s?\.?\s*box|post(?:al)?\s+(?:office\s+)?box)\b", re.IGNORECASE
)
_TOLL_FREE = re.compile(r"\b(?:toll[\s-]?free|resp\s?-?org|responsible organi[sz]ation)", re.I)
_WORD = re.compile(r"[a-z0-9]+")
# How a business is organised is often left out or written in another way.
_LEGAL_FORMS = frozenset(
    ["a", "an", "and", "co", "company", "corp", "corporation", "inc", "incorporated", "limited"]
    + ["llc", "llp", "lp", "ltd", "of", "pc", "pllc", "the"]
)
# Fewer words than these are no letter: a scan's file name, or the stamp of a scanner.
_FEWEST_WORDS = 12


@dataclass(frozen=True)
class LetterReading:
    """A letter's text, taken apart once."""

    words: frozenset[str]
    e164s: frozenset[str]
    has_words: bool
    has_post_box: bool
    is_about_toll_free: bool

    def names(self, name: str) -> bool:
        """Whether the telling words of a name are all there."""
        words = set(_words(name))
        return (words - _LEGAL_FORMS or words) <= self.words

    def has_address(self, subscriber: Subscriber) -> bool:
        """Whether house number, street and ZIP code are there; types of street vary too much."""
        house = subscriber.house_number
        suffixed = (house + subscriber.house_suffix).lower()
        return (house in self.words or suffixed in self.words) and {
            *_words(subscriber.street_name),
            subscriber.zip_code,
        } <= self.words


def read(text: str) -> LetterReading:
    """Take the text of a letter apart."""
    words = _words(text)
    return LetterReading(
        words=frozenset(words),
        e164s=frozenset(_numbers(text)),
        has_words=len(words) >= _FEWEST_WORDS,
        has_post_box=has_post_box(text),
        is_about_toll_free=bool(_TOLL_FREE.search(text)),
    )


def has_post_box(text: str) -> bool:
    """Whether a post office box stands in the text."""
    return bool(_POST_BOX.search(text))


def _numbers(text: str) -> set[str]:
    found = set()
    for match in _NUMBER.finditer(unicodedata.normalize("NFKC", text)):
        try:
            found.add(to_e164(match[0]))
        except NotANumber:
            continue
    return found


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).lower().replace("'", "").replace("\u2019", "")
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _WORD.findall(plain.replace("&", " and "))
