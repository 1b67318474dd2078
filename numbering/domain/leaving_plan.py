"""What would follow if numbers left: by which verb each goes, what cannot go, whom it would hit.

Nothing is changed here. Everything is read in sets: ten thousand numbers take a second.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, QuerySet

from numbering.domain import blast_radius, ledger
from numbering.domain.cannot_do import CannotDo
from numbering.domain.chunks import chunks
from numbering.domain.removals import VERB_FROM
from numbering.domain.withdrawal_queue import standing
from numbering.enums import IN_SERVICE, LeavingState, NumberState, RemovalVerb
from numbering.models import (
    ImportOrderNumber,
    Leaving,
    LeavingNumber,
    LoaCoverage,
    Subscriber,
    TelephoneNumber,
)
from numbering.phone import NumberKind, kind_of
from numbering.validators import ORDER_NUMBERS_LIMIT
from numbering.wording import counted

NUMBERS_LIMIT = 50_000
_MOST_NAMED = 5
# Why a number in this state cannot leave.
_STATES = {
    NumberState.IMPORTING: "It is being imported; it can leave once it is in service.",
    NumberState.REMOVING: "It is being removed already.",
    NumberState.DISCONNECTING: "It is being disconnected already.",
    NumberState.LOST: "It is lost: another company has its texting, so nothing is left to end.",
    NumberState.NOT_IMPORTED: "It was never imported.",
    NumberState.GONE: "It is gone already.",
}

# Why it cannot while another leaving in this state has it.
_ELSEWHERE: dict[str, str] = {
    LeavingState.WAITING: "It waits in leaving {} already.",
    LeavingState.BEGINNING: "It is in leaving {} already, which is just beginning.",
}


@dataclass(frozen=True)
class Part:
    """Numbers that leave together: one order at the carrier."""

    subscriber: Subscriber
    verb: RemovalVerb
    kind: NumberKind
    numbers: Sequence[TelephoneNumber]


@dataclass(frozen=True)
class Plan:
    """What would follow. `refused` holds what cannot go, by the reason."""

    parts: Sequence[Part]
    refused: dict[str, list[TelephoneNumber]]

    @cached_property
    def effects(self) -> list[str]:
        """What else would be hit, in sentences; looked up when somebody wants to read it."""
        return _effects([number for part in self.parts for number in part.numbers])

    @property
    def count(self) -> int:
        """How many numbers would leave."""
        return sum(len(part.numbers) for part in self.parts)

    @property
    def refused_count(self) -> int:
        """How many would not."""
        return sum(map(len, self.refused.values()))

    def count_of(self, verb: RemovalVerb) -> int:
        """How many would leave by this verb."""
        return sum(len(part.numbers) for part in self.parts if part.verb == verb)

    @property
    def digest(self) -> str:
        """What tells this plan from one with other numbers, verbs or subscribers."""
        lines = [
            f"{number.pk} {part.subscriber.pk} {part.verb}"
            for part in self.parts
            for number in part.numbers
        ]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def plan(
    numbers: QuerySet[TelephoneNumber], *, leaving: Leaving | None = None, is_locking: bool = False
) -> Plan:
    """Say what would follow if these numbers left, as `leaving` if that is written already.

    With `is_locking` nobody changes the numbers until the transaction ends. Raises CannotDo for
    more numbers than can be looked at together.
    """
    lives = TelephoneNumber.objects.filter(pk__in=numbers.order_by().values("pk")).order_by("pk")
    if is_locking:
        lives = lives.select_for_update()  # everyone locks in the same order
    rows = list(
        lives.only("pk", "e164", "subscriber_id", "state", "is_locked")[: NUMBERS_LIMIT + 1]
    )
    if len(rows) > NUMBERS_LIMIT:
        raise CannotDo(f"Choose at most {NUMBERS_LIMIT:,} numbers at once.")
    able, refused = _sorted_out(rows, leaving)
    return Plan(_parts(able), refused)


def _sorted_out(
    rows: Sequence[TelephoneNumber], leaving: Leaving | None
) -> tuple[list[TelephoneNumber], dict[str, list[TelephoneNumber]]]:
    held: dict[str, int] = {}
    wished: dict[int, tuple[int, str]] = {}
    asked: dict[int, int | None] = {}
    elsewhere = LeavingNumber.objects.filter(leaving__state__in=_ELSEWHERE, refusal="")
    if leaving is not None:
        elsewhere = elsewhere.exclude(leaving=leaving)
    for some in chunks(rows):
        held |= ImportOrderNumber.objects.filter(
            e164__in=[number.e164 for number in some], is_holding=True
        ).values_list("e164", "order_id")
        columns = ("telephone_number_id", "leaving_id", "leaving__state")
        wished |= {
            pk: (leaving_id, state)
            for pk, leaving_id, state in elsewhere.filter(telephone_number__in=some).values_list(
                *columns
            )
        }
        if leaving is not None:
            ours = leaving.numbers.filter(telephone_number__in=some)
            asked |= ours.values_list("telephone_number_id", "subscriber_id")
    able: list[TelephoneNumber] = []
    refused: dict[str, list[TelephoneNumber]] = defaultdict(list)
    for number in rows:
        if number.state not in IN_SERVICE:
            refused[_STATES[NumberState(number.state)]].append(number)
        elif number.is_locked:
            refused["It is locked against leaving. Unlock it first."].append(number)
        elif number.e164 in held:
            order_id = held[number.e164]
            refused[f"It is in import order {order_id}, which is still open."].append(number)
        elif number.pk in wished:
            leaving_id, state = wished[number.pk]
            refused[_ELSEWHERE[state].format(leaving_id)].append(number)
        elif asked.get(number.pk) not in (None, number.subscriber_id):
            refused["It is another subscriber's since it was asked for."].append(number)
        else:
            able.append(number)
    return able, dict(refused)


def _parts(numbers: Sequence[TelephoneNumber]) -> list[Part]:
    """Part by subscriber, verb, kind, and what the carrier takes in one order."""
    groups: dict[tuple[int, RemovalVerb, NumberKind], list[TelephoneNumber]] = defaultdict(list)
    for number in numbers:
        verb = VERB_FROM[NumberState(number.state)]
        groups[number.subscriber_id, verb, kind_of(number.e164)].append(number)
    ids = sorted({subscriber_id for subscriber_id, _, _ in groups})
    subscribers: dict[int, Subscriber] = {}
    for some in chunks(ids):
        subscribers |= Subscriber.objects.only("name").in_bulk(some)
    return [
        Part(subscribers[subscriber_id], verb, kind, some)
        for (subscriber_id, verb, kind), group in sorted(
            groups.items(), key=lambda item: (subscribers[item[0][0]].name, item[0])
        )
        for some in chunks(group, ORDER_NUMBERS_LIMIT)
    ]


def _effects(numbers: Sequence[TelephoneNumber]) -> list[str]:
    hosted = [number for number in numbers if number.state == NumberState.HOSTED]
    return [
        *blast_radius.told([number.e164 for number in numbers]),
        *_last_numbers(numbers),
        *_permissions(hosted),
        *_legal_holds(hosted),
    ]


def _last_numbers(numbers: Sequence[TelephoneNumber]) -> Iterator[str]:
    """Say which subscribers would have no number left."""
    leaving = Counter(number.subscriber_id for number in numbers)
    staying = TelephoneNumber.objects.filter(state__in=IN_SERVICE | {NumberState.IMPORTING})
    last: list[int] = []
    for some in chunks(sorted(leaving)):
        here = staying.filter(subscriber__in=some).order_by().values_list("subscriber_id")
        last += [
            subscriber_id
            for subscriber_id, count in here.annotate(Count("pk"))
            if count == leaving[subscriber_id]
        ]
    if last:
        names = Subscriber.objects.filter(pk__in=last[:_MOST_NAMED]).order_by("name")
        listed = ", ".join(names.values_list("name", flat=True))
        more = f" and {len(last) - _MOST_NAMED:,} more" if len(last) > _MOST_NAMED else ""
        whose = counted(len(last), "subscriber")
        yield f"{whose} would have no number left in service: {listed}{more}."


def _permissions(hosted: Sequence[TelephoneNumber]) -> Iterator[str]:
    """Say for how many imported numbers the permission stands, was taken back, or never was."""
    bare: set[int] = set()
    taken_back: set[int] = set()
    for some in chunks(hosted):
        ids = [number.pk for number in some]
        bare |= set(ledger.hosted("uncovered").filter(pk__in=ids).values_list("pk", flat=True))
        taken_back |= set(
            standing()
            .filter(telephone_number__in=ids)
            .values_list("telephone_number_id", flat=True)
        )
        withdrawn = _letters(some, withdrawn_at__isnull=False)
        taken_back |= {number.pk for number in some if number.pk in bare and number in withdrawn}
    for count, what in (
        (
            len(hosted) - len(bare | taken_back),
            "is still given: the subscriber did not withdraw it",
        ),
        (len(taken_back), "was withdrawn by the subscriber"),
        (len(bare - taken_back), "is not on file: no LOA covers it"),
    ):
        if count:
            yield f"The permission to host {counted(count, 'number')} {what}."


def _legal_holds(hosted: Sequence[TelephoneNumber]) -> Iterator[str]:
    """Say how many imported numbers an LOA on legal hold speaks for."""
    count = sum(len(_letters(some, is_on_hold=True)) for some in chunks(hosted))
    if count:
        covered = "is covered" if count == 1 else "are covered"
        yield (
            f"{counted(count, 'number')} {covered} by an LOA on legal hold. The letter is kept "
            "all the same; ask whoever put the hold on it before you go on."
        )


def _letters(numbers: Sequence[TelephoneNumber], **about: bool) -> set[TelephoneNumber]:
    """Return those of the numbers that a letter of their own subscriber covers that is so."""
    rows = LoaCoverage.objects.filter(
        e164__in=[number.e164 for number in numbers],
        **{f"loa__{name}": value for name, value in about.items()},
    )
    found = set(rows.values_list("e164", "loa__subscriber_id"))
    return {number for number in numbers if (number.e164, number.subscriber_id) in found}
