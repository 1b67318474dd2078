"""The headers of every kind of page that a browser shows."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from accounts.models import User
from accounts.rights import Role

pytestmark = pytest.mark.django_db

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def fail(request: HttpRequest) -> HttpResponse:
    """Stand in for a page with a fault in it."""
    raise RuntimeError("a fault in a page")


def sandboxed(request: HttpRequest) -> HttpResponse:
    """Stand in for a download that brings a stricter policy of its own."""
    return HttpResponse("x", headers={"Content-Security-Policy": "default-src 'none'; sandbox"})


urlpatterns = [
    path("fail", fail),
    path("admin/fail", fail),
    path("sandboxed", sandboxed),
    path("", include("portal.urls")),
]
handler500 = "portal.pages.server_error"


def policy(response: HttpResponse) -> dict[str, str]:
    """Return the Content-Security-Policy as directives and their sources."""
    parts = response.headers["Content-Security-Policy"].split("; ")
    return {name: sources for name, _, sources in (part.partition(" ") for part in parts)}


def other_headers(response: HttpResponse) -> list[str | None]:
    """Return the other headers that keep a browser careful."""
    names = ("X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options")
    return [response.headers.get(name) for name in names]


def get(path: str, **headers: str) -> Callable[[Client], HttpResponse]:
    """Return a visit of that address."""
    return lambda client: client.get(path, **headers)


def post_without_token(client: Client) -> HttpResponse:
    """Send the sign-in form as another site would."""
    return Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a"})


def ask_for_too_many_links(client: Client) -> HttpResponse:
    """Ask for reset links until the answer is 429."""
    for _ in range(6):
        response = client.post("/accounts/password/reset/", {"email": "a@example.com"})
    return response


PAGES = {
    "front page": (get("/"), 200),
    "sign-in": (get("/accounts/login/"), 200),
    "redirect": (get("/accounts/2fa/"), 302),
    "not found": (get("/nothing"), 404),
    "false host": (get("/", HTTP_HOST="evil.example"), 400),
    "without token": (post_without_token, 403),
    "too many tries": (ask_for_too_many_links, 429),
    "fault": (get("/fail"), 500),
    "reset link": (get("/accounts/password/reset/key/1-x/"), 200),
}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("kind", PAGES)
def test_every_page_has_the_strict_policy(client: Client, kind: str) -> None:
    """A17: every kind of answer that is a page."""
    client.raise_request_exception = False
    visit, status = PAGES[kind]
    response = visit(client)
    assert response.status_code == status
    assert policy(response) == STRICT
    assert other_headers(response) == ["nosniff", "same-origin", "DENY"]
    body = response.content.decode()
    assert [piece for piece in ("<script", "<style", " style=", " onclick=") if piece in body] == []


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("path", "status"), [("/admin/", 200), ("/admin/fail", 500)])
def test_only_the_admin_has_the_looser_policy(
    client: Client, settings: Settings, path: str, status: int
) -> None:
    """A17: what the theme of the staff pages needs, and nowhere else."""
    settings.SECOND_FACTOR_REQUIRED = False
    client.raise_request_exception = False
    client.force_login(User.objects.create_user("ada@example.com", role=Role.ADMIN))
    response = client.get(path)
    assert response.status_code == status
    looser = policy(response)
    assert "'unsafe-eval'" in looser.pop("script-src")
    assert looser.pop("style-src") == "'self' 'unsafe-inline'"
    assert looser == {k: v for k, v in STRICT.items() if k not in ("script-src", "style-src")}
    assert other_headers(response) == ["nosniff", "same-origin", "DENY"]


@pytest.mark.urls(__name__)
def test_a_page_keeps_a_policy_of_its_own(client: Client) -> None:
    assert policy(client.get("/sandboxed")) == {"default-src": "'none'", "sandbox": ""}


def test_https_is_remembered_by_the_browser_for_a_year(client: Client, settings: Settings) -> None:
    """A17: HSTS."""
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    secure = Client(headers={"X-Forwarded-Proto": "https"})
    assert secure.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/").headers
