"""The truth in numbers: everything that was kept, by state, and whether it adds up."""

from django.db.models import Count, Model, QuerySet

from numbering.enums import (
    FINAL,
    NUMBER_ORDER_FINAL,
    NUMBER_ORDER_OPEN,
    OPEN,
    REMOVAL_FINAL,
    REMOVAL_OPEN,
    AttemptState,
    JobState,
    MailState,
    WebhookState,
)
from numbering.models import (
    ImportOrder,
    Job,
    Mail,
    NumberOrder,
    NumberOrderAttempt,
    RemovalAttempt,
    RemovalOrder,
    SubmitAttempt,
    WebhookEvent,
)

_ATTEMPTS: dict[str, frozenset[str]] = {
    "done": frozenset({AttemptState.ACCEPTED, AttemptState.REFUSED, AttemptState.WITHDRAWN}),
    "open": frozenset({AttemptState.PENDING, AttemptState.SENDING, AttemptState.UNKNOWN}),
    "parked": frozenset({AttemptState.PARKED}),
}
# Each state belongs to exactly one heap; a state that is in none makes the sum fall short.
_HEAPS: dict[type[Model], dict[str, frozenset[str]]] = {
    WebhookEvent: {
        "done": frozenset({WebhookState.APPLIED, WebhookState.LATE}),
        "open": frozenset({WebhookState.NEW}),
        "parked": frozenset(
            {WebhookState.UNMATCHED, WebhookState.UNREADABLE, WebhookState.UNKNOWN_TYPE}
        ),
    },
    Job: {
        "done": frozenset({JobState.DONE}),
        "open": frozenset({JobState.WAITING, JobState.RUNNING}),
        "parked": frozenset({JobState.PARKED}),
    },
    SubmitAttempt: _ATTEMPTS,
    RemovalAttempt: _ATTEMPTS,
    NumberOrderAttempt: _ATTEMPTS,
    Mail: {
        "done": frozenset({MailState.SENT}),
        "open": frozenset({MailState.WAITING}),
        "parked": frozenset({MailState.FAILED}),
    },
}
_REASONS: dict[type[Model], str] = {
    WebhookEvent: "problem",
    Job: "trouble",
    SubmitAttempt: "message",
    RemovalAttempt: "message",
    NumberOrderAttempt: "message",
    Mail: "result",
}


def count_everything() -> dict[str, dict[str, object]]:
    """Return each kind of record by state, with *done*, *open*, *parked*, *all* and the check."""
    return {
        "orders": _orders(ImportOrder, OPEN, FINAL),
        "removals": _orders(RemovalOrder, REMOVAL_OPEN, REMOVAL_FINAL),
        "number_orders": _orders(NumberOrder, NUMBER_ORDER_OPEN, NUMBER_ORDER_FINAL),
        "webhooks": _heaps(WebhookEvent),
        "jobs": _heaps(Job),
        "attempts": _heaps(SubmitAttempt),
        "removal_attempts": _heaps(RemovalAttempt),
        "number_order_attempts": _heaps(NumberOrderAttempt),
        "mails": _heaps(Mail),
        "parked_by_reason": {
            model._meta.model_name or "": _by(
                model._default_manager.filter(state__in=_HEAPS[model]["parked"]), column
            )
            for model, column in _REASONS.items()
        },
    }


def _orders(
    model: type[ImportOrder | RemovalOrder | NumberOrder],
    open_: frozenset[str],
    final: frozenset[str],
) -> dict[str, object]:
    """An order is parked while one of its attempts waits for a person."""
    orders = model._default_manager
    counts = _by(orders.all(), "status")
    parked = orders.filter(attempts__state=AttemptState.PARKED, status__in=open_).distinct().count()
    done = sum(counts.get(status, 0) for status in final)
    opened = sum(counts.get(status, 0) for status in open_) - parked
    return _part(counts, done=done, opened=opened, parked=parked)


def _heaps(model: type[Model]) -> dict[str, object]:
    counts = _by(model._default_manager.all(), "state")
    heaps = {
        name: sum(counts.get(state, 0) for state in states)
        for name, states in _HEAPS[model].items()
    }
    return _part(counts, done=heaps["done"], opened=heaps["open"], parked=heaps["parked"])


def _by(rows: QuerySet[Model], column: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))


def _part(counts: dict[str, int], *, done: int, opened: int, parked: int) -> dict[str, object]:
    kept = sum(counts.values())
    return {
        "by_state": counts,
        "done": done,
        "open": opened,
        "parked": parked,
        "all": kept,
        "adds_up": done + opened + parked == kept,
    }
