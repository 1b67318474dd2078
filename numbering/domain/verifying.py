"""What anybody may see of a letter who holds it: whether it is genuine, and whether it counts."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from numbering import clock
from numbering.enums import (
    EvidenceKind,
    InvitationPurpose,
    LoaScanState,
    LoaScope,
    LoaSource,
    LoaType,
)
from numbering.loa_words import KINDS
from numbering.models import Invitation, Loa, WithdrawalNumber


@dataclass(frozen=True)
class Verdict:
    """What is said of a letter; nothing that does not stand in the letter itself."""

    customer: str
    kind: str
    signer: str
    signed_on: date | None
    is_signed_here: bool
    is_blanket: bool
    expires_on: date | None
    # Why it counts no longer, and since when; empty for one that counts.
    over: str
    over_since: datetime | date | None
    numbers: tuple[str, ...]
    withdrawn_numbers: tuple[str, ...]
    # Of the file as it is kept here, and as it came.
    hashes: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Whether anything of it still stands."""
        return not self.over


def verdict_of(code: str) -> Verdict | None:
    """Return what is to say of the letter with this code; None when nobody handed one in."""
    known = Q(verify_code=code) | Q(invitation__letter_code=code)
    loas = Loa.objects.filter(known, is_handed_in=True).select_related("subscriber")
    loa = loas.order_by("-version").first()
    return None if loa is None else _verdict(loa)


def was_made(code: str) -> bool:
    """Return whether a letter with this code was made here, handed in or not."""
    return Invitation.objects.filter(letter_code=code, purpose=InvitationPurpose.LOA).exists()


def _verdict(loa: Loa) -> Verdict:
    proof = loa.evidence.filter(kind=EvidenceKind.SIGNED).order_by("position").first()
    if proof is not None:
        customer, numbers = str(proof.data["subscriber_name"]), tuple(proof.data["numbers"])
    else:
        covered = loa.coverage.order_by("e164").values_list("e164", flat=True)
        customer, numbers = loa.subscriber.name, tuple(covered.distinct())
    over, since = _over(loa)
    withdrawn = _withdrawn(loa)
    return Verdict(
        customer=customer,
        kind=KINDS[LoaType(loa.loa_type)],
        signer=loa.signer,
        signed_on=loa.signed_on,
        is_signed_here=loa.source == LoaSource.SIGNED,
        is_blanket=loa.scope == LoaScope.BLANKET,
        expires_on=loa.expires_on,
        over=over,
        over_since=since,
        numbers=tuple(e164 for e164 in numbers if e164 not in withdrawn),
        withdrawn_numbers=tuple(e164 for e164 in numbers if e164 in withdrawn),
        hashes=tuple(filter(None, (loa.sha256, loa.received_sha256))),
    )


def _over(loa: Loa) -> tuple[str, datetime | date | None]:
    if loa.withdrawn_at is not None:
        return "The customer has withdrawn this letter.", loa.withdrawn_at
    if loa.voided_at is not None:
        return "The order was changed after this letter was signed.", loa.voided_at
    if loa.scan_state == LoaScanState.INFECTED:
        return "The file that was handed in is not accepted.", None
    newer = Loa.objects.filter(replaces=loa, is_handed_in=True).first()
    if newer is not None:
        return "A newer letter has replaced this one.", newer.uploaded_at
    if loa.expires_on is not None and loa.expires_on < clock.now().date():
        return "This letter has ended.", loa.expires_on
    return "", None


def _withdrawn(loa: Loa) -> frozenset[str]:
    rows = WithdrawalNumber.objects.filter(
        withdrawal__order__in=loa.coverage.values("order"),
        withdrawal__asked_at__gte=loa.uploaded_at,
    )
    return frozenset(rows.values_list("e164", flat=True))
