"""What a text message asks of us."""

from __future__ import annotations

import pytest

from messaging.enums import Asks
from messaging.stop_words import classify

STOP = ["stop", "STOP.", " Stop ", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"]
STOP += ["optout", "opt-out", "OPT  OUT!", "Stop\n", "“STOP”", "S.T.O.P.", "stop stop", "STOPALL"]
STOP += ["ＳＴＯＰ", "𝐒𝐓𝐎𝐏", "ⓢⓣⓞⓟ", "sto\u200bp", "\u202eStop", "Stóp", "STOP 🛑", "(quit)"]
UNSURE = ["please don't stop", "please stop", "I said stop texting me", "stopp", "Unsubscribe me"]
UNSURE += ["do not text me", "don’t text me again", "remove me", "cancel these texts", "no more"]
UNSURE += ["you have the wrong number", "I opted out last week", "how do I opt out?"]
NONE = ["", " ", "🙂", "see you at the end of the day", "can I cancel my appointment?", "ok"]
NONE += ["nonstop flight", "yes please", "start at nine", "the help desk", "weekend", "?"]


@pytest.mark.parametrize("text", STOP)
def test_a_stop_word_alone_stops(text: str) -> None:
    """L08: whatever its case, spaces, punctuation and lettering."""
    assert classify(text) == Asks.STOP


@pytest.mark.parametrize("text", UNSURE)
def test_what_only_holds_a_stop_word_goes_to_a_person(text: str) -> None:
    """L08: "please don't stop" must not stop, and a plea in other words must not be lost."""
    assert classify(text) == Asks.UNSURE


@pytest.mark.parametrize("text", NONE)
def test_ordinary_messages_ask_for_nothing(text: str) -> None:
    assert classify(text) == Asks.NONE


@pytest.mark.parametrize("text", ["start", "START!", "Unstop", " yes. "])
def test_only_a_start_word_alone_starts_again(text: str) -> None:
    """L10: nothing else lifts a STOP."""
    assert classify(text) == Asks.START


@pytest.mark.parametrize("text", ["HELP", "info?"])
def test_help_is_known_for_what_it_is(text: str) -> None:
    assert classify(text) == Asks.HELP


def test_a_very_long_message_is_read_in_no_time() -> None:
    assert classify("don't " * 40_000) == Asks.NONE
