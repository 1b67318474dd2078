"""What is held under a person's e-mail address: copied in full, erased where the law allows it.

Letters, the chain of evidence, orders and withdrawals prove that others agreed to something. They
are kept, and listed so that the person can be told.
"""

import logging
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast, Now

from accounts.again import repeated
from accounts.models import EmailChange, SignInLink, User
from numbering.domain import evidence
from numbering.domain.cannot_do import CannotDo
from numbering.enums import EvidenceKind, HostingRequestState, MailState
from numbering.models import (
    EvidenceEntry,
    HostingRequest,
    HostingRequestNumber,
    ImportOrder,
    Invitation,
    Loa,
    LoaOpening,
    LoaSigner,
    Mail,
    OrderEvent,
    Subscriber,
    SubscriberContact,
    Withdrawal,
    WithdrawalNumber,
)
from numbering.models.service_address import ADDRESS_FIELDS

logger = logging.getLogger(__name__)

ERASED = "[erased]"
_NOWHERE = "erased@erased.invalid"
# Of no use to the person, and of use to whoever finds the copy.
_SECRET = {"password", "key_hash", "sealed"}

Rows = QuerySet[Any]


def copy_of(email: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything that is held under an address, table by table, in plain values."""
    held = {**_erasable(email), **_kept(email)}
    return {name: [_plain(row) for row in rows.order_by("pk")] for name, rows in held.items()}


@repeated
def erase(email: str) -> dict[str, dict[str, Any]]:
    """Erase what may be erased; return how much that was, and what is kept and where it is.

    Raises CannotDo for somebody of the staff: what they did is the company's record.
    """
    person = User.objects.filter(email__iexact=email.strip()).first()
    if person is not None and person.is_staff:
        raise CannotDo("This is somebody of the staff. Switch them off under People instead.")
    concerned = _subscribers(email)
    kept = {
        name: list(rows.order_by("pk").values_list("pk", flat=True))
        for name, rows in _kept(email).items()
    }
    rows = _erasable(email)
    counts = {name: found.count() for name, found in rows.items()}
    _erase_requests(rows["hosting requests"], rows["numbers of hosting requests"])
    _erase_mails(rows["mails"])
    rows["invitations"].filter(used_at=None, withdrawn_at=None).update(withdrawn_at=Now())
    rows["invitations"].update(email=_NOWHERE, name="")
    for name in ("contacts", "approved signers", "sign-in links", "new addresses"):
        rows[name].delete()
    if person is not None:
        _empty(person)
    for subscriber in concerned:
        evidence.add(EvidenceKind.ERASED, subscriber=subscriber, data={"erased": counts})
    logger.info("person erased", extra={"rows": sum(counts.values())})
    return {"erased": counts, "kept": {name: found for name, found in kept.items() if found}}


def _erasable(email: str) -> dict[str, Rows]:
    email = email.strip()
    requests = HostingRequest.objects.filter(contact_email__iexact=email).exclude(
        state=HostingRequestState.ACCEPTED
    )
    return {
        "account": User.objects.filter(email__iexact=email),
        "sign-in links": SignInLink.objects.filter(
            Q(email__iexact=email) | Q(person__email__iexact=email)
        ),
        "new addresses": EmailChange.objects.filter(
            Q(email__iexact=email) | Q(person__email__iexact=email)
        ),
        "contacts": SubscriberContact.objects.filter(person__email__iexact=email),
        "approved signers": LoaSigner.objects.filter(email__iexact=email),
        "invitations": Invitation.objects.filter(email__iexact=email),
        "hosting requests": requests,
        "numbers of hosting requests": HostingRequestNumber.objects.filter(request__in=requests),
        "mails": Mail.objects.filter(recipient__iexact=email),
    }


def _kept(email: str) -> dict[str, Rows]:
    email = email.strip()
    proofs = EvidenceEntry.objects.annotate(text=Cast("data", TextField())).filter(
        text__icontains=email
    )
    withdrawals = Withdrawal.objects.filter(email__iexact=email)
    accepted = HostingRequest.objects.filter(
        contact_email__iexact=email, state=HostingRequestState.ACCEPTED
    )
    lines = OrderEvent.objects.filter(reason__icontains=email)
    openings = LoaOpening.objects.filter(Q(email__iexact=email) | Q(person__email__iexact=email))
    return {
        "evidence": EvidenceEntry.objects.filter(pk__in=proofs.values("pk")),
        "LOAs": Loa.objects.filter(evidence__in=proofs.values("pk")).distinct(),
        "LOAs opened": openings,
        "orders": ImportOrder.objects.filter(
            Q(evidence__in=proofs.values("pk"))
            | Q(invitations__email__iexact=email)
            | Q(hosting_request__in=accepted)
            | Q(withdrawals__in=withdrawals)
        ).distinct(),
        "lines in timelines": lines,
        "accepted hosting requests": accepted,
        "withdrawals": withdrawals,
        "numbers of withdrawals": WithdrawalNumber.objects.filter(withdrawal__in=withdrawals),
    }


def _subscribers(email: str) -> list[Subscriber]:
    return list(
        Subscriber.objects.filter(
            Q(contacts__person__email__iexact=email)
            | Q(loa_signers__email__iexact=email)
            | Q(import_orders__invitations__email__iexact=email)
            | Q(hosting_requests__contact_email__iexact=email)
        )
        .distinct()
        .order_by("pk")
    )


def _erase_requests(requests: Rows, numbers: Rows) -> None:
    numbers.delete()
    over = (HostingRequestState.ACCEPTED, HostingRequestState.DECLINED)
    requests.exclude(state__in=over).update(state=HostingRequestState.WITHDRAWN)
    requests.update(
        contact_name="",
        business_name="",
        authorizing_person="",
        returned_remark="",
        unread_rows=[],
        **dict.fromkeys(ADDRESS_FIELDS, ""),
        # Last of all: the rows are found by it.
        contact_email=_NOWHERE,
    )


def _erase_mails(mails: Rows) -> None:
    # As one that was given up and held a link: nobody can have it tried again.
    mails.filter(state=MailState.WAITING).update(
        state=MailState.FAILED, result="Erased on request."
    )
    mails.update(text=ERASED, subject=ERASED, sealed="", is_masked=True, recipient=_NOWHERE)


def _empty(person: User) -> None:
    """Leave a row that names nobody: what the person did still points at it."""
    EmailAddress.objects.filter(user_id=person.pk).delete()
    Authenticator.objects.filter(user_id=person.pk).delete()
    person.email = f"erased-{person.pk}@erased.invalid"
    person.name = ""
    person.is_active = False
    person.set_unusable_password()
    person.save()


def _plain(row: Model) -> dict[str, Any]:
    return {
        field.name: field.value_to_string(row)
        for field in row._meta.concrete_fields
        if field.name not in _SECRET
    }
