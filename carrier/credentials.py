"""How we prove who we are: Basic until the carrier retires it, OAuth2 client credentials after.

Source: the carrier's "credentials" pages; API users with Basic are removed on 2 Dec 2026.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote

_WAYS = (True, False)  # of writing what is not ASCII: escaped, and as it is


@dataclass(frozen=True, repr=False)
class BasicCredentials:
    """An API user's name and password, both case-sensitive."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "BasicCredentials(…)"


@dataclass(frozen=True, repr=False)
class ClientCredentials:
    """An OAuth2 client that trades its id and secret for bearer tokens at `token_url`."""

    token_url: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return "ClientCredentials(…)"


class SecretText(str):
    """A secret on its way into a header. Crash reports print the repr of what they find."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SecretText(…)"


class SecretBytes(bytes):
    """A body with a secret in it, for the same reason."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SecretBytes(…)"


def spellings(secret: str) -> tuple[str, ...]:
    """A secret in every form in which an answer could repeat it, the longest first."""
    forms = {secret}
    for _ in range(2):  # as it is sent, and that once more as text in another body
        forms |= {json.dumps(text, ensure_ascii=way)[1:-1] for text in forms for way in _WAYS}
    forms |= {text.replace("/", "\\/") for text in forms}
    forms |= {quote(secret), quote(secret, safe="")}
    return tuple(sorted(forms, key=len, reverse=True))


def basic_header(username: str, password: str) -> SecretText:
    """The value of an Authorization header for Basic authentication, in UTF-8."""
    return SecretText("Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii"))


def bearer_header(token: str) -> SecretText:
    """The value of an Authorization header for a bearer token."""
    return SecretText(f"Bearer {token}")
