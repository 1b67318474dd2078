"""The links of customers who are signed in: they need no mail to get to their own pages."""

from accounts.models import User
from accounts.rights import Role
from numbering.domain import invitations
from numbering.enums import InvitationPurpose
from numbering.models import HostingRequest, ImportOrder, Invitation, SubscriberContact


def own_invitation(
    *,
    person: User,
    purpose: InvitationPurpose,
    order: ImportOrder | None = None,
    request: HostingRequest | None = None,
) -> Invitation:
    """Return the person's own open invitation for this, made now if there is none."""
    invitation = (
        Invitation.objects.open()
        .filter(created_by=person, purpose=purpose, order=order, request=request)
        .first()
    )
    if invitation is None:
        # The key is not kept: being signed in is what opens it.
        invitation, _ = invitations.new_link(
            purpose=purpose,
            email=person.email,
            name=person.name[:60],
            order=order,
            request=request,
            actor=person,
        )
    invitations.note_opened(invitation)
    return invitation


def is_own(invitation: Invitation, person: object) -> bool:
    """Return whether the person made the invitation for themselves and is still a contact.

    It is asked at every request, so that access that is taken away ends at once.
    """
    if not isinstance(person, User) or person.role != Role.CUSTOMER:
        return False
    if invitation.created_by_id != person.pk:
        return False
    about = invitation.order or invitation.request
    assert about is not None  # a rule of the table
    return (
        about.subscriber is not None
        and SubscriberContact.objects.filter(person=person, subscriber=about.subscriber).exists()
    )
