"""The records of numbering."""

from numbering.models.alert import Alert
from numbering.models.case import Case
from numbering.models.doctor import DoctorVisit
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
from numbering.models.mail import Mail
from numbering.models.sip_peer import SipPeer
from numbering.models.subscriber import LoaSigner, Subscriber
from numbering.models.telephone_number import TelephoneNumber, TelephoneNumberEvent
from numbering.models.webhook import WebhookEvent

__all__ = [
    "Alert",
    "CarrierExchange",
    "Case",
    "DoctorVisit",
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
    "Mail",
    "OrderEvent",
    "SipPeer",
    "SubmitAttempt",
    "Subscriber",
    "TelephoneNumber",
    "TelephoneNumberEvent",
    "WebhookEvent",
]
