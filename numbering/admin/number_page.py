"""The page of one telephone number: where it is, what the carrier says, and how it got there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from carrier.errors import CarrierError
from numbering.admin import inventory
from numbering.admin.badges import badge, tone_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import ledger, number_reading
from numbering.domain.cannot_do import CannotDo
from numbering.domain.inventory_list import Listed
from numbering.enums import IN_SERVICE, LIVE, NumberState
from numbering.models import SipPeer, TelephoneNumber

_MOST = 50
_RIGHT_TO_READ = "numbers.read_telephonenumber"
# How the page calls what the carrier says, in this order.
_DETAILS = {
    "site_name": "Site",
    "sip_peer_name": "SIP peer",
    "rate_center": "Rate center",
    "city": "City",
    "state": "State",
    "lata": "LATA",
    "tier": "Tier",
    "vendor_name": "Vendor",
    "service_types": "Services",
    "attributes": "Attributes",
    "sms_enabled": "Text messages",
    "campaign_id": "Campaign",
    "raw_last_modified_at": "Last changed there",
}


@dataclass(frozen=True)
class OrderLine:
    """An order that the number was in, and what became of the number there."""

    title: str
    address: str
    result: Any
    remark: str


def page_view(request: HttpRequest, number_id: int) -> HttpResponse:
    """Show the number."""
    number = _number(request, number_id)
    may = request.user.has_perm
    peers = SipPeer.objects.filter(site_id=number.site_id, sip_peer_id=number.sip_peer_id)
    row = inventory.rows_of([Listed.of(number)], peers, with_cover=may("numbers.view_loa"))[0]
    is_hosted = number.state == NumberState.HOSTED
    model_admin: Any = admin.site.get_model_admin(TelephoneNumber)
    actions = model_admin.get_actions(request) if number.state in LIVE else {}
    # The page's own button reads at once; of the lock only the other way makes sense.
    left_out = {"read", "lock" if number.is_locked else "unlock"}
    if number.state not in IN_SERVICE:
        left_out.add("leave")
    cases = list(number.cases.all()[:_MOST]) if may("numbers.view_case") else []
    has_case = any(case.closed_at is None for case in cases)
    context = {
        **admin.site.each_context(request),
        "title": row.shown,
        "opts": TelephoneNumber._meta,
        "number": number,
        "row": row,
        "tone": "bad" if has_case else tone_of(number.state),
        "sentence": _sentence(number, has_case=has_case),
        "successor": _successor(number),
        "line": ledger.lines_of([number])[0] if is_hosted and may("numbers.view_loa") else None,
        "differences": number_reading.differences(number),
        "details": _details(number),
        "actions": [
            (name, label) for name, (_, _, label) in actions.items() if name not in left_out
        ],
        "may_read": may(_RIGHT_TO_READ) and number.state in LIVE,
        "checkbox": ACTION_CHECKBOX_NAME,
        "orders": _orders(request, number),
        "cases": cases,
        "events": number.events.select_related("actor").order_by("-at", "-pk")[:200],
    }
    return TemplateResponse(request, "admin/numbers/telephonenumber/number.html", context)


@require_POST
def read_view(request: HttpRequest, number_id: int) -> HttpResponse:
    """Read the number at the carrier now."""
    number = _number(request, number_id)
    if not request.user.has_perm(_RIGHT_TO_READ):
        raise PermissionDenied
    try:
        differences = number_reading.read_now(number)
    except CannotDo as error:
        messages.error(request, str(error))
    except (CarrierError, CarrierNotConfigured) as error:
        messages.error(request, f"Nothing was changed. {in_words(error)}")
    else:
        if differences:
            messages.warning(request, " ".join(differences))
        else:
            messages.success(request, f"Read. {number_reading.last_word(number)}")
    return HttpResponseRedirect(reverse("admin:numbers_telephonenumber_change", args=[number.pk]))


def _number(request: HttpRequest, number_id: int) -> TelephoneNumber:
    if not request.user.has_perm("numbers.view_telephonenumber"):
        raise PermissionDenied
    found = TelephoneNumber.objects.select_related("subscriber").filter(pk=number_id).first()
    if found is None:
        raise Http404
    return found


def _successor(number: TelephoneNumber) -> TelephoneNumber | None:
    """Return the life that the number has now, when this one is over."""
    if number.state in LIVE:
        return None
    return TelephoneNumber.objects.filter(e164=number.e164, state__in=LIVE).first()


def _sentence(number: TelephoneNumber, *, has_case: bool) -> str:
    """Return where it is, and what to do next if anything."""
    if has_case and number.state != NumberState.LOST:
        return "The carrier says otherwise than this page: open the case below, it has the buttons."
    if has_case:
        return (
            "Another company has its texting. Open the case below: it imports the number again, "
            "or ends its life here."
        )
    return _SENTENCES[NumberState(number.state)]


_SENTENCES = {
    NumberState.IMPORTING: "An import order is bringing it here. Nothing to do.",
    NumberState.HOSTED: "In service: imported, its text messages run over the carrier.",
    NumberState.ORDERED: "In service: the carrier owns it for us.",
    NumberState.REMOVING: "It is on its way out; the carrier promises no time. Nothing to do.",
    NumberState.DISCONNECTING: "It is on its way out; the carrier promises no time. Nothing to do.",
    NumberState.LOST: "Another company has its texting. Ask the subscriber whether they meant it; "
    "if not, import it again with a fresh LOA.",
    NumberState.NOT_IMPORTED: "It never came: the import failed, and its order says why.",
    NumberState.GONE: "Its life here is over. If it comes back, it begins a new one.",
}


def _details(number: TelephoneNumber) -> list[tuple[str, str]]:
    """Return what the carrier said besides the status, with its labels."""
    kept = number.carrier_details
    readers = {"raw_last_modified_at": _instant}
    return [
        (label, readers.get(name, _text)(kept[name]))
        for name, label in _DETAILS.items()
        if name in kept
    ]


def _instant(value: object) -> str:
    """Return the carrier's instant as others are written here, or as it is if it is none."""
    text = str(value)
    try:
        instant = parse_datetime(text)
        if instant is None or instant.tzinfo is None:
            return text
        return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return text


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def _orders(request: HttpRequest, number: TelephoneNumber) -> list[OrderLine]:
    """Return the orders of this life of the number, the newest of each kind first."""
    kinds = (
        ("numbers.view_importorder", "importorder", number.order_rows),
        ("numbers.view_numberorder", "numberorder", number.number_order_rows),
        ("numbers.view_removalorder", "removalorder", number.removal_rows),
    )
    lines: list[OrderLine] = []
    for right, model, rows in kinds:
        if request.user.has_perm(right):
            found: Iterable[Any] = rows.select_related("order").order_by("-pk")[:_MOST]
            lines += [_line(row, model) for row in found]
    return lines


def _line(row: Any, model: str) -> OrderLine:
    return OrderLine(
        title=str(row.order),
        address=reverse(f"admin:numbers_{model}_change", args=[row.order_id]),
        result=badge(row.status, row.get_status_display()),
        remark=" ".join(filter(None, (row.code, row.description))),
    )
