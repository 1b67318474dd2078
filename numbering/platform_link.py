"""Reads the settings of the older platform (V1) and hands out the one client of this process."""

import threading
from functools import lru_cache

from django.conf import settings

from carrier.account import CarrierSettings
from carrier.client import Carrier
from carrier.credentials import BasicCredentials, SecretText
from carrier.platform_records import DashboardAccount
from numbering.carrier_link import CarrierNotConfigured, keep_exchange

_lock = threading.Lock()


class PlatformNotConfigured(CarrierNotConfigured):
    """The older platform is not set up; the message names the settings that are missing."""


def get_platform() -> Carrier:
    """Return this process's client of the older platform, with one connection for each import.

    Raises PlatformNotConfigured when the settings are missing or cannot be used.
    """
    _require("user_id", "api_token", "api_secret")
    try:
        # No local names for secrets: a crash report prints them. These objects hide theirs.
        account = CarrierSettings(
            account_id=settings.PLATFORM["user_id"],
            credentials=BasicCredentials(
                settings.PLATFORM["api_token"], settings.PLATFORM["api_secret"]
            ),
            platform_base=settings.PLATFORM["base"],
            call_timeout=float(str(settings.CARRIER["call_timeout"])),
            pool_size=settings.PLATFORM_CONCURRENCY,
            allow_plain_http=bool(settings.CARRIER["allow_plain_http"]),
            # It goes out in imports only, and an answer to any call may repeat it.
            other_secrets=(SecretText(settings.PLATFORM["dashboard_password"]),),
        )
    except ValueError as error:
        raise PlatformNotConfigured(
            f"The older platform is not set up: PLATFORM_BASE or PLATFORM_USER_ID: {error}."
        ) from None
    with _lock:
        return _build(account)


def dashboard_account() -> DashboardAccount:
    """Return the account that numbers are imported from, with a user who may do so.

    Raises PlatformNotConfigured when the settings are missing.
    """
    _require("dashboard_username", "dashboard_password")
    return DashboardAccount(
        account_id=str(settings.CARRIER["account_id"]),
        username=settings.PLATFORM["dashboard_username"],
        password=settings.PLATFORM["dashboard_password"],
    )


# Keyed by the settings, so that tests which point to another platform get another client.
@lru_cache(maxsize=8)
def _build(account: CarrierSettings) -> Carrier:
    return Carrier(account, observer=keep_exchange)


def _require(*names: str) -> None:
    missing = [f"PLATFORM_{name.upper()}" for name in names if not settings.PLATFORM[name]]
    if "dashboard_username" in names and not settings.CARRIER["account_id"]:
        missing.append("CARRIER_ACCOUNT_ID")
    if missing:
        raise PlatformNotConfigured(f"The older platform is not set up: set {', '.join(missing)}.")
