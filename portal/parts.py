"""The installed parts: which are too old to be safe, and which are not the locked ones."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

# The parts on which a door rests, the oldest version without a hole that is known to us, and the
# hole. No audit: docs/operators.md says how to make one. Django has a check of its own.
FLOORS: Mapping[str, tuple[tuple[int, ...], str]] = {
    "gunicorn": ((23, 0, 0), "CVE-2024-6827: a request hidden in another one"),
    "requests": ((2, 32, 4), "CVE-2024-47081: credentials given to a wrong host"),
    "urllib3": ((2, 6, 3), "CVE-2025-66418, CVE-2026-21441: answers that unpack without end"),
    "pypdf": ((6, 16, 1), "CVE-2026-84310: outlines that use up time and memory"),
    "pillow": ((12, 3, 0), "CVE-2026-54058, CVE-2026-59197: writing and reading out of bounds"),
    "cryptography": ((50, 0, 0), "CVE-2026-39892, CVE-2026-69247"),
    "django-allauth": ((65, 13, 0), "CVE-2025-65430, CVE-2025-65431"),
}
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)[ \t]*(;?)", re.MULTILINE)


def installed(name: str) -> str | None:
    """Return the installed version of a distribution, None when there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def as_numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: (2, 9, 0) for 2.9.0.post1."""
    leading = re.match(r"[0-9]+(?:\.[0-9]+)*", text)
    return tuple(map(int, leading[0].split("."))) if leading else ()


def too_old(present: Mapping[str, str | None]) -> Iterator[str]:
    """Say which of these installed versions have a known hole; what is not there has none."""
    for name, (floor, hole) in FLOORS.items():
        there = present.get(name)
        if there is not None and as_numbers(there) < floor:
            yield f"{name} {there} is older than {'.'.join(map(str, floor))} ({hole})"


def not_as_locked(lock: str) -> Iterator[str]:
    """Say which distributions that a lock file names are missing, or there in another version.

    A line for some machines only (after a semicolon) may be missing, but not be different.
    """
    for name, wanted, only_some in _LOCKED.findall(lock):
        there = installed(name)
        if there is None and not only_some:
            yield f"{name} is missing, {wanted} is locked"
        elif there not in (None, wanted):
            yield f"{name} is {there}, {wanted} is locked"
