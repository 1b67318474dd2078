"""Apply stored message callbacks, in the order in which they came; again does no harm.

Nothing in them is fetched: an address in a callback is only text.
"""

import logging
import re

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet

from accounts.again import repeated
from carrier.errors import UnreadableBody
from carrier.message_callbacks import RECEIVED, Callback, read_callback
from carrier.records import MessageNews
from messaging.domain import opt_outs, outgoing
from messaging.enums import Asks, Direction, InboxState, MessageState
from messaging.models import Message, MessageEvent
from messaging.stop_words import classify
from numbering import clock
from numbering.domain import jobs, traffic
from numbering.models import Job

logger = logging.getLogger(__name__)

# The carrier's words for what became of a message that we sent (REFERENCE 13.3).
_BECAME = {
    "message-sending": MessageState.SENT,
    "message-sent": MessageState.SENT,
    "message-delivered": MessageState.DELIVERED,
    "message-failed": MessageState.FAILED,
}
# Not "failed": no receipt came in time (REFERENCE 13.4).
_NO_RECEIPT = "9902"
# The carrier itself keeps an opt-out of theirs.
_OPTED_OUT = "4775"
_FAILED_UNEXPECTEDLY = "Applying it failed unexpectedly; see the log."
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class _NotOurs(Exception):
    """An event that can be read and is about nothing here; the text says why."""


def plan() -> None:
    """Ask for the inbox to be applied while something waits in it."""
    if _waiting().exists():
        jobs.keep_asked("apply_messages")


def run_apply(_job: Job) -> None:
    """Handler: apply what waits in the inbox."""
    apply_waiting()


def apply_waiting() -> int:
    """Apply everything that is stored and not yet applied; return how many callbacks."""
    count = 0
    # One after the other, also with several workers: a START must not overtake its STOP.
    while (event_id := _waiting().values_list("pk", flat=True).first()) is not None:
        _apply(event_id)
        count += 1
    return count


def _waiting() -> QuerySet[MessageEvent]:
    return MessageEvent.objects.filter(state=InboxState.NEW).order_by("pk")


@repeated
def _apply(event_id: int) -> None:
    # The lock is waited for, not skipped: who gets it second finds the row applied.
    event = _waiting().select_for_update().filter(pk=event_id).first()
    if event is None:
        return
    callback = _read(event)
    left = [fault for news in callback.news if (fault := _take(news, event))]
    problems = [*callback.faults, *left]
    state = InboxState.APPLIED
    if problems:
        some = len(left) < len(callback.news)
        state = InboxState.PARTLY if some else InboxState.NOT_APPLIED
    MessageEvent.objects.filter(pk=event.pk).update(
        state=state, problem=_storable("; ".join(problems))[:500], applied_at=clock.now()
    )


def _read(event: MessageEvent) -> Callback:
    if event.is_cut:
        return Callback((), ("The body was larger than 256 KiB; its beginning was kept.",))
    try:
        return read_callback(bytes(event.body))
    except UnreadableBody as error:
        return Callback((), (str(error),))
    except Exception:
        # The first in the queue must never keep the others waiting.
        logger.exception("a message callback could not be read", extra={"event": event.pk})
        return Callback((), (_FAILED_UNEXPECTEDLY,))


def _storable(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)


def _take(news: MessageNews, event: MessageEvent) -> str:
    """Apply one event by itself; return what is wrong with it, or an empty text."""
    try:
        with transaction.atomic():
            if news.kind == RECEIVED:
                _received(news, event)
            else:
                _became(news, event)
    except _NotOurs as error:
        return str(error)
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy, which is no callback's fault
    except Exception:
        logger.exception("a message callback could not be applied", extra={"event": event.pk})
        return _FAILED_UNEXPECTEDLY
    return ""


def _received(news: MessageNews, event: MessageEvent) -> None:
    message, is_new = Message.objects.get_or_create(
        carrier_id=news.message_id,
        direction=Direction.IN,
        our_number=news.owner_number or news.to_number,
        defaults={
            "their_number": news.from_number,
            "text": news.text,
            "state": MessageState.RECEIVED,
            "asks": classify(news.text),
            "carrier_time": news.at,
            "created_at": event.received_at,
            "event": event,
        },
    )
    if not is_new:
        return
    traffic.note_traffic([message.our_number], at=event.received_at)
    match message.asks:
        case Asks.STOP:
            opt_outs.stop(message, at=event.received_at, confirm=True)
        case Asks.START:
            opt_outs.start(message)
        case Asks.UNSURE:
            opt_outs.ask_a_person(message)


def _became(news: MessageNews, event: MessageEvent) -> None:
    """Take over what became of a message that we sent."""
    to = _BECAME.get(news.kind)
    if to is None:
        raise _NotOurs(f"the portal does nothing with {news.kind}")
    known = Q(carrier_id=news.message_id)
    if news.tag:
        # The answer to our call may be late or lost; the tag is ours and cannot be guessed.
        known |= Q(carrier_id="", reference=news.tag)
    ours = Message.objects.filter(known, direction=Direction.OUT, their_number=news.to_number)
    message = ours.first()
    if message is None:
        raise _NotOurs("no message of ours has this id")
    if to == MessageState.FAILED and news.error_code == _NO_RECEIPT:
        to = MessageState.SENT
    remark = " ".join(filter(None, (news.error_code, news.description)))
    outgoing.move(
        Message.objects.filter(pk=message.pk),
        to=to,
        remark=_storable(remark),
        carrier_id=news.message_id,
    )
    if to == MessageState.FAILED and news.error_code == _OPTED_OUT:
        opt_outs.stop(message, at=event.received_at, confirm=False)
