"""Statuses, their groups and their allowed moves, all in one place."""

from collections.abc import Mapping
from typing import Any

from django.db import models


class ImportOrderStatus(models.TextChoices):
    """Where an import order is on its way from draft to the carrier's final word."""

    DRAFT = "draft", "Draft"
    CHECKED = "checked", "Checked"
    SUBMITTING = "submitting", "Submitting"
    UNKNOWN = "unknown", "Asked, not answered"
    RECEIVED = "received", "Received by carrier"
    PROCESSING = "processing", "Processing"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Partly complete"
    FAILED = "failed", "Failed"
    EXCEPTION = "exception", "Exception at carrier"
    CANCELLED = "cancelled", "Cancelled"


_S = ImportOrderStatus

# What support may still edit.
EDITABLE = frozenset({_S.DRAFT, _S.CHECKED})
# The carrier has the order and may still change it: read until this set is left. EXCEPTION is in
# the carrier's notification list only; it needs a person, yet the carrier may still move on.
AT_CARRIER = frozenset({_S.RECEIVED, _S.PROCESSING, _S.EXCEPTION})
FINAL = frozenset({_S.COMPLETE, _S.PARTIAL, _S.FAILED, _S.CANCELLED})
# An open order locks its numbers against a second order.
OPEN = frozenset(_S) - FINAL
_CARRIER_WORDS = frozenset(
    {_S.RECEIVED, _S.PROCESSING, _S.COMPLETE, _S.PARTIAL, _S.FAILED, _S.EXCEPTION}
)

# From each status to those that may follow. What is not listed here does not happen.
MOVES: dict[ImportOrderStatus, frozenset[ImportOrderStatus]] = {
    _S.DRAFT: frozenset({_S.CHECKED, _S.CANCELLED}),
    _S.CHECKED: frozenset({_S.DRAFT, _S.SUBMITTING, _S.CANCELLED}),
    # Back to CHECKED: nothing was sent. Back to DRAFT: the carrier refused it, with reasons.
    _S.SUBMITTING: frozenset({_S.CHECKED, _S.DRAFT, _S.UNKNOWN}) | _CARRIER_WORDS,
    # Back to CHECKED only by a person who has made sure that the carrier does not have it.
    _S.UNKNOWN: frozenset({_S.CHECKED}) | _CARRIER_WORDS,
    _S.RECEIVED: _CARRIER_WORDS - {_S.RECEIVED},
    _S.PROCESSING: _CARRIER_WORDS - {_S.RECEIVED, _S.PROCESSING},
    _S.EXCEPTION: _CARRIER_WORDS - {_S.RECEIVED, _S.EXCEPTION},
    _S.COMPLETE: frozenset(),
    _S.PARTIAL: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
}


class RemovalStatus(models.TextChoices):
    """Where a removal is on its way to the carrier's final word."""

    SUBMITTING = "submitting", "Submitting"
    UNKNOWN = "unknown", "Asked, not answered"
    RECEIVED = "received", "Received by carrier"
    PROCESSING = "processing", "Processing"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Partly complete"
    FAILED = "failed", "Failed"


class RemovalVerb(models.TextChoices):
    """How a number leaves: what was imported is removed, what is owned is disconnected."""

    REMOVE = "remove", "Remove"
    DISCONNECT = "disconnect", "Disconnect"


_V = RemovalStatus

REMOVAL_AT_CARRIER = frozenset({_V.RECEIVED, _V.PROCESSING})
REMOVAL_FINAL = frozenset({_V.COMPLETE, _V.PARTIAL, _V.FAILED})
REMOVAL_OPEN = frozenset(_V) - REMOVAL_FINAL

# FAILED is also the end of a removal that the carrier refused, or that was never sent.
REMOVAL_MOVES: dict[RemovalStatus, frozenset[RemovalStatus]] = {
    _V.SUBMITTING: frozenset({_V.UNKNOWN}) | REMOVAL_AT_CARRIER | REMOVAL_FINAL,
    _V.UNKNOWN: REMOVAL_AT_CARRIER | REMOVAL_FINAL,
    _V.RECEIVED: frozenset({_V.PROCESSING}) | REMOVAL_FINAL,
    _V.PROCESSING: REMOVAL_FINAL,
    _V.COMPLETE: frozenset(),
    _V.PARTIAL: frozenset(),
    _V.FAILED: frozenset(),
}


class NumberOrderStatus(models.TextChoices):
    """Where an order for new numbers is on its way to the carrier's final word."""

    SUBMITTING = "submitting", "Submitting"
    UNKNOWN = "unknown", "Asked, not answered"
    RECEIVED = "received", "Received by carrier"
    BACKORDERED = "backordered", "Waiting for stock"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Partly complete"
    FAILED = "failed", "Failed"


_O = NumberOrderStatus

NUMBER_ORDER_AT_CARRIER = frozenset({_O.RECEIVED, _O.BACKORDERED})
NUMBER_ORDER_FINAL = frozenset({_O.COMPLETE, _O.PARTIAL, _O.FAILED})
NUMBER_ORDER_OPEN = frozenset(_O) - NUMBER_ORDER_FINAL

# FAILED is also the end of an order that the carrier refused, or that was never sent.
NUMBER_ORDER_MOVES: dict[NumberOrderStatus, frozenset[NumberOrderStatus]] = {
    _O.SUBMITTING: frozenset({_O.UNKNOWN}) | NUMBER_ORDER_AT_CARRIER | NUMBER_ORDER_FINAL,
    _O.UNKNOWN: NUMBER_ORDER_AT_CARRIER | NUMBER_ORDER_FINAL,
    _O.RECEIVED: frozenset({_O.BACKORDERED}) | NUMBER_ORDER_FINAL,
    _O.BACKORDERED: NUMBER_ORDER_FINAL,
    _O.COMPLETE: frozenset(),
    _O.PARTIAL: frozenset(),
    _O.FAILED: frozenset(),
}

AnyOrderStatus = ImportOrderStatus | RemovalStatus | NumberOrderStatus


def sources_of(target: AnyOrderStatus) -> frozenset[str]:
    """Return the statuses from which an order of this kind may move to `target`."""
    tables: dict[type[Any], Mapping[Any, frozenset[Any]]] = {
        ImportOrderStatus: MOVES,
        RemovalStatus: REMOVAL_MOVES,
        NumberOrderStatus: NUMBER_ORDER_MOVES,
    }
    moves = tables[type(target)]
    return frozenset(status for status, targets in moves.items() if target in targets)


class RemovalNumberStatus(models.TextChoices):
    """What became of one telephone number within one removal."""

    UNDER_WAY = "under_way", "Leaving"
    REMOVED = "removed", "Gone"
    ABSENT = "absent", "Was not hosted"
    KEPT = "kept", "Kept"


class OrderedNumberStatus(models.TextChoices):
    """What became of one telephone number within one order for new numbers."""

    UNDER_WAY = "under_way", "Ordered"
    COMPLETED = "completed", "Ours"
    FAILED = "failed", "Not to be had"


class OrderNumberStatus(models.TextChoices):
    """What became of one telephone number within one import order."""

    NEW = "new", "Not checked"
    IMPORTABLE = "importable", "Can be imported"
    BLOCKED = "blocked", "Cannot be imported"
    UNANSWERED = "unanswered", "No answer for it"
    SENT = "sent", "With the carrier"
    COMPLETED = "completed", "Imported"
    FAILED = "failed", "Failed"


class NumberState(models.TextChoices):
    """Where a telephone number is in its life with us."""

    IMPORTING = "importing", "Importing"
    HOSTED = "hosted", "Hosted"
    ORDERED = "ordered", "Ordered"
    REMOVING = "removing", "Being removed"
    DISCONNECTING = "disconnecting", "Being disconnected"
    LOST = "lost", "Lost"
    NOT_IMPORTED = "not_imported", "Import failed"
    GONE = "gone", "Gone"


# In service over the carrier: imported from elsewhere, or owned outright.
IN_SERVICE = frozenset({NumberState.HOSTED, NumberState.ORDERED})
# Its end is decided by the removal or disconnect that it is in, whatever else is heard of it.
LEAVING = frozenset({NumberState.REMOVING, NumberState.DISCONNECTING})
# A number is unique among the live ones; an ended life stays as a row of its own.
LIVE = IN_SERVICE | LEAVING | {NumberState.IMPORTING, NumberState.LOST}

NUMBER_MOVES: dict[NumberState, frozenset[NumberState]] = {
    NumberState.IMPORTING: frozenset(
        {NumberState.HOSTED, NumberState.NOT_IMPORTED, NumberState.LOST}
    ),
    NumberState.HOSTED: frozenset(
        {NumberState.LOST, NumberState.IMPORTING, NumberState.REMOVING, NumberState.GONE}
    ),
    NumberState.ORDERED: frozenset({NumberState.LOST, NumberState.DISCONNECTING, NumberState.GONE}),
    NumberState.REMOVING: frozenset({NumberState.GONE, NumberState.HOSTED}),
    NumberState.DISCONNECTING: frozenset({NumberState.GONE, NumberState.ORDERED}),
    NumberState.LOST: frozenset(
        {NumberState.IMPORTING, NumberState.HOSTED, NumberState.ORDERED, NumberState.GONE}
    ),
    NumberState.NOT_IMPORTED: frozenset(),
    NumberState.GONE: frozenset(),
}


class NumberOrigin(models.TextChoices):
    """How a telephone number came to us; it decides how it can leave."""

    IMPORT = "import", "Imported"
    ORDER = "order", "Ordered"


# The state of a number in service, and that of one on its way out, by how it came.
SERVICE_STATE = {
    NumberOrigin.IMPORT: NumberState.HOSTED,
    NumberOrigin.ORDER: NumberState.ORDERED,
}
LEAVING_STATE = {
    NumberOrigin.IMPORT: NumberState.REMOVING,
    NumberOrigin.ORDER: NumberState.DISCONNECTING,
}
VERB = {
    NumberOrigin.IMPORT: RemovalVerb.REMOVE,
    NumberOrigin.ORDER: RemovalVerb.DISCONNECT,
}


class LearnedBy(models.TextChoices):
    """How a piece of news reached us; shown in every timeline."""

    PERSON = "person", "by hand"
    WEBHOOK = "webhook", "by webhook"
    SWEEP = "sweep", "by sweep"
    ANSWER = "answer", "from the carrier's answer"
    LOOKUP = "lookup", "by look-up"
    COMPARE = "compare", "by the nightly compare"
    PORTAL = "portal", "by the portal"


class LoaType(models.TextChoices):
    """Who authorises the import (carrier's LoaType, REFERENCE 4.1)."""

    SUBSCRIBER = "SUBSCRIBER", "Subscriber's own LOA"
    CARRIER = "CARRIER", "Blanket agreement between carriers"


class AttemptState(models.TextChoices):
    """One intention to send something to the carrier, and what is known of it."""

    PENDING = "pending", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Outcome unknown"
    PARKED = "parked", "Waiting for a person"
    WITHDRAWN = "withdrawn", "Withdrawn before sending"


class WebhookState(models.TextChoices):
    """What became of a stored webhook."""

    NEW = "new", "Waiting"
    APPLIED = "applied", "Applied"
    LATE = "late", "Came late"
    UNMATCHED = "unmatched", "No such order here"
    UNKNOWN_TYPE = "unknown_type", "Unknown kind"
    UNREADABLE = "unreadable", "Unreadable"


class JobState(models.TextChoices):
    """Where a background job is."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    PARKED = "parked", "Parked"


class LoaUploadState(models.TextChoices):
    """Whether the carrier holds a copy of an LOA for an order."""

    WAITING = "waiting", "Waiting"
    UPLOADED = "uploaded", "At the carrier"
    REFUSED = "refused", "Refused by the carrier"
    REMOVED = "removed", "Removed at the carrier"


class WhoActs(models.TextChoices):
    """Who has to do something about an error."""

    CUSTOMER = "customer", "Customer"
    SUPPORT = "support", "Support"
    CONFIGURATION = "configuration", "Configuration"
    CARRIER = "carrier", "Carrier"


class AlertCause(models.TextChoices):
    """Why somebody is called; one alert is open for each cause and what it is about."""

    CREDENTIALS_REFUSED = "credentials_refused", "Credentials refused"
    CARRIER_AWAY = "carrier_away", "Carrier away"
    PARKED = "parked", "Work parked"
    NUMBERS_LOST = "numbers_lost", "Numbers lost"
    DOCTOR = "doctor", "Webhook subscriptions"
    MAIL_FAILED = "mail_failed", "Mail not sent"
    EVIDENCE = "evidence", "Evidence not whole"
    NUMBERS_FOUND = "numbers_found", "Numbers not here yet"
    LOA_DAMAGED = "loa_damaged", "LOA file damaged"
    LOA_INFECTED = "loa_infected", "LOA file in quarantine"
    STOP_UNSURE = "stop_unsure", "Stop or not"


class MailState(models.TextChoices):
    """Where a mail is."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"


class CaseKind(models.TextChoices):
    """How a telephone number here and at the carrier can differ."""

    LOST = "lost", "Lost without notice"
    THEIRS = "theirs", "Theirs, not ours"
    OURS = "ours", "Ours, not theirs"
    STATE = "state", "State differs"
    PLACE = "place", "Site or SIP peer differs"
    ORIGIN = "origin", "Came otherwise"


class InvitationPurpose(models.TextChoices):
    """What a link to a customer is for; it opens that and nothing beside it."""

    HOST = "host", "Fill in a hosting request"
    CORRECT = "correct", "Correct one field of a hosting request"
    LOA = "loa", "Sign or upload the LOA of an order"
    STATUS = "status", "See where an order is"


class HostingRequestState(models.TextChoices):
    """Where a customer's request to host numbers is."""

    FILLING = "filling", "Being filled in"
    SUBMITTED = "submitted", "To be reviewed"
    RETURNED = "returned", "Sent back to the customer"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn by the customer"


_R = HostingRequestState

REQUEST_MOVES: dict[HostingRequestState, frozenset[HostingRequestState]] = {
    _R.FILLING: frozenset({_R.SUBMITTED, _R.DECLINED, _R.WITHDRAWN}),
    _R.SUBMITTED: frozenset({_R.RETURNED, _R.ACCEPTED, _R.DECLINED, _R.WITHDRAWN}),
    _R.RETURNED: frozenset({_R.SUBMITTED, _R.DECLINED, _R.WITHDRAWN}),
    _R.ACCEPTED: frozenset(),
    _R.DECLINED: frozenset(),
    _R.WITHDRAWN: frozenset(),
}


class RequestPart(models.TextChoices):
    """What support can send back of a hosting request, and then alone is open to the customer."""

    NUMBERS = "numbers", "Phone numbers"
    BUSINESS_NAME = "business_name", "Business name"
    ADDRESS = "address", "Service address"
    AUTHORIZING_PERSON = "authorizing_person", "Person who may sign"


class LoaSource(models.TextChoices):
    """How an LOA came to be."""

    UPLOADED = "uploaded", "Uploaded file"
    SIGNED = "signed", "Signed here"


class LoaScope(models.TextChoices):
    """What an LOA speaks for."""

    NUMBERS = "numbers", "The numbers that it lists"
    BLANKET = "blanket", "Every number of the subscriber"


class LoaScanState(models.TextChoices):
    """What the virus scanner said of an LOA's file."""

    NOT_ASKED = "not_asked", "No scanner"
    WAITING = "waiting", "Not checked yet"
    CLEAN = "clean", "Nothing found"
    INFECTED = "infected", "In quarantine"


class EvidenceKind(models.TextChoices):
    """What an entry in the chain of evidence proves."""

    RECEIVED = "received", "LOA received"
    SIGNED = "signed", "LOA signed here"
    VOIDED = "voided", "Signature no longer counts"
    CONFIRMED = "confirmed", "Confirmed by a person"
    WITHDRAWN = "withdrawn", "Authority withdrawn by the subscriber"
    HELD = "held", "Legal hold put on or lifted"
    PURGED = "purged", "File purged after its time"
    ERASED = "erased", "Person erased on request"


class LeavingState(models.TextChoices):
    """Where a wish to give numbers up is, before it becomes removals and disconnects."""

    WAITING = "waiting", "Waits for a second person"
    # Decided; a worker makes the orders.
    BEGINNING = "begins", "Beginning"
    # The worker gave up half-way; a person decides about the rest.
    STOPPED = "stopped", "Stopped half-way"
    AGREED = "agreed", "Begun"
    DECLINED = "declined", "Declined"


# Its numbers have no order yet, and may get one.
LEAVING_OPEN = frozenset({LeavingState.WAITING, LeavingState.BEGINNING})


class BulkKind(models.TextChoices):
    """What is done to many numbers, one after the other, by a worker."""

    ASSIGN = "assign", "Move to a subscriber"
    LOCK = "lock", "Lock against leaving"
    UNLOCK = "unlock", "Unlock"
    READ = "read", "Read at the carrier"
    HOLD = "hold", "Hold for an order"
    PLATFORM_IMPORT = "platform_import", "Import to the old platform"
    PLATFORM_CHECK = "platform_check", "Ask what the new platform says"
    PLATFORM_RELEASE = "platform_release", "Release from the old platform"


class BulkState(models.TextChoices):
    """Where a bulk action is."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Under way"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class BulkRowState(models.TextChoices):
    """What became of one row of a bulk action. Nothing is called done before it is known."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Under way"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Nothing to do"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    CANCELLED = "cancelled", "Cancelled"


class TakeOverState(models.TextChoices):
    """Whether the take-over of an account is over."""

    READING = "reading", "Under way"
    DONE = "done", "Done"


class TakeOverStep(models.TextChoices):
    """What is done at the moment in the take-over of an account."""

    LIST = "list", "Reading the carrier's list"
    PLACES = "places", "Reading where each number stands"
    NUMBERS = "numbers", "Taking the numbers over"


class IntakeState(models.TextChoices):
    """Where an uploaded file of numbers is."""

    READING = "reading", "Being read"
    READ = "read", "Read, nothing changed yet"
    UNREADABLE = "unreadable", "Cannot be read"
    COMMITTING = "committing", "Being taken over"
    COMMITTED = "committed", "Taken over"
    DISCARDED = "discarded", "Discarded"


class IntakeVerdict(models.TextChoices):
    """What a row of an uploaded file would do."""

    ADD = "add", "New"
    CHANGE = "change", "Changes"
    SAME = "same", "Is so already"
    REFUSED = "refused", "Refused"


class PlatformStage(models.TextChoices):
    """How far a number of the old platform is on its way to the new one."""

    FOUND = "found", "On the old platform"
    READY = "ready", "Can be imported"
    BLOCKED = "blocked", "Cannot be imported"
    MOVING = "moving", "Being imported"
    MOVED = "moved", "In service on the new one"
    RELEASED = "released", "Released from the old one"
