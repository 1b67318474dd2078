"""O13: the installed parts are the locked ones, and none of them has a hole known to us."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from django.core import checks as django_checks

from portal.checks import check_lock, check_parts
from portal.parts import FLOORS, installed, not_as_locked, too_old

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_installed_is_what_is_locked(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert lock.count("==") > 30
    assert list(not_as_locked(lock)) == []


def test_every_part_with_a_floor_is_locked_and_at_or_above_it() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert [name for name in FLOORS if f"\n{name}==" not in lock] == []
    assert list(too_old({name: installed(name) for name in FLOORS})) == []


def test_a_lock_tells_what_is_missing_older_or_newer_than_it_says() -> None:
    lock = (
        f"requests=={version('requests')} \\\n    --hash=sha256:00\n"
        "pillow==999.0 \\\n    --hash=sha256:00\n"
        "urllib3[socks]==0.1\n"
        "no-such-part==1.0\n"
        "no-such-part-here==1.0 ; sys_platform == 'win32' \\\n"
    )
    assert list(not_as_locked(lock)) == [
        f"pillow is {version('pillow')}, 999.0 is locked",
        f"urllib3 is {version('urllib3')}, 0.1 is locked",
        "no-such-part is missing, 1.0 is locked",
    ]


@pytest.mark.parametrize(
    ("gunicorn", "expected"),
    [("22.9.9", ["portal.E010"]), ("23.0.0", []), ("101.0", []), ("9.0rc1", ["portal.E010"])],
)
def test_a_part_below_its_floor_stops_the_start(gunicorn: str, expected: list[str]) -> None:
    """O13: with the hole's name."""
    assert [message.id for message in check_parts({"gunicorn": gunicorn})] == expected


def test_a_part_that_is_not_installed_has_no_hole() -> None:
    assert list(check_parts({"gunicorn": None})) == []


def test_the_deployment_check_compares_with_the_lock_file_if_there_is_one(
    settings: Any, tmp_path: Path
) -> None:
    assert check_lock in django_checks.registry.registry.get_checks(include_deployment_checks=True)
    settings.BASE_DIR = tmp_path
    assert check_lock() == []
    (tmp_path / "requirements.txt").write_text("django==1.0\n")
    assert [message.id for message in check_lock()] == ["portal.W004"]
