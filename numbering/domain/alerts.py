"""Alerts that are not noise: one for each cause, by mail and on the home page, until it is over."""

import re

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.domain.mails import queue_mail
from numbering.enums import AlertCause
from numbering.models import Alert
from numbering.wording import counted

# The key of the alert about attempts whose outcome a person must decide.
ATTEMPTS = "attempts"
_TEXT_LIMIT = 2000
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def open_alert(*, cause: str, key: str = "", title: str, text: str) -> None:
    """Call somebody, once: while the alert for this cause and key is open, it is only counted.

    The first time writes a mail to each of ALERT_EMAILS, in the caller's transaction.
    """
    title = _clean(" ".join(title.split()))[:200]
    text = _clean(text)[:_TEXT_LIMIT]
    now = clock.now()
    with transaction.atomic():
        _, is_new = Alert.objects.get_or_create(
            cause=cause,
            key=key,
            closed_at=None,
            defaults={"title": title, "text": text, "opened_at": now, "last_seen_at": now},
        )
        if not is_new:
            Alert.objects.filter(cause=cause, key=key, closed_at=None).update(
                count=F("count") + 1, last_seen_at=now
            )
        # Mail cannot report that mail does not work.
        elif cause != AlertCause.MAIL_FAILED:
            home = settings.SITE_URL + reverse("admin:index")
            queue_mail(
                recipients=settings.ALERT_EMAILS,
                subject=f"Alert: {title}",
                text=f"{text}\n\nThe alert stands on the home page until it is over:\n{home}\n",
            )


def close_alert(*, cause: str, key: str = "") -> None:
    """The cause is gone, as the portal saw for itself; does nothing when no such alert is open."""
    Alert.objects.filter(cause=cause, key=key, closed_at=None).update(closed_at=clock.now())


def open_alerts() -> QuerySet[Alert]:
    """Return what waits for somebody, newest first."""
    return Alert.objects.filter(closed_at=None).order_by("-opened_at", "-pk")


@repeated
def see_to(alert_id: int, *, actor: User) -> bool:
    """A person has seen to it; False when it was closed already.

    If the same happens again, a new alert is opened.
    """
    return bool(
        Alert.objects.filter(pk=alert_id, closed_at=None).update(
            closed_at=clock.now(), closed_by=actor
        )
    )


def parked_job(kind: str, reason: str) -> None:
    """Call somebody because a background job was given up; one alert for each kind of job."""
    open_alert(
        cause=AlertCause.PARKED,
        key=kind,
        title=f"Background work given up: {kind.replace('_', ' ')}",
        text=f"{reason}\n\nLook under Background jobs, state Parked. Once the reason is gone, tick "
        "the jobs there and put them back to work.",
    )


def parked_attempt(reference: str, reason: str) -> None:
    """Call somebody because the carrier may or may not have what was sent under our reference.

    One alert for all of them; it closes when the last one is decided.
    """
    open_alert(
        cause=AlertCause.PARKED,
        key=ATTEMPTS,
        title="Decide: did the carrier get it?",
        text=f"Our reference {reference}: {reason}\n\nIt is not sent again before that. Look in "
        "the carrier's dashboard for the reference, then say on the order's page whether it is "
        "there.",
    )


def numbers_lost(count: int, *, how: str) -> None:
    """Call somebody because numbers that we host are lost; `how` says how we learned of it."""
    open_alert(
        cause=AlertCause.NUMBERS_LOST,
        title=f"{counted(count, 'number')} lost",
        text=f"Another carrier has taken the texting of {counted(count, 'number')} ({how}). Look "
        "under Telephone numbers, state Lost, and ask the subscribers whether they meant it. If "
        "not, import the numbers again with a fresh LOA.",
    )


def damaged_loas(count: int) -> None:
    """Call somebody while at least one stored LOA is not what was received."""
    if not count:
        close_alert(cause=AlertCause.LOA_DAMAGED)
        return
    open_alert(
        cause=AlertCause.LOA_DAMAGED,
        title=f"{counted(count, 'LOA file')} missing or changed",
        text="A stored LOA is missing, or no longer what was received. It is given to nobody. Look "
        "under LOAs, File is damaged, and bring the file back from a backup; the next nightly "
        "check closes this alert.",
    )


def infected_loa(name: str, *, key: str) -> None:
    """Call somebody because the virus scanner found something in a received LOA."""
    open_alert(
        cause=AlertCause.LOA_INFECTED,
        key=key,
        title=f"{name} is in quarantine",
        text=f"The virus scanner found something in the file of {name}. The file is kept and given "
        "to nobody, and it does not count. Ask the customer for another file, and tell them to "
        "have their computer checked.",
    )


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)
