"""The one gate for text messages out: nothing after STOP, and nothing twice.

There is no idempotency key. So a message is a row before it is sent, one worker claims it by a
conditional write, and what got no clear answer stays *unknown*: only news of the carrier settles
it, and no timer sends it again.
"""

import re
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier.errors import CarrierError, CredentialsRefused, Outcome, Refused, Throttled
from carrier.messages import TEXT_LIMIT
from carrier.messages import send as send_once
from carrier.records import NewMessage
from messaging.domain import inbox, outgoing
from messaging.domain.opt_outs import open_opt_outs
from messaging.enums import MessageState
from messaging.models import Message, OptOut
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier, in_words
from numbering.domain import jobs, traffic
from numbering.domain.cannot_do import CannotDo
from numbering.domain.hold_off import wait_if_held
from numbering.domain.jobs import TryLater
from numbering.domain.sending import CREDENTIALS_WAIT_SECONDS
from numbering.enums import IN_SERVICE
from numbering.models import Job, TelephoneNumber
from numbering.phone import NotANumber, to_e164
from numbering.stopping_points import reached

# A confirmation of STOP that comes later than this would be one more unwanted message.
CONFIRM_WITHIN = timedelta(minutes=5)
_STOPPED = "They asked to stop: nothing is sent to them from this number until they text START."
_TOO_LATE = "More than five minutes after the STOP, or they have started again since."
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


@repeated
def send(*, our_number: str, their_number: str, text: str, actor: User) -> Message:
    """Write down a message to be sent soon.

    Raises CannotDo, with what to do: after STOP, from a number not in service, to what is no
    number, or for a text that cannot be sent.
    """
    try:
        their_number = to_e164(their_number)
    except NotANumber as error:
        raise CannotDo(f"{their_number[:20]} cannot be texted. {error}") from None
    in_service = TelephoneNumber.objects.filter(e164=our_number, state__in=IN_SERVICE)
    if not in_service.exists():
        raise CannotDo(f"{our_number[:20]} is not in service here now; choose a number that is.")
    if not text.strip() or len(text) > TEXT_LIMIT:
        raise CannotDo(f"Write a text of 1 to {TEXT_LIMIT:,} characters.")
    if _UNSENDABLE.search(text):
        raise CannotDo("The text holds characters that cannot be sent; type it anew.")
    if open_opt_outs(our_number, their_number).exists():
        raise CannotDo(_STOPPED)
    return outgoing.queue(our_number=our_number, their_number=their_number, text=text, actor=actor)


def run_send(job: Job) -> None:
    """Handler: send the message that the job is about, once. Raises TryLater when nothing left."""
    message = Message.objects.get(pk=job.subject)
    if message.state == MessageState.SENDING:
        # A worker claimed it and never reported back: it may be on its way.
        _settle(message, MessageState.UNKNOWN, "The worker stopped while sending.")
    if message.state != MessageState.WAITING:
        return
    wait_if_held()
    application_id = str(settings.CARRIER["messaging_application_id"])
    if not application_id:
        raise TryLater("Set CARRIER_MESSAGING_APPLICATION_ID; nothing was sent.", after=60)
    try:
        carrier = get_carrier()
    except CarrierNotConfigured as error:
        raise TryLater(str(error), after=60) from error
    # A STOP that has knocked counts, also while it still waits in the inbox.
    inbox.apply_waiting()
    if not _claim(message, job):
        return
    reached("after_claim")
    try:
        carrier_id = send_once(
            carrier,
            message=NewMessage(
                application_id=application_id,
                from_number=message.our_number,
                to_number=message.their_number,
                text=message.text,
                tag=message.reference,
            ),
        )
    except CarrierError as error:
        reached("after_send")
        _settle_error(message, error)
    else:
        reached("after_answer")
        _settle(message, MessageState.SENT, "", carrier_id=carrier_id)
        traffic.note_traffic([message.our_number], at=clock.now())


@repeated
def _claim(message: Message, job: Job) -> bool:
    """Take the message to be sent, just before it is; False when it must not be, or is not ours.

    In one transaction with the lease, so that a worker that slept and lost its job claims nothing.
    A STOP that is being applied at this moment waits for us, or we for it: both write this row.
    """
    call_seconds = float(str(settings.CARRIER["call_timeout"]))
    if not jobs.renew(job, seconds=call_seconds * 2 + 30):
        raise TryLater("The lease ended before anything was sent.", after=0, counts=False)
    row = Message.objects.select_for_update().filter(pk=message.pk)
    row.first()
    if reason := _reason_to_withhold(message):
        outgoing.move(row, to=MessageState.WITHHELD, remark=reason)
        return False
    message.claim_token = job.lease_token
    return outgoing.move(
        row,
        to=MessageState.SENDING,
        claim_token=job.lease_token,
        sent_at=clock.database_now(),
    )


def _reason_to_withhold(message: Message) -> str:
    confirmed = OptOut.objects.filter(confirmation=message)
    if not confirmed.exists():
        stopped = open_opt_outs(message.our_number, message.their_number).exists()
        return _STOPPED if stopped else ""
    in_time = confirmed.filter(ended_at=None, since__gt=clock.database_now() - CONFIRM_WITHIN)
    return "" if in_time.exists() else _TOO_LATE


def _settle_error(message: Message, error: CarrierError) -> None:
    words = in_words(error)
    if error.outcome is Outcome.UNKNOWN:
        _settle(message, MessageState.UNKNOWN, words)
    elif isinstance(error, Throttled):
        _settle(message, MessageState.WAITING, words)
        raise TryLater(error.message, at=error.retry_at, counts=False)
    elif isinstance(error, CredentialsRefused):
        _settle(message, MessageState.WAITING, words)
        raise TryLater(error.message, after=CREDENTIALS_WAIT_SECONDS, counts=False)
    elif isinstance(error, Refused):
        _settle(message, MessageState.REFUSED, words)
    else:
        _settle(message, MessageState.WAITING, words)
        raise TryLater(error.message)


@repeated
def _settle(message: Message, to: MessageState, remark: str, **changes: object) -> None:
    """Write down how the call ended, unless news or another worker were first to know better."""
    outgoing.move(_as_claimed(message, to), to=to, remark=remark, **changes)


def _as_claimed(message: Message, to: MessageState) -> QuerySet[Message]:
    rows = Message.objects.filter(pk=message.pk)
    # What the carrier took is known to be sent, also when it was taken for lost meanwhile.
    return rows if to == MessageState.SENT else rows.filter(claim_token=message.claim_token)


def give_up_send(job: Job) -> None:
    """The job was parked: say so on the message."""
    message = Message.objects.get(pk=job.subject)
    if message.state == MessageState.SENDING:
        _settle(message, MessageState.UNKNOWN, "The worker stopped while sending.")
    else:
        rows = Message.objects.filter(pk=message.pk, state=MessageState.WAITING)
        outgoing.move(rows, to=MessageState.FAILED, remark="Given up; it was never sent.")
