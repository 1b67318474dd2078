"""Deliver the mails that were written down: each with bounded tries, one problem one alert."""

import logging
import smtplib
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F, Q, QuerySet

from accounts.again import repeated
from numbering import clock
from numbering.domain import jobs
from numbering.domain.alerts import close_alert, open_alert
from numbering.domain.loa_content import DamagedLoa, read_content, shown_name
from numbering.domain.mails import masked
from numbering.enums import AlertCause, MailState
from numbering.models import Alert, Job, Mail
from numbering.sealing import CannotUnseal, unseal

logger = logging.getLogger(__name__)

# With these waits a mail is tried for about half a day.
MOST_TRIES = 20
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 3600
# A mail server may well say no once or twice; this often is a matter for somebody.
TROUBLE_TRIES = 3
# A worker that dies with a mail in its hands gives it back after this.
_CLAIM = timedelta(minutes=5)
# These are about one mail; any other failure is about the server, and holds for all of them.
_ABOUT_ONE_MAIL = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
)


def due_mails() -> QuerySet[Mail]:
    """Return the mails whose time has come, the longest waiting first."""
    waiting = Mail.objects.filter(state=MailState.WAITING, due_at__lte=clock.database_now())
    return waiting.order_by("due_at", "pk")


def run_send(job: Job) -> None:
    """Handler: send the mails whose time has come. Stops early when the mail server is away."""
    while jobs.renew(job) and (mail := _claim()) is not None:
        try:
            _deliver(mail)
        except (CannotUnseal, DamagedLoa) as error:
            _give_up(mail, str(error))
        except OSError as error:  # the exceptions of smtplib are among them
            wait = _failed(mail, _in_words(error))
            if not isinstance(error, _ABOUT_ONE_MAIL):
                due_mails().update(due_at=clock.database_now() + timedelta(seconds=wait))
                return
        except Exception as error:
            # A mail that cannot be put together: it must not stop the others.
            logger.exception("mail failed", extra={"mail": mail.pk})
            _give_up(mail, f"Unexpected {type(error).__name__}; see the log.")
        else:
            _settle(mail, MailState.SENT, "The mail server took it.")


def close_if_over() -> None:
    """Close the alert once no mail is in trouble that has been so since it was opened."""
    for alert in Alert.objects.filter(cause=AlertCause.MAIL_FAILED, closed_at=None):
        waiting = Q(state=MailState.WAITING, tries__gte=TROUBLE_TRIES)
        given_up = Q(state=MailState.FAILED, settled_at__gte=alert.opened_at)
        if not Mail.objects.filter(waiting | given_up).exists():
            close_alert(cause=AlertCause.MAIL_FAILED)


@repeated
def retry(mail_ids: Iterable[int]) -> int:
    """Have mails tried at once that wait or were given up; return how many.

    One that was given up and held a secret link is left alone: the link was erased with it.
    """
    now = clock.database_now()
    chosen = Mail.objects.filter(pk__in=list(mail_ids))
    # Their tries stay: a worker that has one in its hands knows its claim by them.
    hurried = chosen.filter(state=MailState.WAITING).update(due_at=now)
    return hurried + chosen.filter(state=MailState.FAILED, is_masked=False).update(
        state=MailState.WAITING, due_at=now, tries=0, settled_at=None
    )


def _claim() -> Mail | None:
    """Take a mail; its next due time is the end of the claim, should this worker die."""
    mail = due_mails().first()
    while mail is not None:
        taken = due_mails().filter(pk=mail.pk, tries=mail.tries)
        if taken.update(due_at=clock.database_now() + _CLAIM, tries=F("tries") + 1):
            mail.tries += 1
            return mail
        mail = due_mails().first()  # another worker was first
    return None


def _deliver(mail: Mail) -> None:
    message = EmailMessage(
        subject=mail.subject,
        body=unseal(mail.sealed) if mail.sealed else mail.text,
        from_email=mail.sender,
        to=[mail.recipient],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
        connection=get_connection(settings.MAIL_DELIVERY_BACKEND),
    )
    if mail.loa is not None:
        message.attach(shown_name(mail.loa), read_content(mail.loa), mail.loa.content_type)
    message.send()


def _failed(mail: Mail, reason: str) -> float:
    """Put the mail back, or give it up; return the seconds until the server is worth a try."""
    wait = jobs.back_off(mail.tries, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS)
    if mail.tries >= MOST_TRIES:
        _give_up(mail, reason)
        return wait
    _claimed(mail).update(
        due_at=clock.database_now() + timedelta(seconds=wait), result=reason[:300]
    )
    if mail.tries >= TROUBLE_TRIES:
        _call(reason)
    return wait


def _give_up(mail: Mail, reason: str) -> None:
    _settle(mail, MailState.FAILED, reason)
    _call(reason)


def _settle(mail: Mail, state: MailState, result: str) -> None:
    # The full text is needed no longer, so that it can be stolen no longer.
    _claimed(mail).update(state=state, result=result[:300], sealed="", settled_at=clock.now())


def _claimed(mail: Mail) -> QuerySet[Mail]:
    """Return the mail as long as no other worker has taken it since."""
    return Mail.objects.filter(pk=mail.pk, state=MailState.WAITING, tries=mail.tries)


def _call(reason: str) -> None:
    open_alert(
        cause=AlertCause.MAIL_FAILED,
        title="Mails cannot be sent",
        text=f"{reason} The portal keeps trying. If it does not pass, an operator must check "
        "EMAIL_URL and the mail server; what was given up can be tried again under Mails.",
    )


def _in_words(error: OSError) -> str:
    """Say what went wrong. A server that refuses a mail may quote from it, links included."""
    code: int
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    elif isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected):
        return "The mail server did not answer in time, or hung up."
    else:
        return f"The mail server cannot be reached ({type(error).__name__})."
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    printable = "".join(char if char.isprintable() else " " for char in masked(text))
    return f"The mail server refused it: {code} {printable[:200]}".strip() + "."
