"""A take-over goes in turns: other work comes between them, and whoever comes after reads on."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.domain import jobs, take_over, take_over_list
from numbering.domain.cannot_do import CannotDo
from numbering.enums import NumberOrigin
from numbering.models import (
    Job,
    SipPeer,
    TakeOver,
    TakeOverNumber,
    TelephoneNumber,
    TelephoneNumberEvent,
    WebhookEvent,
)
from numbering.worker import KINDS, plan, run_due
from tests import builders
from tests.numbering import steps
from tests.numbering.notices import order_notice, stored
from tests.numbering.races import at_once
from tests.numbering.worker_process import worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(own_carrier: Sandbox) -> list[str]:
    """1,200 numbers in three pages, at two peers with two pages and one."""
    numbers = builders.fresh_numbers(1200, area="719")
    own_carrier.stock(numbers[:700], site_id="1001", sip_peer_id="500101", owned=False)
    own_carrier.stock(numbers[700:], site_id="1001", sip_peer_id="500102", owned=False)
    return numbers


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page, or some numbers, and the turn is over."""
    monkeypatch.setattr(take_over_list, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(take_over, "_CHUNK", 500)


@pytest.fixture
def over(own_carrier: Sandbox, account: list[str], support: User) -> TakeOver:
    """A take-over that has been asked for."""
    return take_over.start(
        subscriber=builders.subscriber(), origin=NumberOrigin.IMPORT, actor=support
    )


def next_job() -> str:
    """Plan, and run the job that is due first, as the worker does after each turn; its kind."""
    plan()
    job = jobs.claim()
    assert job is not None
    jobs.run(job, KINDS)
    return job.kind


def turns_until(over: TakeOver, step: str) -> None:
    """Let the take-over have turns until it has come to this step, or is over."""
    for _ in range(20):
        if over.step == step or over.state == "done":
            return
        Job.objects.exclude(kind="take_over").delete()
        steps.bring_forward("take_over")
        job = jobs.claim()
        assert job is not None
        jobs.run(job, KINDS)
        over.refresh_from_db()
    raise AssertionError(f"it is at {over.step} still")


def pages_asked(sandbox: Sandbox) -> int:
    """Count the pages of the list of numbers in service that the carrier was asked for."""
    return len([seen for seen in sandbox.requests if seen.path.endswith("/inserviceNumbers")])


def all_taken(over: TakeOver, numbers: list[str]) -> None:
    """Each number began one life, at its peer, with one line of history; nothing is left over."""
    over.refresh_from_db()
    assert (over.state, over.taken, over.known, over.trouble) == ("done", len(numbers), 0, "")
    lives = TelephoneNumber.objects.values_list("e164", "sip_peer_id")
    peers = dict.fromkeys(numbers[:700], "500101") | dict.fromkeys(numbers[700:], "500102")
    assert sorted(lives) == sorted(peers.items())
    assert TelephoneNumberEvent.objects.count() == len(numbers)
    assert not TakeOverNumber.objects.exists()


@pytest.mark.usefixtures("short_turns")
def test_a_webhook_is_handled_between_two_turns_of_one_worker(
    own_carrier: Sandbox, account: list[str], over: TakeOver
) -> None:
    seen = []
    while not (over.in_service and seen[-1] == "take_over"):
        seen.append(next_job())
        over.refresh_from_db()
    event = stored(order_notice())
    assert next_job() == "apply_webhooks"
    event.refresh_from_db()
    over.refresh_from_db()
    assert (event.state == "new", over.step, over.in_service) == (False, "list", 500)
    run_due()
    all_taken(over, account)
    assert pages_asked(own_carrier) == 3


@pytest.mark.usefixtures("short_turns")
def test_a_carrier_that_fails_in_the_middle_is_read_on_where_it_failed(
    own_carrier: Sandbox, account: list[str], over: TakeOver
) -> None:
    while not over.in_service:
        next_job()
        over.refresh_from_db()
    own_carrier.fault("not_created_503", path_contains="/inserviceNumbers", times=None)
    steps.work()
    over.refresh_from_db()
    assert (over.state, over.in_service, TelephoneNumber.objects.count()) == ("reading", 500, 0)
    assert "Nothing was taken over yet" in over.trouble
    own_carrier.clear_faults()
    before = pages_asked(own_carrier)
    turns_until(over, "places")
    assert (pages_asked(own_carrier), over.in_service, over.trouble) == (before + 2, 1200, "")
    own_carrier.fault("not_created_503", path_contains="/sippeers/500102/tns", times=3)
    turns_until(over, "numbers")
    run_due()
    all_taken(over, account)


@pytest.mark.usefixtures("short_turns")
def test_numbers_are_taken_over_without_places_that_cannot_be_read(
    own_carrier: Sandbox, account: list[str], over: TakeOver
) -> None:
    """Nor with half of them: what is known of one peer would make the other numbers wrong."""
    own_carrier.fault("not_created_503", path_contains="/sippeers/500102/tns", times=None)
    turns_until(over, "numbers")
    assert TakeOverNumber.objects.exclude(sip_peer=None).count() == 700
    run_due()
    over.refresh_from_db()
    assert (over.state, over.taken) == ("done", 1200)
    assert over.trouble.startswith("Without sites and peers: ")
    assert not TelephoneNumber.objects.exclude(sip_peer_id="").exists()


@pytest.mark.usefixtures("short_turns")
def test_a_list_that_has_become_old_is_read_anew_and_nothing_taken_twice(
    own_carrier: Sandbox, account: list[str], over: TakeOver
) -> None:
    turns_until(over, "numbers")
    assert next(kind for kind in iter(next_job, "") if kind == "take_over")
    over.refresh_from_db()
    assert over.taken == 500
    for e164 in account[-3:]:
        own_carrier.lose(e164, notify=False)
    TakeOver.objects.update(read_since=timezone.now() - timedelta(hours=7))
    run_due()
    all_taken(over, account[:-3])
    assert over.in_service == 1197
    assert pages_asked(own_carrier) == 6


@pytest.mark.usefixtures("short_turns")
def test_what_became_of_a_number_since_the_list_was_begun_counts_more_than_the_list(
    account: list[str], over: TakeOver
) -> None:
    turns_until(over, "numbers")
    gone, long_gone = (
        TelephoneNumber.objects.create(
            e164=e164, subscriber=over.subscriber, state="gone", state_changed_at=at
        )
        for e164, at in (
            (account[0], timezone.now()),
            (account[1], timezone.now() - timedelta(days=1)),
        )
    )
    run_due()
    over.refresh_from_db()
    assert (over.state, over.taken, over.known) == ("done", 1199, 1)
    assert not TelephoneNumber.objects.filter(e164=gone.e164, state="hosted").exists()
    assert TelephoneNumber.objects.filter(e164=long_gone.e164, state="hosted").exists()


def test_what_is_no_number_is_counted_and_one_at_two_peers_has_no_place(
    own_carrier: Sandbox, support: User
) -> None:
    [e164] = builders.fresh_numbers()
    own_carrier.stock([e164], site_id="1001", sip_peer_id="500102", owned=False)
    over = take_over.start(
        subscriber=builders.subscriber(), origin=NumberOrigin.ORDER, actor=support
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(take_over_list, "TURN_SECONDS", 0.0)
        turns_until(over, "places")
    # As if the list of the first peer had named it, too.
    other = builders.sip_peer()
    TakeOverNumber.objects.update(sip_peer=other)
    TakeOverNumber.objects.create(take_over=over, text="<odd>", sip_peer=other)
    run_due()
    over.refresh_from_db()
    assert (over.state, over.taken, over.odd) == ("done", 1, 1)
    life = TelephoneNumber.objects.get(e164=e164)
    assert (life.state, life.site_id, life.sip_peer_id) == ("ordered", "", "")


@pytest.mark.usefixtures("short_turns")
def test_the_page_says_at_each_step_how_far_it_is(over: TakeOver, sign_in: Any) -> None:
    desk: Client = sign_in(builders.person(Role.SUPPORT))

    def said() -> str:
        answer = desk.get("/admin/numbers/case/take-over/", headers={"HX-Request": "true"})
        return " ".join(answer.content.decode().split())

    while not over.in_service:
        next_job()
        over.refresh_from_db()
    assert "500 numbers so far" in said()
    turns_until(over, "places")
    while SipPeer.objects.count() == 0:
        next_job()
    assert "1,200 in service there. Reading at which SIP peer" in said()
    turns_until(over, "numbers")
    assert "0 taken over, 0 here already or in an open order, of 1,200" in said()


@pytest.mark.usefixtures("short_turns")
def test_whoever_stops_it_keeps_what_is_taken_and_leaves_the_rest(
    over: TakeOver, support: User, sign_in: Any
) -> None:
    desk: Client = sign_in(builders.person(Role.SUPPORT, name="Ann Stops"))
    turns_until(over, "numbers")
    while not over.taken:
        next_job()
        over.refresh_from_db()
    page = "/admin/numbers/case/take-over/"
    assert sign_in(builders.person(Role.FINANCE)).post(page, {"stop": "1"}).status_code == 403
    answer = desk.post(page, {"stop": "1"}, follow=True).content.decode()
    assert "What was taken over stays." in answer
    assert "Ann Stops asked to stop it" in answer
    assert not take_over.stop(over, actor=support)
    run_due()
    over.refresh_from_db()
    assert (over.state, over.taken, TelephoneNumber.objects.count()) == ("done", 500, 500)
    assert "Stopped by Ann Stops. What was taken over stays." in desk.get(page).content.decode()
    assert not TakeOverNumber.objects.exists()
    assert "Nothing changed." in desk.post(page, {"stop": "1"}, follow=True).content.decode()


@pytest.mark.usefixtures("short_turns")
def test_one_that_waits_for_the_carrier_is_stopped_at_once(
    own_carrier: Sandbox, over: TakeOver, support: User
) -> None:
    own_carrier.fault("not_created_503", path_contains="/inserviceNumbers", times=None)
    steps.work()
    assert take_over.stop(over, actor=support)
    run_due()
    over.refresh_from_db()
    assert (over.state, over.taken, TelephoneNumber.objects.count()) == ("done", 0, 0)


@pytest.mark.postgres
def test_of_two_who_ask_at_one_instant_one_is_told_that_it_is_under_way(support: User) -> None:
    subscribers = [builders.subscriber(), builders.subscriber()]

    def ask(index: int) -> str:
        try:
            take_over.start(
                subscriber=subscribers[index], origin=NumberOrigin.IMPORT, actor=support
            )
        except CannotDo as error:
            return str(error)[:27]
        return "begun"

    assert sorted(at_once(2, ask)) == ["The account is being taken ", "begun"]
    assert TakeOver.objects.count() == 1


@pytest.mark.postgres
def test_whoever_follows_a_killed_worker_reads_nothing_anew_and_takes_nothing_twice(
    own_carrier: Sandbox, account: list[str], over: TakeOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(point: str) -> None:
        Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
        Job.objects.exclude(kind="take_over").delete()
        with worker(own_carrier, STOPPING_POINTS=f"{point}=1") as process:
            assert process.wait(timeout=20) == -signal.SIGKILL

    killed("after_commit")
    assert (TakeOverNumber.objects.count(), pages_asked(own_carrier)) == (1200, 3)
    Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
    monkeypatch.setattr(take_over_list, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(take_over, "_CHUNK", 500)
    over.refresh_from_db()
    turns_until(over, "numbers")
    while not over.taken:
        next_job()
        over.refresh_from_db()
    killed("before_commit")
    assert TelephoneNumber.objects.count() == 500
    Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
    run_due()
    all_taken(over, account)
    assert (pages_asked(own_carrier), WebhookEvent.objects.count()) == (3, 0)
