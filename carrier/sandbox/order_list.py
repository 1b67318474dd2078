"""The list of number orders or of disconnects: pages that are named for their first row."""

from __future__ import annotations

import time
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.document import leaf, render, response_status
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.instants import DAY, start_of_short_day, to_dashed_text, to_text
from carrier.sandbox.numbering_plan import is_count
from carrier.sandbox.order import OrderKind
from carrier.sandbox.order_book import Summary
from carrier.sandbox.order_search import Search
from carrier.sandbox.state import SandboxState

_FIRST_PAGE = "1"
_ROOT = "ResponseSelectWrapper"


@dataclass(frozen=True)
class OrderList:
    """One of the two lists: where it is, and what the carrier does differently there.

    Without a `default_size` page and size have to be given. `is_dashed` writes the time with
    dashes, and `id_tag` is how a row spells the name of its id.
    """

    kind: OrderKind
    collection: str
    order_type: str
    id_tag: str
    statuses: frozenset[str]
    default_size: str
    largest_size: int
    is_dashed: bool
    is_missing_when_empty: bool


class _RefusedError(ValueError):
    """A query that the carrier refuses: (code, description)."""


def show(listing: OrderList, state: SandboxState, call: Call) -> Answer:
    """GET the collection, newest first; 404 when one list is empty, zero rows of the other."""
    try:
        page, size = _read_page(listing, call)
        search = _read_search(listing, call)
        if page != _FIRST_PAGE and state.orders.get(page) is None:
            raise _RefusedError("1008", f"page {page} is not an order id")
    except _RefusedError as refusal:
        return xml(400, response_status("ErrorResponse", *refusal.args))
    start = "" if page == _FIRST_PAGE else page
    # One more than fits tells where the next page begins.
    rows, total = state.orders.find(search, now=time.time(), limit=size + 1, start_at=start)
    if not rows and listing.is_missing_when_empty:
        # What the carrier's pages show for an account that has none: links, and nothing else.
        links = Element("Links")
        _write_link(links, "first", f"{call.location}/{listing.collection}?page=1&size={size}")
        return xml(404, render(links))
    root = Element(_ROOT)
    table = SubElement(root, "ListOrderIdUserIdDate")
    leaf(table, "TotalCount", str(total))
    links = SubElement(table, "Links")
    address = f"{call.location}/{listing.collection}"
    _write_link(links, "first", f"{address}?page={_FIRST_PAGE}&size={size}")
    if len(rows) > size:
        _write_link(links, "next", f"{address}?page={rows[size].order_id}&size={size}")
    for row in rows[:size]:
        _write_row(table, row, listing)
    return xml(200, render(root))


def _write_link(links: Element, relation: str, address: str) -> None:
    leaf(links, relation, f'Link=<{address}>;rel="{relation}";')


def _write_row(parent: Element, row: Summary, listing: OrderList) -> None:
    instant = to_dashed_text if listing.is_dashed else to_text
    node = SubElement(parent, "OrderIdUserIdDate")
    leaf(node, "CountOfTNs", str(row.number_count))
    if row.customer_order_id:
        leaf(node, "CustomerOrderId", row.customer_order_id)
    leaf(node, "userId", row.created_by)
    leaf(node, "lastModifiedDate", instant(row.modified_at))
    leaf(node, "OrderDate", instant(row.created_at))
    leaf(node, "OrderType", listing.order_type)
    leaf(node, listing.id_tag, row.order_id)
    leaf(node, "OrderStatus", row.status)


def _read_page(listing: OrderList, call: Call) -> tuple[str, int]:
    page = call.request.parameter("page") or (_FIRST_PAGE if listing.default_size else "")
    size = call.request.parameter("size") or listing.default_size
    if not page or not size:
        raise _RefusedError("1003", "page and size are required.")
    if not is_count(size) or int(size) > listing.largest_size:
        raise _RefusedError("1004", f"size must be 1 to {listing.largest_size}.")
    return page, int(size)


def _read_search(listing: OrderList, call: Call) -> Search:
    parameter = call.request.parameter
    statuses = tuple(call.request.query.get("status", ()))
    for status in statuses:
        if status not in listing.statuses:
            raise _RefusedError("1008", f"status {status} is not valid")
    first, last = parameter("startdate"), parameter("enddate")
    if bool(first) != bool(last):
        raise _RefusedError("1003", "startdate and enddate are needed together.")
    try:
        created_from = start_of_short_day(first) if first else None
        created_before = start_of_short_day(last) + DAY if last else None
    except ValueError as error:
        raise _RefusedError("1007", "A date is not valid, use yy-MM-dd.") from error
    return Search(
        kind=listing.kind,
        statuses=statuses,
        created_by=parameter("userid"),
        customer_order_id=parameter("customerOrderId"),
        created_from=created_from,
        created_before=created_before,
    )
