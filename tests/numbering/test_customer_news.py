"""Mails to customers at each change that matters, once each, and none for the rest."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.domain import (
    customer_news,
    hosting_requests,
    import_orders,
    invitations,
    results,
    submission,
    webhooks,
)
from numbering.enums import InvitationPurpose, LearnedBy
from numbering.models import ImportOrder, Invitation, Mail, SubscriberContact
from tests import builders
from tests.numbering import customers, notices, steps

pytestmark = pytest.mark.django_db

MARIA = "maria@example.com"


def news(email: str = MARIA) -> list[str]:
    """Give the subjects of somebody's mails, without the name of the subscriber in them."""
    return [re.sub(r" (for|of) Subscriber \d+", "", said) for said in customers.subjects_to(email)]


def test_an_order_that_is_taken_and_done_is_two_mails(at_carrier: Sandbox) -> None:
    order = builders.draft(steps.card("8003"))
    customers.invited(order)
    import_orders.check(order, actor=None)
    steps.submitted_and_sent(order)
    assert order.status in ("received", "processing")
    assert news() == ["Please sign: text messages", "With the carrier: text messages"]
    results.refresh(order, learned_by=LearnedBy.SWEEP)
    assert len(news()) == 2


def test_an_order_that_is_done_is_told_once_however_often_it_is_read(
    at_carrier: Sandbox,
) -> None:
    order = builders.draft(*builders.fresh_numbers(2))
    customers.invited(order)
    import_orders.check(order, actor=None)
    steps.submitted_and_sent(order)
    steps.work(rounds=2)
    order.refresh_from_db()
    assert order.status == "complete"
    told = [
        "Please sign: text messages",
        "With the carrier: text messages",
        "Done: text messages are on",
    ]
    assert news() == told
    for _ in range(2):
        results.refresh(order, learned_by=LearnedBy.SWEEP)
    assert news() == told
    done = dict(customers.mails_to())[f"Done: text messages are on for {order.subscriber}"]
    assert "switched on for 2 numbers of" in done


def test_an_order_that_is_done_when_it_is_found_is_one_mail(
    at_carrier: Sandbox, no_waits: None
) -> None:
    order = steps.checked(*builders.fresh_numbers())
    customers.invited(order)
    at_carrier.fault("created_500", method="POST", path_contains="importTnOrders")
    submission.submit(order, actor=None)
    steps.work(rounds=3)
    order.refresh_from_db()
    assert order.status == "complete"
    assert news() == ["Please sign: text messages", "Done: text messages are on"]


def test_a_partly_done_order_names_the_numbers_and_says_what_to_do(at_carrier: Sandbox) -> None:
    bad = steps.card("7518")
    order = steps.checked(bad, *builders.fresh_numbers())
    customers.invited(order)
    steps.submitted_and_sent(order)
    steps.work(rounds=2)
    order.refresh_from_db()
    assert order.status == "partial"
    text = customers.mails_to()[-1][1]
    assert re.sub(r"\s", "", bad[2:5]) in text
    assert "This number does not seem to be in service for calls." in text
    assert "What to do: Check the digits." in text
    assert "7518" not in text.replace(bad[-4:], "")


def test_what_happens_only_inside_the_house_is_no_news(carrier_away: None) -> None:
    order = builders.draft()
    customers.invited(order)
    before = len(news())
    import_orders.cancel(order, actor=None)
    assert len(news()) == before


def test_contacts_and_whoever_was_invited_hear_of_it_once_each() -> None:
    order = builders.draft()
    person = builders.person(Role.CUSTOMER, email="Maria@example.com", name="Maria L.")
    other = builders.person(Role.CUSTOMER, email="owner@example.com", name="The Owner")
    for contact in (person, other):
        SubscriberContact.objects.create(subscriber=order.subscriber, person=contact)
    customers.invited(order)
    customers.invited(order, "tom@example.com")
    assert sorted(customer_news.recipients_of(order)) == [
        MARIA,
        "owner@example.com",
        "tom@example.com",
    ]


def test_who_asked_for_the_numbers_hears_of_the_order_that_came_of_it_and_of_its_retry() -> None:
    order = builders.draft()
    request = hosting_requests.start(
        subscriber=order.subscriber, email="ann@example.com", name="Ann", actor=None
    )
    invitations.invite(
        purpose=InvitationPurpose.HOST, email="ann@example.com", request=request, actor=None
    )
    request.order = order
    request.save()
    child = builders.draft(subscriber=order.subscriber)
    child.parent = order
    child.save()
    assert list(customer_news.recipients_of(order)) == ["ann@example.com"]
    assert list(customer_news.recipients_of(child)) == ["ann@example.com"]


def test_somebody_invited_by_mistake_hears_nothing_more_and_their_links_end(
    support: User,
) -> None:
    order = builders.draft()
    wrong = customers.invited(order, "wrong@example.com", actor=support)
    customer_news.with_carrier(order)
    link = re.findall(r"/link/(\S+)/", customers.mails_to("wrong@example.com")[-1][1])[0]
    assert Client().get(f"/link/{link}/").status_code == 200
    invitations.withdraw(wrong, actor=support)
    assert customer_news.recipients_of(order) == {}
    assert Client().get(f"/link/{link}/").status_code == 404


def test_a_contact_who_was_removed_or_is_inactive_hears_nothing() -> None:
    order = builders.draft()
    person = builders.person(Role.CUSTOMER, email="owner@example.com")
    contact = SubscriberContact.objects.create(subscriber=order.subscriber, person=person)
    # A link that the contact made for themselves at /my/.
    invitations.new_link(
        purpose=InvitationPurpose.LOA, email=person.email, order=order, actor=person
    )
    assert list(customer_news.recipients_of(order)) == ["owner@example.com"]
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert customer_news.recipients_of(order) == {}
    User.objects.filter(pk=person.pk).update(is_active=True)
    contact.delete()
    assert customer_news.recipients_of(order) == {}


def test_each_mail_leads_to_a_status_page_of_its_own_and_staff_do_not_see_the_key() -> None:
    order = builders.draft()
    customers.invited(order)
    customers.invited(order, "tom@example.com")
    customer_news.with_carrier(order)
    links = [
        re.findall(r"http://\S+/link/\S+/", customers.mails_to(email)[-1][1])
        for email in (MARIA, "tom@example.com")
    ]
    assert [len(found) for found in links] == [1, 1]
    assert links[0] != links[1]
    browser = Client()
    answer = browser.post(links[0][0].removeprefix("http://localhost:8000"), follow=True)
    assert answer.request["PATH_INFO"].endswith("/status/")
    assert answer.status_code == 200
    mail = Mail.objects.filter(recipient=MARIA).latest("pk")
    assert (mail.order, links[0][0] in mail.text) == (order, False)


def test_lost_numbers_are_one_mail_however_many_notices_tell_of_them() -> None:
    numbers = builders.fresh_numbers(3)
    order = customers.hosted(*numbers)
    customers.invited(order)
    for number in numbers[:2]:
        notices.stored(notices.lost_notice(number))
    webhooks.apply_waiting()
    lost = [text for subject, text in customers.mails_to() if "another company" in subject]
    assert len(lost) == 1
    assert [number[-4:] in lost[0] for number in numbers] == [True, True, False]


def test_news_of_an_order_costs_as_many_queries_for_one_number_as_for_thirty() -> None:
    counts = []
    for size in (1, 30):
        order = builders.draft(*builders.fresh_numbers(size))
        order.numbers.update(status="failed", operation="import", code="7518")
        ImportOrder.objects.filter(pk=order.pk).update(status="failed")
        order.refresh_from_db()
        customers.invited(order)
        with CaptureQueriesContext(connection) as queries:
            customer_news.settled(order)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_request_that_was_handed_in_is_confirmed() -> None:
    request = hosting_requests.start(
        subscriber=None, email="ann@example.com", name="Ann", actor=None
    )
    invitations.invite(
        purpose=InvitationPurpose.HOST, email="ann@example.com", request=request, actor=None
    )
    customer_news.request_received(request)
    assert customers.subjects_to("ann@example.com")[1:] == [
        "We have your request: text messages for your numbers"
    ]
    assert Invitation.objects.filter(request=request, purpose="status").count() == 1


def test_a_letter_that_was_uploaded_is_confirmed() -> None:
    order = builders.draft()
    customers.invited(order)
    customer_news.letter_received(order)
    assert news()[-1] == "We have the letter"
