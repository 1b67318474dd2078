"""Imports to the older platform: each number once, whatever is lost, refused, killed or slow."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import bulk, carrier_watch, jobs, platform_import
from numbering.domain.cannot_do import CannotDo
from numbering.enums import BulkRowState
from numbering.models import Alert, BulkAction, CarrierExchange, Job, TelephoneNumber
from numbering.platform_link import PlatformNotConfigured
from tests import builders
from tests.numbering import steps
from tests.numbering.importing import asked, posts, results, worked
from tests.numbering.lives import life

pytestmark = pytest.mark.django_db

PASSWORD = 'pl"anted/pässword&1'


def test_numbers_are_imported_each_with_its_id_name_and_application(
    at_platform: Sandbox, support: User
) -> None:
    subscriber = builders.subscriber(name="Café Söder")
    for e164 in (numbers := builders.fresh_numbers(40))[:2]:
        TelephoneNumber.objects.create(
            e164=e164, subscriber=subscriber, state="hosted", state_changed_at=timezone.now()
        )
    action = worked(platform_import.start(numbers, actor=support, application_id="a-one"))
    assert (action.state, set(results(action))) == ("done", {"done"})
    assert posts(at_platform, action) == dict.fromkeys(numbers, (1, 1))
    there = {seen.telephone_number: seen for seen in at_platform.platform_numbers()}
    given = dict(action.rows.values_list("e164", "result"))
    assert given == {e164: there[e164].platform_id for e164 in numbers}
    assert [there[e164].name for e164 in numbers[:3]] == ["Café Söder"] * 2 + [""]
    assert {there[e164].application_id for e164 in numbers} == {"a-one"}
    kept = CarrierExchange.objects.filter(operation="platform.import_number")
    assert (kept.count(), kept.exclude(request_body="").count()) == (40, 0)
    assert not [one for one in threading.enumerate() if one.name.startswith("crew")]


def test_a_number_that_was_chosen_and_has_left_is_not_imported(
    at_platform: Sandbox, support: User
) -> None:
    here, gone = life(), life(state="gone")
    action = platform_import.start(TelephoneNumber.objects.all(), actor=support)
    assert [row.e164 for row in action.rows.all()] == [here.e164]
    with pytest.raises(CannotDo, match="No number"):
        platform_import.start(TelephoneNumber.objects.filter(pk=gone.pk), actor=support)


def test_rows_are_begun_some_at_a_time_while_others_go_on(
    at_platform: Sandbox, support: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform_import.PlatformImportAct, "batch", 8)
    subscriber = builders.subscriber(name="Café Söder")
    numbers = builders.fresh_numbers(40)
    TelephoneNumber.objects.create(
        e164=numbers[-1], subscriber=subscriber, state="hosted", state_changed_at=timezone.now()
    )
    action = worked(platform_import.start(numbers, actor=support))
    assert (action.state, results(action)) == ("done", ["done"] * 40)
    assert posts(at_platform, action) == dict.fromkeys(numbers, (1, 1))
    there = {seen.telephone_number: seen.name for seen in at_platform.platform_numbers()}
    assert [there[e164] for e164 in numbers[-2:]] == ["", "Café Söder"]


def test_what_is_begun_in_between_heeds_a_cancelling_and_is_put_back_when_left(
    support: User, at_platform: Sandbox
) -> None:
    action = asked(support, 10)
    job = jobs.claim()
    assert job is not None
    lease = bulk.Lease(job, action, 10)
    first, second = lease.begin(4), lease.begin_more(3)
    assert results(action) == ["running"] * 7 + ["waiting"] * 3
    lease.report({first[0].pk: bulk.Outcome(BulkRowState.WAITING)})
    assert lease.not_reported() == {row.pk for row in [*first[1:], *second]}
    assert [row.pk for row in lease.begin(1)] == [first[0].pk]
    assert first[0].pk in lease.not_reported()
    bulk.cancel(action)
    assert (lease.begin_more(3), results(action)[7:]) == ([], ["waiting"] * 3)


def test_a_number_that_comes_late_or_was_there_before_is_taken_for_what_it_is(
    at_platform: Sandbox, support: User
) -> None:
    """Created, but answered late and hidden: the second post of it is refused, and looked for."""
    first = worked(asked(support, 2))
    again = platform_import.start(list(first.rows.values_list("e164", flat=True)), actor=support)
    assert results(worked(again)) == ["done"] * 2
    ids = [dict(action.rows.values_list("e164", "result")) for action in (first, again)]
    assert ids[0] == ids[1]
    assert {imports for _, imports in posts(at_platform, first).values()} == {1}


def test_a_platform_that_answers_nothing_clear_is_left_alone_after_a_few(
    own_platform: Sandbox, support: User, settings: Any, no_waits: None
) -> None:
    settings.PLATFORM_CONCURRENCY = 4
    own_platform.fault("not_created_500", method="POST", path_contains="phoneNumbers", times=None)
    action = worked(asked(support, 60))
    unknown = results(action).count("unknown")
    assert 10 <= unknown < 16
    assert (action.state, "several times" in action.trouble) == ("running", True)
    assert results(action).count("waiting") == 60 - unknown
    own_platform.clear_faults()
    steps.work()
    assert bulk.retry(worked(action)) == unknown
    assert results(worked(action)) == ["done"] * 60
    assert set(posts(own_platform, action).values()) == {(1, 1)}


def test_when_the_platform_says_wait_the_rest_waits_until_that_very_instant(
    own_platform: Sandbox, support: User
) -> None:
    own_platform.change(platform_rate=12)
    try:
        action = worked(asked(support, 30))
        states = results(action)
        assert states.count("waiting") == 30 - states.count("done") > 0
        due = Job.objects.get(kind="bulk", state="waiting").due_at
        assert timedelta(0) < due - timezone.now() < timedelta(seconds=2)
        assert "asks us to wait" in action.trouble
    finally:
        own_platform.change(platform_rate=0)
    steps.wait_for(lambda: timezone.now() > due)
    assert results(worked(action)) == ["done"] * 30
    assert set(posts(own_platform, action).values()) == {(1, 1)}


def test_refused_credentials_stop_everything_at_once_and_say_so(
    own_platform: Sandbox, support: User, settings: Any
) -> None:
    right = settings.PLATFORM
    settings.PLATFORM = {**right, "dashboard_password": PASSWORD}
    action = worked(asked(support, 100))
    assert set(results(action)) == {"waiting"}
    assert "refuses our credentials" in action.trouble
    # Dozens at once, again and again, would get the dashboard's user locked.
    refused = CarrierExchange.objects.filter(operation="platform.import_number", http_status=401)
    assert refused.count() == 1
    due = Job.objects.get(kind="bulk").due_at
    assert due - timezone.now() > timedelta(minutes=9)
    steps.work()
    assert refused.count() == 2
    carrier_watch.run_watch(Job(kind="watch"))
    alert = Alert.objects.get(cause="credentials_refused", key="platform", closed_at=None)
    settings.PLATFORM = right
    steps.work()
    assert set(results(worked(action))) == {"done"}
    carrier_watch.run_watch(Job(kind="watch"))
    alert.refresh_from_db()
    assert alert.closed_at is not None


def test_before_anything_was_accepted_one_number_is_asked_for_after_the_other(
    own_platform: Sandbox, support: User, settings: Any
) -> None:
    """A number that is refused for itself says nothing of our credentials."""
    settings.PLATFORM = {**settings.PLATFORM, "dashboard_password": PASSWORD}
    odd = ["+10131112222", "+10131112223"]
    action = worked(platform_import.start([*odd, *builders.fresh_numbers(60)], actor=support))
    assert results(action) == ["failed"] * 2 + ["waiting"] * 60
    imports = CarrierExchange.objects.filter(operation="platform.import_number")
    assert imports.filter(http_status=401).count() == 1


def test_a_platform_that_cannot_be_reached_or_is_not_set_up_is_waited_for(
    at_platform: Sandbox, support: User, settings: Any
) -> None:
    right = settings.PLATFORM
    action = asked(support)
    for broken, words in (
        ({"base": "http://127.0.0.1:1/v1/"}, "cannot be asked"),
        ({"api_token": ""}, "PLATFORM_API_TOKEN"),
    ):
        settings.PLATFORM = {**right, **broken}
        steps.work()
        action.refresh_from_db()
        assert (set(results(action)), words in action.trouble) == ({"waiting"}, True)
    with pytest.raises(PlatformNotConfigured, match="PLATFORM_API_TOKEN"):
        asked(support)
    settings.PLATFORM = right
    steps.work()
    assert results(worked(action)) == ["done"] * 5


def test_a_clear_no_about_one_number_fails_that_one_with_its_reason(
    at_platform: Sandbox, support: User
) -> None:
    good = builders.fresh_numbers()[0]
    odd = ["+13031112222", "+442079460000"]
    action = worked(platform_import.start([good, *odd], actor=support))
    rows = {row.e164: row for row in action.rows.all()}
    assert [rows[e164].state for e164 in (good, *odd)] == ["done", "failed", "failed"]
    assert all(rows[e164].message for e164 in odd)


def test_numbers_that_are_being_imported_are_not_begun_a_second_time(
    at_platform: Sandbox, support: User
) -> None:
    action = asked(support)
    with pytest.raises(CannotDo, match="already"):
        platform_import.start(list(action.rows.values_list("e164", flat=True)), actor=support)
    assert BulkAction.objects.count() == 1


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, with its tracebacks and arguments."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield said
    root.removeHandler(handler)
    root.setLevel(level)


def test_the_dashboards_password_is_in_no_table_and_no_log(
    own_platform: Sandbox, support: User, settings: Any, log: io.StringIO
) -> None:
    """N16: a password with characters that are escaped, in calls that the platform refuses."""
    settings.PLATFORM = {**settings.PLATFORM, "dashboard_password": PASSWORD}
    action = asked(support, 3, name="a name")
    own_platform.fault("created_500", method="POST", path_contains="phoneNumbers", times=1)
    steps.work()
    bulk.cancel(action)
    steps.work()
    assert worked(action).state == "cancelled"
    shown = log.getvalue()
    for model in apps.get_models():
        for row in model._default_manager.all():
            shown += repr(
                {field: getattr(row, field.attname) for field in row._meta.concrete_fields}
            )
    assert "platform.import_number" in shown
    forms = {PASSWORD, PASSWORD[2:], "anted", "p\\u00e4ssword", "pässword", "p%C3%A4ssword"}
    assert [form for form in forms if form in shown] == []
