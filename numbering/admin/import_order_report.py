"""What was read from a pasted or uploaded list, kept for the next look at the order's page."""

from typing import Any

from django.http import HttpRequest

from numbering.domain.import_orders import HeldNumber
from numbering.models import ImportOrder
from numbering.number_list import NumberList

# So many refused rows are named on the page; a longer list says how many more there are.
_REPORT_ROWS = 500


def keep_report(
    request: HttpRequest, order: ImportOrder, numbers: NumberList, held: list[HeldNumber]
) -> None:
    """Remember what was read, for the next time that the order's page is shown."""
    if not (numbers.bad or numbers.repeated or held):
        return
    request.session[f"numbers_read_{order.pk}"] = {
        "good": len(numbers.good) - len(held),
        "bad": [(row.line, row.raw, row.reason) for row in numbers.bad[:_REPORT_ROWS]],
        "bad_count": len(numbers.bad),
        "repeated": [(row.line, row.raw) for row in numbers.repeated[:_REPORT_ROWS]],
        "repeated_count": len(numbers.repeated),
        "held": [(number.reason, number.order_id) for number in held[:_REPORT_ROWS]],
        "held_count": len(held),
    }


def report_of(request: HttpRequest, order: ImportOrder) -> dict[str, Any] | None:
    """Return what was read last, once; the good rows are in the order already."""
    report: dict[str, Any] | None = request.session.pop(f"numbers_read_{order.pk}", None)
    if report is not None:
        report["correct"] = "\n".join(raw for _, raw, _ in report["bad"])
    return report
