"""The people pages: for administrators only, and safe from shutting oneself out."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts import second_factor
from accounts.models import User
from accounts.rights import Role
from tests.accounts.steps import PASSWORD, add_app, give_password, person

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def no_second_factor(settings: Settings) -> None:
    """These tests are about what lies behind the staff door."""
    settings.SECOND_FACTOR_REQUIRED = False


@pytest.fixture
def grace(client: Client) -> User:
    """An administrator, signed in."""
    user = person(Role.ADMIN, "grace@example.com")
    client.force_login(user)
    return user


def add(client: Client, **fields: str) -> int:
    """Send the form for a new person; return the status (302 when saved)."""
    form = {"email": "Bob@Example.com", "name": "Bob", "role": Role.FINANCE, "password": ""}
    return client.post(f"{PEOPLE}add/", form | fields).status_code


def change(client: Client, user: User, **fields: str) -> int:
    """Send the form for a person who exists; return the status."""
    form = {"email": user.email, "name": user.name, "role": user.role, "is_active": "on"}
    return client.post(f"{PEOPLE}{user.pk}/change/", form | fields).status_code


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE])
@pytest.mark.parametrize("address", ["", "add/", "{pk}/change/", "{pk}/history/", "{pk}/delete/"])
def test_other_staff_see_no_people_page(client: Client, role: str, address: str) -> None:
    user = person(role)
    client.force_login(user)
    path = PEOPLE + address.format(pk=user.pk)
    assert (client.get(path).status_code, client.post(path).status_code) == (403, 403)


def test_an_administrator_sees_who_has_a_second_step(client: Client, grace: User) -> None:
    add_app(person())
    page = client.get(PEOPLE).content.decode()
    assert [email in page for email in ("ada@example.com", "grace@example.com")] == [True, True]
    assert [p.has_app for p in client.get(PEOPLE).context["cl"].result_list] == [True, False]


def test_a_person_added_without_a_password_cannot_sign_in_but_can_ask_for_a_link(
    client: Client, grace: User
) -> None:
    assert add(client) == 302
    bob = User.objects.get(email="bob@example.com")
    assert (bob.role, bob.has_usable_password(), bob.is_active) == (Role.FINANCE, False, True)
    assert give_password(Client(), "bob@example.com", "").status_code == 200
    Client().post("/accounts/password/reset/", {"email": "bob@example.com"})
    assert [message.to for message in mail.outbox] == [["bob@example.com"]]


def test_a_typed_password_follows_the_rules_and_is_never_shown_again(
    client: Client, grace: User
) -> None:
    form = {"email": "bob@example.com", "role": Role.FINANCE, "password": "too short"}
    page = client.post(f"{PEOPLE}add/", form).content.decode()
    assert "It must contain at least 15 characters." in page
    assert 'value="too short"' not in page
    assert add(client, password=PASSWORD) == 302
    assert User.objects.get(email="bob@example.com").check_password(PASSWORD)


def test_an_address_belongs_to_one_person_whatever_its_case(client: Client, grace: User) -> None:
    person(email="bob@example.com")
    assert add(client) == 200
    assert User.objects.count() == 2


def test_an_administrator_changes_a_role_and_switches_a_person_off(
    client: Client, grace: User
) -> None:
    ada = person()
    assert change(client, ada, role=Role.FINANCE, is_active="") == 302
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == (Role.FINANCE, False)


def test_nobody_takes_away_their_own_role_or_sign_in(client: Client, grace: User) -> None:
    assert change(client, grace, name="Grace", role=Role.CUSTOMER, is_active="") == 302
    grace.refresh_from_db()
    assert (grace.name, grace.role, grace.is_active) == ("Grace", Role.ADMIN, True)


def test_nobody_is_deleted(client: Client, grace: User) -> None:
    ada = person()
    client.post(f"{PEOPLE}{ada.pk}/delete/", {"post": "yes"})
    client.post(PEOPLE, {"action": "delete_selected", "_selected_action": ada.pk, "post": "yes"})
    assert User.objects.count() == 2


def test_a_changed_address_no_longer_signs_in_and_is_told(client: Client, grace: User) -> None:
    """A16: changed by an administrator."""
    ada = person(Role.CUSTOMER)
    # Asking for a link makes the library keep the address.
    Client().post("/accounts/password/reset/", {"email": "ada@example.com"})
    mail.outbox.clear()
    assert change(client, ada, email="ada@example.org") == 302
    assert give_password(Client(), "ada@example.com").status_code == 200
    assert give_password(Client(), "ada@example.org").status_code == 302
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ada@example.com"], "Your sign-in address was changed")
    ]


def test_a_lost_phone_is_forgotten_and_the_person_is_told(client: Client, grace: User) -> None:
    ada = person()
    add_app(ada)
    add_app(grace)
    chosen = {"action": "remove_second_factor", "_selected_action": ada.pk}
    client.post(PEOPLE, chosen)
    assert (second_factor.is_set_up(ada), second_factor.is_set_up(grace)) == (False, True)
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ada@example.com"], "Your second step was removed")
    ]
