"""The page behind a mailed link: looking at it changes nothing, and its key travels no further."""

from __future__ import annotations

import pytest
from django.test import Client

from numbering.domain import invitations
from numbering.enums import InvitationPurpose
from numbering.models import Invitation
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def path() -> str:
    """The path of a link to an order's status."""
    _, address = invitations.new_link(
        purpose=InvitationPurpose.STATUS, email="maria@example.com", order=builders.draft()
    )
    return address.removeprefix("http://localhost:8000")


def test_a_mail_scanner_opens_nothing_and_the_person_gets_in(client: Client, path: str) -> None:
    """A01: HEAD, two GETs and a prefetch, then the person's button."""
    scanner = Client()
    looks = [
        scanner.head(path),
        scanner.get(path),
        scanner.get(path),
        scanner.get(path, headers={"Sec-Purpose": "prefetch", "Purpose": "prefetch"}),
    ]
    assert [look.status_code for look in looks] == [200] * 4
    assert dict(scanner.session) == {}
    assert Invitation.objects.values_list("opened_at", "used_at").get() == (None, None)
    assert client.post(path).status_code == 302
    assert Invitation.objects.get().opened_at is not None


def test_the_key_is_in_no_address_after_the_button_and_not_in_the_session(
    client: Client, path: str
) -> None:
    """A05: only its hash is kept, and the session knows the invitation by its number."""
    invitation, key = Invitation.objects.get(), path.split("/")[2]
    reached = client.post(path).headers["Location"]
    assert reached == f"/invitation/{invitation.pk}/status/"
    assert client.get(reached).status_code == 200
    assert key not in str(dict(client.session)) + str(vars(invitation))


def test_another_browser_gets_nothing_by_the_address_without_the_key(
    client: Client, path: str
) -> None:
    """P06: the same answer as for an invitation that is not there."""
    reached = client.post(path).headers["Location"]
    other = Client()
    there, missing = other.get(reached), other.get("/invitation/999999/status/")
    assert (there.status_code, missing.status_code) == (404, 404)
    assert there.content == missing.content
