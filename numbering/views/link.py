"""Where a mailed link leads: what it is about, and a button. Looking changes nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.keyed_page import keyed_page
from numbering.domain import invitations
from numbering.domain.own_invitations import is_own
from numbering.enums import InvitationPurpose
from numbering.models import Invitation
from numbering.views.misses import missing

# The page where each purpose begins.
FIRST_PAGE = {
    InvitationPurpose.HOST: "numbering:request",
    InvitationPurpose.CORRECT: "numbering:request_correct",
    InvitationPurpose.LOA: "numbering:loa_choice",
    InvitationPurpose.STATUS: "numbering:status",
}
# Which invitations this browser has opened with their keys.
_SESSION_KEY = "invitations"
_MOST_IN_SESSION = 50


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, key: str) -> HttpResponse:
    """Show what a link is about; the button (POST) leads on and puts the key out of the address.

    A mail scanner that follows the link uses nothing up.
    """
    invitation = invitations.find(key)
    if invitation is None:
        return render(request, "numbering/link_over.html", status=404)
    if request.method == "POST":
        return let_in(request, invitation)
    return render(request, "numbering/link.html", {"invitation": invitation})


def let_in(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Remember in this browser's session that the invitation was opened, and lead to its page."""
    opened = [pk for pk in request.session.get(_SESSION_KEY, []) if pk != invitation.pk]
    request.session[_SESSION_KEY] = [*opened, invitation.pk][-_MOST_IN_SESSION:]
    invitations.note_opened(invitation)
    return redirect(first_page(invitation))


def first_page(invitation: Invitation) -> str:
    """Return where an invitation leads: its task, or the status once that is done."""
    purpose = InvitationPurpose(invitation.purpose)
    if invitation.used_at is not None:
        purpose = InvitationPurpose.STATUS
    return reverse(FIRST_PAGE[purpose], args=[invitation.pk])


def invitation_of(
    request: HttpRequest, invitation_id: int, *purposes: InvitationPurpose
) -> Invitation:
    """Return an invitation for one of the purposes that is this browser's.

    That is one it has opened with its key, or one that the customer who is signed in made for
    themselves. Raises Http404 for anything else: somebody else's, for something else, withdrawn,
    run out, or not there at all. One that was used up is returned; what changes something asks
    `use_up`.
    """
    found = (
        Invitation.objects.readable()
        .filter(pk=invitation_id, purpose__in=purposes)
        .select_related("order__subscriber", "request__subscriber")
        .first()
    )
    opened = request.session.get(_SESSION_KEY, [])
    if found is None or not (found.pk in opened or is_own(found, request.user)):
        raise missing(request)
    return found
