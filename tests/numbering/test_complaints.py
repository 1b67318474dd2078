"""The carrier's complaint about an order leads to the field that it is about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.complaints import fields_named
from numbering.models import ImportOrder, Subscriber
from tests.numbering import steps


@pytest.mark.parametrize(
    ("complaint", "fields"),
    [
        ("25131: The name is too long.", ["name"]),
        ("1003: ServiceAddress/Zip is required.", ["zip_code"]),
        ("1008: StateCode XX is not valid.; 1003: ServiceAddress/City is required.", ["city"]),
        ("7312: no such peer", ["sip_peer"]),
        ("5149: The import API is off for this account.", []),
        ("", []),
    ],
)
def test_the_carriers_words_name_our_field(complaint: str, fields: list[str]) -> None:
    """F13."""
    assert [field.name for field in fields_named(complaint) if field.name != "state_code"] == fields


@pytest.mark.django_db
def test_a_refused_address_leads_to_its_field(
    at_carrier: Sandbox, support: User, sign_in: Callable[[User], Client]
) -> None:
    """F13: the carrier's own complaint lands on the right field."""
    order = steps.checked()
    Subscriber.objects.filter(pk=order.subscriber_id).update(zip_code="")
    steps.submitted_and_sent(ImportOrder.objects.get(pk=order.pk))
    page = sign_in(support).get(f"/admin/numbers/importorder/{order.pk}/change/").content.decode()
    address = f"/admin/numbers/subscriber/{order.subscriber_id}/change/#id_zip_code"
    assert f'To correct: <a href="{address}">ZIP code</a>' in page
