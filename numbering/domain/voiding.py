"""A letter that was signed here counts for what was signed, and for nothing else.

The rule: a signature counts for an order as long as the customer's name and address, the authorized
person and the kind of letter are those that were signed, and

- for the order that it was signed for, together with orders split off from it, the numbers are the
  signed ones, neither more nor fewer;
- for an order that tries failed numbers of it again, all its numbers are among the signed ones.

A change while an order is not sent voids the signature, and the signer is asked again. What was
sent with it stays covered: then the letter ends for the changed order alone.
"""

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from numbering import clock
from numbering.domain import evidence, invitations
from numbering.domain.fingerprint import fingerprint_of
from numbering.domain.timeline import note
from numbering.enums import EDITABLE, EvidenceKind, InvitationPurpose, LearnedBy, LoaSource
from numbering.models import (
    EvidenceEntry,
    ImportOrder,
    ImportOrderNumber,
    Loa,
    Subscriber,
)


def counts_for(order: ImportOrder, loa: Loa) -> bool:
    """Return whether a letter that was signed here still says what the order says."""
    if loa.voided_at is not None or loa.withdrawn_at is not None:
        return False
    return loa.coverage.filter(order=order).exists() and _is_unchanged(order, loa)


def void_if_changed(order: ImportOrder, reason: str, *, actor: User | None = None) -> bool:
    """Void the signature when the order is no longer what was signed, and ask the signer again.

    Called in the transaction of the change, while the order is not sent yet; `reason` goes to the
    signer. Returns whether a signature was voided.
    """
    order.refresh_from_db()
    # Orders share a subscriber; one that was read before the change still has the old names.
    order.subscriber.refresh_from_db()
    changed = [loa for loa in _signed(order).order_by("pk") if not _is_unchanged(order, loa)]
    for loa in changed:
        _void(loa, order, reason, actor=actor)
    if changed and order.numbers.exists():
        _ask_again(order, changed[-1], reason, actor=actor)
    return bool(changed)


def void_if_subscriber_changed(subscriber: Subscriber, *, actor: User | None) -> None:
    """Void the signatures of the subscriber's orders that are not sent, where they say otherwise.

    Called in the transaction of a changed name or address.
    """
    orders = ImportOrder.objects.filter(subscriber=subscriber, status__in=sorted(EDITABLE))
    # In one order everywhere: two that change the same must not lock each other out.
    signed = orders.filter(loa_coverage__loa__source=LoaSource.SIGNED).distinct().order_by("pk")
    for order in signed:
        with transaction.atomic():
            ImportOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
            void_if_changed(order, "The name or address of the business was changed.", actor=actor)


def _signed(order: ImportOrder) -> QuerySet[Loa]:
    return Loa.objects.filter(
        pk__in=order.loa_coverage.values("loa"),
        source=LoaSource.SIGNED,
        voided_at=None,
        withdrawn_at=None,
    )


def _proof(loa: Loa) -> EvidenceEntry | None:
    return loa.evidence.filter(kind=EvidenceKind.SIGNED).first()


def _is_unchanged(order: ImportOrder, loa: Loa) -> bool:
    proof = _proof(loa)
    if proof is None:
        return False
    signed = set(proof.data["numbers"])
    if fingerprint_of(order, signed) != loa.signed_fingerprint:
        return False
    parts = _split_from(proof.order_id)
    if order.pk in parts:
        present = ImportOrderNumber.objects.filter(order__in=parts)
        return set(present.values_list("e164", flat=True)) == signed
    return set(order.numbers.values_list("e164", flat=True)) <= signed


def _split_from(order_id: int | None) -> set[int]:
    """Return the order with those that were split from it: together they are what was signed."""
    parts = newest = set() if order_id is None else {order_id}
    while newest:
        found = ImportOrder.objects.filter(split_from__in=newest).values_list("pk", flat=True)
        newest = set(found) - parts
        parts = parts | newest
    return parts


def _void(loa: Loa, order: ImportOrder, reason: str, *, actor: User | None) -> None:
    covered = ImportOrder.objects.filter(pk__in=loa.coverage.values("order")).exclude(pk=order.pk)
    is_whole = not covered.exclude(status__in=sorted(EDITABLE)).exists()
    if is_whole:
        loa.voided_at, loa.void_reason = clock.now(), reason[:300]
        loa.save(update_fields=["voided_at", "void_reason"])
    else:
        loa.coverage.filter(order=order).delete()
    evidence.add(
        EvidenceKind.VOIDED,
        subscriber=loa.subscriber,
        order=order,
        loa=loa,
        data={
            "reason": reason,
            "whole_letter": is_whole,
            "by": actor.pk if actor else None,
        },
    )
    note(
        order,
        f"The signature on LOA version {loa.version} no longer counts for this order. {reason}",
        learned_by=LearnedBy.PERSON if actor else LearnedBy.PORTAL,
        actor=actor,
    )


def _ask_again(order: ImportOrder, loa: Loa, reason: str, *, actor: User | None) -> None:
    signed_by = loa.invitation
    # Who signs for one business has no say in another's.
    if signed_by is not None and loa.subscriber_id == order.subscriber_id:
        invitations.invite(
            purpose=InvitationPurpose.LOA,
            email=signed_by.email,
            name=signed_by.name,
            order=order,
            actor=actor,
            reason=reason,
        )
