"""One valid object of each kind, for tests to bend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from carrier.account import CarrierSettings
from carrier.credentials import BasicCredentials, ClientCredentials
from carrier.records import (
    ImportOrderRecord,
    NewImportOrder,
    NewNumberOrder,
    NumberOrderType,
    OrderStatus,
    ServiceAddress,
)
from carrier.sandbox import Sandbox

ORDER_ID = "6e6a5a1c-51b8-4b6a-9f55-3a8f0d0c9f11"
OTHER_ID = "0a1b2c3d-1111-4222-8333-444455556666"

BASIC = BasicCredentials("sandbox", "sandbox-password")

ADDRESS = ServiceAddress(
    house_number="12B",
    street_name="Alder Court",
    city="Boulder",
    state_code="CO",
    zip="80301",
    county="Boulder",
)


def new_order(*telephone_numbers: str, **changes: Any) -> NewImportOrder:
    order = NewImportOrder(
        customer_order_id="HM-0001",
        site_id="1001",
        sip_peer_id="500101",
        subscriber_name="Alder Bakery",
        service_address=ADDRESS,
        loa_authorizing_person="Rosa Alder",
        loa_type="SUBSCRIBER",
        telephone_numbers=telephone_numbers or ("+13032281000",),
    )
    return replace(order, **changes)


def new_number_order(*telephone_numbers: str, **changes: Any) -> NewNumberOrder:
    order = NewNumberOrder(
        customer_order_id="N1",
        name="Alder Bakery",
        site_id="1001",
        sip_peer_id="500101",
        order_type=NumberOrderType.EXISTING,
        telephone_numbers=telephone_numbers,
    )
    return replace(order, **changes)


def order_record(status: OrderStatus, **changes: Any) -> ImportOrderRecord:
    record = ImportOrderRecord(
        order_id=ORDER_ID,
        customer_order_id="HM-0001",
        status=status,
        raw_status=status.value,
        telephone_numbers=("+13032281000", "+13032281001"),
        problems=(),
        site_id="1001",
        sip_peer_id="500101",
        created_at=None,
        raw_created_at="",
        last_modified_at=None,
        raw_last_modified_at="",
        subscriber_name="Alder Bakery",
        loa_type="SUBSCRIBER",
        loa_authorizing_person="Rosa Alder",
    )
    return replace(record, **changes)


def settings_at(url: str, **changes: Any) -> CarrierSettings:
    """Settings for whatever answers at this loopback address; quick to give up."""
    settings = CarrierSettings(
        account_id="9900001",
        credentials=BASIC,
        v1_base=f"{url}/api/",
        v2_base=f"{url}/api/v2/",
        messaging_base=f"{url}/api/v2/",
        connect_timeout=1.0,
        call_timeout=5.0,
        read_attempts=1,
        allow_plain_http=True,
    )
    return replace(settings, **changes)


def oauth_of(sandbox: Sandbox) -> ClientCredentials:
    return ClientCredentials(sandbox.token_url, "sandbox-client", "sandbox-secret")


def platform_settings_at(url: str, **changes: Any) -> CarrierSettings:
    """The same for the older platform, with the sandbox's user of it."""
    settings = CarrierSettings(
        account_id="u-sandbox",
        credentials=BasicCredentials("t-sandbox", "sandbox-platform-secret"),
        platform_base=f"{url}/v1/",
        connect_timeout=1.0,
        call_timeout=5.0,
        read_attempts=1,
        allow_plain_http=True,
    )
    return replace(settings, **changes)
