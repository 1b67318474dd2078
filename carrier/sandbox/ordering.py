"""What an order of new numbers comes to: which numbers it gets, and what is wrong with the rest."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from carrier.sandbox.cards import Act, Card, card_of, cards_in
from carrier.sandbox.codes import description
from carrier.sandbox.criteria import Criteria, from_element
from carrier.sandbox.document import leaf
from carrier.sandbox.number_book import NumberBook
from carrier.sandbox.offers import Offers
from carrier.sandbox.order import BACKORDERED, Order, Problem
from carrier.sandbox.order_book import OrderBook
from carrier.sandbox.reservation_book import ReservationBook

EXISTING = "ExistingTelephoneNumberOrderType"


@dataclass(frozen=True)
class Wish:
    """What is asked for, as the details of an order keep it.

    `fields` are the texts below the element of the order's type, by their XML name. The quantity
    of an order that names its numbers is how many it names.
    """

    name: str
    order_type: str
    fields: dict[str, str]
    quantity: int
    reservation_ids: tuple[str, ...]
    is_partial_allowed: bool
    is_back_order: bool

    @classmethod
    def of(cls, order: Order) -> Wish:
        """The wish of an order of new numbers."""
        kept = json.loads(order.details["wish"])
        return cls(**{**kept, "reservation_ids": tuple(kept["reservation_ids"])})

    def to_details(self) -> dict[str, str]:
        """The same, to be kept with the order."""
        return {"wish": json.dumps(self.__dict__)}

    def criteria(self) -> Criteria:
        """What to search for; of no use when the numbers are named."""
        element = Element(self.order_type)
        for tag, text in self.fields.items():
            leaf(element, tag, text)
        return from_element(element)


@dataclass(frozen=True)
class Outcome:
    """What an order comes to. Its numbers are those it named, or those that were found for it."""

    order: Order
    status: str
    problems: tuple[Problem, ...] = ()


class Ordering:
    """Decides orders of new numbers. It changes nothing."""

    def __init__(
        self,
        offers: Offers,
        orders: OrderBook,
        numbers: NumberBook,
        reservations: ReservationBook,
    ) -> None:
        self._offers = offers
        self._orders = orders
        self._numbers = numbers
        self._reservations = reservations

    def outcome(self, order: Order) -> Outcome:
        """What the order comes to as things stand now."""
        wish = Wish.of(order)
        by_act = {card.act: card for card in cards_in(order.telephone_numbers).values()}
        if card := by_act.get(Act.ORDER_FAILS):
            return Outcome(order, "FAILED", (Problem(card.code, description(card.code)),))
        if card := by_act.get(Act.FALSE_NEWS):
            return Outcome(order, "FAILED", (_problem(card.code, order.telephone_numbers),))
        if wish.order_type == EXISTING:
            return self._named(order, wish)
        return self._found(order, wish)

    def _named(self, order: Order, wish: Wish) -> Outcome:
        failing: dict[str, list[str]] = {}
        for number, code in self._unavailable(order, wish).items():
            failing.setdefault(code, []).append(number)
        problems = tuple(_problem(code, numbers) for code, numbers in failing.items())
        failed = sum(map(len, failing.values()))
        return _end(order, wish, len(order.telephone_numbers) - failed, problems)

    def _found(self, order: Order, wish: Wish) -> Outcome:
        # A card is for whoever names it.
        found = tuple(
            number
            for number in self._offers.find(wish.criteria(), wish.quantity)
            if card_of(number) is None
        )
        missing = "5017" if found else "5018"
        short = len(found) < wish.quantity
        problems = (Problem(missing, description(missing)),) if short else ()
        ended = _end(order, wish, len(found), problems)
        is_served = ended.status in ("COMPLETE", "PARTIAL")
        return replace(ended, order=replace(order, telephone_numbers=found)) if is_served else ended

    def _unavailable(self, order: Order, wish: Wish) -> dict[str, str]:
        """The numbers of an order that it cannot have, in its order, and the code of each."""
        numbers = order.telephone_numbers
        had = self._numbers.among(numbers)
        busy = self._numbers.busy_before(numbers, order.order_id)
        held = self._reservations.among(numbers, now=time.time())
        cards = cards_in(numbers)
        codes: dict[str, str] = {}
        for number in numbers:
            card = cards.get(number)
            reserved = held.get(number)
            if card is not None and self._fails(number, card, order):
                codes[number] = card.code
            elif (
                number in had
                or (reserved is not None and reserved not in wish.reservation_ids)
                or not self._offers.supply.has(number)
            ):
                codes[number] = "5005"
            elif number in busy:
                codes[number] = "5218"
        return codes

    def _fails(self, number: str, card: Card, order: Order) -> bool:
        if card.act is Act.FAILS_FIRST_TIME:
            return not self._orders.ordered_before(number, order)
        if card.act is Act.BACKORDERED:
            return order.status != BACKORDERED
        return card.act in (Act.NUMBER_FAILS, Act.BACKORDER_HELD)


def comes_later(order: Order) -> bool:
    """Whether a backordered order is to be looked at again by itself."""
    acts = {card.act for card in cards_in(order.telephone_numbers).values()}
    return Act.BACKORDERED in acts and Act.BACKORDER_HELD not in acts


def told(order: Order, status: str, problems: Sequence[Problem]) -> Outcome:
    """An end that somebody has decided, with the problems that fit it."""
    is_named = Wish.of(order).order_type == EXISTING
    numbers = order.telephone_numbers
    if status == "FAILED" and is_named:
        return Outcome(order, status, (_problem("5005", numbers),))
    if status == "FAILED":
        none = replace(order, telephone_numbers=())
        return Outcome(none, status, (Problem("5018", description("5018")),))
    if status == "PARTIAL" and not problems and is_named:
        return Outcome(order, status, (_problem("5005", numbers[-1:]),))
    if status == "PARTIAL":
        fewer = order if problems else replace(order, telephone_numbers=numbers[:-1])
        return Outcome(fewer, status, tuple(problems) or (Problem("5017", description("5017")),))
    return Outcome(order, status)


def _end(order: Order, wish: Wish, served: int, problems: tuple[Problem, ...]) -> Outcome:
    """How an order ends that `served` of its numbers are there for."""
    if not problems:
        return Outcome(order, "COMPLETE")
    if wish.is_back_order:
        return Outcome(order, BACKORDERED, problems)
    is_partial = served > 0 and wish.is_partial_allowed
    return Outcome(order, "PARTIAL" if is_partial else "FAILED", problems)


def _problem(code: str, numbers: Sequence[str]) -> Problem:
    return Problem(code, description(code), tuple(numbers))
