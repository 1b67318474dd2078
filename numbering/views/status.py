"""Where a customer's order or request is, by a mailed link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from numbering.domain.order_status import status_of
from numbering.domain.request_status import status_of_request
from numbering.enums import InvitationPurpose
from numbering.models import ImportOrder, Invitation
from numbering.views.link import invitation_of

# Every link shows where its thing is, also after it was used.
PURPOSES = tuple(InvitationPurpose)


@never_cache
@require_safe
def status(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Show the steps, what happens next, who acts, and what became of each number."""
    invitation = invitation_of(request, invitation_id, *PURPOSES)
    order = order_of(invitation)
    hosting = invitation.request
    context = {
        "invitation": invitation,
        "is_open": invitation.used_at is None,
        "order": order,
        "business": order.subscriber.name if order else hosting and hosting.business_name,
        "status": status_of(order) if order else hosting and status_of_request(hosting),
    }
    return render(request, "numbering/status.html", context)


def order_of(invitation: Invitation) -> ImportOrder | None:
    """Return the order that a link is about: its own, or the one that its request became."""
    if invitation.order is not None:
        return invitation.order
    return invitation.request.order if invitation.request else None
