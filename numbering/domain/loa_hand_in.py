"""A customer's uploaded letter: kept at once, looked at page by page, and handed in."""

from dataclasses import dataclass
from datetime import date

from accounts.again import repeated
from numbering.domain import customer_news, invitations
from numbering.domain.cannot_do import CannotDo
from numbering.domain.loa import hand_in as count_for
from numbering.domain.loa import inspected, new_version, prove_receipt, register, stored
from numbering.domain.loa_lock import locked
from numbering.domain.timeline import note
from numbering.enums import ImportOrderStatus, LearnedBy, LoaScanState
from numbering.models import ImportOrder, Invitation, Loa
from numbering.wording import counted

# Of one order, also those that were replaced at once.
FILES_LIMIT = 20


class FileInQuarantine(Exception):
    """The virus scanner found something in the file; it is kept apart and counts for nothing."""


@dataclass(frozen=True)
class Visitor:
    """Who came by a link: the address and browser of their request."""

    address: str
    browser: str


def ensure_awaited(invitation: Invitation) -> ImportOrder:
    """Return the order that waits for the letter. Raises CannotDo when none is needed any more."""
    order = invitation.order
    assert order is not None  # an invitation for a letter is about an order
    if order.status == ImportOrderStatus.CANCELLED:
        raise CannotDo("This order was cancelled, so no letter is needed any more.")
    return order


def receive(
    invitation: Invitation,
    *,
    name: str,
    declared_type: str,
    content: bytes,
    signer: str,
    signed_on: date,
) -> Loa:
    """Check and keep a customer's file. It covers nothing until it is handed in.

    Raises RefusedLoaFile with advice, FileInQuarantine, and CannotDo when it is not awaited, could
    not be stored, or is one too many.
    """
    order = ensure_awaited(invitation)
    if invitation.used_at is not None:
        raise CannotDo("This link was used already. Ask us for a new one to send another letter.")
    if Loa.objects.filter(invitation__order=order).count() >= FILES_LIMIT:
        raise CannotDo(
            f"We have {FILES_LIMIT} files for this order already, which is as many as we take. "
            "Please ask us how to go on."
        )
    fields = inspected(name=name, declared_type=declared_type, content=content)
    kept = fields.pop("content")
    loa = new_version(
        kept,
        subscriber=order.subscriber,
        signer=signer,
        signed_on=signed_on,
        invitation=invitation,
        is_handed_in=False,
        **fields,
    )
    with stored(loa, kept):
        register(loa, None)
    if loa.scan_state == LoaScanState.INFECTED:
        note_quarantine(order, loa)
        raise FileInQuarantine
    return loa


def note_quarantine(order: ImportOrder, loa: Loa) -> None:
    """Say in the order's timeline what became of a customer's file."""
    note(
        order,
        f"LOA version {loa.version} came from {loa.invitation and loa.invitation.email}: the virus "
        "scanner found something in it. It is in quarantine; the customer was told.",
        learned_by=LearnedBy.PORTAL,
    )


def awaiting(invitation: Invitation) -> Loa | None:
    """Return the newest file that came by the link and was not handed in yet."""
    newest = invitation.loas.order_by("-version").first()
    return newest if newest is not None and not newest.is_handed_in else None


@repeated
def hand_in(invitation: Invitation, loa_id: int, *, visitor: Visitor) -> Loa:
    """The customer has looked at every page: the letter counts, and the link is used up.

    Raises AlreadyUsed, and CannotDo when another file was chosen meanwhile or this one cannot
    count.
    """
    order = ensure_awaited(invitation)
    ImportOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    invitations.use_up(invitation)
    newest = awaiting(invitation)
    if newest is None or newest.pk != loa_id:
        raise CannotDo("You chose another file meanwhile. Look at its pages, then hand it in.")
    loa = locked(newest.pk)
    if loa.scan_state == LoaScanState.INFECTED or loa.purged_at is not None:
        raise CannotDo("This file cannot be used. Choose another one.")
    count_for(loa, order)
    note(
        order,
        f"LOA version {loa.version} handed in by {invitation.email} "
        f"({loa.original_name}, {counted(loa.pages, 'page')}).",
        learned_by=LearnedBy.PERSON,
    )
    customer_news.letter_received(order)
    prove_receipt(
        loa,
        order,
        {
            "email": invitation.email,
            "invitation": invitation.pk,
            "address": visitor.address,
            "browser": visitor.browser,
        },
    )
    return loa
