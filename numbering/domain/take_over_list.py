"""The carrier's list for a take-over: read some pages at a time, and kept until it is dealt with.

Each piece is stored together with where the reading goes on, by whoever holds the job's lease. So a
worker that was killed, or gave way to other work, is followed by one that reads on from there, and
a list of hundreds of thousands is never in memory.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce

from accounts.again import repeated
from carrier import in_service, places
from carrier.client import Carrier
from carrier.errors import CarrierError
from carrier.number_lists import Bookmark, Walk
from numbering.carrier_link import storable
from numbering.domain import jobs
from numbering.domain.chunks import chunks
from numbering.domain.jobs import TryLater
from numbering.domain.places import refresh_places
from numbering.enums import TakeOverStep
from numbering.models import Job, SipPeer, TakeOver, TakeOverNumber
from numbering.stopping_points import reached

# After so long other jobs that are due come first.
TURN_SECONDS = 3.0
# Pages that are stored together, as far as the turn goes on for so long.
_PAGES = 10
# Numbers that are named in one statement.
_NAMED = 1000
_TEXT = 40


class Turn:
    """One turn of the job, and its lease."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._ends = time.monotonic() + TURN_SECONDS
        call = float(str(settings.CARRIER["call_timeout"]))
        self._lease = max(float(settings.JOB_LEASE_SECONDS), 2 * call)
        # Which try at it this is, counted from 1; one that got on is not counted.
        self.tries = job.attempts
        # Whether something was written that need not be done again.
        self.got_on = False

    @property
    def is_over(self) -> bool:
        """Whether other work comes first now."""
        return time.monotonic() >= self._ends

    def stay(self) -> None:
        """Prolong the lease; in a transaction nobody takes over before its end.

        Raises TryLater when another worker has taken over: then nothing more may be written.
        """
        if not jobs.renew(self._job, seconds=self._lease):
            raise TryLater("Another worker has taken over.", counts=False)


def read_numbers_on(carrier: Carrier, over: TakeOver, turn: Turn) -> None:
    """Read some pages of the numbers in service; after the last one the places come next.

    Raises CarrierError at the page that could not be read; what came before it is kept.
    """
    walk = in_service.list_numbers(carrier, bookmark=_bookmark(over))
    piece = _read_piece(walk, turn)
    if piece.error is None or piece.texts:
        _store_numbers(over, turn, piece)
    if piece.error is not None:
        raise piece.error


def read_places_on(carrier: Carrier, over: TakeOver, turn: Turn) -> None:
    """Read some pages of a SIP peer's numbers; after the last peer the taking over comes next.

    Raises CarrierError as above, and ValueError when a peer cannot be asked for.
    """
    peer = over.sip_peer
    if peer is None:
        refresh_places(turn.stay)
        _turn_to(over, turn, _peer_after(0))
        return
    walk = places.list_numbers(
        carrier, site_id=peer.site_id, sip_peer_id=peer.sip_peer_id, bookmark=_bookmark(over)
    )
    piece = _read_piece(walk, turn)
    if piece.error is None or piece.texts:
        _store_places(over, turn, peer, piece)
    if piece.error is not None:
        raise piece.error


@dataclass(frozen=True)
class _Piece:
    """Some pages. Without a bookmark the list is at its end; an error is that of the next page."""

    texts: Sequence[str]
    bookmark: Bookmark | None
    error: CarrierError | None


def _read_piece(walk: Walk, turn: Turn) -> _Piece:
    texts: list[str] = []
    error = None
    for _ in range(_PAGES):
        turn.stay()
        try:
            texts += next(walk, ())
        except CarrierError as caught:
            error = caught
            break
        if walk.bookmark is None or turn.is_over:
            break
    kept = list(dict.fromkeys(storable(text)[:_TEXT] for text in texts))
    return _Piece(kept, walk.bookmark, error)


@repeated
def _store_numbers(over: TakeOver, turn: Turn, piece: _Piece) -> None:
    turn.stay()
    for some in chunks(piece.texts):
        TakeOverNumber.objects.bulk_create(
            [TakeOverNumber(take_over=over, text=text) for text in some], ignore_conflicts=True
        )
    if piece.bookmark is not None:
        listed = over.in_service + len(piece.texts)
        _go_on(over, bookmark=piece.bookmark.to_json(), in_service=listed)
    else:
        # What was listed twice counts once.
        _go_on(over, step=TakeOverStep.PLACES, bookmark={}, in_service=over.listed.count())
    reached("before_commit")
    turn.got_on = True


@repeated
def _store_places(over: TakeOver, turn: Turn, peer: SipPeer, piece: _Piece) -> None:
    turn.stay()
    elsewhere = models.Q(sip_peer__isnull=False) & ~models.Q(sip_peer=peer)
    for some in chunks(piece.texts, _NAMED):
        over.listed.filter(text__in=some).update(
            is_at_several=models.Case(
                models.When(elsewhere, then=models.Value(True)),
                default=models.F("is_at_several"),
            ),
            sip_peer=Coalesce("sip_peer", models.Value(peer.pk)),
        )
    if piece.bookmark is not None:
        _go_on(over, bookmark=piece.bookmark.to_json())
    else:
        _turn_to(over, turn, _peer_after(peer.pk))
    reached("before_commit")
    turn.got_on = True


@repeated
def _turn_to(over: TakeOver, turn: Turn, peer: SipPeer | None) -> None:
    """Begin with the list of a peer; without one the taking over comes next."""
    turn.stay()
    step = TakeOverStep.NUMBERS if peer is None else TakeOverStep.PLACES
    _go_on(over, step=step, sip_peer=peer, bookmark={})


def _go_on(over: TakeOver, **columns: object) -> None:
    TakeOver.objects.filter(pk=over.pk).update(trouble="", **columns)


def _bookmark(over: TakeOver) -> Bookmark | None:
    return Bookmark.from_json(over.bookmark) if over.bookmark else None


def _peer_after(key: int) -> SipPeer | None:
    return SipPeer.objects.filter(is_gone=False, pk__gt=key).order_by("pk").first()
