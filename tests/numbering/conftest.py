"""What the tests of numbering share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from carrier import subscriptions
from carrier.sandbox import Sandbox, SandboxOptions
from numbering.carrier_link import get_carrier

_clients = itertools.count(2)


@pytest.fixture(autouse=True)
def _only_on_postgres(request: pytest.FixtureRequest) -> None:
    """Skip what SQLite cannot show: it lets one writer in at a time, so nothing races."""
    if request.node.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set DATABASE_URL")


@pytest.fixture
def no_waits(settings: Any) -> None:
    """Look for an unanswered order at once, and again at once."""
    settings.LOOK_FIRST_SECONDS = 0
    settings.LOOK_AGAIN_SECONDS = 0


@pytest.fixture
def own_client(at_carrier: Sandbox, settings: Any) -> Sandbox:
    """The sandbox, through a client of the test's own: a hold after 429 stays with it."""
    settings.CARRIER = {**settings.CARRIER, "pool_size": next(_clients)}
    return at_carrier


@pytest.fixture
def own_platform(at_platform: Sandbox, settings: Any, request: pytest.FixtureRequest) -> Sandbox:
    """The sandbox through a client of the test's own: a hold after 429 stays with it."""
    settings.PLATFORM_CONCURRENCY = 8 + len(request.node.name) % 40
    return at_platform


@pytest.fixture
def no_subscriptions(db: None, at_carrier: Sandbox) -> Iterator[None]:
    """Nobody is subscribed to the sandbox's webhooks, neither before the test nor after it."""
    _forget_subscriptions()
    yield
    at_carrier.clear_faults()
    _forget_subscriptions()


@pytest.fixture
def own_carrier(settings: Any) -> Iterator[Sandbox]:
    """A sandbox that holds no other test's numbers; orders end when they are told to."""
    with Sandbox(SandboxOptions(processing_seconds=3600)) as sandbox:
        settings.CARRIER = {
            **settings.CARRIER,
            "v1_base": sandbox.v1_base,
            "v2_base": sandbox.v2_base,
            "token_url": sandbox.token_url,
            "call_timeout": 5,
        }
        yield sandbox


def _forget_subscriptions() -> None:
    carrier = get_carrier()
    for one in subscriptions.list_all(carrier):
        subscriptions.delete(carrier, subscription_id=one.subscription_id)
