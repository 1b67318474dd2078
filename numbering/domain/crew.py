"""Many calls at once: threads that only call, for a thread that writes what comes of it.

The threads touch no database; what they say to the carrier is to be collected
(`carrier_link.collecting_exchanges`). They end together: when all is asked, when the turn is over,
or when an answer is a reason why nothing more is to be begun.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Generic, TypeVar

# Given out together: as many answers as come in so many seconds.
_PART_SECONDS = 0.15

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Crew(Generic[Item, Answer]):
    """At most `at_once` threads that take items from one heap and ask about each.

    A thread begins nothing more when `goes_on` says no, or when `is_end` was true of an answer;
    `is_end` is called for one answer after the other.
    """

    def __init__(
        self,
        items: Iterable[Item],
        ask: Callable[[Item], Answer],
        *,
        at_once: int,
        goes_on: Callable[[], bool],
        is_end: Callable[[Answer], bool],
    ) -> None:
        self._waiting = deque(items)
        self._ask = ask
        self._at_once = at_once
        self._goes_on = goes_on
        self._is_end = is_end
        self._answers: SimpleQueue[tuple[Item, Answer]] = SimpleQueue()
        self._at_work = 0
        self._stopped = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many items nobody has taken yet."""
        return len(self._waiting)

    def add(self, items: Iterable[Item]) -> None:
        """Put more on the heap, before it is empty: a thread that finds it so has ended."""
        self._waiting.extend(items)

    def parts(self) -> Generator[list[tuple[Item, Answer]]]:
        """Give the items with their answers, some at a time, until every thread has ended.

        What an ask raises ends the threads, and is raised here after their answers. Close the
        generator when it is left early: the threads end then.
        """
        self._at_work = min(self._at_once, len(self._waiting))
        if not self._at_work:
            return
        with _callers_first(), ThreadPoolExecutor(self._at_work, "crew") as pool:
            ends = [pool.submit(self._take) for _ in range(self._at_work)]
            try:
                is_over = False
                while not is_over:
                    # Asleep in between: to be woken by each answer would hold up the callers.
                    is_over = self._ended.wait(_PART_SECONDS)
                    if part := [self._answers.get() for _ in range(self._answers.qsize())]:
                        yield part
            finally:
                self._stopped.set()
        for end in ends:
            end.result()  # raises what a thread did not expect

    def _take(self) -> None:
        try:
            while not self._stopped.is_set() and self._goes_on():
                try:
                    item = self._waiting.popleft()
                except IndexError:
                    return
                answer = self._ask(item)
                self._answers.put((item, answer))
                with self._lock:
                    if self._is_end(answer):
                        self._stopped.set()
        except BaseException:
            self._stopped.set()
            raise
        finally:
            with self._lock:
                self._at_work -= 1
                if not self._at_work:
                    self._ended.set()


@contextmanager
def _callers_first() -> Iterator[None]:
    """Have whoever writes give way to the callers every half millisecond, instead of every five.

    Each of them waits for the carrier nearly all the time and then needs a moment, which is long
    gone when it has to wait for its turn: a twentieth of the pace.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
