"""What support does about a customer's links, and what the order's page shows of the customer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain.next_step import next_step
from numbering.models import ImportOrder, Invitation, LoaSigner
from tests import builders
from tests.numbering import customers, desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_desk(sign_in: Callable[[User], Client], support: User) -> Client:
    """A browser in which support is signed in."""
    return sign_in(support)


def invite(browser: Client, order: ImportOrder, email: str = "maria@example.com") -> HttpResponse:
    """Fill in the form to invite Maria."""
    return browser.post(
        f"/admin/numbers/importorder/{order.pk}/do/invite/", {"name": "Maria", "email": email}
    )


def test_the_form_starts_with_the_signer_whom_the_order_names(at_desk: Client) -> None:
    order = builders.draft(loa_authorizing_person="Tom Becker")
    for name, email, is_approved in (
        ("Ann Abel", "ann@example.com", True),
        ("Tom Becker", "tom@example.com", True),
        ("Zoe Zahl", "zoe@example.com", False),
    ):
        LoaSigner.objects.create(
            subscriber=order.subscriber, name=name, email=email, is_approved=is_approved
        )
    text = at_desk.get(f"/admin/numbers/importorder/{order.pk}/do/invite/").content.decode()
    assert 'value="Tom Becker"' in text
    assert 'value="tom@example.com"' in text
    assert "ann@example.com" in text
    assert "zoe@example.com" not in text


def test_an_invitation_is_mailed_and_the_page_shows_what_came_of_it(
    at_desk: Client, support: User
) -> None:
    order = builders.draft()
    answer = invite(at_desk, order, "Maria@Example.com")
    assert desk.said(answer) == ["A link to sign is on its way to maria@example.com."]
    invitation = Invitation.objects.get()
    assert (invitation.purpose, invitation.created_by) == ("loa", support)
    assert customers.subjects_to() == [f"Please sign: text messages for {order.subscriber}"]
    text = desk.text_of(at_desk, order)
    assert "Not opened yet" in text
    assert f"Please sign: text messages for {order.subscriber}" in text
    Invitation.objects.update(opened_at=invitation.created_at)
    assert "Opened, not used yet" in desk.text_of(at_desk, order)


def test_a_link_can_be_sent_again_and_ended(at_desk: Client) -> None:
    order = builders.draft()
    invitation = customers.invited(order)
    desk.do(at_desk, order, "resend_invitation", invitation=invitation.pk)
    invitation.refresh_from_db()
    assert (invitation.sent_count, len(customers.subjects_to())) == (2, 2)
    ended = desk.do(at_desk, order, "withdraw_invitation", invitation=invitation.pk)
    assert desk.said(ended)[-1] == "The link of maria@example.com opens nothing more."
    again = desk.do(at_desk, order, "resend_invitation", invitation=invitation.pk)
    assert desk.said(again)[-1] == "This link was used or withdrawn. Send a new invitation."
    assert "Resend" not in desk.text_of(at_desk, order)


@pytest.mark.parametrize("given", ["", "x", "999999", "9" * 40, "another order's"])
def test_a_link_of_another_order_is_not_touched(at_desk: Client, given: str) -> None:
    """R19"""
    order, other = builders.draft(), builders.draft()
    theirs = customers.invited(other)
    value = str(theirs.pk) if given == "another order's" else given
    answer = desk.do(at_desk, order, "withdraw_invitation", invitation=value)
    assert desk.said(answer) == ["Choose the link in the list on the order's page."]
    assert Invitation.objects.open().filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("status", ["submitting", "complete", "cancelled"])
def test_nobody_is_asked_to_sign_what_is_no_draft_any_more(at_desk: Client, status: str) -> None:
    order = builders.draft()
    ImportOrder.objects.filter(pk=order.pk).update(status=status)
    invite(at_desk, order)
    assert not Invitation.objects.exists()
    assert "Invite to sign" not in desk.text_of(at_desk, order)


def test_an_order_without_numbers_has_nothing_to_sign(at_desk: Client) -> None:
    order = builders.draft()
    order.numbers.all().delete()
    answer = invite(at_desk, order)
    assert desk.said(answer)[0].startswith("Add telephone numbers first")


@pytest.mark.parametrize("action", ["invite", "resend_invitation", "withdraw_invitation"])
def test_finance_sends_no_links_and_sees_none(
    sign_in: Callable[[User], Client], action: str
) -> None:
    order = builders.draft()
    customers.invited(order)
    browser = sign_in(builders.person(Role.FINANCE))
    assert desk.do(browser, order, action).status_code == 403
    assert "maria@example.com" not in desk.text_of(browser, order)


def test_the_next_step_waits_for_the_signature_and_says_since_when() -> None:
    order = builders.draft()
    order.numbers.update(status="importable")
    ImportOrder.objects.filter(pk=order.pk).update(status="checked", checked_at=timezone.now())
    order.refresh_from_db()
    assert next_step(order).actions[0] == "invite"
    invitation = customers.invited(order)
    step = next_step(order)
    assert (step.who, step.tone) == ("Customer", "wait")
    since = f"{invitation.created_at:%B} {invitation.created_at.day}"
    assert f"Waiting for the customer's signature since {since}" in step.sentence
    customers.letter_for(order)
    assert next_step(order).who == "Support"
