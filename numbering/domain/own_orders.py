"""The import orders of a customer who is signed in: where each is, and what to do now.

A contact needs no mail to sign: an order whose numbers are checked waits for the letter, invited or
not. One that is still being put together waits only where support has asked already.
"""

from dataclasses import replace

from django.db.models import Count, Exists, OuterRef, QuerySet

from numbering.domain.customer_status import CustomerStatus, StepWord, Who, steps_of
from numbering.domain.order_letter import letters_that_count, waiting_invitations
from numbering.domain.order_status import status_of
from numbering.enums import EDITABLE, ImportOrderStatus
from numbering.models import ImportOrder

_S = ImportOrderStatus
_WORDS = {
    _S.COMPLETE: StepWord.DONE,
    _S.PARTIAL: StepWord.NOT_ALL,
    _S.FAILED: StepWord.NONE,
    _S.CANCELLED: StepWord.STOPPED,
}


def with_letters(orders: QuerySet[ImportOrder]) -> QuerySet[ImportOrder]:
    """Return the orders, newest first, with what `word_of` needs and how many numbers each has."""
    return orders.annotate(
        letter=Exists(letters_that_count().filter(order=OuterRef("pk"))),
        asked=Exists(waiting_invitations().filter(order=OuterRef("pk"))),
        number_count=Count("numbers"),
    ).order_by("-pk")


def word_of(order: ImportOrder) -> StepWord:
    """Return where an order from `with_letters` is, in one plain word."""
    status = _S(order.status)
    if status not in EDITABLE:
        return _WORDS.get(status, StepWord.WITH_CARRIER)
    if getattr(order, "letter", False):
        return StepWord.CHECKING
    asked = getattr(order, "asked", False) or status == _S.CHECKED
    return StepWord.WE_NEED_YOU if asked else StepWord.CHECKING


def own_status(order: ImportOrder) -> CustomerStatus:
    """Return where an order is, for a contact; `needs_letter` says that they can sign it now."""
    status = status_of(order)
    if not status.needs_letter:
        return status
    if status.who != Who.YOU and order.status != _S.CHECKED:
        return replace(status, needs_letter=False)
    return replace(
        status,
        headline="We need your signed Letter of Authorization.",
        next="Sign it, or upload a signed copy. Then we check it and hand your numbers to the "
        "carrier.",
        who=Who.YOU,
        steps=steps_of(StepWord.DONE, StepWord.WE_NEED_YOU),
    )
