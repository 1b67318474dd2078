"""The subscription doctor: looks every hour, repairs what is safe to repair, says what it did.

The carrier tells nobody that a webhook subscription ended, was deleted, or reaches no one; without
a look of our own, the silence would be noticed by customers.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from accounts.models import User
from carrier.errors import CarrierError
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import subscriptions
from numbering.domain.alerts import close_alert, open_alert
from numbering.domain.heartbeat import beat
from numbering.domain.hold_off import wait_if_held
from numbering.domain.jobs import TryLater
from numbering.domain.subscriptions import Diagnosis, Repair, Topic
from numbering.enums import FINAL, AlertCause, ImportOrderStatus, LearnedBy
from numbering.models import DoctorVisit, Job, OrderEvent, WebhookEvent

# Making anew what failed to deliver would only hide that it failed: that waits for a person.
SAFE = frozenset(Repair) - {Repair.RENEW}
ROUND_EVERY = timedelta(hours=1)
COULD_NOT_LOOK_SECONDS = 300
REPORT_EVERY = timedelta(hours=24)
SILENCE_AFTER = timedelta(days=7)
SILENT_ORDERS = 3
SHOWN_VISITS = 10
# The alerts' keys: what is wrong with the subscriptions, and that nothing arrives.
SUBSCRIPTIONS = "subscriptions"
SILENCE = "silence"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def is_due(last_round: datetime, now: datetime) -> bool:
    """Say whether the hourly round is due."""
    return not timedelta(0) <= now - last_round < ROUND_EVERY


def run_doctor(_job: Job) -> None:
    """Handler: the hourly round."""
    wait_if_held()
    try:
        _round()
    except CarrierNotConfigured:
        pass  # the start-up check says so already
    except CarrierError as error:
        # That the carrier is away has an alert of its own.
        raise TryLater(in_words(error), after=COULD_NOT_LOOK_SECONDS, counts=False) from error
    beat("doctor")


def _round() -> None:
    diagnosis = subscriptions.diagnose()
    found = [str(finding) for finding in diagnosis.findings]
    done: list[str] = []
    is_safe = any(finding.repair in SAFE for finding in diagnosis.findings)
    if is_safe and _may_repair_unasked() and not _repaired_in_vain(found):
        diagnosis = _treat(found, done, kinds=SAFE, actor=None)
    elif _is_news(found):
        DoctorVisit.objects.create(at=clock.now(), found=found, left=found)
    _call_or_clear(diagnosis)


def repair(*, actor: User | None, renew: bool = False) -> list[str]:
    """Put right whatever is wrong, asked by a person; return what was done, in sentences.

    With `renew`, what is right is replaced as well: a changed password is handed over by that.
    Raises CarrierError and CarrierNotConfigured; what was done before is in the record.
    """
    found = [str(finding) for finding in subscriptions.diagnose().findings]
    done: list[str] = []
    _call_or_clear(_treat(found, done, kinds=frozenset(Repair), actor=actor, renew=renew))
    return done


def last_visits() -> list[DoctorVisit]:
    """Return the latest visits that had something to tell, newest first."""
    return list(DoctorVisit.objects.select_related("actor")[:SHOWN_VISITS])


def silence(diagnosis: Diagnosis) -> str:
    """Return, as a sentence, that notices ought to have come and none did; else an empty text.

    Orders became final and only the sweep noticed, although a subscription stands. What was
    repaired lately gets its time first.
    """
    if any(
        finding.topic is Topic.IMPORT_ORDERS and finding.repair is Repair.CREATE
        for finding in diagnosis.findings
    ):
        return ""
    since = clock.now() - SILENCE_AFTER
    repaired = DoctorVisit.objects.exclude(done=[]).values_list("at", flat=True).first()
    since = max(since, repaired or since)
    arrived = WebhookEvent.objects.filter(received_at__gte=since).exclude(
        kind__iexact=Topic.MESSAGING_LOST
    )
    swept = _orders_ended_by_sweep(since)
    if swept < SILENT_ORDERS or arrived.exists():
        return ""
    return (
        f"{swept} import orders have ended since {since:%Y-%m-%d %H:%M} UTC and no notice of any "
        "arrived, although the carrier has a subscription. Make sure that the address can be "
        "reached from the internet and that nothing in front of the portal refuses the first "
        "request, which carries no password."
    )


def _orders_ended_by_sweep(since: datetime) -> int:
    ended = OrderEvent.objects.filter(
        at__gte=since,
        learned_by=LearnedBy.SWEEP,
        to_status__in=FINAL - {ImportOrderStatus.CANCELLED},
    )
    return ended.values("order").distinct().count()


def _treat(
    found: list[str],
    done: list[str],
    *,
    kinds: frozenset[Repair],
    actor: User | None,
    renew: bool = False,
) -> Diagnosis:
    """Repair, look again, and keep a record of it, also when it stops in the middle."""
    try:
        # One by one: what was done before an error stays done, and must be in the record.
        for sentence in subscriptions.repairs(kinds, renew=renew):
            done.append(sentence)
        diagnosis = subscriptions.diagnose()
    except CarrierError as error:
        DoctorVisit.objects.create(
            at=clock.now(), actor=actor, found=found, done=done, trouble=in_words(error)
        )
        raise
    left = [str(finding) for finding in diagnosis.findings]
    DoctorVisit.objects.create(at=clock.now(), actor=actor, found=found, done=done, left=left)
    return diagnosis


def _may_repair_unasked() -> bool:
    """A portal on somebody's own machine must not sign itself up at the real carrier."""
    is_sandbox = bool(settings.CARRIER["allow_plain_http"])
    return is_sandbox or urlsplit(settings.SITE_URL).hostname not in _LOOPBACK


def _repaired_in_vain(found: list[str]) -> bool:
    """Whether the same was repaired within the last day: then it does not hold."""
    since = clock.now() - REPORT_EVERY
    visits = DoctorVisit.objects.filter(actor=None, at__gte=since).exclude(done=[])
    return any(visit == found for visit in visits.values_list("found", flat=True))


def _is_news(found: list[str]) -> bool:
    """Whether this look is worth a row: it differs from the last one, or a day has passed."""
    last = DoctorVisit.objects.first()
    return last is None or last.left != found or clock.now() - last.at >= REPORT_EVERY


def _call_or_clear(diagnosis: Diagnosis) -> None:
    _alert(
        SUBSCRIPTIONS,
        "The carrier's webhooks need a person",
        [str(finding) for finding in diagnosis.findings],
    )
    still = silence(diagnosis)
    _alert(SILENCE, "No webhooks arrive", [still] if still else [])


def _alert(key: str, title: str, sentences: Iterable[str]) -> None:
    text = "\n".join(sentences)
    if text:
        open_alert(
            cause=AlertCause.DOCTOR,
            key=key,
            title=title,
            text=f"{text}\n\nUntil then only the sweep brings news. Look under Webhook "
            "subscriptions; an administrator can repair there.",
        )
    else:
        close_alert(cause=AlertCause.DOCTOR, key=key)
