"""The records of messaging."""

from messaging.models.message import Message, MessageReading
from messaging.models.message_event import MessageEvent
from messaging.models.opt_out import OptOut

__all__ = ["Message", "MessageEvent", "MessageReading", "OptOut"]
