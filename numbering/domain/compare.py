"""The nightly compare: the carrier's numbers in service with ours, and a case for each difference.

Notifications are sent only once, so a number can be lost at the carrier without a word (R13). The
carrier's whole list is read first; as long as it cannot be, nothing changes. A number that the list
leaves out is asked for by itself before it counts as missing: "not in the list" may be a page that
shifted, "could not look" is never "not there". Everything is written as it is found and finding it
twice changes nothing, so a compare that is stopped is simply done again.

Where a number stands is judged only as far as the SIP peers' own lists tell it. An account that the
portal hardly knows would make a case of each number: beyond STRANGERS_LIMIT one alert leads to
taking the account over instead.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from carrier import in_service
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, NotSent, Refused, Throttled
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier, in_words
from numbering.domain import (
    alerts,
    cases,
    customer_news,
    jobs,
    number_reading,
    telephone_numbers,
)
from numbering.domain.carrier_numbers import read_numbers
from numbering.domain.cases import Finding
from numbering.domain.heartbeat import beat
from numbering.domain.hold_off import wait_if_held
from numbering.domain.inventory import is_number
from numbering.domain.jobs import TryLater
from numbering.enums import (
    IN_SERVICE,
    LEAVING,
    LIVE,
    AlertCause,
    CaseKind,
    LearnedBy,
    NumberState,
)
from numbering.models import Case, CompareRun, ImportOrderNumber, Job, TelephoneNumber
from numbering.wording import counted

logger = logging.getLogger(__name__)

# Numbers judged and written at a time.
_CHUNK = 500
# Numbers read between two words on how far it is.
_SAY_EVERY = 5000
# Answers about single numbers that tell nothing, one after the other, before it is the carrier's
# trouble and no number's.
_UNREADABLE_IN_A_ROW = 5
# Standing cases of numbers that are theirs and not ours, before an alert speaks for the rest.
STRANGERS_LIMIT = 1000

Row = TypeVar("Row", bound=Model)


def run_compare(job: Job) -> None:
    """Handler: compare the numbers, note what differs, and close what no longer does."""
    wait_if_held()
    try:
        _Compare(job, get_carrier()).run()
    except Throttled as error:
        raise TryLater(error.message, at=error.retry_at, counts=False) from error
    except (CarrierError, CarrierNotConfigured) as error:
        raise TryLater(
            f"Could not read the carrier's numbers, so nothing is said of them. {in_words(error)}"
        ) from error
    beat("compare")


class _Compare:
    """One compare. Numbers whose state changed after it began are left to the next one."""

    def __init__(self, job: Job, carrier: Carrier) -> None:
        self._job = job
        self._carrier = carrier
        self._began = clock.now()
        self._unreadable = 0
        self._run = CompareRun.objects.create(began_at=self._began)

    def run(self) -> None:
        """Read the carrier's list, judge ours, judge theirs, and end what is over."""
        numbers_there = read_numbers(self._carrier, self._reading)
        self._theirs = numbers_there.listed
        self._whereabouts = numbers_there.whereabouts
        self._run.in_service = len(self._theirs)
        self._run.places_trouble = numbers_there.places_trouble[:500]
        self._theirs_standing = Case.objects.filter(kind=CaseKind.THEIRS, stands=True).count()
        lost = opened = ended = 0
        for numbers in _chunks(
            TelephoneNumber.objects.filter(
                # What becomes of one that is being removed is not decided yet.
                state__in=LIVE - LEAVING,
                state_changed_at__lt=self._began,
            )
        ):
            self._keep_alive()
            new_lost, new = self._judge_ours(numbers)
            lost += new_lost
            opened += new
        for e164s in self._theirs.chunks():
            self._keep_alive()
            opened += self._judge_theirs(e164s)
        for standing in _chunks(
            Case.objects.filter(stands=True, last_seen_at__lt=self._began).select_related(
                "telephone_number"
            )
        ):
            self._keep_alive()
            ended += self._end_over(standing)
        self._run.lost, self._run.opened, self._run.ended = lost, opened, ended
        # Last, so that nothing waits for a thousand calls about single numbers.
        before = CompareRun.objects.exclude(pk=self._run.pk).filter(ended_at__isnull=False).first()
        self._run.details_after, trouble = number_reading.read_share(
            self._carrier, before.details_after if before else 0, self._keep_alive
        )
        self._run.details_trouble = trouble[:500]
        self._run.ended_at = clock.now()
        self._run.save()
        _tell_of_strangers(self._run.beyond)
        logger.info(
            "compare done",
            extra={
                "in_service": len(self._theirs),
                "lost": lost,
                "cases_opened": opened,
                "cases_ended": ended,
            },
        )

    def _keep_alive(self) -> None:
        if not jobs.renew(self._job):
            raise TryLater("Another worker has taken over.", counts=False)

    def _reading(self, count: int) -> None:
        """Say how far the reading is, for who watches."""
        self._keep_alive()
        if count >= self._run.in_service + _SAY_EVERY:
            self._run.in_service = count
            CompareRun.objects.filter(pk=self._run.pk).update(in_service=count)

    def _is_there(self, e164: str) -> bool | None:
        """Whether the number is in service: on the list, or when it is asked for by itself.

        None when the carrier's answer about this very number tells nothing: the others are judged
        all the same. Raises CarrierError for what concerns all of them.
        """
        if e164 in self._theirs:
            return True
        self._keep_alive()
        try:
            found = in_service.is_in_service(self._carrier, telephone_number=e164)
        except ValueError:
            return False  # no number of the NANP: there is only the list to go by
        except (Throttled, CredentialsRefused, NotSent):
            raise
        except CarrierError as error:
            self._unreadable = 0 if isinstance(error, Refused) else self._unreadable + 1
            if self._unreadable == _UNREADABLE_IN_A_ROW:
                raise
            self._run.left_alone += 1
            return None
        self._unreadable = 0
        return found

    def _judge_ours(self, numbers: Sequence[TelephoneNumber]) -> tuple[int, int]:
        """Return how many of our numbers were found lost, and how many other cases are new."""
        under_way = telephone_numbers.under_way(number.e164 for number in numbers)
        lost: list[TelephoneNumber] = []
        ours: list[TelephoneNumber] = []
        state: list[TelephoneNumber] = []
        kept: list[TelephoneNumber] = []
        for number in numbers:
            if number.e164 in under_way:
                continue
            if number.state == NumberState.LOST:
                # Both sides agree when it is away; the case of its loss stands until it is back.
                if number.e164 in self._theirs:
                    state.append(number)
            elif (is_there := self._is_there(number.e164)) is None:
                continue
            elif number.state in IN_SERVICE:
                (kept if is_there else lost).append(number)
            else:
                (state if is_there else ours).append(number)
        orders = _latest_orders(number.e164 for number in [*lost, *ours, *state])

        def findings(differing: Sequence[TelephoneNumber], words: str) -> list[Finding]:
            return [
                Finding(
                    number.e164,
                    words.format(state=number.get_state_display().lower()),
                    telephone_number_id=number.pk,
                    order_id=orders.get(number.e164),
                )
                for number in differing
            ]

        opened = cases.note(
            CaseKind.OURS,
            findings(ours, "Here it is {state}, but its order is over and it is not in service."),
            at=self._began,
        )
        opened += cases.note(
            CaseKind.STATE,
            findings(state, "Here it is {state}, at the carrier it is in service."),
            at=self._began,
        )
        self._learn_places(kept)
        opened += cases.note(CaseKind.PLACE, self._misplaced(kept), at=self._began)
        return self._lose(
            findings(lost, "It was {state} here. The carrier has it no more and sent no notice.")
        ), opened

    def _learn_places(self, numbers: Sequence[TelephoneNumber]) -> None:
        """Take over where numbers stand of which that was never known here: nothing differs."""
        unplaced: dict[tuple[str, str], list[TelephoneNumber]] = defaultdict(list)
        for number in numbers:
            place = self._place_of(number.e164)
            if place is not None and not (number.site_id or number.sip_peer_id):
                unplaced[place].append(number)
        for (site_id, sip_peer_id), some in unplaced.items():
            telephone_numbers.learn_place(
                some,
                site_id=site_id,
                sip_peer_id=sip_peer_id,
                reason=f"The carrier's list has it at site {site_id}, SIP peer {sip_peer_id}.",
                learned_by=LearnedBy.COMPARE,
            )

    def _misplaced(self, numbers: Sequence[TelephoneNumber]) -> list[Finding]:
        """Return those of our numbers that the carrier has at another site or SIP peer."""
        places = [(number, self._place_of(number.e164)) for number in numbers]
        return [
            Finding(
                number.e164,
                f"Here: site {number.site_id or 'none'}, SIP peer {number.sip_peer_id or 'none'}. "
                f"At the carrier: site {place[0]}, SIP peer {place[1]}.",
                telephone_number_id=number.pk,
                site_id=place[0],
                sip_peer_id=place[1],
            )
            for number, place in places
            if place is not None
            and (number.site_id or number.sip_peer_id)
            and place != (number.site_id, number.sip_peer_id)
        ]

    def _place_of(self, e164: str) -> tuple[str, str] | None:
        return None if self._whereabouts is None else self._whereabouts.peer_of(e164)

    def _lose(self, findings: Sequence[Finding]) -> int:
        with transaction.atomic():
            # Locked and looked at again: an order or a notice may have moved it meanwhile.
            hosted = set(
                TelephoneNumber.objects.select_for_update()
                .filter(
                    pk__in=[finding.telephone_number_id for finding in findings],
                    state__in=IN_SERVICE,
                    state_changed_at__lt=self._began,
                )
                .order_by("pk")
                .values_list("e164", flat=True)
            )
            telephone_numbers.mark_lost(
                hosted,
                reason="Found by the nightly compare: the carrier has it no more. "
                "No notice of the loss came.",
                learned_by=LearnedBy.COMPARE,
            )
            # It was back since: this is another loss, whatever was said of the last one.
            cases.end_closed(CaseKind.LOST, hosted)
            cases.note(
                CaseKind.LOST,
                [finding for finding in findings if finding.e164 in hosted],
                at=self._began,
            )
            if hosted:
                alerts.numbers_lost(len(hosted), how="found by the compare, without a notice")
                customer_news.numbers_lost(hosted)
        return len(hosted)

    def _judge_theirs(self, e164s: Sequence[str]) -> int:
        """Return how many new cases there are of numbers that are theirs and not ours."""
        known = telephone_numbers.under_way(e164s)
        known |= set(
            TelephoneNumber.objects.filter(e164__in=e164s, state__in=LIVE).values_list(
                "e164", flat=True
            )
        )
        strangers = sorted(set(e164s) - known)
        self._run.known += len(set(e164s)) - len(strangers)
        past = {
            number.e164: number
            for number in TelephoneNumber.objects.filter(e164__in=strangers).order_by("pk")
        }
        orders = _latest_orders(past)
        findings = [
            self._stranger(e164, past.get(e164), orders.get(e164))
            for e164 in strangers
            if e164 not in past or past[e164].state_changed_at < self._began
        ]
        room = max(0, STRANGERS_LIMIT - self._theirs_standing)
        opened = cases.note(CaseKind.THEIRS, findings, at=self._began, most_new=room)
        self._theirs_standing += opened
        if opened == room:
            noted = Case.objects.filter(
                kind=CaseKind.THEIRS, stands=True, e164__in=[found.e164 for found in findings]
            )
            self._run.beyond += len(findings) - noted.count()
        return opened

    def _stranger(self, e164: str, past: TelephoneNumber | None, order_id: int | None) -> Finding:
        site_id, sip_peer_id = self._place_of(e164) or ("", "")
        detail = "In service at the carrier, and never hosted here."
        if past is not None:
            state, since = past.get_state_display().lower(), past.state_changed_at
            detail = f"In service at the carrier. Here it is: {state}, since {since:%Y-%m-%d}."
        elif not is_number(e164):
            detail = "The carrier lists this among its numbers; it is no telephone number."
        return Finding(
            e164,
            detail,
            telephone_number_id=None if past is None else past.pk,
            order_id=order_id,
            site_id=site_id,
            sip_peer_id=sip_peer_id,
        )

    def _end_over(self, standing: Sequence[Case]) -> int:
        """End the cases whose difference is gone; return how many of them were open."""
        e164s = [case.e164 for case in standing]
        under_way = telephone_numbers.under_way(e164s)
        live = {
            number.e164: number
            for number in TelephoneNumber.objects.filter(e164__in=e164s, state__in=LIVE)
        }
        over, again = [], []
        for case in standing:
            if case.e164 in under_way:
                continue
            if self._still_differs(case, live.get(case.e164)):
                again.append(case.pk)
            else:
                over.append(case.pk)
        cases.seen_again(again, at=self._began)
        return cases.end(over)

    def _still_differs(self, case: Case, number: TelephoneNumber | None) -> bool:
        """Whether an unseen case stands all the same; `number` is the number's life now."""
        state = None if number is None else number.state
        if case.kind == CaseKind.LOST:
            return state == NumberState.LOST
        if case.kind == CaseKind.THEIRS:
            # Neither a short list nor an answer that tells nothing must close it.
            return state is None and self._is_there(case.e164) is not False
        if case.kind == CaseKind.STATE:
            return state == NumberState.LOST and self._is_there(case.e164) is not False
        if case.kind == CaseKind.PLACE and number is not None and state in IN_SERVICE:
            # What could not be told this time is not over.
            place = self._place_of(case.e164)
            return place is None or place != (number.site_id, number.sip_peer_id)
        if case.kind == CaseKind.ORIGIN and number is not None:
            # Only its details tell, and not every compare reads them.
            return bool(number_reading.came_otherwise(number))
        return False


def _chunks(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    """The rows, some at a time, without a long query while the carrier is asked."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:_CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _latest_orders(e164s: Iterable[str]) -> dict[str, int]:
    """Return the latest order that the carrier had for each number."""
    rows = ImportOrderNumber.objects.filter(
        e164__in=list(e164s), order__carrier_order_id__isnull=False
    )
    return dict(rows.order_by("pk").values_list("e164", "order_id"))


def _tell_of_strangers(count: int) -> None:
    if not count:
        alerts.close_alert(cause=AlertCause.NUMBERS_FOUND)
        return
    alerts.open_alert(
        cause=AlertCause.NUMBERS_FOUND,
        title=f"{counted(count, 'number')} at the carrier and not here",
        text=f"Besides the cases that are open, the carrier has {counted(count, 'number')} in "
        "service that this portal does not know. Take the account over under Telephone numbers, "
        "Take over an account; the next compare then closes this alert.",
    )
