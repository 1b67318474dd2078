"""The lists of number orders and of disconnects, in which our own are looked for.

Source: the carrier's API pages for orders and disconnects. A page begins with the order whose id
is its `page`, "1" is the first one; the id of the next page stands in `Links` only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from carrier import order_shapes, xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import UnreadableBody
from carrier.records import OrderList, OrderSummary
from carrier.wire import Answer

#: What the carrier calls the page before any id is known.
FIRST_PAGE = "1"
#: How many rows to ask for at once; each may hold some dozens of elements.
PAGE_SIZE = 500
#: No list is read for longer than 20,000 orders.
MAX_PAGES = 40
#: How many orders without any reference are worth opening to find ours.
MAX_UNNAMED = 300

# `Link=<https://…?page=…&size=…>;rel="next";`
_LINK = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True)
class OrderPage:
    """One page of a list; `next_id` is "" on the last one, None when there may be another."""

    rows: tuple[OrderSummary, ...]
    next_id: str | None


def find(
    carrier: Carrier,
    *,
    resource: str,
    reference: str,
    filters: tuple[tuple[str, str], ...] = (),
    since: date | None = None,
) -> OrderList:
    """The rows of the whole list of a resource that are, or may be, under our reference.

    Rows under another reference are left out, whatever filter was asked for. Where no row carries
    ours, those that carry none may be ours and have to be opened, but for those from before
    `since`. Without a reference, every row of the list; `truncated` says that there may be more.

    What is not returned is not there: a CarrierError is raised unless a row carries our reference,
    or every page was readable and the last one said that it is the last. A 404 counts only with
    the carrier's own words for an empty list in it.
    """
    found: dict[str, OrderSummary] = {}
    asked: set[str] = set()
    page = OrderPage((), FIRST_PAGE)
    while page.next_id and len(asked) < MAX_PAGES:
        call = _call(carrier, resource, page.next_id, filters)
        asked.add(page.next_id)
        page = carrier.call(call, _reader(call))
        if page.next_id in asked:
            raise call.unknown(f"the list of {resource} repeats its pages")
        found.update({row.order_id: row for row in page.rows})
    is_whole = page.next_id == ""
    if not reference and found:
        return OrderList(tuple(found.values()), truncated=not is_whole)
    if named := tuple(row for row in found.values() if row.customer_order_id == reference):
        return OrderList(named, truncated=not is_whole)
    if not is_whole:
        raise call.unknown(f"the list of {resource} could not be read to its end")
    unnamed = tuple(
        row
        for row in found.values()
        if not row.customer_order_id
        and (since is None or row.created_at is None or row.created_at.date() >= since)
    )
    if len(unnamed) > MAX_UNNAMED:
        raise call.unknown(f"too many {resource} name no reference; ours cannot be told from them")
    return OrderList(unnamed, truncated=False)


def read_page(root: Element) -> OrderPage:
    """The rows of a page and the way on. Raises UnreadableBody when it is no such list."""
    holder = xmlbody.child(root, "listorderiduseriddate")
    if xmlbody.name_of(root) != "responseselectwrapper" or holder is None:
        raise UnreadableBody("it is not a list of orders")
    rows = tuple(
        order_shapes.read_row(xmlbody.unwrap(row))
        for row in xmlbody.children(holder, "orderiduseriddate")
    )
    # Totals are known to be wrong, but an order that is not found may be sent again by a person.
    if not rows and xmlbody.text(holder, "totalcount") not in ("", "0"):
        raise UnreadableBody("the list counts orders but shows none")
    return OrderPage(rows, _next_id(holder, is_full=len(rows) >= PAGE_SIZE))


def _next_id(holder: Element, *, is_full: bool) -> str | None:
    links = xmlbody.child(holder, "links")
    text = xmlbody.text(links, "next")
    if found := _LINK.search(text):
        # Only the page is used: the link may name an inner host, another port, plain http.
        return dict(parse_qsl(found[1].partition("?")[2])).get("page") or None
    # A placeholder for a link, or a full page without links, does not say that this is the end.
    return None if text or (links is None and is_full) else ""


def _call(carrier: Carrier, resource: str, page: str, filters: tuple[tuple[str, str], ...]) -> Call:
    return Call(
        operation=f"{resource}.find",
        bucket=resource,
        method="GET",
        path=resource,
        version=carrier.settings.api_version,
        query=(("page", page), ("size", str(PAGE_SIZE)), *filters),
        # Only a list without a first page can be empty.
        also_read=frozenset({HTTPStatus.NOT_FOUND}) if page == FIRST_PAGE else frozenset(),
    )


def _reader(call: Call) -> Callable[[Answer], OrderPage]:
    def read(answer: Answer) -> OrderPage:
        if answer.status != HTTPStatus.NOT_FOUND:
            return read_page(call.root_of(answer))
        if not answer.body.strip():
            raise call.refused(answer.status, ())
        if xmlbody.name_of(call.root_of(answer)) != "links":
            raise UnreadableBody("a 404 that does not say that the list is empty")
        # What the carrier's pages show for an account without any order.
        return OrderPage((), "")

    return read
