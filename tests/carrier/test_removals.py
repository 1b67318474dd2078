"""Removals: written, sent once, read and found, in both API versions."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from carrier import import_orders, removals, xmlbody
from carrier.client import Carrier
from carrier.errors import NotFound, OutcomeUnknown, Refused, UnreadableBody
from carrier.records import NewRemoval, NumberState, OrderRecord, OrderStatus
from carrier.sandbox import Sandbox
from tests.carrier.builders import ORDER_ID, OTHER_ID, new_order

Connect = Callable[..., Carrier]
GOOD, OTHER = "+13032286000", "+13032286001"


def new_removal(*telephone_numbers: str, reference: str = "RM-1") -> NewRemoval:
    return NewRemoval(reference, telephone_numbers or (GOOD,))


def settled(carrier: Carrier, order_id: str) -> OrderRecord:
    """Read a removal once it has ended."""
    end = time.monotonic() + 4
    while not (record := removals.get(carrier, order_id=order_id)).status.is_final:
        assert time.monotonic() < end
        time.sleep(0.01)
    return record


def hosted(carrier: Carrier, *numbers: str) -> None:
    """Have the carrier host these numbers."""
    order_id = import_orders.create(carrier, order=new_order(*numbers)).order_id
    while not import_orders.get(carrier, order_id=order_id).status.is_final:
        time.sleep(0.01)


def test_a_removal_is_sent_read_and_found(carrier: Carrier) -> None:
    hosted(carrier, GOOD)
    sent = removals.create(carrier, removal=new_removal())
    assert (sent.customer_order_id, sent.telephone_numbers) == ("RM-1", (GOOD,))
    record = settled(carrier, sent.order_id)
    assert (record.status, record.problems) == (OrderStatus.COMPLETE, ())
    assert record.results()[GOOD].state is NumberState.COMPLETED
    found = removals.find(carrier, customer_order_id="RM-1")
    assert sent.order_id in [row.order_id for row in found.rows]
    by_number = removals.find(carrier, telephone_number=GOOD)
    assert by_number.rows[0].order_id == sent.order_id
    assert removals.find(carrier, customer_order_id="RM-none").rows == ()


def test_a_number_that_was_never_imported_fails_with_its_own_reason(carrier: Carrier) -> None:
    hosted(carrier, GOOD)
    sent = removals.create(carrier, removal=new_removal(GOOD, OTHER))
    record = settled(carrier, sent.order_id)
    assert record.status is OrderStatus.PARTIAL
    [problem] = record.problems
    assert (problem.code, problem.telephone_numbers) == (removals.NEVER_IMPORTED, (OTHER,))
    assert record.results()[GOOD].state is NumberState.COMPLETED


def test_import_orders_and_removals_do_not_mix(carrier: Carrier) -> None:
    sent = removals.create(carrier, removal=new_removal())
    with pytest.raises(NotFound):
        import_orders.get(carrier, order_id=sent.order_id)
    assert import_orders.find(carrier, customer_order_id="RM-1").rows == ()


def test_a_removal_without_a_clear_answer_is_in_doubt(sandbox: Sandbox, carrier: Carrier) -> None:
    before = len(sandbox.removals())
    sandbox.fault("created_dropped", method="POST", path_contains="removeImportedTnOrders")
    with pytest.raises(OutcomeUnknown):
        removals.create(carrier, removal=new_removal())
    assert len(sandbox.removals()) == before + 1


def test_a_refused_removal_gives_its_reasons(sandbox: Sandbox, carrier: Carrier) -> None:
    sandbox.fault("refused", method="POST", path_contains="removeImportedTnOrders", code="5158")
    with pytest.raises(Refused) as caught:
        removals.create(carrier, removal=new_removal())
    assert [problem.code for problem in caught.value.problems] == ["5158"]


@pytest.mark.parametrize(
    "wrapped",
    [
        "<RemoveImportedTnOrdersResponse><RemoveImportedTnOrder>{}</RemoveImportedTnOrder>"
        "</RemoveImportedTnOrdersResponse>",
        "<RemoveImportedTnOrderResponse><RemoveImportedTnOrder>{}</RemoveImportedTnOrder>"
        "</RemoveImportedTnOrderResponse>",
        "<RemoveImportedTnOrderResponse>{}</RemoveImportedTnOrderResponse>",
        "<RemoveImportedTnOrder>{}</RemoveImportedTnOrder>",
    ],
)
def test_every_root_that_the_carrier_writes_is_understood(wrapped: str) -> None:
    inner = f"<OrderId>{ORDER_ID}</OrderId><ProcessingStatus>FAILED</ProcessingStatus>"
    record = removals.read_removal(xmlbody.parse(wrapped.format(inner).encode()))
    assert (record.order_id, record.status) == (ORDER_ID, OrderStatus.FAILED)


def test_what_is_no_removal_is_not_read_as_one() -> None:
    with pytest.raises(UnreadableBody, match="there is no removal in it"):
        removals.read_removal(xmlbody.parse(b"<RemoveImportedTnOrdersReportResponse/>"))
    with pytest.raises(UnreadableBody, match="not a list of removals"):
        removals.read_list(xmlbody.parse(b"<ImportTnOrders/>"))


def test_the_answer_about_another_removal_is_in_doubt(sandbox: Sandbox, carrier: Carrier) -> None:
    sent = removals.create(carrier, removal=new_removal())
    assert sent.order_id != OTHER_ID
    sandbox.fault("other_order", method="GET", path_contains="removeImportedTnOrders")
    with pytest.raises(OutcomeUnknown):
        removals.get(carrier, order_id=sent.order_id)
