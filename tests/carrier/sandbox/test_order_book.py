"""The sandbox's book of orders: what its steps are known by."""

from __future__ import annotations

from carrier.sandbox.order import Order
from carrier.sandbox.order_book import OrderBook
from carrier.sandbox.store import Store


def taken(book: OrderBook, order_id: str) -> Order:
    """An order with one step that is due."""
    order = Order(order_id, "R-1", "somebody", ("3032281000",), created_at=1.0, modified_at=1.0)
    book.add(order, note="", steps=[(1.0, "finish")], listed_at=1.0)
    return order


def test_forgetting_a_step_leaves_the_one_that_was_given_its_id() -> None:
    store = Store(None)
    book = OrderBook(store)
    first = taken(book, "first")
    (ending,) = book.due_steps(now=1.0)
    # The end forgets the step; before its worker says so as well, a caller posts the next order.
    book.move(first, "COMPLETE", at=1.0, note="")
    taken(book, "second")
    (next_one,) = book.due_steps(now=1.0)
    assert next_one.step_id == ending.step_id
    book.done(ending)
    assert book.due_steps(now=1.0) == [next_one]
    book.done(next_one)
    assert book.due_steps(now=1.0) == []
    store.close()
