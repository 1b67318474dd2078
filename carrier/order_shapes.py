"""What the carrier's orders have in common on the wire.

Those to import and those to remove are created, read and listed in the same shapes; only the
wrapping names and the fields of an import order that a removal lacks differ. Those for numbers of
our own, and to disconnect them, put the status beside the order; their lists are in `order_lists`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.dates import read_date
from carrier.errors import UnreadableBody
from carrier.identifiers import is_uuid, last_segment
from carrier.problems import NUMBER_LISTS, read_numbers, read_problems
from carrier.records import OrderList, OrderRecord, OrderStatus, OrderSummary
from carrier.telephone import NumberFormat, on_wire
from carrier.wire import Answer

#: The carrier's list ends here without saying so.
MAX_ROWS = 1000

Record = TypeVar("Record", bound=OrderRecord)
# Reads the order out of an answer; the id serves when the answer names none.
ReadOrder = Callable[[Element, str], Record]
# Finds the element of an answer that is the order.
FindNode = Callable[[Element], Element | None]


@dataclass(frozen=True, kw_only=True)
class Search:
    """The filters of a list of orders that both kinds have; what is empty filters nothing."""

    customer_order_id: str = ""
    telephone_number: str = ""
    statuses: Iterable[OrderStatus] = field(default=())
    created_from: date | None = None
    created_to: date | None = None
    modified_from: date | None = None
    modified_to: date | None = None

    def query(self, number_format: NumberFormat) -> tuple[tuple[str, str], ...]:
        """The filters as the carrier spells them."""
        texts = {
            "tn": on_wire(self.telephone_number, number_format) if self.telephone_number else "",
            "customerOrderId": self.customer_order_id,
        }
        days = {
            "createdDateFrom": self.created_from,
            "createdDateTo": self.created_to,
            "modifiedDateFrom": self.modified_from,
            "modifiedDateTo": self.modified_to,
        }
        return (
            *(("status", status.value) for status in self.statuses),
            *((name, text) for name, text in texts.items() if text),
            *((name, f"{day:%Y-%m-%d}") for name, day in days.items() if day is not None),
        )


def stating_node(root: Element) -> Element | None:
    """The order in an answer about imported numbers: what has an id or a status inside."""
    return _first(root, lambda node: xmlbody.child(node, "orderid", "processingstatus") is not None)


def requested_node(root: Element) -> Element | None:
    """The order in an answer about numbers of our own, whose status stands beside it."""
    return _first(root, lambda node: xmlbody.name_of(node) in ("order", "orderrequest"))


def node_of(root: Element, *, what: str, find_node: FindNode = stating_node) -> Element:
    """The order in an answer, whatever wraps it. Raises UnreadableBody when there is none."""
    node = find_node(root)
    if node is None:
        raise UnreadableBody(f"there is no {what} in it")
    return node


def read_record(
    node: Element, *, what: str, known_order_id: str, around: Element | None = None
) -> OrderRecord:
    """The fields that every order has; `known_order_id` serves when it names none.

    `around` is where fields and reasons stand that are not in the node itself. Raises
    UnreadableBody when its id is not a UUID.
    """
    around = node if around is None else around
    parts: dict[str, Element] = {}
    for part in (*node, *around):
        parts.setdefault(xmlbody.name_of(part), part)

    def text(*names: str) -> str:
        return next((found for name in names if (found := xmlbody.text(parts.get(name)))), "")

    order_id = text("orderid", "id") or known_order_id
    if not is_uuid(order_id):
        raise UnreadableBody(f"the {what} has no readable id")
    raw_status = text("processingstatus", "orderstatus")
    raw_created_at, raw_last_modified_at = text("ordercreatedate"), text("lastmodifieddate")
    return OrderRecord(
        order_id=order_id.lower(),
        customer_order_id=text("customerorderid"),
        status=OrderStatus.read(raw_status),
        raw_status=raw_status,
        telephone_numbers=read_numbers(parts.get("telephonenumbers")),
        problems=read_problems(around),
        created_at=read_date(raw_created_at),
        raw_created_at=raw_created_at,
        last_modified_at=read_date(raw_last_modified_at),
        raw_last_modified_at=raw_last_modified_at,
    )


def read_listing_record(root: Element, *, what: str, known_order_id: str) -> OrderRecord:
    """What an order about numbers of our own has in common with every other one.

    Raises UnreadableBody when there is none or its id is not a UUID.
    """
    node = node_of(root, what=what, find_node=requested_node)
    record = read_record(node, what=what, known_order_id=known_order_id, around=root)
    lists = (part for part in xmlbody.walk(node) if xmlbody.name_of(part) == "telephonenumberlist")
    return replace(record, telephone_numbers=read_numbers(next(lists, None)))


def read_found(
    call: Call,
    answer: Answer,
    read: ReadOrder[Record],
    *,
    order_id: str,
    find_node: FindNode = stating_node,
) -> Record:
    """The order that was asked for by its id.

    Raises Refused with the carrier's reasons, OutcomeUnknown when it is another order, and
    UnreadableBody when it is none.
    """
    root = xmlbody.parse(answer.body)
    if find_node(root) is None and (problems := read_problems(root)):
        raise call.refused(answer.status, problems)
    record = read(root, order_id)
    if record.order_id != order_id:
        raise call.unknown("the answer is about another order", status=answer.status)
    return record


def read_list(root: Element, *, name: str, what: str) -> OrderList:
    """The rows of a list whose root is `name`.

    Raises UnreadableBody when it is no such list or contradicts itself.
    """
    holder = xmlbody.unwrap(root)
    if xmlbody.name_of(holder) != f"{name}s":
        raise UnreadableBody(f"it is not a list of {what}s")
    rows = tuple(
        read_row(xmlbody.unwrap(row)) for row in xmlbody.children(holder, f"{name}summary")
    )
    # Totals are known to be wrong, so the rows count; but "none" must be beyond doubt, because an
    # order that is not found may be sent again by a person.
    if not rows and xmlbody.text(holder, "totalcount") not in ("", "0"):
        raise UnreadableBody("the list counts orders but shows none")
    return OrderList(rows, truncated=len(rows) >= MAX_ROWS)


def read_created(
    call: Call,
    answer: Answer,
    read: ReadOrder[Record],
    *,
    customer_order_id: str,
    echo: Callable[[str], Record],
    find_node: FindNode = stating_node,
) -> Record:
    """The accepted order, or the error that says why we cannot call it accepted.

    `echo` makes the record of an order that was accepted with its address only.
    """
    located = last_segment(answer.headers.get("Location", ""))
    located = located.lower() if is_uuid(located) else ""
    if not answer.body.strip():
        if not located:
            raise call.unknown("neither Location nor body names an order", status=answer.status)
        return echo(located)
    root = xmlbody.parse(answer.body)
    node = find_node(root)
    named = xmlbody.text(node, "orderid", "id").lower() if node is not None else ""
    if not named and not located:
        if problems := read_problems(root):
            raise call.refused(answer.status, problems)
        raise call.unknown("neither Location nor body names an order", status=answer.status)
    if node is None:
        raise call.unknown("Location names an order, the body holds none", status=answer.status)
    if named and located and located != named:
        raise call.unknown("Location and body do not name one order", status=answer.status)
    record = read(root, located)
    if record.customer_order_id and record.customer_order_id != customer_order_id.strip():
        raise call.unknown("the answer is about another customer order id", status=answer.status)
    return record


def bare_record(
    *, order_id: str, customer_order_id: str, telephone_numbers: tuple[str, ...]
) -> OrderRecord:
    """What is known of an order of which the answer says nothing but its address."""
    return OrderRecord(
        order_id=order_id,
        customer_order_id=customer_order_id,
        status=OrderStatus.UNKNOWN,
        raw_status="",
        telephone_numbers=telephone_numbers,
        problems=(),
        created_at=None,
        raw_created_at="",
        last_modified_at=None,
        raw_last_modified_at="",
    )


def read_row(row: Element) -> OrderSummary:
    """One row of a list. Raises UnreadableBody when its id is not a UUID."""
    order_id = xmlbody.text(row, "orderid")
    if not is_uuid(order_id):
        raise UnreadableBody("a row of the list has no readable order id")
    raw_status = xmlbody.text(row, "orderstatus", "processingstatus")
    raw_created_at = xmlbody.text(row, "orderdate", "ordercreatedate")
    raw_last_modified_at = xmlbody.text(row, "lastmodifieddate")
    return OrderSummary(
        order_id=order_id.lower(),
        customer_order_id=xmlbody.text(row, "customerorderid"),
        status=OrderStatus.read(raw_status),
        raw_status=raw_status,
        telephone_number_count=xmlbody.number(row, "countoftns", "countsoftns"),
        created_at=read_date(raw_created_at),
        raw_created_at=raw_created_at,
        last_modified_at=read_date(raw_last_modified_at),
        raw_last_modified_at=raw_last_modified_at,
        user_id=xmlbody.text(row, "userid"),
    )


def _first(root: Element, is_it: Callable[[Element], bool]) -> Element | None:
    nodes = xmlbody.walk(root, skipping=NUMBER_LISTS)
    return next((node for node in nodes if is_it(node)), None)
