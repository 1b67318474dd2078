"""STOP and START: for one of our numbers and the number that texted it, until that says START.

Whoever says STOP gets one plain confirmation (`outgoing`), and a repeated STOP gets none.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from accounts.again import repeated
from accounts.models import User
from messaging.domain import outgoing
from messaging.enums import Asks, Direction
from messaging.models import Message, OptOut
from numbering import clock
from numbering.domain import alerts
from numbering.enums import AlertCause
from numbering.phone import display

CONFIRMATION = (
    "You will get no more text messages from this number. If you change your mind, reply START."
)


def open_opt_outs(our_number: str, their_number: str) -> QuerySet[OptOut]:
    """Return the opt-out that holds between the two numbers now, if there is one."""
    return OptOut.objects.filter(our_number=our_number, their_number=their_number, ended_at=None)


def stop(message: Message, *, at: datetime, confirm: bool, actor: User | None = None) -> bool:
    """Send nothing more between the message's numbers; False when that was so already."""
    ours, theirs = message.our_number, message.their_number
    opt_out, is_new = OptOut.objects.get_or_create(
        our_number=ours,
        their_number=theirs,
        ended_at=None,
        defaults={"since": at, "by_message": message, "actor": actor},
    )
    if is_new:
        outgoing.withhold_waiting(our_number=ours, their_number=theirs)
    if is_new and confirm:
        opt_out.confirmation = outgoing.queue(
            our_number=ours, their_number=theirs, text=CONFIRMATION
        )
        opt_out.save(update_fields=["confirmation"])
    _over(message)
    return is_new


def start(message: Message) -> bool:
    """They want messages again; False when nothing was stopped, or was stopped after this START.

    The carrier repeats what it could not deliver for a day: by its own clock, an older START is
    no answer to a newer STOP.
    """
    opt_out = open_opt_outs(message.our_number, message.their_number).first()
    if opt_out is None:
        return False
    stopped_at = opt_out.by_message.carrier_time
    if stopped_at and message.carrier_time and message.carrier_time < stopped_at:
        return False
    opt_out.ended_at = message.created_at
    opt_out.ended_by = message
    opt_out.save(update_fields=["ended_at", "ended_by"])
    return True


@repeated
def stop_by_hand(message_ids: Iterable[int], *, actor: User) -> int:
    """A person has read these messages, and they mean STOP; return how many pairs it stopped."""
    received = Message.objects.filter(pk__in=list(message_ids), direction=Direction.IN)
    now = clock.now()
    # Without a confirmation: minutes or days may have passed.
    return sum(stop(one, at=now, confirm=False, actor=actor) for one in received.order_by("pk"))


def ask_a_person(message: Message) -> None:
    """Call somebody to read a message that may or may not mean STOP."""
    alerts.open_alert(
        cause=AlertCause.STOP_UNSURE,
        key=_pair_key(message),
        title="Does somebody want no more text messages?",
        text=f"A message to {display(message.our_number)} from the number that ends in "
        f"{message.their_number[-4:]} may mean that they want no more, and may not. Read it under "
        f"Messages, Asks: {Asks.UNSURE.label}. If it does, tick it there and choose *They want no "
        "more messages*. Otherwise choose *Seen to* here.",
    )


def _over(message: Message) -> None:
    alerts.close_alert(cause=AlertCause.STOP_UNSURE, key=_pair_key(message))


def _pair_key(message: Message) -> str:
    return f"{message.our_number} {message.their_number}"
