"""Hosting requests on support's side: sent back, declined, accepted into an order."""

from __future__ import annotations

import pytest
from django.db.models import Q

from accounts.models import User
from numbering.domain import request_review
from numbering.domain.import_orders import CannotDo
from numbering.enums import OrderNumberStatus, RequestPart
from numbering.models import (
    HostingRequest,
    ImportOrder,
    Invitation,
    Subscriber,
    SubscriberContact,
)
from tests import builders
from tests.numbering import asking
from tests.numbering.customers import mails_to
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db


def accept(
    request: HostingRequest, by: User, subscriber: Subscriber | None = None, **fields: bool
) -> ImportOrder:
    """Accept the request."""
    return request_review.accept(
        request,
        subscriber=subscriber,
        sip_peer=builders.sip_peer(),
        loa_type="SUBSCRIBER",
        is_contact=fields.get("is_contact", False),
        actor=by,
    )


def open_links(request: HostingRequest) -> list[str]:
    """Give what the open links about the request or its order are for, without those for news."""
    about = Q(request=request) | Q(order__hosting_request=request)
    links = Invitation.objects.open().filter(about).exclude(purpose="status").order_by("pk")
    return list(links.values_list("purpose", flat=True))


def test_what_is_sent_back_is_mailed_with_the_remark_and_a_link(support: User) -> None:
    request = asking.handed_in()
    request_review.send_back(
        request, part=RequestPart.ADDRESS, remark="The bill says 16.", actor=support
    )
    saved = asking.read(request)
    assert (saved.state, saved.returned_field, saved.reviewed_by) == (
        "returned",
        "address",
        support,
    )
    subject, text = mails_to(asking.EMAIL)[-1]
    assert "correct" in subject
    assert ("The bill says 16." in text, "/link/" in text) == (True, True)
    assert open_links(request) == ["correct"]


def test_a_declined_request_is_mailed_with_the_reason_and_over(support: User) -> None:
    request = asking.handed_in()
    request_review.decline(request, remark="Fax lines only.", actor=support)
    assert (asking.read(request).state, open_links(request)) == ("declined", [])
    assert "Fax lines only." in mails_to(asking.EMAIL)[-1][1]
    with pytest.raises(CannotDo):
        accept(request, support)


def test_an_accepted_request_is_a_draft_with_an_invitation_to_sign(support: User) -> None:
    request = asking.handed_in("(303) 228-1000", "303-228-1001")
    order = accept(request, support)
    saved = asking.read(request)
    assert (saved.state, saved.order, saved.subscriber) == ("accepted", order, order.subscriber)
    assert (saved.reviewed_by, order.created_by) == (support, support)
    assert (order.status, order.loa_authorizing_person) == ("draft", "Maria Lopez")
    assert (str(order.subscriber), order.subscriber.service_address) == (
        "Lopez Bakery",
        request.service_address,
    )
    assert list(order.numbers.values_list("e164", "raw")) == [
        ("+13032281000", "(303) 228-1000"),
        ("+13032281001", "303-228-1001"),
    ]
    assert open_links(request) == ["loa"]
    assert mails_to(asking.EMAIL)[-1][0] == "Please sign: text messages for Lopez Bakery"


def test_a_known_subscriber_takes_over_the_name_and_address_and_the_order_says_so(
    support: User,
) -> None:
    subscriber = builders.subscriber(name="Lopez Bakery Inc", house_number="9", county="Denver")
    request = asking.handed_in()
    assert [one.what for one in request_review.differences(request, subscriber)] == [
        "Name",
        "Service address",
    ]
    order = accept(request, support, subscriber)
    subscriber.refresh_from_db()
    assert (order.subscriber, Subscriber.objects.count()) == (subscriber, 1)
    assert (subscriber.name, subscriber.house_number, subscriber.county) == (
        "Lopez Bakery",
        "14",
        "Denver",
    )
    assert any(
        "Name: Lopez Bakery Inc → Lopez Bakery." in event.reason for event in order.events.all()
    )


def test_numbers_that_cannot_go_into_an_order_are_left_out_and_counted(support: User) -> None:
    fine, blocked, held = builders.fresh_numbers(3)
    builders.draft(held)
    request = asking.handed_in(fine, blocked, held)
    request.numbers.filter(e164=blocked).update(status=OrderNumberStatus.BLOCKED)
    order = accept(request, support)
    assert list(order.numbers.values_list("e164", flat=True)) == [fine]
    assert any("2 numbers left out." in event.reason for event in order.events.all())


def test_a_request_without_a_number_for_an_order_stays_as_it_was(support: User) -> None:
    [held] = builders.fresh_numbers()
    builders.draft(held)
    request = asking.handed_in(held)
    before = (Subscriber.objects.count(), ImportOrder.objects.count())
    with pytest.raises(CannotDo, match="still open"):
        accept(request, support)
    assert asking.read(request).state == "submitted"
    assert (Subscriber.objects.count(), ImportOrder.objects.count()) == before


def test_a_person_becomes_a_contact_when_support_says_so(support: User) -> None:
    accept(asking.handed_in(), support)
    assert not SubscriberContact.objects.exists()
    order = accept(asking.handed_in(), support, is_contact=True)
    [contact] = SubscriberContact.objects.all()
    assert (contact.subscriber, contact.person.email) == (order.subscriber, asking.EMAIL)


def test_a_request_is_accepted_once(support: User) -> None:
    """R19, F16."""
    request = asking.handed_in()
    accept(request, support)
    with pytest.raises(CannotDo, match="accepted"):
        accept(request, support)
    assert (ImportOrder.objects.count(), Subscriber.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_of_support_who_accept_at_once_make_one_order() -> None:
    """F16."""
    support, request, peer = builders.person(), asking.handed_in(), builders.sip_peer()

    def accept_it(_index: int) -> bool:
        try:
            request_review.accept(
                request,
                subscriber=None,
                sip_peer=peer,
                loa_type="SUBSCRIBER",
                is_contact=False,
                actor=support,
            )
        except CannotDo:
            return False
        return True

    assert sorted(at_once(4, accept_it)) == [False, False, False, True]
    assert (ImportOrder.objects.count(), Subscriber.objects.count()) == (1, 1)


@pytest.mark.parametrize("state", ["filling", "returned", "withdrawn", "declined"])
def test_only_what_is_handed_in_can_be_accepted(state: str, support: User) -> None:
    request = asking.handed_in()
    HostingRequest.objects.filter(pk=request.pk).update(state=state)
    with pytest.raises(CannotDo):
        accept(request, support)
    assert not ImportOrder.objects.exists()


def test_subscribers_that_may_be_meant_are_suggested() -> None:
    same_name = builders.subscriber(name="LOPEZ BAKERY", zip_code="10001")
    same_place = builders.subscriber(name="Rossi", house_number="14", zip_code="80202")
    first_word = builders.subscriber(name="Lopez Cakes", zip_code="80202")
    builders.subscriber(name="Lopez Cars", zip_code="10001")
    builders.subscriber(name="Rossi", house_number="15", zip_code="80202")
    request = asking.handed_in()
    assert set(request_review.suggested_subscribers(request)) == {
        same_name,
        same_place,
        first_word,
    }


def test_a_customer_who_signed_in_has_said_which_subscriber_it_is() -> None:
    subscriber = builders.subscriber(name="Own")
    builders.subscriber(name="Lopez Bakery")
    request = asking.begun(subscriber)
    request.business_name = "Lopez Bakery"
    assert list(request_review.suggested_subscribers(request)) == [subscriber]
