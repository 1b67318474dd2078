"""What the tests of messaging share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from carrier.sandbox import Sandbox
from messaging.domain import sending
from messaging.models import Message
from tests.messaging.steps import Pair, hosted_pair


@pytest.fixture
def pair(db: None) -> Pair:
    """One of our hosted numbers, and somebody who texts with it."""
    return hosted_pair()


@pytest.fixture
def sent_to(at_carrier: Sandbox) -> Callable[[str], list[str]]:
    """Give the texts that the carrier took for a number."""

    def texts(number: str) -> list[str]:
        return [one.text for one in at_carrier.messages() if one.to_numbers == (number,)]

    return texts


@pytest.fixture
def send(support: User) -> Callable[..., Message]:
    """Ask for a message from the pair's number to the other."""

    def ask(pair: Pair, text: str = "Your table is ready.") -> Message:
        return sending.send(
            our_number=pair.ours, their_number=pair.theirs, text=text, actor=support
        )

    return ask
