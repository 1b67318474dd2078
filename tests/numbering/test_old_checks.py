"""How long the carrier's word about importability holds (SECURITY-CASES P13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import import_orders, loa_answers
from numbering.domain.cannot_do import CannotDo
from numbering.domain.next_step import next_step
from numbering.models import ImportOrder
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db


def checked_ago(order: ImportOrder, ago: timedelta) -> None:
    """Let the last check of the order have been so long ago."""
    ImportOrder.objects.filter(pk=order.pk).update(checked_at=timezone.now() - ago)
    order.refresh_from_db()


@pytest.mark.parametrize(
    ("count", "fresh", "old"),
    [
        (1, timedelta(hours=23), timedelta(hours=25)),
        (501, timedelta(minutes=55), timedelta(minutes=65)),
    ],
)
def test_an_old_check_is_made_again_before_the_order_is_sent(
    at_carrier: Sandbox, support: User, count: int, fresh: timedelta, old: timedelta
) -> None:
    """P13: a big step is checked freshly; how long a check holds follows the order's size."""
    order = steps.checked(*builders.fresh_numbers(count))
    checked_ago(order, old)
    assert next_step(order).actions == ("check",)
    with pytest.raises(CannotDo, match="Check again, then submit"):
        loa_answers.submit_checked(order, actor=support)
    assert not order.attempts.exists()
    import_orders.check(order, actor=support)
    checked_ago(order, fresh)
    loa_answers.submit_checked(order, actor=support)
    assert order.attempts.count() == 1
