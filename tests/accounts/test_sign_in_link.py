"""Signing in by a mailed link: once, within minutes, and for customers only."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django import urls
from django.core import mail
from django.core.management import call_command
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import SignInLink, User
from accounts.rights import Role
from accounts.views import sign_in_link
from numbering.models import Mail
from numbering.sealing import unseal
from tests.accounts.steps import add_app, person, without_token
from tests.portal.test_logs import Lines

pytestmark = pytest.mark.django_db
ASK = "/accounts/link/"
OVER = "This link does not work any more"


@pytest.fixture(autouse=True)
def _quick_answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the even answer time only where it is what is tested."""
    if not request.node.name.startswith("test_no_answer_comes_sooner"):
        monkeypatch.setattr(sign_in_link, "ANSWER_SECONDS", 0)


@pytest.fixture
def ada() -> User:
    """A customer."""
    return person(Role.CUSTOMER)


def ask(client: Client, email: str = "ada@example.com", **headers: str) -> HttpResponse:
    """Ask for a link."""
    return client.post(ASK, {"email": email}, **headers)


def mailed_path(client: Client, email: str = "ada@example.com", **fields: str) -> str:
    """Ask for a link and read its path in the mail."""
    client.post(ASK, {"email": email, **fields})
    (url,) = re.findall(r"https?://\S+", str(mail.outbox[-1].body))
    return str(url).removeprefix("http://localhost:8000")


def is_signed_in(client: Client) -> bool:
    """Return whether somebody is signed in in the browser."""
    return "_auth_user_id" in client.session


def test_the_button_behind_the_link_signs_in_once(client: Client, ada: User) -> None:
    path = mailed_path(client)
    response = client.post(path)
    assert response.headers["Location"] == "/my/"
    assert client.session["_auth_user_id"] == str(ada.pk)
    other = Client()
    again = other.post(path)
    assert (again.status_code, OVER in again.content.decode()) == (404, True)
    assert not is_signed_in(other)


def test_looking_uses_nothing_up(client: Client, ada: User) -> None:
    """A01: a mail scanner's HEAD, two GETs and a prefetch, then the person."""
    path = mailed_path(client)
    scanner = Client()
    looks = [
        scanner.head(path),
        scanner.get(path),
        scanner.get(path),
        scanner.get(path, headers={"Sec-Purpose": "prefetch", "Purpose": "prefetch"}),
    ]
    assert [look.status_code for look in looks] == [200] * 4
    assert not is_signed_in(scanner)
    assert SignInLink.objects.get().used_at is None
    assert client.post(path).status_code == 302
    assert is_signed_in(client)


def test_the_session_gets_a_new_key(client: Client, ada: User) -> None:
    path = mailed_path(client)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    client.post(path)
    assert is_signed_in(client)
    assert client.cookies["sessionid"].value != session.session_key


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Log as in production; put the root logger back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Lines(as_json=True)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_the_key_is_in_the_mail_and_nowhere_else(
    client: Client, ada: User, settings: Settings
) -> None:
    """A05: a live key is searched for in all of the database, the mail's row among it."""
    settings.EMAIL_BACKEND = "numbering.mail_backend.RowBackend"
    ask(client)
    (url,) = re.findall(r"https?://\S+", unseal(Mail.objects.get().sealed))
    path = url.removeprefix("http://localhost:8000")
    key = path.split("/")[-2]
    assert client.get(path).status_code == 200
    everything = io.StringIO()
    call_command("dumpdata", stdout=everything)
    assert "http://localhost:8000/accounts/link/[hidden]/" in everything.getvalue()
    assert key not in everything.getvalue()
    client.post(path)
    assert key not in str(dict(client.session))


def test_no_log_line_holds_the_key(client: Client, ada: User, lines: Lines) -> None:
    """A05: neither a form without its token, nor a wrong method, nor a link that is over."""
    path = mailed_path(client)
    answers = [
        Client(enforce_csrf_checks=True).post(path).status_code,
        client.put(path).status_code,
        client.post(path).status_code,
        client.get(path).status_code,
    ]
    assert answers == [403, 405, 302, 404]
    written = "\n".join(lines.read())
    assert written.count("/accounts/link/***/") == 3
    assert path.split("/")[-2] not in written


def fail(request: HttpRequest, key: str) -> HttpResponse:
    """Stand in for a page with a fault in it that quotes its own address."""
    raise RuntimeError(f"a fault at {request.path}")


urlpatterns = [
    urls.path("accounts/link/<str:key>/", fail),
    urls.path("", urls.include("portal.urls")),
]
handler500 = "portal.pages.server_error"


@pytest.mark.urls(__name__)
def test_a_fault_behind_a_link_is_reported_without_its_key(client: Client, lines: Lines) -> None:
    """A05: the error report is the log, tracebacks among it."""
    client.raise_request_exception = False
    answer = client.get("/accounts/link/live-key_1/")
    written = "\n".join(lines.read())
    assert (answer.status_code, "live-key_1" in answer.content.decode()) == (500, False)
    assert ("RuntimeError" in written, "live-key_1" in written) == (True, False)
    assert mail.outbox == []


def test_the_pages_with_a_key_name_only_the_host_in_the_referer(client: Client, ada: User) -> None:
    """A05: what follows such a page does not get its address."""
    path = mailed_path(client)
    policies = [client.get(p).headers["Referrer-Policy"] for p in (path, "/link/some-key/", ASK)]
    assert policies == ["strict-origin", "strict-origin", "same-origin"]
    assert "no-store" in client.get(path).headers["Cache-Control"]


def test_one_address_gets_five_links_an_hour_and_none_of_them_is_lost(
    client: Client, ada: User
) -> None:
    """A07: thirty requests from as many clients; the first link still signs the person in."""
    path = mailed_path(client, REMOTE_ADDR="203.0.113.1")
    answers = [
        ask(Client(), "ADA@example.com", REMOTE_ADDR=f"203.0.113.{number}").status_code
        for number in range(2, 31)
    ]
    assert answers == [302] * 4 + [429] * 25
    assert [message.to for message in mail.outbox] == [["ada@example.com"]] * 5
    assert client.post(path).status_code == 302


def test_one_client_is_slowed_whatever_addresses_it_types(client: Client) -> None:
    """A07: the other limit."""
    answers = [ask(client, f"someone{number}@example.com").status_code for number in range(21)]
    assert answers == [302] * 20 + [429]


def test_the_link_carries_the_configured_host(
    client: Client, ada: User, settings: Settings
) -> None:
    """A08: whatever host the request names; a false one is refused."""
    settings.SITE_URL = "https://portal.example"
    ask(client, HTTP_X_FORWARDED_HOST="evil.example")
    assert "https://portal.example/accounts/link/" in str(mail.outbox[0].body)
    assert ask(client, HTTP_HOST="evil.example").status_code == 400
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("who", ["nobody", "staff", "switched off"])
def test_the_answer_is_the_same_for_whom_no_link_is_mailed(client: Client, who: str) -> None:
    person(Role.CUSTOMER, "customer@example.com")
    if who != "nobody":
        person(Role.SUPPORT if who == "staff" else Role.CUSTOMER)
        User.objects.filter(email="ada@example.com").update(is_active=who == "staff")
    pages = [
        without_token(client.post(ASK, {"email": email}, follow=True))
        for email in ("ada@example.com", "customer@example.com")
    ]
    assert pages[0] == pages[1]
    assert [message.to for message in mail.outbox] == [["customer@example.com"]]


def test_no_answer_comes_sooner_than_the_others_whether_a_mail_is_written_or_not(
    client: Client, ada: User
) -> None:
    seconds = []
    for email in ("ada@example.com", "nobody@example.com"):
        begun = time.monotonic()
        ask(client, email)
        seconds.append(time.monotonic() - begun)
    assert min(seconds) >= sign_in_link.ANSWER_SECONDS


@pytest.mark.parametrize("change", ["time", "role", "switched off", "address"])
def test_a_link_follows_what_the_person_is_now(client: Client, ada: User, change: str) -> None:
    path = mailed_path(client)
    if change == "time":
        SignInLink.objects.update(expires_at=Now() - timedelta(seconds=1))
    else:
        fields = {
            "role": {"role": Role.ADMIN},
            "switched off": {"is_active": False},
            "address": {"email": "ada@example.org"},
        }
        User.objects.update(**fields[change])
    assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    assert not is_signed_in(client)


def test_signing_in_ends_the_persons_other_links_and_nobody_elses(
    client: Client, ada: User
) -> None:
    person(Role.CUSTOMER, "bob@example.com")
    first, second = mailed_path(client), mailed_path(client)
    bobs = mailed_path(client, "bob@example.com")
    client.post(second)
    assert [Client().get(path).status_code for path in (first, bobs)] == [404, 200]


def test_the_link_replaces_somebody_else_who_is_signed_in_in_the_browser(
    client: Client, ada: User
) -> None:
    bob = person(Role.CUSTOMER, "bob@example.com")
    client.force_login(bob)
    client.post(mailed_path(client))
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_a_second_factor_that_a_customer_has_is_asked_for(client: Client, ada: User) -> None:
    add_app(ada)
    assert client.post(mailed_path(client)).headers["Location"] == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("asked", "reached"),
    [("/my/orders/5/", "/my/orders/5/"), ("https://evil.example/", "/my/"), ("//evil/", "/my/")],
)
def test_the_link_leads_back_to_the_page_that_asked_for_signing_in_and_to_no_other_site(
    client: Client, ada: User, asked: str, reached: str
) -> None:
    path = mailed_path(client, next=asked)
    assert client.post(path).headers["Location"] == reached


def test_a_form_that_is_not_right_says_so_and_keeps_what_was_typed(client: Client) -> None:
    page = ask(client, "ada(at)example.com").content.decode()
    assert ("This is no e-mail address." in page, 'value="ada(at)example.com"' in page) == (
        True,
        True,
    )


def test_the_sign_in_page_offers_customers_a_link(client: Client) -> None:
    page = client.get("/accounts/login/?next=/my/orders/5/").content.decode()
    assert 'href="/accounts/link/?next=%2Fmy%2Forders%2F5%2F"' in page
