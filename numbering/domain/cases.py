"""The life of a case: opened by a compare, seen again, closed by a person or by its end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.enums import CaseKind
from numbering.models import Case

GONE = "Closed by the compare: the difference is gone."


@dataclass(frozen=True)
class Finding:
    """A number that differs, in words for staff, with what we know of it here."""

    e164: str
    detail: str
    telephone_number_id: int | None = None
    order_id: int | None = None
    # Where the carrier has it, for a case that is about that.
    site_id: str = ""
    sip_peer_id: str = ""


def open_cases() -> QuerySet[Case]:
    """Cases that nobody has closed."""
    return Case.objects.filter(closed_at__isnull=True)


def note(
    kind: CaseKind, findings: Sequence[Finding], *, at: datetime, most_new: int | None = None
) -> int:
    """Open a case for each difference, or note that it was seen again; return how many are new.

    A difference whose case a person has closed stays closed for as long as it stands. No more than
    `most_new` cases are opened.
    """
    if not findings:
        return 0
    with transaction.atomic():
        standing = Case.objects.filter(
            kind=kind, stands=True, e164__in=[finding.e164 for finding in findings]
        )
        known = set(standing.values_list("e164", flat=True))
        standing.update(last_seen_at=at)
        _refresh(kind, [finding for finding in findings if finding.e164 in known])
        new = [finding for finding in findings if finding.e164 not in known][:most_new]
        Case.objects.bulk_create(
            [
                Case(
                    kind=kind,
                    e164=finding.e164,
                    telephone_number_id=finding.telephone_number_id,
                    order_id=finding.order_id,
                    detail=finding.detail[:500],
                    site_id=finding.site_id,
                    sip_peer_id=finding.sip_peer_id,
                    opened_at=at,
                    last_seen_at=at,
                )
                for finding in new
            ],
            batch_size=500,
        )
    return len(new)


def _refresh(kind: CaseKind, findings: Sequence[Finding]) -> None:
    """A number that moved on, here or there: the case speaks of where it is now."""
    words = dict(
        Case.objects.filter(
            kind=kind, stands=True, e164__in=[finding.e164 for finding in findings]
        ).values_list("e164", "detail")
    )
    for finding in findings:
        if finding.site_id and words.get(finding.e164) != finding.detail[:500]:
            Case.objects.filter(kind=kind, stands=True, e164=finding.e164).update(
                site_id=finding.site_id,
                sip_peer_id=finding.sip_peer_id,
                detail=finding.detail[:500],
            )


def seen_again(case_ids: Iterable[int], *, at: datetime) -> None:
    """Note that these differences still stand."""
    Case.objects.filter(pk__in=list(case_ids)).update(last_seen_at=at)


def end(case_ids: Iterable[int]) -> int:
    """These differences are gone: close what is open of them; return how many that were."""
    ids = list(case_ids)
    with transaction.atomic():
        closed = Case.objects.filter(pk__in=ids, closed_at__isnull=True).update(
            stands=False, closed_at=clock.now(), remark=GONE
        )
        Case.objects.filter(pk__in=ids).update(stands=False)
    return closed


def end_closed(kind: CaseKind, e164s: Iterable[str]) -> None:
    """Let these differences open a new case when a person has closed the one they had."""
    Case.objects.filter(
        kind=kind, stands=True, closed_at__isnull=False, e164__in=list(e164s)
    ).update(stands=False)


@repeated
def close(case_ids: Iterable[int], *, remark: str, actor: User) -> int:
    """Close the open ones among these cases, with a remark; return how many that were.

    Raises ValueError without a remark.
    """
    remark = remark.strip()
    if not remark:
        raise ValueError("A case is closed with a remark.")
    return (
        open_cases()
        .filter(pk__in=list(case_ids))
        .update(closed_at=clock.now(), closed_by=actor, remark=remark[:500])
    )
