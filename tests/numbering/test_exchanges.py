"""What was said to the carrier: kept for each order, bounded, and without a secret."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from django.apps import apps
from django.db.models import BinaryField

from carrier.errors import CarrierError
from carrier.sandbox import Sandbox
from numbering.domain import import_orders, loa, subscriptions
from numbering.models import CarrierExchange
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db


def operations(order: Any) -> list[str]:
    """Give the kept operations of an order, oldest first."""
    return list(
        CarrierExchange.objects.filter(order=order)
        .exclude(operation="token.fetch")
        .order_by("pk")
        .values_list("operation", flat=True)
    )


def test_each_call_about_an_order_is_kept_with_it(at_carrier: Sandbox) -> None:
    order = steps.sent()
    steps.due_for_sweep(order)
    steps.work()
    assert operations(order)[:3] == [
        "importability.check",
        "import_orders.create",
        "import_orders.get",
    ]
    made = CarrierExchange.objects.get(order=order, operation="import_orders.create")
    assert (made.method, made.http_status, made.outcome) == ("POST", 201, "accepted")
    assert order.customer_order_id in made.request_body
    assert order.carrier_order_id in made.response_body


@pytest.mark.usefixtures("no_subscriptions")
def test_a_call_about_nothing_in_particular_belongs_to_no_order(at_carrier: Sandbox) -> None:
    subscriptions.repair()
    assert set(
        CarrierExchange.objects.filter(operation__startswith="subscriptions").values_list(
            "order", flat=True
        )
    ) == {None}


def test_a_failed_call_is_kept_with_what_went_wrong(at_carrier: Sandbox) -> None:
    order = builders.draft()
    at_carrier.fault("created_500", path_contains="importTnChecker")
    with pytest.raises(CarrierError):
        import_orders.check(order, actor=None)
    kept = CarrierExchange.objects.filter(order=order).latest("pk")
    assert (kept.http_status, kept.outcome) == (500, "unknown")
    assert kept.detail != ""


def test_what_is_kept_of_a_body_is_bounded(at_carrier: Sandbox) -> None:
    order = builders.draft(*(f"+1303{220 + n // 2500}{n % 2500:04d}" for n in range(5000)))
    import_orders.check(order, actor=None)
    kept = CarrierExchange.objects.get(order=order, operation="importability.check")
    assert 0 < len(kept.request_body.encode()) <= 66_000
    assert 0 < len(kept.response_body.encode()) <= 66_000


def test_what_the_database_cannot_hold_does_not_stop_the_call(at_carrier: Sandbox) -> None:
    at_carrier.fault("created_unreadable", path_contains="importTnChecker")
    order = builders.draft()
    with pytest.raises(CarrierError):
        import_orders.check(order, actor=None)
    kept = CarrierExchange.objects.filter(order=order).latest("pk")
    assert kept.response_body == "[48 bytes of application/xml]"


# --- Secrets --------------------------------------------------------------------------------


def all_text_in_the_database() -> str:
    """Give every value of every row of every table as one text."""
    parts: list[str] = []
    for model in apps.get_models():
        binary = [field.name for field in model._meta.fields if isinstance(field, BinaryField)]
        for row in model._default_manager.values():
            parts += [
                bytes(value).decode("latin-1") if name in binary else str(value)
                for name, value in row.items()
            ]
    return "\n".join(parts)


@pytest.mark.usefixtures("no_subscriptions")
@pytest.mark.parametrize("auth", ["bearer", "basic"])
def test_no_secret_reaches_the_database_or_the_log(
    own_client: Sandbox, settings: Any, auth: str, caplog: pytest.LogCaptureFixture
) -> None:
    """N16 and O12: planted credentials, a whole order, and no hit in log or dump."""
    secrets = {
        "webhook password": "webhook-password-new",
        "second webhook password": "webhook-password-old",
        "client secret": "sandbox-secret",
        "basic password": "sandbox-password",
        "basic header": base64.b64encode(b"sandbox:sandbox-password").decode(),
        "client header": base64.b64encode(b"sandbox-client:sandbox-secret").decode(),
        "signing key": settings.SECRET_KEY,
    }
    settings.CARRIER = {
        **settings.CARRIER,
        "auth": auth,
        "username": "sandbox",
        "password": "sandbox-password",
    }
    with caplog.at_level(logging.DEBUG):
        subscriptions.repair()
        order = steps.checked()
        loa.receive_loa(
            order=order,
            name="signed.pdf",
            declared_type="application/pdf",
            content=builders.pdf(),
            signer="",
            signed_on=None,
            actor=None,
        )
        loa.send_to_carrier(order, actor=None)
        steps.submitted_and_sent(order)
        own_client.fault("created_500", path_contains="importTnOrders", times=2)
        steps.sent()
        own_client.fault("unauthorized", method="GET", path_contains="importTnOrders", times=None)
        steps.due_for_sweep(order)
        steps.work()
        own_client.fault("created_cut", path_contains="subscriptions", times=None)
        with pytest.raises(CarrierError):
            subscriptions.repair()
    kept = all_text_in_the_database() + caplog.text
    assert "importTnOrders" in kept
    assert [name for name, value in secrets.items() if value in kept] == []


def test_no_token_is_kept(own_client: Sandbox) -> None:
    steps.checked()
    fetched = CarrierExchange.objects.get(operation="token.fetch")
    assert fetched.http_status == 200
    assert '"access_token": "[hidden]"' in fetched.response_body
