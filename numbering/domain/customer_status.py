"""What a customer's status page is made of: steps in plain words, and numbers by result."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from numbering.phone import display


class StepWord(StrEnum):
    """How a step stands, in the words that a customer reads."""

    NOT_YET = "not yet"
    WE_NEED_YOU = "we need you"
    CHECKING = "checking"
    WITH_CARRIER = "with the carrier"
    DONE = "done"
    NOT_ALL = "some numbers could not be taken"
    NONE = "the numbers could not be taken"
    STOPPED = "stopped"

    @property
    def tone(self) -> str:
        """How it looks; the words carry the meaning."""
        return {
            StepWord.NOT_YET: "later",
            StepWord.STOPPED: "later",
            StepWord.WE_NEED_YOU: "you",
            StepWord.DONE: "done",
            StepWord.NOT_ALL: "you",
            StepWord.NONE: "you",
        }.get(self, "now")


class Who(StrEnum):
    """Whose turn it is, as the customer reads it."""

    YOU = "You"
    WE = "We"
    CARRIER = "The carrier"
    NOBODY = "Nobody"


@dataclass(frozen=True)
class Step:
    """One step on the way, and how it stands."""

    title: str
    word: StepWord


@dataclass(frozen=True)
class NumberGroup:
    """Numbers with one result; where it is not good, also why and what to do."""

    result: str
    why: str = ""
    what_to_do: str = ""
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustomerStatus:
    """Where something of a customer's is, what happens next, and who acts."""

    headline: str
    next: str
    who: Who
    steps: tuple[Step, ...] = ()
    groups: tuple[NumberGroup, ...] = ()
    # Whether a signed letter is what it waits for.
    needs_letter: bool = False
    # Whether a number is left that permission can be taken back for.
    can_withdraw: bool = False


_TITLES = ("Your request", "Letter of Authorization", "Check", "With the carrier", "Ready")


def steps_of(*words: StepWord) -> tuple[Step, ...]:
    """Return the steps with their words; those that get none have not begun."""
    rest = [StepWord.NOT_YET] * (len(_TITLES) - len(words))
    return tuple(Step(*pair) for pair in zip(_TITLES, [*words, *rest], strict=True))


def grouped(rows: Iterable[tuple[str, NumberGroup]]) -> tuple[NumberGroup, ...]:
    """Put numbers of one result together; results with something to do come first."""
    members: dict[NumberGroup, list[str]] = defaultdict(list)
    for e164, group in rows:
        members[group].append(display(e164))
    return tuple(
        replace(group, numbers=tuple(members[group]))
        for group in sorted(members, key=lambda group: not group.what_to_do)
    )
