"""The numbers that are there before anything happens, on both sides alike."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from django.utils import timezone

from carrier.sandbox.cards import EXCHANGE
from carrier.sandbox.number_book import NumberBook
from carrier.sandbox.platform_book import PlatformBook
from carrier.sandbox.store import Store
from numbering.enums import SERVICE_STATE, NumberOrigin, PlatformStage
from numbering.models import PlatformNumber, Subscriber, TelephoneNumber
from numbering.phone import TOLL_FREE_AREA_CODES
from tests import builders
from tests.faults.at_carrier import CarrierHome
from tests.faults.size import NumbersSize

_SITE, _SIP_PEER = "1001", "500101"
_SUBSCRIBERS = 12
# Not of the carrier's supply, so that nobody can order them.
_AREA = "720"
# The cards that do something in a removal, a disconnect, or both, and in which area codes.
_CARDS = {
    NumberOrigin.IMPORT: (210, ("8030", "8005", "8006", "8020", "8021", "8022")),
    NumberOrigin.ORDER: (510, ("8031", "8005", "8006", "8008", "8020", "8021", "8022")),
}
_CARD_EVERY = 12
# Of the numbers to be released, one in so many is not in service on the new platform after all.
_STALE_EVERY = 5


@dataclass(frozen=True)
class Estate:
    """E.164 numbers by what is going to happen to them.

    `leaving` are hosted and owned ones in turn. `to_old` get imported to the older platform.
    `moved` are on both, and may be released there; of these the carrier has the `stale` no more,
    and nobody here knows.
    """

    subscribers: Sequence[Subscriber]
    leaving: list[str] = field(default_factory=list)
    to_old: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    stale: frozenset[str] = frozenset()


def prepare(carrier: CarrierHome, size: NumbersSize) -> Estate:
    """Put the numbers at the carrier, which must not run yet, and here."""
    # At most four of each small leaving, and one of each removal.
    leaving = size.leavings * 4 + size.large_leavings * size.many + size.removals
    imported = _numbers(leaving // 2 + 1, NumberOrigin.IMPORT)
    owned = _numbers(leaving // 2 + 1, NumberOrigin.ORDER)
    to_old = builders.fresh_numbers(size.platform_imports * size.imported, area=_AREA)
    moved = builders.fresh_numbers(size.releases * size.released, area=_AREA)
    stale = frozenset(moved[::_STALE_EVERY])
    store = Store(carrier.folder / "state.sqlite3")
    there = NumberBook(store)
    for e164s, is_owned in (
        ([*imported, *to_old, *(e164 for e164 in moved if e164 not in stale)], False),
        (owned, True),
    ):
        there.stock(
            [e164.removeprefix("+1") for e164 in e164s],
            site_id=_SITE,
            sip_peer_id=_SIP_PEER,
            is_owned=is_owned,
            at=time.time(),
        )
    _put_on_old(PlatformBook(store), moved)
    store.close()
    subscribers = [builders.subscriber() for _ in range(_SUBSCRIBERS)]
    _put_here([*imported, *to_old, *moved], NumberOrigin.IMPORT, subscribers)
    _put_here(owned, NumberOrigin.ORDER, subscribers)
    in_turn = [e164 for pair in zip(imported, owned, strict=True) for e164 in pair]
    return Estate(subscribers, in_turn, to_old, moved, stale)


def area_codes(first: int) -> Iterator[str]:
    """Area codes of local numbers from this one on."""
    codes = map(str, range(first, 1000))
    return (code for code in codes if code not in TOLL_FREE_AREA_CODES and code[1:] != "11")


def _numbers(count: int, origin: NumberOrigin) -> list[str]:
    """So many numbers, some of them cards, each of those in an area code of its own."""
    first, lines = _CARDS[origin]
    cards = (f"+1{area}{EXCHANGE}{line}" for area, line in zip(area_codes(first), cycle(lines)))
    e164s = builders.fresh_numbers(count, area=_AREA)
    for index in range(0, count, _CARD_EVERY):
        e164s[index] = next(cards)
    return e164s


def _put_on_old(book: PlatformBook, e164s: Sequence[str]) -> None:
    now = timezone.now()
    PlatformNumber.objects.bulk_create(
        PlatformNumber(
            e164=e164,
            platform_id=book.add(e164, name="", application_id="") or "",
            stage=PlatformStage.MOVED,
            seen_at=now,
        )
        for e164 in e164s
    )


def _put_here(
    e164s: Sequence[str], origin: NumberOrigin, subscribers: Sequence[Subscriber]
) -> None:
    now = timezone.now()
    TelephoneNumber.objects.bulk_create(
        TelephoneNumber(
            e164=e164,
            subscriber=subscriber,
            state=SERVICE_STATE[origin],
            origin=origin,
            site_id=_SITE,
            sip_peer_id=_SIP_PEER,
            state_changed_at=now,
        )
        for e164, subscriber in zip(e164s, cycle(subscribers))
    )
