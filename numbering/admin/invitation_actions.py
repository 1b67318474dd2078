"""What support does about a customer's links on an import order's page."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from accounts.again import repeated
from accounts.models import User
from numbering.domain import invitations
from numbering.domain.cannot_do import CannotDo
from numbering.domain.letter_invitations import invite_to_sign
from numbering.models import ImportOrder, Invitation
from numbering.review_forms import RequestLinkForm


def invite(
    request: HttpRequest, order: ImportOrder, person: User, form: RequestLinkForm
) -> ImportOrder | None:
    """Mail somebody the link to sign or upload the letter."""
    sent = invite_to_sign(order, **form.cleaned_data, actor=person)
    messages.success(request, f"A link to sign is on its way to {sent.email}.")
    return None


def preview_invite(order: ImportOrder) -> dict[str, Any]:
    """Say who may sign, and what they get."""
    signers = order.subscriber.loa_signers.filter(is_approved=True)
    return {
        "lines": [f"{signer.name} {signer.email}".strip() for signer in signers],
        "summary": f"The link works for {settings.INVITATION_DAYS} days, for this person and this "
        f"order only. The LOA is to be signed by {order.loa_authorizing_person} or an approved "
        f"signer of {order.subscriber}"
        + (":" if signers else "; none is entered with the subscriber yet."),
    }


def whom_to_invite(order: ImportOrder) -> dict[str, Any]:
    """Return name and address of the signer whom the order names, or of the first one known."""
    signers = list(order.subscriber.loa_signers.filter(is_approved=True).exclude(email=""))
    named = order.loa_authorizing_person.casefold()
    signers.sort(key=lambda signer: signer.name.casefold() != named)
    if not signers:
        return {"name": order.loa_authorizing_person}
    return {"name": signers[0].name, "email": signers[0].email}


def resend_invitation(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    """Mail a link again; the old one ends."""
    sent = _invitation(request, order)
    repeated(invitations.resend)(sent, actor=person)
    messages.success(request, f"A new link is on its way to {sent.email}; the old one has ended.")
    return None


def withdraw_invitation(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    """End a link at once."""
    ended = _invitation(request, order)
    repeated(invitations.withdraw)(ended, actor=person)
    messages.success(request, f"The link of {ended.email} opens nothing more.")
    return None


def _invitation(request: HttpRequest, order: ImportOrder) -> Invitation:
    given = request.POST.get("invitation", "")
    found = None
    if given.isascii() and given.isdigit() and len(given) < 19:
        found = invitations.about_order(order).filter(pk=int(given)).first()
    if found is None:
        raise CannotDo("Choose the link in the list on the order's page.")
    return found
