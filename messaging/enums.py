"""States, their allowed moves, and what a message can ask of us."""

from django.db import models


class Direction(models.TextChoices):
    """Which way a message goes."""

    IN = "in", "Received"
    OUT = "out", "Sent by us"


class Asks(models.TextChoices):
    """What somebody who texts us asks for."""

    STOP = "stop", "To stop"
    START = "start", "To start again"
    HELP = "help", "For help"
    UNSURE = "unsure", "Perhaps to stop"
    NONE = "none", "Nothing"


class MessageState(models.TextChoices):
    """Where a message is."""

    RECEIVED = "received", "Received"
    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "With the carrier"
    UNKNOWN = "unknown", "Outcome unknown"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Not delivered"
    REFUSED = "refused", "Refused by the carrier"
    WITHHELD = "withheld", "Not sent: they want no more"


_S = MessageState

# Nothing leads back from UNKNOWN to WAITING: what may be on its way is not sent again.
MOVES: dict[MessageState, frozenset[MessageState]] = {
    _S.RECEIVED: frozenset(),
    _S.WAITING: frozenset({_S.SENDING, _S.WITHHELD, _S.FAILED}),
    # News may come before the answer; back to WAITING only when nothing left us.
    _S.SENDING: frozenset({_S.WAITING, _S.SENT, _S.UNKNOWN, _S.REFUSED, _S.DELIVERED, _S.FAILED}),
    _S.SENT: frozenset({_S.DELIVERED, _S.FAILED}),
    _S.UNKNOWN: frozenset({_S.SENT, _S.DELIVERED, _S.FAILED}),
    _S.DELIVERED: frozenset(),
    _S.FAILED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.WITHHELD: frozenset(),
}


def sources_of(target: MessageState) -> frozenset[MessageState]:
    """Return the states from which a message may move to `target`."""
    return frozenset(state for state, targets in MOVES.items() if target in targets)


class InboxState(models.TextChoices):
    """What became of a stored callback."""

    NEW = "new", "Waiting"
    APPLIED = "applied", "Applied"
    PARTLY = "partly", "Partly applied"
    NOT_APPLIED = "not_applied", "Not applied"
