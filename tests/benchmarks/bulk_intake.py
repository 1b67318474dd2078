"""100,000 rows of a file through the rehearsal and into the inventory, against COPY of the rows.

The floor is given both tables' rows ready-made as text, ids included, and sends them by COPY into
the same tables with the same indexes, rules and foreign keys. Ours, for the database's part, is
given what was read of each row: it stores every row of the file with its verdict, judges it twice,
and adds the numbers and their history in several transactions. `bulk_intake_whole` begins with the
file's bytes.
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from numbering.csv_cells import csv_lines
from numbering.domain import intake as intakes
from numbering.domain import intake_rows, jobs
from numbering.domain.intake_rows import Staged
from numbering.intake_file import COLUMNS, open_intake
from numbering.models import (
    Intake,
    IntakeRow,
    Job,
    Subscriber,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from numbering.worker import KINDS
from tests import builders
from tests.benchmarks.benchmark import Benchmark, Sides

COUNT = 100_000
_SUBSCRIBERS = 200
_NUMBER = TelephoneNumber._meta.db_table
_EVENT = TelephoneNumberEvent._meta.db_table


@contextmanager
def _prepare(_is_quick: bool) -> Iterator[Sides]:
    person, content = _file()
    yield Sides(
        floor=partial(_copy, *_ready_made(person)),
        ours=partial(_database_part, person, _read_rows(content)),
    )


@contextmanager
def _prepare_whole(_is_quick: bool) -> Iterator[Sides]:
    """As above, but ours begins with an upload and does all that the worker does."""
    person, content = _file()
    yield Sides(floor=partial(_copy, *_ready_made(person)), ours=partial(_whole, person, content))


def _file() -> tuple[User, bytes]:
    """Make the people, places and subscribers, and a file that names them."""
    if not Subscriber.objects.filter(name="Shop 0").exists():
        Subscriber.objects.bulk_create(Subscriber(name=f"Shop {n}") for n in range(_SUBSCRIBERS))
    peer = builders.sip_peer()
    rows = (
        (e164[2:], f"Shop {index % _SUBSCRIBERS}", "import", peer.site_id, peer.sip_peer_id, "no")
        for index, e164 in enumerate(_numbers())
    )
    return builders.person(), "".join(csv_lines([tuple(COLUMNS), *rows])).encode()


def _numbers() -> list[str]:
    return [
        f"+1{area}{exchange}{line:04d}"
        for line in range(10_000)
        for area in (212, 303)
        for exchange in range(220, 225)
    ]


def _read_rows(content: bytes) -> list[Staged]:
    file, places = open_intake("numbers.csv", io.BytesIO(content)), intakes.known_places()
    return [
        intakes.staged(line, cells, header=file.header, places=places) for line, cells in file.rows
    ]


def _ready_made(person: User) -> tuple[bytes, bytes]:
    """Both tables' rows as COPY takes them."""
    owners = list(Subscriber.objects.order_by("pk").values_list("pk", flat=True))
    now = timezone.now().isoformat()
    rest = f"hosted\timport\t1001\t500101\tf\t{now}\t{now}"
    numbers = "".join(
        f"{key}\t{e164}\t{owners[key % len(owners)]}\t{rest}\n"
        for key, e164 in enumerate(_numbers(), start=1)
    )
    events = "".join(
        f"{key}\t{now}\t\thosted\t{person.pk}\tperson\tFile numbers.csv, line {key + 1}.\n"
        for key in range(1, COUNT + 1)
    )
    return numbers.encode(), events.encode()


def _copy(numbers: bytes, events: bytes) -> float:
    """The floor: two COPYs in one transaction."""
    _empty()
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(
            f"COPY {_NUMBER} (id, e164, subscriber_id, state, origin, site_id, sip_peer_id, "
            "is_locked, state_changed_at, created_at) FROM STDIN"
        ) as copy:
            copy.write(numbers)
        with cursor.copy(
            f"COPY {_EVENT} (telephone_number_id, at, from_state, to_state, actor_id, learned_by, "
            "reason) FROM STDIN"
        ) as copy:
            copy.write(events)
    return _rate(started)


def _database_part(person: User, rows: list[Staged]) -> float:
    intake = Intake.objects.create(
        name="numbers.csv", person=person, committed_by=person, uploaded_at=timezone.now()
    )
    _empty()
    started = time.perf_counter()
    for at in range(0, COUNT, intakes.READ_CHUNK):
        with transaction.atomic():
            intake_rows.add(intake.pk, rows[at : at + intakes.READ_CHUNK])
    intake_rows.refuse_doubles(intake.pk)
    intakes.counted_rows(intake)
    for after in range(0, COUNT + 1, intakes.COMMIT_CHUNK):
        with transaction.atomic():
            until = after + intakes.COMMIT_CHUNK
            intake_rows.take_over(intake, after=after, until=until, now=timezone.now())
    return _rate(started)


def _whole(person: User, content: bytes) -> float:
    _empty()
    started = time.perf_counter()
    intake = intakes.receive("numbers.csv", ContentFile(content), actor=person)
    _work()
    intake.refresh_from_db()
    assert intake.read_at is not None
    intakes.take_over(intake, read_at=intake.read_at, actor=person)
    _work()
    return _rate(started)


def _work() -> None:
    while (job := jobs.claim()) is not None:
        jobs.run(job, KINDS)


def _rate(started: float) -> float:
    """Rows a second, once it is checked that all of them are there."""
    seconds = time.perf_counter() - started
    found = (
        TelephoneNumber.objects.filter(state="hosted", site_id="1001").count(),
        TelephoneNumberEvent.objects.filter(to_state="hosted").count(),
    )
    if found != (COUNT, COUNT):
        raise RuntimeError(f"{found} numbers and events instead of {COUNT} each.")
    return COUNT / seconds


def _empty() -> None:
    tables = ", ".join(
        model._meta.db_table for model in (TelephoneNumber, TelephoneNumberEvent, IntakeRow, Job)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


BENCHMARKS = {
    "bulk_intake": Benchmark(
        name="bulk_intake", unit="rows/s", goal=0.6, more_is_better=True, prepare=_prepare
    ),
    # Reading and checking cells is Python's work, of which COPY of ready-made rows has none.
    "bulk_intake_whole": Benchmark(
        name="bulk_intake_whole",
        unit="rows/s",
        goal=0.4,
        more_is_better=True,
        prepare=_prepare_whole,
    ),
}
