"""A customer's home: their own subscribers, orders and documents, and nothing of anybody else's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rights import Role
from numbering.domain import contacts, hosting_requests, invitations, loa
from numbering.enums import InvitationPurpose
from numbering.models import (
    HostingRequest,
    ImportOrder,
    Invitation,
    Loa,
    LoaOpening,
    Subscriber,
)
from tests import builders
from tests.accounts.steps import without_token
from tests.numbering.access_table import TABLE

pytestmark = pytest.mark.django_db


class Customer:
    """A customer with one of everything, in a browser of their own."""

    def __init__(self, sign_in: Callable[[User], Client], name: str) -> None:
        self.person = builders.person(Role.CUSTOMER, name=name)
        self.subscriber: Subscriber = builders.subscriber(name=f"{name}'s business")
        contacts.add_contact(
            subscriber=self.subscriber, email=self.person.email, name=name, actor=None
        )
        self.order: ImportOrder = builders.draft(subscriber=self.subscriber)
        # Its numbers are checked, so that it waits for the letter.
        ImportOrder.objects.filter(pk=self.order.pk).update(status="checked")
        self.client = sign_in(self.person)

    def letter(self) -> Loa:
        """Have a signed letter received for the order."""
        return builders.letter(self.order)

    def request(self) -> HostingRequest:
        """Begin a hosting request."""
        return hosting_requests.start(
            subscriber=self.subscriber,
            email=self.person.email,
            name=self.person.name,
            actor=self.person,
        )

    def ids(self) -> dict[str, int]:
        """Give what can stand in an address, by its name in the routes."""
        return {
            "<subscriber_id>": self.subscriber.pk,
            "<order_id>": self.order.pk,
            "<request_id>": self.request().pk,
            "<loa_id>": self.letter().pk,
        }


@pytest.fixture
def ada(sign_in: Callable[[User], Client]) -> Customer:
    """A customer."""
    return Customer(sign_in, "Ada")


@pytest.fixture
def bob(sign_in: Callable[[User], Client]) -> Customer:
    """Another customer."""
    return Customer(sign_in, "Bob")


MY_ROUTES = [route for route in TABLE if route.startswith("/my/") and "<" in route]


def filled(route: str, ids: dict[str, int]) -> str:
    """Put ids into a route."""
    for name, value in ids.items():
        route = route.replace(name, str(value))
    return route


def test_the_home_leads_to_the_only_subscriber_and_lists_several(ada: Customer) -> None:
    assert ada.client.get("/my/").headers["Location"] == f"/my/subscribers/{ada.subscriber.pk}/"
    second = builders.subscriber(name="Second shop")
    contacts.add_contact(subscriber=second, email=ada.person.email, name="", actor=None)
    page = ada.client.get("/my/").content.decode()
    assert [name in page for name in ("Ada&#x27;s business", "Second shop")] == [True, True]


def test_somebody_without_a_subscriber_is_told_what_to_do(
    sign_in: Callable[[User], Client],
) -> None:
    page = sign_in(builders.person(Role.CUSTOMER)).get("/my/").content.decode()
    assert "Nothing is here yet" in page


def test_a_subscribers_page_says_where_each_order_is(ada: Customer) -> None:
    words = {
        "draft": "checking",
        "unknown": "with the carrier",
        "exception": "with the carrier",
        "complete": "done",
        "partial": "some numbers could not be taken",
        "failed": "the numbers could not be taken",
        "cancelled": "stopped",
    }
    for status in words:
        order = builders.draft(subscriber=ada.subscriber)
        ImportOrder.objects.filter(pk=order.pk).update(status=status)
    ada.letter()
    response = ada.client.get(f"/my/subscribers/{ada.subscriber.pk}/")
    shown = {order.status: str(word) for order, word in response.context["orders"]}
    assert shown == {"checked": "checking", **words}


def test_an_order_that_is_being_put_together_waits_for_the_letter_once_support_asks(
    ada: Customer,
) -> None:
    ImportOrder.objects.update(status="draft")
    subscribers_page = f"/my/subscribers/{ada.subscriber.pk}/"
    orders_page = f"/my/orders/{ada.order.pk}/"
    seen = []
    for _ in range(2):
        ((_, word),) = ada.client.get(subscribers_page).context["orders"]
        status = ada.client.get(orders_page).context["status"]
        seen.append((word, status.headline, status.needs_letter))
        invitations.invite(
            purpose=InvitationPurpose.LOA, email="a@example.com", order=ada.order, actor=None
        )
    assert seen == [
        ("checking", "We are preparing your Letter of Authorization.", False),
        ("we need you", "We need your signed Letter of Authorization.", True),
    ]


@pytest.mark.parametrize("orders", [1, 4])
def test_a_longer_list_takes_no_more_queries(ada: Customer, orders: int) -> None:
    for _ in range(orders - 1):
        builders.draft(*builders.fresh_numbers(3), subscriber=ada.subscriber)
    ada.letter()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ada.client.get(f"/my/subscribers/{ada.subscriber.pk}/")
    assert len(queries) == 8


@pytest.mark.parametrize("route", MY_ROUTES)
def test_anothers_thing_is_answered_exactly_like_a_missing_one(
    ada: Customer, bob: Customer, route: str
) -> None:
    """P06: every address below the home, its side views too, reading and sending."""
    own, foreign = ada.ids(), bob.ids()
    missing = dict.fromkeys(own, 999_999_999)
    huge = dict.fromkeys(own, 10**30)
    before = (Invitation.objects.count(), LoaOpening.objects.count())
    for method in ("get", "post"):
        send: Any = getattr(ada.client, method)
        answers = [send(filled(route, ids)) for ids in (foreign, missing, huge)]
        expected = 405 if TABLE[route][1].split("/")[method == "post"] == "405" else 404
        assert [answer.status_code for answer in answers] == [expected] * 3
        assert len({without_token(answer) for answer in answers}) == 1
    assert (Invitation.objects.count(), LoaOpening.objects.count()) == before
    works = [getattr(ada.client, m)(filled(route, own)).status_code for m in ("get", "post")]
    assert sorted(works)[0] in (200, 302)


def test_ids_in_the_body_open_nothing(ada: Customer, bob: Customer) -> None:
    """P04: foreign ids sent along with one's own forms are not looked at."""
    body = {
        "order": bob.order.pk,
        "order_id": bob.order.pk,
        "subscriber": bob.subscriber.pk,
        "subscriber_id": bob.subscriber.pk,
        "person": bob.person.pk,
    }
    ada.client.post(f"/my/orders/{ada.order.pk}/letter/", body)
    ada.client.post(f"/my/orders/{ada.order.pk}/status/", body)
    ada.client.post(f"/my/subscribers/{ada.subscriber.pk}/ask/", body)
    made = Invitation.objects.order_by("pk")
    assert [
        (one.purpose, one.order, one.request and one.request.subscriber, one.created_by, one.email)
        for one in made
    ] == [
        ("loa", ada.order, None, ada.person, ada.person.email),
        ("status", ada.order, None, ada.person, ada.person.email),
        ("host", None, ada.subscriber, ada.person, ada.person.email),
    ]


def test_an_own_invitation_opens_for_who_made_it_and_for_nobody_else(
    ada: Customer, bob: Customer
) -> None:
    """P06: the pages behind the home, asked for by another customer and by a stranger."""
    page = ada.client.post(f"/my/orders/{ada.order.pk}/status/").headers["Location"]
    others = [browser.get(page) for browser in (bob.client, Client())]
    missing = [browser.get("/invitation/99999/status/") for browser in (bob.client, Client())]
    assert ada.client.get(page).status_code == 200
    assert [answer.status_code for answer in others] == [404, 404]
    assert [answer.content for answer in others] == [answer.content for answer in missing]
    # Also not with the contact's rights to something else.
    contacts.add_contact(subscriber=ada.subscriber, email=bob.person.email, name="", actor=None)
    assert bob.client.get(page).status_code == 404


def test_the_same_button_twice_makes_one_invitation_and_one_request(ada: Customer) -> None:
    paths = [
        f"/my/orders/{ada.order.pk}/letter/",
        f"/my/subscribers/{ada.subscriber.pk}/ask/",
    ]
    for path in paths:
        first, second = (ada.client.post(path).headers["Location"] for _ in range(2))
        assert first == second
    assert (Invitation.objects.count(), HostingRequest.objects.count()) == (2, 1)


def test_an_order_that_waits_for_no_letter_asks_for_none(ada: Customer) -> None:
    address = f"/my/orders/{ada.order.pk}/"
    assert "Sign or upload the letter" in ada.client.get(address).content.decode()
    ada.letter()
    assert "Sign or upload the letter" not in ada.client.get(address).content.decode()
    assert ada.client.post(f"{address}letter/").headers["Location"] == address
    assert not Invitation.objects.exists()


def test_a_request_leads_to_what_it_needs_now(ada: Customer) -> None:
    request = ada.request()
    reached = []
    for state in ("filling", "returned", "submitted"):
        HostingRequest.objects.filter(pk=request.pk).update(state=state)
        ada.client.post(f"/my/requests/{request.pk}/")
        reached.append(Invitation.objects.latest("pk").purpose)
    assert reached == [InvitationPurpose.HOST, InvitationPurpose.CORRECT, InvitationPurpose.STATUS]


def test_an_own_letter_is_a_sandboxed_attachment_and_its_opening_is_recorded(
    ada: Customer,
) -> None:
    kept = ada.letter()
    response = ada.client.get(f"/my/documents/{kept.pk}/")
    assert response.content == loa.read_content(kept)
    assert [
        response.headers[name] for name in ("Content-Disposition", "X-Content-Type-Options")
    ] == [
        f'attachment; filename="loa-{ada.subscriber.pk}-v1.pdf"',
        "nosniff",
    ]
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert list(LoaOpening.objects.values_list("loa", "person")) == [(kept.pk, ada.person.pk)]


def test_a_walk_over_ids_shows_own_things_only_and_is_noticed(
    ada: Customer, bob: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    """P12: one line for every twenty misses, with nothing about the person but a number."""
    bob.letter()
    with caplog.at_level(logging.WARNING, "numbering.views.misses"):
        found = [
            number
            for number in range(1, 44)
            if ada.client.get(f"/my/orders/{ada.order.pk + number - 3}/").status_code == 200
        ]
    assert found == [3]
    assert [record.getMessage() for record in caplog.records if "misses" in record.name] == [
        f"person {ada.person.pk} asked {count} times for what is not theirs or not there"
        for count in (20, 40)
    ]


def test_a_stranger_who_walks_is_noticed_as_well(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    """P12: without an account, over the pages of invitations."""
    with caplog.at_level(logging.WARNING, "numbering.views.misses"):
        for number in range(20):
            Client().get(f"/invitation/{number}/status/", REMOTE_ADDR="203.0.113.9")
    assert [record.getMessage()[:34] for record in caplog.records if "misses" in record.name] == [
        "client 203.0.113.9 asked 20 times "
    ]
