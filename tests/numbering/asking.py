"""What tests need of hosting requests: begun, filled in, handed in."""

from __future__ import annotations

from typing import Any

from numbering.domain import hosting_requests, invitations, request_numbers
from numbering.enums import InvitationPurpose
from numbering.models import HostingRequest, Subscriber
from numbering.number_list import read_text
from tests import builders

EMAIL = "maria@example.com"
DETAILS = {
    "business_name": "Lopez Bakery",
    "house_number": "14",
    "house_suffix": "B",
    "street_name": "Larimer",
    "street_suffix": "St",
    "city": "Denver",
    "state_code": "CO",
    "zip_code": "80202",
    "authorizing_person": "Maria Lopez",
}
# The same as somebody types it into the form.
TYPED = {
    **{name: value for name, value in DETAILS.items() if name != "house_suffix"},
    "house_number": "14B",
}


def begun(subscriber: Subscriber | None = None) -> HostingRequest:
    """Begin a request for Maria."""
    return hosting_requests.start(
        subscriber=subscriber, email=EMAIL, name="Maria Lopez", actor=None
    )


def filled(*numbers: str, **changes: Any) -> HostingRequest:
    """Fill in a whole request, with these numbers or with one fresh number."""
    request = begun()
    request_numbers.take_numbers(request, read_text("\n".join(numbers or builders.fresh_numbers())))
    hosting_requests.save_progress(request, {**DETAILS, **changes})
    return read(request)


def handed_in(*numbers: str, **changes: Any) -> HostingRequest:
    """Fill in a request and hand it in."""
    request = filled(*numbers, **changes)
    invitation, _ = invitations.new_link(
        purpose=InvitationPurpose.HOST, email=EMAIL, request=request
    )
    hosting_requests.hand_in(invitation)
    return read(request)


def read(request: HostingRequest) -> HostingRequest:
    """Read the request from the database."""
    return HostingRequest.objects.get(pk=request.pk)


def verdicts(request: HostingRequest) -> dict[str, tuple[str, str]]:
    """Give status and code of each number."""
    rows = request.numbers.values_list("e164", "status", "code")
    return {e164: (status, code) for e164, status, code in rows}
