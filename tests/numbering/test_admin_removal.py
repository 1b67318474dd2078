"""Removals on the staff pages: where each is, and what is to be decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.models import RemovalOrder, Subscriber, TelephoneNumber
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.test_removals import asked, hosted, parked, states, there, worked

pytestmark = pytest.mark.django_db

LIST = "/admin/numbers/removalorder/"
SignIn = Callable[[User], Client]


def text_of(browser: Client, order: RemovalOrder) -> str:
    """Read the removal's page."""
    answer = browser.get(f"{LIST}{order.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def removal_of(subscriber: Subscriber, *, state: str = "gone") -> RemovalOrder:
    """Make a removal of one number."""
    order = RemovalOrder.objects.create(
        subscriber=subscriber, status="complete", status_changed_at=timezone.now(), reason="Why."
    )
    e164 = builders.fresh_numbers()[0]
    life = TelephoneNumber.objects.create(
        e164=e164, subscriber=subscriber, state=state, state_changed_at=timezone.now()
    )
    order.numbers.create(telephone_number=life, e164=e164, status="removed")
    return order


def test_a_parked_removal_offers_its_two_decisions_and_takes_one(
    at_carrier: Sandbox, no_waits: None, sign_in: SignIn, support: User
) -> None:
    order, lives = parked(at_carrier)
    desk = sign_in(support)
    page = text_of(desk, order)
    assert "It is not there" in page
    assert "It is there under this id" in page
    do = f"{LIST}{order.pk}/do/"
    assert desk.post(f"{do}adopt/", {"carrier_order_id": ""}).status_code == 422
    wrong = desk.post(f"{do}adopt/", {"carrier_order_id": "17"}, follow=True)
    assert "That is not an order id of the carrier" in wrong.content.decode()
    assert order.customer_order_id in desk.get(f"{do}absent/").content.decode()
    assert states(lives) == ["removing"]
    done = desk.post(f"{do}absent/", follow=True).content.decode()
    assert "Recorded. The numbers are in service as before." in done
    assert (states(lives), "It is not there" in done) == (["hosted"], False)


def test_what_was_not_removed_is_explained_and_asked_for_again(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    order = worked(asked(hosted(steps.card("8030"), sandbox=at_carrier)), at_carrier)
    desk = sign_in(support)
    page = text_of(desk, order)
    assert "The account may not remove numbers." in page
    assert "Ask the carrier again" in page
    answer = desk.post(f"{LIST}{order.pk}/do/again/")
    newest = RemovalOrder.objects.latest("pk")
    assert newest.pk != order.pk
    assert answer["Location"] == f"{LIST}{newest.pk}/change/"
    again = desk.post(f"{LIST}{order.pk}/do/again/", follow=True)
    assert "Nothing is left to remove" in again.content.decode()
    assert RemovalOrder.objects.count() == 2


def test_what_was_agreed_to_long_ago_is_chosen_anew(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    order = worked(asked(hosted(steps.card("8030"), sandbox=at_carrier)), at_carrier)
    RemovalOrder.objects.update(created_at=timezone.now() - timedelta(days=4))
    desk = sign_in(support)
    page = text_of(desk, order)
    assert "choose them in the list of telephone numbers and have them leave anew" in page
    assert "Ask the carrier again" not in page
    answer = desk.post(f"{LIST}{order.pk}/do/again/", follow=True).content.decode()
    assert "It was agreed to more than 3 days ago." in answer
    assert RemovalOrder.objects.count() == 1


def test_what_was_never_sent_can_be_taken_back(
    at_carrier: Sandbox, settings: Any, sign_in: SignIn, support: User
) -> None:
    desk, here = sign_in(support), settings.CARRIER
    lives = hosted(sandbox=at_carrier)
    order = asked(lives)
    settings.CARRIER = {
        **here,
        "v1_base": "http://127.0.0.1:1/",
        "v2_base": "http://127.0.0.1:1/",
        "token_url": "http://127.0.0.1:1/",
    }
    run_once()
    assert "You can take it back." in text_of(desk, order)
    done = desk.post(f"{LIST}{order.pk}/do/withdraw/", follow=True).content.decode()
    assert "Taken back. The numbers stay in service." in done
    order.refresh_from_db()
    assert (order.status, states(lives)) == ("failed", ["hosted"] * 2)
    settings.CARRIER = here
    steps.work()
    assert there(at_carrier, order) == []
    late = desk.post(f"{LIST}{order.pk}/do/withdraw/", follow=True).content.decode()
    assert "It is too late to take this back" in late


def test_who_may_look_and_not_decide_is_offered_nothing(
    at_carrier: Sandbox, no_waits: None, sign_in: SignIn
) -> None:
    order, lives = parked(at_carrier)
    browser = sign_in(builders.person(Role.FINANCE))
    assert browser.get(f"{LIST}{order.pk}/change/").status_code == 403
    assert browser.post(f"{LIST}{order.pk}/do/absent/").status_code == 403
    assert states(lives) == ["removing"]


def test_an_unknown_action_and_an_unknown_removal_are_not_found(
    sign_in: SignIn, support: User
) -> None:
    order = removal_of(builders.subscriber())
    desk = sign_in(support)
    assert desk.post(f"{LIST}{order.pk}/do/anything/").status_code == 404
    assert desk.get(f"{LIST}999999/change/").status_code == 404


def test_the_list_costs_as_many_queries_for_three_as_for_one(
    sign_in: SignIn, support: User
) -> None:
    desk = sign_in(support)
    counts = []
    for _ in range(3):
        removal_of(builders.subscriber())
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[2]
