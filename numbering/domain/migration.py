"""Move numbers from the older platform to the new one, step by step; none is ever on neither.

A number is *found* on the old platform, *ready* or *blocked* by what the new one says of it,
*moving* while an import order brings it over, and *moved* when it is in service here and the new
platform says so, too. Only then can it be *released*, which gives it up on the old platform for
good (`platform_release`).
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier import importability
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, Refused
from numbering import clock
from numbering.carrier_link import in_words, storable
from numbering.domain import bulk, import_orders
from numbering.domain.bulk import BulkAct, Lease, Outcome, Outcomes, Pause
from numbering.domain.cannot_do import CannotDo
from numbering.domain.new_platform import asking, in_service_of, is_about_one
from numbering.enums import FINAL, IN_SERVICE, LIVE, BulkKind, BulkRowState, PlatformStage
from numbering.models import (
    BulkAction,
    BulkRow,
    ImportOrder,
    PlatformNumber,
    SipPeer,
    Subscriber,
    TelephoneNumber,
)
from numbering.number_list import GoodRow
from numbering.phone import NumberKind, display, kind_of
from numbering.validators import ORDER_NUMBERS_LIMIT
from numbering.wording import counted

_S = PlatformStage
_NO_PLACE = "No SIP peer is known: open Sites and SIP peers and read them from the carrier."
_NO_PLACE_SECONDS = 600
# For the questions which numbers can be imported, beside those whether they are in service.
_IMPORTABLE_SECONDS = 5.0
# The carrier's code for a number that it takes for none; it refuses its whole call for it.
_NO_NUMBER = "7201"


def stage_counts() -> dict[PlatformStage, int]:
    """Return how many numbers are at each stage."""
    counted_ = PlatformNumber.objects.order_by().values_list("stage").annotate(Count("pk"))
    found = dict(counted_)
    return {stage: found.get(stage, 0) for stage in PlatformStage}


def to_check() -> QuerySet[PlatformNumber]:
    """Return the numbers of which the new platform may have something new to say."""
    order_over = Q(stage=_S.MOVING) & (Q(order=None) | Q(order__status__in=FINAL))
    return PlatformNumber.objects.filter(Q(stage=_S.FOUND) | order_over)


# --- Asking the new platform --------------------------------------------------------------------


def start_check(numbers: QuerySet[PlatformNumber], *, actor: User) -> BulkAction:
    """Have the new platform asked about these numbers; nothing changes there.

    Raises CannotDo when there are none, or no SIP peer is known to ask for.
    """
    if _place() is None:
        raise CannotDo(_NO_PLACE)
    return bulk.start(
        BulkKind.PLATFORM_CHECK,
        numbers.exclude(stage=_S.RELEASED),
        actor=actor,
    )


@dataclass(frozen=True)
class _Verdict:
    stage: PlatformStage
    detail: str = ""


@dataclass
class _Findings:
    """What is known so far, by number."""

    verdicts: dict[str, _Verdict] = field(default_factory=dict)
    # Why the carrier would say nothing of a number.
    refused: dict[str, str] = field(default_factory=dict)


class PlatformCheckAct(BulkAct):
    """Asks the new platform about each number: is it in service, and if not, can it be imported?"""

    kind = BulkKind.PLATFORM_CHECK
    # More rows than can be asked about in a turn: between batches the calls come to an end.
    batch = 1500
    turn_seconds = 5.0

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Ask, and write down at which stage each number is."""
        numbers = {
            number.e164: number
            for number in PlatformNumber.objects.filter(e164__in=[row.e164 for row in rows])
            # They may have been released since they were chosen.
            .exclude(stage=_S.RELEASED)
            .select_related("order")
        }
        findings = _Findings()
        with asking(lambda: _outcomes(rows, findings)) as carrier:
            try:
                in_turn = [numbers[row.e164] for row in rows if row.e164 in numbers]
                self._ask(carrier, in_turn, findings, lease)
            except _NoPlace as error:
                outcomes = _outcomes(rows, findings)
                raise Pause(_NO_PLACE, outcomes=outcomes, after=_NO_PLACE_SECONDS) from error
            finally:
                _write(numbers, findings.verdicts)
        gone = Outcome(BulkRowState.SKIPPED, "It was released, or is not known any more.")
        unlisted = {row.pk: gone for row in rows if row.e164 not in numbers}
        return {**unlisted, **_outcomes(rows, findings)}

    def _ask(
        self,
        carrier: Carrier,
        numbers: Sequence[PlatformNumber],
        findings: _Findings,
        lease: Lease,
    ) -> None:
        answers = in_service_of(carrier, [number.e164 for number in numbers], lease)
        here = dict(
            TelephoneNumber.objects.filter(e164__in=list(answers), state__in=LIVE).values_list(
                "e164", "state"
            )
        )
        elsewhere: list[str] = []
        trouble: CarrierError | None = None
        for number in numbers:
            answer = answers.get(number.e164)
            if isinstance(answer, CarrierError):
                if is_about_one(answer):
                    findings.refused[number.e164] = in_words(answer)
                else:
                    trouble = answer
            elif answer:
                verdict = _in_service_verdict(number, here.get(number.e164))
                findings.verdicts[number.e164] = verdict
            elif answer is not None and number.order is not None and _is_open(number.order):
                status = number.order.get_status_display().lower()
                findings.verdicts[number.e164] = _Verdict(
                    _S.MOVING, f"{number.order} is: {status}."
                )
            elif answer is not None:
                elsewhere.append(number.e164)
        if elsewhere and not isinstance(trouble, CredentialsRefused):
            # Also after another trouble: a carrier that lets few questions through is got on with.
            _ask_importable(carrier, elsewhere, findings.verdicts, lease)
        if trouble is not None:
            raise trouble


class _NoPlace(Exception):
    """No SIP peer is known to ask for."""


def _is_open(order: ImportOrder) -> bool:
    return order.status not in FINAL


def _in_service_verdict(number: PlatformNumber, state: str | None) -> _Verdict:
    if state in IN_SERVICE:
        return _Verdict(_S.MOVED)
    if number.order is not None and _is_open(number.order):
        # The order's end has not been read yet.
        return _Verdict(_S.MOVING, f"In service on the new platform; {number.order} is not over.")
    return _Verdict(
        _S.BLOCKED,
        "In service on the new platform, and not in service here. Settle its case, or take it "
        "over; then ask again.",
    )


def _ask_importable(
    carrier: Carrier, e164s: Sequence[str], verdicts: dict[str, _Verdict], lease: Lease
) -> None:
    """Ask which can be imported. One bad number has the carrier refuse all: then by halves.

    What there is no time for, once there are some verdicts, is left for another turn. Raises
    CarrierError when the carrier could not be asked, or refuses for another reason.
    """
    if (place := _place()) is None:
        raise _NoPlace
    ends = time.monotonic() + _IMPORTABLE_SECONDS
    parts = [e164s]
    found: dict[str, _Verdict] = {}
    while parts and (not found or time.monotonic() < ends):
        part = parts.pop()
        lease.renew()
        if answer := _importable(carrier, part, place):
            found |= answer
            verdicts |= answer
        else:
            half = len(part) // 2
            parts += [part[half:], part[:half]]


def _importable(carrier: Carrier, e164s: Sequence[str], place: SipPeer) -> dict[str, _Verdict]:
    """Ask which can be imported; nothing is returned when one of several numbers is a bad one."""
    try:
        answer = importability.check(
            carrier,
            telephone_numbers=e164s,
            site_id=place.site_id,
            sip_peer_id=place.sip_peer_id,
        )
    except ValueError as error:
        said = f"It is no number that can be imported: {error}."
    except Refused as error:
        if not any(problem.code == _NO_NUMBER for problem in error.problems):
            raise
        said = f"{error.message[:1].upper()}{error.message[1:]}."
    else:
        blocked = import_orders.first_problems(answer)
        verdicts = {e164: _Verdict(_S.READY) for e164 in answer.importable if e164 not in blocked}
        for e164, problem in blocked.items():
            verdicts[e164] = _Verdict(_S.BLOCKED, f"{problem.code} {problem.description}".strip())
        for e164 in answer.unanswered:
            verdicts.setdefault(e164, _Verdict(_S.FOUND, "The carrier gave no answer for it."))
        return {e164: verdicts[e164] for e164 in e164s if e164 in verdicts}
    return {e164s[0]: _Verdict(_S.BLOCKED, said)} if len(e164s) == 1 else {}


@repeated
def _write(numbers: dict[str, PlatformNumber], verdicts: dict[str, _Verdict]) -> None:
    """Write the verdicts, where a number is still at the stage at which it was looked at."""
    groups: dict[tuple[str, _Verdict], list[int]] = defaultdict(list)
    for e164, verdict in verdicts.items():
        groups[numbers[e164].stage, verdict].append(numbers[e164].pk)
    for (stage, verdict), pks in groups.items():
        rows = PlatformNumber.objects.filter(pk__in=pks, stage=stage)
        rows.update(
            stage=verdict.stage, detail=storable(verdict.detail)[:500], checked_at=clock.now()
        )


def _outcomes(rows: Iterable[BulkRow], findings: _Findings) -> Outcomes:
    outcomes: dict[int, Outcome] = {}
    for row in rows:
        if (verdict := findings.verdicts.get(row.e164)) is not None:
            said = f"{verdict.stage.label}. {verdict.detail}".strip()
            outcomes[row.pk] = Outcome(BulkRowState.DONE, said)
        elif (why := findings.refused.get(row.e164)) is not None:
            outcomes[row.pk] = Outcome(BulkRowState.FAILED, f"The carrier did not say. {why}")
    return outcomes


def _place() -> SipPeer | None:
    """The SIP peer for which the carrier is asked; the order itself names its own."""
    peers = SipPeer.objects.filter(is_gone=False)
    return peers.order_by("-is_default", "pk").first()


# --- Import orders ------------------------------------------------------------------------------


@repeated
def make_drafts(
    numbers: QuerySet[PlatformNumber],
    *,
    subscriber: Subscriber,
    sip_peer: SipPeer,
    loa_authorizing_person: str,
    loa_type: str,
    actor: User,
) -> list[ImportOrder]:
    """Make drafts of import orders for those of the numbers that are ready; return the drafts.

    One for local and one for toll-free numbers, and more where the carrier's limit asks for it.
    Numbers that another order holds stay as they are, and their detail says why. Raises CannotDo
    when none is left.
    """
    chosen = PlatformNumber.objects.filter(pk__in=numbers.order_by().values("pk"), stage=_S.READY)
    ready = list(chosen.select_for_update().order_by("pk"))
    if not ready:
        raise CannotDo("None of the chosen numbers is ready: ask what the new platform says first.")
    reasons = {
        held.e164: held.reason
        for held in import_orders.held_numbers([number.e164 for number in ready])
    }
    orders = []
    for kind in NumberKind:
        free = [
            number
            for number in ready
            if number.e164 not in reasons and kind_of(number.e164) is kind
        ]
        for begin in range(0, len(free), ORDER_NUMBERS_LIMIT):
            part = free[begin : begin + ORDER_NUMBERS_LIMIT]
            order, held = import_orders.create_draft(
                subscriber=subscriber,
                sip_peer=sip_peer,
                loa_authorizing_person=loa_authorizing_person,
                loa_type=loa_type,
                rows=[
                    GoodRow(line, display(number.e164), number.e164)
                    for line, number in enumerate(part, start=1)
                ],
                actor=actor,
            )
            reasons |= {one.e164: one.reason for one in held}
            PlatformNumber.objects.filter(
                pk__in=[number.pk for number in part if number.e164 not in reasons]
            ).update(stage=_S.MOVING, order=order, detail="")
            orders.append(order)
    if not orders:
        raise CannotDo(
            f"{counted(len(ready), 'chosen number')} cannot go into an order now. "
            f"{next(iter(reasons.values()))}"
        )
    kept = [number for number in ready if number.e164 in reasons]
    for number in kept:
        number.detail = reasons[number.e164]
    PlatformNumber.objects.bulk_update(kept, ["detail"], batch_size=500)
    return orders
