"""What the tests of numbering share."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import connection

from carrier.sandbox import Sandbox

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
