"""What tests of the portal share: people, a sandbox carrier, and a database that is really used."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.db import connections
from django.db.models.signals import post_migrate
from django.test import Client
from pytest_django import DjangoDbBlocker
from pytest_django.plugin import blocking_manager_key

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox, SandboxOptions
from numbering.domain.error_help import fill_missing
from tests import builders, template_lookups

# Thousands of tests in a process that never ends: looking for garbage every few hundred objects
# takes a twentieth of the time.
gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one process, and all that need the demonstration in the same one."""
    for item in items:
        with_demo = "demo" in getattr(item, "fixturenames", ())
        item.add_marker(
            pytest.mark.xdist_group("demo" if with_demo else item.nodeid.split("::")[0])
        )


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a whole file by its argument: an archive holds the second it was made in.

    Each process makes its own, and pytest-xdist refuses to start when their names differ.
    """
    return argname if isinstance(val, bytes) and len(val) > 200 else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop if the groups have no effect, as with a pytest that pytest-xdist does not know yet."""
    is_grouped = getattr(session.config.option, "loadgroup", False)
    if is_grouped and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist does not group the tests by their marks.")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Fill in what migrations do: the tables themselves come straight from the models.

    That is quicker; the browser tests' demonstration goes through every migration.
    """
    with django_db_blocker.unblock():
        fill_missing()
    # Emptying the tables leaves alone what these two fill from the models. Looking through every
    # model for more, after each test that commits, took longer than most of those tests.
    assert post_migrate.disconnect(create_contenttypes)
    assert post_migrate.disconnect(
        dispatch_uid=f"{create_permissions.__module__}.create_permissions"
    )


@pytest.fixture(autouse=True)
def complete_pages() -> None:
    """Let no page ask our objects for what they do not have."""
    template_lookups.refuse_missing()


@pytest.fixture(scope="session")
def portal_sandbox() -> Iterator[Sandbox]:
    """One sandbox carrier for all tests of a process; orders are processed at once."""
    with Sandbox(SandboxOptions(processing_seconds=0, lost_after_seconds=0)) as running:
        yield running


@pytest.fixture
def carrier_away(settings: Any) -> None:
    """Point the portal to an address where nobody listens (also what the settings start with)."""
    settings.CARRIER = {**settings.CARRIER, "v2_base": "http://127.0.0.1:1/api/v2/"}


@pytest.fixture
def at_carrier(portal_sandbox: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """The portal's carrier is the sandbox; its faults are cleared afterwards."""
    settings.CARRIER = {
        **settings.CARRIER,
        "v1_base": portal_sandbox.v1_base,
        "v2_base": portal_sandbox.v2_base,
        "messaging_base": portal_sandbox.messaging_base,
        "token_url": portal_sandbox.token_url,
        "call_timeout": 5,
    }
    yield portal_sandbox
    portal_sandbox.clear_faults()
    portal_sandbox.change(processing_seconds=0, lost_after_seconds=0)


@pytest.fixture
def at_platform(at_carrier: Sandbox, settings: Any) -> Sandbox:
    """The older platform is that of the sandbox as well."""
    settings.PLATFORM = {**settings.PLATFORM, "base": at_carrier.platform_base}
    return at_carrier


@pytest.fixture
def support(db: None) -> User:
    """Somebody of the support staff."""
    return builders.person(Role.SUPPORT)


@pytest.fixture
def sign_in(settings: Any) -> Callable[[User], Client]:
    """Give a browser in which the person is signed in; the second factor has tests of its own."""
    settings.SECOND_FACTOR_REQUIRED = False

    def make(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return make


@pytest.fixture
def no_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replace the connection by one to a database that is not there."""
    present = connections["default"]
    away = type(present)({**present.settings_dict, "NAME": "no-such-folder/db"}, "default")
    connections["default"] = away
    with django_db_blocker.unblock():
        yield
    away.close()
    connections["default"] = present


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Put back what migrations had filled in: a test that commits empties every table.

    But for that of the cache, which is no model's: what is counted there would slow a later test.
    """
    result = yield
    marker = item.get_closest_marker("django_db")
    # After the last test there is no test database any more.
    if nextitem is not None and marker is not None and marker.kwargs.get("transaction"):
        with item.config.stash[blocking_manager_key].unblock():
            fill_missing()
            cache.clear()
    return result
