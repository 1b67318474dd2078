"""Strict readers for environment variables: a misspelt value stops start-up with a hint.

django-environ reads the `.env` file and addresses of databases and mail servers; its own boolean
reader calls every unknown word false, which would turn a misspelt `ture` into a silent "off".
"""

import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_DATABASES = {"postgres", "postgresql", "sqlite"}
_FALSE = {"0", "false", "no", "off"}


def read_bool(name: str, *, default: bool) -> bool:
    """Return the variable as a boolean; raise ImproperlyConfigured for any other word."""
    raw = os.environ.get(name, "").strip().lower()
    if not raw:
        return default
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of true, false, yes, no, on, off, 1, 0.")


def read_int(name: str, *, default: int, least: int = 0, most: int | None = None) -> int:
    """Return the variable as a whole number of at least `least`, and at most `most` if given."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    # Python refuses to read thousands of digits.
    is_number = raw.isascii() and raw.isdigit() and len(raw) <= 18
    if not is_number or int(raw) < least or (most is not None and int(raw) > most):
        span = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise ImproperlyConfigured(f"{name} must be a whole number {span}.")
    return int(raw)


def read_text(name: str, *, default: str = "") -> str:
    """Return the variable without blanks around it."""
    return os.environ.get(name, "").strip() or default


def read_choice(name: str, *, default: str, choices: tuple[str, ...]) -> str:
    """Return the variable if it is one of the choices."""
    value = read_text(name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of: {', '.join(choices)}.")
    return value


def read_database(name: str, *, default: str) -> dict[str, Any]:
    """Return the database at the address, as Django's settings describe one.

    Raises ImproperlyConfigured for an address of another kind, without repeating it: it may hold a
    password.
    """
    address = read_text(name, default=default)
    wrong = ImproperlyConfigured(
        f"{name} must look like postgres://user:password@host/name or sqlite:///path/to/file."
    )
    try:
        is_known = urlsplit(address).scheme in _DATABASES
        config: dict[str, Any] = environ.Env.db_url_config(address) if is_known else {}
    except ValueError:
        raise wrong from None
    if not config.get("NAME"):
        raise wrong
    # The directory of a socket stands in an address as PostgreSQL's own tools write it: %2Frun.
    return {**config, "HOST": unquote(config.get("HOST", ""))}


def read_mail_server(name: str, *, default: str) -> dict[str, Any]:
    """Return the mail server at the address as Django's settings describe one, EMAIL_… each.

    Raises ImproperlyConfigured for an address of another kind, without repeating it.
    """
    try:
        config: dict[str, Any] = environ.Env.email_url_config(read_text(name, default=default))
    except (ImproperlyConfigured, ValueError):
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@host:587 or consolemail://."
        ) from None
    return config


def read_list(name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """Return the variable split at commas, blanks and empty parts dropped."""
    raw = os.environ.get(name, "")
    parts = [part.strip() for part in raw.split(",")]
    return [part for part in parts if part] or list(default)


def read_chances(name: str) -> dict[str, float]:
    """Return `point=0.2,other=0.1` as a dictionary of chances from 0 to 1."""
    chances: dict[str, float] = {}
    for part in read_list(name):
        point, _, chance = part.partition("=")
        try:
            chances[point] = float(chance)
        except ValueError:
            chances[point] = -1
        if not 0 <= chances[point] <= 1:
            raise ImproperlyConfigured(f"{name} must look like after_send=0.2,before_commit=0.1.")
    return chances


def read_secret(name: str) -> str:
    """Return a secret from `NAME`, or from the file that `NAME_FILE` points to.

    A secret file that other users of the machine may read is refused, as is naming both.
    """
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if value and path:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    if not path:
        return value
    file = Path(path)
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE could not be read: {error}.") from error
    if mode & (stat.S_IRWXO):
        raise ImproperlyConfigured(f"{name}_FILE is open to every user: run chmod 640 or tighter.")
    return text
