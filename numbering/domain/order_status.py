"""Where an order is, for its customer. Nothing internal is in it: no codes, no references."""

from numbering.domain.customer_status import CustomerStatus, StepWord, Who, grouped, steps_of
from numbering.domain.order_letter import has_letter, signature_awaited
from numbering.domain.order_results import NOT_TAKEN, NumberResult, results_of
from numbering.enums import EDITABLE, ImportOrderStatus
from numbering.models import ImportOrder
from numbering.wording import counted

_S = ImportOrderStatus
_DONE = StepWord.DONE
_SENT = (_DONE, _DONE, _DONE)


def status_of(order: ImportOrder) -> CustomerStatus:
    """Return where the order is, in a fixed number of queries however many numbers it has."""
    results = results_of(order)
    standing = [result for result in results if not result.is_withdrawn]
    said = _said(order, standing, some_withdrawn=len(standing) < len(results))
    return CustomerStatus(
        headline=said.headline,
        next=said.next,
        who=said.who,
        steps=said.steps,
        groups=grouped((result.e164, result.group) for result in results),
        needs_letter=said.needs_letter,
        can_withdraw=bool(withdrawable(order, results)),
    )


def withdrawable(order: ImportOrder, results: list[NumberResult]) -> list[str]:
    """Return the numbers that permission can still be taken back for.

    Those that could not be taken, too: the letter speaks for them, so they could be tried again.
    """
    if order.status == _S.CANCELLED:
        return []
    return [result.e164 for result in results if not result.is_withdrawn]


def _said(
    order: ImportOrder, standing: list[NumberResult], *, some_withdrawn: bool
) -> CustomerStatus:
    status = _S(order.status)
    if not standing:
        return CustomerStatus(
            "You took back your permission for these numbers.",
            "There is nothing for you to do. Your calls stay as they are.",
            Who.WE,
        )
    if status == _S.CANCELLED:
        return CustomerStatus(
            "This order was stopped. It switched nothing on.",
            "Nothing more happens. If you did not expect that, ask us.",
            Who.NOBODY,
        )
    if status in EDITABLE:
        return _before_sending(order, standing)
    if status == _S.COMPLETE:
        return _complete(standing, some_withdrawn=some_withdrawn)
    if status in (_S.PARTIAL, _S.FAILED):
        return _not_complete(order, standing)
    return CustomerStatus(
        "We are handing your numbers to the carrier."
        if status in (_S.SUBMITTING, _S.UNKNOWN)
        else "The carrier has your numbers and is switching on text messages.",
        "We mail you when the carrier is done. It promises no time; a few days are usual.",
        Who.CARRIER,
        steps_of(*_SENT, StepWord.WITH_CARRIER),
    )


def _before_sending(order: ImportOrder, standing: list[NumberResult]) -> CustomerStatus:
    if not has_letter(order):
        if signature_awaited(order) is not None:
            return CustomerStatus(
                "We need your signed Letter of Authorization.",
                "Sign it, or upload a signed copy, by the link in our mail. Then we check it and "
                "hand your numbers to the carrier.",
                Who.YOU,
                steps_of(_DONE, StepWord.WE_NEED_YOU),
                needs_letter=True,
            )
        return CustomerStatus(
            "We are preparing your Letter of Authorization.",
            "We mail you a link when it is ready to be signed.",
            Who.WE,
            steps_of(_DONE, StepWord.CHECKING),
            needs_letter=True,
        )
    if any(result.is_theirs for result in standing):
        return CustomerStatus(
            "Some of your numbers cannot be taken as they are.",
            "See below what to do about each. Tell us when it is done, and we check again.",
            Who.YOU,
            steps_of(_DONE, _DONE, StepWord.WE_NEED_YOU),
        )
    return CustomerStatus(
        "We have your letter and are checking everything.",
        "Next, we hand your numbers to the carrier and mail you when it has them.",
        Who.WE,
        steps_of(_DONE, _DONE, StepWord.CHECKING),
    )


def _complete(standing: list[NumberResult], *, some_withdrawn: bool) -> CustomerStatus:
    steps = steps_of(*_SENT, _DONE, _DONE)
    if any(result.is_off for result in standing):
        return CustomerStatus(
            "Text messages were switched on. Some of your numbers no longer have them.",
            "See below which ones.",
            Who.WE,
            steps,
        )
    return CustomerStatus(
        "Done. Text messages are on for the numbers that you kept."
        if some_withdrawn
        else "Done. Text messages are on for your numbers.",
        "There is nothing left to do.",
        Who.NOBODY,
        steps,
    )


def _not_complete(order: ImportOrder, standing: list[NumberResult]) -> CustomerStatus:
    failed = [result for result in standing if result.group.result == NOT_TAKEN]
    if order.status == _S.PARTIAL:
        headline = f"Done, but {counted(len(failed), 'number')} could not be taken."
        word = StepWord.NOT_ALL
    else:
        headline, word = "The carrier could not take your numbers.", StepWord.NONE
    steps = steps_of(*_SENT, _DONE, word)
    if order.children.exclude(status=_S.CANCELLED).exists():
        next_words = "We are trying again what could not be taken, and mail you what comes of it."
        return CustomerStatus(headline, next_words, Who.WE, steps)
    return CustomerStatus(
        headline,
        "See below why, and what to do. After that we try those numbers again.",
        Who.YOU if any(result.is_theirs for result in failed) else Who.WE,
        steps,
    )
