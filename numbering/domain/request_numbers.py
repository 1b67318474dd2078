"""The numbers of a hosting request: read, taken out, and checked with the carrier."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from accounts.again import repeated
from carrier import importability
from carrier.errors import CarrierError
from carrier.importability import Importability
from numbering.carrier_link import CarrierNotConfigured, get_carrier, hold_off
from numbering.domain.customer_words import WITH_US, CustomerWords, in_customer_words
from numbering.domain.hosting_requests import open_request
from numbering.domain.import_orders import CannotDo, by_reason, first_problems, held_numbers
from numbering.enums import OrderNumberStatus, RequestPart
from numbering.models import HostingRequest, HostingRequestNumber, SipPeer
from numbering.number_list import NumberList
from numbering.validators import ORDER_NUMBERS_LIMIT

# So many lines that are no numbers are kept to be corrected; nobody corrects more by hand.
UNREAD_LIMIT = 200


@dataclass(frozen=True)
class Taken:
    """What came of a list of numbers: how many are new, and whether there is news to look at."""

    added: int
    is_news: bool


@dataclass(frozen=True)
class Refusal:
    """Numbers that cannot be hosted for one reason."""

    words: CustomerWords
    numbers: tuple[HostingRequestNumber, ...]


@repeated
def take_numbers(request: HostingRequest, numbers: NumberList) -> Taken:
    """Add the numbers that were read; what was no number stands in for what was none before.

    Raises CannotDo when they become too many, and NotOpen when they can no longer be changed.
    """
    current = open_request(request, RequestPart.NUMBERS)
    present = set(current.numbers.values_list("e164", flat=True))
    fresh = [row for row in numbers.good if row.e164 not in present]
    if len(present) + len(fresh) > ORDER_NUMBERS_LIMIT:
        raise CannotDo(
            f"One request takes at most {ORDER_NUMBERS_LIMIT:,} numbers; this would make "
            f"{len(present) + len(fresh):,}. Send the rest in a second request."
        )
    HostingRequestNumber.objects.bulk_create(
        [HostingRequestNumber(request=current, e164=row.e164, raw=row.raw) for row in fresh],
        batch_size=2500,
    )
    unread = [asdict(row) for row in numbers.bad[:UNREAD_LIMIT]]
    # The same lines sent again keep the places that they had in the first list.
    is_other = [row["raw"] for row in unread] != [row["raw"] for row in current.unread_rows]
    if is_other:
        HostingRequest.objects.filter(pk=current.pk).update(unread_rows=unread)
    return Taken(len(fresh), bool(fresh) or (is_other and bool(unread)))


@repeated
def take_out(request: HostingRequest, number_ids: Iterable[int]) -> int:
    """Take numbers out of the request; return how many.

    Raises CannotDo, and takes out none, when one of the ids is not of a number of this request.
    """
    current = open_request(request, RequestPart.NUMBERS)
    asked = set(number_ids)
    own = current.numbers.filter(pk__in=asked)
    if own.count() != len(asked):
        raise CannotDo(
            "One of the ticked numbers is not on your list any more. Look at it again, and tick "
            "what shall be taken out."
        )
    own.delete()
    return len(asked)


def check(request: HostingRequest) -> bool:
    """Ask which of the numbers can be hosted; return whether everything was answered.

    When the carrier cannot be asked, the numbers keep what is known of them.
    """
    e164s = tuple(request.numbers.values_list("e164", flat=True))
    with_us = {number.e164 for number in held_numbers(e164s)}
    asked = tuple(e164 for e164 in e164s if e164 not in with_us)
    answer = _ask(asked) if asked else Importability((), (), ())
    _take_over(request, with_us, answer)
    return answer is not None


def _ask(e164s: Sequence[str]) -> Importability | None:
    sip_peer = SipPeer.objects.filter(is_gone=False).order_by("-is_default", "pk").first()
    # A customer's click is no probe: refused credentials are left alone.
    if sip_peer is None or hold_off() is not None:
        return None
    try:
        return importability.check(
            get_carrier(),
            telephone_numbers=e164s,
            site_id=sip_peer.site_id,
            sip_peer_id=sip_peer.sip_peer_id,
        )
    except (CarrierError, CarrierNotConfigured):
        return None


@repeated
def _take_over(request: HostingRequest, with_us: set[str], answer: Importability | None) -> None:
    rows = request.numbers
    rows.filter(e164__in=with_us).update(
        status=OrderNumberStatus.BLOCKED, code=WITH_US, description=""
    )
    rows.filter(code=WITH_US).exclude(e164__in=with_us).update(
        status=OrderNumberStatus.NEW, code=""
    )
    if answer is None:
        return
    problems = first_problems(answer)
    rows.filter(e164__in=[e164 for e164 in answer.importable if e164 not in problems]).update(
        status=OrderNumberStatus.IMPORTABLE, code="", description=""
    )
    rows.filter(e164__in=[e164 for e164 in answer.unanswered if e164 not in problems]).update(
        status=OrderNumberStatus.UNANSWERED, code="", description=""
    )
    for (code, description), e164s in by_reason(problems).items():
        rows.filter(e164__in=e164s).update(
            status=OrderNumberStatus.BLOCKED, code=code, description=description
        )


def refusals(numbers: Iterable[HostingRequestNumber]) -> list[Refusal]:
    """Return the numbers that cannot be hosted by reason, in the customer's words."""
    blocked = [number for number in numbers if number.status == OrderNumberStatus.BLOCKED]
    words = in_customer_words({("check", number.code) for number in blocked})
    groups: dict[CustomerWords, list[HostingRequestNumber]] = defaultdict(list)
    for number in blocked:
        groups[words["check", number.code]].append(number)
    return [Refusal(said, tuple(rows)) for said, rows in groups.items()]
