"""The numbers of a hosting request on the customer's pages: what was sent, and what is shown."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from numbering.domain import request_numbers
from numbering.domain.hosting_requests import NotOpen
from numbering.domain.import_orders import CannotDo
from numbering.enums import OrderNumberStatus
from numbering.models import HostingRequest
from numbering.request_forms import RequestNumbersForm
from numbering.wording import counted


@dataclass(frozen=True)
class Posted:
    """What came of numbers that were sent. With news, the customer should look before going on."""

    form: RequestNumbersForm
    is_news: bool


def take_posted(request: HttpRequest, hosting: HostingRequest) -> Posted:
    """Read what was typed and uploaded, take out what was ticked, and check what is new.

    Raises NotOpen when the numbers can no longer be changed.
    """
    form = RequestNumbersForm(request.POST, request.FILES)
    if not form.is_valid():
        return Posted(form, True)
    numbers = form.read_numbers()
    removed = 0
    try:
        if request.POST.get("do") == "take_out":
            removed = request_numbers.take_out(hosting, _ticked(request))
        taken = request_numbers.take_numbers(hosting, numbers)
    except NotOpen:
        raise
    except CannotDo as error:
        form.add_error("numbers", str(error))
        return Posted(form, True)
    if taken.added or request.POST.get("do") == "recheck":
        request_numbers.check(hosting)
    hosting.refresh_from_db()
    _say(request, removed, len(numbers.repeated), len(numbers.bad))
    return Posted(form, taken.is_news)


def numbers_context(hosting: HostingRequest) -> dict[str, Any]:
    """Return the numbers by what is known of them, and the lines that were none."""
    numbers = list(hosting.numbers.all())
    return {
        "count": len(numbers),
        "fit": [row for row in numbers if row.status == OrderNumberStatus.IMPORTABLE],
        "refusals": request_numbers.refusals(numbers),
        "unchecked": [
            row
            for row in numbers
            if row.status in (OrderNumberStatus.NEW, OrderNumberStatus.UNANSWERED)
        ],
        "unread": hosting.unread_rows,
    }


def empty_form(hosting: HostingRequest) -> RequestNumbersForm:
    """Return the form with the lines to be corrected in its box."""
    lines = "\n".join(row["raw"] for row in hosting.unread_rows)
    return RequestNumbersForm(initial={"numbers": lines})


def _ticked(request: HttpRequest) -> list[int]:
    data: MultiValueDict[str, str] = request.POST
    return [
        int(value)
        for value in data.getlist("number")
        if value.isascii() and value.isdigit() and len(value) < 19
    ]


def _say(request: HttpRequest, removed: int, repeated: int, bad: int) -> None:
    if removed:
        messages.success(request, f"{counted(removed, 'number')} taken out.")
    if repeated:
        messages.info(request, f"{counted(repeated, 'number')} stood there twice; taken once.")
    if bad > request_numbers.UNREAD_LIMIT:
        messages.warning(
            request,
            f"{bad:,} lines are no phone numbers; the first {request_numbers.UNREAD_LIMIT} are "
            "shown.",
        )
