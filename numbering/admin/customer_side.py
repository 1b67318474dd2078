"""The customer's side of an import order's page: links, mails, and what they took back."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from numbering import clock
from numbering.domain.invitations import about_order
from numbering.enums import EDITABLE
from numbering.models import ImportOrder, Invitation

_MOST_MAILS = 50


@dataclass(frozen=True)
class InvitationLine:
    """One link: what came of it, and whether it can still be sent again or ended."""

    invitation: Invitation
    came_of_it: str
    can_resend: bool
    can_withdraw: bool


def customer_side(request: HttpRequest, order: ImportOrder) -> dict[str, Any] | None:
    """Return what the part shows, or None for somebody who may not see it."""
    if not request.user.has_perm("numbers.view_invitation"):
        return None
    return {
        "can_invite": order.status in EDITABLE and request.user.has_perm("numbers.send_invitation"),
        "lines": [_line(invitation) for invitation in about_order(order).select_related("order")],
        "mails": order.mails.all()[:_MOST_MAILS]
        if request.user.has_perm("numbers.view_mail")
        else None,
        "withdrawals": order.withdrawals.all(),
    }


def _line(invitation: Invitation) -> InvitationLine:
    is_over = invitation.expires_at <= clock.now()
    if invitation.used_at:
        came_of_it = "Used"
    elif invitation.withdrawn_at:
        came_of_it = "Withdrawn"
    elif is_over:
        came_of_it = "Has run out"
    elif invitation.opened_at:
        came_of_it = "Opened, not used yet"
    else:
        came_of_it = "Not opened yet"
    is_standing = not invitation.used_at and not invitation.withdrawn_at
    # A letter for an order that was sent or stopped can no longer be signed.
    is_late = invitation.order is not None and invitation.order.status not in EDITABLE
    return InvitationLine(
        invitation,
        came_of_it,
        can_resend=is_standing and not is_late,
        can_withdraw=is_standing and not is_over,
    )
