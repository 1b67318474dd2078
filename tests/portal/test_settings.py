"""The settings as an installation reads them, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def settings_with(var_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Read the settings with these variables, and print where the database is."""
    script = (
        "from portal.settings import DATABASES as all; one = all['default'];"
        "print(one['ENGINE'].rpartition('.')[2], one['HOST'], one['NAME'])"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **variables, "VAR_DIR": str(var_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgres://portal:secret@db.example.com:5432/own", "postgresql db.example.com own"),
        ("postgresql://portal@db.example.com/own", "postgresql db.example.com own"),
        ("postgres://portal@%2Frun%2Fpostgresql/own", "postgresql /run/postgresql own"),
        ("sqlite:////srv/own.sqlite3", "sqlite3  /srv/own.sqlite3"),
        ("", "sqlite3  {var}/db.sqlite3"),
        (" ", "sqlite3  {var}/db.sqlite3"),
    ],
)
def test_the_database_is_reached_by_its_address(
    address: str, expected: str, tmp_path: Path
) -> None:
    shown = settings_with(tmp_path, DATABASE_URL=address)
    assert shown.stdout.strip() == expected.format(var=tmp_path), shown.stderr


@pytest.mark.parametrize(
    "address",
    [
        "portal",
        "mysql://portal:secret@db.example.com/own",
        "http://portal:secret@db.example.com/own",
        "postgres://portal:secret@db.example.com:port/own",
        "postgres://portal:secret@[::1/own",
        "postgres://",
    ],
)
def test_an_address_of_no_database_is_said_without_its_password(
    address: str, tmp_path: Path
) -> None:
    shown = settings_with(tmp_path, DATABASE_URL=address)
    assert shown.returncode == 1
    last = shown.stderr.strip().splitlines()[-1]
    assert last.endswith(
        "DATABASE_URL must look like postgres://user:password@host/name or sqlite:///path/to/file."
    )
    assert "secret" not in shown.stderr


@pytest.mark.parametrize("address", ["portal", "http://a:secret@host", "smtp://a:secret@host:x"])
def test_an_address_of_no_mail_server_is_said_without_its_password(
    address: str, tmp_path: Path
) -> None:
    shown = settings_with(tmp_path, EMAIL_URL=address)
    assert shown.returncode == 1
    last = shown.stderr.strip().splitlines()[-1]
    assert last.endswith(
        "EMAIL_URL must look like smtp+tls://user:password@host:587 or consolemail://."
    )
    assert "secret" not in shown.stderr


def test_an_empty_address_of_a_mail_server_is_as_none(tmp_path: Path) -> None:
    assert settings_with(tmp_path, EMAIL_URL="").returncode == 0
