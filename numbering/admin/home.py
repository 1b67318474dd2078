"""The home page of the staff: what waits on a person, how orders stand, what is stuck."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from numbering.admin.badges import tone_of
from numbering.domain import home, radar
from numbering.domain.alerts import ATTEMPTS, open_alerts
from numbering.domain.health import background_health
from numbering.enums import AlertCause, ImportOrderStatus
from numbering.models import Alert

MOST_ALERTS = 20


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the home page shows, as far as the person may see it."""
    context["title"] = "Home"
    if not request.user.has_perm("numbers.view_importorder"):
        return context
    orders = reverse("admin:numbers_importorder_changelist")
    context["statuses"] = [
        {
            "label": status.label,
            "count": count,
            "tone": tone_of(status.value),
            "url": f"{orders}?status={status.value}",
        }
        for status, count in home.orders_by_status()
    ]
    if not request.user.has_perm("numbers.change_importorder"):
        return context
    if request.user.has_perm("numbers.view_alert"):
        context["alerts"] = [(alert, _where(alert)) for alert in open_alerts()[:MOST_ALERTS]]
        context["may_close_alerts"] = request.user.has_perm("numbers.close_alert")
    context["heaps"] = [_heap(heap) for heap in home.waiting_on_person()]
    context["failing"] = [_heap(heap) for heap in home.failing_parts()]
    times = radar.step_times()
    context["stuck"] = [
        (order, times[ImportOrderStatus(order.status)]) for order in radar.stuck_orders(times)[:10]
    ]
    context["step_times"] = [step for step in times.values() if step.is_learned]
    context["unhealthy"] = [word for healthy, word in background_health().values() if not healthy]
    context["is_support"] = True
    return context


# The page on which something can be done about an alert: what it is called, and where it is.
_PLACES = {
    AlertCause.CREDENTIALS_REFUSED: ("Show the exchanges", "numbers_carrierexchange", ""),
    AlertCause.CARRIER_AWAY: ("Show the exchanges", "numbers_carrierexchange", ""),
    AlertCause.PARKED: ("Show the parked jobs", "numbers_job", "?state=parked"),
    AlertCause.NUMBERS_LOST: ("Show the lost numbers", "numbers_telephonenumber", "?state=lost"),
    AlertCause.NUMBERS_FOUND: ("Show the cases", "numbers_case", "?state=open"),
    AlertCause.MAIL_FAILED: ("Show the mails", "numbers_mail", "?state=failed"),
    AlertCause.LOA_DAMAGED: ("Show the LOAs", "numbers_loa", "?is_damaged__exact=1"),
    AlertCause.STOP_UNSURE: ("Show the messages", "messaging_message", ""),
}


def _where(alert: Alert) -> tuple[str, str] | None:
    """Return what leads on from an alert, None where the heaps below it do, or its own words."""
    if alert.key == ATTEMPTS or alert.cause not in _PLACES:
        return None
    label, model, query = _PLACES[AlertCause(alert.cause)]
    return label, reverse(f"admin:{model}_changelist") + query


def _heap(heap: home.Heap) -> dict[str, Any]:
    address = reverse(f"admin:numbers_{heap.model}_changelist")
    return {
        "title": heap.title,
        "count": heap.count,
        "tone": heap.tone,
        "url": f"{address}?{heap.query}",
    }
