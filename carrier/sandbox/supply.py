"""The telephone numbers that the carrier has to offer: computed from a seed, never stored."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from carrier.sandbox.cards import EXCHANGE, offered_cards
from carrier.sandbox.numbering_plan import is_toll_free

TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")
_EXCHANGES_OF_A_PLACE = 4


# What can follow an area code here: no 555, no service codes such as 911, no cards.
_EXCHANGE_CODES = tuple(
    code
    for code in map(str, range(200, 1000))
    if code not in ("555", EXCHANGE) and not code.endswith("11")
)


@dataclass(frozen=True)
class Place:
    """Where numbers belong; names are upper case, as the carrier writes them."""

    area_code: str
    city: str
    state: str
    rate_center: str
    lata: str
    zip_code: str


PLACES: tuple[Place, ...] = (
    Place("201", "JERSEY CITY", "NJ", "JERSEYCITY", "224", "07302"),
    Place("206", "SEATTLE", "WA", "SEATTLE", "674", "98101"),
    Place("213", "LOS ANGELES", "CA", "LSAN DA 01", "730", "90012"),
    Place("303", "DENVER", "CO", "DENVER", "656", "80202"),
    Place("303", "BOULDER", "CO", "BOULDER", "656", "80302"),
    Place("312", "CHICAGO", "IL", "CHICAGO", "358", "60601"),
    Place("404", "ATLANTA", "GA", "ATLANTA", "438", "30303"),
    Place("415", "SAN FRANCISCO", "CA", "SNFC CNTRL", "722", "94103"),
    Place("512", "AUSTIN", "TX", "AUSTIN", "558", "78701"),
    Place("602", "PHOENIX", "AZ", "PHOENIX", "666", "85004"),
    Place("609", "ALLENTOWN", "NJ", "ALLENTOWN", "222", "08501"),
    Place("617", "BOSTON", "MA", "BOSTON", "128", "02108"),
    Place("919", "RALEIGH", "NC", "RALEIGH", "426", "27606"),
    Place("919", "DURHAM", "NC", "DURHAM", "426", "27701"),
)


class Supply:
    """What a carrier with this seed has, whether or not it is still to be had.

    Exchanges are six digits. Each holds about 3,000 numbers, in order; exchange 719 of any area
    code holds the test cards that can be ordered, and nothing else.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._places: dict[str, Place] = {}
        for area_code in dict.fromkeys(place.area_code for place in PLACES):
            places = [place for place in PLACES if place.area_code == area_code]
            wanted = len(places) * _EXCHANGES_OF_A_PLACE
            dice = random.Random(f"{seed}-{area_code}")
            chosen = dice.sample(_EXCHANGE_CODES, wanted)
            for index, code in enumerate(chosen):
                self._places[f"{area_code}{code}"] = places[index % len(places)]

    def exchanges(self, place: Place) -> list[str]:
        """The exchanges of a place, in order; that of the cards is not one of them."""
        return sorted(exchange for exchange, where in self._places.items() if where == place)

    def toll_free_exchanges(self, area_code: str) -> Iterator[str]:
        """The exchanges of a toll-free code, in order."""
        return (f"{area_code}{code}" for code in _EXCHANGE_CODES)

    def numbers(self, exchange: str) -> tuple[str, ...]:
        """All the numbers of an exchange, in order; none for one that is not ours."""
        if exchange[3:] == EXCHANGE:
            return offered_cards(exchange[:3])
        if exchange in self._places or exchange[:3] in TOLL_FREE:
            return _numbers(self._seed, exchange)
        return ()

    def has(self, telephone_number: str) -> bool:
        """Whether a ten-digit number is one of these."""
        return telephone_number in self.numbers(telephone_number[:6])

    def place_of(self, telephone_number: str) -> Place | None:
        """Where a number belongs, as far as its first digits tell; None for a far or free one."""
        if is_toll_free(telephone_number):
            return None
        nearest = (place for place in PLACES if place.area_code == telephone_number[:3])
        return self._places.get(telephone_number[:6]) or next(nearest, None)


@lru_cache(maxsize=512)
def _numbers(seed: int, exchange: str) -> tuple[str, ...]:
    every = (f"{exchange}{line:04}" for line in range(10_000))
    return tuple(number for number in every if zlib.crc32(f"{seed}-{number}".encode()) % 10 < 3)
