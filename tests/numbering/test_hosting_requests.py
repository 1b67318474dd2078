"""Hosting requests on the customer's side: begun, filled in, handed in, corrected, withdrawn."""

from __future__ import annotations

import pytest

from accounts.models import User
from numbering.domain import hosting_requests, invitations, request_numbers, request_review
from numbering.domain.hosting_requests import NotOpen
from numbering.domain.import_orders import CannotDo
from numbering.domain.invitations import AlreadyUsed
from numbering.enums import (
    REQUEST_MOVES,
    HostingRequestState,
    InvitationPurpose,
    OrderNumberStatus,
    RequestPart,
)
from numbering.models import HostingRequest, Invitation
from numbering.number_list import read_text
from tests import builders
from tests.numbering import asking
from tests.numbering.customers import subjects_to
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db


def link(
    request: HostingRequest, purpose: InvitationPurpose = InvitationPurpose.HOST
) -> Invitation:
    """Make a link to fill the request in, or to correct it."""
    invitation, _ = invitations.new_link(purpose=purpose, email=asking.EMAIL, request=request)
    return invitation


def sent_back(part: RequestPart, by: User) -> HostingRequest:
    """Hand a request in and have one part of it sent back."""
    request = asking.handed_in()
    request_review.send_back(request, part=part, remark="Look at the bill.", actor=by)
    return asking.read(request)


# --- Beginning ------------------------------------------------------------------------------


def test_a_request_that_is_not_handed_in_is_gone_on_with() -> None:
    first, second = asking.begun(), asking.begun()
    assert (first.pk, HostingRequest.objects.count()) == (second.pk, 1)
    done = asking.handed_in()
    assert asking.begun().pk != done.pk


def test_a_known_subscriber_need_not_be_typed_again(support: User) -> None:
    subscriber = builders.subscriber(name="Lopez Bakery", house_suffix="B", county="Denver")
    request = hosting_requests.start(
        subscriber=subscriber, email=" Maria@Example.com ", name="Maria", actor=support
    )
    assert (request.business_name, request.service_address, request.contact_email) == (
        "Lopez Bakery",
        subscriber.service_address,
        "maria@example.com",
    )
    assert request.started_by == support


# --- Handing in -----------------------------------------------------------------------------


def test_everything_that_is_missing_is_said_at_once() -> None:
    assert [lack.part for lack in hosting_requests.lacks(asking.begun())] == list(RequestPart)
    assert hosting_requests.lacks(asking.filled()) == []


@pytest.mark.parametrize(
    ("column", "value", "part"),
    [
        ("business_name", "x" * 46, "business_name"),
        ("house_number", "12B", "address"),
        ("zip_code", "8020", "address"),
        ("state_code", "XX", "address"),
        ("authorizing_person", "", "authorizing_person"),
    ],
)
def test_a_wrong_field_is_laid_at_its_own_part(column: str, value: str, part: str) -> None:
    """F13."""
    request = asking.filled(**{column: value})
    assert [lack.part for lack in hosting_requests.lacks(request)] == [part]


def test_numbers_that_can_all_not_be_hosted_are_no_request() -> None:
    request = asking.filled()
    request.numbers.update(status=OrderNumberStatus.BLOCKED)
    assert [lack.part for lack in hosting_requests.lacks(request)] == ["numbers"]


def test_a_request_is_handed_in_once_and_its_links_are_used_up() -> None:
    """R19, F16: the second time is told, and changes and mails nothing."""
    request = asking.filled()
    invitation, other = link(request), link(request)
    hosting_requests.hand_in(invitation)
    first = asking.read(request)
    for again in (invitation, other):
        with pytest.raises(AlreadyUsed):
            hosting_requests.hand_in(again)
    assert (first.state, first.submitted_at is not None) == ("submitted", True)
    assert asking.read(request).state_changed_at == first.state_changed_at
    assert len(subjects_to(asking.EMAIL)) == 1


def test_an_unfinished_request_is_not_handed_in_and_its_link_goes_on() -> None:
    request = asking.begun()
    invitation = link(request)
    with pytest.raises(CannotDo, match="phone number"):
        hosting_requests.hand_in(invitation)
    invitation.refresh_from_db()
    assert (asking.read(request).state, invitation.used_at) == ("filling", None)
    assert subjects_to(asking.EMAIL) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_form_sent_by_two_hands_at_once_is_one_request() -> None:
    """F16."""
    invitation = link(asking.filled())

    def hand_in(_index: int) -> bool:
        try:
            hosting_requests.hand_in(Invitation.objects.get(pk=invitation.pk))
        except CannotDo:
            return False
        return True

    assert sorted(at_once(4, hand_in)) == [False, False, False, True]
    assert len(subjects_to(asking.EMAIL)) == 1


# --- What can be changed, and when ----------------------------------------------------------


def test_nothing_can_be_changed_once_it_is_handed_in() -> None:
    request = asking.handed_in()
    before = HostingRequest.objects.values().get(pk=request.pk)
    with pytest.raises(NotOpen):
        hosting_requests.save_progress(request, {"business_name": "Other"})
    with pytest.raises(NotOpen):
        request_numbers.take_numbers(request, read_text("303-228-1000"))
    with pytest.raises(NotOpen):
        request_numbers.take_out(request, request.numbers.values_list("pk", flat=True))
    assert HostingRequest.objects.values().get(pk=request.pk) == before
    assert request.numbers.count() == 1


def test_what_is_no_column_of_the_form_is_never_written() -> None:
    """R19: also when a page passed it on by mistake."""
    request = asking.begun()
    for column in ("state", "order_id", "subscriber_id", "contact_email", "reviewed_by_id"):
        with pytest.raises(NotOpen):
            hosting_requests.save_progress(request, {column: "1", "city": "Denver"})
    assert asking.read(request).city == ""


@pytest.mark.parametrize("part", list(RequestPart))
def test_only_what_was_sent_back_can_be_changed(part: RequestPart, support: User) -> None:
    request = sent_back(part, support)
    can = set()
    for other, columns in hosting_requests.PART_COLUMNS.items():
        try:
            if other is RequestPart.NUMBERS:
                request_numbers.take_numbers(request, read_text("303-228-1000"))
            else:
                hosting_requests.save_progress(request, {columns[0]: "7"}, part=other)
        except NotOpen:
            continue
        can.add(other)
    assert can == {part}
    with pytest.raises(NotOpen):
        hosting_requests.save_progress(request, {"contact_name": "Eve"}, part=part)


def test_a_correction_is_written_and_handed_in_together(support: User) -> None:
    request = sent_back(RequestPart.ADDRESS, support)
    invitation = Invitation.objects.get(request=request, purpose=InvitationPurpose.CORRECT)
    with pytest.raises(CannotDo):
        hosting_requests.correct(invitation, {"city": "Boulder", "zip_code": ""})
    assert (asking.read(request).city, asking.read(request).state) == ("Denver", "returned")
    hosting_requests.correct(invitation, {"city": "Boulder"})
    assert (asking.read(request).city, asking.read(request).state) == ("Boulder", "submitted")
    with pytest.raises(CannotDo):
        hosting_requests.correct(invitation, {"city": "Aspen"})
    assert asking.read(request).city == "Boulder"


def test_a_request_is_withdrawn_once_and_for_good() -> None:
    request = asking.filled()
    invitation = link(request)
    hosting_requests.withdraw(invitation)
    with pytest.raises(AlreadyUsed):
        hosting_requests.hand_in(invitation)
    assert asking.read(request).state == "withdrawn"


def test_a_request_moves_as_the_table_says_and_no_other_way() -> None:
    request = asking.begun()
    found: dict[str, set[str]] = {}
    for here in HostingRequestState:
        for there in HostingRequestState:
            HostingRequest.objects.filter(pk=request.pk).update(state=here)
            try:
                hosting_requests.move(request, there)
            except NotOpen:
                assert asking.read(request).state == here
            else:
                found.setdefault(here, set()).add(there)
    assert found == {state: set(after) for state, after in REQUEST_MOVES.items() if after}
