"""The stored file of an LOA: whole, not held back, and every opening recorded."""

import hashlib
from datetime import timedelta

from accounts.models import User
from numbering import clock
from numbering.domain import alerts
from numbering.enums import LoaScanState
from numbering.loa_file import draw_page
from numbering.models import Loa, LoaOpening

_EXTENSIONS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tiff",
}


_ONE_LOOK = timedelta(minutes=10)


class DamagedLoa(Exception):
    """The stored file cannot be given out; the message says why."""


class StorageAway(OSError):
    """The storage of the LOA files does not answer: nothing is known of the file."""


def read_content(loa: Loa) -> bytes:
    """Return the file to give out. Raises DamagedLoa unless it is whole and not held back.

    A file in which the virus scanner found something, or that it has not checked yet, goes to
    nobody.
    """
    if loa.scan_state == LoaScanState.INFECTED:
        raise DamagedLoa("The file is in quarantine: the virus scanner found something in it.")
    if loa.scan_state == LoaScanState.WAITING:
        raise DamagedLoa("The file was not checked for viruses yet. Try again in a few minutes.")
    return stored_content(loa)


def stored_content(loa: Loa) -> bytes:
    """Return the stored file, as long as it is byte for byte what was kept; else DamagedLoa.

    Raises StorageAway when it could not be read at all.
    """
    if loa.purged_at is not None:
        raise DamagedLoa("The file was deleted when its time of keeping was over.")
    try:
        with loa.file.open("rb") as stored:
            content = bytes(stored.read())
    except FileNotFoundError as error:
        _call_about(loa)
        raise DamagedLoa("The stored file is missing. Tell your administrator.") from error
    except OSError as error:
        raise StorageAway("The storage of the LOA files is away. Try again later.") from error
    if hashlib.sha256(content).hexdigest() != loa.sha256:
        _call_about(loa)
        raise DamagedLoa(
            "The stored file is not the one that was received. It is not given out; tell your "
            "administrator."
        )
    return content


def _call_about(loa: Loa) -> None:
    Loa.objects.filter(pk=loa.pk).update(is_damaged=True, hash_checked_at=clock.now())
    alerts.damaged_loas(Loa.objects.filter(is_damaged=True, purged_at=None).count())


def page_picture(loa: Loa, page: int) -> bytes:
    """Return a page as a PNG. Raises DamagedLoa, and CannotDraw for a page that is not there.

    While the scanner is away this is all that can be seen: a picture drawn here carries no virus.
    """
    if loa.scan_state == LoaScanState.INFECTED:
        raise DamagedLoa("The file is in quarantine: the virus scanner found something in it.")
    return draw_page(stored_content(loa), loa.content_type, page)


def shown_name(loa: Loa) -> str:
    """Return a file name of our own: what the uploader called it is only text."""
    return f"loa-{loa.subscriber_id}-v{loa.version}.{_EXTENSIONS[loa.content_type]}"


def open_for(loa: Loa, person: User | None, *, email: str = "") -> bytes:
    """Return the file for somebody to look at, and record that they opened it.

    Who came by a link and has no account is recorded by their address.
    """
    content = read_content(loa)
    LoaOpening.objects.create(loa=loa, person=person, email=email)
    return content


def note_opening(loa: Loa, person: User) -> None:
    """Record that a person looks at the pages, once for a while: each page is asked for alone."""
    since = clock.now() - _ONE_LOOK
    if not loa.openings.filter(person=person, at__gt=since).exists():
        LoaOpening.objects.create(loa=loa, person=person)
