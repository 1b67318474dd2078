"""Blanket LOAs: marked by a person, used by each import until they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import blanket, submission
from numbering.domain.cannot_do import CannotDo
from numbering.models import EvidenceEntry, LoaCoverage, Subscriber
from tests import builders
from tests.numbering import steps
from tests.numbering.hosting import letter, today

pytestmark = pytest.mark.django_db


def blanket_of(subscriber: Subscriber, **fields: Any) -> Any:
    """Keep a blanket LOA of the subscriber that is good for a year."""
    end = today() + timedelta(days=365)
    return letter(subscriber, **{"scope": "blanket", "expires_on": end, **fields})


def test_support_marks_an_uploaded_letter_and_the_evidence_says_who_did(
    sign_in: Callable[[User], Client], support: User
) -> None:
    loa = letter(builders.subscriber())
    end = today() + timedelta(days=90)
    desk, address = sign_in(support), f"/admin/numbers/loa/{loa.pk}/blanket/"
    assert desk.post(address, {"expires_on": "soon"}).status_code == 422
    desk.post(address, {"expires_on": f"{end}"})
    loa.refresh_from_db()
    assert (loa.scope, loa.loa_type, loa.expires_on) == ("blanket", "CARRIER", end)
    [entry] = EvidenceEntry.objects.all()
    assert (entry.kind, entry.loa, entry.data["until"], entry.data["person"]) == (
        "confirmed",
        loa,
        end.isoformat(),
        support.pk,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"voided_at": timezone.now()},
        {"withdrawn_at": timezone.now()},
        {"purged_at": timezone.now()},
        {"source": "signed"},
    ],
)
def test_a_letter_that_no_longer_counts_or_lists_its_numbers_becomes_no_blanket(
    support: User, fields: dict[str, Any]
) -> None:
    loa = letter(builders.subscriber(), **fields)
    with pytest.raises(CannotDo):
        blanket.mark(loa, expires_on=today(), actor=support)
    assert not EvidenceEntry.objects.exists()


def test_a_day_that_is_over_is_no_end(support: User) -> None:
    loa = letter(builders.subscriber())
    with pytest.raises(CannotDo):
        blanket.mark(loa, expires_on=today() - timedelta(days=1), actor=support)


def test_an_order_without_a_letter_of_its_own_uses_the_blanket_when_it_is_submitted(
    at_carrier: Sandbox, support: User
) -> None:
    order = steps.checked(*builders.fresh_numbers(3))
    loa = blanket_of(order.subscriber)
    submission.submit(order, actor=support)
    covered = LoaCoverage.objects.filter(loa=loa, order=order).values_list("e164", flat=True)
    assert set(covered) == set(order.numbers.values_list("e164", flat=True))
    assert f"The blanket LOA, version {loa.version}, covers 3 numbers" in str(
        list(order.events.values_list("reason", flat=True))
    )


def test_an_order_with_a_letter_of_its_own_leaves_the_blanket_alone() -> None:
    order = builders.draft()
    blanket_of(order.subscriber)
    letter(order.subscriber, order)
    assert blanket.consume(order, actor=None) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_on": today() - timedelta(days=1)},
        {"voided_at": timezone.now()},
        {"withdrawn_at": timezone.now()},
        {"purged_at": timezone.now()},
        {"is_damaged": True},
        {"scan_state": "infected"},
        {"scan_state": "waiting"},
        {"scope": "numbers"},
    ],
)
def test_a_blanket_that_ended_or_no_longer_counts_covers_nothing(fields: dict[str, Any]) -> None:
    order = builders.draft()
    blanket_of(order.subscriber, **fields)
    assert (blanket.consume(order, actor=None), LoaCoverage.objects.count()) == (None, 0)


def test_a_blanket_is_good_on_its_last_day_and_of_two_the_longer_one_is_used() -> None:
    order = builders.draft()
    blanket_of(order.subscriber, expires_on=today())
    assert blanket.consume(order, actor=None) is not None
    longer = blanket_of(order.subscriber)
    blanket_of(order.subscriber, expires_on=today() + timedelta(days=9))
    assert blanket.current_blanket(order.subscriber) == longer


def test_using_a_blanket_twice_is_said_once() -> None:
    order = builders.draft()
    blanket_of(order.subscriber)
    blanket.consume(order, actor=None)
    blanket.consume(order, actor=None)
    assert order.events.filter(reason__contains="blanket").count() == 1


def test_a_blanket_of_another_subscriber_covers_nothing() -> None:
    blanket_of(builders.subscriber())
    assert blanket.consume(builders.draft(), actor=None) is None
