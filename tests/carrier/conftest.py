"""The sandbox carrier, and clients of it in both API versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from carrier.client import Carrier
from carrier.exchange import Exchange
from carrier.sandbox import Sandbox, SandboxOptions
from tests.carrier.builders import platform_settings_at, settings_at

Connect = Callable[..., Carrier]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(processing_seconds=0)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield running_sandbox
    running_sandbox.clear_faults()


@pytest.fixture
def kept() -> list[Exchange]:
    """What the observer of `connect`ed clients was given."""
    return []


@pytest.fixture
def connect(kept: list[Exchange]) -> Iterator[Connect]:
    """Make clients of a loopback address; they are closed at the end."""
    clients: list[Carrier] = []

    def make(url: str, **changes: Any) -> Carrier:
        client = Carrier(settings_at(url, **changes), observer=kept.append)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def connect_platform(kept: list[Exchange]) -> Iterator[Connect]:
    """Make clients of the older platform in the same way."""
    clients: list[Carrier] = []

    def make(url: str, **changes: Any) -> Carrier:
        client = Carrier(platform_settings_at(url, **changes), observer=kept.append)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture(params=["v1", "v2"])
def carrier(sandbox: Sandbox, connect: Connect, request: pytest.FixtureRequest) -> Carrier:
    """A client of the sandbox, once per API version."""
    return connect(sandbox.url, api_version=request.param)
