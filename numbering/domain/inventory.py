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
