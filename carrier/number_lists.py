"""Lists of telephone numbers that the carrier gives out in pages.

Source: the carrier's API pages for `inserviceNumbers` and the numbers of a SIP peer. Pages are
documented by number, and some samples link them by the id of their first number instead: a link is
followed where there is one.
"""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.wire import Answer

#: How many numbers to ask for at once; the largest size that every page of the carrier agrees on.
PAGE_SIZE = 500
#: A list that goes on for longer than 5,000,000 numbers goes in a circle.
MAX_PAGES = 10_000

# `Link=<https://…?page=…&size=…>;rel="next";`
_LINK = re.compile(r"<([^<>]+)>")

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """One page of the list. `following` is the query of the next page, None on the last one.

    Numbers are E.164 where they can be read as such, and otherwise as the carrier wrote them.
    """

    telephone_numbers: tuple[str, ...]
    following: Query | None


@dataclass(frozen=True)
class Bookmark:
    """Where the reading of a list goes on: after so many pages, with this query.

    `marks` stand for the pages that were read, so that a circle is noticed later, too.
    """

    query: Query
    pages: int = 0
    marks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As values that JSON can keep."""
        return {"query": self.query, "pages": self.pages, "marks": self.marks}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Bookmark":
        """Of what `to_json` gave."""
        query = tuple((str(name), str(value)) for name, value in kept["query"])
        return cls(query, int(kept["pages"]), tuple(kept["marks"]))


class Walk(Iterator[tuple[str, ...]]):
    """All numbers of a list, page by page; a number may come more than once.

    `read_page` gets the root of a page and its number, counted from 1. The list is whole only when
    the iterator has come to its end. Raises a CarrierError at the page that could not be read, and
    OutcomeUnknown for a list that goes in a circle: neither says anything about the numbers that
    were not seen. Counts in the answers are not believed.

    It can be put down after any page, also after one that could not be read, and gone on with from
    its bookmark.
    """

    def __init__(
        self,
        carrier: Carrier,
        call_of: Callable[[Query], Call],
        read_page: Callable[[Element, int], Page],
        bookmark: Bookmark | None = None,
    ) -> None:
        self._carrier = carrier
        self._call_of = call_of
        self._read_page = read_page
        at = bookmark or Bookmark(_query(page="1"))
        self._query: Query | None = at.query
        self._pages = at.pages
        self._marks = set(at.marks)

    @property
    def bookmark(self) -> Bookmark | None:
        """Where it goes on; None when the list has come to its end."""
        if self._query is None:
            return None
        return Bookmark(self._query, self._pages, tuple(self._marks))

    def __next__(self) -> tuple[str, ...]:
        """Read the next page."""
        if self._query is None:
            raise StopIteration
        call = self._call_of(self._query)
        number = self._pages + 1
        page = self._carrier.call(call, _reader(call, self._read_page, number=number))
        numbers = page.telephone_numbers
        asked, onward = mark_of(self._query), mark_of(page.following or ())
        # The same numbers under another address are a circle too.
        shape = mark(numbers[0], numbers[-1], str(len(numbers))) if numbers else ""
        if onward == asked or {onward, shape} & self._marks or number > MAX_PAGES:
            raise call.unknown("the list of numbers repeats its pages")
        self._marks |= {asked, shape} - {""}
        self._pages, self._query = number, page.following
        return numbers


def following(holder: Element, *, number: int, count: int) -> Query | None:
    """The query of the page after this one, which is the `number`th and holds `count` numbers."""
    links = xmlbody.child(holder, "links")
    text = xmlbody.text(links, "next")
    if found := _LINK.search(text):
        # Only page and size are used: the link may name an inner host, another port, plain http.
        given = dict(parse_qsl(found[1].partition("?")[2]))
        if "page" in given:
            return _query(page=given["page"], size=given.get("size", str(PAGE_SIZE)))
    # A placeholder for a link, or no links at all: count on, until a page is empty or not full.
    if text or (links is None and count >= PAGE_SIZE):
        return _query(page=str(number + 1))
    return None


def mark_of(query: Query) -> str:
    """A page that was asked for, in short; "" for none."""
    return mark(*itertools.chain(*query)) if query else ""


def mark(*texts: str) -> str:
    """Texts in short, to be known again by."""
    return hashlib.blake2b("\n".join(texts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _query(*, page: str, size: str = str(PAGE_SIZE)) -> Query:
    return (("page", page), ("size", size))


def _reader(
    call: Call, read_page: Callable[[Element, int], Page], *, number: int
) -> Callable[[Answer], Page]:
    def read(answer: Answer) -> Page:
        if answer.status == HTTPStatus.NO_CONTENT:
            return Page((), None)
        return read_page(call.root_of(answer), number)

    return read
