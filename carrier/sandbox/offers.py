"""What of the supply is free to be had now."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from carrier.sandbox.cards import EXCHANGE
from carrier.sandbox.criteria import Criteria, to_digits
from carrier.sandbox.number_book import NumberBook
from carrier.sandbox.supply import PLACES, TOLL_FREE, Place, Supply


class Offers:
    """Searches the supply and leaves out what is taken. Numbers are ten digits."""

    def __init__(self, supply: Supply, numbers: NumberBook) -> None:
        self.supply = supply
        self._numbers = numbers

    def find(self, criteria: Criteria, quantity: int) -> list[str]:
        """At most so many free numbers, from all places in turn, a named exchange first."""
        sources = [self._free(groups) for groups in self._candidates(criteria)]
        return list(islice(_in_turn(sources), quantity))

    def exchanges(self, *, area_code: str, state: str) -> Iterator[tuple[str, Place, int]]:
        """Exchanges that have free numbers, their place, and how many those are."""
        criteria = Criteria(area_code=area_code, state=state)
        for place in filter(criteria.is_at, PLACES):
            for exchange in self.supply.exchanges(place):
                count = sum(1 for _ in self._free([self.supply.numbers(exchange)]))
                if count:
                    yield exchange, place, count

    def _free(self, groups: Iterable[Iterable[str]]) -> Iterator[str]:
        """The free ones, group by group; the numbers of a group are of one exchange."""
        now = time.time()
        for group in groups:
            wanted = list(group)
            if wanted:
                taken = self._numbers.taken_between(wanted[0], wanted[-1], now=now)
                yield from (number for number in wanted if number not in taken)

    def _candidates(self, criteria: Criteria) -> Iterator[Iterator[Iterable[str]]]:
        """Place by place what matches, taken or not, in groups of one exchange each."""
        if criteria.toll_free_vanity:
            digits = to_digits(criteria.toll_free_vanity)[:7]
            numbers = [f"{area_code}{digits}" for area_code in TOLL_FREE]
            yield ([number] for number in numbers if self.supply.has(number))
            return
        for exchanges in self._exchanges_meant(criteria):
            yield (filter(criteria.matches, self.supply.numbers(one)) for one in exchanges)

    def _exchanges_meant(self, criteria: Criteria) -> Iterator[Iterable[str]]:
        if criteria.toll_free_pattern:
            start = criteria.toll_free_pattern.rstrip("*")
            for area_code in TOLL_FREE:
                if area_code.startswith(start):
                    yield self.supply.toll_free_exchanges(area_code)
            return
        named = criteria.exchange
        places = [place for place in PLACES if criteria.is_at(place)]
        if named[3:] == EXCHANGE and places:
            yield [named]
            return
        for place in places:
            exchanges = self.supply.exchanges(place)
            if not named:
                yield exchanges
            elif named in exchanges:
                is_wide = criteria.nearby and bool(criteria.npa_nxx)
                yield sorted(exchanges, key=lambda one: one != named) if is_wide else [named]


def _in_turn(sources: list[Iterator[str]]) -> Iterator[str]:
    """One from each source, again and again, until all of them have ended."""
    waiting = deque(sources)
    while waiting:
        source = waiting.popleft()
        for number in islice(source, 1):
            yield number
            waiting.append(source)
