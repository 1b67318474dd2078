"""The coverage ledger: for every hosted number, which LOA speaks for it and whether it holds.

An LOA counts for a number when it is the subscriber's own, covers that number in one of the orders,
is neither void nor withdrawn, infected or purged, and, if it is a blanket, has not ended. *Valid at
import* goes by the day on which the order was submitted: signed by then, not longer ago than
LOA_AGE_DAYS, and not void, withdrawn or ended at that time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from numbering import clock
from numbering.domain.digits import has_digits
from numbering.enums import AttemptState, LoaScanState, LoaScope, NumberState
from numbering.models import (
    Export,
    ImportOrder,
    Loa,
    LoaCoverage,
    SubmitAttempt,
    Subscriber,
    TelephoneNumber,
)
from numbering.phone import NotANumber, ten_digits, to_e164

PAGE = 50
# A blanket that ends so soon is shown as ending.
ENDING_DAYS = 30
# The nightly check comes once a day; after this a file counts as not verified.
VERIFIED_HOURS = 36
_AT_ONCE = 2000

QUESTIONS = {
    "uncovered": "Without cover",
    "ending": f"Blanket ends within {ENDING_DAYS} days",
    "unverified": "File not verified",
}
HEADINGS = (
    "Telephone number",
    "Subscriber",
    "Covered",
    "LOA version",
    "Speaks for",
    "Ends on",
    "Signed by",
    "Signed on",
    "Import order",
    "Submitted on",
    "Valid at import",
    "File last checked (UTC)",
    "File verified",
)


@dataclass(frozen=True)
class Line:
    """A hosted number with the LOA that speaks best for it; `why_not` says what is missing."""

    number: TelephoneNumber
    loa: Loa | None = None
    order_id: int | None = None
    submitted_on: date | None = None
    counts: bool = False
    why_not: str = "No LOA covers it."
    valid_at_import: bool = False
    import_fault: str = ""
    is_verified: bool = False


@dataclass(frozen=True)
class Page:
    """Some lines of the ledger, newest number first, and where the next ones begin."""

    lines: list[Line]
    next_before: int | None


@dataclass(frozen=True)
class OrderCover:
    """An LOA on an order's page: how many of the order's numbers it covers, and what else."""

    loa: Loa
    numbers: int
    other_orders: list[int]


def hosted(question: str = "", search: str = "") -> QuerySet[TelephoneNumber]:
    """Return the hosted numbers that answer a question and fit a number or a subscriber's name."""
    numbers = TelephoneNumber.objects.filter(state=NumberState.HOSTED)
    if term := search.replace("\x00", "").strip():
        numbers = numbers.filter(_fits(term))
    covering = _covering()
    ending = Q(loa__scope=LoaScope.BLANKET, loa__expires_on__lte=_soon())
    match question:
        case "uncovered":
            numbers = numbers.filter(~Exists(covering))
        case "ending":
            numbers = numbers.filter(
                Exists(covering.filter(ending)), ~Exists(covering.exclude(ending))
            )
        case "unverified":
            verified = covering.filter(
                loa__hash_checked_at__gte=_checked_since(), loa__is_damaged=False
            )
            numbers = numbers.filter(Exists(covering), ~Exists(verified))
    return numbers


def page(question: str = "", search: str = "", *, before: int | None = None) -> Page:
    """Return a page of the ledger, of the numbers older than the one with the key `before`."""
    numbers = hosted(question, search).order_by("-pk").select_related("subscriber")
    if before is not None:
        numbers = numbers.filter(pk__lt=before)
    rows = list(numbers[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return Page(lines_of(rows), rows[-1].pk if more else None)


def export(person: User, question: str = "", search: str = "") -> Iterator[Sequence[object]]:
    """Give the headings and a row for each number; who took how many of them is recorded."""
    asked = QUESTIONS.get(question, "all hosted numbers")
    what = f"LOA cover: {asked}{f', search {search!r}' if search else ''}"
    record = Export.objects.create(person=person, what=what[:300])
    return _export_rows(record, hosted(question, search))


def _export_rows(record: Export, numbers: QuerySet[TelephoneNumber]) -> Iterator[Sequence[object]]:
    given = 0
    try:
        yield HEADINGS
        # By key, some at a time: neither a long query nor a million rows in memory.
        rows = numbers.order_by("-pk").select_related("subscriber")
        chunk = list(rows[:_AT_ONCE])
        while chunk:
            for line in lines_of(chunk):
                given += 1
                yield _cells(line)
            chunk = list(rows.filter(pk__lt=chunk[-1].pk)[:_AT_ONCE])
    finally:
        Export.objects.filter(pk=record.pk).update(rows=given)


def lines_of(numbers: Sequence[TelephoneNumber]) -> list[Line]:
    """Return the line of each number, with two questions to the database however many there are."""
    found: dict[tuple[str, int], list[LoaCoverage]] = defaultdict(list)
    for row in (
        LoaCoverage.objects.filter(e164__in=[number.e164 for number in numbers])
        .select_related("loa")
        .defer("loa__machine_text")
    ):
        found[row.e164, row.loa.subscriber_id].append(row)
    order_ids = {row.order_id for rows in found.values() for row in rows}
    submitted = _submitted_at(order_ids)
    return [
        max(
            (
                _line(number, row, submitted.get(row.order_id))
                for row in found[number.e164, number.subscriber_id]
            ),
            # What counts today, then what was right at the time, then the newest.
            key=lambda line: (
                line.counts,
                line.valid_at_import,
                line.loa.version if line.loa else 0,
                line.order_id or 0,
            ),
            default=Line(number),
        )
        for number in numbers
    ]


def covered(hosted: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those E.164 numbers, each with its subscriber's key, that a letter speaks for today.

    Two questions by key: joined, PostgreSQL reads every letter for the few that a page is about.
    """
    e164s = [e164 for e164, _ in hosted]
    rows = list(LoaCoverage.objects.filter(e164__in=e164s).values_list("e164", "loa"))
    letters = Loa.objects.filter(_counts_today(), pk__in={loa for _, loa in rows})
    subscribers = dict(letters.order_by().values_list("pk", "subscriber")) if rows else {}
    spoken_for = {(e164, subscribers.get(loa)) for e164, loa in rows}
    return {number for number in hosted if number in spoken_for}


def orders_of(loa: Loa) -> list[tuple[int, int]]:
    """Return the orders that an LOA covers numbers of, with how many, newest first."""
    rows = loa.coverage.order_by().values_list("order_id").annotate(Count("pk"))
    return list(rows.order_by("-order_id"))


def cover_of(order: ImportOrder) -> list[OrderCover]:
    """Return the LOAs that cover numbers of an order, newest first, with their other orders."""
    loas = Loa.objects.filter(coverage__order=order).distinct().order_by("-version")
    rows = LoaCoverage.objects.filter(loa__in=loas.order_by().values("pk"))
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    for loa_id, order_id, count in (
        rows.order_by().values_list("loa_id", "order_id").annotate(Count("pk"))
    ):
        counts[loa_id][order_id] = count
    return [
        OrderCover(loa, counts[loa.pk].get(order.pk, 0), sorted(set(counts[loa.pk]) - {order.pk}))
        for loa in loas
    ]


def _fits(term: str) -> Q:
    """Decide first whether the term is a number, a part of one, or a name."""
    try:
        return Q(e164=to_e164(term))
    except NotANumber:
        digits = "".join(char for char in term if char in "0123456789")
    if digits and not any(char.isalpha() for char in term):
        return has_digits(digits)
    return Q(subscriber__in=Subscriber.objects.filter(name__icontains=term).values("pk"))


def _covering() -> QuerySet[LoaCoverage]:
    """The coverage that counts today for the number of the outer query."""
    return _that_counts().filter(e164=OuterRef("e164"), loa__subscriber=OuterRef("subscriber"))


def _that_counts() -> QuerySet[LoaCoverage]:
    """The coverage by letters that count today."""
    return LoaCoverage.objects.filter(_counts_today("loa__"))


def _counts_today(prefix: str = "") -> Q:
    """The condition that a letter counts today; `_fault_now` says why another does not."""
    in_force = ~Q((f"{prefix}scope", LoaScope.BLANKET)) | Q((f"{prefix}expires_on__gte", _today()))
    return in_force & Q(
        ~Q((f"{prefix}scan_state", LoaScanState.INFECTED)),
        (f"{prefix}voided_at", None),
        (f"{prefix}withdrawn_at", None),
        (f"{prefix}purged_at", None),
    )


def _line(number: TelephoneNumber, row: LoaCoverage, submitted: datetime | None) -> Line:
    loa = row.loa
    fault = _fault_now(loa)
    import_fault = _fault_at(loa, submitted)
    return Line(
        number=number,
        loa=loa,
        order_id=row.order_id,
        submitted_on=_local(submitted) if submitted else None,
        counts=not fault,
        why_not=fault,
        valid_at_import=not import_fault,
        import_fault=import_fault,
        is_verified=not loa.is_damaged
        and loa.hash_checked_at is not None
        and loa.hash_checked_at >= _checked_since(),
    )


def _fault_now(loa: Loa) -> str:
    if loa.withdrawn_at:
        return "The subscriber withdrew it."
    if loa.voided_at:
        return "Its signature no longer counts."
    if loa.purged_at:
        return "Its file was purged."
    if loa.scan_state == LoaScanState.INFECTED:
        return "Its file is in quarantine."
    if loa.scope == LoaScope.BLANKET and (loa.expires_on is None or loa.expires_on < _today()):
        return "The blanket LOA has ended."
    return ""


def _fault_at(loa: Loa, submitted: datetime | None) -> str:
    """Return what was wrong with the LOA when the order was submitted."""
    if submitted is None:
        return "The order was not sent."
    day = _local(submitted)
    if loa.signed_on is None:
        return "It is not known when it was signed."
    if loa.signed_on > day:
        return "It was signed after the order was submitted."
    if loa.scope == LoaScope.BLANKET:
        # A blanket speaks until its end, however long ago it was signed.
        if loa.expires_on is None or loa.expires_on < day:
            return "The blanket LOA had ended."
    elif (day - loa.signed_on).days > settings.LOA_AGE_DAYS:
        return f"It was older than {settings.LOA_AGE_DAYS} days."
    if loa.voided_at and loa.voided_at <= submitted:
        return "Its signature no longer counted."
    if loa.withdrawn_at and loa.withdrawn_at <= submitted:
        return "The subscriber had withdrawn it."
    return ""


def _submitted_at(order_ids: set[int]) -> dict[int, datetime]:
    """When each order was submitted in the attempt that the carrier accepted."""
    attempts = SubmitAttempt.objects.filter(order__in=order_ids, state=AttemptState.ACCEPTED)
    return dict(attempts.order_by("pk").values_list("order_id", "created_at"))


def _cells(line: Line) -> Sequence[object]:
    loa = line.loa
    begin = (
        ten_digits(line.number.e164),
        line.number.subscriber.name,
        "yes" if line.counts else f"no: {line.why_not}",
    )
    if loa is None:
        return (*begin, *("",) * (len(HEADINGS) - len(begin)))
    return (
        *begin,
        loa.version,
        loa.get_scope_display(),
        loa.expires_on,
        loa.signer,
        loa.signed_on,
        line.order_id,
        line.submitted_on,
        "yes" if line.valid_at_import else f"no: {line.import_fault}",
        f"{loa.hash_checked_at:%Y-%m-%d %H:%M}" if loa.hash_checked_at else "",
        "yes" if line.is_verified else "no",
    )


def _today() -> date:
    return _local(clock.now())


def _soon() -> date:
    return _today() + timedelta(days=ENDING_DAYS)


def _checked_since() -> datetime:
    return clock.now() - timedelta(hours=VERIFIED_HOURS)


def _local(instant: datetime) -> date:
    return timezone.localdate(instant)
