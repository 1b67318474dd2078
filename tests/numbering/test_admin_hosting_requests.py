"""Hosting requests in the staff's browser: the list, a request's page, and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.enums import OrderNumberStatus
from numbering.models import HostingRequest, ImportOrder, Invitation
from tests import builders
from tests.numbering import asking, steps
from tests.numbering.customers import subjects_to
from tests.numbering.desk import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carrier_away")]

_LIST = "/admin/numbers/hostingrequest/"


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which somebody of support is signed in."""
    return sign_in(support)


def do(desk: Client, request: HostingRequest, name: str, **fields: Any) -> HttpResponse:
    """Press the button of an action."""
    return desk.post(f"{_LIST}{request.pk}/do/{name}/", fields)


def text_of(desk: Client, request: HostingRequest) -> str:
    """Read the request's page."""
    response = desk.get(f"{_LIST}{request.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def accept_form(**fields: Any) -> dict[str, Any]:
    """Fill in the form to accept."""
    return {
        "subscriber": "",
        "sip_peer": builders.sip_peer().pk,
        "loa_type": "SUBSCRIBER",
        **fields,
    }


def test_a_request_link_is_sent_once_for_one_customer(desk: Client, support: User) -> None:
    fields = {"name": "Maria Lopez", "email": "Maria@example.com"}
    for _ in range(2):
        assert desk.post(f"{_LIST}send_link/", fields).status_code == 302
    [request] = HostingRequest.objects.all()
    assert (request.contact_email, request.contact_name) == (asking.EMAIL, "Maria Lopez")
    assert (request.state, request.started_by) == ("filling", support)
    assert Invitation.objects.open().filter(request=request).count() == 1
    assert subjects_to() == ["Text messages for your phone numbers"] * 2


def test_a_request_link_needs_an_address(desk: Client) -> None:
    response = desk.post(f"{_LIST}send_link/", {"name": "Maria", "email": "maria"})
    assert response.status_code == 422
    assert not HostingRequest.objects.exists()


def test_the_list_is_filtered_by_state_and_counts_numbers(desk: Client) -> None:
    asking.begun()
    request = asking.handed_in(*builders.fresh_numbers(2))
    response = desk.get(f"{_LIST}?state=submitted")
    [row] = response.context["cl"].result_list
    assert (row, row.number_count) == (request, 2)


def test_the_page_shows_everything_and_each_numbers_verdict(desk: Client) -> None:
    request = asking.handed_in("303-228-1000", "303-228-1001")
    request.numbers.filter(e164="+13032281001").update(
        status=OrderNumberStatus.BLOCKED, code="19001"
    )
    HostingRequest.objects.filter(pk=request.pk).update(
        unread_rows=[{"line": 4, "raw": "12345", "reason": "It has 5 digits."}]
    )
    page = text_of(desk, request)
    for words in (
        "14B Larimer St, Denver, CO 80202",
        "sent as 14, suffix B",
        "Maria Lopez, maria@example.com",
        "The number is not in service.",
        "Line 4: 12345",
        "To be reviewed",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("filling", ["check", "decline"]),
        ("submitted", ["accept", "send_back", "check", "decline"]),
        ("returned", ["check", "decline"]),
        ("accepted", []),
        ("declined", []),
        ("withdrawn", []),
    ],
)
def test_the_page_offers_what_the_state_allows_and_nothing_else_is_done(
    desk: Client, state: str, actions: list[str]
) -> None:
    request = asking.handed_in()
    HostingRequest.objects.filter(pk=request.pk).update(state=state)
    page = desk.get(f"{_LIST}{request.pk}/change/")
    assert [action.name for action in page.context["actions"]] == actions
    for name in {"accept", "send_back", "check", "decline"} - set(actions):
        response = do(desk, request, name, **accept_form(part="address", remark="No."))
        assert response.status_code == 302
        assert said(response)[0].startswith("Nothing was changed"), name
    assert asking.read(request).state == state


def test_accepting_leads_to_the_new_order_and_a_second_time_to_words(desk: Client) -> None:
    """F16."""
    request = asking.handed_in()
    assert desk.get(f"{_LIST}{request.pk}/do/accept/").status_code == 200
    response = do(desk, request, "accept", **accept_form())
    [order] = ImportOrder.objects.all()
    assert response.headers["Location"] == f"/admin/numbers/importorder/{order.pk}/change/"
    again = do(desk, request, "accept", **accept_form())
    assert said(again)[-1] == "Nothing was changed: the request is accepted now."
    assert ImportOrder.objects.count() == 1


def test_only_suggested_subscribers_can_be_chosen(desk: Client) -> None:
    stranger = builders.subscriber(name="Rossi", zip_code="10001")
    request = asking.handed_in()
    response = do(desk, request, "accept", **accept_form(subscriber=stranger.pk))
    assert (response.status_code, ImportOrder.objects.count()) == (422, 0)


def test_a_request_of_a_known_subscriber_is_accepted_for_no_other(desk: Client) -> None:
    request = asking.handed_in()
    own = builders.subscriber()
    HostingRequest.objects.filter(pk=request.pk).update(subscriber=own)
    assert do(desk, request, "accept", **accept_form()).status_code == 422
    assert do(desk, request, "accept", **accept_form(subscriber=own.pk)).status_code == 302
    assert ImportOrder.objects.get().subscriber == own


@pytest.mark.parametrize("name", ["send_back", "decline"])
def test_a_no_needs_its_reason(desk: Client, name: str) -> None:
    request = asking.handed_in()
    assert do(desk, request, name, part="address", remark=" ").status_code == 422
    assert do(desk, request, name, part="address", remark="x" * 501).status_code == 422
    assert asking.read(request).state == "submitted"
    assert do(desk, request, name, part="address", remark="The bill says 16.").status_code == 302
    assert asking.read(request).returned_remark == "The bill says 16."
    assert "The bill says 16." in text_of(desk, request)


def test_numbers_are_checked_from_the_page(desk: Client, at_carrier: Sandbox) -> None:
    builders.sip_peer()
    number = steps.card("1000")
    request = asking.handed_in(number)
    assert said(do(desk, request, "check")) == ["The numbers were checked anew."]
    assert asking.verdicts(request) == {number: ("importable", "")}


def test_without_the_carrier_a_check_changes_nothing_and_says_so(desk: Client) -> None:
    request = asking.handed_in()
    assert "Nothing was changed" in said(do(desk, request, "check"))[0]


def test_a_request_to_review_is_on_the_home_page(desk: Client) -> None:
    asking.begun()
    asking.handed_in()
    heaps = {heap["title"]: heap for heap in desk.get("/admin/").context["heaps"]}
    assert heaps["Requests to review"]["count"] == 1
    assert len(desk.get(heaps["Requests to review"]["url"]).context["cl"].result_list) == 1
