"""The records of numbering."""

from numbering.models.error_help import ErrorHelp
from numbering.models.exchange import CarrierExchange
from numbering.models.import_order import (
    ImportOrder,
    ImportOrderNumber,
    OrderEvent,
    SubmitAttempt,
)
from numbering.models.job import Heartbeat, Job
from numbering.models.loa import Loa, LoaCoverage, LoaOpening, LoaUpload
from numbering.models.sip_peer import SipPeer
from numbering.models.subscriber import LoaSigner, Subscriber
from numbering.models.telephone_number import TelephoneNumber, TelephoneNumberEvent
from numbering.models.webhook import WebhookEvent

__all__ = [
    "CarrierExchange",
    "ErrorHelp",
    "Heartbeat",
    "ImportOrder",
    "ImportOrderNumber",
    "Job",
    "Loa",
    "LoaCoverage",
    "LoaOpening",
    "LoaSigner",
    "LoaUpload",
    "OrderEvent",
    "SipPeer",
    "SubmitAttempt",
    "Subscriber",
    "TelephoneNumber",
    "TelephoneNumberEvent",
    "WebhookEvent",
]
