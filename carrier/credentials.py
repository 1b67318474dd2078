"""How we prove who we are: Basic until the carrier retires it, OAuth2 client credentials after.

Source: the carrier's "credentials" pages; API users with Basic are removed on 2 Dec 2026.
"""

from base64 import b64encode
from dataclasses import dataclass


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


def basic_header(username: str, password: str) -> SecretText:
    """The value of an Authorization header for Basic authentication, in UTF-8."""
    return SecretText("Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii"))


def bearer_header(token: str) -> SecretText:
    """The value of an Authorization header for a bearer token."""
    return SecretText(f"Bearer {token}")
