"""Signing a letter here: the page, the proof, the copy, and everything that must not count."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from numbering.domain import evidence, import_orders, signing
from numbering.domain.cannot_do import CannotDo
from numbering.domain.invitations import AlreadyUsed
from numbering.domain.loa_content import read_content
from numbering.domain.signing import LetterChanged
from numbering.enums import InvitationPurpose
from numbering.loa_words import CONSENT_VERSION
from numbering.models import (
    EvidenceEntry,
    ImportOrder,
    Invitation,
    Loa,
    LoaOpening,
    LoaSigner,
    Mail,
)
from numbering.number_list import read_text
from numbering.sign_form import MOST_POINTS
from tests import builders
from tests.numbering import customers
from tests.numbering.races import at_once
from tests.numbering.signatures import filled, page, read, signed, signing_by

pytestmark = pytest.mark.django_db
LOA = InvitationPurpose.LOA
NUMBERS = ("+13032281000", "+13032281001", "+13032281002")
STROKES = [[[100, 200], [300, 400]], [[2900, 900]]]


@pytest.fixture
def order() -> ImportOrder:
    """An order of three numbers that waits for its letter."""
    return builders.draft(*NUMBERS)


def files() -> set[str]:
    """Give the names of the stored files."""
    folder = Path(django_settings.LOA_DIR)
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def text_of(content: bytes) -> str:
    """Give the text of a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_the_signing_page_has_the_words_alone_and_nothing_ticked(order: ImportOrder) -> None:
    """L01: own page, separate consent, nothing pre-ticked, typed name, the server's date."""
    browser, invitation = customers.let_in(order, LOA)
    body = browser.get(read(browser, invitation)).content.decode()
    text = customers.text_of(body.encode())
    for paragraph in signing.words_of(order):
        assert paragraph in text
    assert "(303) 228" not in text
    assert order.subscriber.service_address not in text
    boxes = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", body)
    assert len(boxes) == 1
    assert 'name="consent"' in boxes[0]
    assert "checked" not in body
    assert re.search(r'<input[^>]*name="name"[^>]*>', body)
    assert 'type="date"' not in body
    assert 'value="Maria' not in body
    assert "Date and time are set by our server" in text


def test_the_letter_is_read_before_with_every_number_and_as_a_pdf(order: ImportOrder) -> None:
    browser, invitation = customers.let_in(order, LOA)
    text = customers.text_of(browser.get(page(invitation, "sign")).content)
    for fact in ("(303) 228-1000", "(303) 228-1002", order.subscriber.service_address, "Step 1"):
        assert fact in text
    letter = browser.get(page(invitation, "unsigned"))
    assert letter.headers["Content-Type"] == "application/pdf"
    assert letter.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    found = {row.e164 for row in read_text(text_of(letter.content)).good}
    assert found == set(NUMBERS)
    assert not Loa.objects.exists()


def test_a_signature_is_kept_with_all_that_proves_it(order: ImportOrder) -> None:
    """L02: who, UTC time, address, browser, consent, hashes before and after, numbers."""
    browser, invitation = customers.let_in(order, LOA)
    unsigned = browser.get(page(invitation, "unsigned")).content
    before = timezone.now().replace(microsecond=0)
    answer = browser.post(
        read(browser, invitation),
        filled(order, name="maria  LOPEZ", drawn=json.dumps(STROKES)),
        headers={"User-Agent": "Some\x01Phone/1.0"},
        REMOTE_ADDR="198.51.100.7",
    )
    assert answer.headers["Location"] == page(invitation, "signed")
    loa = Loa.objects.get()
    content = read_content(loa)
    assert (loa.source, loa.signer, loa.signed_on) == (
        "signed",
        "maria LOPEZ",
        timezone.localdate(),
    )
    assert set(loa.coverage.values_list("e164", flat=True)) == set(NUMBERS)
    assert signing.counts_for(order, loa)
    entry = EvidenceEntry.objects.get()
    assert (entry.kind, entry.order, entry.loa, entry.subscriber) == (
        "signed",
        order,
        loa,
        order.subscriber,
    )
    data = entry.data
    signed_at = datetime.fromisoformat(data.pop("signed_at"))
    assert before <= signed_at <= timezone.now()
    assert signed_at.utcoffset() == timedelta(0)
    agreed = signing.consent_for(invitation)
    assert data == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha256_before": hashlib.sha256(unsigned).hexdigest(),
        "letter_code": invitation.letter_code,
        "typed_name": "maria LOPEZ",
        "email": "maria@example.com",
        "invitation": invitation.pk,
        "client_address": "198.51.100.7",
        "browser": "Some?Phone/1.0",
        "drawn_points": 3,
        "consent_version": CONSENT_VERSION,
        "consent_sha256": agreed.sha256,
        "consent_text": agreed.text,
        "fingerprint": loa.signed_fingerprint,
        "subscriber_name": order.subscriber.name,
        "service_address": order.subscriber.service_address,
        "authorized_person": "Maria Lopez",
        "loa_type": "SUBSCRIBER",
        "numbers": list(NUMBERS),
    }
    assert evidence.faults() == []
    assert f"{signed_at:%Y-%m-%d %H:%M:%S} UTC" in text_of(content)
    assert invitation.letter_code in text_of(content)


def test_the_copy_comes_by_mail_and_can_be_fetched_which_is_recorded(order: ImportOrder) -> None:
    browser, invitation = customers.let_in(order, LOA)
    browser.post(read(browser, invitation), filled(order))
    loa = Loa.objects.get()
    mail = Mail.objects.get(recipient="maria@example.com")
    assert (mail.loa, mail.order) == (loa, order)
    assert "Your copy" in mail.subject
    assert "3 phone numbers" in mail.text
    thanks = browser.get(page(invitation, "signed"))
    assert "Thank you" in thanks.content.decode()
    copy = browser.get(page(invitation, "copy"))
    assert hashlib.sha256(copy.content).hexdigest() == loa.sha256
    assert copy.headers["Content-Disposition"].startswith("attachment;")
    assert copy.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert LoaOpening.objects.values_list("loa", "person", "email").get() == (
        loa.pk,
        None,
        "maria@example.com",
    )


def test_looking_changes_nothing(order: ImportOrder) -> None:
    browser, invitation = customers.let_in(order, LOA)
    way = read(browser, invitation)
    for address in (way, page(invitation, "signed"), page(invitation, "unsigned")):
        browser.get(address)
        browser.head(address)
    invitation.refresh_from_db()
    assert invitation.used_at is None
    assert (Loa.objects.count(), EvidenceEntry.objects.count()) == (0, 0)
    assert browser.get(page(invitation, "copy")).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Type your first and last name"),
        ({"name": "Mario Lopez"}, "can be signed by Maria Lopez or Ann Approved"),
        ({"name": "Nina Not-Approved"}, "can be signed by Maria Lopez or Ann Approved"),
        ({"consent": ""}, "Tick this box"),
        ({"drawn": "[[1,2]]"}, "could not be read"),
        ({"drawn": "[[[1,2.5]]]"}, "could not be read"),
        ({"drawn": "[[[true,2]]]"}, "could not be read"),
        ({"drawn": "[[[3001,2]]]"}, "could not be read"),
        ({"drawn": "[[[1,-1]]]"}, "could not be read"),
        ({"drawn": "[[]]"}, "could not be read"),
        ({"drawn": '{"a": 1}'}, "could not be read"),
        ({"drawn": "[" * 100_000}, "could not be read"),
        ({"drawn": json.dumps([[[1, 1]] * (MOST_POINTS + 1)])}, "too long"),
        ({"drawn": "[[[1,1]" + ",[1,1]" * 100_000 + "]]"}, "too long"),
    ],
)
def test_a_form_that_is_not_right_says_so_and_keeps_what_was_typed(
    order: ImportOrder, fields: dict[str, str], said: str
) -> None:
    LoaSigner.objects.create(subscriber=order.subscriber, name="Ann Approved")
    LoaSigner.objects.create(
        subscriber=order.subscriber, name="Nina Not-Approved", is_approved=False
    )
    browser, invitation = customers.let_in(order, LOA)
    answer = browser.post(read(browser, invitation), filled(order, **fields))
    body = answer.content.decode()
    assert answer.status_code == 422
    assert said in customers.text_of(answer.content)
    assert len(body) < 20_000
    if name := fields.get("name", "Maria Lopez"):
        assert f'value="{name}"' in body
    assert (Loa.objects.count(), EvidenceEntry.objects.count()) == (0, 0)


def test_as_many_points_as_are_allowed_are_taken(order: ImportOrder) -> None:
    browser, invitation = customers.let_in(order, LOA)
    drawn = json.dumps([[[3000, 1000]] * MOST_POINTS])
    answer = browser.post(read(browser, invitation), filled(order, drawn=drawn))
    assert answer.status_code == 302
    assert EvidenceEntry.objects.get().data["drawn_points"] == MOST_POINTS


def test_an_approved_signer_may_sign_too(order: ImportOrder) -> None:
    LoaSigner.objects.create(subscriber=order.subscriber, name="Ann Approved")
    loa = signing.sign(customers.invited(order), signing_by(order, "ann approved"))
    assert loa.signer == "ann approved"


def test_a_signers_name_is_text_on_the_page_and_no_markup(order: ImportOrder) -> None:
    LoaSigner.objects.create(subscriber=order.subscriber, name="<b>Bob</b>")
    browser, invitation = customers.let_in(order, LOA)
    body = browser.get(read(browser, invitation)).content.decode()
    assert "<b>Bob" not in body
    assert "&lt;b&gt;Bob" in body


def test_what_was_not_read_is_not_signed(order: ImportOrder) -> None:
    """The order changes between reading and signing: it is shown again, nothing is signed."""
    browser, invitation = customers.let_in(order, LOA)
    way, form = read(browser, invitation), filled(order)
    import_orders.add_numbers(order, read_text("303-228-1003").good, actor=None)
    answer = browser.post(way, form, follow=True)
    assert answer.redirect_chain == [(page(invitation, "sign"), 302)]
    text = customers.text_of(answer.content)
    assert "was changed meanwhile" in text
    assert "(303) 228-1003" in text
    assert not Loa.objects.exists()
    # Also when it changes after the page's own look.
    with pytest.raises(LetterChanged):
        signing.sign(invitation, dataclasses.replace(signing_by(order), seen="0" * 64))
    assert browser.get(page(invitation)).headers["Location"] == page(invitation, "sign")


def test_a_second_tab_signs_nothing_and_says_so(order: ImportOrder) -> None:
    """F16: the same form sent twice makes one letter."""
    browser, invitation = customers.let_in(order, LOA)
    way, form = read(browser, invitation), filled(order)
    browser.post(way, form)
    kept = files()
    answer = browser.post(way, form, follow=True)
    assert answer.redirect_chain == [(page(invitation, "signed"), 302)]
    assert "Nothing was signed twice" in answer.content.decode()
    with pytest.raises(AlreadyUsed):
        signing.sign(Invitation.objects.get(), signing_by(order))
    assert (Loa.objects.count(), EvidenceEntry.objects.count(), Mail.objects.count()) == (1, 1, 1)
    assert files() == kept


@pytest.mark.parametrize("status", ["cancelled", "submitting", "complete"])
def test_an_order_that_needs_no_signature_any_more_says_so(order: ImportOrder, status: str) -> None:
    browser, invitation = customers.let_in(order, LOA)
    way, form = read(browser, invitation), filled(order)
    ImportOrder.objects.update(status=status)
    answer = browser.post(way, form, follow=True)
    text = customers.text_of(answer.content)
    assert ("cancelled" if status == "cancelled" else "on its way already") in text
    assert browser.get(page(invitation, "unsigned")).status_code == 302
    invitation.refresh_from_db()
    assert invitation.used_at is None
    with pytest.raises(CannotDo):
        signing.sign(invitation, signing_by(order))
    assert not Loa.objects.exists()


def test_a_name_that_the_letter_cannot_show_is_said_and_nothing_is_lost(
    order: ImportOrder,
) -> None:
    order.subscriber.name = "山田"
    order.subscriber.save()
    browser, invitation = customers.let_in(order, LOA)
    answer = browser.post(read(browser, invitation), filled(order))
    assert answer.status_code == 422
    assert "The letter cannot show" in customers.text_of(answer.content)
    assert 'value="Maria Lopez"' in answer.content.decode()
    assert browser.get(page(invitation, "unsigned")).status_code == 302


def test_a_disk_that_is_full_leaves_neither_a_file_nor_a_row(
    order: ImportOrder, settings: Any, tmp_path: Path
) -> None:
    browser, invitation = customers.let_in(order, LOA)
    blocked = tmp_path / "loa"
    blocked.write_text("a file where the folder should be")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": blocked},
        },
    }
    answer = browser.post(read(browser, invitation), filled(order))
    assert answer.status_code == 422
    assert "could not be stored" in customers.text_of(answer.content)
    invitation.refresh_from_db()
    assert invitation.used_at is None
    assert (Loa.objects.count(), EvidenceEntry.objects.count()) == (0, 0)


def test_somebody_elses_link_and_a_link_for_something_else_open_nothing(
    order: ImportOrder,
) -> None:
    _, invitation = customers.let_in(order, LOA)
    status_browser, status = customers.let_in(order)
    for name in ("sign", "sign/now", "signed", "copy", "unsigned"):
        for stranger, address in (
            (Client(), page(invitation, name)),
            (status_browser, page(invitation, name)),
            (status_browser, page(status, name)),
        ):
            assert stranger.get(address).status_code == 404, address
    assert Client().post(page(invitation), filled(order)).status_code == 404
    assert not Loa.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_sign_at_once_with_one_link_make_one_letter() -> None:
    """F16: two tabs at one instant."""
    order = builders.draft(*NUMBERS)
    invitation = customers.invited(order)
    asked = signing_by(order)
    kept = files()

    def sign(_: int) -> str:
        try:
            signing.sign(Invitation.objects.get(pk=invitation.pk), asked)
        except AlreadyUsed:
            return "already"
        return "signed"

    assert sorted(at_once(3, sign)) == ["already", "already", "signed"]
    assert (Loa.objects.count(), EvidenceEntry.objects.count()) == (1, 1)
    assert len(files() - kept) == 1
    assert evidence.faults() == []


def test_a_letter_signed_again_replaces_the_one_before(order: ImportOrder) -> None:
    first, second = signed(order), signed(order, "ann@example.com")
    assert second.replaces == first
    assert second.verify_code != first.verify_code
