"""The records of numbering."""

from numbering.models.alert import Alert
from numbering.models.bulk_action import BulkAction, BulkRow
from numbering.models.case import Case
from numbering.models.compare_run import CompareRun
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
from numbering.models.intake import Intake, IntakeRow
from numbering.models.invitation import Invitation
from numbering.models.job import Heartbeat, Job
from numbering.models.leaving import Leaving, LeavingNumber
from numbering.models.loa import Loa, LoaConfirmation, LoaCoverage, LoaOpening, LoaUpload
from numbering.models.mail import Mail
from numbering.models.number_order import (
    NumberOrder,
    NumberOrderAttempt,
    NumberOrderEvent,
    NumberOrderNumber,
)
from numbering.models.platform_number import PlatformNumber, PlatformReading
from numbering.models.removal import (
    RemovalAttempt,
    RemovalEvent,
    RemovalNumber,
    RemovalOrder,
)
from numbering.models.reservation import Reservation
from numbering.models.saved_view import SavedView
from numbering.models.sip_peer import SipPeer
from numbering.models.subscriber import LoaSigner, Subscriber
from numbering.models.take_over import TakeOver, TakeOverNumber
from numbering.models.telephone_number import TelephoneNumber, TelephoneNumberEvent
from numbering.models.webhook import WebhookEvent
from numbering.models.withdrawal import Withdrawal, WithdrawalNumber

__all__ = [
    "Alert",
    "BulkAction",
    "BulkRow",
    "CarrierExchange",
    "Case",
    "CompareRun",
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
    "Intake",
    "IntakeRow",
    "Invitation",
    "Job",
    "Leaving",
    "LeavingNumber",
    "Loa",
    "LoaConfirmation",
    "LoaCoverage",
    "LoaOpening",
    "LoaSigner",
    "LoaUpload",
    "Mail",
    "NumberOrder",
    "NumberOrderAttempt",
    "NumberOrderEvent",
    "NumberOrderNumber",
    "OrderEvent",
    "PlatformNumber",
    "PlatformReading",
    "RemovalAttempt",
    "RemovalEvent",
    "RemovalNumber",
    "RemovalOrder",
    "Reservation",
    "SavedView",
    "SipPeer",
    "SubmitAttempt",
    "Subscriber",
    "SubscriberContact",
    "TakeOver",
    "TakeOverNumber",
    "TelephoneNumber",
    "TelephoneNumberEvent",
    "WebhookEvent",
    "Withdrawal",
    "WithdrawalNumber",
]
