"""Each number's result, derived from an order."""

from __future__ import annotations

import pytest

from carrier.errors import Problem
from carrier.records import NumberResult, NumberState, OrderStatus
from tests.carrier.builders import order_record

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
    [OrderStatus.RECEIVED, OrderStatus.PROCESSING, OrderStatus.EXCEPTION, OrderStatus.UNKNOWN],
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
        ("EXCEPTION", OrderStatus.EXCEPTION, False),
        ("FROBNICATED", OrderStatus.UNKNOWN, False),
        ("", OrderStatus.UNKNOWN, False),
    ],
)
def test_the_carriers_words_become_ours(word: str, status: OrderStatus, is_final: bool) -> None:
    assert (OrderStatus.read(word), OrderStatus.read(word).is_final) == (status, is_final)
