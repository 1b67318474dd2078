"""What a person can do about a difference, a button for each; nothing of it is guessed.

Every remedy looks at the number again before it changes anything, so that one for a difference
that is gone meanwhile does nothing and says so. A remedy that settles the difference ends its case
with a remark; the next compare opens another one should they differ again.
"""

import re
from collections.abc import Callable

from django.db import IntegrityError
from django.db.models import TextChoices

from accounts.again import repeated
from accounts.models import User
from carrier import in_service, number_details
from carrier.errors import NotFound
from carrier.records import NumberDetails, NumberStatus
from numbering import clock
from numbering.carrier_link import get_carrier
from numbering.domain import number_reading, telephone_numbers
from numbering.domain.cannot_do import CannotDo
from numbering.domain.import_orders import create_draft
from numbering.enums import (
    IN_SERVICE,
    CaseKind,
    LearnedBy,
    LoaType,
    NumberOrigin,
    NumberState,
)
from numbering.models import Case, ImportOrder, SipPeer, Subscriber, TelephoneNumber
from numbering.number_list import GoodRow
from numbering.phone import display

_OVER = "Nothing was changed: the difference is not there any more. Look at the case again."
_PLACE_ID = re.compile(r"[0-9]{1,20}")
# The carrier's word for a number that another account owns and that only texts over this one.
_HOSTED_WORDS = frozenset({"imported", "hosted"})


class Remedy(TextChoices):
    """What can be done about a difference."""

    LOOK = "look", "Look again"
    IMPORT_AGAIN = "import_again", "Import it again"
    GONE = "gone", "It is gone"
    TAKE_OVER = "take_over", "Take it over"
    TAKE_PLACE = "take_place", "Take the carrier's place"
    TAKE_ORIGIN = "take_origin", "Take the carrier's word"


OFFERED: dict[CaseKind, tuple[Remedy, ...]] = {
    CaseKind.LOST: (Remedy.LOOK, Remedy.IMPORT_AGAIN, Remedy.GONE),
    CaseKind.THEIRS: (Remedy.TAKE_OVER, Remedy.LOOK),
    CaseKind.OURS: (Remedy.LOOK, Remedy.GONE),
    CaseKind.STATE: (Remedy.LOOK,),
    CaseKind.PLACE: (Remedy.TAKE_PLACE, Remedy.LOOK),
    CaseKind.ORIGIN: (Remedy.TAKE_ORIGIN, Remedy.LOOK),
}


def look(case: Case, *, actor: User) -> str:
    """Ask the carrier about this number now, and take over what follows; return it in words.

    Raises CarrierError when it could not be asked; nothing changes then.
    """
    if case.kind == CaseKind.ORIGIN:
        return _look_at_origin(case)
    details = _details(case.e164)
    # Not everything that is in service has details that this account may see.
    is_there = _in_service(case.e164) if details is None else _says_in_service(details, case.e164)
    if case.kind == CaseKind.PLACE:
        return _look_at_place(case, details, actor=actor)
    if case.kind == CaseKind.THEIRS:
        if is_there:
            return "The carrier still has it in service."
        return _settle(case, "Looked again: the carrier has it in service no more.", actor=actor)
    if not is_there:
        return "The carrier still does not have it in service."
    return _settle(
        case,
        "Looked again: the carrier has it in service.",
        actor=actor,
        change=lambda: bool(
            telephone_numbers.back_in_service(
                [case.e164],
                reason="A person had the carrier asked again: it is in service.",
                learned_by=LearnedBy.PERSON,
                actor=actor,
            )
        ),
    )


def give_up(case: Case, *, actor: User) -> str:
    """The number does not come back: its life here ends. Raises CannotDo when it is back."""
    return _settle(
        case,
        "Its life here was ended.",
        actor=actor,
        change=lambda: telephone_numbers.give_up(
            case.e164, reason=f"{actor} ended it: the carrier has it no more.", actor=actor
        ),
    )


@repeated
def import_again(case: Case, *, actor: User) -> ImportOrder:
    """Make a draft that imports a lost number again; the case ends when it is back.

    Raises CannotDo when the number is not lost, is in an open order, or its SIP peer is unknown.
    """
    number = TelephoneNumber.objects.filter(e164=case.e164, state=NumberState.LOST).first()
    if number is None:
        raise CannotDo(_OVER)
    peers = SipPeer.objects.filter(is_gone=False)
    peer = peers.filter(site_id=number.site_id, sip_peer_id=number.sip_peer_id).first()
    if peer is None:
        raise CannotDo(
            "The site and SIP peer of this number are not at the carrier any more. Make a new "
            "import order and choose others."
        )
    earlier = ImportOrder.objects.filter(subscriber=number.subscriber).order_by("-pk").first()
    order, held = create_draft(
        subscriber=number.subscriber,
        sip_peer=peer,
        loa_authorizing_person=earlier.loa_authorizing_person if earlier else "",
        loa_type=earlier.loa_type if earlier else LoaType.SUBSCRIBER,
        rows=[GoodRow(line=1, raw=display(case.e164), e164=case.e164)],
        actor=actor,
    )
    if held:
        raise CannotDo(held[0].reason)
    return order


def take_over(case: Case, *, subscriber: Subscriber, actor: User) -> str:
    """Take a number of the carrier's into the inventory under a subscriber.

    The carrier is asked how it came and where it stands. Raises CannotDo when it lives here, or the
    carrier does not have it in service, and CarrierError when it could not be asked.
    """
    details = _details(case.e164)
    if details is None or not _says_in_service(details, case.e164):
        raise CannotDo("The carrier does not say that this number is in service. Look again.")
    origin = _origin_of(details)
    reason = f"Taken over by {actor}: the carrier has it in service."
    try:
        return _settle(
            case,
            f"Taken over for {subscriber}.",
            actor=actor,
            change=lambda: bool(
                telephone_numbers.take_over(
                    [(case.e164, *_place_of(details))],
                    subscriber_id=subscriber.pk,
                    origin=origin,
                    reason=reason,
                    learned_by=LearnedBy.PERSON,
                    actor=actor,
                )
            ),
        )
    except IntegrityError as error:  # an order or a take-over got the number in this instant
        raise CannotDo(_OVER) from error


def _place_of(details: NumberDetails) -> tuple[str, str]:
    """Return the ids of its site and SIP peer, empty where they are not known to be with us."""
    if not number_reading.is_ours(details):
        return "", ""
    return _place_id(details.site_id), _place_id(details.sip_peer_id)


def _place_id(text: str) -> str:
    """Return the carrier's id of a site or SIP peer; what is none, or too long for one, is none."""
    return text if _PLACE_ID.fullmatch(text) else ""


def take_place(case: Case, *, actor: User) -> str:
    """Let the number stand where the carrier has it. Raises CannotDo when it moved meanwhile."""
    return _take_place(case, case.site_id, case.sip_peer_id, actor=actor)


def take_origin(case: Case, *, actor: User) -> str:
    """Let the number have come as the carrier has it; that decides how it can leave.

    Raises CannotDo when the carrier did not say so when it was last read there.
    """
    number = _in_service_here(case.e164)
    if number is None or not number_reading.came_otherwise(number):
        raise CannotDo(_OVER)
    return _settle(
        case,
        "It came as the carrier says, here, too.",
        actor=actor,
        change=lambda: telephone_numbers.change_origin(
            number,
            reason=f"{actor} took the carrier's word: {number_reading.came_otherwise(number)}",
            actor=actor,
        ),
    )


def _look_at_origin(case: Case) -> str:
    """Reading the number ends the case by itself when both sides agree."""
    number = _in_service_here(case.e164)
    if number is None:
        raise CannotDo(_OVER)
    number_reading.read_now(number)
    return number_reading.came_otherwise(number) or "Looked again: both sides agree."


def _look_at_place(case: Case, details: NumberDetails | None, *, actor: User) -> str:
    if details is None or not all(_place_of(details)):
        return "The carrier does not say where it stands. Look again later."
    number = _in_service_here(case.e164)
    if number is None:
        raise CannotDo(_OVER)
    if (details.site_id, details.sip_peer_id) != (number.site_id, number.sip_peer_id):
        return (
            f"The carrier still has it elsewhere: site {details.site_id}, SIP peer "
            f"{details.sip_peer_id}."
        )
    return _settle(case, "Looked again: it stands where it stands here.", actor=actor)


def _take_place(case: Case, site_id: str, sip_peer_id: str, *, actor: User) -> str:
    number = _in_service_here(case.e164)
    if number is None:
        raise CannotDo(_OVER)
    return _settle(
        case,
        f"It stands at site {site_id}, SIP peer {sip_peer_id} here, too.",
        actor=actor,
        change=lambda: telephone_numbers.move_place(
            number,
            site_id=site_id,
            sip_peer_id=sip_peer_id,
            reason=f"{actor} took over the carrier's place: site {site_id}, SIP peer "
            f"{sip_peer_id}.",
            actor=actor,
        ),
    )


@repeated
def _settle(
    case: Case, remark: str, *, actor: User, change: Callable[[], bool] | None = None
) -> str:
    """Make the change and end the case, together. Raises CannotDo when there is none to make."""
    # Of two remedies at one instant the second finds the case ended.
    current = Case.objects.select_for_update().get(pk=case.pk)
    if not current.stands or (change is not None and not change()):
        raise CannotDo(_OVER)
    Case.objects.filter(pk=case.pk).update(
        stands=False,
        closed_at=current.closed_at or clock.now(),
        closed_by=current.closed_by or actor,
        remark=current.remark or f"Remedied by {actor}: {remark}"[:500],
    )
    return remark


def _in_service_here(e164: str) -> TelephoneNumber | None:
    return TelephoneNumber.objects.filter(e164=e164, state__in=IN_SERVICE).first()


def _details(e164: str) -> NumberDetails | None:
    """Return what the carrier says of a number, None for one that it does not know."""
    try:
        return number_details.get(get_carrier(), telephone_number=e164)
    except NotFound:
        return None
    except ValueError as error:
        raise CannotDo("That is no US telephone number. Ask the carrier's support.") from error


def _says_in_service(details: NumberDetails, e164: str) -> bool:
    """Believe the details of a number of ours, or ask outright.

    They may be shown of a number that is in service for another account.
    """
    is_ours = number_reading.is_ours(details)
    return (is_ours and details.status == NumberStatus.IN_SERVICE) or _in_service(e164)


def _in_service(e164: str) -> bool:
    return in_service.is_in_service(get_carrier(), telephone_number=e164)


def _origin_of(details: NumberDetails) -> NumberOrigin:
    """Ours is owned, one whose texting is with us is hosted; else its words have to tell."""
    ours = number_reading.our_account()
    if details.account_id == ours:
        return NumberOrigin.ORDER
    if ours in details.hosting_account_ids:
        return NumberOrigin.IMPORT
    words = {word.lower() for word in (*details.attributes, *details.service_types)}
    is_hosted = bool(details.hosting_account_ids) or any(
        mark in word for word in words for mark in _HOSTED_WORDS
    )
    return NumberOrigin.IMPORT if is_hosted else NumberOrigin.ORDER
