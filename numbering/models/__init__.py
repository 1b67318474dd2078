"""The records of numbering."""

from numbering.models.alert import Alert
from numbering.models.case import Case
from numbering.models.contact import SubscriberContact
from numbering.models.doctor import DoctorVisit
from numbering.models.error_help import ErrorHelp
from numbering.models.evidence import EvidenceEntry, EvidenceHead
from numbering.models.exchange import CarrierExchange
from numbering.models.export import Export
from numbering.models.hosting_request import HostingRequest, HostingRequestNumber
from numbering.models.import_order import (
    ImportOrder,
    ImportOrderNumber,
    OrderEvent,
    SubmitAttempt,
)
from numbering.models.invitation import Invitation
from numbering.models.job import Heartbeat, Job
from numbering.models.loa import Loa, LoaConfirmation, LoaCoverage, LoaOpening, LoaUpload
from numbering.models.mail import Mail
from numbering.models.removal import (
    RemovalAttempt,
    RemovalEvent,
    RemovalNumber,
    RemovalOrder,
)
from numbering.models.sip_peer import SipPeer
from numbering.models.subscriber import LoaSigner, Subscriber
from numbering.models.telephone_number import TelephoneNumber, TelephoneNumberEvent
from numbering.models.webhook import WebhookEvent
from numbering.models.withdrawal import Withdrawal, WithdrawalNumber

__all__ = [
    "Alert",
    "CarrierExchange",
    "Case",
    "DoctorVisit",
    "ErrorHelp",
    "EvidenceEntry",
    "EvidenceHead",
    "Export",
    "Heartbeat",
    "HostingRequest",
    "HostingRequestNumber",
    "ImportOrder",
    "ImportOrderNumber",
    "Invitation",
    "Job",
    "Loa",
    "LoaConfirmation",
    "LoaCoverage",
    "LoaOpening",
    "LoaSigner",
    "LoaUpload",
    "Mail",
    "OrderEvent",
    "RemovalAttempt",
    "RemovalEvent",
    "RemovalNumber",
    "RemovalOrder",
    "SipPeer",
    "SubmitAttempt",
    "Subscriber",
    "SubscriberContact",
    "TelephoneNumber",
    "TelephoneNumberEvent",
    "WebhookEvent",
    "Withdrawal",
    "WithdrawalNumber",
]
