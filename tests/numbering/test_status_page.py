"""The status page and the pages that take permission back, as a customer's browser meets them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from numbering.domain import hosting_requests, invitations
from numbering.enums import InvitationPurpose
from numbering.models import EvidenceEntry, ImportOrder, Invitation, Withdrawal
from tests import builders
from tests.numbering import customers
from tests.numbering.customers import page, text_of

pytestmark = pytest.mark.django_db

CHOSEN = {"which": "all", "name": "Maria Lopez", "reason": ""}


@pytest.mark.parametrize("purpose", list(InvitationPurpose))
def test_every_kind_of_link_shows_where_it_is_also_once_it_was_used(
    purpose: InvitationPurpose,
) -> None:
    about: ImportOrder | hosting_requests.HostingRequest = customers.hosted(
        *builders.fresh_numbers()
    )
    if purpose in (InvitationPurpose.HOST, InvitationPurpose.CORRECT):
        request = hosting_requests.start(
            subscriber=None, email="ann@example.com", name="Ann", actor=None
        )
        request.order = about
        request.save()
        about = request
    browser, invitation = customers.let_in(about, purpose)
    invitations.use_up(invitation)
    answer = browser.get(page(invitation))
    assert answer.status_code == 200
    text = text_of(answer.content)
    assert "Done. Text messages are on for your numbers." in text
    assert "Look again" in text
    assert answer.headers["Cache-Control"].count("no-store") == 1


def test_an_order_that_waits_for_a_signature_says_so_first() -> None:
    order = builders.draft()
    customers.invited(order, "tom@example.com")
    browser, invitation = customers.let_in(order)
    text = text_of(browser.get(page(invitation)).content)
    assert "We need your signed Letter of Authorization." in text
    assert "Letter of Authorization we need you" in text
    assert "Whose turn: You" in text


@pytest.mark.parametrize("purpose", [InvitationPurpose.LOA, InvitationPurpose.STATUS])
def test_only_a_link_to_sign_leads_from_the_status_to_signing(purpose: InvitationPurpose) -> None:
    """R22"""
    browser, invitation = customers.let_in(builders.draft(), purpose)
    sign = reverse("numbering:loa_choice", args=[invitation.pk])
    text = browser.get(page(invitation)).content.decode()
    assert (f'href="{sign}"' in text) == (purpose == InvitationPurpose.LOA)


def test_a_request_without_an_order_has_a_status_and_no_permission_to_take_back() -> None:
    request = hosting_requests.start(
        subscriber=None, email="ann@example.com", name="Ann", actor=None
    )
    browser, invitation = customers.let_in(request, InvitationPurpose.HOST)
    text = text_of(browser.get(page(invitation)).content)
    assert "Your request is not handed in yet." in text
    assert browser.get(page(invitation, "withdraw")).status_code == 404


@pytest.mark.parametrize("name", ["status", "withdraw"])
def test_somebody_elses_page_and_a_missing_one_look_the_same(name: str) -> None:
    """P01, P04: nor does a post change anything."""
    order = customers.hosted(*builders.fresh_numbers())
    _, theirs = customers.let_in(order)
    browser, _ = customers.let_in(customers.hosted(*builders.fresh_numbers()))
    there, missing = (browser.get(f"/invitation/{pk}/{name}/") for pk in (theirs.pk, 999_999))
    assert (there.status_code, missing.status_code) == (404, 404)
    assert there.content == missing.content
    posted = browser.post(page(theirs, "withdraw"), {**CHOSEN, "do": "take_back"})
    assert (posted.status_code, Withdrawal.objects.count()) == (404, 0)


def test_permission_is_taken_back_in_two_steps_and_looking_changes_nothing() -> None:
    numbers = builders.fresh_numbers(3)
    order = customers.hosted(*numbers)
    browser, invitation = customers.let_in(order)
    address = page(invitation, "withdraw")
    first = browser.get(address)
    assert b"checked" not in first.content
    looked = browser.post(address, {**CHOSEN, "do": "look"})
    text = text_of(looked.content)
    assert "Take back the permission for 3 numbers?" in text
    assert "Your calls stay as they are." in text
    assert Withdrawal.objects.count() == 0
    done = browser.post(address, {**CHOSEN, "do": "take_back"}, follow=True)
    assert "We have recorded it. A mail to maria@example.com" in text_of(done.content)
    withdrawal = Withdrawal.objects.get()
    assert (withdrawal.order, withdrawal.name, withdrawal.numbers.count()) == (
        order,
        "Maria Lopez",
        3,
    )
    entry = EvidenceEntry.objects.get()
    assert (entry.data["address"], entry.data["email"]) == ("127.0.0.1", "maria@example.com")


def test_only_the_ticked_numbers_are_taken_back() -> None:
    """R19: a number that is not on the page counts for nothing."""
    numbers = builders.fresh_numbers(3)
    order = customers.hosted(*numbers)
    browser, invitation = customers.let_in(order)
    address = page(invitation, "withdraw")
    some = {**CHOSEN, "which": "some", "do": "take_back"}
    foreign = browser.post(address, {**some, "numbers": [numbers[0], "+13032280000"]})
    assert (foreign.status_code, Withdrawal.objects.count()) == (422, 0)
    browser.post(address, {**some, "numbers": numbers[:2]})
    assert [row.e164 for row in Withdrawal.objects.get().numbers.all()] == numbers[:2]


def test_the_same_post_twice_is_one_withdrawal() -> None:
    """F16: the second tab is told."""
    order = customers.hosted(*builders.fresh_numbers())
    browser, invitation = customers.let_in(order)
    posts = [
        browser.post(page(invitation, "withdraw"), {**CHOSEN, "do": "take_back"}, follow=True)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in posts] == [200, 200]
    assert Withdrawal.objects.count() == 1
    assert "This link was used already" in text_of(posts[1].content)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"which": ""}, "Choose one of the two."),
        ({"which": "some"}, "Tick the numbers that you mean."),
        ({"name": ""}, "Type your first and last name."),
        ({"name": "Ma\x00ria"}, "Null characters are not allowed."),
        ({"reason": "x" * 501}, "at most 500 characters"),
    ],
    ids=["nothing chosen", "nothing ticked", "no name", "NUL in the name", "long reason"],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    fields: dict[str, str], error: str
) -> None:
    """R17: a text that is too long is refused, not cut."""
    browser, invitation = customers.let_in(customers.hosted(*builders.fresh_numbers()))
    sent = {**CHOSEN, "reason": "We sell the shop.", **fields, "do": "look"}
    answer = browser.post(page(invitation, "withdraw"), sent)
    assert answer.status_code == 422
    assert error in text_of(answer.content)
    if "reason" not in fields:
        assert 'value="We sell the shop."' in answer.content.decode()
    assert Withdrawal.objects.count() == 0


def test_going_back_from_the_second_step_keeps_what_was_typed() -> None:
    browser, invitation = customers.let_in(customers.hosted(*builders.fresh_numbers()))
    answer = browser.post(
        page(invitation, "withdraw"), {**CHOSEN, "name": "Maria L.", "do": "change"}
    )
    assert answer.status_code == 200
    assert 'value="Maria L."' in answer.content.decode()


def test_nobody_gets_in_without_the_key_or_by_a_link_that_was_withdrawn() -> None:
    order = customers.hosted(*builders.fresh_numbers())
    browser, invitation = customers.let_in(order)
    assert Client().get(page(invitation)).status_code == 404
    Invitation.objects.filter(pk=invitation.pk).update(withdrawn_at=invitation.created_at)
    assert browser.get(page(invitation)).status_code == 404
