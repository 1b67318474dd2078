"""Invitations: made, sent, sent again, withdrawn, found by their key, and used up once."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User
from numbering.domain.cannot_do import CannotDo
from numbering.domain.customer_mails import write_to_customer
from numbering.domain.timeline import note
from numbering.enums import InvitationPurpose, LearnedBy
from numbering.models import HostingRequest, ImportOrder, Invitation

_SAID = {
    InvitationPurpose.HOST: "to fill in a hosting request",
    InvitationPurpose.CORRECT: "to correct the hosting request",
    InvitationPurpose.LOA: "to sign or upload the LOA",
    InvitationPurpose.STATUS: "to see where the order is",
}


class AlreadyUsed(CannotDo):
    """The link was used, withdrawn or is over; nothing was changed."""


def new_link(
    *,
    purpose: InvitationPurpose,
    email: str,
    name: str = "",
    order: ImportOrder | None = None,
    request: HostingRequest | None = None,
    actor: User | None = None,
) -> tuple[Invitation, str]:
    """Make a link about an order or a request; return it with its address, which is not kept."""
    invitation = Invitation(
        purpose=purpose,
        email=email.strip().lower(),
        name=name,
        order=order,
        request=request,
        created_by=actor,
    )
    key = invitation.renew(_life())
    invitation.save()
    invitation.refresh_from_db()
    return invitation, address_of(key)


def address_of(key: str) -> str:
    """Return the address that a key stands in; its host is ours by settings, not the request's."""
    return settings.SITE_URL + reverse("numbering:link", args=[key])


def invite(
    *,
    purpose: InvitationPurpose,
    email: str,
    name: str = "",
    order: ImportOrder | None = None,
    request: HostingRequest | None = None,
    actor: User | None,
    reason: str = "",
) -> Invitation:
    """Make a link and mail it, with why they are asked again where they are.

    Older open links of the same kind to the same person end.
    """
    with transaction.atomic():
        Invitation.objects.open().filter(
            purpose=purpose, email=email.strip().lower(), order=order, request=request
        ).update(withdrawn_at=Now())
        invitation, address = new_link(
            purpose=purpose, email=email, name=name, order=order, request=request, actor=actor
        )
        _mail(invitation, address, reason)
        _note(invitation, "Invited", actor)
    return invitation


def about_order(order: ImportOrder) -> QuerySet[Invitation]:
    """Return what people were invited to do for an order or the request that it came from.

    Without the links that went along with news.
    """
    about = Q(order=order) | Q(request__order=order)
    return Invitation.objects.filter(about).exclude(
        purpose=InvitationPurpose.STATUS, created_by=None
    )


def resend(invitation: Invitation, *, actor: User | None) -> None:
    """Mail the link again with a new key; the old one opens nothing more.

    Raises AlreadyUsed when it was used or withdrawn. One that ran out begins a new life.
    """
    with transaction.atomic():
        current = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if current.used_at or current.withdrawn_at:
            raise AlreadyUsed("This link was used or withdrawn. Send a new invitation.")
        key = current.renew(_life())
        current.sent_count += 1
        current.save()
        _mail(current, address_of(key))
        _note(current, "Invitation sent again", actor)


def withdraw(invitation: Invitation, *, actor: User | None) -> None:
    """End the link at once. Raises AlreadyUsed when there is nothing left to end.

    Links that went to the same person along with news end as well, unless another invitation to
    the same thing stands: whoever was invited by mistake sees and hears nothing more.
    """
    with transaction.atomic():
        if not Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=Now()):
            raise AlreadyUsed("This link was used, withdrawn or is over already.")
        same = Invitation.objects.filter(
            email=invitation.email,
            order=invitation.order,
            request=invitation.request,
            withdrawn_at=None,
        )
        if not same.exclude(purpose=InvitationPurpose.STATUS).exists():
            same.update(withdrawn_at=Now())
        _note(invitation, "Invitation withdrawn", actor)


def find(key: str) -> Invitation | None:
    """Return the invitation that a key opens, also a used one: it still shows what it is about."""
    found: Invitation | None = (
        Invitation.objects.readable()
        .with_key(key)
        .select_related("order__subscriber", "request")
        .first()
    )
    return found


def note_opened(invitation: Invitation) -> None:
    """Keep when a person first came in by the link, so that support sees whether it arrived."""
    Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=Now())


def use_up(invitation: Invitation) -> None:
    """Use the link, in the transaction of what it changes. Raises AlreadyUsed the second time."""
    if not Invitation.objects.open().filter(pk=invitation.pk).update(used_at=Now()):
        raise AlreadyUsed(
            "This link was used already or is over, so nothing was changed. Ask for a new one if "
            "something is still to be done."
        )


def _life() -> timedelta:
    return timedelta(days=settings.INVITATION_DAYS)


def _mail(invitation: Invitation, address: str, reason: str = "") -> None:
    write_to_customer(
        f"invitation_{invitation.purpose}",
        recipient=invitation.email,
        order=invitation.order,
        invitation=invitation,
        address=address,
        reason=reason,
        days=settings.INVITATION_DAYS,
    )


def _note(invitation: Invitation, done: str, actor: User | None) -> None:
    if invitation.order is not None:
        note(
            invitation.order,
            f"{done}: {invitation.email}, {_SAID[InvitationPurpose(invitation.purpose)]}.",
            learned_by=LearnedBy.PERSON if actor else LearnedBy.PORTAL,
            actor=actor,
        )
