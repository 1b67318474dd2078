"""STOP and START: at once, on every path, and until they say START."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from messaging.domain import inbox, opt_outs, outgoing
from messaging.models import Message, MessageEvent, OptOut
from numbering.domain.cannot_do import CannotDo
from numbering.models import Alert, TelephoneNumber
from tests import builders
from tests.messaging.steps import Pair, became, host, hosted_pair, received, stored, texted, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_carrier")]
SentTo = Callable[[str], list[str]]
Send = Callable[..., Message]

WORDS = ["stop", "STOP.", " Stop ", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"]


@pytest.mark.parametrize("word", WORDS)
def test_a_stop_word_stops_at_once_and_gets_one_confirmation(
    pair: Pair, send: Send, sent_to: SentTo, word: str
) -> None:
    """L08, L10: nothing is sent afterwards but one plain sentence."""
    texted(pair, word)
    with pytest.raises(CannotDo, match="asked to stop"):
        send(pair)
    assert sent_to(pair.theirs) == [opt_outs.CONFIRMATION]
    opt_out = OptOut.objects.get()
    assert opt_out.since == MessageEvent.objects.get().received_at
    assert opt_out.confirmation is not None
    assert opt_out.confirmation.state == "sent"


def test_the_confirmation_advertises_nothing() -> None:
    """L08: no name of a product, no address, no offer; what happened, and how to undo it."""
    assert opt_outs.CONFIRMATION == (
        "You will get no more text messages from this number. If you change your mind, reply START."
    )


def test_a_repeated_stop_gets_no_second_confirmation(pair: Pair, sent_to: SentTo) -> None:
    """L08: neither a new message nor the same delivered twice."""
    event = received(pair, "STOP")
    stored(event)
    stored(event)
    texted(pair, "stop")
    texted(pair, "QUIT")
    assert len(sent_to(pair.theirs)) == 1
    assert OptOut.objects.count() == 1


def test_a_confirmation_that_would_be_late_is_not_sent(pair: Pair, sent_to: SentTo) -> None:
    """L08: not after five minutes, while the opt-out holds all the same."""
    event = stored(received(pair, "STOP"))
    six = timezone.now() - timedelta(minutes=6)
    MessageEvent.objects.filter(pk=event.pk).update(received_at=six)
    work()
    assert sent_to(pair.theirs) == []
    confirmation = OptOut.objects.get(ended_at=None).confirmation
    assert confirmation is not None
    assert confirmation.state == "withheld"


def test_a_doubtful_message_stops_nothing_and_calls_a_person(
    pair: Pair, send: Send, sent_to: SentTo, support: User
) -> None:
    """L08: "please don't stop"; the person decides, and the alert is over."""
    texted(pair, "please don't stop")
    alert = Alert.objects.get(cause="stop_unsure")
    assert (OptOut.objects.count(), alert.closed_at) == (0, None)
    assert (pair.theirs in alert.text, "don't" in alert.text) == (False, False)
    send(pair, "Of course not.")
    asked = Message.objects.get(asks="unsure")
    assert opt_outs.stop_by_hand([asked.pk], actor=support) == 1
    work()
    alert.refresh_from_db()
    assert (alert.closed_at is not None, OptOut.objects.get().actor) == (True, support)
    assert sent_to(pair.theirs) == []


def test_a_stop_that_has_only_knocked_counts_for_what_waits_to_be_sent(
    pair: Pair, send: Send, sent_to: SentTo
) -> None:
    """R32: at once, on every path."""
    message = send(pair)
    stored(received(pair, "STOP"))
    work()
    message.refresh_from_db()
    assert message.state == "withheld"
    assert sent_to(pair.theirs) == [opt_outs.CONFIRMATION]


def test_a_stop_keeps_back_what_waits_while_the_carrier_is_away(pair: Pair, send: Send) -> None:
    """R32: without a look at the job."""
    message = send(pair)
    stored(received(pair, "STOP"))
    inbox.apply_waiting()
    message.refresh_from_db()
    assert message.state == "withheld"


def test_a_message_written_in_the_same_moment_as_the_stop_is_not_sent(
    pair: Pair, sent_to: SentTo
) -> None:
    """L10: the gate has let it pass, and the claim asks once more."""
    texted(pair, "STOP")
    message = outgoing.queue(our_number=pair.ours, their_number=pair.theirs, text="One more?")
    work()
    message.refresh_from_db()
    assert (message.state, sent_to(pair.theirs)) == ("withheld", [opt_outs.CONFIRMATION])


def test_a_stop_outlives_a_new_import_and_a_move_to_another_subscriber(
    pair: Pair, send: Send, sent_to: SentTo
) -> None:
    """L10: the number ends its life here, comes back, and goes to somebody else."""
    texted(pair, "STOP")
    TelephoneNumber.objects.filter(e164=pair.ours).update(state="gone")
    back = host(pair.ours)
    with pytest.raises(CannotDo, match="asked to stop"):
        send(pair)
    TelephoneNumber.objects.filter(pk=back.pk).update(subscriber=builders.subscriber())
    with pytest.raises(CannotDo, match="asked to stop"):
        send(pair)
    assert len(sent_to(pair.theirs)) == 1


def test_start_from_that_number_and_no_other_lets_us_send_again(
    pair: Pair, send: Send, sent_to: SentTo
) -> None:
    """L10: also not a START to another of our numbers."""
    texted(pair, "STOP")
    other = hosted_pair()
    texted(Pair(pair.ours, other.theirs), "START")
    texted(Pair(other.ours, pair.theirs), "START")
    texted(pair, "start sending again please")
    with pytest.raises(CannotDo, match="asked to stop"):
        send(pair)
    texted(pair, "Start")
    send(pair, "Welcome back.")
    work()
    assert sent_to(pair.theirs) == [opt_outs.CONFIRMATION, "Welcome back."]
    assert OptOut.objects.get().ended_at is not None


def test_a_stop_concerns_that_pair_only(pair: Pair, send: Send) -> None:
    texted(pair, "STOP")
    other = hosted_pair()
    send(Pair(pair.ours, other.theirs))
    send(Pair(other.ours, pair.theirs))


def test_a_start_that_the_carrier_brings_late_lifts_no_newer_stop(pair: Pair, send: Send) -> None:
    """L10: it was said before the STOP, whatever the order of arrival."""
    texted(pair, "STOP", time="2026-11-21T12:00:00Z")
    texted(pair, "START", time="2026-11-21T11:00:00Z")
    with pytest.raises(CannotDo, match="asked to stop"):
        send(pair)


def test_an_old_stop_that_is_delivered_again_after_a_start_stops_nothing(
    pair: Pair, send: Send
) -> None:
    """R4: the carrier repeats for a day what it believes was not heard."""
    event = received(pair, "STOP")
    stored(event)
    texted(pair, "START")
    stored(event)
    work()
    assert send(pair).state == "waiting"


def test_each_stop_after_a_start_is_confirmed_anew(pair: Pair, sent_to: SentTo) -> None:
    for word in ("STOP", "START", "STOP"):
        texted(pair, word)
    assert (len(sent_to(pair.theirs)), OptOut.objects.filter(ended_at=None).count()) == (2, 1)


def test_a_confirmation_is_not_sent_after_a_start(pair: Pair, sent_to: SentTo) -> None:
    stored(received(pair, "STOP"), received(pair, "START"))
    work()
    assert sent_to(pair.theirs) == []


def test_nothing_is_sent_to_whom_the_carrier_has_opted_out(
    pair: Pair, send: Send, sent_to: SentTo, at_carrier: Sandbox
) -> None:
    """R32: 4775 is a STOP that was said to the carrier; it gets no confirmation."""
    message = send(pair)
    work()
    message.refresh_from_db()
    event = became(pair, "message-failed", message_id=message.carrier_id, errorCode=4775)
    stored(event)
    work()
    with pytest.raises(CannotDo, match="asked to stop"):
        send(pair)
    assert sent_to(pair.theirs) == ["Your table is ready."]
