"""What the plan of a leaving says before anything is done, and the lock that it honours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from messaging.models import Message
from numbering.domain import bulk, jobs, leaving, leaving_plan, removals
from numbering.domain.cannot_do import CannotDo
from numbering.domain.locking import LockAct
from numbering.enums import BulkKind
from numbering.models import Job, Loa, LoaCoverage, Subscriber, TelephoneNumber
from numbering.worker import run_once
from tests import builders
from tests.numbering.giving_up import OWNED, begun, lives, these

pytestmark = pytest.mark.django_db
WHY = "The subscriber moves to another company."


def test_the_plan_says_whom_it_would_hit_before_anything_is_done() -> None:
    ann, bob, cem = (builders.subscriber(name=name) for name in ("Ann", "Bob", "Cem"))
    given, withdrawn, bare = lives(*builders.fresh_numbers(3), subscriber=ann)
    [owned], [staying] = lives(subscriber=bob, origin=OWNED), lives(subscriber=bob)
    [blanket] = lives(subscriber=cem)
    for number, fields in (
        (given, {"is_on_hold": True}),
        (withdrawn, {"withdrawn_at": timezone.now()}),
        (blanket, {}),
    ):
        letter = Loa.objects.create(
            subscriber=number.subscriber, version=1 + Loa.objects.count(), size=1, **fields
        )
        LoaCoverage.objects.create(
            loa=letter, order=builders.draft(subscriber=number.subscriber), e164=number.e164
        )
    for theirs, age in (("+13032281999", 1), ("+13032281998", 2), ("+13032281997", 8)):
        message = Message.objects.create(
            direction="in", our_number=owned.e164, their_number=theirs, text="Hi", state="received"
        )
        Message.objects.filter(pk=message.pk).update(
            created_at=timezone.now() - timedelta(days=age)
        )
    wish = leaving_plan.plan(these([given, withdrawn, bare, owned, blanket]))
    assert list(wish.effects) == [
        "2 conversations have had a message within the last 7 days; no answer will come through "
        "any more.",
        "2 subscribers would have no number left in service: Ann, Cem.",
        "The permission to host 2 numbers is still given: the subscriber did not withdraw it.",
        "The permission to host 1 number was withdrawn by the subscriber.",
        "The permission to host 1 number is not on file: no LOA covers it.",
        "1 number is covered by an LOA on legal hold. The letter is kept all the same; ask whoever "
        "put the hold on it before you go on.",
    ]
    assert (wish.count, staying.state) == (5, "hosted")
    assert leaving_plan.plan(these([staying])).effects == [
        "The permission to host 1 number is not on file: no LOA covers it."
    ]


def test_a_large_plan_is_parted_as_the_carrier_takes_it_in_a_fixed_number_of_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def queries(numbers: list[TelephoneNumber]) -> int:
        with CaptureQueriesContext(connection) as captured:
            wish = leaving_plan.plan(these(numbers))
            assert wish.effects
        assert wish.count == len(numbers)
        return len(captured)

    subscribers = [builders.subscriber() for _ in range(3)]
    few = [number for one in subscribers for number in lives(subscriber=one)]
    one = [f"+1303{230 + n // 10_000}{n % 10_000:04d}" for n in range(5_001)]
    many = lives(*one, origin=OWNED, subscriber=subscribers[0])
    assert [len(part.numbers) for part in leaving_plan.plan(these(many)).parts] == [5_000, 1]
    assert queries(few) == queries(few[1:2])
    monkeypatch.setattr(leaving_plan, "NUMBERS_LIMIT", 5_000)
    with pytest.raises(CannotDo, match="at most 5,000"):
        leaving_plan.plan(these(many))


# --- The lock -----------------------------------------------------------------------------------


def test_locking_and_unlocking_leave_their_line_and_say_what_they_could_not(
    support: User,
) -> None:
    [free], [locked], [leaving_now] = lives(), lives(is_locked=True), lives()
    begun(leaving.ask(these([leaving_now]), reason=WHY, actor=support))
    everything = these([free, locked, leaving_now])
    action = bulk.start(BulkKind.LOCK, everything, actor=support, choices={"reason": "A dispute."})
    run_once()
    rows = dict(action.rows.values_list("e164", "state"))
    assert rows == {free.e164: "done", locked.e164: "skipped", leaving_now.e164: "failed"}
    assert "being removed" in action.rows.get(state="failed").message
    free.refresh_from_db()
    [line] = free.events.all()
    assert (free.is_locked, line.actor, str(line)) == (True, support, "Hosted")
    assert line.reason == f"Locked against leaving by {support}. A dispute."
    with pytest.raises(CannotDo, match="locked against leaving"):
        removals.request([free], reason=WHY, actor=support)
    bulk.start(BulkKind.UNLOCK, [free.e164, "+13032289999"], actor=support)
    run_once()
    free.refresh_from_db()
    assert (free.is_locked, free.events.count()) == (False, 2)
    assert Subscriber.objects.filter(removals__isnull=False).count() == 1


def test_a_worker_that_lost_its_lease_has_locked_nothing(support: User) -> None:
    [free] = lives()
    action = bulk.start(BulkKind.LOCK, these([free]), actor=support)
    job = jobs.claim()
    assert job is not None
    lease = bulk.Lease(job, action, 60)
    rows = lease.begin(1)
    Job.objects.update(lease_token="another worker's")
    with pytest.raises(jobs.TryLater):
        LockAct().do(action, rows, lease)
    free.refresh_from_db()
    assert (free.is_locked, free.events.count()) == (False, 0)
    # Whoever took over locks it, and says so.
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run_once()
    free.refresh_from_db()
    assert (free.is_locked, action.rows.get().state) == (True, "done")
