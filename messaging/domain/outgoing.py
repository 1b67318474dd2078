"""Messages on their way out, as rows: written down, withheld, moved. `sending` sends them."""

import secrets

from django.db.models import QuerySet

from accounts.models import User
from messaging.enums import Direction, MessageState, sources_of
from messaging.models import Message
from numbering import clock
from numbering.domain import jobs


def queue(*, our_number: str, their_number: str, text: str, actor: User | None = None) -> Message:
    """Write a message down and ask for it to be sent, in the caller's transaction.

    Whether it may be sent is asked again by the worker, just before it is.
    """
    message = Message.objects.create(
        direction=Direction.OUT,
        our_number=our_number,
        their_number=their_number,
        text=text,
        state=MessageState.WAITING,
        reference=secrets.token_hex(12),
        actor=actor,
    )
    jobs.enqueue("send_message", subject_id=message.pk)
    return message


def withhold_waiting(*, our_number: str, their_number: str) -> None:
    """Keep back what waits to be sent between the two numbers."""
    waiting = Message.objects.filter(
        direction=Direction.OUT,
        our_number=our_number,
        their_number=their_number,
    )
    move(waiting, to=MessageState.WITHHELD, remark="They asked to stop before it was sent.")


def move(
    messages: QuerySet[Message], *, to: MessageState, remark: str = "", **changes: object
) -> bool:
    """Move those that may move; return whether one did. The one door for a message's state."""
    if to not in (MessageState.WAITING, MessageState.SENDING, MessageState.SENT):
        changes["settled_at"] = clock.database_now()
    return bool(
        messages.filter(state__in=sources_of(to)).update(state=to, remark=remark[:300], **changes)
    )
