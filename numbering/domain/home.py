"""What the home page shows: work waiting on a person, orders by state, stuck orders, webhooks."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from numbering.domain.cases import open_cases
from numbering.enums import (
    AttemptState,
    ImportOrderStatus,
    JobState,
    LoaUploadState,
    NumberState,
    WebhookState,
)
from numbering.models import (
    ImportOrder,
    Job,
    LoaUpload,
    SubmitAttempt,
    TelephoneNumber,
    WebhookEvent,
)


@dataclass(frozen=True)
class Heap:
    """A heap of work for a person: what it is, how much, and where to find it."""

    title: str
    count: int
    query: str
    model: str
    tone: str


def orders_to_retry() -> QuerySet[ImportOrder]:
    """Return the orders with failed numbers that no other order tries, or has tried, again."""
    retries = ImportOrder.objects.filter(parent=OuterRef("pk"))
    return ImportOrder.objects.filter(
        ~Exists(retries.exclude(status=ImportOrderStatus.CANCELLED)),
        status__in=[ImportOrderStatus.PARTIAL, ImportOrderStatus.FAILED],
    )


def waiting_on_person() -> list[Heap]:
    """Return the heaps that a person must work off; empty heaps are left out."""
    orders = ImportOrder.objects.aggregate(
        drafts=Count("pk", filter=Q(status=ImportOrderStatus.DRAFT)),
        checked=Count("pk", filter=Q(status=ImportOrderStatus.CHECKED)),
        exception=Count("pk", filter=Q(status=ImportOrderStatus.EXCEPTION)),
    )
    parked = SubmitAttempt.objects.filter(state=AttemptState.PARKED).count()
    heaps = [
        Heap("Decide: did the carrier get it?", parked, "status=unknown", "importorder", "bad"),
        Heap(
            "Exception at the carrier",
            orders["exception"],
            "status=exception",
            "importorder",
            "bad",
        ),
        Heap(
            "Failed numbers to try again",
            orders_to_retry().count(),
            "question=retry",
            "importorder",
            "bad",
        ),
        Heap(
            "Checked, to be submitted", orders["checked"], "status=checked", "importorder", "todo"
        ),
        Heap("Drafts to be checked", orders["drafts"], "status=draft", "importorder", "todo"),
        Heap(
            "Numbers lost",
            TelephoneNumber.objects.filter(state=NumberState.LOST).count(),
            "state=lost",
            "telephonenumber",
            "bad",
        ),
        Heap(
            "Numbers that differ at the carrier", open_cases().count(), "state=open", "case", "bad"
        ),
        Heap(
            "LOAs that the carrier refused",
            LoaUpload.objects.filter(state=LoaUploadState.REFUSED).count(),
            "upload=refused",
            "loa",
            "bad",
        ),
    ]
    return [heap for heap in heaps if heap.count]


def failing_parts() -> list[Heap]:
    """Return webhooks and background jobs that went wrong; empty heaps are left out."""
    webhooks = dict(
        WebhookEvent.objects.filter(
            state__in=[
                WebhookState.UNREADABLE,
                WebhookState.UNMATCHED,
                WebhookState.UNKNOWN_TYPE,
            ]
        )
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    heaps = [
        Heap(str(WebhookState(state).label), count, f"state={state}", "webhookevent", "bad")
        for state, count in sorted(webhooks.items())
    ]
    parked = Job.objects.filter(state=JobState.PARKED).count()
    heaps.append(Heap("Background jobs parked", parked, "state=parked", "job", "bad"))
    return [heap for heap in heaps if heap.count]


def orders_by_status() -> list[tuple[ImportOrderStatus, int]]:
    """Return every status with its number of orders, in the order of an order's life."""
    counts = dict(ImportOrder.objects.order_by().values_list("status").annotate(Count("pk")))
    return [(status, counts.get(status, 0)) for status in ImportOrderStatus]
