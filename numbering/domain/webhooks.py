"""Apply stored webhooks, in sets. A notification is only a reason to read the order."""

import functools
import logging
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.db.models.functions import Lower

from accounts.again import repeated
from carrier.errors import UnreadableBody
from carrier.notifications import read_notification
from carrier.records import Notification
from numbering import clock
from numbering.domain import (
    alerts,
    customer_news,
    jobs,
    number_order_results,
    removal_results,
    results,
    telephone_numbers,
)
from numbering.domain.followers import FOLLOWERS, AnyFollower
from numbering.enums import AttemptState, LearnedBy, WebhookState
from numbering.models import Job, NumberOrderAttempt, RemovalAttempt, SubmitAttempt, WebhookEvent

logger = logging.getLogger(__name__)

BATCH = 500
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MESSAGING_LOST = "messaging_lost"
# The carrier's order types in lower case, those of its lists too, and what follows each.
_FOLLOWERS: dict[str, AnyFollower] = {
    "importtnorders": results.FOLLOWER,
    "import_tn_orders": results.FOLLOWER,
    "removeimportedtnorders": removal_results.FOLLOWER,
    "remove_imported_tn_orders": removal_results.FOLLOWER,
    "disconnects": removal_results.FOLLOWER,
    "disconnect": removal_results.FOLLOWER,
    "orders": number_order_results.FOLLOWER,
    "new_number": number_order_results.FOLLOWER,
}
# The attempts that a notice under our own reference may settle, each with its job.
_LOOKS = (
    (SubmitAttempt, "settle_attempt"),
    (RemovalAttempt, "settle_removal"),
    (NumberOrderAttempt, "settle_number_order"),
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass
class _Reading:
    """What one stored webhook turned out to be."""

    event_id: int
    state: WebhookState = WebhookState.NEW
    kind: str = ""
    carrier_order_id: str = ""
    customer_order_id: str = ""
    status_word: str = ""
    message: str = ""
    problem: str = ""
    order_id: int | None = None
    removal_id: int | None = None
    number_order_id: int | None = None
    telephone_numbers: tuple[str, ...] = field(default=())


def run_apply(_job: Job) -> None:
    """Handler: apply what waits in the inbox, batch after batch."""
    try:
        while apply_waiting():
            pass
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy, which is no webhook's fault
    except Exception:
        logger.exception("a batch of webhooks could not be applied; now one by one")
        _apply_one_by_one()


def _apply_one_by_one() -> None:
    """Find the webhook that spoils its batch, and set it aside: one bad row stops no others."""
    waiting = WebhookEvent.objects.filter(state=WebhookState.NEW).order_by("pk")
    for event_id in waiting.values_list("pk", flat=True)[:BATCH]:
        try:
            apply_waiting(only=event_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("a webhook could not be applied", extra={"webhook": event_id})
            WebhookEvent.objects.filter(pk=event_id).update(
                state=WebhookState.UNREADABLE,
                problem="Applying it failed unexpectedly; see the log, then apply it again.",
            )


def apply_waiting(*, limit: int = BATCH, only: int | None = None) -> int:
    """Apply up to `limit` stored webhooks in a handful of statements; return how many."""
    with transaction.atomic():
        waiting = WebhookEvent.objects.filter(state=WebhookState.NEW).order_by("pk")
        if only is not None:
            waiting = waiting.filter(pk=only)
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        rows = waiting.values_list("pk", "body", "content_type", "is_cut")[:limit]
        readings = [
            _read(event_id, bytes(body), content_type, is_cut)
            for event_id, body, content_type, is_cut in rows
        ]
        if readings:
            _match(readings)
            _mark_lost(readings)
            _write(readings)
    return len(readings)


def _read(event_id: int, body: bytes, content_type: str, is_cut: bool) -> _Reading:
    reading = _Reading(event_id)
    if is_cut:
        reading.state = WebhookState.UNREADABLE
        reading.problem = "The body was larger than 1 MiB; its beginning was kept."
        return reading
    try:
        notice = read_notification(body, content_type)
    except UnreadableBody as error:
        reading.state = WebhookState.UNREADABLE
        reading.problem = _clean(str(error), 300)
        return reading
    _fill(reading, notice)
    return reading


def _fill(reading: _Reading, notice: Notification) -> None:
    reading.kind = _clean(notice.event_type or notice.order_type, 40)
    reading.customer_order_id = _clean(notice.customer_order_id, 40)
    reading.status_word = _clean(notice.status_word, 40)
    reading.message = _clean(" ".join(filter(None, (notice.message, notice.note))), 1000)
    kind = reading.kind.lower()
    if kind == _MESSAGING_LOST:
        reading.telephone_numbers = notice.telephone_numbers
        return
    if _UUID.fullmatch(notice.order_id):
        reading.carrier_order_id = notice.order_id.lower()
    if kind not in _FOLLOWERS:
        reading.state = WebhookState.UNKNOWN_TYPE
        reading.problem = "This portal does not handle this kind of notification."
    elif not reading.carrier_order_id:
        # Never guessed and never put into an address: an id is a UUID or it is nothing.
        reading.state = WebhookState.UNREADABLE
        reading.problem = "The notification has no usable order id."


def _clean(text: str, limit: int) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)[:limit]


def _match(readings: list[_Reading]) -> None:
    """Find the orders of the readings, and have those that may change read at the carrier."""
    strangers: list[_Reading] = []
    for follower in dict.fromkeys(_FOLLOWERS.values()):
        mine = [
            reading
            for reading in readings
            if reading.state == WebhookState.NEW
            and reading.carrier_order_id
            and _FOLLOWERS[reading.kind.lower()] is follower
        ]
        if mine:
            strangers += _match_kind(follower, mine)
    _look_for(strangers)


def _match_kind(follower: AnyFollower, readings: list[_Reading]) -> list[_Reading]:
    """Match the readings about one kind of order; return those that are about none of ours."""
    known = {
        carrier_order_id: (pk, status)
        for carrier_order_id, pk, status in follower.model._default_manager.filter(
            carrier_order_id__in={r.carrier_order_id for r in readings}
        ).values_list("carrier_order_id", "pk", "status")
    }
    to_read: set[int] = set()
    strangers: list[_Reading] = []
    for reading in readings:
        match = known.get(reading.carrier_order_id)
        if match is None:
            reading.state = WebhookState.UNMATCHED
            reading.problem = (
                "No order here has this carrier id yet. It is applied by itself when one gets it."
            )
            strangers.append(reading)
            continue
        order_id, status = match
        setattr(reading, f"{follower.webhook_column}_id", order_id)
        if status in follower.at_carrier:
            reading.state = WebhookState.APPLIED
            to_read.add(order_id)
        else:
            reading.state = WebhookState.LATE
            reading.problem = "The order was settled already; nothing changed."
    jobs.enqueue_many(follower.read_job, sorted(to_read), learned_by=LearnedBy.WEBHOOK)
    return strangers


def _look_for(strangers: list[_Reading]) -> None:
    """A notice under our own reference for an attempt that got no answer: look sooner."""
    references = {r.customer_order_id for r in strangers if r.customer_order_id}
    if references:
        for attempts, settle_job in _LOOKS:
            waiting = attempts._default_manager.filter(
                customer_order_id__in=references, state=AttemptState.UNKNOWN
            )
            jobs.enqueue_many(settle_job, waiting.values_list("pk", flat=True))


def _mark_lost(readings: list[_Reading]) -> None:
    all_lost: list[str] = []
    for reading in readings:
        if reading.state != WebhookState.NEW or reading.kind.lower() != _MESSAGING_LOST:
            continue
        lost = telephone_numbers.mark_lost(
            reading.telephone_numbers,
            reason=reading.message[:400] or "The carrier says that messaging was lost.",
            learned_by=LearnedBy.WEBHOOK,
        )
        if lost:
            all_lost += lost
            reading.state = WebhookState.APPLIED
        elif telephone_numbers.are_lost(reading.telephone_numbers):
            reading.state = WebhookState.LATE
            reading.problem = (
                "These numbers were lost already, or are being removed; nothing changed."
            )
        else:
            reading.state = WebhookState.UNMATCHED
            reading.problem = "None of its numbers is hosted here now."
    if all_lost:
        alerts.numbers_lost(len(all_lost), how="the carrier sent a notice")
        customer_news.numbers_lost(all_lost)


_ORDERS = ("order_id", "removal_id", "number_order_id")
_COLUMNS = (
    "state",
    "kind",
    "carrier_order_id",
    "customer_order_id",
    "status_word",
    "message",
    "problem",
)


def _write(readings: list[_Reading]) -> None:
    """Write all readings in one statement; a save per row is ten times slower."""
    # Both databases call the columns of a VALUES list column1, column2, and so on.
    row = "(" + ", ".join(["%s"] * (len(_COLUMNS) + len(_ORDERS) + 1)) + ")"
    assignments = ", ".join(
        f"{name} = given.column{index}"
        for index, name in enumerate(_COLUMNS, start=len(_ORDERS) + 2)
    )
    params: list[datetime | int | str] = [clock.now()]
    for reading in readings:
        params += [reading.event_id, *(getattr(reading, name) or 0 for name in _ORDERS)]
        params += [str(getattr(reading, name)) for name in _COLUMNS]
    values = ", ".join([row] * len(readings))
    orders = ", ".join(
        f"{name} = NULLIF(given.column{index}, 0)" for index, name in enumerate(_ORDERS, start=2)
    )
    # Only column names from the tuples above and placeholders go into the text.
    statement = (
        f"UPDATE numbers_webhookevent SET applied_at = %s, "  # noqa: S608
        f"{orders}, {assignments} "
        f"FROM (VALUES {values}) AS given WHERE numbers_webhookevent.id = given.column1"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


@repeated
def replay(event_ids: Iterable[int]) -> int:
    """Put stored webhooks back into the inbox, to be applied again; return how many.

    News of lost numbers that was applied is left alone: the numbers may have come back since.
    """
    applied_loss = models.Q(state=WebhookState.APPLIED, kind__iexact=_MESSAGING_LOST)
    count = (
        WebhookEvent.objects.filter(pk__in=list(event_ids))
        .exclude(applied_loss)
        .update(state=WebhookState.NEW, problem="", applied_at=None)
    )
    jobs.enqueue("apply_webhooks")
    return count


def match_strangers() -> int:
    """Put webhooks back into the inbox whose order has got its carrier id since; return how many.

    An order that is accepted takes its early notices along (`submission.accept`); this covers
    those that were being applied in the same moment.
    """
    of_its_kind = [
        models.Q(
            models.Exists(
                follower.model._default_manager.filter(
                    carrier_order_id=models.OuterRef("carrier_order_id")
                )
            ),
            # A notice that names another kind of order stays a stranger, however often it is read.
            lower_kind__in=[word for word, of in _FOLLOWERS.items() if of is follower],
        )
        for follower in FOLLOWERS
    ]
    return (
        WebhookEvent.objects.filter(state=WebhookState.UNMATCHED)
        .exclude(carrier_order_id="")
        .alias(lower_kind=Lower("kind"))
        .filter(functools.reduce(operator.or_, of_its_kind))
        .update(state=WebhookState.NEW, problem="")
    )
