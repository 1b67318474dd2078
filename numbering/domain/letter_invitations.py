"""Asking somebody to sign or upload the letter of an order."""

from accounts.again import repeated
from accounts.models import User
from numbering.domain.cannot_do import CannotDo
from numbering.domain.import_orders import lock_editable
from numbering.domain.invitations import invite
from numbering.enums import InvitationPurpose
from numbering.models import ImportOrder, Invitation


@repeated
def invite_to_sign(order: ImportOrder, *, email: str, name: str, actor: User) -> Invitation:
    """Mail somebody the link to sign. An earlier one to the same person ends.

    Raises CannotDo when there is nothing to sign yet, or the order was sent or cancelled.
    """
    lock_editable(order)
    if not order.numbers.exists():
        raise CannotDo("Add telephone numbers first: the letter names every one of them.")
    return invite(purpose=InvitationPurpose.LOA, email=email, name=name, order=order, actor=actor)
