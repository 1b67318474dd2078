"""Notices stored a second through the whole portal, against one bare INSERT per POST.

Both run under gunicorn with the same processes and threads, get the same requests over the same
number of kept connections, and answer when the row is committed. Every 2xx must be a row.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.urls import reverse

from numbering.models import WebhookEvent
from tests.benchmarks import bare_door
from tests.benchmarks.benchmark import Benchmark, Sides
from tests.benchmarks.load import Load
from tests.benchmarks.servers import gunicorn

CONNECTIONS = 16
_SECONDS, _QUICK_SECONDS = 2.0, 1.0


@contextmanager
def _prepare(is_quick: bool) -> Iterator[Sides]:
    seconds = _QUICK_SECONDS if is_quick else _SECONDS
    with connection.cursor() as cursor:
        cursor.execute(bare_door.CREATE)
    with (
        gunicorn("tests.benchmarks.bare_door") as floor_port,
        gunicorn("portal.wsgi") as our_port,
    ):
        yield Sides(
            floor=lambda: _rate(floor_port, bare_door.TABLE, seconds),
            ours=lambda: _rate(our_port, WebhookEvent._meta.db_table, seconds),
        )


def _rate(port: int, table: str, seconds: float) -> float:
    """Load the door; return the notices stored a second. Raises when an answer lied."""
    before = _count(table)
    load = _load(port, seconds)
    rows = _count(table) - before
    if load.other or rows != load.stored:
        raise RuntimeError(f"{load.stored} answers of 2xx, {load.other} others, {rows} rows.")
    return load.stored / load.seconds


def _load(port: int, seconds: float) -> Load:
    path = reverse("numbering:order_webhook")
    client = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", str(port), path]
        + [str(CONNECTIONS), str(seconds)],
        stdout=subprocess.PIPE,
        # Ctrl-C shall reach only us; the client is ended with the call.
        start_new_session=True,
        check=True,
        timeout=seconds + 30,
    )
    return Load(**json.loads(client.stdout))


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - one of our two tables
        (count,) = cursor.fetchone()
    return int(count)


BENCHMARK = Benchmark(
    name="webhook_door", unit="requests/s", goal=0.5, more_is_better=True, prepare=_prepare
)
