"""What the home page shows: work waiting on a person, orders by state, stuck orders, webhooks."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from numbering.domain import number_order_results, removal_results, results
from numbering.domain.cases import open_cases
from numbering.domain.number_order_results import doubted
from numbering.domain.seen_to import short_orders, short_removals
from numbering.domain.unclear_orders import slow, unclear
from numbering.domain.withdrawal_queue import still_hosted
from numbering.enums import (
    AttemptState,
    HostingRequestState,
    ImportOrderStatus,
    IntakeState,
    JobState,
    LeavingState,
    LoaUploadState,
    NumberState,
    OrderNumberStatus,
    WebhookState,
)
from numbering.models import (
    HostingRequest,
    ImportOrder,
    ImportOrderNumber,
    Intake,
    Job,
    Leaving,
    LoaUpload,
    NumberOrderAttempt,
    RemovalAttempt,
    SubmitAttempt,
    TelephoneNumber,
    WebhookEvent,
    WithdrawalNumber,
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
    """Return the orders with failed numbers that no other order tries, or has tried, again.

    A number that the subscriber took back is not tried again.
    """
    retries = ImportOrder.objects.filter(parent=OuterRef("pk"))
    taken_back = WithdrawalNumber.objects.filter(
        withdrawal__order=OuterRef("order"), e164=OuterRef("e164")
    )
    failed = ImportOrderNumber.objects.filter(order=OuterRef("pk"), status=OrderNumberStatus.FAILED)
    all_taken_back = Exists(failed.filter(Exists(taken_back))) & ~Exists(
        failed.exclude(Exists(taken_back))
    )
    return ImportOrder.objects.filter(
        ~Exists(retries.exclude(status=ImportOrderStatus.CANCELLED)),
        ~all_taken_back,
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
    parked_removals = RemovalAttempt.objects.filter(state=AttemptState.PARKED).count()
    parked_orders = NumberOrderAttempt.objects.filter(state=AttemptState.PARKED).count()
    requests = HostingRequest.objects.filter(state=HostingRequestState.SUBMITTED).count()
    heaps = [
        Heap("Requests to review", requests, "state=submitted", "hostingrequest", "todo"),
        Heap("Decide: did the carrier get it?", parked, "status=unknown", "importorder", "bad"),
        Heap(
            "Decide: did the carrier get the removal?",
            parked_removals,
            "status=unknown",
            "removalorder",
            "bad",
        ),
        Heap(
            "Leavings that wait for a second person",
            Leaving.objects.filter(state=LeavingState.WAITING).count(),
            "state=waiting",
            "leaving",
            "todo",
        ),
        Heap(
            "Leavings that stopped half-way",
            Leaving.objects.filter(state=LeavingState.STOPPED).count(),
            "state=stopped",
            "leaving",
            "bad",
        ),
        Heap(
            "Files of numbers to be taken over, or discarded",
            Intake.objects.filter(state=IntakeState.READ).count(),
            "state=read",
            "intake",
            "todo",
        ),
        Heap(
            "Decide: did the carrier get the order for numbers?",
            parked_orders,
            "status=unknown",
            "numberorder",
            "bad",
        ),
        Heap(
            "Number orders finished without all numbers named",
            doubted().count(),
            "question=doubted",
            "numberorder",
            "bad",
        ),
        Heap(
            "Import orders that the carrier does not bring to an end",
            unclear(results.FOLLOWER).count(),
            "question=unclear",
            "importorder",
            "bad",
        ),
        Heap(
            "Number orders that the carrier does not bring to an end",
            unclear(number_order_results.FOLLOWER).count(),
            "question=unclear",
            "numberorder",
            "bad",
        ),
        Heap(
            "Number orders that brought fewer numbers than asked for",
            short_orders().count(),
            "question=short",
            "numberorder",
            "todo",
        ),
        Heap(
            "Removals that the carrier does not bring to an end",
            unclear(removal_results.FOLLOWER).count(),
            "question=unclear",
            "removalorder",
            "bad",
        ),
        Heap(
            "Number orders that take long",
            slow(number_order_results.FOLLOWER).count(),
            "question=slow",
            "numberorder",
            "bad",
        ),
        Heap(
            "Removals that take long",
            slow(removal_results.FOLLOWER).count(),
            "question=slow",
            "removalorder",
            "bad",
        ),
        Heap(
            "Removals of which numbers stayed",
            short_removals().count(),
            "question=short",
            "removalorder",
            "todo",
        ),
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
            "Numbers to be removed: permission taken back",
            still_hosted().count(),
            "question=remove",
            "withdrawal",
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
