"""A customer's hosting request in a browser: three steps, and one part that was sent back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import request_review
from numbering.enums import InvitationPurpose, RequestPart
from numbering.models import HostingRequest, Invitation
from tests import builders
from tests.numbering import asking, steps
from tests.numbering.customers import let_in, page, subjects_to, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carrier_away")]

HOST, CORRECT = InvitationPurpose.HOST, InvitationPurpose.CORRECT
NUMBERS, DETAILS, CHECK = "request", "request/business", "request/check"


def send(browser: Client, invitation: Invitation, name: str, **fields: Any) -> tuple[int, str]:
    """Send a form; give the status, and where it leads or what the page says."""
    response = browser.post(page(invitation, name), {"do": "next", **fields})
    if response.status_code == 302:
        return 302, response.headers["Location"].removeprefix(f"/invitation/{invitation.pk}/")
    return response.status_code, text_of(response.content)


def see(browser: Client, invitation: Invitation, name: str) -> str:
    """Read a page."""
    response = browser.get(page(invitation, name))
    assert response.status_code == 200
    return text_of(response.content)


def sent_back(part: RequestPart, by: User) -> tuple[Client, Invitation]:
    """Give a browser in which the link to correct a part was opened."""
    request = asking.handed_in("303-228-1000")
    request_review.send_back(request, part=part, remark="Look at the bill.", actor=by)
    return let_in(asking.read(request), CORRECT)


# --- Three steps ----------------------------------------------------------------------------


def test_a_customer_comes_from_the_link_to_the_end(at_carrier: Sandbox) -> None:
    builders.sip_peer()
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    good, dead = steps.card("1000"), steps.card("9001")
    typed = {"numbers": f"{good}\n{dead}\n12345"}
    assert send(browser, invitation, NUMBERS, **typed) == (302, "request/")
    said = see(browser, invitation, NUMBERS)
    assert "1 number can get text messages" in said
    assert "does not seem to be in service for calls. What to do: Check the digits" in said
    assert "Line 3: 12345 It has 5 digits" in said
    assert send(browser, invitation, NUMBERS, numbers="12345") == (302, "request/business/")
    assert send(browser, invitation, DETAILS, **asking.TYPED) == (302, "request/check/")
    said = see(browser, invitation, CHECK)
    assert "14B Larimer St, Denver, CO 80202 House number: we send 14, suffix B." in said
    assert send(browser, invitation, CHECK) == (302, "status/")
    assert asking.read(request).state == "submitted"
    assert len(subjects_to()) == 1


def test_numbers_come_by_file_as_well() -> None:
    """F19: the form reads what the list reads, and names lines."""
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    upload = SimpleUploadedFile(
        "numbers.csv", "name;phone\nShop;303-228-1000\nBar;3.03228E+09\n".encode("utf-16")
    )
    assert send(browser, invitation, NUMBERS, numbers_file=upload) == (302, "request/")
    assert list(request.numbers.values_list("e164", flat=True)) == ["+13032281000"]
    assert "Line 3: 3.03228E+09 A spreadsheet has rounded" in see(browser, invitation, NUMBERS)


def test_digits_that_are_not_ascii_are_turned_into_those_that_are() -> None:
    """F02."""
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    send(
        browser,
        invitation,
        NUMBERS,
        numbers="\u202e３０３２２８１０００\u202c\n٣٠٣٢٢٨١٠٠١\n303228100²",
    )
    assert list(request.numbers.values_list("e164", flat=True)) == [
        "+13032281000",
        "+13032281001",
        "+13032281002",
    ]
    send(browser, invitation, NUMBERS, numbers="303228100\u0bf0")
    assert "characters that do not belong" in see(browser, invitation, NUMBERS)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("900-228-1000", "premium-rate"),
        ("500-228-1000", "personal or machine"),
        ("700-228-1000", "special carrier"),
        ("604-228-1000", "Canada"),
        ("876-228-1000", "Jamaica"),
        ("809-228-1000", "the Dominican Republic"),
        ("+44 20 7946 0000", "not a United States number"),
        ("303-911-1234", "service code"),
        ("212-055-1234", "starts with 2 to 9"),
        ("303-555-0123", "films and examples"),
    ],
)
def test_a_number_that_cannot_be_hosted_is_refused_in_words_before_anybody_is_asked(
    number: str, reason: str
) -> None:
    """F06, F07, F08: on the customer's form as on the staff's."""
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    send(browser, invitation, NUMBERS, numbers=number)
    assert reason in see(browser, invitation, NUMBERS)
    assert not request.numbers.exists()


def test_toll_free_numbers_are_taken() -> None:
    """F06."""
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    codes = (800, 833, 844, 855, 866, 877, 888)
    send(browser, invitation, NUMBERS, numbers="\n".join(f"{code}-228-1000" for code in codes))
    assert request.numbers.count() == len(codes)


def test_without_the_carrier_the_numbers_are_kept_and_the_customer_goes_on() -> None:
    browser, invitation = let_in(asking.begun(), HOST)
    builders.sip_peer()
    send(browser, invitation, NUMBERS, numbers="303-228-1000")
    assert "we will check later; you can go on" in see(browser, invitation, NUMBERS)
    assert send(browser, invitation, NUMBERS) == (302, "request/business/")


def test_ticked_numbers_are_taken_out_and_what_is_typed_beside_them_is_read() -> None:
    request = asking.filled("303-228-1000", "303-228-1001")
    browser, invitation = let_in(request, HOST)
    ticked = request.numbers.get(e164="+13032281000").pk
    fields = {"do": "take_out", "number": [ticked, "x", "9" * 30], "numbers": "303-228-1002"}
    assert send(browser, invitation, NUMBERS, **fields) == (302, "request/")
    assert list(request.numbers.values_list("e164", flat=True)) == [
        "+13032281001",
        "+13032281002",
    ]


def test_without_a_number_there_is_no_second_step() -> None:
    browser, invitation = let_in(asking.begun(), HOST)
    status, said = send(browser, invitation, NUMBERS)
    assert (status, "Give at least one phone number." in said) == (422, True)


def test_a_half_filled_step_is_saved_and_found_again() -> None:
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    some = {"do": "later", "business_name": "Lopez Bakery", "house_number": "1/2"}
    assert send(browser, invitation, DETAILS, **some) == (302, "request/business/")
    assert "Saved. You can close this page" in see(browser, invitation, DETAILS)
    again, fresh = let_in(request, HOST)
    form = again.get(page(fresh, DETAILS)).context["form"]
    assert [form[name].value() for name in ("business_name", "house_number", "city")] == [
        "Lopez Bakery",
        "1/2",
        "",
    ]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("business_name", "x" * 46, "at most 45 characters; this has 46"),
        ("business_name", "Lopez\x07Bakery", "control characters"),
        ("house_number", "Twelve", "begins with a digit"),
        ("street_name", "P.O. Box 12", "PO box"),
        ("state_code", "XX", "Choose one of the states"),
        ("zip_code", "1234", "five digits"),
        ("zip_code", "80202-123", "five digits"),
        ("zip_code", "８０２０２", "five digits"),
        ("authorizing_person", "", "first and last name"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(
    field: str, value: str, error: str
) -> None:
    """F13: the corners of an address, each at its own field; the rest is kept and saved."""
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    response = browser.post(page(invitation, DETAILS), {**asking.TYPED, field: value})
    form = response.context["form"]
    assert (response.status_code, list(form.errors)) == (422, [field])
    assert error in form.errors[field][0]
    assert {name: form[name].value() for name in asking.TYPED} == {**asking.TYPED, field: value}
    saved = asking.read(request)
    right = {name: asking.DETAILS[name] for name in ("city", "street_suffix")}
    assert {name: getattr(saved, name) for name in right} == right


def test_a_zip_code_with_four_more_digits_is_taken_apart() -> None:
    """F13."""
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    send(browser, invitation, DETAILS, **{**asking.TYPED, "zip_code": "80202-1234"})
    saved = asking.read(request)
    assert (saved.zip_code, saved.plus_four) == ("80202", "1234")


# --- Once, and only what is asked -----------------------------------------------------------


def test_only_the_listed_fields_count() -> None:
    """R19: fields that nobody asked for change nothing."""
    request = asking.filled()
    other = builders.draft()
    browser, invitation = let_in(request, HOST)
    smuggled = {
        "state": "accepted",
        "order": other.pk,
        "order_id": other.pk,
        "subscriber": other.subscriber_id,
        "contact_email": "eve@example.com",
        "reviewed_by": 1,
        "request": 1,
    }
    for name in (NUMBERS, DETAILS):
        send(browser, invitation, name, **{**asking.TYPED, **smuggled})
    saved = asking.read(request)
    assert (saved.state, saved.order, saved.subscriber, saved.contact_email) == (
        "filling",
        None,
        None,
        asking.EMAIL,
    )
    assert saved.reviewed_by is None


def test_the_same_form_sent_twice_is_one_request_and_the_second_is_told() -> None:
    """R19, F16: back, reload, and a second tab."""
    request = asking.filled()
    browser, invitation = let_in(request, HOST)
    assert send(browser, invitation, CHECK) == (302, "status/")
    first = HostingRequest.objects.values().get(pk=request.pk)
    for name in (CHECK, DETAILS, NUMBERS):
        again = send(browser, invitation, name, **{**asking.TYPED, "city": "Boulder"})
        assert again == (302, "status/"), name
    assert "sent this already" in see(browser, invitation, "status")
    assert HostingRequest.objects.values().get(pk=request.pk) == first
    assert len(subjects_to()) == 1


def test_looking_changes_nothing() -> None:
    """A01."""
    request = asking.filled()
    browser, invitation = let_in(request, HOST)
    before = HostingRequest.objects.values().get(pk=request.pk)
    for name in (NUMBERS, DETAILS, CHECK, "request/withdraw"):
        assert browser.get(page(invitation, name)).status_code == 200
        assert browser.head(page(invitation, name)).status_code == 200
    invitation.refresh_from_db()
    assert HostingRequest.objects.values().get(pk=request.pk) == before
    assert invitation.used_at is None


def test_another_customers_request_is_not_there() -> None:
    """P04: neither for a stranger nor for somebody with a link of their own."""
    _, theirs = let_in(asking.filled(), HOST)
    mine, own = let_in(builders.draft(), InvitationPurpose.LOA)
    missing = mine.get(page(own, NUMBERS).replace(str(own.pk), "999999")).content
    for browser in (mine, Client()):
        for name in (NUMBERS, DETAILS, CHECK, "request/withdraw", "correct"):
            assert browser.get(page(theirs, name)).status_code == 404
            assert browser.post(page(theirs, name), asking.TYPED).status_code == 404
    assert mine.get(page(theirs, NUMBERS)).content == missing
    assert mine.get(page(own, NUMBERS)).content == missing


def test_an_unfinished_request_is_not_sent_and_says_what_is_missing() -> None:
    request = asking.begun()
    browser, invitation = let_in(request, HOST)
    status, said = send(browser, invitation, CHECK)
    assert (status, asking.read(request).state) == (422, "filling")
    assert "Give at least one phone number. Give the business name" in said


def test_a_request_is_given_up_after_asking() -> None:
    request = asking.filled()
    browser, invitation = let_in(request, HOST)
    assert "Give this request up?" in see(browser, invitation, "request/withdraw")
    assert send(browser, invitation, "request/withdraw") == (302, "status/")
    assert send(browser, invitation, "request/withdraw") == (302, "status/")
    assert asking.read(request).state == "withdrawn"


# --- Sent back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        (RequestPart.BUSINESS_NAME, ["business_name"]),
        (RequestPart.AUTHORIZING_PERSON, ["authorizing_person"]),
        (RequestPart.NUMBERS, ["numbers", "numbers_file"]),
    ],
)
def test_the_page_shows_the_remark_and_the_one_part(
    part: RequestPart, fields: list[str], support: User
) -> None:
    browser, invitation = sent_back(part, support)
    response = browser.get(page(invitation, "correct"))
    said = text_of(response.content)
    assert f"Please correct: {part.label}" in said
    assert "We wrote: Look at the bill." in said
    assert list(response.context["form"].fields) == fields


def test_the_address_is_corrected_and_nothing_else(support: User) -> None:
    browser, invitation = sent_back(RequestPart.ADDRESS, support)
    typed = {**asking.TYPED, "house_number": "16", "business_name": "Other", "state": "accepted"}
    status, said = send(browser, invitation, "correct", **{**typed, "zip_code": "8"})
    assert (status, "five digits" in said) == (422, True)
    assert send(browser, invitation, "correct", **typed) == (302, "status/")
    assert send(browser, invitation, "correct", **{**typed, "city": "Aspen"}) == (302, "status/")
    assert invitation.request is not None
    saved = asking.read(invitation.request)
    assert (saved.house_number, saved.house_suffix, saved.city) == ("16", "", "Denver")
    assert (saved.business_name, saved.state) == ("Lopez Bakery", "submitted")


def test_numbers_are_corrected_and_looked_at_before_they_are_sent(support: User) -> None:
    browser, invitation = sent_back(RequestPart.NUMBERS, support)
    assert invitation.request is not None
    assert send(browser, invitation, "correct", numbers="303-228-1002\n123") == (302, "correct/")
    assert asking.read(invitation.request).state == "returned"
    assert send(browser, invitation, "correct", numbers="123") == (302, "status/")
    assert asking.read(invitation.request).state == "submitted"
    assert invitation.request.numbers.count() == 2
