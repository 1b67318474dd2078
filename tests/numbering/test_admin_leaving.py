"""Leaving on the staff pages: the plan before anything is done, the second person, the progress."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.domain import leaving
from numbering.domain.leaving_plan import plan
from numbering.models import Leaving, RemovalOrder, TelephoneNumber
from tests import builders
from tests.numbering.giving_up import OWNED, begun, lives, states, these, worked
from tests.numbering.lives import life

pytestmark = pytest.mark.django_db
NUMBERS = "/admin/numbers/telephonenumber/"
LIST = "/admin/numbers/leaving/"
WHY = "They move to another company."
SignIn = Callable[[User], Client]


def seen_in(answer: HttpResponse) -> str:
    """Read what a page of a plan says that it showed."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', answer.content.decode())
    assert found is not None
    return found[1]


def chosen(desk: Client, numbers: list[TelephoneNumber], **more: str) -> HttpResponse:
    """Tick numbers in the list and choose the action, or confirm what it showed."""
    keys = [str(number.pk) for number in numbers]
    return desk.post(NUMBERS, {"action": "leave", "_selected_action": keys, **more})


def waiting(settings: Any, actor: User, count: int = 2) -> tuple[Leaving, list[TelephoneNumber]]:
    """Have a wish that waits for a second person."""
    settings.LEAVING_SECOND_PERSON_ABOVE = 0
    numbers = lives(*builders.fresh_numbers(count))
    return leaving.ask(these(numbers), reason=WHY, actor=actor), numbers


def test_a_wish_is_found_by_its_reason_or_a_number_however_it_is_written(
    sign_in: SignIn, support: User, settings: Any
) -> None:
    settings.LEAVING_SECOND_PERSON_ABOVE = 0
    numbers = [life(e164=f"+1303228940{index}") for index in range(2)]
    wishes = [leaving.ask(these([one]), reason=f"{WHY} {one.pk}", actor=support) for one in numbers]
    desk = sign_in(support)

    def shown(text: str) -> list[Leaving]:
        answer = desk.get(LIST, {"q": text})
        assert answer.status_code == 200
        return sorted(answer.context["cl"].result_list, key=lambda wish: wish.pk)

    for text in (
        "(303) 228-9400",
        "303-228-9400",
        "3032289400",
        "228-9400",
        WHY[:9].lower() + "\x00",
    ):
        assert shown(text)[0] == wishes[0], text
    assert shown("(303) 228-9401") == wishes[1:]
    assert (shown("28940"), shown("nobody"), shown("")) == (wishes, [], wishes)


def test_the_list_shows_the_plan_and_only_its_confirmation_asks(
    sign_in: SignIn, support: User
) -> None:
    desk = sign_in(support)
    subscriber = builders.subscriber(name="Corner Bakery")
    hosted, owned = (lives(origin=one, subscriber=subscriber)[0] for one in ("import", OWNED))
    [locked] = lives(is_locked=True, subscriber=subscriber)
    everything = [hosted, owned, locked]
    shown = chosen(desk, everything)
    page = shown.content.decode()
    assert shown.status_code == 200
    for words in (
        "Remove 1 number and disconnect 1 number",
        "their texting goes back",
        "anybody may get them",
        "Corner Bakery</a></td><td>Disconnect",
        "It is locked against leaving",
        str(locked),
    ):
        assert words in page, words
    assert not Leaving.objects.exists()
    # Without a reason nothing is asked, and what was chosen is still chosen.
    missing = chosen(desk, everything, seen=seen_in(shown), reason="")
    assert missing.status_code == 422
    assert f'name="_selected_action" value="{owned.pk}"' in missing.content.decode()
    these([owned]).update(is_locked=True)
    changed = chosen(desk, everything, seen=seen_in(shown), reason=WHY)
    assert changed.status_code == 422
    assert "The numbers have changed since you looked" in changed.content.decode()
    assert (WHY in changed.content.decode(), Leaving.objects.exists()) == (True, False)
    done = chosen(desk, everything, seen=seen_in(changed), reason=WHY)
    wish = Leaving.objects.get()
    assert done["Location"] == f"{LIST}{wish.pk}/change/"
    assert (states(everything), wish.reason) == (["hosted", "ordered", "hosted"], WHY)
    begun(wish)
    assert states(everything) == ["removing", "ordered", "hosted"]
    nothing = chosen(desk, everything).content.decode()
    assert "None of the chosen numbers can leave" in nothing
    assert 'name="seen"' not in nothing
    assert chosen(desk, everything, seen="x", reason=WHY).status_code == 422
    assert Leaving.objects.count() == 1


def test_all_that_match_leave_only_with_their_count_typed(sign_in: SignIn, support: User) -> None:
    desk = sign_in(support)
    lives(*builders.fresh_numbers(101), origin=OWNED)
    everything = {"action": "leave", "select_across": "1"}
    address = f"{NUMBERS}?state=ordered"
    shown = desk.post(address, everything)
    assert "Type 101 to show" in shown.content.decode()
    said = {**everything, "seen": seen_in(shown), "reason": WHY}
    for typed in ("", "100", "many"):
        assert desk.post(address, {**said, "count": typed}).status_code == 422
    assert not Leaving.objects.exists()
    assert desk.post(address, {**said, "count": " 101 "}).status_code == 302
    assert Leaving.objects.get().state == "waiting"


def test_what_comes_in_the_instant_of_the_click_does_not_leave_unseen(support: User) -> None:
    subscriber = builders.subscriber()
    lives(subscriber=subscriber)
    all_of_it = TelephoneNumber.objects.filter(subscriber=subscriber)
    seen = plan(all_of_it).digest
    lives(subscriber=subscriber)
    with pytest.raises(leaving.OtherPlan):
        leaving.ask(all_of_it, reason=WHY, actor=support, seen=seen)
    assert not Leaving.objects.exists()
    done = leaving.ask(all_of_it, reason=WHY, actor=support, seen=plan(all_of_it).digest)
    assert done.numbers.count() == 2


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 302),
        ("?number=1%00", 302),
        ("?number=abc&number=-1", 302),
        ("?number=" + "9" * 40, 302),
        ("?number=٣", 200),
        ("?number=999999999999999999", 200),
    ],
)
def test_what_is_no_number_in_the_address_does_no_harm(
    sign_in: SignIn, support: User, query: str, status: int
) -> None:
    assert sign_in(support).get(f"{LIST}plan/{query}").status_code == status


def test_numbers_given_by_their_ids_leave_from_their_plan(sign_in: SignIn, support: User) -> None:
    """The way in for other pages."""
    desk = sign_in(support)
    numbers = lives(*builders.fresh_numbers(2))
    address = f"{LIST}plan/?number={numbers[0].pk}&number={numbers[1].pk}"
    shown = desk.get(address)
    assert "Remove 2 numbers" in shown.content.decode()
    answer = desk.post(address, {"seen": seen_in(shown), "reason": WHY}, follow=True)
    assert "Beginning: 0 of 2 numbers" in answer.content.decode()
    wish = begun(Leaving.objects.get())
    assert "Under way" in desk.get(f"{LIST}{wish.pk}/change/").content.decode()
    assert states(numbers) == ["removing"] * 2


def test_the_second_person_sees_the_plan_anew_and_decides(
    sign_in: SignIn, support: User, settings: Any, at_carrier: Sandbox
) -> None:
    wish, numbers = waiting(settings, support)
    page, do = f"{LIST}{wish.pk}/change/", f"{LIST}{wish.pk}/do/"
    own, other = sign_in(support), sign_in(builders.person())
    mine = own.get(page).content.decode()
    assert "somebody else has to agree" in mine
    assert ("Agree: " in mine, "Take it back" in mine) == (False, True)
    assert own.post(f"{do}agree/", {"seen": "x"}).status_code == 403
    shown = other.get(page)
    assert "Agree: remove 2 numbers" in shown.content.decode()
    these(numbers[:1]).update(is_locked=True)
    late = other.post(f"{do}agree/", {"seen": seen_in(shown)})
    assert late.status_code == 422
    assert "The numbers have changed since you looked" in late.content.decode()
    assert other.post(f"{do}decline/", {"remark": ""}).status_code == 422
    assert states(numbers) == ["hosted"] * 2
    at_carrier.stock([numbers[1].e164], site_id="1001", sip_peer_id="500101", owned=False)
    agreed = other.post(f"{do}agree/", {"seen": seen_in(late)}, follow=True).content.decode()
    assert ("Beginning: 0 of 2 numbers" in agreed, 'hx-get=""' in agreed) == (True, True)
    begun(wish)
    agreed = other.get(page).content.decode()
    assert "<strong>1</strong> leaving" in agreed
    assert "<strong>1</strong> could not leave" in agreed
    twice = other.post(f"{do}agree/", {"seen": seen_in(late)}, follow=True).content.decode()
    assert "Somebody has decided about it already" in twice
    for said in ({"remark": "No."}, {"remark": ""}):
        late_no = other.post(f"{do}decline/", said, follow=True).content.decode()
        assert "Somebody has decided about it already" in late_no
    [order] = wish.removals.all()
    worked(at_carrier, [order])
    over = other.get(page).content.decode()
    assert "Done. Every number that could leave is gone." in over
    assert 'hx-get=""' not in over
    removal = other.get(f"/admin/numbers/removalorder/{order.pk}/change/").content.decode()
    assert f'{support} (<a href="{page}">' in removal


def test_a_wish_is_declined_with_a_remark_and_taken_back_by_who_asked(
    sign_in: SignIn, support: User, settings: Any
) -> None:
    for person in (builders.person(), support):
        wish, numbers = waiting(settings, support)
        do = f"{LIST}{wish.pk}/do/decline/"
        answer = sign_in(person).post(do, {"remark": "Not now."}, follow=True).content.decode()
        assert "Declined. Nothing was sent" in answer
        assert "Not now." in answer
        assert states(numbers) == ["hosted"] * 2


def test_who_may_see_numbers_and_not_end_them_is_offered_nothing(
    sign_in: SignIn, support: User, settings: Any
) -> None:
    wish, numbers = waiting(settings, support)
    finance = sign_in(builders.person(Role.FINANCE))
    assert "Remove or disconnect" not in finance.get(NUMBERS).content.decode()
    chosen(finance, numbers, seen="x", reason=WHY)
    for method, address in (
        (finance.get, LIST),
        (finance.get, f"{LIST}plan/?number=1"),
        (finance.post, f"{LIST}plan/?number=1"),
        (finance.get, f"{LIST}{wish.pk}/change/"),
        (finance.post, f"{LIST}{wish.pk}/do/agree/"),
        (finance.post, f"{LIST}{wish.pk}/do/decline/"),
    ):
        assert method(address).status_code == 403, address
    assert (Leaving.objects.get().state, RemovalOrder.objects.exists()) == ("waiting", False)


def test_the_list_begins_with_what_waits_and_costs_the_same_for_one_and_three(
    sign_in: SignIn, support: User, settings: Any
) -> None:
    desk = sign_in(support)
    first, _ = waiting(settings, support)
    settings.LEAVING_SECOND_PERSON_ABOVE = 25
    counts = []
    for _ in range(3):
        numbers = lives(*builders.fresh_numbers(2))
        done = leaving.ask(these(numbers), reason=WHY, actor=support)
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(LIST).content.decode()
        counts.append(len(queries))
        assert page.index(f"Leaving {first.pk}") < page.index(f"Leaving {done.pk}")
    assert counts[0] == counts[2]
    with CaptureQueriesContext(connection) as of_two:
        desk.get(f"{LIST}{done.pk}/change/")
    larger = leaving.ask(these(lives(*builders.fresh_numbers(9))), reason=WHY, actor=support)
    with CaptureQueriesContext(connection) as of_nine:
        desk.get(f"{LIST}{larger.pk}/change/")
    assert len(of_two) == len(of_nine)
