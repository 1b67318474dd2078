"""What can be asked of the list of telephone numbers, and its pages that stay quick at millions.

Every answer goes by key (`keyset`). The state, the subscriber, the lock and what differs at the
carrier have an index; every other question is looked through in bounded stretches, which costs the
table no further index and its writers no time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db import connection
from django.db.models import Max, Q, QuerySet

from numbering import clock
from numbering.domain import keyset, ledger
from numbering.domain.digits import has_digits
from numbering.domain.keyset import Count, Keys, Place
from numbering.domain.subscribers import of_named
from numbering.enums import IN_SERVICE, NumberOrigin, NumberState
from numbering.models import TelephoneNumber
from numbering.phone import NotANumber, to_e164

WEEK = timedelta(days=7)
UNUSED_AFTER = timedelta(days=30)
SILENT_AFTER = timedelta(days=90)
MOST_SEARCHED = 100
# A shorter fragment is found so often that looking through the table is quicker than its index.
_INDEXED_DIGITS = 5


class SearchKind(StrEnum):
    """What a search term is taken for."""

    NONE = "none"
    NUMBER = "number"
    FRAGMENT = "fragment"
    NAME = "name"


@dataclass(frozen=True)
class Search:
    """A search term that was read: an E.164 number, digits, or a part of a name."""

    kind: SearchKind
    term: str = ""

    @classmethod
    def read(cls, text: str) -> "Search":
        """Decide first whether the term is a number, a part of one, or a name."""
        # NUL: PostgreSQL refuses to read it.
        term = text.replace("\x00", "").strip()[:MOST_SEARCHED]
        if not term:
            return cls(SearchKind.NONE)
        try:
            return cls(SearchKind.NUMBER, to_e164(term))
        except NotANumber:
            digits = "".join(char for char in term if char in "0123456789")
        if digits and not any(char.isalpha() for char in term):
            return cls(SearchKind.FRAGMENT, digits)
        return cls(SearchKind.NAME, term)


@dataclass(frozen=True)
class Asked:
    """What is asked of the list; empty is no condition."""

    search: str = ""
    question: str = ""
    state: str = ""
    origin: str = ""
    is_locked: bool | None = None
    subscriber_id: int | None = None
    site_id: str = ""
    sip_peer_id: str = ""


class Listed(NamedTuple):
    """What the list shows of a telephone number; the rest of its row stays in the database.

    A page is fifty of them with their subscribers: as values they are read in two thirds of the
    time that model instances take.
    """

    pk: int
    e164: str
    state: str
    origin: str
    site_id: str
    sip_peer_id: str
    is_locked: bool
    last_traffic_at: datetime | None
    carrier_status: str
    carrier_read_at: datetime | None
    carrier_differs: bool
    subscriber_id: int
    subscriber_name: str

    @classmethod
    def of(cls, number: TelephoneNumber) -> "Listed":
        """Return what the list would show of a number that was read whole."""
        own = (getattr(number, name) for name in cls._fields[:-1])
        return cls._make((*own, number.subscriber.name))


@dataclass(frozen=True)
class Page:
    """Some telephone numbers, newest first, with how many there are of them in all."""

    numbers: list[Listed]
    keys: Keys
    count: Count


# --- Questions ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """Something that staff are asked about numbers."""

    label: str
    answer: Callable[[], QuerySet[TelephoneNumber]]


def _numbers(*conditions: Q, **fields: object) -> QuerySet[TelephoneNumber]:
    return TelephoneNumber.objects.filter(*conditions, **fields)


def _silent() -> QuerySet[TelephoneNumber]:
    before = clock.now() - SILENT_AFTER
    never = Q(last_traffic_at__isnull=True, state_changed_at__lt=before)
    return _numbers(never | Q(last_traffic_at__lt=before), state__in=_IN_SERVICE)


def _unused() -> QuerySet[TelephoneNumber]:
    return _numbers(
        state=NumberState.ORDERED,
        last_traffic_at__isnull=True,
        state_changed_at__lt=clock.now() - UNUSED_AFTER,
    )


_IN_SERVICE = sorted(IN_SERVICE)
QUESTIONS = {
    "uncovered": Question("Hosted without LOA", lambda: ledger.hosted("uncovered")),
    "lost_week": Question(
        "Lost this week",
        lambda: _numbers(state=NumberState.LOST, state_changed_at__gte=clock.now() - WEEK),
    ),
    "lost": Question("Lost", lambda: _numbers(state=NumberState.LOST)),
    "unused": Question("Ordered, never used", _unused),
    "silent": Question(f"No traffic for {SILENT_AFTER.days} days", _silent),
    "unread": Question(
        "Never read at the carrier",
        lambda: _numbers(state__in=_IN_SERVICE, carrier_read_at__isnull=True),
    ),
    "differs": Question(
        "Carrier disagrees", lambda: _numbers(state__in=_IN_SERVICE, carrier_differs=True)
    ),
    "locked": Question("Locked", lambda: _numbers(is_locked=True)),
    "new_week": Question("New this week", lambda: _numbers(created_at__gte=clock.now() - WEEK)),
}


# --- Answers ------------------------------------------------------------------------------------


def matching(asked: Asked) -> QuerySet[TelephoneNumber]:
    """Return every number that answers what is asked, in no order."""
    question = QUESTIONS.get(asked.question)
    numbers = question.answer() if question else TelephoneNumber.objects.all()
    if asked.state in NumberState.values:
        numbers = numbers.filter(state=asked.state)
    if asked.origin in NumberOrigin.values:
        numbers = numbers.filter(origin=asked.origin)
    if asked.is_locked is not None:
        numbers = numbers.filter(is_locked=asked.is_locked)
    if asked.subscriber_id is not None:
        numbers = numbers.filter(subscriber=asked.subscriber_id)
    if asked.site_id:
        numbers = numbers.filter(site_id=asked.site_id)
    if asked.sip_peer_id:
        numbers = numbers.filter(sip_peer_id=asked.sip_peer_id)
    return searched(numbers, Search.read(asked.search))


def page(asked: Asked, place: Place) -> Page:
    """Return a page of the numbers that answer what is asked."""
    search = Search.read(asked.search)
    numbers = matching(asked)
    if search.kind is SearchKind.FRAGMENT and _has_index_for(search.term):
        keys, count = _indexed_page(numbers, place)
    else:
        is_dense = asked == Asked() or search.kind is SearchKind.NUMBER
        keys = keyset.page_of(numbers, place, is_dense=is_dense)
        estimate = _estimate() if asked == Asked() else None
        count = estimate or keyset.count_of(numbers, keys, place)
    return Page(_listed(keys.keys) if keys.keys else [], keys, count)


def looked_through(keys: Keys) -> int:
    """Return how many percent of the table a page that was cut and all newer ones went through."""
    newest = TelephoneNumber.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return int(100 * (1 - (keys.after or 0) / (newest + 1)))


def _listed(keys: list[int]) -> list[Listed]:
    rows = TelephoneNumber.objects.filter(pk__in=keys).order_by("-pk")
    values = rows.values_list(*Listed._fields[:-1], "subscriber__name")
    return [Listed._make(value) for value in values]


def searched(numbers: QuerySet[TelephoneNumber], search: Search) -> QuerySet[TelephoneNumber]:
    """Narrow numbers to those that a search term fits."""
    match search.kind:
        case SearchKind.NUMBER:
            return numbers.filter(e164=search.term)
        case SearchKind.FRAGMENT:
            return numbers.filter(has_digits(search.term))
        case SearchKind.NAME:
            return numbers.filter(of_named(search.term))
    return numbers


def _has_index_for(digits: str) -> bool:
    return connection.vendor == "postgresql" and len(digits) >= _INDEXED_DIGITS


def _indexed_page(numbers: QuerySet[TelephoneNumber], place: Place) -> tuple[Keys, Count]:
    """Find a page by the index for parts of numbers, and count all on the way.

    The order by key stands outside: next to the condition it tempts the planner to go through the
    whole table by key until a page is full, which for a rare fragment it never is.
    """
    sql, params = numbers.order_by().values("id").query.sql_with_params()
    newer = place.is_newer
    edge = (place.before or 0) if newer else (place.after or keyset.LARGEST)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found AS MATERIALIZED ({sql}) "  # noqa: S608 - written by the query set
            "SELECT id, (SELECT count(*) FROM found) FROM found "
            f"WHERE id {'>' if newer else '<'} %s "
            f"ORDER BY id {'ASC' if newer else 'DESC'} LIMIT %s",
            [*params, edge, keyset.PAGE + 1],
        )
        rows = cursor.fetchall()
    return keyset.cut([key for key, _ in rows], place), Count(
        # Beyond the last row nobody has counted those before it.
        rows[0][1] if rows else 0,
        is_least=not rows and place != Place(),
    )


def _estimate() -> Count | None:
    """The planner's idea of the table's size, where it is large and there is one."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [TelephoneNumber._meta.db_table],
        )
        (rows,) = cursor.fetchone()
    return Count(rows, is_about=True) if rows > keyset.MOST_COUNTED else None
