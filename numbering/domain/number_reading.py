"""Read numbers at the carrier, and keep what it says of each beside what we say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.again import repeated
from carrier import number_details
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, NotFound, NotSent, Refused, Throttled
from carrier.records import NumberDetails, NumberStatus
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier, hold_off, in_words
from numbering.domain import cases
from numbering.domain.bulk import BulkAct, Lease, Outcome, Outcomes, Pause
from numbering.domain.cannot_do import CannotDo
from numbering.domain.cases import Finding
from numbering.domain.chosen_lives import lives_of
from numbering.domain.sending import CREDENTIALS_WAIT_SECONDS
from numbering.enums import IN_SERVICE, BulkKind, BulkRowState, CaseKind, NumberOrigin
from numbering.models import BulkAction, BulkRow, Case, TelephoneNumber

# Numbers whose details a compare reads, one call each: the lists tell the rest of all of them.
NIGHTLY_SHARE = 1000
_WRITTEN_TOGETHER = 200
_RENEW_EVERY = 20
# When the carrier cannot be reached, and when it gave no readable answer several times in a row.
_AWAY_SECONDS = 30
_UNREADABLE_IN_A_ROW = 5
# What the carrier writes is short; the longest is an id of 36 characters.
_LONGEST_TEXT, _LONGEST_LIST = 200, 50
_NO_NUMBER = "That is no US telephone number: the carrier cannot be asked for it."
# What is kept of the details besides the status.
_PLACE = ("site_id", "site_name", "sip_peer_id", "sip_peer_name")
_KEPT = (
    *_PLACE,
    *"account_id city state rate_center lata tier vendor_name service_types attributes".split(),
    *"hosting_account_ids sms_enabled campaign_id raw_last_modified_at".split(),
)


@dataclass(frozen=True)
class Reading:
    """What the carrier said of a number; without a status it does not know the number."""

    status: str = ""
    is_in_service: bool = False
    details: dict[str, Any] = field(default_factory=dict)


def read_now(number: TelephoneNumber) -> list[str]:
    """Read one number at the carrier and keep what it says; return what differs, in sentences.

    Raises CarrierError or CarrierNotConfigured when it could not be read, and CannotDo for a number
    that it cannot be asked for; then nothing changes.
    """
    try:
        reading = _ask(get_carrier(), number.e164)
    except ValueError as error:
        raise CannotDo(_NO_NUMBER) from error
    _keep([(number, reading)])
    return differences(number)


def differences(number: TelephoneNumber) -> list[str]:
    """Return what the carrier said otherwise than we do when the number was last read there."""
    if number.carrier_read_at is None or number.state not in IN_SERVICE:
        return []
    if number.carrier_differs:
        here = number.get_state_display().lower()
        if not number.carrier_status:
            return [f"The carrier does not know it; here it is {here}."]
        return [f"The carrier says {number.carrier_status}; here it is {here}."]
    details = number.carrier_details
    found = []
    place = (details.get("site_id", ""), details.get("sip_peer_id", ""))
    if all(place) and place != (number.site_id, number.sip_peer_id):
        names = (details.get("site_name") or place[0], details.get("sip_peer_name") or place[1])
        found.append(f"The carrier has it at {names[0]} · {names[1]}.")
    if said := came_otherwise(number):
        found.append(said)
    return found


def last_word(number: TelephoneNumber) -> str:
    """Return in a sentence what the carrier said of it when it was last read there."""
    if not number.carrier_status:
        return "The carrier does not know it."
    return f"The carrier says {number.carrier_status}."


def came_otherwise(number: TelephoneNumber) -> str:
    """Return how the carrier has a number that is in service here, when it is the other way."""
    details, ours = number.carrier_details, our_account()
    if number.state not in IN_SERVICE:
        return ""
    if details.get("account_id") == ours and number.origin == NumberOrigin.IMPORT:
        return "The carrier has it as our own number; here it came by an import."
    if ours in details.get("hosting_account_ids", ()) and number.origin == NumberOrigin.ORDER:
        return "The carrier has it as a hosted number; here it came by an order."
    return ""


def read_share(carrier: Carrier, after: int, keep_alive: Callable[[], None]) -> tuple[int, str]:
    """Read the details of the next NIGHTLY_SHARE numbers in service; return where to go on.

    `after` is the key of the last number of the share before; 0 begins anew. A carrier that could
    not be asked ends the share, which goes on there another night; the second value says in words
    why. What it says no to about one number is that number's own affair.
    """
    numbers = TelephoneNumber.objects.filter(state__in=IN_SERVICE, pk__gt=after).order_by("pk")
    share = list(numbers[:NIGHTLY_SHARE])
    read: list[tuple[TelephoneNumber, Reading]] = []
    unreadable, trouble = 0, ""
    for index, number in enumerate(share):
        if index % _RENEW_EVERY == 0:
            keep_alive()
        try:
            read.append((number, _ask(carrier, number.e164)))
            unreadable = 0
        except ValueError:
            pass  # no number of the NANP: the carrier cannot be asked for it
        except CarrierError as error:
            unreadable = 0 if isinstance(error, Refused) else unreadable + 1
            if _pause_for(error, {}) is not None or unreadable == _UNREADABLE_IN_A_ROW:
                trouble = in_words(error)
                break
        after = number.pk
    for start in range(0, len(read), _WRITTEN_TOGETHER):
        _keep(read[start : start + _WRITTEN_TOGETHER])
    is_at_end = not trouble and len(share) < NIGHTLY_SHARE
    return 0 if is_at_end else after, trouble


class ReadAct(BulkAct):
    """Reads one number after the other. Reading twice does no harm."""

    kind = BulkKind.READ
    batch = 50

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Read as many of them as the turn has time for."""
        if (wait := hold_off()) is not None:
            reason = "The carrier refuses our credentials; waiting for an administrator."
            raise Pause(reason, outcomes={}, after=wait)
        try:
            carrier = get_carrier()
        except CarrierNotConfigured as error:
            raise Pause(str(error), outcomes={}, after=CREDENTIALS_WAIT_SECONDS) from error
        lives = lives_of(rows, TelephoneNumber.objects.all())
        read: list[tuple[TelephoneNumber, Reading]] = []
        outcomes: dict[int, Outcome] = {}
        pause = None
        unreadable, words = 0, ""
        for row in rows:
            if not lease.holds():
                break
            number = lives[row.pk]
            if isinstance(number, str):
                outcomes[row.pk] = Outcome(BulkRowState.SKIPPED, number)
                continue
            try:
                read.append((number, _ask(carrier, row.e164)))
                unreadable = 0
            except ValueError:
                outcomes[row.pk] = Outcome(BulkRowState.FAILED, _NO_NUMBER)
            except CarrierError as error:
                if (pause := _pause_for(error, outcomes)) is not None:
                    break
                words = in_words(error)
                outcomes[row.pk] = Outcome(BulkRowState.FAILED, words)
                unreadable = 0 if isinstance(error, Refused) else unreadable + 1
                if unreadable == _UNREADABLE_IN_A_ROW:
                    break
        # Also when a slow carrier has used up the turn with fewer of them.
        if pause is None and unreadable and (unreadable == _UNREADABLE_IN_A_ROW or not read):
            pause = Pause(words, outcomes=outcomes, after=_AWAY_SECONDS)
        _keep(read)
        key_of = {row.e164: row.pk for row in rows}
        for number, _ in read:
            said = " ".join(differences(number)) or last_word(number)
            outcomes[key_of[number.e164]] = Outcome(BulkRowState.DONE, said)
        if pause is not None:
            raise pause
        return outcomes


def _pause_for(error: CarrierError, outcomes: Outcomes) -> Pause | None:
    """Return the wait that an error asks for, if it is not about the one number alone."""
    words = in_words(error)
    if isinstance(error, Throttled):
        return Pause(words, outcomes=outcomes, at=error.retry_at)
    if isinstance(error, CredentialsRefused):
        return Pause(words, outcomes=outcomes, after=CREDENTIALS_WAIT_SECONDS)
    if isinstance(error, NotSent):
        return Pause(words, outcomes=outcomes, after=_AWAY_SECONDS)
    return None


def _ask(carrier: Carrier, e164: str) -> Reading:
    try:
        found = number_details.get(carrier, telephone_number=e164)
    except NotFound:
        return Reading()
    return Reading(
        status=found.raw_status[:40] or "no status",
        is_in_service=found.status is NumberStatus.IN_SERVICE,
        details=_kept(found),
    )


def _kept(found: NumberDetails) -> dict[str, Any]:
    names = _KEPT if is_ours(found) else set(_KEPT) - set(_PLACE)
    values = {name: _shortened(getattr(found, name)) for name in names}
    return {name: value for name, value in values.items() if value not in ("", (), None)}


def _shortened(value: object) -> object:
    """Cut what no carrier means, and say so: it stands on a page and in the database."""
    if isinstance(value, tuple):
        more = ("…",) if len(value) > _LONGEST_LIST else ()
        return tuple(map(_shortened, value[:_LONGEST_LIST])) + more
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[: _LONGEST_TEXT - 1] + "…"
    return value


def our_account() -> str:
    """Return the carrier's id of our account."""
    return str(settings.CARRIER["account_id"])


def is_ours(details: NumberDetails) -> bool:
    """Whether it is our number, or one that is hosted for us; else its place is somebody else's."""
    return our_account() in (details.account_id, *details.hosting_account_ids)


@repeated
def _keep(read: Sequence[tuple[TelephoneNumber, Reading]]) -> None:
    """Write what was read, in one statement, and put it on the numbers at hand."""
    now = clock.now()
    for number, reading in read:
        number.carrier_status = reading.status
        number.carrier_details = reading.details
        number.carrier_differs = not reading.is_in_service
        number.carrier_read_at = now
    TelephoneNumber.objects.bulk_update(
        [number for number, _ in read],
        ["carrier_status", "carrier_details", "carrier_differs", "carrier_read_at"],
    )
    said = {number: came_otherwise(number) for number, _ in read}
    cases.note(
        CaseKind.ORIGIN,
        [
            Finding(number.e164, words, telephone_number_id=number.pk)
            for number, words in said.items()
            if words
        ],
        at=now,
    )
    agreed = [number.e164 for number, words in said.items() if not words]
    over = Case.objects.filter(kind=CaseKind.ORIGIN, stands=True, e164__in=agreed)
    cases.end(over.values_list("pk", flat=True))
