"""Keeping LOAs: every file checked once a night, kept for its time, then purged.

An LOA is kept while one of its orders is open, while a number that it covers lives here, and for
LOA_KEPT_YEARS after the last of them ended; one that never came to anything counts from its
receipt. Legal hold stops the purge. The row and its evidence stay for good.
"""

import hashlib
import logging
import time
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain import alerts, evidence, jobs, nights
from numbering.domain.cannot_do import CannotDo
from numbering.domain.heartbeat import beat
from numbering.domain.jobs import TryLater
from numbering.domain.loa_lock import locked
from numbering.enums import LIVE, OPEN, EvidenceKind
from numbering.models import Job, Loa, LoaCoverage, TelephoneNumber, TelephoneNumberEvent
from numbering.wording import counted

logger = logging.getLogger(__name__)

# The worker turns to other jobs after so long, and comes back to this one.
_TURN_SECONDS = 20
# So many files in a row that cannot be read mean that the storage is away, not the files.
_MOST_IN_A_ROW = 3
# Seconds until files that could not be read are tried again.
_AGAIN = 900
_CHUNK = 256 * 1024


def run_keep(job: Job) -> None:
    """Handler: check the files that were not checked this night, then purge what is over."""
    unread = _check_files(job, nights.last_night(clock.now()))
    alerts.damaged_loas(Loa.objects.filter(purged_at=None, is_damaged=True).count())
    for loa_id in list(over(clock.now()).values_list("pk", flat=True)):
        _stay(job)
        purge(loa_id)
    for loa in Loa.objects.exclude(purged_at=None).exclude(file=""):
        _stay(job)
        _delete_file(loa)
    if unread:
        raise TryLater(f"{counted(len(unread), 'LOA file')} could not be read.", after=_AGAIN)
    beat("keep")


def _stay(job: Job) -> None:
    if not jobs.renew(job):
        raise TryLater("Another worker has taken over.", counts=False)


# --- Checking ----------------------------------------------------------------------------------


def _check_files(job: Job, night: datetime) -> list[int]:
    """Check what was not checked this night; return the LOAs whose files could not be read."""
    unchecked = Loa.objects.filter(
        Q(hash_checked_at=None) | Q(hash_checked_at__lt=night), purged_at=None
    ).order_by("pk")
    until = time.monotonic() + _TURN_SECONDS
    unread: list[int] = []
    in_a_row = 0
    last = 0
    while (loa := unchecked.filter(pk__gt=last).first()) is not None:
        _stay(job)
        last = loa.pk
        try:
            is_whole = _is_whole(loa)
        except OSError as error:
            unread.append(loa.pk)
            in_a_row += 1
            logger.warning("LOA file not read", extra={"loa": loa.pk, "why": type(error).__name__})
            if in_a_row == _MOST_IN_A_ROW:
                raise TryLater("The storage of the LOA files is away.", after=_AGAIN) from error
            continue
        in_a_row = 0
        Loa.objects.filter(pk=loa.pk).update(hash_checked_at=clock.now(), is_damaged=not is_whole)
        if time.monotonic() > until:
            raise TryLater("More files are to be checked.", after=0, counts=False)
    return unread


def _is_whole(loa: Loa) -> bool:
    """Whether the file is what was received. Raises OSError when that cannot be found out."""
    digest = hashlib.sha256()
    try:
        with loa.file.open("rb") as stored:
            for chunk in stored.chunks(_CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == loa.sha256


# --- Purging -----------------------------------------------------------------------------------


def over(now: datetime) -> QuerySet[Loa]:
    """Return the LOAs whose time is over and that nothing holds."""
    limit = _years_before(now)
    numbers = TelephoneNumber.objects.filter(
        e164=OuterRef("e164"), subscriber=OuterRef("loa__subscriber")
    )
    # The last event of a number that lives no more is its end.
    events = TelephoneNumberEvent.objects.filter(
        telephone_number__e164=OuterRef("e164"),
        telephone_number__subscriber=OuterRef("loa__subscriber"),
    )
    needed = LoaCoverage.objects.filter(
        Q(order__status__in=OPEN)
        | Exists(numbers.filter(state__in=LIVE))
        | Exists(events.filter(at__gt=limit)),
        loa=OuterRef("pk"),
    )
    return Loa.objects.filter(
        Q(expires_on=None) | Q(expires_on__lt=limit.date()),
        ~Exists(needed),
        purged_at=None,
        is_on_hold=False,
        uploaded_at__lt=limit,
    ).order_by("pk")


@repeated
def purge(loa_id: int) -> bool:
    """Give the LOA's file up for good if its time is over; False when something holds it.

    The file itself goes after the commit: what is not committed must not be gone.
    """
    loa = locked(loa_id)
    if not over(clock.now()).filter(pk=loa_id).exists():
        return False
    Loa.objects.filter(pk=loa_id).update(purged_at=clock.now())
    evidence.add(
        EvidenceKind.PURGED,
        subscriber=loa.subscriber,
        loa=loa,
        data={"sha256": loa.sha256, "kept_years": settings.LOA_KEPT_YEARS},
    )
    logger.info("LOA purged", extra={"loa": loa_id, "subscriber": loa.subscriber_id})
    return True


def _delete_file(loa: Loa) -> None:
    # A worker that stops in between does it again: a file that is gone already is no trouble.
    loa.file.storage.delete(str(loa.file.name))
    Loa.objects.filter(pk=loa.pk).update(file="")


def _years_before(now: datetime) -> datetime:
    year = now.year - settings.LOA_KEPT_YEARS
    try:
        return now.replace(year=year)
    except ValueError:  # 29 February
        return now.replace(year=year, day=28)


# --- Legal hold --------------------------------------------------------------------------------


@repeated
def set_hold(loa: Loa, *, is_on_hold: bool, reason: str, actor: User) -> None:
    """Put an LOA on legal hold, or lift it. Raises CannotDo when there is nothing to change."""
    current = locked(loa.pk)
    if current.purged_at:
        raise CannotDo("The file was purged already, so there is nothing left to hold.")
    if current.is_on_hold == is_on_hold:
        raise CannotDo("It was done already." if is_on_hold else "It is on no legal hold.")
    Loa.objects.filter(pk=loa.pk).update(is_on_hold=is_on_hold)
    evidence.add(
        EvidenceKind.HELD,
        subscriber=current.subscriber,
        loa=current,
        data={"is_on_hold": is_on_hold, "reason": reason, "person": actor.pk},
    )
    loa.refresh_from_db()
