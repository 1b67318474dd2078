"""What became of each number of an order, for its customer."""

from dataclasses import dataclass

from numbering.domain.customer_status import NumberGroup
from numbering.domain.customer_words import CustomerWords, in_customer_words
from numbering.domain.withdrawal_queue import TO_REMOVE, withdrawn_from
from numbering.enums import NumberState, OrderNumberStatus
from numbering.models import ImportOrder

_S = OrderNumberStatus

NOT_TAKEN = "Could not be taken"
_ON = NumberGroup("Text messages are on")
_LOST = NumberGroup(
    "Another company has taken over the text messages",
    "Another company told the carrier that it handles them now.",
    "If you did not want that, tell us at once.",
)
_OFF = NumberGroup("Text messages are off")
_GOING_OFF = NumberGroup("Text messages are being switched off")
_BEING_CHECKED = NumberGroup("Being checked")
_CHECKED = NumberGroup("Can be taken")
_SENT = NumberGroup("With the carrier")
_TO_BE_REMOVED = NumberGroup("You took back your permission: text messages are being switched off")
_TAKEN_BACK = NumberGroup("You took back your permission: no text messages through us")


@dataclass(frozen=True)
class NumberResult:
    """One number, and what the customer reads of it."""

    e164: str
    group: NumberGroup
    is_withdrawn: bool = False
    # Text messages were on and no longer are.
    is_off: bool = False
    # It cannot go on as it is, and the customer is who can change that.
    is_theirs: bool = False


def results_of(order: ImportOrder) -> list[NumberResult]:
    """Return each number of the order, those taken back too, in a fixed number of queries."""
    withdrawn = withdrawn_from(order)
    rows = order.numbers.values_list(
        "e164", "status", "operation", "code", "telephone_number__state"
    )
    kept = [row for row in rows if row[0] not in withdrawn]
    words = in_customer_words(
        {
            (operation, code)
            for _, status, operation, code, _ in kept
            if status in (_S.BLOCKED, _S.FAILED)
        }
    )
    return [
        *(
            _not_taken(e164, words[operation, code])
            if status in (_S.BLOCKED, _S.FAILED)
            else _result(e164, _S(status), state or "")
            for e164, status, operation, code, state in kept
        ),
        *(
            NumberResult(
                e164,
                _TO_BE_REMOVED if state in TO_REMOVE else _TAKEN_BACK,
                is_withdrawn=True,
            )
            for e164, state in sorted(withdrawn.items())
        ),
    ]


def _not_taken(e164: str, words: CustomerWords) -> NumberResult:
    group = NumberGroup(NOT_TAKEN, words.why, words.what_to_do)
    return NumberResult(e164, group, is_theirs=words.is_theirs)


def _result(e164: str, status: OrderNumberStatus, state: str) -> NumberResult:
    if status == _S.COMPLETED:
        if state == NumberState.LOST:
            return NumberResult(e164, _LOST, is_off=True)
        if state == NumberState.REMOVING:
            return NumberResult(e164, _GOING_OFF, is_off=True)
        if state == NumberState.GONE:
            return NumberResult(e164, _OFF, is_off=True)
        return NumberResult(e164, _ON)
    if status == _S.SENT:
        return NumberResult(e164, _SENT)
    return NumberResult(e164, _CHECKED if status == _S.IMPORTABLE else _BEING_CHECKED)
