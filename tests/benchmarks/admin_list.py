"""Four pages of our list of telephone numbers, each against a stock `ModelAdmin`'s, at millions.

Both make their whole page in this process, ours in its theme, for a person with every right; both
must come to the same numbers. The plans of each page's slowest queries are kept.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from django.contrib import admin
from django.contrib.messages.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts.models import User
from accounts.rights import Role
from numbering.domain import keyset
from numbering.models import Subscriber, TelephoneNumber
from tests import builders
from tests.benchmarks import inventory_rows
from tests.benchmarks.benchmark import Benchmark, Sides
from tests.benchmarks.report import kept_folder
from tests.benchmarks.stock_list import stock_page

COUNT, QUICK_COUNT = 5_000_000, 200_000
# A stock page takes up to twenty seconds.
ROUNDS = 5
_STOCK_PAGE = 100
_ADDRESS = "/admin/numbers/telephonenumber/"
_SLOWEST = 3
_SELECT = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)


@cache
def _filled(count: int) -> User:
    """Fill the table once for all four; give who looks at it."""
    # The pages' addresses of style sheets and scripts are looked up among the collected ones.
    call_command("collectstatic", interactive=False, verbosity=0)
    # What other benchmarks have left behind would be counted with ours.
    call_command("flush", interactive=False, verbosity=0)
    inventory_rows.fill(count)
    return builders.person(Role.ADMIN)


@contextmanager
def _prepare(name: str, is_quick: bool) -> Iterator[Sides]:
    count = QUICK_COUNT if is_quick else COUNT
    person = _filled(count)
    ours, stock = _queries(name)
    here = _keep_plans(f"{name}-ours", partial(_our_page, person, ours))
    there = _keep_plans(f"{name}-stock", partial(_stock_page, person, stock))
    # Ours is shorter; as far as it goes both show the same numbers.
    if not here or here != there[: len(here)] or len(here) < min(len(there), keyset.PAGE):
        raise RuntimeError(f"{name}: the two pages do not show the same numbers.")
    yield Sides(
        floor=partial(_milliseconds, partial(_stock_page, person, stock)),
        ours=partial(_milliseconds, partial(_our_page, person, ours)),
    )


def _queries(name: str) -> tuple[str, str]:
    """The address of the page, ours and the stock one."""
    match name:
        case "admin_first_page":
            return "", ""
        case "admin_fragment_search":
            # Six digits out of the middle of a number: a handful of numbers have them.
            number = TelephoneNumber.objects.order_by("pk")[12_345]
            return (query := f"q={number.e164[4:10]}"), query
        case "admin_name_search":
            last = Subscriber.objects.latest("pk").name
            return (query := f"q={last.replace(' ', '+')}"), query
        case _:
            # The last page of the stock list, and ours that begins with the same number.
            rows = TelephoneNumber.objects.count()
            pages = -(-rows // _STOCK_PAGE)
            last_page = rows - (pages - 1) * _STOCK_PAGE
            first = TelephoneNumber.objects.order_by("pk")[last_page - 1]
            return f"after={first.pk + 1}", f"p={pages}"


def _our_page(person: User, query: str) -> tuple[str, list[int]]:
    request = _request(person, query)
    response = admin.site.get_model_admin(TelephoneNumber).changelist_view(request)
    assert isinstance(response, TemplateResponse)
    page = response.render().content.decode()
    return page, [row.number.pk for row in (response.context_data or {})["rows"]]


def _stock_page(person: User, query: str) -> tuple[str, list[int]]:
    return stock_page(_request(person, query))


def _request(person: User, query: str) -> HttpRequest:
    request: HttpRequest = RequestFactory().get(f"{_ADDRESS}?{query}")
    request.user = person
    request.session = {}  # type: ignore[assignment]
    request.resolver_match = resolve(_ADDRESS)
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    return request


def _milliseconds(make: Callable[[], object]) -> float:
    started = time.perf_counter()
    make()
    return (time.perf_counter() - started) * 1000


def _keep_plans(name: str, make: Callable[[], tuple[str, list[int]]]) -> list[TelephoneNumber]:
    """Make a page, and write down the plans of its slowest queries with what they really cost."""
    with CaptureQueriesContext(connection) as asked:
        _, numbers = make()
    queries = [one for one in asked.captured_queries if _SELECT.match(one["sql"])]
    slowest = sorted(queries, key=lambda one: -float(one["time"]))[:_SLOWEST]
    lines = [f"{len(asked)} queries; the slowest of them:"]
    with connection.cursor() as cursor:
        for query in slowest:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + query["sql"])
            lines += ["", query["sql"], *(row for (row,) in cursor.fetchall())]
    Path(kept_folder(), f"{name}.txt").write_text("\n".join(lines) + "\n")
    return numbers


def _benchmark(name: str, times: int, *, quick_times: int) -> Benchmark:
    """A page that shall take at most so many times less than the stock one."""
    return Benchmark(
        name=name,
        unit="ms",
        goal=1 / times,
        quick_goal=1 / quick_times,
        more_is_better=False,
        prepare=partial(_prepare, name),
        most_rounds=ROUNDS,
    )


BENCHMARKS = {
    one.name: one
    for one in (
        _benchmark("admin_first_page", 30, quick_times=2),
        _benchmark("admin_fragment_search", 300, quick_times=10),
        _benchmark("admin_name_search", 200, quick_times=10),
        _benchmark("admin_deep_page", 50, quick_times=5),
    )
}
