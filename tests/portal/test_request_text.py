"""Requests whose texts nobody can read: an answer in plain words, never a fault of ours."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.rights import Role
from numbering.models import Subscriber
from portal.request_text import largest_body
from portal.wsgi import application
from tests import builders

pytestmark = pytest.mark.django_db

# Each is known to Python. Half a character in UTF-7, and as Python writes it.
HALF = "+2AA-\\ud800"
CHARACTER_SETS = ["utf-7", "utf-16", "unicode_escape", "hex", "zlib", "undefined", "idna"]
PAGES = ["/accounts/login/", "/verify/x/", "/admin/numbers/telephonenumber/", "/no/such/page/"]


def answered(path: str, **environ: Any) -> int:
    """Ask as the application server does; give the status."""
    body = environ.pop("body", b"")
    told: list[str] = []
    values = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "CONTENT_LENGTH": str(len(body)),
        **environ,
    }
    b"".join(application(values, lambda status, headers: told.append(status)))
    return int(told[0][:3])


@pytest.mark.parametrize("charset", CHARACTER_SETS)
def test_a_form_in_another_character_set_is_refused_in_words(charset: str) -> None:
    """R17: neither read wrongly nor answered with a fault, signed in or not."""
    multipart = f'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n{HALF}\r\n--x--\r\n'
    for kind, body in (
        ("application/x-www-form-urlencoded", f"login={quote(HALF)}"),
        ("multipart/form-data; boundary=x", multipart),
    ):
        response = Client().generic(
            "POST", "/accounts/login/", body, content_type=f"{kind}; charset={charset}"
        )
        assert (response.status_code, response.content) == (415, b"Send forms in UTF-8.\n")


@pytest.mark.parametrize("charset", CHARACTER_SETS)
def test_an_address_is_utf8_whatever_the_request_claims(sign_in: Any, charset: str) -> None:
    """R17: a search is one for its own letters, and half a character never reaches the database."""
    desk = sign_in(builders.person(Role.ADMIN))
    found = Subscriber.objects.create(name="Zoë +2AA-")
    for term in ("Zoë", "+2AA-"):
        response = desk.generic(
            "GET",
            f"/admin/numbers/subscriber/?q={quote(term)}",
            content_type=f"text/plain; charset={charset}",
        )
        assert list(response.context["cl"].result_list) == [found]


@pytest.mark.parametrize(
    "cookies",
    [
        r'sessionid="abcdefghijklm\000"',
        r'sessionid="\377\376\000abcdefgh"; csrftoken="\000"; messages="\000:\000"',
        "sessionid=" + "é" * 20,
        'sessionid="' + "a" * 5000 + '"',
        "sessionid=abcdefgh\ud800",
    ],
)
@pytest.mark.parametrize("path", PAGES)
def test_a_cookie_that_cannot_be_ours_is_none(path: str, cookies: str) -> None:
    """R17: a cookie can spell a NUL by its number; PostgreSQL takes none."""
    header = cookies.encode("utf-8", "surrogatepass").decode("latin-1")
    for method in ("GET", "POST"):
        browser = Client(raise_request_exception=False)
        assert browser.generic(method, path, HTTP_COOKIE=header).status_code < 500


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain; charset*=undefined''%41",
        "text/plain; charset*=utf-7''%2B2AA-",
        "text/plain; charset*=nosuch''%41",
        "multipart/form-data; boundary*=idna''" + "%41" * 300,
    ],
)
def test_a_content_type_that_cannot_be_read_is_a_bad_request(content_type: str) -> None:
    """W17, at every other door: Django itself has no answer to it."""
    for path in PAGES:
        assert answered(path, CONTENT_TYPE=content_type, body=b"x") == 400
    assert answered("/webhooks/orders/", CONTENT_TYPE=content_type, body=b"x") == 401


def test_a_body_that_is_far_too_large_is_not_read() -> None:
    """U26: who is not even signed in fills no disk."""
    most = largest_body()
    for announced, status in ((str(most + 1), 413), ("9" * 5000, 400), ("x", 400)):
        kind = "multipart/form-data; boundary=x"
        answer = answered(
            "/accounts/login/",
            CONTENT_TYPE=kind,
            CONTENT_LENGTH=announced,
            **{"wsgi.input": None},
        )
        assert answer == status
