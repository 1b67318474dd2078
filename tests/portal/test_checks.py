"""The start-up checks: each unsafe setting on its own, with its id and a hint."""

from typing import Any

import pytest
from django.core import checks as django_checks
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from portal.checks import check_settings, check_versions, refuse_unsafe_settings

RANDOM_KEY = "kJ8xw0v2Qn5LrT9zYb3HcM6dPf1GsA4eUiXoNqRtWvZyBmKlJhD7"


@pytest.fixture(autouse=True)
def safe(settings: Settings) -> None:
    """Start from settings that are right."""
    settings.DEBUG = False
    settings.SITE_URL = "https://portal.example"
    settings.SECOND_FACTOR_REQUIRED = True
    settings.SECRET_KEY = RANDOM_KEY
    settings.WEBHOOK_USERNAME = "carrier"
    settings.WEBHOOK_PASSWORDS = ["correct horse"]
    settings.CARRIER = {
        **settings.CARRIER,
        "auth": "bearer",
        "account_id": "1",
        "client_id": "a",
        "client_secret": "b",
        "username": "c",
        "password": "d",
    }


def ids() -> list[str | None]:
    """Return the ids of what is wrong; an old Expat under these tests does not count."""
    return [message.id for message in check_settings() if message.id != "portal.W003"]


def test_safe_settings_pass() -> None:
    assert ids() == []
    refuse_unsafe_settings()


def test_the_checks_run_with_every_command() -> None:
    assert check_settings in django_checks.registry.registry.get_checks()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DEBUG", True, "portal.E001"),
        ("SITE_URL", "http://portal.example", "portal.E002"),
        ("SITE_URL", "http://192.168.1.5:8000", "portal.E002"),
        ("SITE_URL", "http://localhost.evil.example", "portal.E002"),
        ("SECOND_FACTOR_REQUIRED", False, "portal.E003"),
        ("SECRET_KEY", "", "portal.E004"),
        ("SECRET_KEY", RANDOM_KEY[:49], "portal.E004"),
        ("SECRET_KEY", f"django-insecure-{RANDOM_KEY}", "portal.E005"),
        ("SECRET_KEY", "ChangeMe" * 8, "portal.E005"),
        ("SECRET_KEY", f"my-SECRET-key-{RANDOM_KEY}", "portal.E005"),
        ("SECRET_KEY", "x" * 60, "portal.E005"),
        ("WEBHOOK_USERNAME", "", "portal.E006"),
        ("WEBHOOK_PASSWORDS", [], "portal.E006"),
        ("WEBHOOK_PASSWORDS", ["correct horse", "eleven char"], "portal.E007"),
    ],
)
def test_an_unsafe_setting_stops_the_start(
    settings: Settings, name: str, value: Any, expected: str
) -> None:
    """O08: each on its own."""
    setattr(settings, name, value)
    assert ids() == [expected]
    with pytest.raises(ImproperlyConfigured, match=expected):
        refuse_unsafe_settings()


def test_the_refusal_lists_every_error_with_its_hint_and_no_secret(settings: Settings) -> None:
    settings.SECRET_KEY = "planted-short-key"
    settings.WEBHOOK_PASSWORDS = ["planted"]
    with pytest.raises(ImproperlyConfigured) as caught:
        refuse_unsafe_settings()
    text = str(caught.value)
    found = [name in text for name in ("portal.E004", "portal.E007", "token_urlsafe", "planted")]
    assert found == [True, True, True, False]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_ones_own_machine_may_do_without_https_and_second_factor(
    settings: Settings, host: str
) -> None:
    settings.SITE_URL = f"http://{host}:8000"
    settings.DEBUG = True
    settings.SECOND_FACTOR_REQUIRED = False
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"account_id": ""}, ["portal.W001"]),
        ({"client_secret": ""}, ["portal.W001"]),
        ({"username": "", "password": ""}, []),
        ({"auth": "basic"}, ["portal.W002"]),
        ({"auth": "basic", "password": ""}, ["portal.W001", "portal.W002"]),
    ],
)
def test_the_carriers_settings_only_warn(
    settings: Settings, changes: dict[str, str], expected: list[str]
) -> None:
    settings.CARRIER = settings.CARRIER | changes
    assert ids() == expected
    refuse_unsafe_settings()


def test_the_older_platform_is_set_up_as_a_whole_or_not_at_all(settings: Settings) -> None:
    nothing = dict.fromkeys(settings.PLATFORM, "")
    settings.PLATFORM = nothing
    assert ids() == []
    settings.PLATFORM = nothing | {"user_id": "u-1", "api_token": "t-1", "api_secret": "planted"}
    (message,) = (found for found in check_settings() if found.id == "portal.W005")
    assert ids() == ["portal.W005"]
    assert message.msg.endswith(
        "without: PLATFORM_DASHBOARD_USERNAME, PLATFORM_DASHBOARD_PASSWORD."
    )
    refuse_unsafe_settings()


@pytest.mark.parametrize(
    ("django_version", "expat_version", "expected"),
    [
        ((5, 2, 18), (2, 6, 0), ["portal.E008"]),
        ((5, 2, 19), (2, 5, 9), ["portal.W003"]),
        ((5, 2, 19), (2, 6, 0), []),
        ((5, 10, 0), (2, 10, 0), []),
    ],
)
def test_old_versions_are_named(
    django_version: tuple[int, int, int], expat_version: tuple[int, int, int], expected: list[str]
) -> None:
    found = check_versions(django_version=django_version, expat_version=expat_version)
    assert [message.id for message in found] == expected


def test_every_message_has_a_hint(settings: Settings) -> None:
    settings.DEBUG, settings.SITE_URL = True, "http://portal.example"
    settings.SECRET_KEY, settings.WEBHOOK_USERNAME = "", ""
    assert [message.id for message in check_settings() if not message.hint] == []
