"""Is the carrier there, and does it take our credentials? Read from the exchanges, each minute.

The older platform has credentials of its own, and an alert of its own about them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from django.db.models import Count, F, Max, Min, Q

from carrier.call import FOREIGN_NUMBER
from carrier.errors import Outcome
from numbering import clock
from numbering.carrier_link import ACCEPTED, ELSEWHERE, REFUSED
from numbering.domain import outbox
from numbering.domain.alerts import ATTEMPTS, close_alert, open_alert
from numbering.domain.heartbeat import beat
from numbering.enums import AlertCause, AttemptState, JobState
from numbering.models import Alert, CarrierExchange, Job
from numbering.models.attempt import Attempt

AWAY_AFTER = timedelta(minutes=5)
AWAY_TRIES = 3
# No older refusal opens an alert: it was reported, and seen to, in its time.
_RECENT = timedelta(minutes=15)
# A server that only fails is as good as away.
_ANSWERED = Q(http_status__lt=500)


def run_watch(_job: Job) -> None:
    """Handler: open what needs somebody at the carrier's side, close whatever is over."""
    for door in _DOORS:
        _watch_credentials(door)
    _watch_answers()
    _close_parked()
    outbox.close_if_over()
    beat("watch")


@dataclass(frozen=True)
class _Door:
    """Something that asks for credentials: what it refused and accepted, and whom to call.

    `with_own` are operations that carry credentials besides those of all: only the same operation
    shows that these are good.
    """

    key: str
    refused: Q
    accepted: Q
    title: str
    text: str
    with_own: frozenset[str] = frozenset()


_DOORS = (
    _Door(
        key="",
        refused=REFUSED,
        accepted=ACCEPTED,
        title="The carrier refuses our credentials",
        text="Nothing is lost: what waits is sent once the carrier takes them again. An "
        "administrator must check the CARRIER_ settings, and the roles of the credentials "
        "in the carrier's dashboard. Exchanges shows what was refused. The portal tries "
        "every ten minutes.",
    ),
    _Door(
        key="platform",
        refused=ELSEWHERE
        & Q(http_status__in=[401, 403])
        # A no about one number, which the detail quotes.
        & ~Q(detail__contains=FOREIGN_NUMBER),
        accepted=ELSEWHERE & Q(outcome=Outcome.ACCEPTED),
        title="The older platform refuses our credentials",
        text="Nothing is lost: bulk actions that wait go on once it takes them again. An "
        "administrator must check the PLATFORM_ settings: the API token and secret, and for "
        "imports also the dashboard's user and password. Exchanges shows what was refused. "
        "What waits is tried every ten minutes, with one call.",
        # With the password of the dashboard's user.
        with_own=frozenset({"platform.import_number"}),
    ),
)


def _watch_credentials(door: _Door) -> None:
    alert = _last_alert(AlertCause.CREDENTIALS_REFUSED, door.key)
    is_open = alert is not None and alert.closed_at is None
    since = min(alert.opened_at, clock.now()) if alert and is_open else clock.now()
    newest = _newest_refusal(door, since - _RECENT)
    if newest is None:
        close_alert(cause=AlertCause.CREDENTIALS_REFUSED, key=door.key)
    elif alert is None or newest > (alert.closed_at or alert.last_seen_at):
        open_alert(
            cause=AlertCause.CREDENTIALS_REFUSED, key=door.key, title=door.title, text=door.text
        )


def _newest_refusal(door: _Door, since: datetime) -> datetime | None:
    """Return when credentials were last refused without having been accepted later.

    A 403 is about one kind of call, and only that kind shows that it is over; a 401 or a token
    that we are not given is about the credentials as such, and any accepted call shows it.
    """
    last_good = dict(
        CarrierExchange.objects.filter(door.accepted, at__gte=since)
        .order_by()
        .values_list("operation")
        .annotate(Max("at"))
    )
    any_good = max(last_good.values(), default=since)
    refusals = (
        CarrierExchange.objects.filter(door.refused, at__gte=since)
        .order_by()
        .values_list("operation", "http_status")
        .annotate(Max("at"))
    )
    standing = [
        at
        for operation, status, at in refusals
        if at
        > (
            last_good.get(operation, since)
            if status == HTTPStatus.FORBIDDEN or operation in door.with_own
            else any_good
        )
    ]
    return max(standing, default=None)


def _watch_answers() -> None:
    ours = CarrierExchange.objects.exclude(ELSEWHERE)
    answered = ours.filter(_ANSWERED).order_by("-at")
    last = answered.values_list("at", flat=True).first()
    silent = ours.filter(at__gt=last) if last else ours
    facts = silent.aggregate(tries=Count("pk"), first=Min("at"), newest=Max("at"))
    if not facts["tries"]:
        close_alert(cause=AlertCause.CARRIER_AWAY)
        return
    alert = _last_alert(AlertCause.CARRIER_AWAY)
    seen = (alert.closed_at or alert.last_seen_at) if alert else None
    is_away = facts["tries"] >= AWAY_TRIES and clock.now() - facts["first"] >= AWAY_AFTER
    if is_away and (seen is None or facts["newest"] > seen):
        open_alert(
            cause=AlertCause.CARRIER_AWAY,
            title="The carrier does not answer",
            text="Nothing is lost: the portal keeps trying, and goes on by itself once the carrier "
            "answers. If it lasts, an operator should look whether this machine reaches the "
            "internet, and at the carrier's status page.",
        )


def _close_parked() -> None:
    """Close the alerts about parked work of which nothing is left."""
    open_keys = Alert.objects.filter(cause=AlertCause.PARKED, closed_at=None)
    for key in open_keys.values_list("key", flat=True):
        if key == ATTEMPTS:
            left = any(
                kind._default_manager.filter(state=AttemptState.PARKED).exists()
                for kind in Attempt.__subclasses__()
            )
        else:
            left = Job.objects.filter(kind=key, state=JobState.PARKED).exists()
        if not left:
            close_alert(cause=AlertCause.PARKED, key=key)


def _last_alert(cause: AlertCause, key: str = "") -> Alert | None:
    return Alert.objects.filter(cause=cause, key=key).order_by(F("pk").desc()).first()
