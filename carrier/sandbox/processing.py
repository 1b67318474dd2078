"""What becomes of an order after it was created, and the thread that makes it happen."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from carrier.sandbox.cards import Act, Card, cards_in
from carrier.sandbox.codes import description
from carrier.sandbox.notices import Notices
from carrier.sandbox.number_book import NumberBook, NumberStatus
from carrier.sandbox.options import LiveSettings
from carrier.sandbox.order import BACKORDERED, Order, OrderKind, Problem
from carrier.sandbox.order_book import OrderBook, Step
from carrier.sandbox.ordering import Ordering, Outcome, comes_later, told

START = "start"
FINISH = "finish"
LOSE = "lose"
FALSE_NEWS_SECONDS = 2.0
"""How much longer than usual an order with false news stays in PROCESSING: time to be seen."""

_NOTES = {
    "PROCESSING": "Processing of the order has begun.",
    "COMPLETE": "The order is complete.",
    "PARTIAL": "The order is complete in part.",
    "FAILED": "The order could not be completed.",
    "EXCEPTION": "The order was set aside for a person.",
    "BACKORDERED": "The order waits for more telephone numbers.",
}
_BEGINNING = (OrderKind.IMPORT, OrderKind.REMOVAL)
"""The orders that are in PROCESSING between RECEIVED and their end."""

logger = logging.getLogger(__name__)


class OrderEndedError(ValueError):
    """The order has ended already and cannot end again."""


class Processing:
    """Moves orders on when their steps are due, and spreads the news."""

    def __init__(
        self,
        book: OrderBook,
        numbers: NumberBook,
        ordering: Ordering,
        notices: Notices,
        settings: LiveSettings,
    ) -> None:
        self._book = book
        self._numbers = numbers
        self._ordering = ordering
        # Two orders must not be given the same free number.
        self._giving = threading.Lock()
        self._notices = notices
        self._settings = settings
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="sandbox-orders", daemon=True)

    def start(self) -> None:
        """Begin to process, with what a former run left over."""
        self._thread.start()

    def stop(self) -> None:
        """Process nothing more; pending steps stay in the book."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def steps_for(self, order: Order) -> list[tuple[float, str]]:
        """The (due_at, kind) steps that a new order goes through."""
        delay = self._settings.processing_seconds
        now = order.created_at
        acts = {card.act for card in cards_in(order.telephone_numbers).values()}
        steps = []
        if order.kind in _BEGINNING or Act.FALSE_NEWS in acts:
            steps.append((now + delay / 2, START))
        if Act.FALSE_NEWS in acts:
            steps.append((now + delay + FALSE_NEWS_SECONDS, FINISH))
        elif Act.ORDER_HELD not in acts:
            steps.append((now + delay, FINISH))
        return steps

    def wake(self) -> None:
        """Have a look at once: there are new steps."""
        self._wake.set()

    def finish(self, order: Order, status: str = "") -> Order:
        """End an order as its numbers want it, or with the status told; spread the news.

        Raises OrderEndedError when it has ended before.
        """
        with self._giving:
            outcome = self._outcome(order)
            if status and status != outcome.status:
                outcome = _told(outcome, status)
            if outcome.status == order.status == BACKORDERED:
                return order
            now = time.time()
            ended = self._book.move(
                outcome.order,
                outcome.status,
                at=now,
                note=_NOTES[outcome.status],
                problems=outcome.problems,
            )
        if ended is None:
            raise OrderEndedError(f"order {order.order_id} has ended already")
        acts = {card.act for card in cards_in(order.telephone_numbers).values()}
        is_import = ended.kind is OrderKind.IMPORT
        if is_import and Act.NUMBER_LOST_LATER in acts and ended.succeeded():
            self._schedule(ended, LOSE, self._settings.lost_after_seconds)
        if ended.status == BACKORDERED and comes_later(ended):
            self._schedule(ended, FINISH, self._settings.processing_seconds)
        times = 2 if Act.WEBHOOK_DOUBLED in acts else 1
        self._notices.tell_order(ended, times=0 if Act.WEBHOOK_LOST in acts else times)
        return ended

    def _schedule(self, order: Order, kind: str, seconds: float) -> None:
        self._book.schedule(order.order_id, kind, due_at=time.time() + seconds)
        self.wake()

    def lose(self, telephone_numbers: Iterable[str], *, notify: bool) -> list[str]:
        """Stop hosting ten-digit numbers, with or without news of it; those that were hosted."""
        lost = self._numbers.drop(telephone_numbers)
        if lost and notify:
            self._notices.tell_lost(lost)
        return lost

    def _outcome(self, order: Order) -> Outcome:
        """What the order comes to by itself."""
        match order.kind:
            case OrderKind.NUMBER:
                return self._ordering.outcome(order)
            case OrderKind.REMOVAL | OrderKind.DISCONNECT:
                return _result(order, self._kept(order))
            case OrderKind.IMPORT:
                return self._import_outcome(order)

    def _import_outcome(self, order: Order) -> Outcome:
        cards = cards_in(order.telephone_numbers)
        by_act = {card.act: card for card in cards.values()}
        if card := by_act.get(Act.ORDER_FAILS):
            return Outcome(order, "FAILED", (Problem(card.code, description(card.code)),))
        if card := by_act.get(Act.FALSE_NEWS):
            return Outcome(order, "FAILED", (_problem(card.code, order.telephone_numbers),))
        if Act.ORDER_EXCEPTION in by_act:
            return Outcome(order, "EXCEPTION")
        known = self._numbers.among(order.telephone_numbers)
        failing: dict[str, list[str]] = {}
        for number in order.telephone_numbers:
            card = cards.get(number)
            if number in known and known[number].is_owned:
                failing.setdefault("19006", []).append(number)
            elif card is not None and self._fails(number, card, order):
                failing.setdefault(card.code, []).append(number)
        return _result(order, failing)

    def _kept(self, order: Order) -> dict[str, list[str]]:
        """The numbers that a removal or a disconnect does not take away, by code."""
        is_removal = order.kind is OrderKind.REMOVAL
        act, code = (Act.REMOVAL_FAILS, "5158") if is_removal else (Act.DISCONNECT_FAILS, "5006")
        kept: dict[str, list[str]] = {}
        cards = cards_in(order.telephone_numbers)
        known = self._numbers.among(order.telephone_numbers)
        for number in order.telephone_numbers:
            card = cards.get(number)
            there = known.get(number)
            if (
                there is None
                or there.status is not NumberStatus.IN_SERVICE
                or there.is_owned is is_removal
            ):
                kept.setdefault(code, []).append(number)
            elif card is not None and card.act is act:
                kept.setdefault(card.code, []).append(number)
        return kept

    def _fails(self, number: str, card: Card, order: Order) -> bool:
        if card.act is Act.FAILS_FIRST_TIME:
            return not self._book.ordered_before(number, order)
        return card.act in (Act.CHECK_FAILS, Act.NUMBER_FAILS)

    def _work(self) -> None:
        while not self._stopping:
            self._wake.clear()
            steps = self._book.due_steps(now=time.time())
            for step in steps:
                self._take(step)
            if not steps:
                due = self._book.next_due()
                self._wake.wait(None if due is None else max(0.0, due - time.time()))

    def _take(self, step: Step) -> None:
        """Do one step. It is forgotten even when it fails, or it would hold up all the others."""
        try:
            order = self._book.get(step.order_id)
            if order is None:
                return
            if step.kind == LOSE:
                cards = cards_in(order.succeeded())
                lost = [n for n, card in cards.items() if card.act is Act.NUMBER_LOST_LATER]
                self.lose(lost, notify=True)
            elif step.kind == FINISH:
                self.finish(order)
            elif step.kind == START:
                self._begin(order)
        except OrderEndedError:
            logger.info("order %s was ended meanwhile", step.order_id)
        except Exception:
            logger.exception("a step of order %s failed", step.order_id)
        finally:
            self._book.done(step)

    def _begin(self, order: Order) -> None:
        acts = {card.act for card in cards_in(order.telephone_numbers).values()}
        now = order
        if order.kind in _BEGINNING:
            moved = self._book.move(order, "PROCESSING", at=time.time(), note=_NOTES["PROCESSING"])
            if moved is None:
                return
            now = moved
        if now.kind is OrderKind.REMOVAL:
            # Of these the carrier tells the beginning, too.
            self._notices.tell_order(now)
        elif Act.FALSE_NEWS in acts:
            self._notices.tell_order(now, status="COMPLETE")


def _result(order: Order, failing: dict[str, list[str]]) -> Outcome:
    """The end of an order with these failing numbers, by code."""
    if not failing:
        return Outcome(order, "COMPLETE")
    failed = sum(len(numbers) for numbers in failing.values())
    status = "FAILED" if failed == len(order.telephone_numbers) else "PARTIAL"
    problems = tuple(_problem(code, numbers) for code, numbers in failing.items())
    return Outcome(order, status, problems)


def _problem(code: str, numbers: Iterable[str]) -> Problem:
    return Problem(code, description(code), tuple(numbers))


def _told(outcome: Outcome, status: str) -> Outcome:
    """An end that somebody has decided, with problems that fit it."""
    order = outcome.order
    if order.kind is OrderKind.NUMBER:
        return told(order, status, outcome.problems)
    code = "5006" if order.kind is OrderKind.DISCONNECT else "7518"
    problems: tuple[Problem, ...] = ()
    if status == "FAILED":
        problems = (_problem(code, order.telephone_numbers),)
    elif status == "PARTIAL":
        problems = outcome.problems or (_problem(code, order.telephone_numbers[-1:]),)
    return Outcome(order, status, problems)
