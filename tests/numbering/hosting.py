"""Hosted numbers with their orders and letters, without a carrier."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from numbering.domain import loa as loa_domain
from numbering.models import (
    ImportOrder,
    Loa,
    SubmitAttempt,
    Subscriber,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from tests import builders


def hosted(count: int = 1, *, submitted: datetime | None = None, **fields: Any) -> ImportOrder:
    """Make an order that was submitted and whose numbers are hosted."""
    order = builders.draft(*builders.fresh_numbers(count), **fields)
    at = submitted or timezone.now()
    attempt = SubmitAttempt.objects.create(
        order=order, customer_order_id=f"IO{order.pk}", state="accepted", sent_at=at
    )
    SubmitAttempt.objects.filter(pk=attempt.pk).update(created_at=at)
    numbers = TelephoneNumber.objects.bulk_create(
        [
            TelephoneNumber(
                e164=e164, subscriber=order.subscriber, state="hosted", state_changed_at=at
            )
            for e164 in order.numbers.values_list("e164", flat=True)
        ]
    )
    TelephoneNumberEvent.objects.bulk_create(
        [
            TelephoneNumberEvent(
                telephone_number=number, at=at, to_state="hosted", import_order=order
            )
            for number in numbers
        ]
    )
    ImportOrder.objects.filter(pk=order.pk).update(status="complete")
    order.numbers.update(is_holding=False, status="completed")
    order.refresh_from_db()
    return order


def letter(
    subscriber: Subscriber, *orders: ImportOrder, content: bytes = b"a letter", **fields: Any
) -> Loa:
    """Keep a letter, signed yesterday, that covers these orders."""
    newest = subscriber.loas.order_by("-version").values_list("version", flat=True).first() or 0
    loa = Loa(
        subscriber=subscriber,
        version=newest + 1,
        original_name="letter.pdf",
        content_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        **{"signed_on": today() - timedelta(days=1), "signer": "Maria Lopez", **fields},
    )
    loa.file.save("letter.pdf", ContentFile(content))
    for order in orders:
        loa_domain.cover(loa, order)
    return loa


def today() -> date:
    """Give the present day, as the portal counts days."""
    return timezone.localdate()
