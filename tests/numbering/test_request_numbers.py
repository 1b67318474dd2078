"""The numbers of a hosting request: read, taken out, and checked with the carrier."""

from __future__ import annotations

import pytest
from django.utils import timezone

from carrier.sandbox import Sandbox
from numbering.domain import import_orders, request_numbers
from numbering.domain.import_orders import CannotDo
from numbering.models import CarrierExchange, HostingRequestNumber
from numbering.number_list import read_text
from numbering.validators import ORDER_NUMBERS_LIMIT
from tests import builders
from tests.numbering import asking, steps

pytestmark = pytest.mark.django_db


def test_every_number_gets_its_verdict(at_carrier: Sandbox) -> None:
    builders.sip_peer()
    good, dead, held = steps.card("1000"), steps.card("9001"), builders.fresh_numbers()[0]
    order = builders.draft(held)
    request = asking.filled(good, dead, held)
    assert request_numbers.check(request)
    assert asking.verdicts(request) == {
        good: ("importable", ""),
        dead: ("blocked", "19001"),
        held: ("blocked", "with_us"),
    }
    import_orders.cancel(order, actor=None)
    assert request_numbers.check(request)
    assert asking.verdicts(request)[held] == ("importable", "")


def test_a_carrier_that_is_away_costs_nothing_that_is_known(at_carrier: Sandbox) -> None:
    builders.sip_peer()
    good, dead = steps.card("1000"), steps.card("9001")
    request = asking.filled(good, dead)
    request_numbers.check(request)
    request_numbers.take_numbers(request, read_text("303-228-1000"))
    known = asking.verdicts(request)
    at_carrier.fault("not_created_503", path_contains="importTnChecker", times=20)
    assert not request_numbers.check(request)
    assert asking.verdicts(request) == known
    assert known["+13032281000"] == ("new", "")


@pytest.mark.usefixtures("carrier_away")
def test_without_a_carrier_or_a_place_there_nothing_is_asked_and_nothing_lost() -> None:
    request = asking.filled()
    assert not request_numbers.check(request)
    builders.sip_peer()
    assert not request_numbers.check(request)
    assert [status for status, _ in asking.verdicts(request).values()] == ["new"]


def test_a_customer_is_no_probe_while_the_carrier_refuses_our_credentials(
    at_carrier: Sandbox,
) -> None:
    builders.sip_peer()
    for _ in range(3):
        CarrierExchange.objects.create(
            at=timezone.now(),
            operation="importability.check",
            method="POST",
            path="/a",
            http_status=401,
            outcome="refused",
            duration_ms=1,
        )
    before = len(at_carrier.requests)
    assert not request_numbers.check(asking.filled())
    assert len(at_carrier.requests) == before


def test_a_number_given_again_is_no_second_one() -> None:
    request = asking.filled("303-228-1000")
    taken = request_numbers.take_numbers(request, read_text("(303) 228-1000, 303.228.1001"))
    assert (taken.added, request.numbers.count()) == (1, 2)


def test_lines_that_are_no_numbers_stand_until_they_are_corrected_or_left_out() -> None:
    request = asking.begun()
    first = request_numbers.take_numbers(request, read_text("303-228-1000\n\n12345"))
    kept = asking.read(request).unread_rows
    assert [(row["line"], row["raw"]) for row in kept] == [(3, "12345")]
    again = request_numbers.take_numbers(request, read_text("12345"))
    assert asking.read(request).unread_rows == kept
    left_out = request_numbers.take_numbers(request, read_text(""))
    assert asking.read(request).unread_rows == []
    assert [first.is_news, again.is_news, left_out.is_news] == [True, False, False]


def test_a_request_takes_as_many_numbers_as_an_order_does() -> None:
    request = asking.begun()
    HostingRequestNumber.objects.bulk_create(
        HostingRequestNumber(request=request, e164=f"+1303{2_280_000 + index}")
        for index in range(ORDER_NUMBERS_LIMIT)
    )
    with pytest.raises(CannotDo, match=r"at most 5,000 numbers; this would make 5,001"):
        request_numbers.take_numbers(request, read_text("720-228-1000"))


def test_numbers_of_another_request_cannot_be_taken_out() -> None:
    """P04: refused as a whole, what is one's own included."""
    other = asking.handed_in()
    request = asking.filled()
    ids = [number.pk for one in (other, request) for number in one.numbers.all()]
    with pytest.raises(CannotDo, match="Look at it again"):
        request_numbers.take_out(request, ids)
    assert (other.numbers.count(), request.numbers.count()) == (1, 1)


def test_a_reason_is_said_once_for_all_its_numbers_without_the_carriers_codes() -> None:
    request = asking.filled(*builders.fresh_numbers(3))
    first, second, third = request.numbers.all()
    for number, code in ((first, "19001"), (second, "19001"), (third, "19012")):
        number.status, number.code = "blocked", code
    refusals = request_numbers.refusals([first, second, third])
    assert [refusal.numbers for refusal in refusals] == [(first, second), (third,)]
    said = " ".join(refusal.words.why + refusal.words.what_to_do for refusal in refusals)
    assert not any(char.isdigit() for char in said)
