"""The first day: take the numbers of an account at the carrier into the inventory, all at once.

The carrier's list is read to its end and kept (`take_over_list`) before anything is taken over;
then numbers begin their lives in chunks, each with a line of history. A number that lives here
already is left as it is. It goes in turns of a few seconds, so that webhooks and mails do not wait
for it, and each piece is written together with how far it is: whoever comes after a worker that was
killed reads on from there and takes nothing twice.
"""

from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, models, transaction

from accounts.again import repeated
from accounts.models import User
from carrier.client import Carrier
from carrier.errors import CarrierError, Throttled
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, get_carrier, hold_off, in_words
from numbering.domain import jobs, telephone_numbers
from numbering.domain.cannot_do import CannotDo
from numbering.domain.inventory import is_number
from numbering.domain.jobs import TryLater
from numbering.domain.take_over_list import Turn, read_numbers_on, read_places_on
from numbering.enums import LearnedBy, NumberOrigin, TakeOverState, TakeOverStep
from numbering.models import Job, Subscriber, TakeOver
from numbering.stopping_points import reached

# Numbers that are taken over in one transaction.
_CHUNK = 1000
# An older list is read anew: the worker stood still, and the account has changed since.
_LIST_GOOD_FOR = timedelta(hours=6)
# After so many tries the numbers are worth having without their sites and SIP peers.
_TRIES_FOR_PLACES = 3
_SHORT_WAIT_SECONDS = 30
_UNDER_WAY = "The account is being taken over already. See how far it is below."


@repeated
def start(*, subscriber: Subscriber, origin: NumberOrigin, actor: User) -> TakeOver:
    """Have the account taken over. Raises CannotDo while another take-over is under way."""
    if TakeOver.objects.exclude(state=TakeOverState.DONE).exists():
        raise CannotDo(_UNDER_WAY)
    try:
        with transaction.atomic():
            over = TakeOver.objects.create(
                subscriber=subscriber, origin=origin, person=actor, asked_at=clock.now()
            )
    except IntegrityError as error:  # two clicks at one instant; the rule lets one through
        raise CannotDo(_UNDER_WAY) from error
    jobs.enqueue("take_over", subject_id=over.pk)
    return over


@repeated
def stop(over: TakeOver, *, actor: User) -> bool:
    """Have it end with what is taken over; False when it is over, or somebody stops it already."""
    running = TakeOver.objects.filter(pk=over.pk, stopped_by=None).exclude(state=TakeOverState.DONE)
    asked = running.update(stopped_by=actor)
    if asked:
        jobs.enqueue("take_over", subject_id=over.pk)
    return bool(asked)


def run_take_over(job: Job) -> None:
    """Handler: go on with a take-over for one turn."""
    turn = Turn(job)
    over = _now(job)
    if over.state == TakeOverState.DONE:
        return
    if over.stopped_by is not None:
        _end_early(over, turn)
    elif over.read_since is None:
        _begin_reading(over, turn)
    elif clock.now() - over.read_since > _LIST_GOOD_FOR:
        _begin_reading(over, turn)
        # It uses up a try: a carrier that cannot be read in this time is not asked for ever.
        raise TryLater("The list was too old and is read anew.", after=0)
    while (over := _now(job)).state != TakeOverState.DONE:
        # Never before something was done: a turn must get on, however short it is.
        if turn.is_over and turn.got_on:
            raise TryLater("It goes on when other work had its turn.", after=0, counts=False)
        if over.stopped_by is not None:
            _end_early(over, turn)
        elif over.step == TakeOverStep.LIST:
            _ask(read_numbers_on, over, turn)
        elif over.step == TakeOverStep.PLACES:
            _ask(read_places_on, over, turn)
        else:
            _take(over, turn)
        reached("after_commit")


def _now(job: Job) -> TakeOver:
    return TakeOver.objects.select_related("person", "sip_peer", "stopped_by").get(pk=job.subject)


@repeated
def _begin_reading(over: TakeOver, turn: Turn) -> None:
    """Forget what is listed and not dealt with, and read from the beginning."""
    turn.stay()
    over.listed.filter(pk__gt=over.taken_until).delete()
    _say(
        over,
        step=TakeOverStep.LIST,
        read_since=clock.now(),
        bookmark={},
        sip_peer=None,
        places_trouble="",
        in_service=0,
    )


# --- Reading ------------------------------------------------------------------------------------


def _ask(read_on: Callable[[Carrier, TakeOver, Turn], None], over: TakeOver, turn: Turn) -> None:
    """Read on at the carrier; what it says no to is said where the person waits."""
    if (wait := hold_off()) is not None:
        reason = "The carrier refuses our credentials; waiting for an administrator."
        _say(over, trouble=reason)
        raise TryLater(reason, after=wait, counts=False)
    try:
        read_on(get_carrier(), over, turn)
    except Throttled as error:
        _say(over, trouble="The carrier asks us to wait; it goes on by itself.")
        raise TryLater(error.message, at=error.retry_at, counts=False) from error
    except (CarrierError, CarrierNotConfigured, ValueError) as error:
        words = str(error) if isinstance(error, ValueError) else in_words(error)
        is_last = turn.tries >= _TRIES_FOR_PLACES or isinstance(error, ValueError)
        if over.step == TakeOverStep.PLACES and is_last and not turn.got_on:
            _go_without_places(over, turn, words)
            return
        so_far = "" if over.taken else " Nothing was taken over yet."
        _say(over, trouble=f"{words[:900]}{so_far} It is tried again by itself.")
        if turn.got_on:
            # A long list may meet trouble often and still come to its end.
            raise TryLater(words, after=_SHORT_WAIT_SECONDS, counts=False) from error
        raise TryLater(words) from error


@repeated
def _go_without_places(over: TakeOver, turn: Turn, words: str) -> None:
    turn.stay()
    _say(over, step=TakeOverStep.NUMBERS, sip_peer=None, bookmark={}, places_trouble=words[:500])


# --- Taking over --------------------------------------------------------------------------------


def _take(over: TakeOver, turn: Turn) -> None:
    try:
        _take_some(over, turn)
    except IntegrityError as error:
        raise TryLater("An order took some of the numbers just now.", after=1) from error
    turn.got_on = True


@repeated
def _take_some(over: TakeOver, turn: Turn) -> None:
    """Take over the next entries of the list; after the last one it is over."""
    turn.stay()
    rows = list(
        over.listed.filter(pk__gt=over.taken_until)
        .order_by("pk")
        .values_list("pk", "text", "is_at_several", "sip_peer__site_id", "sip_peer__sip_peer_id")[
            :_CHUNK
        ]
    )
    if not rows:
        without = f"Without sites and peers: {over.places_trouble}"
        _end(over, trouble=without if over.places_trouble else "")
        return
    found = sorted(
        (text, "", "") if over.places_trouble or is_at_several else (text, site or "", peer or "")
        for _, text, is_at_several, site, peer in rows
        if is_number(text)
    )
    taken = telephone_numbers.take_over(
        found,
        subscriber_id=over.subscriber_id,
        origin=NumberOrigin(over.origin),
        reason=f"{over}: the carrier had it in service.",
        learned_by=LearnedBy.COMPARE,
        actor=over.person,
        found_at=over.read_since,
    )
    _say(
        over,
        taken_until=rows[-1][0],
        taken=models.F("taken") + taken,
        known=models.F("known") + len(found) - taken,
        odd=models.F("odd") + len(rows) - len(found),
        trouble="",
    )
    reached("before_commit")


@repeated
def _end_early(over: TakeOver, turn: Turn) -> None:
    turn.stay()
    _end(over, trouble=f"Stopped by {over.stopped_by}. What was taken over stays.")


def give_up(job: Job) -> None:
    """The job was parked: say how far it came."""
    over = TakeOver.objects.get(pk=job.subject)
    _end(over, trouble=f"Given up: {job.trouble} What was taken over stays; start it once more.")


def _end(over: TakeOver, *, trouble: str) -> None:
    over.listed.all().delete()
    _say(over, state=TakeOverState.DONE, ended_at=clock.now(), trouble=trouble[:1000])


def _say(over: TakeOver, **columns: object) -> None:
    TakeOver.objects.filter(pk=over.pk).update(**columns)
