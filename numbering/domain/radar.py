"""The radar for stuck orders: how long each step usually takes, and which orders take longer.

Learned from the portal's own timelines. Until there are enough, STUCK_AFTER_SECONDS decides.
"""

from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

from django.conf import settings
from django.core.cache import cache
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Lead

from numbering import clock
from numbering.enums import ImportOrderStatus
from numbering.models import ImportOrder, OrderEvent
from numbering.phone import display
from numbering.wording import counted, lasting

_S = ImportOrderStatus
# The steps that are not in our own hands.
STEPS = (_S.SUBMITTING, _S.UNKNOWN, _S.RECEIVED, _S.PROCESSING, _S.EXCEPTION)
LEARNED_FROM = timedelta(days=90)
MOST_EVENTS = 20_000
LEAST_SAMPLES = 20
_NOTE_NUMBERS = 100


@dataclass(frozen=True)
class StepTime:
    """How long orders usually stay in a status, in seconds, and from how many orders we know."""

    status: ImportOrderStatus
    p50: float
    p90: float
    samples: int

    @property
    def usual(self) -> str:
        """The median in words."""
        return lasting(self.p50)

    @property
    def almost_always(self) -> str:
        """The ninth decile in words."""
        return lasting(self.p90)

    @property
    def is_learned(self) -> bool:
        """Whether enough orders have taken the step to speak of *usually*."""
        return self.samples >= LEAST_SAMPLES


def step_times() -> dict[ImportOrderStatus, StepTime]:
    """Return how long each step takes, learned from the timelines of the last 90 days."""
    moves = (
        OrderEvent.objects.filter(at__gte=clock.now() - LEARNED_FROM)
        .exclude(to_status="")
        .annotate(
            left_at=Window(Lead("at"), partition_by=F("order_id"), order_by=[F("at"), F("pk")])
        )
        .order_by("-pk")
        .values_list("to_status", "at", "left_at")[:MOST_EVENTS]
    )
    durations: dict[str, list[float]] = {status: [] for status in STEPS}
    for status, at, left_at in moves:
        if status in durations and left_at is not None:
            durations[status].append((left_at - at).total_seconds())
    return {status: _step_time(status, durations[status]) for status in STEPS}


def _step_time(status: ImportOrderStatus, durations: list[float]) -> StepTime:
    if len(durations) < LEAST_SAMPLES:
        usual = float(settings.STUCK_AFTER_SECONDS)
        return StepTime(status, usual, usual, len(durations))
    tenths = quantiles(durations, n=10, method="inclusive")
    return StepTime(status, p50=tenths[4], p90=tenths[8], samples=len(durations))


def stuck_orders(
    times: dict[ImportOrderStatus, StepTime] | None = None,
) -> QuerySet[ImportOrder]:
    """Return the orders that stay in a step for longer than nine of ten did; oldest first."""
    now = clock.now()
    late = Q(pk__in=[])
    for status, step in (times or step_times()).items():
        late |= Q(status=status, status_changed_at__lt=now - timedelta(seconds=step.p90))
    return (
        ImportOrder.objects.filter(late).select_related("subscriber").order_by("status_changed_at")
    )


def slow_step(order: ImportOrder) -> StepTime | None:
    """Return the step that the order is in for longer than nine of ten orders were, or None."""
    if order.status not in STEPS:
        return None
    # Order pages ask every two seconds while an order is on its way; a minute old is new enough.
    times = cache.get_or_set("radar_step_times", step_times, 60) or step_times()
    step = times[ImportOrderStatus(order.status)]
    waited = (clock.now() - order.status_changed_at).total_seconds()
    return step if waited > step.p90 else None


def escalation_note(order: ImportOrder) -> str:
    """Return a note for the carrier's support, with every id that it asks for."""
    e164s = list(order.numbers.values_list("e164", flat=True))
    shown = [display(e164) for e164 in e164s[:_NOTE_NUMBERS]]
    more = len(e164s) - len(shown)
    attempt = order.attempts.last()
    sent = attempt.sent_at if attempt is not None else None
    lines = [
        "Import order (hosted messaging) without a result",
        "",
        f"Account:            {settings.CARRIER['account_id']}",
        f"Order id:           {order.carrier_order_id or 'none was given to us'}",
        f"Customer order id:  {order.customer_order_id or 'none'}",
        f"Site / SIP peer:    {order.sip_peer.site_id} / {order.sip_peer.sip_peer_id}",
        f"Submitted (UTC):    {sent:%Y-%m-%d %H:%M:%S}" if sent else "Submitted (UTC):    unknown",
        f"Your last word:     {order.carrier_status_word or 'none'}",
        (
            f"Last read (UTC):    {order.carrier_read_at:%Y-%m-%d %H:%M:%S}"
            if order.carrier_read_at
            else "Last read (UTC):    never"
        ),
        f"In this state since {order.status_changed_at:%Y-%m-%d %H:%M} UTC",
        f"Subscriber:         {order.subscriber}",
        f"Numbers:            {counted(len(e164s), 'number')}",
        *(f"  {number}" for number in shown),
        *([f"  and {more:,} more"] if more > 0 else []),
        "",
        "Please tell us what the order waits for, or finish it.",
    ]
    return "\n".join(lines)
