"""The customer's side in a real browser, on a phone and on a desktop, from the mail to the end."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import contacts, evidence, invitations, request_review
from numbering.domain.loa_content import read_content
from numbering.enums import InvitationPurpose, RequestPart
from numbering.models import HostingRequest, ImportOrder, Invitation, Loa, Withdrawal
from numbering.number_list import read_text
from tests import builders
from tests.browser.conftest import picture
from tests.browser.customers import MARIA, SIZES, Customer, context_of, mailed_address, mails_to
from tests.numbering import asking, customers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NUMBERS = ("+13032281000", "+13032281001", "+13032281002")


@pytest.fixture
def portal(live_server: LiveServer, settings: Any) -> str:
    """The portal on the tests' database, its mails written down and delivered by the worker."""
    settings.SITE_URL = live_server.url
    settings.COMPANY_NAME = "Front Range Telephone"
    settings.EMAIL_BACKEND = "numbering.mail_backend.RowBackend"
    settings.MAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return str(live_server.url)


@pytest.fixture(params=SIZES)
def customer(request: pytest.FixtureRequest, portal: str, browser: Browser) -> Iterator[Customer]:
    """A customer at each size; what the browser's console complains of fails the test."""
    context = context_of(browser, request.param, base_url=portal)
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Customer(page, request.param)
    context.close()
    # That a page was answered with 404 or 422 is said there too.
    assert [said for said in complaints if "Failed to load resource" not in said] == []


@pytest.fixture
def without_script(portal: str, browser: Browser) -> Iterator[Customer]:
    """A customer on a phone that runs no script."""
    context = context_of(browser, "phone", base_url=portal, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Customer(page, "phone")
    context.close()


@pytest.fixture
def order() -> ImportOrder:
    """An order whose letter Maria was invited to sign."""
    order = builders.draft(*NUMBERS)
    customers.invited(order)
    return order


def step(page: Page, title: str) -> str:
    """Read how a step of the status page stands."""
    return page.locator(".way-down li", has_text=title).locator(".word").inner_text()


def text_of(content: bytes) -> str:
    """Read a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_an_invitation_is_signed_once_and_the_copy_holds_every_number(
    customer: Customer, order: ImportOrder
) -> None:
    page, address = customer.page, mailed_address()
    page.goto(address)
    assert customer.heading() == "Your signature is needed"
    customer.look("link")
    customer.press("Begin")
    customer.look("letter-choice")
    customer.follow("Sign here")
    customer.look("sign-1-read")
    customer.follow("Go on to sign")
    customer.press("Sign the letter")
    expect(page.locator("[name=name]")).to_have_attribute("aria-invalid", "true")
    # The words to sign are long; what is wrong must be in sight all the same.
    expect(page.locator("[name=name]")).to_be_in_viewport()
    customer.look("sign-2-errors")
    customer.fill(name="Maria Lopez")
    customer.page.locator("[name=consent]").check()
    customer.draw()
    picture(page, f"{customer.size}-light-sign-3-drawn")
    strokes = json.loads(page.locator("[name=drawn]").input_value())
    assert len(strokes) == 2
    assert max(x for stroke in strokes for x, _ in stroke) > 2000
    customer.press("Sign the letter")
    assert customer.heading() == "Thank you, the letter is signed"
    customer.look("sign-4-thanks")
    with page.expect_download() as download:
        page.get_by_role("link", name="Keep your copy").click()
    copy = Path(download.value.path()).read_bytes()
    assert {row.e164 for row in read_text(text_of(copy)).good} == set(NUMBERS)
    assert copy == read_content(Loa.objects.get())
    assert mails_to(MARIA)[-1].attachments[0].content == copy
    customer.follow("See where it is")
    assert step(page, "Letter of Authorization") == "done"
    customer.look("status-signed")

    customer.open(address, "See where it is")
    assert step(page, "Letter of Authorization") == "done"
    page.goto(f"/invitation/{Invitation.objects.get(purpose='loa').pk}/sign/now/")
    assert customer.heading() == "Thank you, the letter is signed"
    assert Loa.objects.count() == 1
    assert evidence.faults() == []


def test_a_bad_file_is_refused_and_a_good_one_shown_and_handed_in(
    customer: Customer, order: ImportOrder, tmp_path: Path
) -> None:
    page = customer.page
    customer.open(mailed_address())
    customer.follow("Upload a signed copy")
    bad, good = tmp_path / "letter.pdf", tmp_path / "scan.pdf"
    bad.write_bytes(b"<html>not a letter</html>")
    good.write_bytes(builders.letter_for(order))
    page.locator("[name=file]").set_input_files(bad)
    customer.fill(signed_on=timezone.localdate().isoformat())
    customer.press("Upload and look at it")
    expect(page.locator(".errorlist")).to_be_visible()
    expect(page.locator("[name=signer]")).to_have_value("Maria Lopez")
    customer.look("upload-refused")
    assert not Loa.objects.exists()

    page.locator("[name=file]").set_input_files(good)
    customer.press("Upload and look at it")
    assert customer.heading() == "Is every page there and readable?"
    drawn = "image => image.complete && image.naturalWidth > 300"
    assert page.locator(".sheet img").first.evaluate(drawn)
    customer.look("upload-preview")
    assert not Loa.objects.get().is_handed_in
    customer.press("Yes, hand it in")
    expect(page.locator(".notice")).to_contain_text("We have your letter")
    assert step(page, "Letter of Authorization") == "done"
    assert Loa.objects.get().is_handed_in


def test_a_request_is_sent_back_corrected_and_accepted(
    customer: Customer, at_carrier: Sandbox, support: User
) -> None:
    page = customer.page
    peer = builders.sip_peer()
    request = asking.begun()
    invitations.invite(
        purpose=InvitationPurpose.HOST, email=MARIA, name="Maria Lopez", request=request, actor=None
    )
    address = mailed_address()
    customer.open(address)
    customer.look("request-1-empty")
    customer.fill(numbers="(303) 228-1000\n303-719-9001\n12345")
    customer.press("Read and check")
    for said in ("1 number can get text messages", "1 number cannot", "Line 3: 12345"):
        assert said in customer.text()
    customer.look("request-2-read")
    customer.fill(numbers="")
    customer.press("Go on")
    assert customer.heading() == "Your business and its address"
    customer.press("Go on")
    customer.look("request-3-errors")
    customer.fill(
        business_name="Lopez Bakery",
        house_number="12B",
        street_name="Larimer",
        street_suffix="St",
        city="Denver",
        zip_code="80202",
        authorizing_person="Maria Lopez",
    )
    page.locator("[name=state_code]").select_option("CO")
    customer.press("Save and come back later")
    expect(page.locator(".notice")).to_contain_text("Saved.")
    customer.look("request-4-filled")
    customer.press("Go on")
    assert "we send 12, suffix B" in customer.text()
    customer.look("request-5-check")
    customer.press("Send")
    assert step(page, "Your request") == "checking"
    customer.look("request-6-sent")

    current = HostingRequest.objects.get()
    request_review.send_back(
        current,
        part=RequestPart.BUSINESS_NAME,
        remark="Your bill says Lopez & Sons.",
        actor=support,
    )
    customer.open(mailed_address())
    assert "Your bill says Lopez & Sons." in customer.text()
    expect(page.locator("main form input:not([type=hidden])")).to_have_count(1)
    customer.look("correct")
    customer.fill(business_name="Lopez & Sons")
    customer.press("Send the correction")
    assert step(page, "Your request") == "checking"

    order = request_review.accept(
        current,
        subscriber=None,
        sip_peer=peer,
        loa_type="SUBSCRIBER",
        is_contact=False,
        actor=support,
    )
    assert (order.subscriber.name, order.subscriber.house_number) == ("Lopez & Sons", "12")
    assert [str(number) for number in order.numbers.all()] == ["(303) 228-1000"]
    customer.open(mailed_address())
    assert "Lopez & Sons" in customer.text()
    customer.follow("Sign here")
    expect(page.get_by_role("link", name="Go on to sign")).to_be_visible()


def test_a_letter_is_signed_with_the_keyboard_alone(customer: Customer, order: ImportOrder) -> None:
    page = customer.page

    def reach(name: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "() => [document.activeElement.name, document.activeElement.innerText].join(' ')"
            )
            if name in focused:
                # Whoever sees must see where they are.
                ring = "() => getComputedStyle(document.activeElement).outlineStyle"
                assert page.evaluate(ring) == "solid", name
                return
        raise AssertionError(f"Tab does not lead to {name}")

    page.goto(mailed_address())
    for name in ("Begin", "Sign here", "Go on to sign"):
        reach(name)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    reach("name")
    page.keyboard.type("maria lopez")
    reach("consent")
    page.keyboard.press("Space")
    reach("Sign the letter")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, the letter is signed")
    proof = Loa.objects.get().evidence.get().data
    assert (proof["typed_name"], proof["drawn_points"]) == ("maria lopez", 0)


def test_a_link_that_is_over_and_one_of_somebody_else_say_nothing(
    customer: Customer, order: ImportOrder, browser: Browser
) -> None:
    page, address = customer.page, mailed_address()
    missing = customer_sees(page, "/invitation/999999/sign/")
    customer.look("missing")
    customer.open(address)
    own = Invitation.objects.get()
    # A stranger has the address of the page, but not the link.
    stranger = context_of(browser, customer.size, base_url=page.url.split("/invitation")[0])
    theirs = stranger.new_page()
    for name in ("letter", "sign", "signed", "copy", "status", "withdraw"):
        assert customer_sees(theirs, customers.page(own, name)) == missing, name
    stranger.close()

    over = customer_sees(page, re.sub(r"/link/.*", "/link/nothing/", address))
    assert over[0] == 404
    invitations.withdraw(own, actor=None)
    assert customer_sees(page, address) == over
    assert customer_sees(page, customers.page(own, "sign")) == missing
    customers.invited(order)
    newer = mailed_address()
    assert customer_sees(page, newer)[0] == 200
    Invitation.objects.filter(used_at=None).update(expires_at=Now())
    assert customer_sees(page, newer) == over
    customer.look("link-over")


def customer_sees(page: Page, address: str) -> tuple[int, str]:
    """Open an address; give the status and what can be read."""
    answer = page.goto(address)
    assert answer is not None
    return answer.status, page.locator("body").inner_text()


def test_a_customer_signs_in_by_mail_and_sees_their_own_things_alone(
    customer: Customer, order: ImportOrder
) -> None:
    page = customer.page
    contacts.add_contact(subscriber=order.subscriber, email=MARIA, name="Maria Lopez", actor=None)
    customers.letter_for(customers.hosted("+13032281005"))
    other = builders.draft("+13032281006")
    page.goto("/accounts/login/")
    customer.look("sign-in")
    customer.follow("Mail me a link")
    customer.look("sign-in-ask")
    page.get_by_label("E-mail").fill(MARIA)
    customer.press("Mail me a link")
    assert customer.heading() == "Look into your mailbox"
    customer.look("sign-in-sent")
    page.goto(mailed_address())
    customer.look("sign-in-link")
    customer.press("Sign in")
    assert customer.heading() == order.subscriber.name
    customer.look("my-subscriber")
    customer.follow(f"Order {order.pk}")
    customer.look("my-order")
    customer.press("Sign or upload the letter")
    assert customer.heading() == "We need your signed letter"
    theirs = customer_sees(page, f"/my/orders/{other.pk}/")
    assert theirs[0] == 404
    assert theirs == customer_sees(page, "/my/orders/999999/")
    page.goto("/my/profile/")
    assert customer.heading() == "Your profile"
    customer.look("my-profile")


def test_the_pages_beside_the_usual_way_shut_nobody_out(
    customer: Customer, order: ImportOrder
) -> None:
    page = customer.page
    page.goto("/")
    customer.look("front")
    page.goto("/verify/0123456789abcdef0123456789abcdef/")
    customer.look("verify-none")
    page.goto("/accounts/link/nothing/")
    customer.look("sign-in-over")
    page.goto("/accounts/email/nothing/")
    customer.look("email-over")

    invitations.invite(
        purpose=InvitationPurpose.HOST, email=MARIA, request=asking.begun(), actor=None
    )
    page.goto(mailed_address())
    customer.look("link-request")
    customer.press("Begin")
    page.goto(page.url.rstrip("/") + "/withdraw/")
    customer.look("request-withdraw")

    for subscriber in (order.subscriber, builders.subscriber()):
        contact = contacts.add_contact(
            subscriber=subscriber, email=MARIA, name="Maria Lopez", actor=None
        )
    signed_in = Client()
    signed_in.force_login(contact.person)
    session = signed_in.cookies["sessionid"].value
    page.context.clear_cookies()
    site = page.url.split("/invitation")[0]
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    page.goto("/my/")
    assert customer.heading() == "Your numbers"
    customer.look("my")
    page.goto("/my/profile/email/")
    assert customer.heading() == "First, show that it is you"
    customer.look("prove-first")


def test_a_letter_is_signed_without_script(without_script: Customer, order: ImportOrder) -> None:
    without_script.open(mailed_address())
    without_script.follow("Sign here")
    without_script.follow("Go on to sign")
    expect(without_script.page.locator("canvas")).to_be_hidden()
    without_script.fill(name="Maria Lopez")
    without_script.page.locator("[name=consent]").check()
    without_script.press("Sign the letter")
    assert without_script.heading() == "Thank you, the letter is signed"
    assert Loa.objects.get().is_handed_in


def test_a_letter_is_uploaded_without_script(
    without_script: Customer, order: ImportOrder, tmp_path: Path
) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(builders.letter_for(order))
    without_script.open(mailed_address())
    without_script.follow("Upload a signed copy")
    without_script.page.locator("[name=file]").set_input_files(scan)
    without_script.fill(signed_on=timezone.localdate().isoformat())
    without_script.press("Upload and look at it")
    without_script.press("Yes, hand it in")
    assert Loa.objects.get().is_handed_in


def test_a_request_is_sent_without_script(without_script: Customer, at_carrier: Sandbox) -> None:
    invitations.invite(
        purpose=InvitationPurpose.HOST, email=MARIA, request=asking.begun(), actor=None
    )
    without_script.open(mailed_address())
    without_script.fill(numbers="303-228-1000")
    without_script.press("Read and check")
    without_script.press("Go on")
    without_script.fill(**{k: v for k, v in asking.TYPED.items() if k != "state_code"})
    without_script.page.locator("[name=state_code]").select_option("CO")
    without_script.press("Go on")
    without_script.press("Send")
    assert HostingRequest.objects.get().state == "submitted"


def test_permission_is_taken_back_and_whoever_verifies_the_letter_sees_it(
    customer: Customer, order: ImportOrder
) -> None:
    page = customer.page
    customer.open(mailed_address())
    customer.follow("Sign here")
    customer.follow("Go on to sign")
    customer.fill(name="Maria Lopez")
    page.locator("[name=consent]").check()
    customer.press("Sign the letter")
    printed = re.search(r"/verify/\w+/", text_of(read_content(Loa.objects.get())))
    assert printed is not None
    page.goto(printed[0])
    assert customer.heading() == "This letter is genuine and counts"
    customer.look("verify")

    _, address = invitations.new_link(
        purpose=InvitationPurpose.STATUS, email=MARIA, name="Maria Lopez", order=order
    )
    customer.open(address, "See where it is")
    customer.look("status-open")
    customer.follow("Take back my permission")
    customer.look("withdraw")
    customer.press("Go on")
    expect(page.locator("#which-error")).to_be_in_viewport()
    customer.look("withdraw-errors")
    page.get_by_label("For all of them").check()
    customer.press("Go on")
    customer.look("withdraw-check")
    assert not Withdrawal.objects.exists()
    customer.press("Yes, take it back")
    assert "You took back your permission" in customer.text()
    customer.look("withdrawn")
    assert Withdrawal.objects.get().numbers.count() == len(NUMBERS)
    page.goto(printed[0])
    assert customer.heading() == "This letter is genuine but no longer counts"
    customer.look("verify-withdrawn")
