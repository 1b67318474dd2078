"""Why a number could not be taken and what to do about it, in words for a customer.

The error help is written for staff: it speaks of accounts, routes and the carrier. A customer needs
to know only what they can do themselves; everything else is ours to settle.
"""

from dataclasses import dataclass

from numbering.domain.error_help import help_for
from numbering.enums import WhoActs

# Our own word, beside the carrier's codes, for a number that is hosted here or in an open order.
WITH_US = "with_us"

_NOT_IN_SERVICE = (
    "This number does not seem to be in service for calls.",
    "Check the digits. If they are right, ask your phone company whether the line is active, then "
    "tell us.",
)
_HELD = (
    "Another company handles the text messages of this number.",
    "Ask that company to release the number for text messages, then tell us.",
)
_WORDS = {
    "19001": _NOT_IN_SERVICE,
    "5074": _NOT_IN_SERVICE,
    "7518": _NOT_IN_SERVICE,
    "19002": (
        "We could not find out which phone company has this number.",
        "Check the digits, and tell us if one is wrong.",
    ),
    "7201": (
        "This is not a US phone number.",
        "Check the digits, and tell us the right number.",
    ),
    "19003": (
        "The phone company of this number does not allow it yet.",
        "We are asking them. There is nothing for you to do.",
    ),
    "19006": _HELD,
    "5076": _HELD,
    WITH_US: (
        "This number is with us already.",
        "There is nothing to do. If you did not expect that, ask us.",
    ),
}
_THEIRS = (
    "Something about this number has to be settled with your phone company first.",
    "Ask us what it is; we know the details.",
)
_OURS = (
    "We could not take this number yet.",
    "We are looking into it. There is nothing for you to do.",
)


@dataclass(frozen=True)
class CustomerWords:
    """Why, what to do, and whether it is the customer who must act."""

    why: str
    what_to_do: str
    is_theirs: bool


def in_customer_words(codes: set[tuple[str, str]]) -> dict[tuple[str, str], CustomerWords]:
    """Return the words for each (operation, code), also for codes without help, in one query."""
    helps = help_for(codes)
    words = {}
    for key in codes:
        is_theirs = key in helps and helps[key].who_acts == WhoActs.CUSTOMER
        why, what_to_do = _WORDS.get(key[1]) or (_THEIRS if is_theirs else _OURS)
        words[key] = CustomerWords(why, what_to_do, is_theirs)
    return words
