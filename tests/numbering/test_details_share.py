"""The share of numbers whose details each compare reads: what stops it, and where it goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import number_reading
from numbering.models import CompareRun, TelephoneNumber
from tests import builders
from tests.numbering.comparing import compared, hosted

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbers(own_carrier: Sandbox) -> list[str]:
    """Three hosted numbers, in the order in which they are read."""
    numbers = builders.fresh_numbers(3)
    for number in numbers:
        hosted(own_carrier, number)
    return numbers


def read() -> set[str]:
    """Compare; give the numbers that were ever read."""
    compared()
    return set(
        TelephoneNumber.objects.filter(carrier_read_at__isnull=False).values_list("e164", flat=True)
    )


def test_a_number_that_the_carrier_says_no_to_keeps_no_other_from_being_read(
    own_carrier: Sandbox, numbers: list[str]
) -> None:
    first, second, third = numbers
    own_carrier.fault("refused", path_contains=f"{second[2:]}/tndetails", times=None)
    assert read() == {first, third}
    run = CompareRun.objects.latest("pk")
    assert (run.details_trouble, run.details_after) == ("", 0)


def test_a_carrier_that_cannot_be_asked_ends_the_share_which_goes_on_there(
    own_carrier: Sandbox,
    numbers: list[str],
    sign_in: Callable[[User], Client],
    support: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, third = numbers
    monkeypatch.setattr(number_reading, "NIGHTLY_SHARE", 1)
    assert read() == {first}
    own_carrier.fault("forbidden", path_contains="/tndetails")
    assert read() == {first}
    assert "Details of single numbers could not all be read" in (
        sign_in(support).get("/admin/numbers/case/").content.decode()
    )
    own_carrier.clear_faults()
    assert read() == {first, second}
    assert CompareRun.objects.latest("pk").details_trouble == ""
    assert read() == {first, second, third}
