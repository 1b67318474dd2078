"""The first day: the numbers of an account enter an empty portal, once each."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.domain import compare, jobs, take_over
from numbering.domain.cannot_do import CannotDo
from numbering.domain.inventory import Whereabouts
from numbering.enums import NumberOrigin
from numbering.models import (
    Alert,
    Case,
    CompareRun,
    Job,
    Subscriber,
    TakeOver,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from numbering.worker import run_due
from tests import builders
from tests.numbering import steps
from tests.numbering.comparing import compared, found, hosted

pytestmark = pytest.mark.django_db(transaction=True)

TAKE_OVER = "/admin/numbers/case/take-over/"


@pytest.fixture
def account(own_carrier: Sandbox) -> list[str]:
    """1,200 numbers at the carrier, at two peers, of which this portal knows one."""
    numbers = builders.fresh_numbers(1200, area="719")
    own_carrier.stock(numbers[:700], site_id="1001", sip_peer_id="500101", owned=False)
    own_carrier.stock(numbers[700:], site_id="1001", sip_peer_id="500102", owned=False)
    return numbers


def taken(subscriber: Subscriber, person: User) -> TakeOver:
    over = take_over.start(subscriber=subscriber, origin=NumberOrigin.IMPORT, actor=person)
    run_due()
    over.refresh_from_db()
    return over


def test_an_account_is_taken_over_and_both_sides_agree(
    own_carrier: Sandbox, account: list[str], support: User
) -> None:
    known = builders.fresh_numbers()[0]
    hosted(own_carrier, known)
    subscriber = builders.subscriber()
    over = taken(subscriber, support)
    assert (over.state, over.in_service, over.taken, over.known) == ("done", 1201, 1200, 1)
    rows = TelephoneNumber.objects.filter(subscriber=subscriber, state="hosted", origin="import")
    assert rows.count() == 1200
    assert rows.filter(sip_peer_id="500102").count() == 500
    assert TelephoneNumberEvent.objects.filter(reason__startswith=str(over)).count() == 1200
    assert taken(subscriber, support).taken == 0
    compared()
    assert found() == []


def test_a_worker_that_was_stopped_is_followed_by_one_that_takes_what_is_left(
    own_carrier: Sandbox, account: list[str], support: User
) -> None:
    over = take_over.start(
        subscriber=builders.subscriber(), origin=NumberOrigin.ORDER, actor=support
    )
    with pytest.raises(CannotDo, match="already"):
        take_over.start(subscriber=over.subscriber, origin=NumberOrigin.ORDER, actor=support)
    own_carrier.fault("not_created_503", path_contains="/inserviceNumbers", times=3)
    run_due()
    over.refresh_from_db()
    assert (over.state, "Nothing was taken over yet" in over.trouble) == ("reading", True)
    steps.bring_forward("take_over")
    job = jobs.claim()
    assert job is not None
    Job.objects.update(lease_token="another worker")
    with pytest.raises(jobs.TryLater, match="taken over"):
        take_over.run_take_over(job)
    assert TelephoneNumber.objects.count() == 0
    Job.objects.update(state="waiting", lease_until=None, lease_token="")
    run_due()
    over.refresh_from_db()
    assert (over.state, over.taken, over.trouble) == ("done", 1200, "")
    assert TelephoneNumber.objects.filter(state="ordered").count() == 1200


def test_an_account_of_strangers_makes_an_alert_and_not_a_case_of_each(
    account: list[str], monkeypatch: pytest.MonkeyPatch, support: User
) -> None:
    monkeypatch.setattr(compare, "STRANGERS_LIMIT", 20)
    for _ in range(2):
        compared()
        run = CompareRun.objects.latest("pk")
        assert (run.in_service, run.known, run.beyond) == (1200, 0, 1180)
        assert Case.objects.filter(stands=True).count() == 20
    assert Alert.objects.get(cause="numbers_found").count == 2
    taken(builders.subscriber(), support)
    compared()
    assert Case.objects.filter(stands=True).count() == 0
    assert Alert.objects.get(cause="numbers_found").closed_at is not None


def test_the_page_asks_for_what_it_needs_and_shows_how_far_it_is(
    account: list[str], sign_in: Any
) -> None:
    desk: Client = sign_in(builders.person(Role.SUPPORT))
    assert "never" not in desk.get(TAKE_OVER).content.decode()
    subscriber = builders.subscriber()
    for bad in ({}, {"subscriber": subscriber.pk}, {"subscriber": "\x00", "origin": "x"}):
        assert desk.post(TAKE_OVER, bad).status_code == 422
    good = {"subscriber": subscriber.pk, "origin": "import"}
    assert desk.post(TAKE_OVER, good).status_code == 302
    assert "Taking over the account" in desk.get(TAKE_OVER).content.decode()
    answer = desk.post(TAKE_OVER, good, follow=True).content.decode()
    assert "being taken over already" in answer
    run_due()
    assert TakeOver.objects.get().taken == 1200
    assert "1,200" in desk.get(TAKE_OVER).content.decode()


def test_a_number_at_two_peers_or_at_none_has_no_place() -> None:
    where = Whereabouts()
    where.add("1", "11", [["+13032281000", "+13032281001"]])
    where.add("1", "12", [["+13032281001"], ["no number", "+999999999999999"]])
    where.sort()
    assert where.peer_of("+13032281000") == ("1", "11")
    assert where.peer_of("+999999999999999") == ("1", "12")
    assert [where.peer_of(text) for text in ("+13032281001", "+13032281002", "x")] == [None] * 3
