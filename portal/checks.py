"""Start-up checks: what would be unsafe stops the portal, with a hint on how to put it right."""

import pyexpat
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import django
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

from portal.parts import FLOORS, installed, not_as_locked, too_old

DJANGO_FLOOR = (5, 2, 19)
EXPAT_FLOOR = (2, 6, 0)
SECRET_KEY_LEAST = 50
WEBHOOK_PASSWORD_LEAST = 12
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
# Words found in the keys of examples and tutorials, and never in a random one of this alphabet's
# size; "django-insecure-" is what `startproject` writes.
_SAMPLE_WORDS = ("insecure", "changeme", "change-me", "change_me", "secret", "example", "password")


def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Return everything wrong with the settings; the ids are listed in docs/operators.md."""
    return [
        *_check_site(),
        *_check_test_hooks(),
        *_check_secret_key(),
        *_check_webhook_door(),
        *_check_carrier(),
        *_check_platform(),
        *check_versions(django_version=django.VERSION[:3], expat_version=_expat_version()),
        *check_parts({name: installed(name) for name in FLOORS}),
    ]


def check_lock(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Return what is not installed as locked; nothing where there is no lock file (a wheel)."""
    lock = settings.BASE_DIR / "requirements.txt"
    if not lock.exists():
        return []
    return [
        CheckWarning(
            f"Not as locked: {difference}.",
            hint="Install the locked versions: pip install --require-hashes -r requirements.txt",
            id="portal.W004",
        )
        for difference in not_as_locked(lock.read_text(encoding="utf-8"))
    ]


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured naming every error; for servers, which run no checks."""
    errors = [message for message in check_settings() if message.level >= ERROR]
    if errors:
        lines = (f"{error.id}: {error.msg} {error.hint}" for error in errors)
        raise ImproperlyConfigured("The portal does not start:\n" + "\n".join(lines))


def _check_site() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.hostname in _LOOPBACK:
        return
    if settings.DEBUG:
        yield Error(
            "DEBUG is on, so that error pages show settings and code to strangers.",
            hint="Set DEBUG=false, or SITE_URL to http://localhost:8000 on your own machine.",
            id="portal.E001",
        )
    if site.scheme != "https":
        yield Error(
            "SITE_URL is not an https address, so that passwords would travel in the clear.",
            hint="Put a reverse proxy with a certificate in front and set SITE_URL=https://…",
            id="portal.E002",
        )
    if not settings.SECOND_FACTOR_REQUIRED:
        yield Error(
            "SECOND_FACTOR_REQUIRED is off, so that a stolen password opens the staff pages.",
            hint="Remove SECOND_FACTOR_REQUIRED; it may be off only where SITE_URL is localhost.",
            id="portal.E003",
        )


def _check_test_hooks() -> Iterator[CheckMessage]:
    tests_only = settings.STOPPING_POINTS or settings.CLOCK_FILE
    if tests_only and urlsplit(settings.SITE_URL).hostname not in _LOOPBACK:
        yield Error(
            "STOPPING_POINTS or CLOCK_FILE is set; both are for tests.",
            hint="Remove them; with them processes end themselves and the clock is wrong.",
            id="portal.E009",
        )


def _check_secret_key() -> Iterator[CheckMessage]:
    hint = (
        "Set SECRET_KEY (or SECRET_KEY_FILE) to a fresh random text: "
        'python -c "import secrets; print(secrets.token_urlsafe(50))"'
    )
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's own answer to an empty one, without a hint
        key = ""
    if len(key) < SECRET_KEY_LEAST:
        yield Error(
            f"SECRET_KEY is missing or shorter than {SECRET_KEY_LEAST} characters.",
            hint=hint,
            id="portal.E004",
        )
    elif len(set(key)) < 10 or any(word in key.lower() for word in _SAMPLE_WORDS):
        yield Error("SECRET_KEY looks like a sample, not random.", hint=hint, id="portal.E005")


def _check_webhook_door() -> Iterator[CheckMessage]:
    if not settings.WEBHOOK_USERNAME or not settings.WEBHOOK_PASSWORDS:
        yield Error(
            "The carrier's notifications have no user name or no password.",
            hint="Set WEBHOOK_USERNAME, and WEBHOOK_PASSWORDS (or WEBHOOK_PASSWORDS_FILE).",
            id="portal.E006",
        )
    if any(len(password) < WEBHOOK_PASSWORD_LEAST for password in settings.WEBHOOK_PASSWORDS):
        yield Error(
            f"A password in WEBHOOK_PASSWORDS is shorter than {WEBHOOK_PASSWORD_LEAST} characters.",
            hint='Make one with: python -c "import secrets; print(secrets.token_urlsafe(24))"',
            id="portal.E007",
        )


def _check_carrier() -> Iterator[CheckMessage]:
    carrier = settings.CARRIER
    basic = carrier["auth"] == "basic"
    names = ("username", "password") if basic else ("client_id", "client_secret")
    missing = [f"CARRIER_{name.upper()}" for name in ("account_id", *names) if not carrier[name]]
    if missing:
        yield CheckWarning(
            "The carrier cannot be reached without: " + ", ".join(missing) + ".",
            hint="Set them; the carrier's dashboard shows them under Account and API Credentials.",
            id="portal.W001",
        )
    if basic:
        yield CheckWarning(
            "CARRIER_AUTH is basic; the carrier removes such API users on 2 December 2026.",
            hint="Make API credentials in the carrier's dashboard and set CARRIER_AUTH=bearer.",
            id="portal.W002",
        )


def _check_platform() -> Iterator[CheckMessage]:
    """An installation without the older platform sets none of it, and hears nothing."""
    platform = settings.PLATFORM
    needed = ("user_id", "api_token", "api_secret", "dashboard_username", "dashboard_password")
    missing = [f"PLATFORM_{name.upper()}" for name in needed if not platform[name]]
    if 0 < len(missing) < len(needed):
        yield CheckWarning(
            "The older platform is set up in part only, without: " + ", ".join(missing) + ".",
            hint="Set them as well, or none of the PLATFORM_ settings where it is not used.",
            id="portal.W005",
        )


def check_versions(
    *, django_version: tuple[Any, ...], expat_version: tuple[int, ...]
) -> Iterator[CheckMessage]:
    """Yield what is wrong with these versions of Django and of Python's XML parser."""
    if django_version < DJANGO_FLOOR:
        yield Error(
            f"Django is older than {_dotted(DJANGO_FLOOR)} and has known security holes.",
            hint="Install the locked versions: pip install -r requirements.txt",
            id="portal.E008",
        )
    # No error: every document with a DTD is refused before Expat expands anything.
    if expat_version < EXPAT_FLOOR:
        yield CheckWarning(
            f"Python's XML parser, Expat, is older than {_dotted(EXPAT_FLOOR)}.",
            hint="Use a newer build of Python when your system offers one.",
            id="portal.W003",
        )


def check_parts(present: Mapping[str, str | None]) -> Iterator[CheckMessage]:
    """Yield which of these installed parts have a known hole."""
    for sentence in too_old(present):
        yield Error(
            f"A part with a known security hole is installed: {sentence}.",
            hint="Install the locked versions: pip install --require-hashes -r requirements.txt",
            id="portal.E010",
        )


def _expat_version() -> tuple[int, ...]:
    # "expat_2.5.0"
    return tuple(int(part) for part in pyexpat.EXPAT_VERSION.removeprefix("expat_").split("."))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
