"""Run the parts and print what they did: `python -m tests.faults [--short] [--only PART]`."""

import argparse
import importlib
import json
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from carrier.sandbox import SandboxOptions
from carrier.sandbox.platform import PREFIX
from carrier.sandbox.tokens import TOKEN_PATH
from tests.faults.ahead import Ahead
from tests.faults.at_carrier import CarrierHome
from tests.faults.bench import Bench
from tests.faults.database import NoServer, forget_everything, own_database, server_url
from tests.faults.processes import free_port
from tests.faults.report import Report, table
from tests.faults.size import FULL, SHORT, Size
from tests.faults.small_disk import enter_own_mounts

# Modules of this package, each with a `run`; the twins are parts with careless workers.
PARTS = ("kills", "numbers", "lost_day", "flood", "outages")
TWINS = {"kills": "twin", "numbers": "numbers_twin"}


def main() -> None:
    """Do what was asked for; exit status 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="about three minutes in all")
    parser.add_argument("--seed", type=int, help="the dice of an earlier run")
    names = [name.replace("_", "-") for name in PARTS]
    parser.add_argument("--only", choices=names, help="one part")
    parser.add_argument(
        "--twin", action="store_true", help="workers that send again: the verdict must find it out"
    )
    options = parser.parse_args()
    parts = [options.only.replace("-", "_")] if options.only else list(PARTS)
    if options.twin:
        parts = [TWINS[part] for part in parts if part in TWINS]
    if not parts:
        parser.error(f"Only {' and '.join(TWINS)} have a twin.")
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    # Ended from outside, the run shall still end its processes and drop its database. A shell that
    # starts it in the background leaves SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    size = SHORT if options.short else FULL
    has_own_mounts = enter_own_mounts()
    try:
        reports = _run(parts, size, seed, has_own_mounts)
    except NoServer as error:
        sys.exit(f"✗ {error}")
    except KeyboardInterrupt:
        sys.exit("✗ Stopped; nothing was left behind.")
    sys.stdout.write(f"\nseed {seed}\n\n{table(reports)}\n\n")
    broken = [sentence for report in reports for sentence in report.broken]
    for sentence in broken:
        sys.stdout.write(f"✗ {sentence}\n")
    figures = {name: figure for report in reports for name, figure in report.figures.items()}
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.exit(1 if broken else 0)


def _run(parts: list[str], size: Size, seed: int, has_own_mounts: bool) -> list[Report]:
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        own_database(server_url()) as database_url,
    ):
        bench = _bench(Path(folder), database_url, size, seed, has_own_mounts)
        os.environ.update(bench.env)
        django.setup()
        try:
            call_command("migrate", verbosity=0, skip_checks=True)
            call_command("createcachetable", verbosity=0)
            return [_run_one(name, bench) for name in parts]
        finally:
            connections.close_all()


def _run_one(name: str, bench: Bench) -> Report:
    started = time.monotonic()
    sys.stderr.write(f"→ {name.replace('_', ' ')}\n")
    forget_everything()
    for left in (
        "state.sqlite3",
        "state.sqlite3-wal",
        "state.sqlite3-shm",
        "journal.jsonl",
        "deliveries.jsonl",
    ):
        (bench.carrier.folder / left).unlink(missing_ok=True)
    bench.ahead.back()
    # Only now: the parts import models, which Django must have loaded.
    report: Report = importlib.import_module(f"tests.faults.{name}").run(bench)
    sys.stderr.write(f"  {time.monotonic() - started:.0f} s\n")
    return report


def _bench(folder: Path, database_url: str, size: Size, seed: int, has_own_mounts: bool) -> Bench:
    carrier = CarrierHome(free_port(), folder / "carrier")
    carrier.folder.mkdir()
    (folder / "static").mkdir()
    ahead = Ahead(folder / "ahead")
    portal_port = free_port()
    return Bench(
        size=size,
        seed=seed,
        dice=random.Random(seed),
        folder=folder,
        ahead=ahead,
        carrier=carrier,
        portal_port=portal_port,
        has_own_mounts=has_own_mounts,
        database_url=database_url,
        env=_settings(folder, database_url, carrier.url, portal_port, ahead.path),
    )


def _settings(
    folder: Path, database_url: str, carrier: str, portal_port: int, clock_file: Path
) -> dict[str, str]:
    """The portal's settings as an installation has them; whatever is in `.env` counts less."""
    sample = SandboxOptions()
    return {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url,
        "VAR_DIR": str(folder),
        "LOA_DIR": str(folder / "loa"),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SITE_URL": f"http://127.0.0.1:{portal_port}",
        "DEBUG": "false",
        "SECOND_FACTOR_REQUIRED": "false",
        "WEBHOOK_USERNAME": "bandwidth",
        "WEBHOOK_PASSWORDS": secrets.token_urlsafe(24),
        "CARRIER_ACCOUNT_ID": sample.account_id,
        "CARRIER_AUTH": "bearer",
        "CARRIER_CLIENT_ID": sample.client_id,
        "CARRIER_CLIENT_SECRET": sample.client_secret,
        "CARRIER_API_VERSION": "v2",
        "CARRIER_V1_BASE": f"{carrier}/api/",
        "CARRIER_V2_BASE": f"{carrier}/api/v2/",
        "CARRIER_TOKEN_URL": f"{carrier}{TOKEN_PATH}",
        "CARRIER_ALLOW_PLAIN_HTTP": "true",
        "PLATFORM_BASE": f"{carrier}{PREFIX}",
        "PLATFORM_USER_ID": sample.platform_user_id,
        "PLATFORM_API_TOKEN": sample.platform_token,
        "PLATFORM_API_SECRET": sample.platform_secret,
        "PLATFORM_APPLICATION_ID": "a-faults",
        "PLATFORM_DASHBOARD_USERNAME": sample.username,
        "PLATFORM_DASHBOARD_PASSWORD": sample.password,
        "CLOCK_FILE": str(clock_file),
        "LOG_LEVEL": "WARNING",
        "LOG_FORMAT": "console",
    }


if __name__ == "__main__":
    main()
