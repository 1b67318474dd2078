"""Reminders of letters that nobody has signed yet; none once there is one, or nothing to sign."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet

from accounts.again import repeated
from accounts.models.mailed_link import hash_of, new_key
from numbering import clock
from numbering.domain.customer_mails import write_to_customer
from numbering.domain.heartbeat import beat
from numbering.domain.invitations import address_of
from numbering.domain.order_letter import waiting_invitations
from numbering.domain.timeline import note
from numbering.enums import LearnedBy
from numbering.models import Invitation, Job

# How long after a link was sent.
REMIND_AFTER = (timedelta(days=3), timedelta(days=7))
ROUND = timedelta(hours=1)
_MOST_IN_ROUND = 500


def run_remind(_job: Job) -> None:
    """Handler: remind everybody whose time has come."""
    ids = due_invitations().order_by("pk").values_list("pk", flat=True)
    for invitation_id in list(ids[:_MOST_IN_ROUND]):
        remind(invitation_id)
    beat("remind")


def due_invitations() -> QuerySet[Invitation]:
    """Return the open invitations to sign whose latest reminder is due and was not sent."""
    life = timedelta(days=settings.INVITATION_DAYS)
    due = Q(pk__in=[])
    for wait in REMIND_AFTER:
        # A link that is sent again ends later, so its end says when it was sent.
        due |= Q(expires_at__lte=clock.database_now() + life - wait) & (
            Q(reminded_at=None) | Q(reminded_at__lt=F("expires_at") - (life - wait))
        )
    return waiting_invitations().filter(due)


@repeated
def remind(invitation_id: int) -> bool:
    """Send the reminder; False when it is not due any more, or another worker was first.

    The mail holds a new key, because the old one is not kept; the link ends when it was to end.
    """
    key = new_key()
    found = due_invitations().filter(pk=invitation_id).select_related("order__subscriber").first()
    if found is None:
        return False
    # Whoever writes the key that was seen is the one who sends.
    mine = Invitation.objects.open().filter(pk=found.pk, key_hash=found.key_hash)
    if not mine.update(
        key_hash=hash_of(key), reminded_at=clock.database_now(), sent_count=F("sent_count") + 1
    ):
        return False
    assert found.order is not None  # an invitation to sign is about an order
    write_to_customer(
        "reminder_loa",
        recipient=found.email,
        order=found.order,
        name=found.name,
        address=address_of(key),
        ends=found.expires_at,
    )
    note(
        found.order,
        f"Reminded: {found.email}, to sign or upload the LOA.",
        learned_by=LearnedBy.PORTAL,
    )
    return True
