"""The telephone numbers that are in service on the account: hosted, imported or ordered.

Source: the carrier's API pages for `inserviceNumbers`, the same path in both versions. Pages are
documented by number, and some samples link them by the id of their first number instead: a link is
followed where there is one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import NotFound, UnreadableBody
from carrier.telephone import all_from_wire, on_wire
from carrier.wire import Answer

#: How many numbers to ask for at once; the largest size that every page of the carrier agrees on.
PAGE_SIZE = 500
#: A list that goes on for longer than 5,000,000 numbers goes in a circle.
MAX_PAGES = 10_000

_BUCKET = "inserviceNumbers"
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


def list_numbers(carrier: Carrier) -> Iterator[tuple[str, ...]]:
    """All numbers that are in service, page by page; a number may come more than once.

    The list is whole only when the iterator has come to its end. Raises a CarrierError at the page
    that could not be read, and OutcomeUnknown for a list that goes in a circle: neither says
    anything about the numbers that were not seen. Counts in the answers are not believed.
    """
    query: Query | None = _query(page="1")
    asked: set[Query] = set()
    seen: set[tuple[str, str, int]] = set()
    while query is not None:
        call = _call(carrier, "list_numbers", query=query)
        page = carrier.call(call, _reader(call, number=len(asked) + 1))
        numbers = page.telephone_numbers
        # The same numbers under another address are a circle too.
        shape = (numbers[0], numbers[-1], len(numbers)) if numbers else None
        asked.add(query)
        if page.following in asked or shape in seen or len(asked) > MAX_PAGES:
            raise call.unknown("the list of numbers in service repeats its pages")
        if shape is not None:
            seen.add(shape)
        yield numbers
        query = page.following


def is_in_service(carrier: Carrier, *, telephone_number: str) -> bool:
    """Whether this number (E.164) is in service on the account.

    Raises a CarrierError when it could not be asked, ValueError for what is no number of the NANP.
    """
    path = f"inserviceNumbers/{on_wire(telephone_number, carrier.number_format)}"
    call = _call(carrier, "is_in_service", path=path)

    def read(answer: Answer) -> bool:
        if answer.body:
            # Documented without a body; what holds reasons, or cannot be read, is no yes.
            call.root_of(answer)
        return True

    try:
        return carrier.call(call, read)
    except NotFound:
        return False


def read_page(root: Element, *, number: int) -> Page:
    """The numbers of a page and the way on; `number` counts pages from 1.

    Raises UnreadableBody when it is no such page, or is empty against its own count.
    """
    holder = xmlbody.child(root, "telephonenumbers")
    total = xmlbody.number(root, "totalcount")
    if holder is None and total is None:
        raise UnreadableBody("it is no list of telephone numbers")
    rows = [] if holder is None else xmlbody.children(holder, "telephonenumber")
    numbers = all_from_wire(
        [xmlbody.text(row, "fullnumber") if len(row) else xmlbody.text(row) for row in rows]
    )
    if not numbers and total and number == 1:
        raise UnreadableBody(f"it counts {total} telephone numbers and holds none")
    return Page(numbers, _following(root, number=number, is_full=len(numbers) >= PAGE_SIZE))


def _following(root: Element, *, number: int, is_full: bool) -> Query | None:
    links = xmlbody.child(root, "links")
    text = xmlbody.text(links, "next")
    if found := _LINK.search(text):
        # Only page and size are used: the link may name an inner host, another port, plain http.
        given = dict(parse_qsl(found[1].partition("?")[2]))
        if "page" in given:
            return _query(page=given["page"], size=given.get("size", str(PAGE_SIZE)))
    # A placeholder for a link, or no links at all: count on, until a page is empty or not full.
    if text or (links is None and is_full):
        return _query(page=str(number + 1))
    return None


def _query(*, page: str, size: str = str(PAGE_SIZE)) -> Query:
    return (("page", page), ("size", size))


def _reader(call: Call, *, number: int) -> Callable[[Answer], Page]:
    def read(answer: Answer) -> Page:
        if answer.status == HTTPStatus.NO_CONTENT:
            return Page((), None)
        return read_page(call.root_of(answer), number=number)

    return read


def _call(
    carrier: Carrier, operation: str, *, path: str = "inserviceNumbers", query: Query = ()
) -> Call:
    return Call(
        operation=f"in_service.{operation}",
        bucket=_BUCKET,
        method="GET",
        path=path,
        version=carrier.settings.api_version,
        query=query,
    )
