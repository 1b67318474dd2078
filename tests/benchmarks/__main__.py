"""Run benchmarks and print their ratios: `python -m tests.benchmarks [names] [--quick]`."""

import argparse
import importlib
import os
import secrets
import signal
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from tests.benchmarks.benchmark import Benchmark, Result, run
from tests.benchmarks.database import NoServer, own_database, server_url
from tests.benchmarks.report import json_lines, table

# Modules of this package, each with a BENCHMARK.
NAMES = (
    "webhook_door",
    "webhook_apply",
    "order_document",
    "draft_5000",
    "bulk_intake",
    "bulk_intake_whole",
    "v1_import",
    "v1_import_vs_sequential",
    "admin_first_page",
    "admin_fragment_search",
    "admin_name_search",
    "admin_deep_page",
)
# Those that share a module, in its BENCHMARKS. The lists come last: they fill the database.
TOGETHER = {name: "admin_list" for name in NAMES if name.startswith("admin_")} | {
    name: "v1_import" for name in NAMES if name.startswith("v1_")
}
TOGETHER |= {name: "bulk_intake" for name in NAMES if name.startswith("bulk_")}
ROUNDS, QUICK_ROUNDS = 12, 4


def main() -> None:
    """Measure what was asked for; the goals that are missed do not make the run fail."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)} (all)")
    parser.add_argument("--rounds", type=int, help=f"rounds of each benchmark ({ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="short rounds, and fewer: a look")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(NAMES)):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    if options.rounds is not None:
        rounds = options.rounds
    if rounds < 1:
        parser.error("--rounds must be 1 or more")
    # Ended from outside, the run shall still stop its servers and drop its database.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = [name for name in NAMES if not options.names or name in options.names]
    try:
        results = _measure(names, rounds=rounds, is_quick=options.quick)
    except NoServer as error:
        sys.exit(f"✗ {error}")
    except KeyboardInterrupt:
        sys.exit("✗ Stopped; nothing was left behind.")
    sys.stdout.write(f"\n{table(results)}\n\n{json_lines(results)}\n")


def _measure(names: list[str], *, rounds: int, is_quick: bool) -> list[Result]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as var_dir,
        own_database(server_url()) as database_url,
    ):
        os.environ.update(_settings(database_url, var_dir))
        Path(var_dir, "static").mkdir()
        django.setup()
        try:
            call_command("migrate", verbosity=0, skip_checks=True)
            return [_run(name, rounds=rounds, is_quick=is_quick) for name in names]
        finally:
            connections.close_all()


def _run(name: str, *, rounds: int, is_quick: bool) -> Result:
    sys.stderr.write(f"→ {name}, {rounds} rounds\n")
    # Only now: the benchmarks import models, which Django must have loaded.
    module = importlib.import_module(f"tests.benchmarks.{TOGETHER.get(name, name)}")
    benchmark: Benchmark = module.BENCHMARKS[name] if name in TOGETHER else module.BENCHMARK
    return run(benchmark, rounds=rounds, is_quick=is_quick)


def _settings(database_url: str, var_dir: str) -> dict[str, str]:
    """The portal's settings as an installation has them; whatever is in `.env` counts less."""
    return {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url,
        "VAR_DIR": var_dir,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SITE_URL": "http://localhost:8000",
        "DEBUG": "false",
        "SECOND_FACTOR_REQUIRED": "true",
        "WEBHOOK_USERNAME": "bandwidth",
        # Two, as while a password is being changed.
        "WEBHOOK_PASSWORDS": f"{secrets.token_urlsafe(24)},{secrets.token_urlsafe(24)}",
        "LOG_LEVEL": "WARNING",
    }


if __name__ == "__main__":
    main()
