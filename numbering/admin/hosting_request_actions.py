"""What support can do with a hosting request: each action's words, form, and doing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest

from accounts.models import User
from numbering.domain import request_numbers, request_review
from numbering.domain.request_review import differences, suggested_subscribers
from numbering.enums import HostingRequestState, RequestPart
from numbering.models import HostingRequest, ImportOrder
from numbering.review_forms import AcceptForm, DeclineForm, SendBackForm

Run = Callable[[HttpRequest, HostingRequest, User, Any], ImportOrder | None]


def _no_lines(_request: HostingRequest) -> list[str]:
    return []


@dataclass(frozen=True)
class RequestAction:
    """An action, and the states in which it is offered. One with a form asks on a page first."""

    name: str
    label: str
    states: frozenset[HostingRequestState]
    run: Run
    sentence: str = ""
    form: Callable[..., Form] | None = None
    lines: Callable[[HostingRequest], list[str]] = _no_lines
    busy: str = "Working…"

    @property
    def asks_first(self) -> bool:
        """Whether the button leads to a page with a form before anything is done."""
        return self.form is not None


def _check(
    request: HttpRequest, hosting: HostingRequest, _person: User, _form: Any
) -> ImportOrder | None:
    if request_numbers.check(hosting):
        messages.success(request, "The numbers were checked anew.")
    else:
        messages.error(
            request, "Nothing was changed: the carrier gave no answer. Exchanges shows why."
        )
    return None


def _accept(
    request: HttpRequest, hosting: HostingRequest, person: User, form: Any
) -> ImportOrder | None:
    order = request_review.accept(hosting, **form.cleaned_data, actor=person)
    messages.success(request, f"{order} was created, and {hosting.contact_email} asked to sign.")
    return order


def _accept_lines(hosting: HostingRequest) -> list[str]:
    lines = []
    for subscriber in suggested_subscribers(hosting):
        changes = [
            f"{one.what} becomes {one.requested} (now {one.here})"
            for one in differences(hosting, subscriber)
        ]
        lines.append(f"{subscriber}: {'; '.join(changes) or 'name and address are the same'}.")
    refused = sum(
        len(refusal.numbers) for refusal in request_numbers.refusals(hosting.numbers.all())
    )
    if refused:
        lines.append(f"Left out, because they cannot be imported: {refused}.")
    return lines


def _accept_form(*args: Any, hosting: HostingRequest) -> Form:
    return AcceptForm(*args, request=hosting, subscribers=suggested_subscribers(hosting))


def _send_back(
    request: HttpRequest, hosting: HostingRequest, person: User, form: Any
) -> ImportOrder | None:
    request_review.send_back(
        hosting,
        part=RequestPart(form.cleaned_data["part"]),
        remark=form.cleaned_data["remark"],
        actor=person,
    )
    messages.success(request, f"Sent back; {hosting.contact_email} was mailed the link.")
    return None


def _decline(
    request: HttpRequest, hosting: HostingRequest, person: User, form: Any
) -> ImportOrder | None:
    request_review.decline(hosting, remark=form.cleaned_data["remark"], actor=person)
    messages.success(request, f"Declined; {hosting.contact_email} was mailed the reason.")
    return None


_S = HostingRequestState

ACTIONS = {
    action.name: action
    for action in (
        RequestAction(
            "accept",
            "Accept",
            frozenset({_S.SUBMITTED}),
            _accept,
            sentence="A draft order is made of it, and the customer is mailed the link to sign "
            "the LOA.",
            form=_accept_form,
            lines=_accept_lines,
        ),
        RequestAction(
            "send_back",
            "Send back",
            frozenset({_S.SUBMITTED}),
            _send_back,
            sentence="The customer can change this one part and nothing else.",
            form=lambda *args, hosting: SendBackForm(*args),
        ),
        RequestAction(
            "check",
            "Check numbers",
            frozenset({_S.FILLING, _S.SUBMITTED, _S.RETURNED}),
            _check,
            busy="Asking the carrier…",
        ),
        RequestAction(
            "decline",
            "Decline",
            frozenset({_S.FILLING, _S.SUBMITTED, _S.RETURNED}),
            _decline,
            sentence="The request is over for good.",
            form=lambda *args, hosting: DeclineForm(*args),
        ),
    )
}
