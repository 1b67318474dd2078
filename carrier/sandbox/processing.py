"""What becomes of an order after it was created, and the thread that makes it happen."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from carrier.sandbox.cards import Act, Card, cards_in
from carrier.sandbox.codes import description
from carrier.sandbox.notices import Notices
from carrier.sandbox.options import LiveSettings
from carrier.sandbox.order_book import Order, OrderBook, OrderKind, Problem, Step

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
}

logger = logging.getLogger(__name__)


class OrderEndedError(ValueError):
    """The order has ended already and cannot end again."""


class Processing:
    """Moves orders on when their steps are due, and spreads the news."""

    def __init__(self, book: OrderBook, notices: Notices, settings: LiveSettings) -> None:
        self._book = book
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

    def steps_for(self, telephone_numbers: Iterable[str], *, now: float) -> list[tuple[float, str]]:
        """The (due_at, kind) steps that a new order with these numbers goes through."""
        delay = self._settings.processing_seconds
        acts = {card.act for card in cards_in(telephone_numbers).values()}
        steps = [(now + delay / 2, START)]
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
        cards = cards_in(order.telephone_numbers)
        wanted, problems = self._outcome(order, cards)
        if status and status != wanted:
            wanted, problems = status, _told_problems(order, status, problems)
        now = time.time()
        ended = self._book.move(order, wanted, at=now, note=_NOTES[wanted], problems=problems)
        if ended is None:
            raise OrderEndedError(f"order {order.order_id} has ended already")
        acts = {card.act for card in cards.values()}
        is_import = ended.kind is OrderKind.IMPORT
        if is_import and Act.NUMBER_LOST_LATER in acts and ended.succeeded():
            due = now + self._settings.lost_after_seconds
            self._book.schedule(order.order_id, LOSE, due_at=due)
            self.wake()
        times = 2 if Act.WEBHOOK_DOUBLED in acts else 1
        self._notices.tell_order(ended, times=0 if Act.WEBHOOK_LOST in acts else times)
        return ended

    def lose(self, telephone_numbers: Iterable[str], *, notify: bool) -> list[str]:
        """Stop hosting ten-digit numbers, with or without news of it; those that were hosted."""
        lost = self._book.drop(telephone_numbers)
        if lost and notify:
            self._notices.tell_lost(lost)
        return lost

    def _outcome(self, order: Order, cards: dict[str, Card]) -> tuple[str, list[Problem]]:
        if order.kind is OrderKind.REMOVAL:
            return _result(order, self._kept(order, cards))
        by_act = {card.act: card for card in cards.values()}
        if card := by_act.get(Act.ORDER_FAILS):
            return "FAILED", [Problem(card.code, description(card.code))]
        if card := by_act.get(Act.FALSE_NEWS):
            return "FAILED", [_problem(card.code, order.telephone_numbers)]
        if Act.ORDER_EXCEPTION in by_act:
            return "EXCEPTION", []
        failing: dict[str, list[str]] = {}
        for number, card in cards.items():
            if self._fails(number, card, order):
                failing.setdefault(card.code, []).append(number)
        return _result(order, failing)

    def _kept(self, order: Order, cards: dict[str, Card]) -> dict[str, list[str]]:
        """The numbers that a removal does not end the hosting of, by code."""
        kept: dict[str, list[str]] = {}
        for number in order.telephone_numbers:
            card = cards.get(number)
            if not self._book.is_hosted(number):
                kept.setdefault("5158", []).append(number)
            elif card is not None and card.act is Act.REMOVAL_FAILS:
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
        moved = self._book.move(order, "PROCESSING", at=time.time(), note=_NOTES["PROCESSING"])
        acts = {card.act for card in cards_in(order.telephone_numbers).values()}
        if moved is None:
            return
        if moved.kind is OrderKind.REMOVAL:
            # Of these the carrier tells the beginning, too.
            self._notices.tell_order(moved)
        elif Act.FALSE_NEWS in acts:
            self._notices.tell_order(moved, status="COMPLETE")


def _result(order: Order, failing: dict[str, list[str]]) -> tuple[str, list[Problem]]:
    """The end of an order with these failing numbers, by code."""
    if not failing:
        return "COMPLETE", []
    failed = sum(len(numbers) for numbers in failing.values())
    status = "FAILED" if failed == len(order.telephone_numbers) else "PARTIAL"
    return status, [_problem(code, numbers) for code, numbers in failing.items()]


def _problem(code: str, numbers: Iterable[str]) -> Problem:
    return Problem(code, description(code), tuple(numbers))


def _told_problems(order: Order, status: str, problems: list[Problem]) -> list[Problem]:
    """Problems that fit a status that the numbers alone would not have led to."""
    if status == "FAILED":
        return [_problem("7518", order.telephone_numbers)]
    if status == "PARTIAL":
        return problems or [_problem("7518", order.telephone_numbers[-1:])]
    return []
