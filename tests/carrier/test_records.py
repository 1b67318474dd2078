"""Each number's result, derived from an order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carrier.errors import Problem
from carrier.order_shapes import bare_record
from carrier.records import (
    ListingOrderRecord,
    NumberOrderRecord,
    NumberResult,
    NumberState,
    NumberStatus,
    OrderStatus,
)
from tests.carrier.builders import ORDER_ID, order_record

FIRST, SECOND, THIRD = "+13032281000", "+13032281001", "+13032281002"
ABOUT_SECOND = Problem("7518", "Not active.", (SECOND,))
ABOUT_THIRD = Problem("5158", "Never imported.", (THIRD,))
ABOUT_ALL = Problem("5016", "No such site.")

COMPLETED, PENDING = NumberResult(NumberState.COMPLETED), NumberResult(NumberState.PENDING)


def failed(*problems: Problem) -> NumberResult:
    return NumberResult(NumberState.FAILED, problems)


def test_all_numbers_of_a_complete_order_are_completed() -> None:
    record = order_record(OrderStatus.COMPLETE)
    assert record.results() == {FIRST: COMPLETED, SECOND: COMPLETED}


def test_the_named_numbers_of_a_partial_order_failed_listed_or_not() -> None:
    record = order_record(OrderStatus.PARTIAL, problems=(ABOUT_SECOND, ABOUT_THIRD))
    assert record.results() == {
        FIRST: COMPLETED,
        SECOND: failed(ABOUT_SECOND),
        THIRD: failed(ABOUT_THIRD),
    }


def test_every_number_of_a_failed_order_failed_named_or_not() -> None:
    record = order_record(OrderStatus.FAILED, problems=(ABOUT_SECOND, ABOUT_ALL))
    assert record.results() == {
        FIRST: failed(ABOUT_ALL),
        SECOND: failed(ABOUT_SECOND, ABOUT_ALL),
    }


def test_a_partial_order_that_names_nobody_leaves_all_in_doubt() -> None:
    record = order_record(OrderStatus.PARTIAL, problems=(ABOUT_ALL,))
    in_doubt = NumberResult(NumberState.PENDING, (ABOUT_ALL,))
    assert record.results() == {FIRST: in_doubt, SECOND: in_doubt}


@pytest.mark.parametrize(
    "status",
    [
        OrderStatus.RECEIVED,
        OrderStatus.PROCESSING,
        OrderStatus.BACKORDERED,
        OrderStatus.EXCEPTION,
        OrderStatus.UNKNOWN,
    ],
)
def test_numbers_of_an_order_that_is_not_final_are_pending(status: OrderStatus) -> None:
    assert order_record(status).results() == {FIRST: PENDING, SECOND: PENDING}


@pytest.mark.parametrize(
    ("word", "status", "is_final"),
    [
        ("complete", OrderStatus.COMPLETE, True),
        (" PARTIAL\n", OrderStatus.PARTIAL, True),
        ("Failed", OrderStatus.FAILED, True),
        ("RECEIVED", OrderStatus.RECEIVED, False),
        ("PROCESSING", OrderStatus.PROCESSING, False),
        ("backordered", OrderStatus.BACKORDERED, False),
        ("EXCEPTION", OrderStatus.EXCEPTION, False),
        ("FROBNICATED", OrderStatus.UNKNOWN, False),
        ("", OrderStatus.UNKNOWN, False),
    ],
)
def test_the_carriers_words_become_ours(word: str, status: OrderStatus, is_final: bool) -> None:
    assert (OrderStatus.read(word), OrderStatus.read(word).is_final) == (status, is_final)


# Orders that list the numbers they completed.


def listing(
    status: OrderStatus,
    completed: str = "",
    failed: str = "",
    *,
    named: str = "",
    quantity: int | None = None,
) -> str:
    """The results of an order for the three numbers: C completed, F failed, P pending for each.

    The arguments hold the digits of the numbers, 1 to 3, that stand in each list.
    """
    numbers = dict(zip("123", (FIRST, SECOND, THIRD), strict=True))
    record = replace(
        bare_record(order_id=ORDER_ID, customer_order_id="N1", telephone_numbers=(FIRST, SECOND)),
        status=status,
        problems=tuple(Problem("5005", "Gone", (numbers[digit],)) for digit in named),
    )
    lists = {
        "completed_numbers": tuple(numbers[digit] for digit in completed),
        "failed_numbers": tuple(numbers[digit] for digit in failed),
    }
    order: ListingOrderRecord = NumberOrderRecord(
        **vars(record),
        **lists,
        completed_quantity=quantity,
        failed_quantity=None,
        pending_quantity=None,
    )
    if quantity is None:
        assert ListingOrderRecord(**vars(record), **lists).results() == order.results()
    results = order.results()
    return "".join(results[e164].state[0] if e164 in results else "-" for e164 in numbers.values())


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (listing(OrderStatus.COMPLETE), "CC-"),
        (listing(OrderStatus.COMPLETE, quantity=0), "PP-"),
        (listing(OrderStatus.COMPLETE, "12"), "CC-"),
        (listing(OrderStatus.COMPLETE, "1"), "CP-"),
        (listing(OrderStatus.COMPLETE, "123"), "CCC"),
        (listing(OrderStatus.PARTIAL, "1", "2"), "CF-"),
        (listing(OrderStatus.PARTIAL, "1", named="3"), "CPF"),
        (listing(OrderStatus.PARTIAL, "", "2"), "CF-"),
        (listing(OrderStatus.PARTIAL, quantity=0, named="2"), "PF-"),
        (listing(OrderStatus.PARTIAL, "12", "2"), "CF-"),
        (listing(OrderStatus.PARTIAL, "12", named="1"), "FC-"),
        (listing(OrderStatus.FAILED), "FF-"),
        (listing(OrderStatus.FAILED, "", "3"), "FFF"),
        (listing(OrderStatus.FAILED, "1"), "CF-"),
        (listing(OrderStatus.BACKORDERED, "1", "2", named="3"), "PPP"),
        (listing(OrderStatus.UNKNOWN, "1"), "PP-"),
    ],
)
def test_the_list_of_completed_numbers_counts_and_a_failure_counts_more(
    results: str, expected: str
) -> None:
    assert results == expected


def test_the_carriers_words_for_a_number_become_ours() -> None:
    words = ["InService", " aging ", "PortInPendingFoc", "StatusUnchanged", ""]
    assert [NumberStatus.read(word) for word in words] == [
        NumberStatus.IN_SERVICE,
        NumberStatus.AGING,
        NumberStatus.PORT_IN_PENDING,
        NumberStatus.UNKNOWN,
        NumberStatus.UNKNOWN,
    ]
