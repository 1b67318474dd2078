"""Hosting requests on support's side: sent back, declined, or accepted into an import order."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.again import repeated
from accounts.models import User
from numbering.domain import invitations
from numbering.domain.contacts import add_contact
from numbering.domain.customer_mails import write_to_customer
from numbering.domain.hosting_requests import lacks, move
from numbering.domain.import_orders import CannotDo, create_draft
from numbering.domain.timeline import note
from numbering.domain.voiding import void_if_subscriber_changed
from numbering.enums import (
    HostingRequestState,
    InvitationPurpose,
    LearnedBy,
    OrderNumberStatus,
    RequestPart,
)
from numbering.models import HostingRequest, ImportOrder, SipPeer, Subscriber
from numbering.models.service_address import ADDRESS_FIELDS
from numbering.number_list import GoodRow
from numbering.wording import counted

_MOST_SUGGESTED = 20
# Customers are not asked for the county; what staff know of it stays.
_ADDRESS_TAKEN_OVER = tuple(column for column in ADDRESS_FIELDS if column != "county")


@dataclass(frozen=True)
class Difference:
    """What a subscriber is called or where it is, here and on the request."""

    what: str
    here: str
    requested: str


def suggested_subscribers(request: HostingRequest) -> QuerySet[Subscriber]:
    """Return the subscribers that the request may be about: by name, or by house number and ZIP.

    A customer who signed in has said which one it is.
    """
    if request.subscriber_id is not None:
        return Subscriber.objects.filter(pk=request.subscriber_id)
    alike = Q(name__iexact=request.business_name) | Q(
        zip_code=request.zip_code, house_number=request.house_number
    )
    first_word = request.business_name.split(" ", 1)[0]
    if len(first_word) > 2:
        alike |= Q(name__istartswith=first_word, zip_code=request.zip_code)
    found = Subscriber.objects.filter(alike).values("pk")[:_MOST_SUGGESTED]
    return Subscriber.objects.filter(pk__in=list(found.values_list("pk", flat=True)))


def differences(request: HostingRequest, subscriber: Subscriber) -> list[Difference]:
    """Return what accepting the request changes about the subscriber."""
    pairs = (
        Difference("Name", subscriber.name, request.business_name),
        Difference("Service address", subscriber.service_address, request.service_address),
    )
    return [pair for pair in pairs if pair.here != pair.requested]


@repeated
def send_back(request: HostingRequest, *, part: RequestPart, remark: str, actor: User) -> None:
    """Ask the customer to correct one part, and mail them the link for it."""
    move(
        request,
        HostingRequestState.RETURNED,
        returned_field=part,
        returned_remark=remark,
        reviewed_by=actor,
    )
    invitations.invite(
        purpose=InvitationPurpose.CORRECT,
        email=request.contact_email,
        name=request.contact_name,
        request=request,
        actor=actor,
    )


@repeated
def decline(request: HostingRequest, *, remark: str, actor: User) -> None:
    """Say no for good, and mail the customer why."""
    move(
        request,
        HostingRequestState.DECLINED,
        returned_field="",
        returned_remark=remark,
        reviewed_by=actor,
    )
    write_to_customer("request_declined", recipient=request.contact_email, request=request)


@repeated
def accept(
    request: HostingRequest,
    *,
    subscriber: Subscriber | None,
    sip_peer: SipPeer,
    loa_type: str,
    is_contact: bool,
    actor: User,
) -> ImportOrder:
    """Make a draft order of the request and invite the customer to sign; return the order.

    Without a subscriber a new one is made; else name and address become those of the request.
    Numbers that cannot be hosted stay out. A person who `is_contact` may sign in from now on and
    see everything of the subscriber. Raises CannotDo, and changes nothing, when the request
    is not there to be accepted or none of its numbers can go into an order.
    """
    current = HostingRequest.objects.select_for_update().get(pk=request.pk)
    if current.state != HostingRequestState.SUBMITTED:
        state = HostingRequestState(current.state).label.lower()
        raise CannotDo(f"This request is {state}; only one that is handed in can be accepted.")
    if missing := lacks(current):
        raise CannotDo(f"The request is not whole: {missing[0].sentence}")
    owner, changed = _owner(current, subscriber, actor=actor)
    fit = current.numbers.exclude(status=OrderNumberStatus.BLOCKED)
    rows = [GoodRow(line=0, raw=number.raw, e164=number.e164) for number in fit]
    order, held = create_draft(
        subscriber=owner,
        sip_peer=sip_peer,
        loa_authorizing_person=current.authorizing_person,
        loa_type=loa_type,
        rows=rows,
        actor=actor,
    )
    if len(held) == len(rows):
        raise CannotDo(f"No number can go into an order now. {held[0].reason}")
    left_out = current.numbers.count() - len(rows) + len(held)
    note(
        order,
        f"Made of hosting request {current.pk} from {current.contact_email}."
        + (f" {counted(left_out, 'number')} left out." if left_out else "")
        + "".join(f" {one.what}: {one.here} → {one.requested}." for one in changed),
        learned_by=LearnedBy.PERSON,
        actor=actor,
    )
    move(request, HostingRequestState.ACCEPTED, order=order, subscriber=owner, reviewed_by=actor)
    if is_contact:
        add_contact(
            subscriber=owner,
            email=request.contact_email,
            name=request.contact_name,
            actor=actor,
        )
    invitations.invite(
        purpose=InvitationPurpose.LOA,
        email=request.contact_email,
        name=request.contact_name,
        order=order,
        actor=actor,
    )
    return order


def _owner(
    request: HostingRequest, subscriber: Subscriber | None, *, actor: User
) -> tuple[Subscriber, list[Difference]]:
    """Return the subscriber with the request's name and address, and what that changed."""
    values = {column: getattr(request, column) for column in _ADDRESS_TAKEN_OVER}
    values["name"] = request.business_name
    if subscriber is None:
        return Subscriber.objects.create(**values), []
    owner = Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber.pk)
    changed = differences(request, owner)
    if changed:
        for column, value in values.items():
            setattr(owner, column, value)
        owner.save(update_fields=[*values])
        void_if_subscriber_changed(owner, actor=actor)
    return owner, changed
