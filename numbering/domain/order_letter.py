"""Whether an order has the letter that it needs, or waits for somebody to sign it."""

from django.db.models import Exists, OuterRef, QuerySet

from numbering.enums import EDITABLE, InvitationPurpose, LoaScanState
from numbering.models import ImportOrder, Invitation, LoaCoverage


def letters_that_count() -> QuerySet[LoaCoverage]:
    """Return what is covered by letters that were neither voided, withdrawn nor found infected."""
    return LoaCoverage.objects.filter(loa__voided_at=None, loa__withdrawn_at=None).exclude(
        loa__scan_state=LoaScanState.INFECTED
    )


def has_letter(order: ImportOrder) -> bool:
    """Whether a letter that counts covers the order."""
    return letters_that_count().filter(order=order).exists()


def waiting_invitations() -> QuerySet[Invitation]:
    """Return the open invitations to sign for orders that were not sent and have no letter yet."""
    covered = letters_that_count().filter(order=OuterRef("order"))
    return Invitation.objects.open().filter(
        ~Exists(covered), purpose=InvitationPurpose.LOA, order__status__in=sorted(EDITABLE)
    )


def signature_awaited(order: ImportOrder) -> Invitation | None:
    """Return the oldest invitation to sign the order's letter that still waits, or None."""
    return waiting_invitations().filter(order=order).order_by("pk").first()
