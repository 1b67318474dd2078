"""What one person has leave alone within a day counts: asking often for few is no way round."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from numbering.domain import leaving, second_person
from numbering.enums import LeavingState
from numbering.models import Leaving, RemovalOrder
from tests import builders
from tests.numbering.giving_up import begun, lives, these
from tests.numbering.races import at_once
from tests.numbering.test_admin_leaving import LIST, seen_in

pytestmark = pytest.mark.django_db
WHY = "The subscriber moves to another company."
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _five(settings: Any) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = 5


def asked(count: int, actor: User, **more: Any) -> Leaving:
    """Ask for so many numbers to leave."""
    numbers = these(lives(*builders.fresh_numbers(count)))
    return leaving.ask(numbers, reason=WHY, actor=actor, **more)


def asked_earlier(wish: Leaving, **before: int) -> None:
    """Have it asked for so long before now."""
    Leaving.objects.filter(pk=wish.pk).update(asked_at=wish.asked_at - timedelta(**before))


def test_few_at_a_time_add_up_to_many(support: User) -> None:
    wishes = [asked(count, support) for count in (2, 3, 1, 1)]
    assert [wish.state for wish in wishes] == ["begins", "begins", "waiting", "waiting"]
    assert second_person.numbers_alone(support) == 5
    # Whether its orders are made, or the worker gave up, makes no difference.
    begun(wishes[0])
    Leaving.objects.filter(pk=wishes[1].pk).update(state=LeavingState.STOPPED)
    assert (second_person.numbers_alone(support), asked(1, support).state) == (5, "waiting")


def test_another_person_and_another_day_begin_anew(support: User) -> None:
    first = asked(5, support)
    assert asked(5, builders.person()).state == "begins"
    asked_earlier(first, hours=23, minutes=59)
    assert asked(1, support).state == "waiting"
    asked_earlier(first, hours=24, minutes=1)
    assert asked(5, support).state == "begins"


def test_only_what_nobody_else_saw_and_what_really_leaves_counts(support: User) -> None:
    second = builders.person()
    agreed, declined, taken_back = (asked(6, support) for _ in range(3))
    leaving.agree(agreed, actor=second)
    leaving.decline(declined, actor=second, remark="No.")
    leaving.decline(taken_back, actor=support, remark="A mistake.")
    assert second_person.numbers_alone(support) == 0
    able, locked = lives(*builders.fresh_numbers(3)), lives(is_locked=True)
    wish = leaving.ask(these([*able, *locked]), reason=WHY, actor=support)
    these(able[:1]).update(is_locked=True)
    begun(wish)
    assert (second_person.numbers_alone(support), asked(3, support).state) == (2, "begins")
    assert second_person.numbers_alone(second) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_requests_of_one_person_at_one_instant_no_more_than_the_bound_begin() -> None:
    person = builders.person()
    chosen = [these(lives(*builders.fresh_numbers(2))) for _ in range(6)]

    def ask(index: int) -> str:
        return leaving.ask(chosen[index], reason=WHY, actor=User.objects.get(pk=person.pk)).state

    assert sorted(at_once(6, ask)) == ["begins"] * 2 + ["waiting"] * 4
    assert second_person.numbers_alone(person) == 4


def test_the_plan_says_why_before_it_is_sent(sign_in: SignIn, support: User) -> None:
    desk = sign_in(support)

    def planned(count: int) -> tuple[str, str]:
        numbers = lives(*builders.fresh_numbers(count))
        address = f"{LIST}plan/?" + "&".join(f"number={number.pk}" for number in numbers)
        return address, desk.get(address).content.decode()

    _, few = planned(5)
    assert ("second person" in few, "Look at what follows" in few) == (False, True)
    _, many = planned(6)
    assert "For so many numbers a second person has to agree." in many
    asked(4, support)
    _, one_more = planned(1)
    assert "second person" not in one_more
    address, page = planned(2)
    assert (
        "You have had 4 numbers leave since yesterday; with these 2 a second person has to agree. "
        "Nothing is sent before that."
    ) in page
    assert "Ask a second person</button>" in page
    desk.post(address, {"seen": seen_in(desk.get(address)), "reason": WHY, "second": "1"})
    wish = Leaving.objects.latest("pk")
    assert (wish.state, RemovalOrder.objects.exists()) == ("waiting", False)
    other = sign_in(builders.person()).get(f"{LIST}{wish.pk}/change/").content.decode()
    assert f"Since yesterday {support} had 4 other numbers leave without a second person." in other
    mine = desk.get(f"{LIST}{wish.pk}/change/").content.decode()
    assert "other numbers leave" not in mine


def test_a_second_person_that_the_page_promised_is_asked_though_the_day_is_over(
    sign_in: SignIn, support: User
) -> None:
    desk = sign_in(support)
    first = asked(5, support)
    [number] = lives()
    address = f"{LIST}plan/?number={number.pk}"
    shown = desk.get(address)
    assert 'name="second" value="1"' in shown.content.decode()
    assert "with this one a second person has to agree" in shown.content.decode()
    asked_earlier(first, hours=25)
    desk.post(address, {"seen": seen_in(shown), "reason": WHY, "second": "1"})
    assert Leaving.objects.latest("pk").state == "waiting"
