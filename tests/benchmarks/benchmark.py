"""What a benchmark is, and how its two sides are compared."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from statistics import median


@dataclass(frozen=True)
class Sides:
    """The two things compared. Each call does one round and returns its figure."""

    floor: Callable[[], float]
    ours: Callable[[], float]


@dataclass(frozen=True)
class Benchmark:
    """A comparison with a goal for the ratio ours / floor.

    `prepare` takes whether the run is a quick one, and gives the sides for as long as it is
    entered. `more_is_better`: the figure is a rate and the goal the least ratio; otherwise it is
    a time and the goal the largest. A quick run that is about less has a goal of its own, and what
    takes long has fewer rounds.
    """

    name: str
    unit: str
    goal: float
    more_is_better: bool
    prepare: Callable[[bool], AbstractContextManager[Sides]]
    quick_goal: float | None = None
    most_rounds: int | None = None


@dataclass(frozen=True)
class Result:
    """The figures of all rounds, in the order they were measured."""

    benchmark: Benchmark
    floor: tuple[float, ...]
    ours: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours / floor, round by round: both had the same neighbours on the machine."""
        return tuple(ours / floor for floor, ours in zip(self.floor, self.ours, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def is_met(self) -> bool:
        """Whether the ratio reaches the goal."""
        if self.benchmark.more_is_better:
            return self.ratio >= self.benchmark.goal
        return self.ratio <= self.benchmark.goal


def run(benchmark: Benchmark, *, rounds: int, is_quick: bool) -> Result:
    """Measure floor and ours in turns, after one round of each that does not count."""
    rounds = min(rounds, benchmark.most_rounds or rounds)
    if is_quick and benchmark.quick_goal is not None:
        benchmark = replace(benchmark, goal=benchmark.quick_goal)
    with benchmark.prepare(is_quick) as sides:
        sides.floor()
        sides.ours()
        pairs = [(sides.floor(), sides.ours()) for _ in range(rounds)]
    return Result(benchmark, tuple(floor for floor, _ in pairs), tuple(ours for _, ours in pairs))
