"""The client of the older platform: from the settings, and what is kept of its calls."""

from __future__ import annotations

import itertools
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carrier import platform
from carrier.errors import CarrierError, CredentialsRefused
from carrier.sandbox import Sandbox
from numbering.carrier_link import (
    CarrierNotConfigured,
    collecting_exchanges,
    hold_off,
    in_words,
)
from numbering.domain import carrier_watch
from numbering.models import Alert, CarrierExchange, Job
from numbering.platform_link import PlatformNotConfigured, dashboard_account, get_platform
from tests.carrier.scripted import ScriptedServer, answering

pytestmark = pytest.mark.django_db

NUMBER = "+13032281000"
_lines = itertools.count(1000)


def bring(_: int = 0) -> str:
    """Import a number of its own."""
    return platform.import_number(
        get_platform(),
        telephone_number=f"+1303227{next(_lines)}",
        name="Alder Bakery",
        application_id="a-1",
        account=dashboard_account(),
    )


def test_a_call_is_stored_at_once_without_its_body(at_platform: Sandbox) -> None:
    platform_id = bring()
    kept = CarrierExchange.objects.get()
    assert (kept.operation, kept.http_status, kept.outcome) == (
        "platform.import_number",
        201,
        "accepted",
    )
    assert (kept.request_body, kept.response_body, kept.order) == ("", "", None)
    assert platform_id in [number.platform_id for number in at_platform.platform_numbers()]


def test_many_threads_are_collected_and_stored_with_one_insert(at_platform: Sandbox) -> None:
    began = timezone.now()
    with collecting_exchanges() as collected:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(bring, range(24)))) == 24
        assert CarrierExchange.objects.count() == 0
        with CaptureQueriesContext(connection) as asked:
            collected.store()
        assert len([row for row in asked if "INSERT" in row["sql"]]) == 1
        assert CarrierExchange.objects.count() == 24
        collected.store()
        bring()
        assert CarrierExchange.objects.count() == 24
    rows = list(CarrierExchange.objects.order_by("pk"))
    assert len(rows) == 25
    assert {row.request_body for row in rows} == {""}
    assert all(began - timedelta(seconds=1) < row.at <= timezone.now() for row in rows)
    bring()
    assert CarrierExchange.objects.count() == 26


def test_what_is_left_is_stored_also_when_the_work_fails(at_platform: Sandbox) -> None:
    with suppress(ZeroDivisionError), collecting_exchanges():
        bring()
        raise ZeroDivisionError
    assert CarrierExchange.objects.count() == 1


def test_a_database_that_is_away_does_not_undo_the_work(
    at_platform: Sandbox, no_database: None, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting_exchanges() as collected:
        assert bring().startswith("n-")
        with pytest.raises(OperationalError):
            collected.store()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize(
    ("missing", "function"),
    [
        (("user_id", "api_secret"), get_platform),
        (("api_token",), get_platform),
        (("dashboard_username", "dashboard_password"), dashboard_account),
    ],
)
def test_missing_settings_are_named(settings: Any, missing: tuple[str, ...], function: Any) -> None:
    settings.PLATFORM = settings.PLATFORM | dict.fromkeys(missing, "")
    with pytest.raises(PlatformNotConfigured) as caught:
        function()
    names = ", ".join(f"PLATFORM_{name.upper()}" for name in missing)
    assert in_words(caught.value) == f"The older platform is not set up: set {names}."
    assert isinstance(caught.value, CarrierNotConfigured)


def test_settings_that_cannot_be_used_are_not_an_error_of_ours(settings: Any) -> None:
    settings.PLATFORM = settings.PLATFORM | {"base": "http://platform.example/", "user_id": "u-1"}
    with pytest.raises(PlatformNotConfigured, match="PLATFORM_BASE") as caught:
        get_platform()
    settings.CARRIER = settings.CARRIER | {"account_id": ""}
    with pytest.raises(PlatformNotConfigured, match="CARRIER_ACCOUNT_ID"):
        dashboard_account()
    frames, trace = [], caught.tb
    while trace is not None:
        frames += [repr(value) for value in trace.tb_frame.f_locals.values()]
        trace = trace.tb_next  # type: ignore[assignment]
    assert "sandbox-platform-secret" not in "".join(frames)


def test_one_client_for_one_set_of_settings(settings: Any) -> None:
    first = get_platform()
    assert get_platform() is first
    assert first.settings.pool_size == settings.PLATFORM_CONCURRENCY == 32
    settings.PLATFORM_CONCURRENCY = 33
    assert get_platform() is not first


def test_the_planted_password_is_neither_in_the_database_nor_in_the_log(
    at_platform: Sandbox, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """N16: with good credentials, with bad ones, and with an answer that is lost."""
    caplog.set_level(logging.DEBUG)
    bring()
    at_platform.fault("created_dropped", path_contains="/phoneNumbers")
    with pytest.raises(CarrierError):
        bring()
    settings.PLATFORM = settings.PLATFORM | {"dashboard_password": "planted-password"}
    with pytest.raises(CredentialsRefused):
        bring()
    kept = repr(list(CarrierExchange.objects.values())) + caplog.text
    secrets = ("sandbox-password", "planted-password", "sandbox-platform-secret")
    assert kept.count("platform.import_number") == 3
    assert [secret for secret in secrets if secret in kept] == []


def test_an_answer_that_repeats_the_password_is_kept_without_it(settings: Any) -> None:
    """N16: also one to a call that did not carry it, and what staff read of it."""
    planted = 'pl"anted/password'
    said = {"category": "c", "code": "duplicate-number", "message": f"not {planted}"}
    number = {"id": "n-1", "number": NUMBER, "name": planted, "provider": {"password": planted}}
    headers = ("Content-Type: application/json", "Connection: close")
    answers = [
        answering(status, json.dumps(body).encode(), *headers)
        for status, body in (("409 Conflict", said), ("200 OK", number), ("400 Bad", said))
    ]
    with ScriptedServer(*answers) as server:
        settings.PLATFORM = settings.PLATFORM | {
            "base": f"{server.url}/v1/",
            "dashboard_password": planted,
        }
        with pytest.raises(CarrierError) as caught:
            bring()
        told = [str(caught.value)]
        platform.find_number(get_platform(), telephone_number=NUMBER)
        with pytest.raises(CarrierError) as caught:
            platform.release(get_platform(), platform_id="n-1")
        told += [str(caught.value), repr(list(CarrierExchange.objects.values()))]
    assert CarrierExchange.objects.count() == 3
    assert [text for text in told if "anted" in text] == []


def kept(minutes_ago: float, status: int | None, **fields: str) -> None:
    """Keep an exchange with the platform as the observer does; an import unless told otherwise."""
    outcome = "accepted" if status in (200, 201) else "refused" if status else "unknown"
    CarrierExchange.objects.create(
        **{"operation": "platform.import_number", "method": "POST", "path": "/"} | fields,
        at=timezone.now() - timedelta(minutes=minutes_ago),
        http_status=status,
        outcome=outcome,
        duration_ms=1,
    )


def open_alerts() -> list[tuple[str, str]]:
    """Let the watch do its round; give cause and key of what is open."""
    carrier_watch.run_watch(Job(kind="watch"))
    return list(Alert.objects.filter(closed_at=None).values_list("cause", "key"))


def test_refusals_of_the_older_platform_say_nothing_of_the_carrier(settings: Any) -> None:
    """The work with the carrier goes on, and no alert sends anybody to its settings."""
    for minute in range(10):
        kept(minute, 401 if minute > 6 else None)
    assert (hold_off(), open_alerts()) == (None, [("credentials_refused", "platform")])
    [alert] = Alert.objects.all()
    assert ("older platform" in alert.title, "PLATFORM_" in alert.text) == (True, True)
    assert "CARRIER_" not in alert.text


@pytest.mark.parametrize("status", [401, 403])
def test_the_alert_about_the_platforms_credentials_ends_when_they_are_accepted(status: int) -> None:
    """The dashboard's password goes with imports alone, and no other call shows that it is good."""
    kept(3, status)
    kept(2, 200, operation="platform.find_number")
    assert open_alerts() == [("credentials_refused", "platform")]
    kept(1, 201)
    assert open_alerts() == []
    kept(0, 401, operation="platform.find_number")
    assert open_alerts() == [("credentials_refused", "platform")]
    kept(0, 201)
    assert open_alerts() == []


def test_a_number_of_another_user_is_no_matter_of_credentials() -> None:
    kept(1, 401, detail="the carrier refused (401): number-access-denied User u-1 may not")
    assert open_alerts() == []
