"""One sentence for every order: where is it, who must act, and what to do next."""

from dataclasses import dataclass

from django.db.models import Count

from numbering.domain import results, unclear_orders
from numbering.domain.import_orders import check_is_old
from numbering.domain.loa_check import findings, letter_of
from numbering.domain.order_letter import signature_awaited
from numbering.domain.submission import parked_attempt
from numbering.enums import AT_CARRIER, AttemptState, ImportOrderStatus, OrderNumberStatus
from numbering.models import ImportOrder, SubmitAttempt
from numbering.phone import NumberKind, kind_of
from numbering.wording import counted

_S = ImportOrderStatus


@dataclass(frozen=True)
class NextStep:
    """What to do next. `actions` are names of the order page's actions, the main one first."""

    sentence: str
    who: str
    actions: tuple[str, ...] = ()
    # How urgent it looks: "todo" for our turn, "wait" for others', "done", "bad".
    tone: str = "todo"


def next_step(order: ImportOrder) -> NextStep:
    """Return the order's next step."""
    counts = number_counts(order)
    status = ImportOrderStatus(order.status)
    if status is _S.DRAFT:
        return _draft(order, counts)
    if status is _S.CHECKED:
        return _checked(order)
    if status is _S.UNKNOWN:
        return _unknown(order)
    if status in (_S.PARTIAL, _S.FAILED):
        return _not_complete(order, counts)
    if status in AT_CARRIER and unclear_orders.is_unclear(results.FOLLOWER, order):
        return NextStep(unclear_orders.NEXT_STEP, "Support", ("end_unclear", "refresh"), "bad")
    return _FIXED[status]


_FIXED = {
    _S.SUBMITTING: NextStep(
        "The order is being sent to the carrier. Nothing to do: this page changes by itself.",
        "Portal",
        tone="wait",
    ),
    _S.RECEIVED: NextStep(
        "The carrier has the order and will start on it. Nothing to do: it tells us by webhook, "
        "and the sweep asks in any case.",
        "Carrier",
        ("refresh", "upload_loa"),
        "wait",
    ),
    _S.PROCESSING: NextStep(
        "The carrier is working on the order; it promises no time. Nothing to do: it tells us by "
        "webhook, and the sweep asks in any case.",
        "Carrier",
        ("refresh", "upload_loa"),
        "wait",
    ),
    _S.EXCEPTION: NextStep(
        "The carrier reports an exception and gives no result. Ask the carrier's support and name "
        "the carrier's order id below; the portal keeps reading.",
        "Support",
        ("refresh",),
        "bad",
    ),
    _S.COMPLETE: NextStep(
        "Done. Every number is hosted.",
        "Nobody",
        ("upload_loa",),
        "done",
    ),
    _S.CANCELLED: NextStep(
        "The draft was cancelled; nothing was sent and its numbers are free.", "Nobody", (), "done"
    ),
}


def number_counts(order: ImportOrder) -> dict[str, int]:
    """Return how many numbers of the order have which status."""
    rows = order.numbers.order_by().values_list("status").annotate(Count("pk"))
    return dict(rows)


def is_mixed(order: ImportOrder) -> bool:
    """Whether the order holds numbers of more than one kind."""
    areas = {e164[:5] for e164 in order.numbers.values_list("e164", flat=True)}
    return len({kind_of(area + "0000000") for area in areas}) > 1


def _draft(order: ImportOrder, counts: dict[str, int]) -> NextStep:
    total = sum(counts.values())
    if not total:
        return NextStep("Add telephone numbers: paste or upload them below.", "Support")
    if is_mixed(order):
        return NextStep(
            f"Split the order: the carrier takes {NumberKind.LOCAL} and {NumberKind.TOLL_FREE} "
            "numbers in separate orders.",
            "Support",
            ("split",),
        )
    blocked = counts.get(OrderNumberStatus.BLOCKED, 0)
    if blocked:
        left = total - blocked
        return NextStep(
            f"{blocked} of {counted(total, 'number')} cannot be imported; the table says why and "
            f"who fixes it. Go on with the other {left}, or check again once it is fixed.",
            "Support",
            ("remove_blocked", "check"),
            "bad",
        )
    if counts.get(OrderNumberStatus.UNANSWERED):
        return NextStep(
            "The carrier said nothing about some numbers. Check again.", "Support", ("check",)
        )
    return NextStep(
        "Check with the carrier which numbers can be imported. Nothing is ordered by that.",
        "Support",
        ("check",),
    )


def _checked(order: ImportOrder) -> NextStep:
    if SubmitAttempt.objects.filter(order=order, state=AttemptState.PENDING).exists():
        return NextStep(
            "Nothing was sent yet; the portal tries again by itself as soon as it can. You may "
            "take the sending back.",
            "Portal",
            ("withdraw",),
            "wait",
        )
    if (waiting := signature_awaited(order)) is not None:
        return NextStep(
            f"Every number can be imported. Waiting for the customer's signature since "
            f"{waiting.created_at:%B %-d}: {waiting.email} was sent the link. The portal reminds "
            "them after three and seven days.",
            "Customer",
            ("invite", "submit"),
            "wait",
        )
    if check_is_old(order):
        return NextStep(
            "The carrier was asked about these numbers some time ago, and much may have changed. "
            "Check again, then submit the order.",
            "Support",
            ("check",),
        )
    if letter_of(order) is None:
        return NextStep(
            "Every number can be imported. Invite the customer to sign, or add the signed LOA "
            "below; then submit the order.",
            "Support",
            ("invite", "submit"),
        )
    standing = [found for found in findings(order) if found.is_open]
    if blocking := [found for found in standing if not found.is_answerable]:
        return NextStep(
            f"Every number can be imported, but not with this LOA: {blocking[0].sentence}",
            blocking[0].who.label,
            ("invite",),
            "bad",
        )
    if standing:
        return NextStep(
            f"Every number can be imported. {counted(len(standing), 'question')} about the LOA "
            "must be answered by name: see LOA check below, then submit the order.",
            "Support",
            ("submit",),
        )
    return NextStep(
        "Every number can be imported and the LOA is here. Submit the order.",
        "Support",
        ("submit",),
    )


def _unknown(order: ImportOrder) -> NextStep:
    if parked_attempt(order) is not None:
        return NextStep(
            "The carrier gave no clear answer, and looking for the order did not settle it. Look "
            "in the carrier's own dashboard for the reference below, then decide.",
            "Support",
            ("absent", "adopt"),
            "bad",
        )
    return NextStep(
        "The carrier was asked and gave no clear answer. The portal looks for the order and never "
        "sends it twice. Nothing to do yet.",
        "Portal",
        tone="wait",
    )


def _not_complete(order: ImportOrder, counts: dict[str, int]) -> NextStep:
    failed = counts.get(OrderNumberStatus.FAILED, 0)
    child = order.children.exclude(status=_S.CANCELLED).order_by("-pk").first()
    if child is not None:
        return NextStep(
            f"The failed numbers are tried again in import order {child.pk}.",
            "Nobody",
            ("open_child",),
            "done",
        )
    return NextStep(
        f"{failed} of {counted(sum(counts.values()), 'number')} not imported; the table says why "
        "and who fixes it. Once it is fixed, try again what failed.",
        "Support",
        ("retry",),
        "bad",
    )
