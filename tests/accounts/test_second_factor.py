"""The second factor: set up, shown, refused, and the staff door that asks for it."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.rights import Role
from tests.accounts.steps import (
    add_app,
    code,
    give_code,
    give_password,
    person,
    recovery_codes,
    set_up_app,
)

# Setting up an app notes the proof on commit, so that these tests commit.
pytestmark = pytest.mark.django_db(transaction=True)
STAFF = [Role.ADMIN, Role.SUPPORT, Role.FINANCE]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Hold the clock in the middle of a code's 30 seconds."""
    start = datetime(2026, 11, 21, 9, 0, 10, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as coordinates:
        yield coordinates


def staff_page(client: Client) -> tuple[int, str]:
    """Ask for the workplace; return the status and where it leads."""
    response = client.get("/admin/")
    return response.status_code, response.headers.get("Location", "")


@pytest.mark.parametrize("role", STAFF)
def test_staff_without_one_are_led_to_set_it_up_and_see_no_staff_page(
    client: Client, role: str
) -> None:
    """A13: the password only."""
    person(role)
    assert give_password(client).headers["Location"] == "/admin/"
    assert staff_page(client) == (302, "/accounts/2fa/totp/activate/?next=%2Fadmin%2F")


def test_setting_it_up_opens_the_staff_pages_and_shows_recovery_codes(client: Client) -> None:
    ada = person()
    give_password(client)
    _, answer = set_up_app(client)
    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert [f"<li>{value}</li>" in page for value in recovery_codes(ada)] == [True] * 10
    assert staff_page(client) == (200, "")
    assert [m.subject for m in mail.outbox] == ["Your second step was set up"]


def test_password_then_code_opens_the_staff_pages(client: Client) -> None:
    add_app(person())
    assert give_password(client).headers["Location"] == "/accounts/2fa/authenticate/"
    assert staff_page(client) == (302, "/accounts/login/?next=/admin/")
    assert give_code(client, code()).headers["Location"] == "/admin/"
    assert staff_page(client) == (200, "")


def test_a_code_is_taken_once(client: Client) -> None:
    """A13: a code used twice."""
    add_app(person())
    give_password(client)
    give_code(client, code())
    other = Client()
    give_password(other)
    refused = give_code(other, code())
    assert refused.context["form"].errors["code"] == [
        "This code is not right, or was used already. Wait for the next one."
    ]
    assert "_auth_user_id" not in other.session


def test_the_code_that_set_it_up_does_not_sign_in(client: Client) -> None:
    person()
    give_password(client)
    secret, _ = set_up_app(client)
    other = Client()
    give_password(other)
    assert give_code(other, code(secret)).status_code == 200
    assert "_auth_user_id" not in other.session


def test_the_next_code_is_taken_after_a_used_one(
    client: Client, clock: time_machine.Traveller
) -> None:
    add_app(person())
    give_password(client)
    give_code(client, code())
    clock.shift(30)
    other = Client()
    give_password(other)
    assert give_code(other, code()).status_code == 302


@pytest.mark.parametrize("seconds_ago", [30, 120, -120])
def test_a_code_of_another_time_is_refused(client: Client, seconds_ago: int) -> None:
    """A13: a code of two minutes ago, among others."""
    add_app(person())
    give_password(client)
    assert give_code(client, code(seconds_ago=seconds_ago)).status_code == 200
    assert "_auth_user_id" not in client.session


def test_guessing_codes_is_slowed_and_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    ada = person()
    add_app(ada)
    give_password(client)
    with caplog.at_level(logging.WARNING, "accounts.second_factor"):
        for _ in range(5):
            give_code(client, "000000")
    assert caplog.messages == [f"second factor refused: person {ada.pk}"] * 5
    # Even the right one has to wait now.
    assert give_code(client, code()).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_recovery_code_stands_in_for_the_app_once(client: Client) -> None:
    ada = person()
    add_app(ada)
    spare = recovery_codes(ada)[0]
    give_password(client)
    give_code(client, spare)
    assert staff_page(client) == (200, "")
    other = Client()
    give_password(other)
    assert give_code(other, spare).status_code == 200
    assert len(recovery_codes(ada)) == 9


def test_a_session_older_than_the_app_has_to_show_it_too(client: Client) -> None:
    ada = person()
    give_password(client)
    add_app(ada)
    assert staff_page(client) == (302, "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F")
    answer = client.post("/accounts/2fa/reauthenticate/?next=/admin/", {"code": code()})
    assert answer.headers["Location"] == "/admin/"
    assert staff_page(client) == (200, "")


def test_a_password_alone_does_not_remove_the_app(client: Client) -> None:
    ada = person()
    give_password(client)
    add_app(ada)
    for path in ("totp/deactivate/", "recovery-codes/", "recovery-codes/generate/"):
        answer = client.post(f"/accounts/2fa/{path}")
        assert answer.status_code in (302, 405)
    by_password = client.post("/accounts/reauthenticate/", {"password": "quiet river under maple"})
    assert by_password.headers["Location"] == "/accounts/2fa/reauthenticate/"
    assert Authenticator.objects.filter(user=ada).count() == 2


def test_removing_the_app_closes_the_staff_pages(client: Client) -> None:
    add_app(person())
    give_password(client)
    give_code(client, code())
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.count() == 0
    assert staff_page(client)[1] == "/accounts/2fa/totp/activate/?next=%2Fadmin%2F"


def test_customers_need_none_and_find_no_staff_page(client: Client) -> None:
    person(Role.CUSTOMER)
    give_password(client)
    for path in ("/admin/", "/admin/login/", "/admin/accounts/user/", "/admin/nothing/"):
        assert client.get(path).status_code == 404


def test_a_role_taken_away_closes_the_staff_pages_at_the_next_click(client: Client) -> None:
    """P09: with a second factor."""
    ada = person()
    add_app(ada)
    give_password(client)
    give_code(client, code())
    assert staff_page(client) == (200, "")
    User.objects.filter(pk=ada.pk).update(role=Role.CUSTOMER)
    assert staff_page(client) == (404, "")


def test_a_role_given_asks_for_a_second_factor_first(client: Client) -> None:
    ada = person(Role.CUSTOMER)
    give_password(client)
    User.objects.filter(pk=ada.pk).update(role=Role.ADMIN)
    assert staff_page(client) == (302, "/accounts/2fa/totp/activate/?next=%2Fadmin%2F")


def test_a_demonstration_may_do_without(client: Client, settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    person()
    give_password(client)
    assert staff_page(client) == (200, "")


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/accounts/user/", "/admin/x"])
def test_strangers_are_sent_to_sign_in_from_every_staff_address(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"
    assert client.post(path, {"username": "a", "password": "b"}).status_code == 302


def test_the_admin_has_no_sign_in_form_of_its_own(client: Client, settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    client.force_login(person())
    assert client.get("/admin/login/?next=/admin/x/").headers["Location"] == "/admin/x/"
    assert client.get("/admin/login/?next=//evil.example").headers["Location"] == "/admin/"
    assert client.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"
    client.post("/admin/logout/")
    assert "_auth_user_id" not in client.session
