"""Find at the carrier what was sent under our reference and not answered."""

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from carrier.client import Carrier
from carrier.errors import OutcomeUnknown
from carrier.records import OrderList, OrderRecord
from numbering.carrier_link import get_carrier, working_on
from numbering.domain.cannot_do import CannotDo
from numbering.models import ImportOrder, NumberOrder, RemovalOrder
from numbering.models.attempt import Attempt

Record = TypeVar("Record", bound=OrderRecord)
Order = TypeVar("Order", ImportOrder, RemovalOrder, NumberOrder)
# While looking number by number, the lease is renewed this often.
_RENEW_EVERY = 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def find_ours(
    attempt: Attempt,
    e164s: Collection[str],
    *,
    by_reference: Callable[[str], OrderList],
    by_number: Callable[[str], OrderList] | None,
    get: Callable[[str], Record],
    known: Collection[str],
    keep_alive: Callable[[], None],
) -> list[Record]:
    """Look by reference; if that finds nothing, by each of the numbers, where that can be asked.

    Orders whose carrier id is `known` to be another one's are not opened. Calls `keep_alive`
    between reads; raises CarrierError when it could not look.
    """
    seen = set(known)
    listed = by_reference(attempt.customer_order_id)
    found = []
    for index, row in enumerate(listed.rows):
        if index % _RENEW_EVERY == 0:
            keep_alive()
        if row.order_id in seen:
            continue
        seen.add(row.order_id)
        record = get(row.order_id)
        if is_ours(record, attempt):
            found.append(record)
    if found:
        return found
    if by_number is None:
        if listed.truncated:
            raise OutcomeUnknown("the list is too long to be read to its end", operation="find")
        return []
    # The reference may not be searchable yet: look by number, and open what is new there.
    for index, e164 in enumerate(e164s):
        if index % _RENEW_EVERY == 0:
            keep_alive()
        for row in by_number(e164).rows:
            if row.order_id in seen:
                continue
            seen.add(row.order_id)
            record = get(row.order_id)
            if is_ours(record, attempt):
                found.append(record)
        if found:
            break
    return found


def is_ours(record: OrderRecord, attempt: Attempt) -> bool:
    """The same number may stand in another order: only our own reference makes it ours."""
    return record.customer_order_id == attempt.customer_order_id


def other_numbers(order: Order, record: Record) -> str:
    """Say that the carrier's order is not about the numbers of ours; empty when it is."""
    if set(record.results()) != set(order.numbers.values_list("e164", flat=True)):
        return "That carrier order holds other numbers than this one."
    return ""


def named_by_person(
    order: Order,
    attempt: Attempt,
    carrier_order_id: str,
    get: Callable[[Carrier, Order, str], Record],
    *,
    difference: Callable[[Order, Record], str] = other_numbers,
) -> Record:
    """Read the carrier's order that a person says ours became, before it is believed.

    `difference` says in words why its numbers cannot be ours. Raises CannotDo when the id is none,
    or names an order that cannot be ours, and CarrierError when the carrier could not be asked.
    """
    carrier_order_id = carrier_order_id.strip().lower()
    if not _UUID.fullmatch(carrier_order_id):
        raise CannotDo("That is not an order id of the carrier (8-4-4-4-12 letters and digits).")
    if type(order)._default_manager.filter(carrier_order_id=carrier_order_id).exists():
        noun = order._meta.verbose_name
        raise CannotDo(f"That carrier order belongs to another {noun} here.")
    with working_on(order.pk if isinstance(order, ImportOrder) else None):
        record = get(get_carrier(), order, carrier_order_id)
    if not is_ours(record, attempt):
        raise CannotDo(
            f"That carrier order stands under the reference {record.customer_order_id or 'none'}, "
            f"not under ours ({attempt.customer_order_id})."
        )
    if different := difference(order, record):
        raise CannotDo(different)
    return record
