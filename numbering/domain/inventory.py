"""The carrier's list of numbers in service, held in memory for the length of a compare."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

# Numbers given out at a time.
_CHUNK = 500
_E164 = re.compile(r"\+([0-9]{1,15})")


def is_number(text: str) -> bool:
    """Whether this is a telephone number in E.164, of whatever country."""
    return _E164.fullmatch(text) is not None


class Whereabouts:
    """At which SIP peer each number stands, in eight bytes a number.

    A number that stands at none of the peers, or at several, has no place that could be told.
    """

    _MOST_PEERS = 1 << 13  # so that a number of 15 digits and its peer fit into 63 bits

    def __init__(self) -> None:
        self._pairs = array("q")
        self._peers: list[tuple[str, str]] = []

    def add(self, site_id: str, sip_peer_id: str, pages: Iterable[Sequence[str]]) -> None:
        """Read a peer's pages; what `pages` raises comes through. ValueError for too many peers."""
        index = len(self._peers)
        if index >= self._MOST_PEERS:
            raise ValueError(f"There are more than {self._MOST_PEERS:,} SIP peers.")
        self._peers.append((site_id, sip_peer_id))
        for page in pages:
            self._pairs.extend(
                int(match[1]) * self._MOST_PEERS + index
                for text in page
                if (match := _E164.fullmatch(text))
            )

    def sort(self) -> None:
        """To be called when all peers are read."""
        self._pairs = array("q", sorted(set(self._pairs)))

    def peer_of(self, e164: str) -> tuple[str, str] | None:
        """Return the number's site and SIP peer, or None when that cannot be told."""
        match = _E164.fullmatch(e164)
        if match is None:
            return None
        lowest = int(match[1]) * self._MOST_PEERS
        place = bisect_left(self._pairs, lowest)
        after = bisect_left(self._pairs, lowest + self._MOST_PEERS)
        if after - place != 1:
            return None
        return self._peers[self._pairs[place] - lowest]


class Inventory:
    """The list in eight bytes a number: hundreds of thousands are a few megabytes."""

    def __init__(self, pages: Iterable[Sequence[str]]) -> None:
        """Read all pages; what `pages` raises comes through."""
        self._numbers = array("q")
        # What the carrier writes and is no number at all; staff shall see it.
        self._odd: set[str] = set()
        for page in pages:
            for text in page:
                if match := _E164.fullmatch(text):
                    self._numbers.append(int(match[1]))
                else:
                    self._odd.add(text[:40])
        self._numbers = array("q", sorted(self._numbers))

    def __contains__(self, text: str) -> bool:
        match = _E164.fullmatch(text)
        if match is None:
            return text in self._odd
        number = int(match[1])
        place = bisect_left(self._numbers, number)
        return place < len(self._numbers) and self._numbers[place] == number

    def __len__(self) -> int:
        return len(self._numbers) + len(self._odd)

    def chunks(self) -> Iterator[list[str]]:
        """All of them, some at a time; one that came twice on the list may come twice."""
        for start in range(0, len(self._numbers), _CHUNK):
            yield [f"+{number}" for number in self._numbers[start : start + _CHUNK]]
        odd = sorted(self._odd)
        for start in range(0, len(odd), _CHUNK):
            yield odd[start : start + _CHUNK]
