"""Taking in a file of numbers: read as a rehearsal, then taken over by somebody who saw it.

Reading and taking over are jobs in turns of a few seconds. Each part of the file is one transaction
that also writes how far it is, so a worker that stops, or loses its lease, does nothing twice.
Nothing here asks the carrier: the numbers are there already, and the nightly compare checks it.
"""

import json
import logging
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, F, Max

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.csv_cells import printable
from numbering.domain import intake_rows, jobs
from numbering.domain.cannot_do import CannotDo
from numbering.domain.intake_rows import Staged
from numbering.domain.jobs import TryLater
from numbering.enums import IntakeState, IntakeVerdict
from numbering.intake_cells import Place, Places, read_cells
from numbering.intake_file import REASON, Header, IntakeFile, open_intake
from numbering.models import Export, Intake, IntakeRow, Job, SipPeer
from numbering.stopping_points import reached
from numbering.table_file import Row, UnreadableList

logger = logging.getLogger(__name__)

# Rows that are stored, or lines that are taken over, in one transaction.
READ_CHUNK, COMMIT_CHUNK = 10_000, 25_000
# A turn of a job, after which other jobs that are due come first.
_TURN_SECONDS = 3.0
KEPT_DAYS = 30
_OPEN = (IntakeState.READING, IntakeState.READ, IntakeState.UNREADABLE)
_AWAY = "The storage of the uploaded files is away."
_NAMES_SHOWN = 50
_AT_ONCE = 2000


# --- Asking -------------------------------------------------------------------------------------


def receive(name: str, file: "File[bytes]", *, actor: User) -> Intake:
    """Keep an upload and have it read. Raises CannotDo when it cannot be kept."""
    try:
        stored = default_storage.save(f"intakes/{secrets.token_hex(16)}", file)
    except OSError as error:
        raise CannotDo("The file could not be kept. Try again in a few minutes.") from error
    try:
        return _begin(printable(name)[:200] or "file", stored, actor)
    except BaseException:
        default_storage.delete(stored)
        raise


@repeated
def _begin(name: str, stored: str, actor: User) -> Intake:
    intake = Intake.objects.create(
        name=name, storage_name=stored, person=actor, uploaded_at=clock.now()
    )
    jobs.enqueue("read_intake", subject_id=intake.pk)
    return intake


@repeated
def read_again(intake: Intake) -> None:
    """Have the file judged anew by what is here now. Raises CannotDo when it is not to be had."""
    begun = Intake.objects.filter(pk=intake.pk, state=IntakeState.READ).update(
        state=IntakeState.READING, at_line=0, rows_read=0, rows_empty=0, trouble=""
    )
    if not begun:
        raise CannotDo("It is not waiting to be decided about any more.")
    jobs.enqueue("read_intake", subject_id=intake.pk)


@repeated
def take_over(intake: Intake, *, read_at: datetime, actor: User) -> None:
    """Have the good rows taken over, as they stood in the rehearsal of that instant.

    Raises CannotDo when somebody was first, or has had the file read again since.
    """
    if not has_good(intake):
        raise CannotDo("No row of it would add or change anything.")
    begun = Intake.objects.filter(pk=intake.pk, state=IntakeState.READ, read_at=read_at).update(
        state=IntakeState.COMMITTING, committed_by=actor, begun_at=clock.now(), trouble=""
    )
    if not begun:
        raise CannotDo("Nothing was begun: it was taken over, discarded or read again meanwhile.")
    jobs.enqueue("commit_intake", subject_id=intake.pk)


@repeated
def discard(intake: Intake) -> None:
    """Give a file up that was not taken over. Raises CannotDo when it was."""
    open_ = Intake.objects.filter(pk=intake.pk, state__in=_OPEN)
    # What troubled it is over as well.
    if not open_.update(state=IntakeState.DISCARDED, trouble=""):
        raise CannotDo("It was taken over or discarded already.")
    transaction.on_commit(lambda: _forget_file(intake.pk))


# --- Reading ------------------------------------------------------------------------------------


def run_read(job: Job) -> None:
    """Handler: go on with reading a file for one turn."""
    intake = Intake.objects.get(pk=job.subject)
    if intake.state != IntakeState.READING:
        return
    try:
        with default_storage.open(intake.storage_name, "rb") as stored:
            _read_on(job, intake, open_intake(intake.name, cast("IO[bytes]", stored.file)))
    except UnreadableList as error:
        _end_reading(job, intake, IntakeState.UNREADABLE, str(error))
    except FileNotFoundError:
        _end_reading(job, intake, IntakeState.UNREADABLE, "The uploaded file is gone.")
    except OSError as error:
        raise TryLater(_AWAY) from error


def give_up_reading(job: Job) -> None:
    """The job was parked: say so where the person waits."""
    Intake.objects.filter(pk=job.subject, state=IntakeState.READING).update(
        state=IntakeState.UNREADABLE, trouble="The portal could not read it. Upload it again."
    )


def _read_on(job: Job, intake: Intake, file: IntakeFile) -> None:
    if not intake.at_line:
        intake.rows.all().delete()  # of an earlier reading
        Intake.objects.filter(pk=intake.pk).update(
            columns=file.header.columns, rows_expected=file.rows_expected, begun_at=clock.now()
        )
    places = known_places()
    rows = _after(job, file.rows, intake.at_line)
    ends = time.monotonic() + _TURN_SECONDS
    while part := list(islice(rows, READ_CHUNK)):
        if not _store(job, intake, file.header, places, part):
            return
        if time.monotonic() >= ends:
            raise TryLater("It goes on when other work had its turn.", after=0, counts=False)
    _end_reading(job, intake, IntakeState.READ, "")


def _after(job: Job, rows: Iterator[Row], line: int) -> Iterator[Row]:
    """Give the rows after this line; the lease is kept while the others are passed over."""
    for count, row in enumerate(rows):
        if row[0] > line:
            yield row
        elif count % READ_CHUNK == 0:
            _stay(job)


def _store(job: Job, intake: Intake, header: Header, places: Places, part: list[Row]) -> bool:
    """Judge and store some rows; False when the file was discarded meanwhile."""
    rows = [staged(line, cells, header=header, places=places) for line, cells in part if cells]
    with transaction.atomic():
        _stay(job)
        if not Intake.objects.filter(pk=intake.pk, state=IntakeState.READING).update(
            at_line=part[-1][0],
            rows_read=F("rows_read") + len(rows),
            rows_empty=F("rows_empty") + len(part) - len(rows),
        ):
            return False
        intake_rows.add(intake.pk, rows)
    return True


def staged(line: int, cells: list[str], *, header: Header, places: Places) -> Staged:
    """Return a row of the file as it goes into the database."""
    return Staged(line, json.dumps(cells), *read_cells(header, places, cells))


def _end_reading(job: Job, intake: Intake, state: IntakeState, trouble: str) -> None:
    with transaction.atomic():
        _stay(job)
        intake_rows.refuse_doubles(intake.pk)
        Intake.objects.filter(pk=intake.pk, state=IntakeState.READING).update(
            state=state,
            at_line=0,
            read_at=clock.now(),
            trouble=trouble[:1000],
            counts=counted_rows(intake),
        )


def known_places() -> Places:
    """Return the sites and SIP peers that are still at the carrier."""
    return Places(
        Place(*values)
        for values in SipPeer.objects.filter(is_gone=False).values_list(
            "site_id", "site_name", "sip_peer_id", "sip_peer_name", "is_default"
        )
    )


def _stay(job: Job) -> None:
    if not jobs.renew(job):
        raise TryLater("Another worker has taken over.", counts=False)


# --- Taking over --------------------------------------------------------------------------------


def run_commit(job: Job) -> None:
    """Handler: go on with taking a file over for one turn."""
    ends = time.monotonic() + _TURN_SECONDS
    while _take_over_some(job):
        if time.monotonic() >= ends:
            raise TryLater("It goes on when other work had its turn.", after=0, counts=False)
    _forget_file(job.subject)


def give_up_commit(job: Job) -> None:
    """The job was parked: what is not taken over waits for somebody to go on."""
    intake = Intake.objects.get(pk=job.subject)
    Intake.objects.filter(pk=intake.pk, state=IntakeState.COMMITTING).update(
        state=IntakeState.READ,
        trouble=f"The portal stopped taking it over after line {intake.at_line:,}. What was taken "
        "over stays. Take over the rest, or have the file read again.",
    )


def _take_over_some(job: Job) -> bool:
    """Take over some lines; False when it is over."""
    with transaction.atomic():
        _stay(job)
        intake = Intake.objects.select_for_update().get(pk=job.subject)
        if intake.state != IntakeState.COMMITTING:
            return False
        until = intake.at_line + COMMIT_CHUNK
        intake_rows.take_over(intake, after=intake.at_line, until=until, now=clock.now())
        is_over = until >= last_line(intake)
        Intake.objects.filter(pk=intake.pk).update(at_line=until)
        if is_over:
            Intake.objects.filter(pk=intake.pk).update(
                state=IntakeState.COMMITTED, committed_at=clock.now(), counts=counted_rows(intake)
            )
        reached("before_commit")
    reached("after_commit")
    return not is_over


# --- Looking ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far the reading or the taking over is, in rows or lines."""

    done: int
    all: int
    # None while there is nothing to reckon it from.
    left: timedelta | None

    @property
    def percent(self) -> int:
        """How much is done; 100 only when all of it is."""
        return self.done * 100 // self.all if self.all else 0


def progress_of(intake: Intake) -> Progress:
    """Say how far it is, and reckon from the pace so far how long the rest takes."""
    if intake.state == IntakeState.COMMITTING:
        everything = last_line(intake)
        done = min(intake.at_line, everything)
    else:
        done = intake.rows_read + intake.rows_empty
        everything = max(done, intake.rows_expected)
    left = None
    if done and intake.begun_at is not None:
        left = (clock.now() - intake.begun_at) / done * (everything - done)
    return Progress(done, everything, left)


def last_line(intake: Intake) -> int:
    """Return the line of the file's last row that is not empty."""
    return int(intake.rows.aggregate(last=Max("line"))["last"] or 0)


def counted_rows(intake: Intake) -> Mapping[str, int]:
    """Return how many rows there are of each verdict."""
    counted = intake.rows.order_by().values_list("verdict").annotate(count=Count("pk"))
    return {**dict.fromkeys(IntakeVerdict.values, 0), **dict(counted)}


def has_good(intake: Intake) -> bool:
    """Whether there is a row that adds or changes something."""
    return any(intake.counts.get(verdict) for verdict in (IntakeVerdict.ADD, IntakeVerdict.CHANGE))


def missing_subscribers(intake: Intake) -> list[tuple[str, int]]:
    """Return the names that no subscriber has, with the rows of each; the most frequent first."""
    rows = intake.rows.filter(verdict=IntakeVerdict.REFUSED, subscriber_id=None)
    named = rows.exclude(subscriber_name="").order_by().values_list("subscriber_name")
    counted = named.annotate(count=Count("pk")).order_by("-count", "subscriber_name")
    return list(counted[:_NAMES_SHOWN])


def refused_rows(intake: Intake, person: User) -> Iterator[list[str]]:
    """Give the refused rows as they stood in the file, each after its reason; it is recorded.

    The reason comes first, where no row that is longer than the header pushes it aside.
    """
    refused = intake.rows.filter(verdict=IntakeVerdict.REFUSED)
    Export.objects.create(
        person=person, what=f"Refused rows of {intake.name}"[:300], rows=refused.count()
    )
    yield [REASON, *intake.columns]
    # By line, some at a time: neither a long query nor a hundred thousand rows in memory.
    last = 0
    while rows := list(refused.filter(line__gt=last).order_by("line")[:_AT_ONCE]):
        yield from ([row.reason, *row.cells] for row in rows)
        last = rows[-1].line


# --- Forgetting ---------------------------------------------------------------------------------


def forget_old() -> None:
    """Forget the rows and files of what was decided, or left lying, long enough ago."""
    old = Intake.objects.filter(uploaded_at__lt=clock.now() - timedelta(days=KEPT_DAYS)).exclude(
        state__in=(IntakeState.READING, IntakeState.COMMITTING)
    )
    old.filter(state__in=_OPEN).update(state=IntakeState.DISCARDED)
    IntakeRow.objects.filter(intake__in=old.values("pk")).delete()
    for intake_id in old.exclude(storage_name="").values_list("pk", flat=True):
        _forget_file(intake_id)


def _forget_file(intake_id: int) -> None:
    """Delete an upload that is decided about; one that cannot be, goes when it is old."""
    over = (IntakeState.COMMITTED, IntakeState.DISCARDED)
    intake = Intake.objects.filter(pk=intake_id, state__in=over).exclude(storage_name="").first()
    if intake is None:
        return
    try:
        default_storage.delete(intake.storage_name)
    except OSError as error:
        logger.warning(
            "upload not deleted", extra={"intake": intake_id, "why": type(error).__name__}
        )
        return
    Intake.objects.filter(pk=intake_id).update(storage_name="")
