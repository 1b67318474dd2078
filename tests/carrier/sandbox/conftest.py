"""A fresh sandbox for each test, one that processes orders at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from carrier.sandbox import Sandbox, SandboxOptions
from tests.carrier.sandbox.callers import Caller
from tests.carrier.sandbox.receiver import Receiver


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(processing_seconds=0, lost_after_seconds=0.05)) as running:
        yield running


@pytest.fixture
def caller(sandbox: Sandbox) -> Iterator[Caller]:
    one = Caller(sandbox)
    with one.session:
        yield one


@pytest.fixture
def v2(sandbox: Sandbox) -> Iterator[Caller]:
    one = Caller(sandbox, v2=True)
    with one.session:
        yield one


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
