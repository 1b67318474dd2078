"""What people do about the findings of the LOA linter: answer for them by name, and submit."""

from accounts.again import repeated
from accounts.models import User
from numbering.domain import blanket, evidence, submission
from numbering.domain.cannot_do import CannotDo
from numbering.domain.import_orders import check_is_old
from numbering.domain.loa import cover, send_to_carrier
from numbering.domain.loa_check import about, findings, letter_of
from numbering.domain.timeline import note
from numbering.enums import EvidenceKind, ImportOrderStatus, LearnedBy
from numbering.models import ImportOrder, LoaConfirmation, SubmitAttempt
from numbering.wording import counted


@repeated
def confirm(order: ImportOrder, codes: list[str], *, remark: str, actor: User) -> int:
    """A person answers by name for findings that ask for it; return for how many.

    Findings that are gone, answered already or not a person's to answer for are left alone.
    """
    ImportOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    loa = letter_of(order)
    asked = [
        found
        for found in findings(order)
        if loa is not None and found.is_answerable and found.is_open and found.code in codes
    ]
    for found in asked:
        assert loa is not None
        LoaConfirmation.objects.create(
            loa=loa,
            order=order,
            finding=found.code,
            about=about(found, order),
            person=actor,
            remark=remark,
        )
        if found.code == "added_later":
            cover(loa, order)
        note(
            order,
            f"{actor} answers for the LOA, version {loa.version}: {found.sentence}"
            + (f" ({remark})" if remark else ""),
            learned_by=LearnedBy.PERSON,
            actor=actor,
        )
    if asked:
        evidence.add(
            EvidenceKind.CONFIRMED,
            subscriber=order.subscriber,
            order=order,
            loa=loa,
            data={
                "what": [[found.code, found.sentence] for found in asked],
                "remark": remark,
                "person": actor.pk,
                "name": str(actor),
            },
        )
    return len(asked)


@repeated
def submit_checked(order: ImportOrder, *, actor: User) -> SubmitAttempt:
    """Submit an order unless something stands against its letter, which goes along.

    Who submits an order without a letter answers for that, by name in its timeline. Raises
    CannotDo.
    """
    current = ImportOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    if current.status == ImportOrderStatus.CHECKED and check_is_old(current):
        raise CannotDo(
            "The carrier was asked about these numbers some time ago. Check again, then submit."
        )
    if letter_of(order) is None:
        attempt = submission.submit(order, actor=actor)
        note(
            order,
            f"Submitted without a signed letter; {actor} answers for that.",
            learned_by=LearnedBy.PERSON,
            actor=actor,
        )
        return attempt
    if standing := [found for found in findings(order) if found.is_open]:
        raise CannotDo(
            f"{counted(len(standing), 'thing')} about the LOA "
            f"{'stands' if len(standing) == 1 else 'stand'} against it: "
            + " ".join(found.sentence for found in standing)
        )
    blanket.consume(order, actor=actor)
    if not order.loa_uploads.exists():
        send_to_carrier(order, actor=actor)
    return submission.submit(order, actor=actor)
