"""Telephone numbers that are here, made without an order."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from numbering.models import TelephoneNumber
from tests import builders


def life(**fields: Any) -> TelephoneNumber:
    """Make a hosted number, unless the fields say otherwise."""
    values = {
        "e164": fields.pop("e164", None) or builders.fresh_numbers()[0],
        "subscriber": fields.pop("subscriber", None) or builders.subscriber(),
        "state": "hosted",
        "state_changed_at": timezone.now(),
        "site_id": "1001",
        "sip_peer_id": "500101",
    }
    return TelephoneNumber.objects.create(**{**values, **fields})


def lives(count: int, **fields: Any) -> list[TelephoneNumber]:
    """Make many of them, of one subscriber."""
    values = {"state": "hosted", "state_changed_at": timezone.now(), **fields}
    subscriber = values.pop("subscriber", None) or builders.subscriber()
    return TelephoneNumber.objects.bulk_create(
        TelephoneNumber(e164=e164, subscriber=subscriber, **values)
        for e164 in builders.fresh_numbers(count)
    )
