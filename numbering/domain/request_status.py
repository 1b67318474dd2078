"""Where a hosting request is, for the customer who fills it in, until it becomes an order."""

from numbering.domain.customer_status import (
    CustomerStatus,
    NumberGroup,
    StepWord,
    Who,
    grouped,
    steps_of,
)
from numbering.domain.customer_words import in_customer_words
from numbering.domain.order_status import status_of
from numbering.enums import HostingRequestState, OrderNumberStatus
from numbering.models import HostingRequest

_R = HostingRequestState


def status_of_request(request: HostingRequest) -> CustomerStatus:
    """Return where the request is; from when it is an order, where the order is."""
    if request.order is not None:
        return status_of(request.order)
    said = _said(request)
    return CustomerStatus(said.headline, said.next, said.who, said.steps, _groups(request))


def _said(request: HostingRequest) -> CustomerStatus:
    match _R(request.state):
        case _R.FILLING:
            return CustomerStatus(
                "Your request is not handed in yet.",
                "Open the link in our mail to go on where you stopped.",
                Who.YOU,
                steps_of(StepWord.WE_NEED_YOU),
            )
        case _R.RETURNED:
            return CustomerStatus(
                "One thing in your request needs your correction.",
                f"We wrote: {request.returned_remark} Open the link in our mail to correct it.",
                Who.YOU,
                steps_of(StepWord.WE_NEED_YOU),
            )
        case _R.DECLINED:
            return CustomerStatus(
                "We cannot take this request.",
                request.returned_remark or "Ask us why.",
                Who.NOBODY,
            )
        case _R.WITHDRAWN:
            return CustomerStatus("You withdrew this request.", "Nothing more happens.", Who.NOBODY)
    return CustomerStatus(
        "We have your request and are reading it.",
        "Next, we mail you a Letter of Authorization to sign, or ask if something is missing.",
        Who.WE,
        steps_of(StepWord.CHECKING),
    )


def _groups(request: HostingRequest) -> tuple[NumberGroup, ...]:
    rows = list(request.numbers.values_list("e164", "status", "code"))
    blocked = OrderNumberStatus.BLOCKED
    words = in_customer_words({("check", code) for _, status, code in rows if status == blocked})
    groups = []
    for e164, status, code in rows:
        if status == blocked:
            said = words["check", code]
            group = NumberGroup("Cannot be taken as it is", said.why, said.what_to_do)
        elif status == OrderNumberStatus.IMPORTABLE:
            group = NumberGroup("Can be taken")
        else:
            group = NumberGroup("To be checked")
        groups.append((e164, group))
    return grouped(groups)
