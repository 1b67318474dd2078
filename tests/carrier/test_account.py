"""Which addresses credentials may go to."""

from __future__ import annotations

import pytest

from carrier.account import CarrierSettings
from carrier.credentials import ClientCredentials
from tests.carrier.builders import BASIC, settings_at

HTTPS = "https://api.carrier.example/api/"


def settings(
    address: str, *, allow_plain_http: bool = False, account_id: str = "9900001"
) -> CarrierSettings:
    return CarrierSettings(
        account_id=account_id,
        credentials=BASIC,
        v1_base=HTTPS,
        v2_base=address,
        messaging_base=HTTPS,
        allow_plain_http=allow_plain_http,
    )


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8000/api/", "http://127.9.9.9/", "http://localhost/", "http://[::1]:80/"],
)
def test_plain_http_is_for_loopback_and_only_when_allowed(address: str) -> None:
    assert settings(address, allow_plain_http=True).v2_base == address
    with pytest.raises(ValueError, match="https"):
        settings(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://carrier.example/api/",
        "http://127.0.0.1.carrier.example/",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "",
        "https://",
        "https://user:secret-password@carrier.example/",
        "https://carrier.example/?a=b",
        "https://carrier.example/#x",
    ],
)
def test_an_unsafe_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="v2_base must") as caught:
        settings(address, allow_plain_http=True)
    assert "secret-password" not in str(caught.value)


def test_the_other_addresses_are_checked_as_well() -> None:
    client = ClientCredentials("http://carrier.example/token", "id", "secret")
    with pytest.raises(ValueError, match="token_url"):
        settings_at("http://127.0.0.1", credentials=client)
    with pytest.raises(ValueError, match="v1_base"):
        settings_at("http://127.0.0.1", v1_base="http://carrier.example/")


@pytest.mark.parametrize("account_id", ["", "../1", "99 00", "\uff11"])
def test_an_account_id_is_letters_digits_and_dashes(account_id: str) -> None:
    with pytest.raises(ValueError, match="account"):
        settings(HTTPS, account_id=account_id)


@pytest.mark.parametrize("base", ["https://api.carrier.example/api/v2", HTTPS + "v2/"])
def test_a_base_may_end_with_a_slash_or_not(base: str) -> None:
    url = settings(base).account_url("sites", "v2")
    assert url == "https://api.carrier.example/api/v2/accounts/9900001/sites"
