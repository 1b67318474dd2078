"""The search of the lists of orders: by whatever staff were told on the telephone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from numbering.domain import order_search
from numbering.models import (
    ImportOrder,
    NumberOrder,
    RemovalNumber,
    RemovalOrder,
    Subscriber,
    TelephoneNumber,
)
from tests import builders

pytestmark = pytest.mark.django_db
ID = "0dd59c2b-55f3-4d4a-a6c1-c1ea1b2a7a53"


@pytest.fixture
def order() -> ImportOrder:
    """An order of two numbers, which the carrier has."""
    order = builders.draft(
        "+13032284321",
        "+13032284322",
        subscriber=builders.subscriber(name="Harbor Family Dental 100%"),
    )
    known = {"customer_order_id": "HM-77-Q", "carrier_order_id": ID}
    ImportOrder.objects.filter(pk=order.pk).update(**known)
    return order


def found(orders: QuerySet[Any], text: str) -> list[Any]:
    return list(order_search.found(orders, text))


@pytest.mark.parametrize(
    "text",
    [
        *("303-228-4321", "+1 (303) 228-4322", "13032284321", "2284", "84"),
        *("harbor", "DENTAL harbor", "family", "100% d", "hm-77", "77-q"),
        *(ID, ID.upper(), "0dd59c2b", "4d4a-a6c1", " \x00harbor ", ""),
    ],
)
def test_an_order_is_found_by_what_is_known_of_it(order: ImportOrder, text: str) -> None:
    assert found(ImportOrder.objects.all(), text) == [order]


@pytest.mark.parametrize(
    "text",
    ["303-228-4323", "9999", "harbor bakery", "%", "_", "HM-78", "0dd59c2c", "9" * 40, "٣٠٣"],
)
def test_another_is_not(order: ImportOrder, text: str) -> None:
    hits = [order] if text == "%" else []  # it is a part of the name
    assert found(ImportOrder.objects.all(), text) == hits


def test_an_order_is_found_by_its_own_number_and_only_among_those_asked_for(
    order: ImportOrder,
) -> None:
    other = builders.draft("+12125550100", subscriber=order.subscriber)
    ImportOrder.objects.filter(pk=other.pk).update(status="cancelled")
    assert other in found(ImportOrder.objects.all(), str(other.pk))
    assert found(ImportOrder.objects.order_by("pk"), "harbor") == [order, other]
    assert found(ImportOrder.objects.filter(status="draft"), "harbor") == [order]


def test_removals_and_number_orders_are_found_alike() -> None:
    harbor = builders.subscriber(name="Harbor Freight")
    now = timezone.now()
    removal = RemovalOrder.objects.create(subscriber=harbor, status_changed_at=now)
    life = TelephoneNumber.objects.create(
        e164="+13032284321", subscriber=harbor, state="hosted", state_changed_at=now
    )
    RemovalNumber.objects.create(order=removal, telephone_number=life, e164=life.e164)
    bought = NumberOrder.objects.create(
        subscriber=harbor, sip_peer=builders.sip_peer(), quantity=1, status_changed_at=now
    )
    bought.numbers.create(e164="+13032284321")
    for orders, one in ((RemovalOrder.objects, removal), (NumberOrder.objects, bought)):
        for text in ("303 228 4321", "84321", "harbor"):
            assert found(orders.all(), text) == [one]
        assert found(orders.all(), "303 228 4322") == []
    assert Subscriber.objects.get() == harbor
