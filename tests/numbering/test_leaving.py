"""Numbers leave by staff's wish: the right verb, the second person, and each to its end."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from carrier import disconnects as carrier_disconnects
from carrier.records import NewRemoval
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import bulk, leaving, removal_sending, removals
from numbering.domain.cannot_do import CannotDo
from numbering.domain.home import waiting_on_person
from numbering.domain.import_orders import held_numbers
from numbering.domain.leaving import Progress
from numbering.enums import BulkKind
from numbering.models import (
    Job,
    Leaving,
    RemovalOrder,
    TelephoneNumber,
)
from numbering.worker import run_once
from tests import builders
from tests.numbering import notices, steps
from tests.numbering.giving_up import OWNED, begun, lives, states, there, these, worked
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db
WHY = "The subscriber moves to another company."


@pytest.fixture
def second(db: None) -> User:
    """A second person of the support staff."""
    return builders.person()


def asked(numbers: list[TelephoneNumber], actor: User) -> Leaving:
    """Ask for these numbers to leave; what nobody has to agree to begins."""
    return begun(leaving.ask(these(numbers), reason=WHY, actor=actor))


def orders_of(wish: Leaving) -> list[RemovalOrder]:
    """Give its orders, oldest first."""
    return list(wish.removals.order_by("pk"))


def refusals(wish: Leaving) -> dict[str, str]:
    """Give why each number stays that does."""
    rows = wish.numbers.exclude(refusal="")
    return dict(rows.values_list("telephone_number__e164", "refusal"))


# --- Splitting, sending, ending -----------------------------------------------------------------


def test_a_mixed_wish_is_split_and_each_number_comes_to_its_end(
    at_carrier: Sandbox, support: User
) -> None:
    ann, bob = builders.subscriber(name="Ann"), builders.subscriber(name="Bob")
    first, last = lives(*builders.fresh_numbers(2), sandbox=at_carrier, subscriber=ann)
    [free] = lives("+18882289201", sandbox=at_carrier, subscriber=ann)
    [owned] = lives(sandbox=at_carrier, subscriber=ann, origin=OWNED)
    [bobs] = lives(sandbox=at_carrier, subscriber=bob, origin=OWNED)
    [locked] = lives(subscriber=ann, is_locked=True)
    [lost] = lives(subscriber=ann, state="lost")
    everything = [first, last, free, owned, bobs, locked, lost]
    wish = asked(everything, support)
    orders = orders_of(wish)
    assert [
        (
            order.subscriber.name,
            order.verb,
            order.numbers.count(),
            (order.customer_order_id or "")[:2],
        )
        for order in orders
    ] == [
        ("Ann", "disconnect", 1, "DC"),
        ("Ann", "remove", 2, "RM"),
        ("Ann", "remove", 1, "RM"),
        ("Bob", "disconnect", 1, "DC"),
    ]
    assert (wish.state, wish.decided_by, wish.decided_at is None) == ("agreed", None, False)
    leaving_now = ["removing"] * 3 + ["disconnecting"] * 2 + ["hosted", "lost"]
    assert states(everything) == leaving_now
    worked(at_carrier, orders)
    assert states(everything) == ["gone"] * 5 + ["hosted", "lost"]
    assert [order.status for order in orders] == ["complete"] * 4
    assert [len(there(at_carrier, order)) for order in orders] == [1] * 4
    assert set(refusals(wish)) == {locked.e164, lost.e164}
    assert "locked" in refusals(wish)[locked.e164]
    assert leaving.progress_of(wish) == Progress(gone=5, refused=2)
    story = owned.events.order_by("pk").values_list("from_state", "to_state", "actor")
    assert list(story) == [
        ("ordered", "disconnecting", support.pk),
        ("disconnecting", "gone", None),
    ]
    assert "disconnected it" in owned.events.latest("pk").reason


def test_a_wish_for_what_cannot_leave_writes_nothing(support: User) -> None:
    [locked] = lives(is_locked=True)
    for chosen, words in (([locked], "locked against leaving"), ([], "No number is chosen")):
        with pytest.raises(CannotDo, match=words):
            asked(chosen, support)
    [number] = lives()
    asked([number], support)
    with pytest.raises(CannotDo, match="being removed already"):
        asked([number], support)
    assert (Leaving.objects.count(), RemovalOrder.objects.count()) == (1, 1)


def test_what_the_carrier_does_not_disconnect_is_ours_as_before_and_asked_for_again(
    at_carrier: Sandbox, support: User
) -> None:
    subscriber = builders.subscriber()
    numbers = lives(
        steps.card("8031"),
        *builders.fresh_numbers(1),
        sandbox=at_carrier,
        origin=OWNED,
        subscriber=subscriber,
    )
    wish = asked(numbers, support)
    [order] = orders_of(wish)
    worked(at_carrier, [order])
    assert (order.status, states(numbers)) == ("partial", ["ordered", "gone"])
    assert list(order.numbers.values_list("status", "code")) == [("kept", "5006"), ("removed", "")]
    assert leaving.progress_of(wish) == Progress(gone=1, kept=1)
    for changes in ({"is_locked": True}, {"subscriber": builders.subscriber()}):
        these(numbers).update(**changes)
        assert removals.kept_numbers(order) == []
        these(numbers).update(is_locked=False, subscriber=subscriber)
    # Nor what somebody wishes anew meanwhile.
    Leaving.objects.filter(pk=wish.pk).update(decided_at=timezone.now() - timedelta(days=4))
    assert not removals.may_ask_again(RemovalOrder.objects.get(pk=order.pk))
    with pytest.raises(CannotDo, match="agreed to more than 3 days ago"):
        removals.request_again(RemovalOrder.objects.get(pk=order.pk), actor=support)
    Leaving.objects.filter(pk=wish.pk).update(decided_at=timezone.now())
    anew = leaving.ask(these(numbers), reason=WHY, actor=support, is_second_promised=True)
    assert removals.kept_numbers(order) == []
    leaving.decline(anew, actor=support, remark="")
    order.refresh_from_db()
    again = removals.request_again(order, actor=support)
    assert (again.verb, again.leaving) == ("disconnect", wish)
    assert leaving.progress_of(wish) == Progress(gone=1, under_way=1)
    with pytest.raises(CannotDo, match="Nothing is left"):
        removals.request_again(order, actor=support)


@pytest.mark.parametrize("code", ["5158", "5006"])
def test_a_refused_disconnect_leaves_the_number_ours_whatever_the_code(
    at_carrier: Sandbox, support: User, code: str
) -> None:
    """No code says for sure that an owned number is away: that is the compare's to find."""
    numbers = lives(sandbox=at_carrier, origin=OWNED)
    [order] = orders_of(asked(numbers, support))
    at_carrier.fault("refused", method="POST", path_contains="disconnects", code=code)
    run_once()
    order.refresh_from_db()
    assert (order.status, states(numbers)) == ("failed", ["ordered"])
    assert order.numbers.get().status == "kept"


def test_a_disconnect_without_a_clear_answer_is_found_among_others_and_not_repeated(
    at_carrier: Sandbox, support: User, no_waits: None
) -> None:
    known, foreign, number = (lives(sandbox=at_carrier, origin=OWNED)[0] for _ in range(3))
    worked(at_carrier, orders_of(asked([known], support)))
    carrier_disconnects.create(
        get_carrier(), removal=NewRemoval(f"not-ours-{uuid4().hex[:8]}", (foreign.e164,))
    )
    [order] = orders_of(asked([number], support))
    at_carrier.fault("created_dropped", method="POST", path_contains="disconnects")
    run_once()
    steps.work()
    worked(at_carrier, [order])
    assert (order.status, states([number])) == ("complete", ["gone"])
    assert len(there(at_carrier, order)) == 1
    learned = order.events.exclude(to_status="").order_by("pk").values_list("learned_by", flat=True)
    assert list(learned)[:3] == ["person", "portal", "lookup"]


def test_a_disconnect_that_is_not_found_waits_for_a_person(
    at_carrier: Sandbox, support: User, no_waits: None
) -> None:
    ours, other = (lives(sandbox=at_carrier, origin=OWNED) for _ in range(2))
    orders = [*orders_of(asked(ours, support)), *orders_of(asked(other, support))]
    at_carrier.fault("not_created_500", method="POST", path_contains="disconnects", times=2)
    steps.work(rounds=4)
    assert [removal_sending.ERRAND.parked_attempt(order) is not None for order in orders] == [
        True,
        True,
    ]
    removal_sending.ERRAND.confirm_absent(orders[1], actor=support)
    made = carrier_disconnects.create(
        get_carrier(),
        removal=NewRemoval(orders[0].attempts.get().customer_order_id, (ours[0].e164,)),
    )
    removal_sending.ERRAND.adopt(orders[0], carrier_order_id=made.order_id, actor=support)
    worked(at_carrier, orders)
    assert (states(ours), states(other)) == (["gone"], ["ordered"])


def test_a_webhook_brings_the_end_of_a_disconnect(at_carrier: Sandbox, support: User) -> None:
    numbers = lives(sandbox=at_carrier, origin=OWNED)
    at_carrier.change(processing_seconds=3600)
    [order] = orders_of(asked(numbers, support))
    run_once()
    order.refresh_from_db()
    assert (order.status, states(numbers)) == ("received", ["disconnecting"])
    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    event = notices.stored(notices.order_notice(order.carrier_order_id, order_type="disconnects"))
    run_once()
    event.refresh_from_db()
    assert (event.state, event.removal, states(numbers)) == ("applied", order, ["gone"])
    assert order.events.latest("pk").learned_by == "webhook"


def test_numbers_that_are_owned_or_leaving_go_into_no_import_order(support: User) -> None:
    [owned], [leaving_now] = lives(origin=OWNED), lives(origin=OWNED)
    asked([leaving_now], support)
    held = held_numbers([owned.e164, leaving_now.e164])
    assert [number.e164 for number in held] == [owned.e164, leaving_now.e164]


# --- The second person --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "state"), [(25, "agreed"), (2, "agreed"), (1, "waiting"), (0, "waiting")]
)
def test_a_second_person_is_asked_above_the_set_size(
    support: User, settings: Any, above: int, state: str
) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = above
    able = lives(*builders.fresh_numbers(2))
    # What cannot leave does not count.
    wish = asked([*able, *lives(is_locked=True)], support)
    assert (wish.state, wish.removals.count()) == (state, int(state == "agreed"))
    assert Job.objects.filter(kind="submit_removal").count() == wish.removals.count()


def test_who_asked_cannot_agree_and_whoever_decides_first_decides(
    support: User, second: User, settings: Any
) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = 0
    numbers = lives(*builders.fresh_numbers(2))
    wish = asked(numbers, support)
    assert ("Leavings that wait for a second person", 1) in [
        (heap.title, heap.count) for heap in waiting_on_person()
    ]
    with pytest.raises(CannotDo, match="waits in leaving"):
        asked(numbers, second)
    with pytest.raises(CannotDo, match="You asked for it yourself"):
        leaving.agree(wish, actor=support)
    assert (states(numbers), RemovalOrder.objects.exists()) == (["hosted"] * 2, False)
    leaving.agree(wish, actor=second)
    assert (wish.state, states(numbers)) == ("begins", ["hosted"] * 2)
    [order] = orders_of(begun(wish))
    assert (wish.state, wish.decided_by, order.created_by) == ("agreed", second, second)
    for act in (
        lambda: leaving.agree(wish, actor=second),
        lambda: leaving.decline(wish, actor=second, remark="No."),
    ):
        with pytest.raises(CannotDo, match="decided"):
            act()
    assert (RemovalOrder.objects.count(), states(numbers)) == (1, ["removing"] * 2)


def test_a_declined_wish_frees_its_numbers(support: User, second: User, settings: Any) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = 0
    numbers = lives()
    by_other, taken_back = asked(numbers, support), None
    leaving.decline(by_other, actor=second, remark="They pay again.")
    taken_back = asked(numbers, support)
    leaving.decline(taken_back, actor=support, remark="A mistake.")
    with pytest.raises(CannotDo, match="decided"):
        leaving.agree(by_other, actor=second)
    assert [wish.remark for wish in Leaving.objects.order_by("pk")] == [
        "They pay again.",
        "A mistake.",
    ]
    assert (states(numbers), RemovalOrder.objects.exists()) == (["hosted"], False)


def test_what_changed_while_it_waited_stays_with_its_reason(
    at_carrier: Sandbox, support: User, second: User, settings: Any
) -> None:
    """A lock that is set after the wish wins; one that is lifted is not taken for a new wish."""
    settings.LEAVING_SECOND_PERSON_ABOVE = 0
    good, to_lock, to_lose, to_import, to_move = lives(
        *builders.fresh_numbers(5), sandbox=at_carrier
    )
    [was_locked] = lives(is_locked=True)
    everything = [good, to_lock, to_lose, to_import, to_move, was_locked]
    wish = asked(everything, support)
    bulk.start(BulkKind.LOCK, these([to_lock]), actor=support)
    run_once()
    these([was_locked]).update(is_locked=False)
    these([to_lose, to_import]).update(state="lost")
    builders.draft(to_import.e164)
    these([to_import]).update(state="hosted")
    these([to_move]).update(subscriber=builders.subscriber())
    leaving.agree(wish, actor=second)
    begun(wish)
    assert states(everything) == ["removing", "hosted", "lost", "hosted", "hosted", "hosted"]
    words = [refusals(wish)[number.e164] for number in everything[1:]]
    why = ("locked", "is lost", "still open", "another subscriber's", "locked")
    for said, word in zip(words, why, strict=True):
        assert word in said
    assert leaving.progress_of(wish) == Progress(under_way=1, refused=5)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_persons_and_a_lock_at_one_instant_one_wins(settings: Any) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = 0
    asker, *persons = (builders.person() for _ in range(3))
    numbers = lives(*builders.fresh_numbers(20))
    wish = asked(numbers, asker)

    def decide(index: int) -> bool:
        if index == 2:
            return bool(TelephoneNumber.objects.filter(state="hosted").update(is_locked=True))
        try:
            leaving.agree(mine := Leaving.objects.get(pk=wish.pk), actor=persons[index])
        except CannotDo:
            return False
        begun(mine)
        return True

    first, other, locked = at_once(3, decide)
    assert first != other
    left = Counter(states(numbers))
    assert left == ({"hosted": 20} if locked else {"removing": 20})
    assert RemovalOrder.objects.count() == int(not locked)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_wishes_at_one_instant_one_is_written(settings: Any) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = 0
    persons = [builders.person() for _ in range(2)]
    numbers = lives(*builders.fresh_numbers(3))

    def ask(index: int) -> bool:
        try:
            asked(numbers, persons[index])
        except CannotDo:
            return False
        return True

    assert sorted(at_once(2, ask)) == [False, True]
    assert Leaving.objects.count() == 1
