"""Reminders of letters that nobody has signed: two, and none once there is nothing to remind of."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from numbering.domain import import_orders, invitations
from numbering.domain.reminders import due_invitations, remind
from numbering.models import Heartbeat, ImportOrder, Invitation
from numbering.worker import run_once
from tests import builders
from tests.numbering import customers
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db


def days_pass(days: float) -> None:
    """Let every link and reminder be so many days older, and the worker do its rounds."""
    gone = timedelta(days=days)
    Invitation.objects.update(
        created_at=F("created_at") - gone,
        expires_at=F("expires_at") - gone,
        reminded_at=F("reminded_at") - gone,
    )
    Heartbeat.objects.filter(name="remind").delete()
    run_once()


def reminders() -> int:
    """Count the reminders in Maria's mails."""
    return sum("Still to be signed" in subject for subject in customers.subjects_to())


def test_one_reminder_after_three_days_one_after_seven_and_no_more(carrier_away: None) -> None:
    customers.invited(builders.draft())
    counts = []
    for _ in range(13):
        days_pass(1)
        counts.append(reminders())
    assert counts == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]


def test_a_worker_that_was_away_for_a_week_reminds_once(carrier_away: None) -> None:
    customers.invited(builders.draft())
    days_pass(8)
    days_pass(1)
    assert reminders() == 1


def test_a_link_that_was_sent_again_is_reminded_of_from_then(carrier_away: None) -> None:
    order = builders.draft()
    invitation = customers.invited(order)
    days_pass(2)
    invitations.resend(invitation, actor=None)
    days_pass(2)
    assert reminders() == 0
    days_pass(1)
    assert reminders() == 1


def test_the_reminder_holds_a_new_key_and_the_link_ends_when_it_was_to_end(
    carrier_away: None,
) -> None:
    invitation = customers.invited(builders.draft())
    first = re.findall(r"/link/\S+/", customers.mails_to()[0][1])[0]
    days_pass(3)
    ends = Invitation.objects.get().expires_at
    second = re.findall(r"/link/\S+/", customers.mails_to()[-1][1])[0]
    assert [Client().get(path).status_code for path in (first, second)] == [404, 200]
    assert ends == invitation.expires_at - timedelta(days=3)
    assert f"works until {ends:%B} {ends.day}, {ends.year}" in customers.mails_to()[-1][1]


@pytest.mark.parametrize(
    "what", ["signed", "uploaded", "withdrawn", "cancelled", "submitted", "run out"]
)
def test_nobody_is_reminded_of_what_is_over(carrier_away: None, what: str) -> None:
    order = builders.draft()
    invitation = customers.invited(order)
    match what:
        case "signed":
            invitations.use_up(invitation)
        case "uploaded":
            customers.letter_for(order)
        case "withdrawn":
            invitations.withdraw(invitation, actor=None)
        case "cancelled":
            import_orders.cancel(order, actor=None)
        case "submitted":
            ImportOrder.objects.update(status="submitting")
        case _:
            Invitation.objects.update(expires_at=F("created_at"))
    days_pass(4)
    assert reminders() == 0


def test_a_link_that_only_shows_the_status_is_not_reminded_of(carrier_away: None) -> None:
    customers.let_in(builders.draft())
    days_pass(4)
    assert customers.subjects_to() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_workers_at_one_instant_send_one_reminder() -> None:
    invitation = customers.invited(builders.draft())
    Invitation.objects.update(expires_at=F("expires_at") - timedelta(days=3))
    assert due_invitations().exists()
    assert sorted(at_once(4, lambda _: remind(invitation.pk))) == [False, False, False, True]
    assert reminders() == 1
