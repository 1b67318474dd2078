"""Signing in with a password, and setting a forgotten one anew."""

import logging
import re
import socket

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.rights import Role
from tests.accounts.steps import PASSWORD, add_app, give_password, person, without_token

pytestmark = pytest.mark.django_db


def ask_for_link(client: Client, email: str = "ada@example.com", **headers: str) -> str:
    """Ask for a reset link; return the address the browser is sent to, or the status."""
    response = client.post("/accounts/password/reset/", {"email": email}, **headers)
    return str(response.headers.get("Location", response.status_code))


def link_in(message: mail.EmailMessage) -> str:
    """Return the only link of a reset mail."""
    (link,) = re.findall(r"https?://\S+", str(message.body))
    return link


def test_the_right_password_signs_a_customer_in(client: Client) -> None:
    ada = person(Role.CUSTOMER)
    form = {"login": "ADA@example.com", "password": PASSWORD}
    assert client.post("/accounts/login/", form).headers["Location"] == "/my/"
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_a_wrong_password_and_an_unknown_address_look_the_same(client: Client) -> None:
    person()
    wrong = give_password(client, "ada@example.com", "not the password")
    unknown = give_password(client, "bob@example.com", "not the password")
    assert wrong.status_code == unknown.status_code == 200
    assert without_token(wrong).replace("ada@", "bob@") == without_token(unknown)
    assert "The e-mail address or the password is not right." in without_token(unknown)


def test_somebody_switched_off_is_told_so_only_with_the_right_password(client: Client) -> None:
    User.objects.filter(pk=person().pk).update(is_active=False)
    assert give_password(client, password="wrong").status_code == 200
    assert give_password(client).headers["Location"] == "/accounts/inactive/"
    assert "_auth_user_id" not in client.session


def test_somebody_switched_off_is_signed_out_at_the_next_click(client: Client) -> None:
    ada = person(Role.CUSTOMER)
    client.force_login(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    response = client.get("/accounts/2fa/")
    assert response.headers["Location"] == "/accounts/login/?next=/accounts/2fa/"


def test_guessing_is_slowed_and_logged_without_the_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    person()
    with caplog.at_level(logging.WARNING, "accounts.adapter"):
        pages = [without_token(give_password(client, password="wrong")) for _ in range(6)]
    assert ["Too many tries" in page for page in pages] == [False] * 5 + [True]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        *["sign-in refused"] * 5,
        "sign-in slowed",
    ]
    assert "example.com" not in caplog.text


def test_a_stranger_who_guesses_does_not_lock_the_person_out(client: Client) -> None:
    person(Role.CUSTOMER)
    for _ in range(6):
        give_password(Client(), password="wrong", REMOTE_ADDR="203.0.113.9")
    slowed = give_password(Client(), REMOTE_ADDR="203.0.113.9")
    assert "Too many tries" in slowed.content.decode()
    assert give_password(client, REMOTE_ADDR="198.51.100.7").status_code == 302


def test_the_proxy_names_the_client_and_the_client_cannot(settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    person(Role.CUSTOMER)
    for made_up in range(6):
        forwarded = f"10.0.0.{made_up}, 203.0.113.9"
        last = give_password(Client(), password="wrong", HTTP_X_FORWARDED_FOR=forwarded)
    assert "Too many tries" in last.content.decode()
    assert give_password(Client(), HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:1"])
def test_signing_in_leads_to_no_other_site(client: Client, target: str) -> None:
    person(Role.CUSTOMER)
    form = {"login": "ada@example.com", "password": PASSWORD, "next": target}
    assert client.post("/accounts/login/", form).headers["Location"] == "/my/"


@pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "password/set/x/", ""])
def test_nobody_signs_up_or_manages_addresses(client: Client, path: str) -> None:
    assert client.get(f"/accounts/{path}").status_code == 404
    assert client.post(f"/accounts/{path}").status_code == 404


def test_signing_out_takes_a_click_not_a_visit(client: Client) -> None:
    client.force_login(person(Role.CUSTOMER))
    client.get("/accounts/logout/")
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("fourteen chars", "This password is too short. It must contain at least 15 characters."),
        ("fifteen chars ok", ""),
        ("quiet river " * 7 + "maple", ""),
        ("žluťoučký kůň 馬 úpěl", ""),
        ("manchesterunited", "This password is too common."),
        ("passwordpassword", "This is one short piece again and again, which is soon guessed."),
        ("AAAAAAAAAAAAAAAA", "This is one short piece again and again, which is soon guessed."),
        ("qwertyuiopasdfghjkl", "This is a row of neighbouring keys, which is soon guessed."),
        ("098765432109876", "This is a row of neighbouring keys, which is soon guessed."),
        ("ada@example.com.", "The password is too similar to the e-mail address."),
    ],
)
def test_password_rules(client: Client, password: str, complaint: str) -> None:
    """A12: length, spaces and Unicode, well-known ones; no rule of composition."""
    client.force_login(person(Role.CUSTOMER))
    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    response = client.post("/accounts/password/change/", form)
    errors = [] if response.status_code == 302 else response.context["form"].errors["password1"]
    assert errors == ([complaint] if complaint else [])
    assert User.objects.get().check_password(password) is not bool(complaint)


@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/password/change/"])
def test_a_password_may_be_pasted_and_is_not_cut(client: Client, page: str) -> None:
    """A12: no script that could catch it, no length that cuts it, and its manager is told."""
    if "change" in page:
        client.force_login(person(Role.CUSTOMER))
    body = client.get(page).content.decode()
    fields = re.findall(r'<input[^>]*type="password"[^>]*>', body)
    assert ("<script" in body, "onpaste" in body, len(fields) > 0) == (False, False, True)
    assert [field for field in fields if "maxlength" in field] == []
    assert all(re.search('autocomplete="(new|current)-password"', field) for field in fields)


def test_a_new_password_ends_the_other_sessions_and_is_announced(client: Client) -> None:
    ada = person(Role.CUSTOMER)
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.force_login(ada)
    new = "another maple river"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post("/accounts/password/change/", form)
    assert client.get("/accounts/2fa/").status_code == 200
    assert elsewhere.get("/accounts/2fa/").status_code == 302
    assert [(m.to, m.subject) for m in mail.outbox] == [
        (["ada@example.com"], "Your password was changed")
    ]


def test_asking_for_a_link_says_nothing_about_the_address(client: Client) -> None:
    person()
    assert ask_for_link(client) == ask_for_link(client, "bob@example.com")
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]


def test_a_mail_server_that_is_away_shows_in_no_answer(client: Client, settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = unused.getsockname()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        person()
        assert ask_for_link(client) == "/accounts/password/reset/done/"


def test_the_link_carries_the_configured_host(client: Client, settings: Settings) -> None:
    """A08: reset links."""
    settings.SITE_URL = "https://portal.example"
    person()
    ask_for_link(client, HTTP_X_FORWARDED_HOST="evil.example")
    assert link_in(mail.outbox[0]).startswith("https://portal.example/accounts/password/reset/")


def test_a_false_host_is_refused(client: Client) -> None:
    """A08: nothing is mailed."""
    person()
    assert ask_for_link(client, HTTP_HOST="evil.example") == "400"
    assert mail.outbox == []


def test_the_link_sets_a_password_once_and_a_visit_uses_nothing_up(
    client: Client, settings: Settings
) -> None:
    """A01: reset links."""
    settings.SITE_URL = "http://testserver"
    person(Role.CUSTOMER)
    ask_for_link(client)
    link = link_in(mail.outbox[0])
    for _ in range(2):  # a mail scanner, twice
        Client().get(link, follow=True)
    form = {"password1": "another maple river", "password2": "another maple river"}
    page = client.get(link, follow=True).redirect_chain[-1][0]
    assert client.post(page, form).status_code == 302
    assert User.objects.get().check_password("another maple river")
    again = client.get(link, follow=True)
    assert "This link does not work any more" in again.content.decode()


def test_a_new_password_does_not_replace_the_second_factor(
    client: Client, settings: Settings
) -> None:
    settings.SITE_URL = "http://testserver"
    add_app(person())
    ask_for_link(client)
    page = client.get(link_in(mail.outbox[0]), follow=True).redirect_chain[-1][0]
    client.post(page, {"password1": "another maple river", "password2": "another maple river"})
    response = give_password(client, password="another maple river")
    assert response.headers["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session


def test_one_address_gets_five_links_an_hour_at_most(client: Client) -> None:
    """A07: reset links; test_sign_in_link has those that sign in."""
    person()
    answers = [ask_for_link(client) for _ in range(6)]
    assert answers == ["/accounts/password/reset/done/"] * 5 + ["429"]
    assert len(mail.outbox) == 5


def test_the_first_administrator_is_made_from_the_environment(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Grace@Example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, verbosity=0)
    assert User.objects.values_list("email", "role").get() == ("grace@example.com", Role.ADMIN)
    assert give_password(client, "grace@example.com").headers["Location"] == "/admin/"
