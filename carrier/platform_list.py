"""The list of the telephone numbers on the older platform (V1), page by page.

Source: the carrier's page "phoneNumbers". Pages go by position, so that a number which is given up
while the list is read moves others to a page that was read already: who is on no page may be there.
"""

import re
from collections.abc import Iterator
from itertools import chain
from urllib.parse import parse_qsl

from carrier import jsonbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import UnreadableBody
from carrier.number_lists import Bookmark, Query, mark, mark_of
from carrier.platform import NUMBERS, read_number
from carrier.platform_records import PlatformNumber
from carrier.wire import Answer

#: The most that the platform lists at once.
PAGE_SIZE = 1000
#: A list that goes on for longer than 10,000,000 numbers goes in a circle.
MAX_PAGES = 10_000

# `<https://…?page=1&size=1000>; rel="next", <…>; rel="first"`
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_MOST_PARAMETERS = 20


class Walk(Iterator[tuple[PlatformNumber, ...]]):
    """All numbers of the user, page by page; a number may come more than once, or be passed over.

    Raises a CarrierError at the page that could not be read, and OutcomeUnknown for a list that
    goes in a circle. It can be put down after any page, also after one that could not be read, and
    gone on with from its bookmark.
    """

    def __init__(self, carrier: Carrier, bookmark: Bookmark | None = None) -> None:
        self._carrier = carrier
        at = bookmark or Bookmark(_counted(0))
        self._query: Query | None = at.query
        self._pages = at.pages
        self._marks = set(at.marks)

    @property
    def bookmark(self) -> Bookmark | None:
        """Where it goes on; None when the list has come to its end."""
        if self._query is None:
            return None
        return Bookmark(self._query, self._pages, tuple(self._marks))

    def __next__(self) -> tuple[PlatformNumber, ...]:
        """Read the next page."""
        if self._query is None:
            raise StopIteration
        call = Call(
            operation="platform.list_numbers",
            bucket=NUMBERS,
            method="GET",
            path="phoneNumbers",
            version="platform",
            query=self._query,
        )
        number = self._pages + 1
        numbers, onward = self._carrier.call(call, lambda answer: _read_page(answer, number=number))
        asked = mark_of(self._query)
        # The same numbers under another address are a circle too, and so is a second empty page.
        ends = (numbers[0].platform_id, numbers[-1].platform_id) if numbers else ()
        shape = mark(*ends, str(len(numbers)))
        seen = self._marks | {asked}
        if mark_of(onward or ()) in seen or shape in seen or number > MAX_PAGES:
            raise call.unknown("the platform's list of numbers repeats its pages")
        self._marks = seen | {shape}
        self._pages, self._query = number, onward
        return numbers


def read_list(body: bytes) -> tuple[PlatformNumber, ...]:
    """The numbers of a page. Raises UnreadableBody when it is no list of them."""
    return tuple(read_number(row) for row in jsonbody.list_in(body))


def following(link: str) -> Query | None:
    """The query of the next page in a Link header, None when it names none.

    Only the query is used: the link may name an inner host, another port, plain http. Raises
    UnreadableBody for a link without one.
    """
    for address, parameters in _LINK.findall(link):
        if _is_next(parameters):
            query = tuple(parse_qsl(address.partition("?")[2].partition("#")[0]))
            # It is kept in a bookmark, and a database keeps no NUL.
            is_text = all(text.isprintable() for text in chain(*query))
            if not (0 < len(query) <= _MOST_PARAMETERS and is_text):
                raise UnreadableBody("its link to the next page leads nowhere")
            return query
    return None


def _is_next(parameters: str) -> bool:
    """Whether a link's parameters say that it leads to the next page."""
    for parameter in re.split("[;,]", parameters):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "rel":
            return "next" in value.strip(' "').lower().split()
    return False


def _read_page(answer: Answer, *, number: int) -> tuple[tuple[PlatformNumber, ...], Query | None]:
    numbers = read_list(answer.body)
    link = answer.headers.get("Link", "")
    if link or len(numbers) < PAGE_SIZE:
        return numbers, following(link)
    # A full page and no word on what follows: count on, until a page is not full.
    return numbers, _counted(number)


def _counted(page: int) -> Query:
    return (("page", str(page)), ("size", str(PAGE_SIZE)))
