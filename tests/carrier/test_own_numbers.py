"""The life of a number of our own at the sandbox: found, held, ordered, described, given up."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from carrier import disconnects, number_details, orders, places, reservations, search
from carrier.client import Carrier
from carrier.errors import NotFound, OutcomeUnknown, Refused
from carrier.records import (
    NewRemoval,
    NumberOrderType,
    NumberSearch,
    NumberState,
    NumberStatus,
    OrderRecord,
    OrderStatus,
)
from carrier.sandbox import Sandbox
from tests.carrier.builders import OTHER_ID, new_number_order

PEER = {"site_id": "1001", "sip_peer_id": "500101"}
# Nobody has it: the sandbox offers no such number.
NOBODYS = "+13039990000"
Record = TypeVar("Record", bound=OrderRecord)


def settled(read: Callable[[], Record]) -> Record:
    """The order once it is final."""
    end = time.monotonic() + 4
    while not (record := read()).status.is_final:
        assert time.monotonic() < end, record.raw_status
        time.sleep(0.01)
    return record


def on_offer(carrier: Carrier, count: int) -> list[str]:
    wanted = NumberSearch(state="CO", quantity=count)
    return [number.e164 for number in search.find_numbers(carrier, search=wanted)]


def test_a_number_is_held_ordered_described_and_given_up(carrier: Carrier) -> None:
    reference = f"N-{carrier.settings.api_version}"
    [number] = on_offer(carrier, 1)
    held = reservations.hold(carrier, telephone_number=number)
    with pytest.raises(Refused, match="504"):
        reservations.hold(carrier, telephone_number=number)
    order = new_number_order(number, NOBODYS, customer_order_id=reference, reservation_ids=(held,))
    order_id = orders.create(carrier, order=order).order_id
    record = settled(lambda: orders.get(carrier, order_id=order_id))
    assert (record.status, record.completed_numbers) == (OrderStatus.PARTIAL, (number,))
    results = record.results()
    assert [results[e164].state for e164 in (number, NOBODYS)] == [
        NumberState.COMPLETED,
        NumberState.FAILED,
    ]
    assert [found.order_id for found in orders.find(carrier, customer_order_id=reference).rows] == [
        order_id
    ]
    assert orders.find(carrier, customer_order_id="N-never-sent").rows == ()

    details = number_details.get(carrier, telephone_number=number)
    assert (details.status, details.state) == (NumberStatus.IN_SERVICE, "CO")
    assert (details.site_id, details.sip_peer_id) == ("1001", "500101")
    with pytest.raises(NotFound):
        number_details.get(carrier, telephone_number=NOBODYS)
    of_peer = itertools.chain.from_iterable(places.list_numbers(carrier, **PEER))
    assert number in of_peer
    assert places.messaging_application(carrier, **PEER) != ""

    removal = NewRemoval(f"D-{reference}", (number, NOBODYS))
    sent = disconnects.create(carrier, removal=removal)
    ended = settled(lambda: disconnects.get(carrier, order_id=sent.order_id))
    assert ended.status is OrderStatus.PARTIAL
    assert {e164: result.state for e164, result in ended.results().items()} == {
        number: NumberState.COMPLETED,
        NOBODYS: NumberState.FAILED,
    }
    found = disconnects.find(carrier, customer_order_id=removal.customer_order_id)
    assert sent.order_id in [row.order_id for row in found.rows]
    today = datetime.now(UTC).date()
    later = disconnects.find(carrier, customer_order_id="D-never-sent", since=today)
    opened = [disconnects.get(carrier, order_id=row.order_id) for row in later.rows]
    assert "D-never-sent" not in [record.customer_order_id for record in opened]
    details = number_details.get(carrier, telephone_number=number)
    assert details.status is NumberStatus.AGING


def test_a_number_is_given_free_once(carrier: Carrier) -> None:
    [number] = on_offer(carrier, 1)
    held = reservations.hold(carrier, telephone_number=number)
    reservations.release(carrier, reservation_id=held)
    with pytest.raises(NotFound):
        reservations.release(carrier, reservation_id=held)


@pytest.mark.parametrize(
    ("order_type", "wanted"),
    [
        (NumberOrderType.STATE, NumberSearch(state="CO", quantity=2)),
        (NumberOrderType.TOLL_FREE_WILDCARD, NumberSearch(toll_free_wildcard="8**", quantity=2)),
        (
            NumberOrderType.COMBINED,
            NumberSearch(area_code="303", state="CO", quantity=2, local_calling_area=False),
        ),
    ],
)
def test_an_order_by_search_tells_the_numbers_it_took(
    carrier: Carrier, order_type: NumberOrderType, wanted: NumberSearch
) -> None:
    order = new_number_order(order_type=order_type, search=wanted)
    order_id = orders.create(carrier, order=order).order_id
    record = settled(lambda: orders.get(carrier, order_id=order_id))
    assert (record.status, record.completed_quantity) == (OrderStatus.COMPLETE, 2)
    assert [result.state for result in record.results().values()] == [NumberState.COMPLETED] * 2


@pytest.mark.parametrize("fault", ["created_500", "created_dropped", "created_cut", "ids_disagree"])
def test_an_order_without_a_clear_answer_is_found_again(
    sandbox: Sandbox, carrier: Carrier, fault: str
) -> None:
    """N01 to N03: in doubt, there exactly once, and found under its reference."""
    reference = f"N-{fault.replace('_', '-')}-{carrier.settings.api_version}"
    sandbox.fault(fault, method="POST", path_contains="/orders")
    wanted = NumberSearch(state="CO", quantity=1)
    with pytest.raises(OutcomeUnknown):
        orders.create(
            carrier,
            order=new_number_order(
                order_type=NumberOrderType.STATE, search=wanted, customer_order_id=reference
            ),
        )
    [row] = orders.find(carrier, customer_order_id=reference).rows
    record = orders.get(carrier, order_id=row.order_id)
    assert record.customer_order_id == reference


def test_only_what_waits_can_be_closed(carrier: Carrier) -> None:
    order = new_number_order(
        order_type=NumberOrderType.STATE, search=NumberSearch(state="CO", quantity=1)
    )
    order_id = orders.create(carrier, order=order).order_id
    settled(lambda: orders.get(carrier, order_id=order_id))
    with pytest.raises(Refused, match=orders.NOT_BACKORDERED):
        orders.close(carrier, order_id=order_id)
    with pytest.raises(NotFound):
        orders.close(carrier, order_id=OTHER_ID)


def test_a_backorder_that_lacks_numbers_is_closed(carrier: Carrier) -> None:
    """The answer tells of the numbers that are not to be had: no refusal of the closing."""
    lacking = "+13037198012"
    order = new_number_order(
        lacking, customer_order_id=f"B-{carrier.settings.api_version}", is_back_order=True
    )
    order_id = orders.create(carrier, order=order).order_id
    end = time.monotonic() + 4
    while orders.get(carrier, order_id=order_id).status is not OrderStatus.BACKORDERED:
        assert time.monotonic() < end
        time.sleep(0.01)
    orders.close(carrier, order_id=order_id)
    assert settled(lambda: orders.get(carrier, order_id=order_id)).status.is_final
