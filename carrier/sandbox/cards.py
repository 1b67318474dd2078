"""The test-card numbers: telephone numbers that make the sandbox behave in a set way.

One table serves the server, the index page and the documentation. A card is known by the last
seven digits of a telephone number, the area code is free: 303-719-7518 and 919-719-7518 are the
same card. The exchange 719 is kept for rehearsal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto

EXCHANGE = "719"


class Act(StrEnum):
    """What the sandbox does when it meets a card."""

    CHECK_FAILS = auto()
    NUMBER_FAILS = auto()
    ORDER_FAILS = auto()
    ORDER_EXCEPTION = auto()
    ORDER_HELD = auto()
    NUMBER_LOST_LATER = auto()
    WEBHOOK_LOST = auto()
    WEBHOOK_DOUBLED = auto()
    CREATE_REFUSED = auto()
    FALSE_NEWS = auto()
    FAILS_FIRST_TIME = auto()
    CREATED_500 = auto()
    CREATED_DROPPED = auto()
    CREATED_CUT = auto()
    NOT_CREATED_500 = auto()
    REMOVAL_FAILS = auto()
    BACKORDERED = auto()
    BACKORDER_HELD = auto()
    DISCONNECT_FAILS = auto()


@dataclass(frozen=True)
class Card:
    """One card: the four digits after the exchange, what it does, its error code if it has one."""

    line: str
    act: Act
    summary: str
    code: str = ""

    @property
    def label(self) -> str:
        """How the card is written for people: NPA stands for any area code."""
        return f"NPA-{EXCHANGE}-{self.line}"


def _check_fails(last: int) -> Card:
    code = str(19000 + last)
    return Card(
        line=str(9000 + last),
        act=Act.CHECK_FAILS,
        summary=f"importTnChecker answers {code}; an order fails this number with the same code",
        code=code,
    )


def _number_fails(code: str) -> Card:
    return Card(
        line=code,
        act=Act.NUMBER_FAILS,
        summary=(
            f"passes the check, fails in the order with {code}"
            " (alone: FAILED, beside good numbers: PARTIAL)"
        ),
        code=code,
    )


CARDS: tuple[Card, ...] = (
    *(_check_fails(last) for last in (*range(1, 11), 12, 14)),
    *(_number_fails(code) for code in ("7518", "5158", "5074", "5076", "5150")),
    Card(
        "5005",
        Act.NUMBER_FAILS,
        "is offered, fails in the order with 5005: somebody else was faster",
        "5005",
    ),
    Card(
        "5218",
        Act.NUMBER_FAILS,
        "is offered, fails in the order with 5218: another order holds it",
        "5218",
    ),
    Card("8001", Act.ORDER_FAILS, "the whole order is FAILED, Errors names no numbers", "5157"),
    Card("8002", Act.ORDER_EXCEPTION, "the whole order is EXCEPTION"),
    Card(
        "8003",
        Act.ORDER_HELD,
        "the order stays in PROCESSING (an order of new numbers in RECEIVED) until the control"
        " address ends it",
    ),
    Card("8004", Act.NUMBER_LOST_LATER, "COMPLETE, then MESSAGING_LOST after lost_after_seconds"),
    Card("8005", Act.WEBHOOK_LOST, "the order's webhook is never sent"),
    Card("8006", Act.WEBHOOK_DOUBLED, "the order's webhook is sent twice"),
    Card("8007", Act.CREATE_REFUSED, "the create call is refused: 400 with 7312", "7312"),
    Card(
        "8008",
        Act.FALSE_NEWS,
        "a COMPLETE webhook while the order is still PROCESSING; later FAILED, with its webhook",
        "7518",
    ),
    Card(
        "8010",
        Act.FAILS_FIRST_TIME,
        "fails with 7518 in its first order, completes in any later one",
        "7518",
    ),
    Card(
        "8011",
        Act.BACKORDERED,
        "an order of new numbers is BACKORDERED and later COMPLETE; without BackOrderRequested the"
        " number fails with 5005",
        "5005",
    ),
    Card(
        "8012",
        Act.BACKORDER_HELD,
        "the same, but it stays BACKORDERED until it is closed or the control address ends it",
        "5005",
    ),
    Card("8020", Act.CREATED_500, "the order is created but answered with 500"),
    Card("8021", Act.CREATED_DROPPED, "the order is created but the connection is dropped"),
    Card("8022", Act.CREATED_CUT, "the order is created but the answer is cut short"),
    Card("8023", Act.NOT_CREATED_500, "nothing is created, answered with 500"),
    Card("8030", Act.REMOVAL_FAILS, "is imported; a removal fails for it with 5150", "5150"),
    Card("8031", Act.DISCONNECT_FAILS, "is ordered; a disconnect fails for it with 5006", "5006"),
)

_BY_LINE = {card.line: card for card in CARDS}


_OFFERED = tuple(
    card
    for card in sorted(CARDS, key=lambda card: card.line)
    if card.act
    not in (Act.CHECK_FAILS, Act.ORDER_EXCEPTION, Act.NUMBER_LOST_LATER, Act.REMOVAL_FAILS)
)
"""The cards that do something in an order of new numbers or in a disconnect."""


def offered_cards(area_code: str) -> tuple[str, ...]:
    """The cards of an area code that can be searched for and ordered, as ten digits."""
    return tuple(f"{area_code}{EXCHANGE}{card.line}" for card in _OFFERED)


def card_of(telephone_number: str) -> Card | None:
    """The card that a ten-digit telephone number is, or None for an ordinary number."""
    if telephone_number[3:6] != EXCHANGE:
        return None
    return _BY_LINE.get(telephone_number[6:])


def cards_in(telephone_numbers: Iterable[str]) -> dict[str, Card]:
    """The cards among ten-digit telephone numbers, by number, in the given order."""
    found = ((number, card_of(number)) for number in telephone_numbers)
    return {number: card for number, card in found if card is not None}
