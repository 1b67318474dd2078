"""The LOA linter: what stands against sending an order with the letter that it has.

What a machine can be sure of blocks. What it cannot see, or what is a question of judgement, is
looked at by a person, who answers for it by name; a change of the order or of the letter asks
again.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

from numbering import clock
from numbering.domain import blanket, loa_reading, voiding
from numbering.domain.fingerprint import fingerprint_of
from numbering.domain.loa import current_loa
from numbering.domain.signing import who_may_sign
from numbering.enums import (
    LoaScanState,
    LoaScope,
    LoaSource,
    WhoActs,
)
from numbering.models import ImportOrder, Loa, LoaConfirmation
from numbering.names import plain_name
from numbering.phone import NumberKind, display, kind_of

_SHOWN_NUMBERS = 5
_MISSING = "missing"


class Tone(StrEnum):
    """What a finding does: it blocks the order, or a person answers for it by name."""

    BLOCKS = "blocks"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Finding:
    """Something about an order's letter, in a sentence that says what to do, and who does it."""

    code: str
    sentence: str
    who: WhoActs
    tone: Tone = Tone.BLOCKS
    # Who has answered for it, if somebody has.
    answer: LoaConfirmation | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still stands against sending."""
        return self.answer is None

    @property
    def is_answerable(self) -> bool:
        """Whether somebody may answer for it beforehand; for no letter at all, only who submits."""
        return self.tone is Tone.CONFIRM and self.code != _MISSING


def findings(order: ImportOrder) -> list[Finding]:
    """Return everything found about the order's letter, answered or not.

    An order without a letter has one finding; who submits it all the same answers for it then.
    """
    loa = letter_of(order)
    if loa is None:
        return [
            Finding(
                _MISSING,
                "There is no signed letter here; the carrier may ask for it in a dispute. Who "
                "submits the order all the same answers for that by name.",
                WhoActs.CUSTOMER,
                Tone.CONFIRM,
            )
        ]
    given = {
        (answer.finding, answer.about): answer
        for answer in LoaConfirmation.objects.filter(loa=loa, order=order).select_related("person")
    }
    return [
        replace(found, answer=given.get((found.code, about(found, order))))
        if found.tone is Tone.CONFIRM
        else found
        for found in _found(order, loa)
    ]


def letter_of(order: ImportOrder) -> Loa | None:
    """Return the letter that the order would be sent with: its own, or the blanket one."""
    return current_loa(order) or blanket.current_blanket(order.subscriber)


def _found(order: ImportOrder, loa: Loa) -> Iterator[Finding]:
    yield from _about_standing(loa)
    yield from _about_date(loa)
    yield from _about_order(order)
    if loa.source == LoaSource.SIGNED:
        if loa.voided_at is None and not voiding.counts_for(order, loa):
            yield Finding(
                "changed",
                "Names, address or numbers are no longer those that were signed. Ask for a new "
                "signature.",
                WhoActs.CUSTOMER,
            )
        return
    yield from _about_signer(order, loa)
    if loa.scope == LoaScope.NUMBERS:
        yield from _about_coverage(order, loa)
    yield from _about_text(order, loa)


def _about_standing(loa: Loa) -> Iterator[Finding]:
    if loa.withdrawn_at is not None:
        yield Finding(
            "withdrawn",
            "The subscriber has withdrawn this letter. Without a new one nothing may be sent.",
            WhoActs.CUSTOMER,
        )
    if loa.voided_at is not None:
        yield Finding(
            "voided",
            f"The signature no longer counts: {loa.void_reason or 'it was voided.'} Ask for a new "
            "one.",
            WhoActs.CUSTOMER,
        )
    if loa.purged_at is not None or loa.is_damaged:
        yield Finding(
            "damaged",
            "The stored file is missing or is not what was received. Bring it back from a backup, "
            "or ask for the letter again.",
            WhoActs.CONFIGURATION,
        )
    if loa.scan_state == LoaScanState.INFECTED:
        yield Finding(
            "infected",
            "The virus scanner found something in the file. Ask the customer for another one.",
            WhoActs.CUSTOMER,
        )
    if loa.scan_state == LoaScanState.WAITING:
        yield Finding(
            "not_scanned",
            "The file was not checked for viruses yet. The portal asks the scanner again by "
            "itself; if this stays, the scanner is away.",
            WhoActs.CONFIGURATION,
        )
    if loa.scope == LoaScope.BLANKET and (
        loa.expires_on is None or loa.expires_on < timezone.localdate(clock.now())
    ):
        yield Finding(
            "expired",
            "The blanket letter is over. Ask for a new one, or for a letter for this order.",
            WhoActs.CUSTOMER,
        )


def _about_date(loa: Loa) -> Iterator[Finding]:
    today = timezone.localdate(clock.now())
    if loa.signed_on is None:
        yield Finding(
            "no_date",
            "It is not known when the letter was signed. Add it again with the date beside the "
            "signature; one without a date must be signed anew.",
            WhoActs.SUPPORT,
        )
    elif loa.signed_on > today:
        yield Finding(
            "future",
            f"It says that it was signed on {loa.signed_on}, which is still to come. Look at the "
            "letter, and add it again with the right date.",
            WhoActs.SUPPORT,
        )
    elif loa.scope == LoaScope.NUMBERS and today - loa.signed_on > timedelta(
        days=settings.LOA_AGE_DAYS
    ):
        yield Finding(
            "stale",
            f"It was signed on {loa.signed_on}, more than {settings.LOA_AGE_DAYS} days ago; "
            "carriers refuse old letters. Ask for a new one, or answer for this one by name.",
            WhoActs.CUSTOMER,
            Tone.CONFIRM,
        )


def _about_order(order: ImportOrder) -> Iterator[Finding]:
    if loa_reading.has_post_box(order.subscriber.service_address):
        yield Finding(
            "post_box",
            "The service address is a post office box. The carrier needs the street address where "
            "the service is, as on the phone bill.",
            WhoActs.CUSTOMER,
        )


def _about_signer(order: ImportOrder, loa: Loa) -> Iterator[Finding]:
    signers = who_may_sign(order)
    if not loa.signer:
        yield Finding(
            "no_signer",
            "It is not known who signed. Look at the letter, and add it again with the name.",
            WhoActs.SUPPORT,
        )
    elif plain_name(loa.signer) not in map(plain_name, signers):
        yield Finding(
            "signer",
            f"{loa.signer} signed it; for this order that must be {' or '.join(signers)}. Ask for "
            f"a new letter, or, if {loa.signer} may sign, add them to the subscriber's signers.",
            WhoActs.CUSTOMER,
        )


def _about_coverage(order: ImportOrder, loa: Loa) -> Iterator[Finding]:
    covered = loa.coverage.filter(order=order).values("e164")
    later = list(order.numbers.exclude(e164__in=covered).values_list("e164", flat=True))
    if later:
        yield Finding(
            "added_later",
            f"Came into the order after this letter: {_listed(later)}. Look whether the letter "
            "lists it, and answer for that by name; if not, ask for a new letter.",
            WhoActs.SUPPORT,
            Tone.CONFIRM,
        )


def _about_text(order: ImportOrder, loa: Loa) -> Iterator[Finding]:
    """Compare what a machine could read with the order; a scan is for a person's eyes."""
    ordered = set(order.numbers.values_list("e164", flat=True))
    lists_numbers = loa.scope == LoaScope.NUMBERS
    read = loa_reading.read(loa.machine_text)
    toll_free = any(kind_of(e164) is NumberKind.TOLL_FREE for e164 in ordered)
    if not read.has_words or (lists_numbers and not read.e164s):
        yield Finding(
            "by_eye",
            "It could not be read by machine; confirm by eye: every page is there and legible, "
            "signed and dated, "
            + ("every number of the order is on it and no other, " if lists_numbers else "")
            + "name and address are those of the order, no post office box"
            + (", and it speaks of toll-free numbers." if toll_free else "."),
            WhoActs.SUPPORT,
            Tone.CONFIRM,
        )
        return
    if lists_numbers and (absent := sorted(ordered - read.e164s)):
        yield Finding(
            "numbers_missing",
            f"In the order, but not on the letter: {_listed(absent)}. Take that out of the order, "
            "or ask for a letter that lists it.",
            WhoActs.CUSTOMER,
        )
    if lists_numbers and (others := sorted(read.e164s - ordered)):
        yield Finding(
            "other_numbers",
            f"On the letter, but not in the order: {_listed(others)}. That is right for a letter "
            "over several orders, or a number to call back; answer for it by name.",
            WhoActs.SUPPORT,
            Tone.CONFIRM,
        )
    if not read.names(order.subscriber.name):
        yield Finding(
            "name",
            f"The name {order.subscriber.name} was not found on the letter. Compare it with the "
            "phone bill; if it is the same business, answer for it by name.",
            WhoActs.SUPPORT,
            Tone.CONFIRM,
        )
    if not read.has_address(order.subscriber):
        yield Finding(
            "address",
            f"The address {order.subscriber.service_address} was not found on the letter. Compare "
            "it with the phone bill; if it is the same place, answer for it by name.",
            WhoActs.SUPPORT,
            Tone.CONFIRM,
        )
    if read.has_post_box:
        yield Finding(
            "letter_post_box",
            "The letter shows a post office box. If the service address stands beside it, answer "
            "for it by name; if not, ask for a letter with the street address.",
            WhoActs.SUPPORT,
            Tone.CONFIRM,
        )
    if toll_free and not read.is_about_toll_free:
        yield Finding(
            "toll_free",
            "The order holds toll-free numbers, and the letter does not speak of toll-free "
            "service. Ask for one that does, or answer for it by name.",
            WhoActs.CUSTOMER,
            Tone.CONFIRM,
        )


def _listed(e164s: list[str]) -> str:
    shown = ", ".join(display(e164) for e164 in e164s[:_SHOWN_NUMBERS])
    more = len(e164s) - _SHOWN_NUMBERS
    return f"{shown} and {more:,} more" if more > 0 else shown


def about(finding: Finding, order: ImportOrder) -> str:
    """Return what an answer is bound to: the words that were shown, and the order as it was."""
    facts = json.dumps([finding.code, finding.sentence, fingerprint_of(order)])
    return hashlib.sha256(facts.encode()).hexdigest()
