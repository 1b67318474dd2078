"""House numbers as people write them, and the digits and suffix that the carrier takes.

The rule: the digits at the beginning are the number, all that follows is the suffix, and the two
put together are what was written. 12B is 12 with suffix B; 14 1/2 is 14 with suffix 1/2; 1/2 is 1
with suffix /2.
"""

import re

NUMBER_LIMIT = 8
SUFFIX_LIMIT = 10
_FRACTIONS = {"\u00bd": " 1/2", "\u00bc": " 1/4", "\u00be": " 3/4"}
_PARTS = re.compile(r"([0-9]+)\s*(.*)")


class NoHouseNumber(ValueError):
    """The text is no house number; the message says what to write."""


def split_house_number(text: str) -> tuple[str, str]:
    """Return the digits and the suffix. Raises NoHouseNumber with what to do about it."""
    for sign, spelled in _FRACTIONS.items():
        text = text.replace(sign, spelled)
    parts = _PARTS.fullmatch(" ".join(text.split()))
    if parts is None:
        raise NoHouseNumber("A house number begins with a digit, like 12 or 12B.")
    number, suffix = parts.groups()
    if len(number) > NUMBER_LIMIT:
        raise NoHouseNumber(f"A house number has at most {NUMBER_LIMIT} digits.")
    if len(suffix) > SUFFIX_LIMIT:
        raise NoHouseNumber(
            f"Write at most {SUFFIX_LIMIT} characters after the digits. A floor or suite has a "
            "field of its own."
        )
    return number, suffix


def join_house_number(number: str, suffix: str) -> str:
    """Return number and suffix as people write them: 12B, 14 1/2."""
    between = " " if suffix[:1].isdigit() else ""
    return number + between + suffix


def sent_as(number: str, suffix: str) -> str:
    """Return a sentence that says what is sent of a house number, or '' when it is digits only."""
    return f"We send {number}, suffix {suffix}." if suffix else ""
