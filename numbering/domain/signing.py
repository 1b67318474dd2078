"""Signing a letter on the screen: what the letter says, and one signature with its proof."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.again import repeated
from numbering import clock
from numbering.domain import evidence, invitations
from numbering.domain.cannot_do import CannotDo
from numbering.domain.customer_mails import write_to_customer
from numbering.domain.fingerprint import fingerprint_of
from numbering.domain.loa import new_version, register, stored
from numbering.domain.timeline import note
from numbering.domain.voiding import counts_for as counts_for
from numbering.enums import EDITABLE, EvidenceKind, ImportOrderStatus, LearnedBy, LoaSource
from numbering.loa_document import CannotPrint, Document, Letter, Signature, Stroke, render
from numbering.loa_words import KINDS, Consent, authorizing_words, consent
from numbering.models import ImportOrder, Invitation, Loa, LoaSigner, Subscriber
from numbering.names import plain_name
from numbering.phone import NumberKind, kind_of
from numbering.wording import counted

_FILE_NAME = "letter-of-authorization.pdf"
_PDF = "application/pdf"


class LetterChanged(CannotDo):
    """The order is no longer what was shown; the letter must be read again."""


@dataclass(frozen=True)
class Signing:
    """What a person did on the signing page, and what their browser shows of them."""

    name: str
    strokes: tuple[Stroke, ...]
    # The fingerprint of the letter that they were shown.
    seen: str
    address: str
    browser: str


def order_of(invitation: Invitation) -> ImportOrder:
    """Return the order that the invitation asks a letter for, as it is now."""
    assert invitation.order_id is not None  # the invitation's purpose is LOA
    return ImportOrder.objects.select_related("subscriber").get(pk=invitation.order_id)


def who_may_sign(order: ImportOrder) -> list[str]:
    """Return the names that may stand under the letter: the authorized person comes first."""
    approved = LoaSigner.objects.filter(subscriber=order.subscriber_id, is_approved=True)
    names = [order.loa_authorizing_person, *approved.values_list("name", flat=True)]
    return list({plain_name(name): name for name in reversed(names) if name}.values())[::-1]


def is_one_of(name: str, signers: Iterable[str]) -> bool:
    """Return whether the name is one of these, however it is spaced and capitalized."""
    return plain_name(name) in map(plain_name, signers)


def why_not(order: ImportOrder) -> str:
    """Return in the customer's words why the order's letter cannot be signed, or ''."""
    if order.status == ImportOrderStatus.CANCELLED:
        return "This order was cancelled, so no signature is needed any more."
    if order.status not in EDITABLE:
        return "This order is on its way already, so its letter cannot be signed any more."
    if not order.numbers.exists():
        return "There are no phone numbers in this order yet, so there is nothing to sign."
    return ""


def words_of(order: ImportOrder) -> tuple[str, ...]:
    """Return the authorizing words for the order as it is now."""
    return authorizing_words(
        company=settings.COMPANY_NAME,
        subscriber=order.subscriber.name,
        loa_type=order.loa_type,
        has_toll_free=any(
            kind_of(e164) is NumberKind.TOLL_FREE
            for e164 in order.numbers.values_list("e164", flat=True)
        ),
    )


def consent_for(invitation: Invitation) -> Consent:
    """Return what the person agrees to who signs on a screen."""
    return consent(
        company=settings.COMPANY_NAME, ask_us=settings.COMPANY_CONTACT, email=invitation.email
    )


def unsigned_letter(invitation: Invitation) -> bytes:
    """Return the letter to read or print. Raises CannotDo when it cannot be made."""
    return _rendered(_letter(invitation)).content


def verify_address(code: str) -> str:
    """Return where anybody can see whether the letter with this code is genuine."""
    return settings.SITE_URL + reverse("numbering:verify", args=[code])


def sign(invitation: Invitation, signing: Signing) -> Loa:
    """Sign the letter of the invitation's order: the file, its row, the proof, the copy by mail.

    Raises LetterChanged when the order is not the one that was shown, AlreadyUsed when the link
    was used before, and CannotDo with the reason otherwise; then nothing is kept.
    """
    order = order_of(invitation)
    _make_sure(order, signing)
    if invitation.used_at is not None:
        raise invitations.AlreadyUsed("The letter was signed or handed in already.")
    signed_at = _instant(invitation)
    agreed = consent_for(invitation)
    letter = _letter(invitation)
    unsigned = _rendered(letter)
    signed = _rendered(
        letter,
        Signature(
            name=signing.name,
            signed_on=timezone.localdate(signed_at),
            signed_at=signed_at,
            consent_version=agreed.version,
            strokes=signing.strokes,
        ),
    )
    loa = new_version(
        signed.content,
        subscriber=order.subscriber,
        source=LoaSource.SIGNED,
        loa_type=order.loa_type,
        original_name=_FILE_NAME,
        content_type=_PDF,
        pages=signed.pages,
        signer=signing.name,
        signed_on=timezone.localdate(signed_at),
        invitation=invitation,
        signed_fingerprint=signing.seen,
        verify_code=invitation.letter_code,
    )

    @repeated
    def write() -> None:
        # What the letter says cannot change any more from here on.
        locked = ImportOrder.objects.select_for_update().get(pk=order.pk)
        locked.subscriber = Subscriber.objects.select_for_update().get(pk=order.subscriber_id)
        _make_sure(locked, signing)
        invitations.use_up(invitation)
        register(loa, locked)
        evidence.add(
            EvidenceKind.SIGNED,
            subscriber=locked.subscriber,
            order=locked,
            loa=loa,
            data={
                "sha256": loa.sha256,
                "sha256_before": hashlib.sha256(unsigned.content).hexdigest(),
                "letter_code": invitation.letter_code,
                **_who_and_when(invitation, signing, signed_at, agreed),
                **_what(letter, locked, signing),
            },
        )
        note(
            locked,
            f"LOA version {loa.version} signed here by {signing.name} ({invitation.email}), "
            f"{counted(len(letter.numbers), 'number')}.",
            learned_by=LearnedBy.PERSON,
        )
        write_to_customer(
            "loa_signed",
            recipient=invitation.email,
            order=locked,
            loa=loa,
            signer=loa.signer,
            invitation=invitation,
            numbers=counted(len(letter.numbers), "phone number"),
            verify_address=letter.verify_address,
        )

    with stored(loa, signed.content):
        write()
    return loa


def _instant(invitation: Invitation) -> datetime:
    """Return the present instant by the database's clock, in whole seconds as the letter has it."""
    now = Invitation.objects.annotate(now=clock.database_now()).values_list("now", flat=True)
    instant: datetime = now.get(pk=invitation.pk)
    return instant.replace(microsecond=0)


def _make_sure(order: ImportOrder, signing: Signing) -> None:
    if reason := why_not(order):
        raise CannotDo(reason)
    if fingerprint_of(order) != signing.seen:
        raise LetterChanged("The letter was changed meanwhile. Please read it once more.")
    if not is_one_of(signing.name, who_may_sign(order)):
        raise CannotDo("This name is not one of those who may sign. Ask us to add it.")


def _letter(invitation: Invitation) -> Letter:
    order = order_of(invitation)
    return Letter(
        company=settings.COMPANY_NAME,
        subscriber=order.subscriber.name,
        service_address=order.subscriber.service_address,
        authorized_person=order.loa_authorizing_person,
        kind=KINDS[order.loa_type],
        words=words_of(order),
        numbers=tuple(order.numbers.order_by("e164").values_list("e164", flat=True)),
        verify_address=verify_address(invitation.letter_code),
    )


def _rendered(letter: Letter, signature: Signature | None = None) -> Document:
    try:
        return render(letter, signature)
    except CannotPrint as error:
        raise CannotDo(
            f"{error} Ask us for the letter on paper, or to write the name in Latin letters."
        ) from error


def _who_and_when(
    invitation: Invitation, signing: Signing, signed_at: datetime, agreed: Consent
) -> dict[str, object]:
    return {
        "typed_name": signing.name,
        "email": invitation.email,
        "invitation": invitation.pk,
        "signed_at": signed_at.isoformat(),
        "client_address": signing.address,
        "browser": signing.browser,
        "drawn_points": sum(map(len, signing.strokes)),
        "consent_version": agreed.version,
        "consent_sha256": agreed.sha256,
        "consent_text": agreed.text,
    }


def _what(letter: Letter, order: ImportOrder, signing: Signing) -> dict[str, object]:
    return {
        "fingerprint": signing.seen,
        "subscriber_name": letter.subscriber,
        "service_address": letter.service_address,
        "authorized_person": letter.authorized_person,
        "loa_type": str(order.loa_type),
        "numbers": list(letter.numbers),
    }
