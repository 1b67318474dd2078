"""Hosting requests on the customer's side: begun, filled in, handed in, corrected, withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain import customer_news, invitations
from numbering.domain.import_orders import CannotDo
from numbering.enums import (
    REQUEST_MOVES,
    HostingRequestState,
    InvitationPurpose,
    OrderNumberStatus,
    RequestPart,
)
from numbering.models import HostingRequest, Invitation, Subscriber
from numbering.models.service_address import ADDRESS_FIELDS

# The columns of each part; the numbers are rows of their own (domain.request_numbers).
PART_COLUMNS: dict[RequestPart, tuple[str, ...]] = {
    RequestPart.NUMBERS: (),
    RequestPart.BUSINESS_NAME: ("business_name",),
    RequestPart.ADDRESS: ADDRESS_FIELDS,
    RequestPart.AUTHORIZING_PERSON: ("authorizing_person",),
}
_ALL_COLUMNS = frozenset(
    {"contact_name", *(column for columns in PART_COLUMNS.values() for column in columns)}
)
_LACKS = {
    RequestPart.BUSINESS_NAME: "Give the business name as on your phone bill.",
    RequestPart.ADDRESS: "Give the whole service address.",
    RequestPart.AUTHORIZING_PERSON: "Say who may sign for the business.",
}


class NotOpen(CannotDo):
    """The customer can change nothing here now; nothing was changed."""


@dataclass(frozen=True)
class Lack:
    """What still keeps a request from being handed in, in the customer's words."""

    part: RequestPart
    sentence: str


@repeated
def start(
    *, subscriber: Subscriber | None, email: str, name: str, actor: User | None
) -> HostingRequest:
    """Begin a request for a customer, or return the one that they have not handed in yet.

    What is known of the subscriber is filled in already.
    """
    address = email.strip().lower()
    begun = HostingRequest.objects.filter(
        subscriber=subscriber, contact_email=address, state=HostingRequestState.FILLING
    ).first()
    if begun is not None:
        return begun
    known = {}
    if subscriber is not None:
        known = {field: getattr(subscriber, field) for field in ADDRESS_FIELDS}
        known["business_name"] = subscriber.name
    return HostingRequest.objects.create(
        subscriber=subscriber,
        contact_email=address,
        contact_name=name,
        started_by=actor,
        **known,
    )


def open_request(request: HostingRequest, part: RequestPart | None = None) -> HostingRequest:
    """Return the request as it stands, locked, when the customer may change `part` of it now.

    While it is filled in, that is everything; once it was sent back, the marked part alone.
    Raises NotOpen otherwise. Call it inside the transaction of the change.
    """
    current = HostingRequest.objects.select_for_update().get(pk=request.pk)
    if current.state == HostingRequestState.FILLING:
        return current
    if current.state == HostingRequestState.RETURNED and current.returned_field == part:
        return current
    raise NotOpen("This request is with us already, so nothing was changed.")


@repeated
def save_progress(
    request: HostingRequest, changes: Mapping[str, str], *, part: RequestPart | None = None
) -> None:
    """Write columns that the customer filled in; those that `part` does not open are refused."""
    current = open_request(request, part)
    is_new = current.state == HostingRequestState.FILLING
    columns = _ALL_COLUMNS if is_new or part is None else frozenset(PART_COLUMNS[part])
    if not columns.issuperset(changes):
        raise NotOpen("Only what we sent back can be changed.")
    HostingRequest.objects.filter(pk=current.pk).update(**changes)


def lacks(request: HostingRequest) -> list[Lack]:
    """Return what is still missing or not right, in the order of the form's steps."""
    found: list[Lack] = []
    if not request.numbers.exists():
        found.append(Lack(RequestPart.NUMBERS, "Give at least one phone number."))
    elif not request.numbers.exclude(status=OrderNumberStatus.BLOCKED).exists():
        found.append(
            Lack(
                RequestPart.NUMBERS,
                "None of these numbers can get text messages now. Add one that can.",
            )
        )
    wrong: set[str] = set()
    try:
        request.clean_fields(exclude={field.name for field in request._meta.fields} - _ALL_COLUMNS)
    except ValidationError as error:
        wrong = set(error.error_dict)
    found += [
        Lack(part, sentence) for part, sentence in _LACKS.items() if wrong & {*PART_COLUMNS[part]}
    ]
    return found


@repeated
def hand_in(invitation: Invitation) -> None:
    """Give the request to support, new or corrected, use up its links and mail the customer.

    Raises AlreadyUsed the second time, and CannotDo while something is missing.
    """
    invitations.use_up(invitation)
    assert invitation.request is not None
    request = invitation.request
    current = HostingRequest.objects.select_for_update().get(pk=request.pk)
    if missing := lacks(current):
        raise CannotDo(missing[0].sentence)
    move(current, HostingRequestState.SUBMITTED, submitted_at=clock.now())
    customer_news.request_received(current)


@repeated
def correct(invitation: Invitation, changes: Mapping[str, str]) -> None:
    """Write what was sent back and hand it in again, both or neither."""
    assert invitation.request is not None
    save_progress(invitation.request, changes, part=RequestPart(invitation.request.returned_field))
    hand_in(invitation)


@repeated
def withdraw(invitation: Invitation) -> None:
    """Give the request up for the customer. Raises AlreadyUsed the second time."""
    invitations.use_up(invitation)
    assert invitation.request is not None
    move(invitation.request, HostingRequestState.WITHDRAWN)


@repeated
def move(request: HostingRequest, to: HostingRequestState, **changes: object) -> None:
    """Move the request by a conditional write, with other columns in the same statement.

    Links to fill it in or correct it are used up: they show where it is from now on. Raises
    NotOpen, and writes nothing, when somebody was first.
    """
    sources = [state for state, following in REQUEST_MOVES.items() if to in following]
    moved = HostingRequest.objects.filter(pk=request.pk, state__in=sources).update(
        state=to, state_changed_at=clock.now(), **changes
    )
    if not moved:
        request.refresh_from_db()
        state = HostingRequestState(request.state).label.lower()
        raise NotOpen(f"This request is {state} by now, so nothing was changed.")
    Invitation.objects.open().filter(
        request=request, purpose__in=(InvitationPurpose.HOST, InvitationPurpose.CORRECT)
    ).update(used_at=Now())
    request.refresh_from_db()
