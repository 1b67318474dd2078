"""Withdrawals on the staff pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from numbering.models import TelephoneNumber, Withdrawal
from tests import builders
from tests.numbering import customers, desk
from tests.numbering.test_withdrawals import take_back

pytestmark = pytest.mark.django_db

LIST = "/admin/numbers/withdrawal/"


def test_the_list_finds_what_is_to_be_removed_and_the_page_says_where_each_number_is(
    sign_in: Callable[[User], Client], support: User
) -> None:
    at_desk = sign_in(support)
    numbers = builders.fresh_numbers(2)
    order = customers.hosted(*numbers)
    take_back(order)
    withdrawal = Withdrawal.objects.get()
    assert "2 to be removed" in at_desk.get(f"{LIST}?question=remove").content.decode()
    TelephoneNumber.objects.filter(e164=numbers[0]).update(state="gone")
    text = at_desk.get(f"{LIST}{withdrawal.pk}/change/").content.decode()
    assert (text.count("Being removed"), "Gone" in text) == (1, True)
    TelephoneNumber.objects.filter(e164=numbers[1]).update(state="hosted")
    text = at_desk.get(f"{LIST}{withdrawal.pk}/change/").content.decode()
    assert "To be removed" in text
    assert "We move to another company." in text
    assert "the permission for 2 numbers was taken back" in desk.text_of(at_desk, order)
    TelephoneNumber.objects.update(state="gone")
    assert "Nothing left to be removed" in at_desk.get(LIST).content.decode()
    assert "2 to be removed" not in at_desk.get(f"{LIST}?question=remove").content.decode()


def test_the_list_costs_as_many_queries_for_three_as_for_one(
    sign_in: Callable[[User], Client], support: User
) -> None:
    at_desk = sign_in(support)
    counts = []
    for _ in range(3):
        take_back(customers.hosted(*builders.fresh_numbers(2)))
        with CaptureQueriesContext(connection) as queries:
            assert at_desk.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[2]
