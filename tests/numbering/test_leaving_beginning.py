"""The orders of a leaving are made by a worker: in parts, once, whatever comes in between."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import jobs, leaving, leaving_beginning, removals
from numbering.domain.cannot_do import CannotDo
from numbering.domain.jobs import TryLater
from numbering.domain.leaving import Progress
from numbering.models import Alert, Job, Leaving, RemovalNumber, RemovalOrder, TelephoneNumber
from numbering.worker import KINDS
from tests import builders
from tests.numbering.giving_up import OWNED, begun, lives, states, these
from tests.numbering.races import at_once
from tests.numbering.test_admin_leaving import LIST
from tests.numbering.worker_process import worker

pytestmark = pytest.mark.django_db
WHY = "The subscriber moves to another company."
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _nobody_else(settings: Any) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = 10_000


@pytest.fixture
def by_four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one transaction take four numbers."""
    monkeypatch.setattr(leaving_beginning, "NUMBERS_AT_ONCE", 4)


def wish_of(parts: int, each: int, actor: User) -> tuple[Leaving, list[TelephoneNumber]]:
    """Ask for the numbers of so many subscribers to leave."""
    numbers = [
        number
        for _ in range(parts)
        for number in lives(*builders.fresh_numbers(each), subscriber=builders.subscriber())
    ]
    return leaving.ask(these(numbers), reason=WHY, actor=actor), numbers


def claimed(wish: Leaving) -> Job:
    """Take its job, as a worker does."""
    job = jobs.claim()
    assert job is not None
    assert (job.kind, job.subject_id) == (leaving_beginning.JOB, wish.pk)
    return job


def let_lease_end() -> None:
    """Let the time pass after which what a worker holds is another one's."""
    Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))


def sizes(wish: Leaving) -> list[int]:
    """Count the numbers of each of its orders, oldest first."""
    return [order.numbers.count() for order in wish.removals.order_by("pk")]


def given_up(wish: Leaving) -> None:
    """Have its job be parked, as one that never came to its end."""
    Job.objects.filter(subject_id=wish.pk, kind=leaving_beginning.JOB).update(
        attempts=KINDS[leaving_beginning.JOB].most_attempts,
        state="waiting",
        lease_token="",
        due_at=Now() - timedelta(seconds=9),
    )
    jobs.run(claimed(wish), KINDS)
    wish.refresh_from_db()


# --- In parts -----------------------------------------------------------------------------------


def test_the_decision_is_written_at_once_and_the_orders_by_a_worker(support: User) -> None:
    wish, numbers = wish_of(2, 2, support)
    assert (wish.state, states(numbers)) == ("begins", ["hosted"] * 4)
    assert not RemovalOrder.objects.exists()
    assert leaving.progress_of(wish) == Progress(waiting=4)
    begun(wish)
    assert (wish.state, states(numbers), sizes(wish)) == ("agreed", ["removing"] * 4, [2, 2])
    order = wish.removals.latest("pk")
    assert (order.created_by, order.reason) == (support, WHY)
    assert Job.objects.get(kind=leaving_beginning.JOB).state == "done"


def test_each_transaction_takes_whole_parts_and_what_is_left_is_seen(
    by_four: None, support: User
) -> None:
    """Parts of 3, 1, 1, 6, 2: the first two together, a larger one alone, and never half of one."""
    groups = [
        lives(*builders.fresh_numbers(size), subscriber=builders.subscriber(name=f"{name} Inc."))
        for name, size in zip("ABCDE", (3, 1, 1, 6, 2), strict=True)
    ]
    everything = [number for group in groups for number in group]
    wish = leaving.ask(these(everything), reason=WHY, actor=support)
    job = claimed(wish)
    seen = []
    while leaving_beginning._begin_some(job):
        progress = leaving.progress_of(wish)
        seen.append((sizes(wish), progress.begun, progress.percent_begun))
    assert seen == [
        ([3, 1], 4, 30),
        ([3, 1, 1], 5, 38),
        ([3, 1, 1, 6], 11, 84),
        ([3, 1, 1, 6, 2], 13, 100),
    ]
    assert Leaving.objects.get().state == "agreed"


def test_a_job_gives_way_to_other_work_and_goes_on(
    by_four: None, support: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving_beginning, "_TURN_SECONDS", 0.0)
    wish, _ = wish_of(3, 3, support)
    job = claimed(wish)
    jobs.run(job, KINDS)
    job.refresh_from_db()
    assert (job.state, job.attempts, sizes(wish)) == ("waiting", 0, [3])
    begun(wish)
    assert (wish.state, sizes(wish)) == ("agreed", [3, 3, 3])


def test_what_changed_between_the_parts_stays_with_its_reason(by_four: None, support: User) -> None:
    wish, numbers = wish_of(4, 3, support)
    job = claimed(wish)
    assert leaving_beginning._begin_some(job)
    locked, lost, moved, removed = numbers[3], numbers[4], numbers[5], numbers[6:9]
    these([locked]).update(is_locked=True)
    these([lost]).update(state="lost")
    these([moved]).update(subscriber=builders.subscriber())
    removals.request(removed, reason="Another way.", actor=support)
    jobs.run(job, KINDS)
    wish.refresh_from_db()
    words = dict(wish.numbers.exclude(refusal="").values_list("telephone_number", "refusal"))
    assert {pk: word.split(".")[0] for pk, word in words.items()} == {
        locked.pk: "It is locked against leaving",
        lost.pk: "It is lost: another company has its texting, so nothing is left to end",
        moved.pk: "It is another subscriber's since it was asked for",
        **dict.fromkeys((number.pk for number in removed), "It is being removed already"),
    }
    assert (wish.state, sizes(wish)) == ("agreed", [3, 3])
    assert leaving.progress_of(wish) == Progress(under_way=6, refused=6)


def test_when_all_have_changed_it_is_over_without_an_order(support: User) -> None:
    wish, numbers = wish_of(1, 3, support)
    these(numbers).update(is_locked=True)
    begun(wish)
    assert (wish.state, wish.removals.count()) == ("agreed", 0)
    assert leaving.progress_of(wish) == Progress(refused=3)


def test_numbers_that_are_about_to_leave_are_in_no_second_leaving(support: User) -> None:
    wish, numbers = wish_of(1, 2, support)
    with pytest.raises(CannotDo, match=f"in leaving {wish.pk} already, which is just beginning"):
        leaving.ask(these(numbers), reason=WHY, actor=builders.person())


# --- Killed, doubled ----------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("point", "kills"), [("before_commit", 1), ("after_commit", 2)])
def test_a_worker_killed_between_or_within_parts_is_followed_by_another(
    at_carrier: Sandbox, no_waits: None, support: User, point: str, kills: int
) -> None:
    """Each worker dies at its first part; none of it is lost, and none comes twice."""
    wish, numbers = wish_of(4, 150, support)
    at_work = []
    for _ in range(kills):
        with worker(at_carrier, STOPPING_POINTS=f"{point}=1") as killed:
            assert killed.wait(timeout=30) == -signal.SIGKILL
        at_work.append(sizes(wish))
        let_lease_end()
    assert at_work == ([[150], [150, 150]] if point == "after_commit" else [[]])
    jobs.run(claimed(wish), KINDS)
    wish.refresh_from_db()
    assert (wish.state, sizes(wish)) == ("agreed", [150] * 4)
    assert set(states(numbers)) == {"removing"}
    assert Counter(RemovalNumber.objects.values_list("e164", flat=True)) == Counter(
        number.e164 for number in numbers
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_both_think_they_hold_the_job_make_each_order_once(
    by_four: None, support: User
) -> None:
    wish, numbers = wish_of(12, 2, support)
    job = claimed(wish)
    at_once(3, lambda _: leaving_beginning.run_begin(job))
    wish.refresh_from_db()
    assert (wish.state, sizes(wish)) == ("agreed", [2] * 12)
    assert wish.numbers.exclude(refusal="").count() == 0
    assert set(states(numbers)) == {"removing"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_slept_past_its_lease_does_nothing_beside_the_next(
    by_four: None, support: User
) -> None:
    wish, _ = wish_of(6, 2, support)
    sleeper = claimed(wish)
    let_lease_end()
    follower = claimed(wish)

    def work(index: int) -> str:
        try:
            leaving_beginning.run_begin((sleeper, follower)[index])
        except TryLater as later:
            return later.reason
        return ""

    assert at_once(2, work) == ["Another worker has taken over.", ""]
    assert sizes(wish) == [2] * 6


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_lock_set_while_it_begins_wins_or_comes_too_late_for_each_part(
    by_four: None, support: User
) -> None:
    """Of each number it is clear which was first, and nothing of it is lost or stuck."""
    wish, numbers = wish_of(10, 2, support)
    job = claimed(wish)

    def act(index: int) -> int:
        if index:
            free = TelephoneNumber.objects.filter(state="hosted").order_by("-pk")
            keys = list(free.values_list("pk", flat=True)[:8])
            return TelephoneNumber.objects.filter(pk__in=keys, state="hosted").update(
                is_locked=True
            )
        leaving_beginning.run_begin(job)
        return 0

    _, locked = at_once(2, act)
    wish.refresh_from_db()
    assert wish.state == "agreed"
    assert leaving.progress_of(wish) == Progress(under_way=20 - locked, refused=locked)
    assert Counter(states(numbers)) == Counter(
        {"removing": 20 - locked, **({"hosted": locked} if locked else {})}
    )


# --- Given up -----------------------------------------------------------------------------------


def stopped(support: User) -> tuple[Leaving, list[TelephoneNumber]]:
    """Have one whose worker gave up after its first part of two."""
    wish, numbers = wish_of(2, 3, support)
    assert leaving_beginning._begin_some(claimed(wish))
    given_up(wish)
    return wish, numbers


def test_one_that_was_given_up_says_so_and_goes_on_when_told(
    by_four: None, support: User, sign_in: SignIn
) -> None:
    wish, numbers = stopped(support)
    assert (wish.state, sizes(wish)) == ("stopped", [3])
    assert Alert.objects.get().title == "Background work given up: begin leaving"
    desk, address = sign_in(support), f"{LIST}{wish.pk}/"
    page = desk.get(f"{address}change/").content.decode()
    for words in (
        "Choose below what becomes of the rest: the portal stopped after 3 of 6 numbers.",
        "started several times and never finished",
        'What becomes of the rest? <span class="hint">3</span>',
        "Stopped half-way",
    ):
        assert words in page, words
    # It waits for a person to press: nothing is replaced under their hands.
    assert 'hx-get=""' not in page
    gone_on = desk.post(f"{address}do/go-on/", follow=True).content.decode()
    assert "Beginning: 3 of 6 numbers" in gone_on
    assert not Job.objects.filter(state="parked").exists()
    begun(wish)
    assert (wish.state, sizes(wish), set(states(numbers))) == ("agreed", [3, 3], {"removing"})
    for late in ("go-on", "leave-rest"):
        said = desk.post(f"{address}do/{late}/", follow=True).content.decode()
        assert "Nothing waits for this decision any more" in said


def test_put_back_to_work_under_background_jobs_it_goes_on_as_well(
    by_four: None, support: User
) -> None:
    wish, _ = stopped(support)
    jobs.retry_parked(Job.objects.filter(state="parked").values_list("pk", flat=True))
    begun(wish)
    assert (wish.state, sizes(wish)) == ("agreed", [3, 3])


def test_the_rest_of_one_that_was_given_up_is_left_alone_and_free(
    by_four: None, support: User, sign_in: SignIn
) -> None:
    wish, numbers = stopped(support)
    desk = sign_in(support)
    page = desk.post(f"{LIST}{wish.pk}/do/leave-rest/", follow=True).content.decode()
    assert "<strong>3</strong> could not leave" in page
    assert f"{support} left it alone after the portal had stopped half-way." in page
    begun(wish)
    assert (wish.state, sizes(wish)) == ("agreed", [3])
    assert not Job.objects.filter(state="parked").exists()
    assert leaving.progress_of(wish) == Progress(under_way=3, refused=3)
    anew = begun(leaving.ask(these(numbers[3:]), reason=WHY, actor=support))
    assert (sizes(anew), set(states(numbers))) == ([3], {"removing"})


def test_while_it_is_given_up_another_leaving_may_have_the_rest(
    by_four: None, support: User
) -> None:
    wish, numbers = stopped(support)
    anew = leaving.ask(these(numbers[3:5]), reason=WHY, actor=support)
    leaving_beginning.go_on(wish)
    begun(wish)
    begun(anew)
    assert (sizes(wish), sizes(anew)) == ([3, 1], [2])
    assert set(states(numbers)) == {"removing"}
    assert {row.refusal for row in wish.numbers.exclude(refusal="")} == {
        f"It is in leaving {anew.pk} already, which is just beginning."
    }


def test_an_owned_and_an_imported_number_begin_as_two_orders(support: User) -> None:
    subscriber = builders.subscriber()
    both = [
        *lives(subscriber=subscriber),
        *lives(subscriber=subscriber, origin=OWNED),
    ]
    wish = begun(leaving.ask(these(both), reason=WHY, actor=support))
    assert sorted(wish.removals.values_list("verb", flat=True)) == ["disconnect", "remove"]
