"""What is typed into the search of a list of orders: what it is taken for, and what it finds.

A term is read first, as that of the inventory is: digits are looked for among the numbers, words
among the names. All at once, joined and without duplicates, took a minute with a million numbers.
"""

from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from numbering.domain.inventory_list import Search, SearchKind
from numbering.domain.subscribers import of_named
from numbering.models import ImportOrder, NumberOrder, RemovalOrder

Order = TypeVar("Order", ImportOrder, NumberOrder, RemovalOrder)
# A longer one is no key of a table.
_KEY_DIGITS = 18


def found(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Narrow orders to those that a search term fits.

    It may be a telephone number or a part of one, words of the subscriber's name, our reference,
    the carrier's order id or a part of them, and the number that an order has here.
    """
    search = Search.read(text)
    term = text.replace("\x00", "").strip()
    all_orders = orders.model._default_manager.order_by()
    is_known_as = Q(customer_order_id__icontains=term) | Q(carrier_order_id__icontains=term)
    match search.kind:
        case SearchKind.NONE:
            return orders
        case SearchKind.NUMBER:
            return orders.filter(pk__in=_with_number(orders, e164=search.term))
        case SearchKind.FRAGMENT:
            if len(search.term) <= _KEY_DIGITS:
                is_known_as |= Q(pk=int(search.term))
            others = _with_number(orders, e164__contains=search.term)
        case SearchKind.NAME:
            others = all_orders.filter(of_named(term)).values("pk")
    # One set of keys: beside an OR, PostgreSQL goes through a long subquery once for each order.
    return orders.filter(pk__in=all_orders.filter(is_known_as).values("pk").union(others))


def _with_number(orders: QuerySet[Order], **condition: str) -> "QuerySet[Any, Any]":
    """The keys of the orders that have such a number."""
    numbers: Any = orders.model._meta.get_field("numbers").related_model
    return numbers._default_manager.filter(**condition).order_by().values("order")  # type: ignore[no-any-return]
