"""What tests do to have a letter signed: by the domain's verb, or in a browser."""

from __future__ import annotations

import re

from django.test import Client

from numbering.domain import signing
from numbering.domain.fingerprint import fingerprint_of
from numbering.domain.signing import Signing
from numbering.models import ImportOrder, Invitation, Loa
from tests.numbering import customers


def signing_by(order: ImportOrder, name: str = "Maria Lopez") -> Signing:
    """Give what somebody does who signs the order's letter as it is now."""
    return Signing(
        name=name,
        strokes=(),
        seen=fingerprint_of(order),
        address="198.51.100.7",
        browser="A browser",
    )


def signed(order: ImportOrder, email: str = "maria@example.com") -> Loa:
    """Have the order's letter signed by Maria."""
    return signing.sign(customers.invited(order, email), signing_by(order))


def page(invitation: Invitation, name: str = "sign/now") -> str:
    """Give the address of one of the invitation's pages."""
    return f"/invitation/{invitation.pk}/{name}/"


def read(browser: Client, invitation: Invitation) -> str:
    """Read the letter, and give the way on to where it is signed."""
    body = browser.get(page(invitation, "sign")).content.decode()
    found = re.search(r'href="([^"]+/sign/now/\?seen=[0-9a-f]{64})"', body)
    assert found is not None, body
    return found[1]


def filled(order: ImportOrder, **fields: str) -> dict[str, str]:
    """Give a whole form of the signing page."""
    return {
        "name": "Maria Lopez",
        "consent": "on",
        "drawn": "",
        "seen": fingerprint_of(order),
        **fields,
    }
