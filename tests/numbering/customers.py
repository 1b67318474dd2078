"""What tests do as a customer: get a link by mail, open it, press its button."""

from __future__ import annotations

import re
from datetime import date

from django.test import Client
from django.utils import timezone

from accounts.models import User
from numbering.domain import invitations, telephone_numbers
from numbering.enums import InvitationPurpose, LearnedBy
from numbering.models import HostingRequest, ImportOrder, Invitation, Loa, Mail
from numbering.sealing import unseal
from tests import builders

STATUS, LOA = InvitationPurpose.STATUS, InvitationPurpose.LOA


def invited(
    order: ImportOrder, email: str = "maria@example.com", *, actor: User | None = None
) -> Invitation:
    """Invite Maria to sign the order's letter."""
    return invitations.invite(
        purpose=LOA, email=email, name="Maria Lopez", order=order, actor=actor
    )


def let_in(
    about: ImportOrder | HostingRequest,
    purpose: InvitationPurpose = STATUS,
    email: str = "maria@example.com",
) -> tuple[Client, Invitation]:
    """Give a browser in which a link was opened, and the link's invitation."""
    named = {"order": about} if isinstance(about, ImportOrder) else {"request": about}
    invitation, address = invitations.new_link(
        purpose=purpose, email=email, name="Maria Lopez", **named
    )
    browser = Client()
    assert browser.post(address.removeprefix("http://localhost:8000")).status_code == 302
    return browser, invitation


def page(invitation: Invitation, name: str = "status") -> str:
    """Give the address of one of the invitation's pages."""
    return f"/invitation/{invitation.pk}/{name}/"


def text_of(body: bytes) -> str:
    """Give what a person reads of a page: without tags, blanks put together."""
    main = re.sub(r"(?s).*<main[^>]*>|</main>.*", "", body.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def letter_for(order: ImportOrder, *, signed_on: date | None = None) -> Loa:
    """Add a letter that covers the order."""
    return builders.letter(order, signed_on=signed_on or timezone.localdate())


def mails_to(email: str = "maria@example.com") -> list[tuple[str, str]]:
    """Give subject and whole text of the mails to somebody, oldest first."""
    return [
        (mail.subject, unseal(mail.sealed) if mail.sealed else mail.text)
        for mail in Mail.objects.filter(recipient=email).order_by("pk")
    ]


def subjects_to(email: str = "maria@example.com") -> list[str]:
    """Give the subjects of the mails to somebody, oldest first."""
    return [subject for subject, _ in mails_to(email)]


def hosted(*numbers: str) -> ImportOrder:
    """Make a complete order whose numbers are hosted."""
    order = builders.draft(*numbers)
    telephone_numbers.start_importing(order, learned_by=LearnedBy.ANSWER)
    telephone_numbers.finish_importing(
        order, e164s=numbers, hosted=True, reason="Done.", learned_by=LearnedBy.ANSWER
    )
    order.numbers.update(status="completed", is_holding=False)
    ImportOrder.objects.filter(pk=order.pk).update(status="complete")
    order.refresh_from_db()
    return order
