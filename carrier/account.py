"""Which account, where, and how patiently we ask: everything a client needs to know."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from carrier.credentials import BasicCredentials, ClientCredentials
from carrier.identifiers import checked_word_id

ApiVersion = Literal["v1", "v2"]
Interface = ApiVersion | Literal["messaging", "platform"]


@dataclass(frozen=True)
class CarrierSettings:
    """One account at the carrier.

    It has the three bases of the dashboard, or else `platform_base` alone: the older platform has
    users and credentials of its own, which must reach no other host. Bases end where `accounts/…`
    begins, those for messages and of the platform where `users/…` begins. Times are seconds;
    `call_timeout` is for a whole call with its token and repeats. `answer_limit` is in unpacked
    bytes. `read_attempts` is for GETs only. `allow_plain_http` permits `http://` to loopback
    addresses, for tests and demonstration. `other_secrets` are credentials that only some calls
    send in their bodies, and any answer may repeat.

    Raises ValueError for an address that is not safe to send credentials to.
    """

    account_id: str
    credentials: BasicCredentials | ClientCredentials
    v1_base: str = ""
    v2_base: str = ""
    messaging_base: str = ""
    platform_base: str = ""
    api_version: ApiVersion = "v2"
    connect_timeout: float = 5.0
    call_timeout: float = 30.0
    answer_limit: int = 5 * 1024 * 1024
    read_attempts: int = 3
    pool_size: int = 32
    allow_plain_http: bool = False
    other_secrets: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        checked_word_id(self.account_id, "account")
        dashboard = {
            "v1_base": self.v1_base,
            "v2_base": self.v2_base,
            "messaging_base": self.messaging_base,
        }
        if self.platform_base:
            if any(dashboard.values()):
                raise ValueError("an account of the older platform has a platform_base only")
            self._check_address("platform_base", self.platform_base)
        else:
            for name, address in dashboard.items():
                self._check_address(name, address)
        if isinstance(self.credentials, ClientCredentials):
            self._check_address("token_url", self.credentials.token_url)
        if self.api_version not in ("v1", "v2"):
            raise ValueError("api_version must be v1 or v2")

    def account_url(self, path: str, version: Interface) -> str:
        """The address of a resource of this account; `path` has been checked by its caller.

        A path that begins with a slash stands beside the accounts, such as `/tns/…`. Raises
        ValueError when the account is none of that interface.
        """
        bases = {
            "v1": self.v1_base,
            "v2": self.v2_base,
            "messaging": self.messaging_base,
            "platform": self.platform_base,
        }
        base = bases[version].rstrip("/")
        if not base:
            raise ValueError(f"this account has no {version} interface")
        if path.startswith("/"):
            return base + path
        owners = "users" if version in ("messaging", "platform") else "accounts"
        return f"{base}/{owners}/{self.account_id}/{path}"

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
