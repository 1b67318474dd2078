"""Which account, where, and how patiently we ask: everything a client needs to know."""

import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from carrier.credentials import BasicCredentials, ClientCredentials
from carrier.identifiers import checked_word_id

ApiVersion = Literal["v1", "v2"]
Interface = ApiVersion | Literal["messaging"]


@dataclass(frozen=True)
class CarrierSettings:
    """One account at the carrier.

    Bases end where `accounts/…` begins, the one for messages where `users/…` begins. Times are
    seconds; `call_timeout` is for a whole call with its token and repeats. `answer_limit` is in
    unpacked bytes. `read_attempts` is for GETs only. `allow_plain_http` permits `http://` to
    loopback addresses, for tests and demonstration.

    Raises ValueError for an address that is not safe to send credentials to.
    """

    account_id: str
    credentials: BasicCredentials | ClientCredentials
    v1_base: str
    v2_base: str
    messaging_base: str
    api_version: ApiVersion = "v2"
    connect_timeout: float = 5.0
    call_timeout: float = 30.0
    answer_limit: int = 5 * 1024 * 1024
    read_attempts: int = 3
    pool_size: int = 32
    allow_plain_http: bool = False

    def __post_init__(self) -> None:
        checked_word_id(self.account_id, "account")
        self._check_address("v1_base", self.v1_base)
        self._check_address("v2_base", self.v2_base)
        self._check_address("messaging_base", self.messaging_base)
        if isinstance(self.credentials, ClientCredentials):
            self._check_address("token_url", self.credentials.token_url)
        if self.api_version not in ("v1", "v2"):
            raise ValueError("api_version must be v1 or v2")

    def account_url(self, path: str, version: Interface) -> str:
        """The address of a resource of this account; `path` has been checked by its caller."""
        if version == "messaging":
            return f"{self.messaging_base.rstrip('/')}/users/{self.account_id}/{path}"
        base = self.v1_base if version == "v1" else self.v2_base
        return f"{base.rstrip('/')}/accounts/{self.account_id}/{path}"

    def _check_address(self, name: str, address: str) -> None:
        # The address itself stays out of the messages: it may hold user info.
        parts = urlsplit(address)
        if parts.username is not None or parts.password is not None:
            raise ValueError(f"{name} must not hold a user name or password")
        if not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{name} must be an address with a host and without query or fragment")
        if parts.scheme == "https":
            return
        if parts.scheme != "http":
            raise ValueError(f"{name} must begin with https://")
        if not (self.allow_plain_http and _is_loopback(parts.hostname)):
            raise ValueError(f"{name} must begin with https:// (plain http is for loopback tests)")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
