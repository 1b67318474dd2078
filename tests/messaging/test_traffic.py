"""A number remembers when it last had traffic."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from carrier.sandbox import Sandbox
from messaging.models import Message
from numbering.models import TelephoneNumber
from tests.messaging.steps import Pair, received, stored, work

pytestmark = pytest.mark.django_db


def last_traffic(pair: Pair) -> object:
    """Give when our number last had traffic."""
    return TelephoneNumber.objects.get(e164=pair.ours).last_traffic_at


def test_a_message_that_comes_in_is_traffic_from_its_receipt(pair: Pair) -> None:
    assert last_traffic(pair) is None
    event = stored(received(pair, "Hello"))
    work()
    assert last_traffic(pair) == event.received_at


def test_a_message_that_the_carrier_takes_is_traffic_and_one_refused_is_not(
    pair: Pair, send: Callable[..., Message], at_carrier: Sandbox
) -> None:
    at_carrier.fault("refused", method="POST", path_contains="messages")
    send(pair, "One")
    work()
    assert last_traffic(pair) is None
    send(pair, "Two")
    work()
    assert last_traffic(pair) is not None
