"""Applying message callbacks: each event once, a broken one alone, and nothing fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from carrier.sandbox import Sandbox
from messaging.models import Message, MessageEvent, OptOut
from tests.messaging.steps import Pair, became, hosted_pair, knock_with, received, stored, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_carrier")]


def test_one_event_by_itself_is_read_like_a_list_of_one(pair: Pair) -> None:
    """S04: the bare object."""
    assert knock_with(received(pair, "hello")).status == 200
    work()
    message = Message.objects.get()
    assert (message.direction, message.state, message.asks) == ("in", "received", "none")
    assert (message.our_number, message.their_number) == (pair.ours, pair.theirs)
    assert message.carrier_time is not None
    assert MessageEvent.objects.get().state == "applied"


@pytest.mark.parametrize("broken", [None, 7, "x", [], {}, {"type": "message-received"}])
def test_a_broken_event_in_a_list_spoils_no_other(pair: Pair, broken: Any) -> None:
    """S04: three, the one in the middle broken."""
    event = stored(received(pair, "one"), broken, received(pair, "three"))
    work()
    event.refresh_from_db()
    assert (event.state, event.problem.startswith("event 2: ")) == ("partly", True)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["one", "three"]


def test_an_empty_list_is_no_news(pair: Pair) -> None:
    """S04: and nothing to complain of."""
    event = stored()
    work()
    event.refresh_from_db()
    assert (event.state, event.problem, Message.objects.count()) == ("applied", "", 0)


def test_the_same_message_delivered_again_is_one_message(pair: Pair) -> None:
    """R4: the carrier repeats for a day what we did not answer in time."""
    event = received(pair, "hello")
    for _ in range(2):
        stored(event, event)
    work()
    assert Message.objects.count() == 1


def test_the_same_id_at_two_of_our_numbers_is_two_messages(db: None) -> None:
    one, other = hosted_pair(), hosted_pair()
    for pair in (one, other):
        stored(received(pair, "to a group", message={"id": "group-1"}))
    work()
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/",
        "http://localhost:5432",
        "file:///etc/passwd",
        "https://evil.example/",
        "{sandbox}/inside",
    ],
)
def test_no_address_in_a_callback_is_fetched(pair: Pair, at_carrier: Sandbox, address: str) -> None:
    """S06: a message's address and its media are text, and stay in the stored body."""
    address = address.format(sandbox=at_carrier.url)
    before = len(at_carrier.requests)
    where = {"messageUri": address, "media": [address], "text": "look at this"}
    stored(received(pair, "", message=where, messageUri=address))
    work()
    assert Message.objects.get().state == "received"
    assert at_carrier.requests[before:] == []


def test_news_of_messages_that_are_not_ours_is_kept_and_shown(pair: Pair) -> None:
    """R5: neither dropped nor guessed."""
    unknown = stored(became(pair, "message-delivered", message_id="somebody-else's"))
    other_kind = stored(became(pair, "message-read", message_id="x"))
    work()
    found = {}
    for event in (unknown, other_kind):
        event.refresh_from_db()
        found[event.state] = event.problem
    assert found == {"not_applied": "the portal does nothing with message-read"}
    assert MessageEvent.objects.get(pk=unknown.pk).problem == "no message of ours has this id"


def test_an_event_that_the_database_refuses_spoils_no_other(
    pair: Pair, send: Callable[..., Message]
) -> None:
    """R26: one id for two messages of ours."""
    one, other = send(pair), send(pair)
    Message.objects.filter(pk=one.pk).update(state="sent", carrier_id="the-same")
    Message.objects.filter(pk=other.pk).update(state="unknown")
    doubled = became(pair, "message-sent", message_id="the-same", tag=other.reference)
    event = stored(doubled, received(pair, "STOP"))
    work()
    event.refresh_from_db()
    assert (event.state, "unexpectedly" in event.problem) == ("partly", True)
    assert OptOut.objects.get().their_number == pair.theirs
