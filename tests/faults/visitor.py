"""An administrator at the portal's pages, over HTTP."""

import http.client
import re
import secrets
from dataclasses import dataclass
from html import unescape
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.rights import Role
from tests import builders

_TAGS = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Page:
    """What came back: the status, the markup, and the address of a redirect."""

    status: int
    markup: str
    location: str

    def says(self, words: str) -> bool:
        """Whether the words stand on the page, whatever markup is around them."""
        text = " ".join(unescape(_TAGS.sub(" ", self.markup)).split())
        return words in text


class Visitor:
    """Signed in already; keeps cookies, follows the redirect after a form."""

    def __init__(self, port: int) -> None:
        self._port = port
        person = builders.person(Role.ADMIN)
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        self._cookies = {settings.SESSION_COOKIE_NAME: session.session_key}

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._ask("GET", path, b"", {})

    def send_file(self, path: str, *, name: str, kind: str, content: bytes) -> Page:
        """Open a page with a form, send it with a file, and follow where that leads."""
        token = _TOKEN.search(self.get(path).markup)
        boundary = secrets.token_hex(16)
        parts = [
            _part(boundary, "csrfmiddlewaretoken", token[1].encode() if token else b""),
            _part(boundary, "signer", b"Maria Lopez"),
            _part(boundary, "file", content, file_name=name, kind=kind),
            f"--{boundary}--\r\n".encode(),
        ]
        form = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        page = self._ask("POST", path, b"".join(parts), form)
        return self.get(page.location) if page.location else page

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        origin = f"http://127.0.0.1:{self._port}"
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, {**headers, "Cookie": cookies, "Origin": origin})
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self._cookies[name] = value
            markup = answer.read().decode("utf-8", "replace")
            return Page(answer.status, markup, answer.headers.get("Location", ""))
        finally:
            connection.close()


def _part(
    boundary: str, field: str, content: bytes, *, file_name: str = "", kind: str = ""
) -> bytes:
    named = f'; filename="{file_name}"\r\nContent-Type: {kind}' if file_name else ""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"
