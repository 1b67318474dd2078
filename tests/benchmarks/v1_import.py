"""The import to the older platform: the whole job, against what the latency allows, and a loop.

The platform is a process of its own that answers each call after 50 ms over kept connections. Ours
is what a worker does: claimed turns of the bulk action, marked rows, a call for each number, its
result and what was said written to PostgreSQL. At 32 calls at once no client gets more than 640
answers a second. The sequential peer is a plain loop of `requests.post`, as a script would have it,
that stores nothing; its rate is taken from 100 numbers.
"""

import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import requests
from django.conf import settings
from django.db import connection

from accounts.models import User
from accounts.rights import Role
from carrier import platform
from numbering.domain import platform_import
from numbering.models import BulkAction, BulkRow, CarrierExchange, Job
from numbering.platform_link import dashboard_account
from numbering.worker import run_due
from tests import builders
from tests.benchmarks.benchmark import Benchmark, Sides

LATENCY_MS, AT_ONCE = 50, 32
LIMIT = AT_ONCE / LATENCY_MS * 1000
COUNT, QUICK_COUNT, SEQUENTIAL = 10_000, 1_000, 100
# The peer needs more than five seconds for a hundred numbers, ours sixteen for all.
ROUNDS = 3

# No two numbers of a run are the same: the platform takes each only once.
_numbers = (
    f"+1{area}{exchange}{line:04d}"
    for area, exchange, line in itertools.product(range(201, 990), range(220, 990), range(10_000))
)


@contextmanager
def _platform() -> Iterator[str]:
    """Run the platform, and point the settings to it; give its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.platform_server", f"--latency-ms={LATENCY_MS}"],
        stdout=subprocess.PIPE,
        # Ctrl-C shall reach only us, and we end the server.
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        settings.PLATFORM = {
            "user_id": "u-bench",
            "api_token": "t-bench",
            "api_secret": "bench-secret",
            "base": f"{url}/v1/",
            "application_id": "a-bench",
            "dashboard_username": "bench",
            "dashboard_password": "bench-password",
        }
        settings.PLATFORM_CONCURRENCY = AT_ONCE
        settings.CARRIER = {**settings.CARRIER, "account_id": "9900001", "allow_plain_http": True}
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


@contextmanager
def _against_the_limit(is_quick: bool) -> Iterator[Sides]:
    with _platform() as url:
        count = QUICK_COUNT if is_quick else COUNT
        yield Sides(floor=lambda: LIMIT, ours=partial(_our_rate, url, _person(), count))


@contextmanager
def _against_a_loop(is_quick: bool) -> Iterator[Sides]:
    with _platform() as url:
        count = QUICK_COUNT if is_quick else COUNT
        yield Sides(
            floor=partial(_loop_rate, url, SEQUENTIAL),
            ours=partial(_our_rate, url, _person(), count),
        )


def _person() -> User:
    return builders.person(Role.SUPPORT, email=f"bench{time.monotonic_ns()}@example.com")


def _our_rate(url: str, person: User, count: int) -> float:
    """Return how many numbers a second the worker imports, from its claim to the action's end."""
    with connection.cursor() as cursor:
        tables = (BulkRow, BulkAction, Job, CarrierExchange)
        cursor.execute(f"TRUNCATE {', '.join(table._meta.db_table for table in tables)}")
    before = _imported(url)
    action = platform_import.start(list(itertools.islice(_numbers, count)), actor=person)
    started = time.perf_counter()
    run_due()
    seconds = time.perf_counter() - started
    action.refresh_from_db()
    done = action.rows.filter(state="done").exclude(result="").count()
    kept = CarrierExchange.objects.filter(operation="platform.import_number").count()
    after = _imported(url)
    there = after["numbers"] - before["numbers"]
    if (action.state, done, kept, there, after["most_posts"]) != ("done", count, count, count, 1):
        raise RuntimeError(f"{done} done, {kept} kept, {there} there instead of {count}; {after}.")
    return count / seconds


def _loop_rate(url: str, count: int) -> float:
    """The peer: one `requests.post` after the other, the platform's id read, nothing stored."""
    account = dashboard_account()
    address = f"{url}/v1/users/u-bench/phoneNumbers"
    started = time.perf_counter()
    for e164 in itertools.islice(_numbers, count):
        body = platform.build_document(
            telephone_number=e164, name="", application_id="a-bench", account=account
        )
        answer = requests.post(
            address,
            data=body,
            headers={"Content-Type": "application/json"},
            auth=("t-bench", "bench-secret"),
            timeout=30,
        )
        if answer.status_code != 201 or not answer.headers["Location"].rpartition("/")[2]:
            raise RuntimeError(f"The platform answered {answer.status_code}.")
    return count / (time.perf_counter() - started)


def _imported(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/imported", timeout=30) as answer:
        counted: dict[str, int] = json.load(answer)
    return counted


BENCHMARKS = {
    "v1_import": Benchmark(
        name="v1_import",
        unit="numbers/s",
        goal=0.9,
        # Of a thousand numbers the beginning and the end are a large part.
        quick_goal=0.8,
        more_is_better=True,
        prepare=_against_the_limit,
        most_rounds=ROUNDS,
    ),
    "v1_import_vs_sequential": Benchmark(
        name="v1_import_vs_sequential",
        unit="numbers/s",
        goal=25,
        more_is_better=True,
        prepare=_against_a_loop,
        most_rounds=ROUNDS,
    ),
}
