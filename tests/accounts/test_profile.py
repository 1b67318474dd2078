"""A customer's own name and e-mail address (A16: contact change)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client

from accounts.models import EmailChange, SignInLink, User
from accounts.rights import Role
from tests.accounts.steps import PASSWORD, give_password, person, without_token

pytestmark = pytest.mark.django_db
PROFILE = "/my/profile/"
ADDRESS = "/my/profile/email/"
NEW = "ada@example.org"


@pytest.fixture
def ada() -> User:
    """A customer."""
    return person(Role.CUSTOMER)


@pytest.fixture
def proved(client: Client, ada: User) -> Client:
    """A browser in which the customer has just signed in."""
    give_password(client)
    return client


@pytest.fixture
def ask(proved: Client) -> dict[str, str]:
    """Ask for the new address; give the mails by recipient."""
    proved.post(ADDRESS, {"email": NEW})
    return {message.to[0]: str(message.body) for message in mail.outbox}


def link_to(mails: dict[str, str], address: str) -> str:
    """Give the path of the only link in the mail to an address."""
    (url,) = re.findall(r"https?://\S+", mails[address])
    return str(url).removeprefix("http://localhost:8000")


def test_a_customer_changes_their_name_and_nothing_else(proved: Client, ada: User) -> None:
    """P04 also: what the form does not ask for does not count."""
    form = {"name": "Ada Byron", "email": NEW, "role": Role.ADMIN, "is_active": "", "pk": "1"}
    assert proved.post(PROFILE, form).headers["Location"] == PROFILE
    assert list(User.objects.values_list("name", "email", "role", "is_active")) == [
        ("Ada Byron", "ada@example.com", Role.CUSTOMER, True)
    ]


def test_the_present_name_stands_in_the_form(proved: Client, ada: User) -> None:
    User.objects.update(name="Ada Byron")
    assert 'value="Ada Byron"' in proved.get(PROFILE).content.decode()


@pytest.mark.parametrize("name", ["", "A\nBcc: b@example.com", "A\x1b[2J", "x" * 81])
def test_a_name_that_cannot_be_shown_is_refused(proved: Client, name: str) -> None:
    assert "name" in proved.post(PROFILE, {"name": name}).context["form"].errors
    assert User.objects.get().name == ""


def test_an_old_session_is_asked_again_who_it_is(client: Client, ada: User) -> None:
    """A16: a browser left open somewhere does not take the account over."""
    client.force_login(ada)
    for answer in (client.get(ADDRESS), client.post(ADDRESS, {"email": NEW})):
        assert "First, show that it is you" in answer.content.decode()
    assert (mail.outbox, EmailChange.objects.count()) == ([], 0)


def test_the_link_to_the_present_address_leads_to_the_form(client: Client, ada: User) -> None:
    """A16: the fresh proof."""
    client.force_login(ada)
    client.post("/accounts/link/", {"email": ada.email, "next": ADDRESS})
    assert client.post(link_to({ada.email: str(mail.outbox[0].body)}, ada.email)).headers[
        "Location"
    ] == (ADDRESS)
    assert "First, show" not in client.get(ADDRESS).content.decode()


def test_nothing_changes_until_the_new_mailbox_is_read_and_the_old_one_is_told_at_once(
    ask: dict[str, str], ada: User
) -> None:
    """A16: the notice to the old address."""
    assert sorted(ask) == ["ada@example.com", NEW]
    assert "asked to use another e-mail address" in ask["ada@example.com"]
    assert NEW not in ask["ada@example.com"]
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


def test_the_button_behind_the_link_takes_the_new_address_into_use_once(
    ask: dict[str, str], proved: Client, ada: User
) -> None:
    path = link_to(ask, NEW)
    Client().post("/accounts/link/", {"email": ada.email})
    Client().get(path)
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"
    assert proved.post(path).headers["Location"] == PROFILE
    ada.refresh_from_db()
    assert ada.email == NEW
    assert Client().post(path).status_code == 404
    assert SignInLink.objects.open().count() == 0
    assert give_password(Client(), "ada@example.com").status_code == 200
    assert give_password(Client(), NEW, PASSWORD).status_code == 302


def test_the_old_address_is_told_when_the_new_one_is_in_use(proved: Client) -> None:
    """A16: by a customer; test_people_admin has the change by an administrator."""
    proved.post(ADDRESS, {"email": NEW})
    path = link_to({message.to[0]: str(message.body) for message in mail.outbox}, NEW)
    mail.outbox.clear()
    proved.post(path)
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ada@example.com"], "Your sign-in address was changed")
    ]


def test_asking_for_another_address_ends_the_first_link(
    ask: dict[str, str], proved: Client
) -> None:
    proved.post(ADDRESS, {"email": "ada@example.net"})
    assert Client().get(link_to(ask, NEW)).status_code == 404


@pytest.mark.parametrize("change", ["time", "role", "taken"])
def test_a_link_that_is_over_changes_nothing(ask: dict[str, str], ada: User, change: str) -> None:
    path = link_to(ask, NEW)
    if change == "time":
        EmailChange.objects.update(expires_at=Now() - timedelta(seconds=1))
    elif change == "role":
        User.objects.update(role=Role.SUPPORT)
    else:
        person(Role.CUSTOMER, NEW)
    assert Client().post(path).status_code == 404
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


def test_an_address_that_somebody_has_gets_no_link_and_the_answer_does_not_say_so(
    proved: Client,
) -> None:
    person(Role.CUSTOMER, NEW)
    taken, free = (
        without_token(proved.post(ADDRESS, {"email": email})).replace(email, "")
        for email in (NEW, "free@example.org")
    )
    assert taken == free
    told = [message.to[0] for message in mail.outbox]
    assert told == ["ada@example.com", "ada@example.com", "free@example.org"]


def test_strangers_mailboxes_are_not_flooded(proved: Client) -> None:
    """A07 for the link to a new address."""
    answers = [proved.post(ADDRESS, {"email": f"{n}@example.org"}).status_code for n in range(6)]
    assert answers == [200] * 5 + [429]


@pytest.mark.parametrize("path", [PROFILE, ADDRESS])
def test_staff_have_theirs_changed_by_an_administrator(client: Client, path: str) -> None:
    client.force_login(person(Role.SUPPORT))
    assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
