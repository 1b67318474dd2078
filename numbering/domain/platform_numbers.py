"""The numbers of the older platform, as it lists them itself.

The list is read in turns of a few seconds, and each page is stored together with where the reading
goes on: whoever comes after a worker that was killed, or had to wait, reads on from there. Pages go
by position, so a number that is given up meanwhile has others passed over: a number that was on no
page is asked for by itself before it is said to be gone.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from accounts.again import repeated
from carrier import platform
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, Throttled
from carrier.number_lists import Bookmark
from carrier.platform_list import Walk
from carrier.platform_records import PlatformNumber as ListedNumber
from numbering import clock
from numbering.carrier_link import PROBE_SECONDS, CarrierNotConfigured, in_words, storable
from numbering.domain.heartbeat import beat
from numbering.domain.inventory import is_number
from numbering.domain.jobs import TryLater
from numbering.domain.platform_calls import trouble_of
from numbering.domain.take_over_list import Turn
from numbering.enums import PlatformStage
from numbering.models import Job, PlatformNumber, PlatformReading
from numbering.platform_link import get_platform
from numbering.stopping_points import reached

JOB = "list_platform"
_ID = re.compile(r"[A-Za-z0-9-]{1,60}")
# What was read of a list earlier than this is read anew: the list has changed since.
_GOOD_FOR = timedelta(hours=6)
# Missing numbers that are looked up here together; each is asked for by itself.
_ASKED_FOR = 100


def run_list(job: Job) -> None:
    """Handler: go on with the reading at hand, or begin one, for one turn."""
    turn = Turn(job)
    reading = _at_hand(turn)
    if clock.now() - reading.began_at > _GOOD_FOR:
        reading.delete()
        # It uses up a try: a list that cannot be read in this time is not read for ever.
        raise TryLater("The list was too old and is read anew.", after=0)
    try:
        carrier = get_platform()
        _read_pages(carrier, reading, turn)
        _ask_for_missing(carrier, reading, turn)
    except Throttled as error:
        raise TryLater(error.message, at=error.retry_at, counts=False) from error
    except (CarrierError, CarrierNotConfigured) as error:
        raise TryLater(
            f"The older platform could not be read. {in_words(error)}",
            after=PROBE_SECONDS if isinstance(error, CredentialsRefused) else None,
            # A long list may meet trouble often and still come to its end.
            counts=not turn.got_on,
        ) from error
    _end(reading, turn)


def give_up(_job: Job) -> None:
    """The job was parked: whoever has the list read again begins anew, not where it was stuck."""
    PlatformReading.objects.all().delete()


@repeated
def _at_hand(turn: Turn) -> PlatformReading:
    turn.stay()
    return PlatformReading.objects.first() or PlatformReading.objects.create(began_at=clock.now())


def _read_pages(carrier: Carrier, reading: PlatformReading, turn: Turn) -> None:
    """Read the pages that are left. Raises CarrierError at one that could not be read."""
    walk = Walk(carrier, Bookmark.from_json(reading.bookmark) if reading.bookmark else None)
    while not reading.is_read:
        _give_way(turn)
        turn.stay()
        page = next(walk)
        _store_page(page, walk.bookmark, reading, turn)
        reached("after_commit")


@repeated
def _store_page(
    page: Sequence[ListedNumber], bookmark: Bookmark | None, reading: PlatformReading, turn: Turn
) -> None:
    turn.stay()
    _take_over(page)
    reading.is_read = bookmark is None
    reading.bookmark = {} if bookmark is None else bookmark.to_json()
    reading.save(update_fields=["is_read", "bookmark"])
    reached("before_commit")
    turn.got_on = True


def _ask_for_missing(carrier: Carrier, reading: PlatformReading, turn: Turn) -> None:
    """Ask for each number that was on no page; one that cannot be looked for stays listed.

    Raises CarrierError when nothing can be asked at all.
    """
    while missing := _missing(reading):
        for pk, e164 in missing:
            _give_way(turn)
            turn.stay()
            is_gone, found = False, None
            try:
                found = platform.find_number(carrier, telephone_number=e164)
                is_gone = found is None
            except ValueError:
                # One of another country: it cannot be asked for.
                pass
            except CarrierError as error:
                if trouble_of(error) is not None:
                    raise
            _store_answer(pk, found, reading, turn, is_gone=is_gone)
            reached("after_commit")


def _missing(reading: PlatformReading) -> list[tuple[int, str]]:
    """Return the next numbers that were on no page, by key."""
    missing = PlatformNumber.objects.filter(
        is_listed=True, seen_at__lt=reading.began_at, pk__gt=reading.asked_until
    )
    return list(missing.order_by("pk").values_list("pk", "e164")[:_ASKED_FOR])


@repeated
def _store_answer(
    pk: int, found: ListedNumber | None, reading: PlatformReading, turn: Turn, *, is_gone: bool
) -> None:
    turn.stay()
    if found is not None:
        _take_over([found])
    if is_gone:
        PlatformNumber.objects.filter(pk=pk).update(is_listed=False)
    reading.asked_until = pk
    reading.save(update_fields=["asked_until"])
    reached("before_commit")
    turn.got_on = True


@repeated
def _end(reading: PlatformReading, turn: Turn) -> None:
    turn.stay()
    # Given up before this list was begun, and on it all the same: it is there again.
    PlatformNumber.objects.filter(
        stage=PlatformStage.RELEASED,
        is_listed=True,
        checked_at__lt=reading.began_at,
        seen_at__gte=reading.began_at,
    ).update(stage=PlatformStage.FOUND, detail="It was released, and is on the old platform again.")
    reading.delete()
    beat(JOB)


def _give_way(turn: Turn) -> None:
    """Let other work come first when the turn is over; but never before something was done."""
    if turn.is_over and turn.got_on:
        # Without a reason: nothing is wrong, and the page says that the list is read.
        raise TryLater("", after=0, counts=False)


def _take_over(page: Sequence[ListedNumber]) -> None:
    """Add what is new and bring the rest up to date, in one statement."""
    now = clock.now()
    rows = {
        number.e164: PlatformNumber(
            e164=number.e164,
            platform_id=number.platform_id,
            name=storable(number.name)[:200],
            application_id=storable(number.application_id)[:100],
            seen_at=now,
            is_listed=True,
        )
        for number in page
        # What is no number, or has no id, can be neither moved nor released.
        if not number.is_released and is_number(number.e164) and _ID.fullmatch(number.platform_id)
    }
    PlatformNumber.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["e164"],
        update_fields=["platform_id", "name", "application_id", "seen_at", "is_listed"],
    )
