"""The chain of evidence: add a proven fact to it, and find out whether it is whole.

Each entry's SHA-256 covers its content and the digest of the entry before it; the last digest is
kept apart and goes into the log. So a changed byte, a missing row and a cut end show.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import Max

from numbering import clock
from numbering.domain import alerts
from numbering.domain.heartbeat import beat
from numbering.enums import AlertCause, EvidenceKind, LoaSource
from numbering.models import (
    EvidenceEntry,
    EvidenceHead,
    ImportOrder,
    Job,
    Loa,
    Subscriber,
)
from numbering.wording import counted

logger = logging.getLogger(__name__)

_HEAD = 1
_BEGINNING = "0" * 64
_AT_ONCE = 2000
_MOST_IN_ALERT = 20
# These say what file there is, so their data hold its hash as `sha256`.
_ABOUT_A_FILE = (EvidenceKind.RECEIVED, EvidenceKind.SIGNED)


def add(
    kind: EvidenceKind,
    *,
    subscriber: Subscriber,
    order: ImportOrder | None = None,
    loa: Loa | None = None,
    data: dict[str, Any],
) -> EvidenceEntry:
    """Add an entry, in the transaction of the fact that it proves.

    `data` holds text, whole numbers, booleans, and lists and dicts of them; for RECEIVED and SIGNED
    the SHA-256 of the file as it is kept, as `sha256`. Call it late: until the transaction ends,
    nobody else can add anything.
    """
    plain = json.loads(json.dumps(data), parse_float=_no_fraction, parse_constant=_no_fraction)
    with transaction.atomic():
        # The rows that the entry points at come before the end of the chain, order before
        # subscriber as everywhere: the other way round two transactions could lock each other out.
        if order is not None:
            ImportOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
        Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber.pk)
        head, now = _locked_head()
        entry = EvidenceEntry(
            position=head.position + 1,
            at=now,
            kind=kind,
            subscriber=subscriber,
            order=order,
            loa=loa,
            data=plain,
            previous=head.digest,
        )
        entry.digest = digest_of(entry)
        entry.save()
        head.position, head.digest = entry.position, entry.digest
        head.save()
    # A copy of the end that does not lie in the database: who rewrites the chain must rewrite it.
    logger.info("evidence added", extra={"position": entry.position, "digest": entry.digest})
    return entry


def digest_of(entry: EvidenceEntry) -> str:
    """Return the SHA-256 over what the entry says and the digest of the one before it."""
    said = {
        "position": entry.position,
        "at": entry.at.isoformat(timespec="microseconds"),
        "kind": str(entry.kind),
        "subscriber": entry.subscriber_id,
        "order": entry.order_id,
        "loa": entry.loa_id,
        "data": entry.data,
        "previous": entry.previous,
    }
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def end_of_chain() -> EvidenceHead:
    """Return where the chain ends; position 0 before the first entry."""
    found = EvidenceHead.objects.filter(pk=_HEAD).first()
    return found or EvidenceHead(pk=_HEAD, position=0, digest=_BEGINNING)


def faults() -> list[str]:
    """Return what is wrong with the chain and with what it says of LOAs; empty when it is whole."""
    # Entries are read before the end, so that one that is added meanwhile is no fault.
    newest = EvidenceEntry.objects.aggregate(newest=Max("position"))["newest"] or 0
    head = end_of_chain()
    found = list(_broken_links(head))
    if newest > head.position:
        found.append(f"The chain ends at entry {head.position}, yet there is an entry {newest}.")
    return [*found, *_loas_without_proof(), *_loas_unlike_their_proof()]


def run_check(_job: Job) -> None:
    """Handler: check the chain every night, and call somebody when it is not whole."""
    found = faults()
    head = end_of_chain()
    logger.info(
        "evidence checked",
        extra={"position": head.position, "digest": head.digest, "faults": len(found)},
    )
    beat("check_evidence")
    if not found:
        alerts.close_alert(cause=AlertCause.EVIDENCE)
        return
    lines = found[:_MOST_IN_ALERT]
    if len(found) > len(lines):
        lines.append(f"And {len(found) - len(lines)} more: see manage.py evidence.")
    alerts.open_alert(
        cause=AlertCause.EVIDENCE,
        title=f"Evidence is not whole: {counted(len(found), 'fault')}",
        text="\n".join(lines) + "\n\nSomebody has changed the database by hand, or it was restored "
        "from an older copy. Change nothing more; compare with the last good backup.",
    )


def _locked_head() -> tuple[EvidenceHead, datetime]:
    EvidenceHead.objects.get_or_create(pk=_HEAD, defaults={"digest": _BEGINNING})
    head = EvidenceHead.objects.select_for_update().get(pk=_HEAD)
    # A statement of its own, after the lock was had: so times rise along the chain.
    now = EvidenceHead.objects.annotate(now=clock.database_now()).values_list("now", flat=True)
    return head, now.get(pk=_HEAD)


def _no_fraction(text: str) -> NoReturn:
    # PostgreSQL writes 1e2 as 100, so the digest of what is read back would differ.
    raise ValueError(f"{text} has no one way to be written; give it as text.")


def _broken_links(head: EvidenceHead) -> Iterator[str]:
    position, digest = 0, _BEGINNING
    entries = EvidenceEntry.objects.filter(position__lte=head.position).order_by("position")
    for entry in entries.iterator(chunk_size=_AT_ONCE):
        if entry.position > position + 1:
            yield _missing(position + 1, entry.position - 1)
        elif entry.previous != digest:
            yield f"Entry {entry.position} does not follow from the one before it."
        if digest_of(entry) != entry.digest:
            yield f"Entry {entry.position} was changed."
        position, digest = entry.position, entry.digest
    if position < head.position:
        yield f"{_missing(position + 1, head.position)} The end was cut off."
    elif digest != head.digest:
        yield f"Entry {position} is not the one that the chain ended with."


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"Entry {first} is missing."
    return f"Entries {first} to {last} are missing."


def _loas_without_proof() -> Iterator[str]:
    signed = EvidenceEntry.objects.filter(kind=EvidenceKind.SIGNED, loa__isnull=False)
    for loa in Loa.objects.filter(source=LoaSource.SIGNED).exclude(pk__in=signed.values("loa")):
        yield f"LOA {loa.pk} counts as signed here, yet no entry says so."


def _loas_unlike_their_proof() -> Iterator[str]:
    entries = EvidenceEntry.objects.filter(kind__in=_ABOUT_A_FILE, loa__isnull=False)
    rows = entries.order_by("position").values_list(
        "position", "loa_id", "data__sha256", "loa__sha256"
    )
    for position, loa_id, proven, present in rows.iterator(chunk_size=_AT_ONCE):
        if proven != present:
            yield f"LOA {loa_id} has another SHA-256 than entry {position} says."
