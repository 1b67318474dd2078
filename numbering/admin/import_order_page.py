"""What an import order's page shows: next step, numbers with reasons, LOAs, timeline, exchanges."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from numbering.admin.badges import badge, tone_of
from numbering.admin.customer_side import customer_side
from numbering.admin.import_order_actions import ACTIONS
from numbering.complaints import fields_named
from numbering.domain.error_help import help_for, unknown_help
from numbering.domain.ledger import cover_of
from numbering.domain.loa_check import findings, letter_of
from numbering.domain.next_step import next_step, number_counts
from numbering.domain.radar import slow_step
from numbering.domain.submission import parked_attempt
from numbering.enums import (
    EDITABLE,
    ImportOrderStatus,
    OrderNumberStatus,
)
from numbering.forms import ConfirmLoaForm, LoaForm, NumbersForm
from numbering.models import ErrorHelp, ImportOrder, ImportOrderNumber, Loa

_NUMBERS_PER_PAGE = 50
_IN_MOTION = {
    ImportOrderStatus.SUBMITTING,
    ImportOrderStatus.UNKNOWN,
    ImportOrderStatus.RECEIVED,
    ImportOrderStatus.PROCESSING,
}


@dataclass(frozen=True)
class NumberLine:
    """One row of the number table."""

    row: ImportOrderNumber
    status: str
    help: ErrorHelp | None
    before: ImportOrderNumber | None


def page_context(request: HttpRequest, order: ImportOrder) -> dict[str, Any]:
    """Return everything that the page and its live part show."""
    step = next_step(order)
    may = {name for name, action in ACTIONS.items() if request.user.has_perm(action.right)}
    counts = number_counts(order)
    loa_ids = order.loa_coverage.order_by().values_list("loa_id", flat=True).distinct()
    uploads = {upload.loa_id: upload for upload in order.loa_uploads.all()}
    return {
        "order": order,
        "status_badge": badge(order.status, order.get_status_display()),
        "step": step,
        "step_actions": [ACTIONS[name] for name in step.actions if name in ACTIONS and name in may],
        "child": order.children.exclude(status=ImportOrderStatus.CANCELLED).last(),
        "may": may,
        "slow": slow_step(order),
        "complaints": _complaints(order),
        "is_editable": order.status in EDITABLE,
        "is_in_motion": order.status in _IN_MOTION
        or order.loa_uploads.filter(state="waiting").exclude(order__carrier_order_id=None).exists(),
        "counts": [
            (OrderNumberStatus(status), count, tone_of(status))
            for status, count in sorted(counts.items())
        ],
        "total": sum(counts.values()),
        **_numbers(request, order),
        "loas": [(cover, uploads.get(cover.loa.pk)) for cover in cover_of(order)],
        "can_upload_loa": bool(loa_ids)
        and "upload_loa" in may
        and order.status not in (ImportOrderStatus.CANCELLED,)
        and any(
            loa.pk not in uploads or uploads[loa.pk].state in ("refused", "removed")
            for loa in Loa.objects.filter(pk__in=loa_ids).order_by("-version")[:1]
        ),
        "customer": customer_side(request, order),
        "events": order.events.select_related("actor").order_by("-at", "-pk")[:200],
        "attempt": parked_attempt(order) or order.attempts.last(),
        "exchanges": (
            order.exchanges.all()[:50]
            if request.user.has_perm("numbers.view_carrierexchange")
            else None
        ),
        "may_read_bodies": request.user.has_perm("numbers.read_raw_bodies"),
        **_findings(order),
        "confirm_form": ConfirmLoaForm(auto_id="confirm_%s"),
        "numbers_form": NumbersForm(auto_id="add_%s"),
        "loa_form": LoaForm(auto_id="loa_%s", initial={"signer": order.loa_authorizing_person}),
        "now": timezone.now(),
        "changes": _changes_from_parent(order),
    }


def _findings(order: ImportOrder) -> dict[str, Any]:
    found = findings(order) if order.status in EDITABLE else []
    return {
        "findings": found,
        "letter": letter_of(order) if found else None,
        "asks_for_answer": any(one.is_open and one.is_answerable for one in found),
    }


def _numbers(request: HttpRequest, order: ImportOrder) -> dict[str, Any]:
    rows = order.numbers.all()
    shown = request.GET.get("numbers", "")
    if shown in OrderNumberStatus.values:
        rows = rows.filter(status=shown)
    page = Paginator(rows, _NUMBERS_PER_PAGE).get_page(request.GET.get("page"))
    keys = {(row.operation, row.code) for row in page if row.code}
    helps = help_for(keys)
    before = {}
    if order.parent_id is not None:
        before = {
            row.e164: row
            for row in ImportOrderNumber.objects.filter(
                order=order.parent_id, e164__in=[row.e164 for row in page]
            )
        }
    lines = [
        NumberLine(
            row=row,
            status=badge(row.status, row.get_status_display()),
            help=_help(row, helps),
            before=before.get(row.e164),
        )
        for row in page
    ]
    return {
        "lines": lines,
        "number_page": page,
        "shown_status": shown if shown in OrderNumberStatus.values else "",
    }


def _help(row: ImportOrderNumber, helps: dict[tuple[str, str], ErrorHelp]) -> ErrorHelp | None:
    if row.code:
        return helps.get((row.operation, row.code)) or unknown_help(
            row.operation, row.code, row.description
        )
    if row.status == OrderNumberStatus.FAILED:
        return unknown_help(row.operation, "", row.description)
    return None


def _changes_from_parent(order: ImportOrder) -> list[str]:
    """Say what differs from the order whose failed numbers this one tries again."""
    parent = order.parent
    if parent is None:
        return []
    fields = {
        "Subscriber": (parent.subscriber, order.subscriber),
        "Site and SIP peer": (parent.sip_peer, order.sip_peer),
        "Authorizing person": (parent.loa_authorizing_person, order.loa_authorizing_person),
        "LOA type": (parent.get_loa_type_display(), order.get_loa_type_display()),
    }
    changes = [
        f"{name}: {old} → {new}" for name, (old, new) in fields.items() if str(old) != str(new)
    ]
    left_out = parent.numbers.count() - order.numbers.count()
    return [
        f"Numbers: {order.numbers.count()} of {parent.numbers.count()}; {left_out} left out.",
        *(changes or ["Everything else is as it was."]),
    ]


def _complaints(order: ImportOrder) -> list[tuple[str, str]]:
    """Return the fields that the carrier complained about, each with the way to it."""
    if order.status not in EDITABLE:
        return []
    pages = {
        "subscriber": reverse("admin:numbers_subscriber_change", args=[order.subscriber_id]),
        "order": reverse("admin:numbers_importorder_details", args=[order.pk]),
    }
    return [
        (field.label, f"{pages[field.of]}#id_{field.name}") for field in fields_named(order.trouble)
    ]
