"""Single numbers in a compare: one that tells nothing stops no other, and places are learned."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import cases, remedies
from numbering.domain.cannot_do import CannotDo
from numbering.domain.cases import Finding
from numbering.enums import CaseKind
from numbering.models import Case, CompareRun, TelephoneNumber
from tests import builders
from tests.numbering.comparing import compared, state_of
from tests.numbering.giving_up import OWNED, lives

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(days=3)


def test_one_that_the_carrier_cannot_be_asked_about_stops_no_other(own_carrier: Sandbox) -> None:
    before = timezone.now() - LONG_AGO
    [bad], [lost] = lives(state_changed_at=before), lives(state_changed_at=before)
    own_carrier.fault("not_created_500", method="GET", path_contains=bad.e164[2:], times=None)
    compared()
    assert (state_of(bad.e164), state_of(lost.e164)) == ("hosted", "lost")
    run = CompareRun.objects.get()
    assert (run.left_alone, run.lost, run.ended_at is not None) == (1, 1, True)


def test_a_carrier_that_tells_nothing_about_one_after_the_other_is_asked_later(
    own_carrier: Sandbox,
) -> None:
    numbers = lives(*builders.fresh_numbers(6), state_changed_at=timezone.now() - LONG_AGO)
    own_carrier.fault(
        "not_created_500", method="GET", path_contains="/inserviceNumbers/+", times=None
    )
    own_carrier.fault(
        "not_created_500", method="GET", path_contains="/inserviceNumbers/3", times=None
    )
    assert compared().state == "waiting"
    assert {state_of(number.e164) for number in numbers} == {"hosted"}
    assert not CompareRun.objects.filter(ended_at__isnull=False).exists()


def test_where_a_number_stands_is_learned_and_no_difference_when_it_was_not_known(
    own_carrier: Sandbox,
) -> None:
    before = timezone.now() - LONG_AGO
    numbers = builders.fresh_numbers(3)
    lives(*numbers[:2], sandbox=own_carrier, state_changed_at=before)
    [elsewhere] = lives(
        numbers[2], sandbox=own_carrier, state_changed_at=before, site_id="77", sip_peer_id="7701"
    )
    compared()
    [learned, _] = TelephoneNumber.objects.filter(e164__in=numbers[:2])
    assert (learned.site_id, learned.sip_peer_id) == ("1001", "500101")
    assert "at site 1001, SIP peer 500101" in learned.events.get().reason
    case = Case.objects.get()
    assert (case.kind, case.e164) == ("place", elsewhere.e164)
    TelephoneNumber.objects.filter(pk=elsewhere.pk).update(site_id="88")
    compared()
    case.refresh_from_db()
    assert case.detail.startswith("Here: site 88")


def test_a_lost_number_is_back_as_what_it_is_now_and_not_as_what_it_was(
    own_carrier: Sandbox, support: User
) -> None:
    before = timezone.now() - LONG_AGO
    [e164] = builders.fresh_numbers()
    lives(e164, state="gone", state_changed_at=before)
    [life] = lives(e164, origin=OWNED, state="lost", state_changed_at=before)
    cases.note(CaseKind.LOST, [Finding(e164, "It is lost.", life.pk)], at=before)
    own_carrier.stock([e164], site_id="1001", sip_peer_id="500101", owned=True)
    remedies.look(Case.objects.get(), actor=support)
    life.refresh_from_db()
    assert (life.state, life.origin) == ("ordered", "order")


@pytest.mark.postgres
def test_a_number_that_begins_its_life_elsewhere_in_this_instant_is_not_taken_over(
    own_carrier: Sandbox, support: User
) -> None:
    [e164] = builders.fresh_numbers()
    own_carrier.stock([e164], site_id="1001", sip_peer_id="500101", owned=False)
    compared()
    subscriber = builders.subscriber()
    is_there, may_end = threading.Event(), threading.Event()

    def other() -> None:
        with transaction.atomic():
            lives(e164, subscriber=subscriber)
            is_there.set()
            may_end.wait(1)
        connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    is_there.wait(5)
    try:
        with pytest.raises(CannotDo, match="Look at the case again"):
            remedies.take_over(Case.objects.get(), subscriber=subscriber, actor=support)
    finally:
        may_end.set()
        thread.join()
    assert TelephoneNumber.objects.count() == 1
