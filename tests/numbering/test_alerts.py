"""Alerts that are not noise: one for each cause, by mail and on the home page, until it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.carrier_link import PROBE_SECONDS, REFUSALS_IN_A_ROW, hold_off
from numbering.domain import (
    alerts,
    carrier_watch,
    jobs,
    places,
    results,
    submission,
    telephone_numbers,
)
from numbering.domain.jobs import JobKind, TryLater
from numbering.enums import AlertCause, LearnedBy
from numbering.models import (
    Alert,
    CarrierExchange,
    Heartbeat,
    ImportOrder,
    Job,
    Mail,
    SubmitAttempt,
)
from numbering.worker import KINDS, run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.notices import lost_notice, stored
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _recipients(settings: Any) -> None:
    settings.ALERT_EMAILS = ["boss@example.com", "night@example.com"]


def call(cause: str = AlertCause.PARKED, key: str = "sweep", title: str = "Look") -> None:
    """Open an alert."""
    alerts.open_alert(cause=cause, key=key, title=title, text="What to do.")


def watch() -> None:
    """Let the watch do its round now."""
    carrier_watch.run_watch(Job(kind="watch"))


def open_causes() -> list[tuple[str, str, int]]:
    """Give cause, key and count of each open alert, oldest first."""
    rows = Alert.objects.filter(closed_at=None).order_by("pk")
    return list(rows.values_list("cause", "key", "count"))


def exchange(minutes_ago: float, status: int | None, operation: str = "import_orders.get") -> None:
    """Keep an exchange as the observer does; without a status nothing was answered."""
    outcome = "accepted" if status == 200 else "refused" if status else "not_sent"
    CarrierExchange.objects.create(
        at=timezone.now() - timedelta(minutes=minutes_ago),
        operation=operation,
        method="GET",
        path="/",
        http_status=status,
        outcome=outcome,
        duration_ms=1,
    )


def time_passes(**span: float) -> None:
    """Move everything that has a time back by the span."""
    for alert in Alert.objects.all():
        for name in ("opened_at", "last_seen_at", "closed_at"):
            at: datetime | None = getattr(alert, name)
            setattr(alert, name, at and at - timedelta(**span))
        alert.save()
    for kept in CarrierExchange.objects.all():
        kept.at -= timedelta(**span)
        kept.save()


# --- One for each cause -------------------------------------------------------------------------


def test_the_first_time_writes_one_mail_to_each_recipient_and_repeats_only_count() -> None:
    for _ in range(3):
        call()
    assert open_causes() == [("parked", "sweep", 3)]
    assert list(Mail.objects.order_by("pk").values_list("recipient", "subject")) == [
        ("boss@example.com", "Alert: Look"),
        ("night@example.com", "Alert: Look"),
    ]
    assert Mail.objects.values_list("text", flat=True)[0] == (
        "What to do.\n\nThe alert stands on the home page until it is over:\n"
        "http://localhost:8000/admin/\n"
    )


def test_another_cause_or_another_thing_is_an_alert_of_its_own() -> None:
    call(key="sweep")
    call(key="upkeep")
    call(cause=AlertCause.DOCTOR, key="sweep")
    assert open_causes() == [
        ("parked", "sweep", 1),
        ("parked", "upkeep", 1),
        ("doctor", "sweep", 1),
    ]


def test_what_comes_back_after_it_was_over_calls_again() -> None:
    call()
    alerts.close_alert(cause=AlertCause.PARKED, key="sweep")
    assert open_causes() == []
    call()
    assert (open_causes(), Mail.objects.count()) == ([("parked", "sweep", 1)], 4)


def test_without_recipients_the_home_page_still_says_it(settings: Any) -> None:
    settings.ALERT_EMAILS = []
    call()
    assert (len(open_causes()), Mail.objects.count()) == (1, 0)


def test_an_alert_that_is_rolled_back_leaves_nothing() -> None:
    with transaction.atomic():
        call()
        transaction.set_rollback(True)
    assert (open_causes(), Mail.objects.count()) == ([], 0)


def test_words_from_outside_stay_words() -> None:
    alerts.open_alert(
        cause=AlertCause.DOCTOR, title="One\nBcc: x@example.com", text="a\x00b\x1b[31m" + "x" * 9999
    )
    alert = Alert.objects.get()
    assert (alert.title, alert.text[:10]) == ("One Bcc: x@example.com", "a\ufffdb\ufffd[31mxx")
    assert len(alert.text) == 2000


# --- Parked work --------------------------------------------------------------------------------


def failing(_job: Job) -> None:
    """A handler that always raises."""
    raise RuntimeError


def run_all(kind: JobKind) -> None:
    """Run everything that is due, of this one kind."""
    while (job := jobs.claim()) is not None:
        jobs.run(job, {kind.name: kind})


def test_many_parked_jobs_of_a_kind_are_one_alert_until_none_is_left() -> None:
    jobs.enqueue_many("read_order", [1, 2, 3])
    run_all(JobKind("read_order", failing, most_attempts=1))
    assert open_causes() == [("parked", "read_order", 3)]
    assert Mail.objects.count() == 2
    parked = list(Job.objects.filter(state="parked").values_list("pk", flat=True))
    jobs.retry_parked(parked[:2])
    watch()
    assert open_causes() == [("parked", "read_order", 3)]
    jobs.retry_parked(parked[2:])
    watch()
    assert open_causes() == []


def test_a_job_that_no_worker_knows_calls_too() -> None:
    jobs.enqueue("unheard_of")
    run_once()
    assert open_causes() == [("parked", "unheard_of", 1)]


def test_a_parked_attempt_calls_until_it_is_decided() -> None:
    order = builders.draft()
    attempt = SubmitAttempt.objects.create(order=order, customer_order_id="x", state="parked")
    alerts.parked_attempt("x", "A person must decide.")
    watch()
    assert open_causes() == [("parked", "attempts", 1)]
    SubmitAttempt.objects.filter(pk=attempt.pk).update(state="withdrawn")
    watch()
    assert open_causes() == []


# --- Credentials --------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
def test_refused_credentials_stop_the_work_after_a_handful_of_tries_with_one_alert(
    own_client: Sandbox, fault: str
) -> None:
    orders = [steps.sent(steps.card("1000")) for _ in range(8)]
    ImportOrder.objects.update(status="processing", carrier_status_word="PROCESSING")
    Job.objects.all().delete()
    CarrierExchange.objects.all().delete()
    own_client.fault(fault, method="GET", path_contains="importTnOrders", times=None)
    jobs.enqueue_many("read_order", [order.pk for order in orders])
    for _ in range(3):
        run_once()
        steps.bring_forward("read_order")
    assert CarrierExchange.objects.filter(http_status__in=[401, 403]).count() == REFUSALS_IN_A_ROW
    # Those that were refused are the sweep's again; the others wait. Nothing is parked.
    waiting = Job.objects.filter(kind="read_order", state="waiting").count()
    assert (waiting, Job.objects.filter(state="parked").count()) == (8 - REFUSALS_IN_A_ROW, 0)
    watch()
    watch()
    assert open_causes() == [("credentials_refused", "", 1)]
    assert Mail.objects.filter(recipient="boss@example.com").count() == 1

    # Ten minutes later one probe goes out, and no more.
    time_passes(seconds=PROBE_SECONDS)
    assert hold_off() is None
    steps.bring_forward("read_order")
    run_once()
    assert (
        CarrierExchange.objects.filter(http_status__in=[401, 403]).count() == REFUSALS_IN_A_ROW + 1
    )
    assert Mail.objects.filter(recipient="boss@example.com").count() == 1

    # The credentials are good again: everything is done unaided, and the alert is over.
    own_client.clear_faults()
    time_passes(seconds=PROBE_SECONDS)
    steps.bring_forward("read_order")
    run_once()
    watch()
    assert (hold_off(), open_causes()) == (None, [])
    assert Job.objects.filter(kind="read_order").exclude(state="done").count() == 0


def test_a_client_that_gets_no_token_calls_too(own_client: Sandbox, settings: Any) -> None:
    settings.CARRIER = {**settings.CARRIER, "client_secret": "no-longer-right"}
    with pytest.raises(Exception, match="gave no token"):
        places.refresh_places()
    watch()
    assert open_causes() == [("credentials_refused", "", 1)]


def test_a_missing_role_is_over_only_when_the_same_call_is_let_in() -> None:
    exchange(3, 403, "import_orders.create")
    exchange(2, 200, "import_orders.get")
    watch()
    assert (open_causes(), hold_off()) == ([("credentials_refused", "", 1)], None)
    exchange(1, 200, "import_orders.create")
    watch()
    assert open_causes() == []


def test_a_missing_role_for_details_is_told_and_holds_nothing_else_back() -> None:
    for minutes in range(1, REFUSALS_IN_A_ROW + 2):
        exchange(minutes, 403, "number_details.get")
    watch()
    assert (open_causes(), hold_off()) == ([("credentials_refused", "", 1)], None)
    # Credentials as such are another matter, whatever was asked with them.
    for _ in range(REFUSALS_IN_A_ROW):
        exchange(0.5, 401, "number_details.get")
    assert hold_off() is not None


def test_what_was_seen_to_is_not_opened_again_without_a_new_refusal(support: User) -> None:
    exchange(3, 403, "places.list_sites")
    watch()
    assert alerts.see_to(Alert.objects.get().pk, actor=support)
    watch()
    assert open_causes() == []
    exchange(-0.01, 403, "places.list_sites")
    watch()
    assert open_causes() == [("credentials_refused", "", 1)]


def test_reading_is_put_off_while_credentials_are_refused() -> None:
    for minutes in (3, 2, 1):
        exchange(minutes, 401)
    order = builders.draft()
    ImportOrder.objects.filter(pk=order.pk).update(status="received", carrier_order_id="c-1")
    with pytest.raises(TryLater) as put_off:
        results.run_read(Job(kind="read_order", subject_id=order.pk))
    assert put_off.value.counts is False
    assert put_off.value.after == pytest.approx(PROBE_SECONDS - 60, abs=2)


# --- The carrier is away ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tries", "is_away"),
    [
        ([6, 3, 1], True),
        ([6, 1], False),
        ([4, 3, 2, 1], False),
    ],
)
def test_the_carrier_is_away_after_three_tries_over_five_minutes(
    tries: list[int], is_away: bool
) -> None:
    exchange(30, 200)
    for minutes in tries:
        exchange(minutes, None)
    watch()
    assert open_causes() == ([("carrier_away", "", 1)] if is_away else [])


def test_a_carrier_that_only_fails_is_as_good_as_away() -> None:
    for minutes in (9, 6, 1):
        exchange(minutes, 503)
    watch()
    watch()
    assert open_causes() == [("carrier_away", "", 1)]


def test_the_first_answer_ends_the_carriers_absence() -> None:
    for minutes in (9, 6, 1):
        exchange(minutes, None)
    watch()
    exchange(0, 404)
    watch()
    assert open_causes() == []


# --- Lost numbers -------------------------------------------------------------------------------


def test_notices_of_lost_numbers_are_one_alert_that_only_staff_close() -> None:
    """W19: staff are told."""
    numbers = builders.fresh_numbers(3)
    order = builders.draft(*numbers)
    telephone_numbers.start_importing(order, learned_by=LearnedBy.ANSWER)
    telephone_numbers.finish_importing(
        order, e164s=numbers, hosted=True, reason="Imported.", learned_by=LearnedBy.SWEEP
    )
    stored(lost_notice(numbers[0].removeprefix("+1"), numbers[1].removeprefix("+1")))
    run_once()
    assert open_causes() == [("numbers_lost", "", 1)]
    assert Alert.objects.get().title == "2 numbers lost"
    Heartbeat.objects.all().delete()
    run_once()
    assert open_causes() == [("numbers_lost", "", 1)]
    assert numbers[0][-7:] not in "".join(Mail.objects.values_list("text", flat=True))


# --- The pages ----------------------------------------------------------------------------------


def test_the_home_page_says_open_alerts_newest_first_and_a_person_sees_to_one(
    support: User, sign_in: Callable[[User], Client]
) -> None:
    call(key="a", title="The older one")
    call(key="b", title="The newer <b>one</b>")
    client = sign_in(support)
    page = client.get("/admin/").content.decode()
    assert page.index("The newer &lt;b&gt;one&lt;/b&gt;") < page.index("The older one")
    older = Alert.objects.get(key="a")
    address = f"/admin/numbers/alert/{older.pk}/seen-to/"
    assert f'action="{address}"' in page
    client.post(address)
    older.refresh_from_db()
    assert (older.closed_at is not None, older.closed_by) == (True, support)
    assert "The older one" not in client.get("/admin/").content.decode()
    assert "The older one" in client.get("/admin/numbers/alert/?state=closed").content.decode()


def test_looking_at_the_address_closes_nothing(
    support: User, sign_in: Callable[[User], Client]
) -> None:
    call()
    address = f"/admin/numbers/alert/{Alert.objects.get().pk}/seen-to/"
    assert sign_in(support).get(address).status_code == 405
    assert len(open_causes()) == 1


def test_finance_neither_sees_nor_closes_alerts(sign_in: Callable[[User], Client]) -> None:
    call(title="Not for finance")
    client = sign_in(builders.person(Role.FINANCE))
    assert "Not for finance" not in client.get("/admin/").content.decode()
    address = f"/admin/numbers/alert/{Alert.objects.get().pk}/seen-to/"
    assert client.post(address).status_code == 403
    assert len(open_causes()) == 1


def test_the_worker_keeps_watch_each_minute() -> None:
    assert KINDS["watch"].run is carrier_watch.run_watch
    for minutes in (9, 6, 1):
        exchange(minutes, None)
    run_once()
    assert open_causes() == [("carrier_away", "", 1)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_that_find_the_same_at_one_instant_one_calls() -> None:
    at_once(6, lambda _index: call())
    assert (open_causes(), Mail.objects.count()) == ([("parked", "sweep", 6)], 2)


@pytest.mark.parametrize("fault", ["unauthorized", "forbidden"])
def test_an_hour_of_refused_credentials_keeps_the_queue_and_costs_a_handful_of_tries(
    own_client: Sandbox, fault: str
) -> None:
    """N06: for 401 and for 403."""
    orders = [steps.checked() for _ in range(6)]
    CarrierExchange.objects.all().delete()
    own_client.fault(fault, method="POST", path_contains="importTnOrders", times=None)
    for order in orders:
        submission.submit(order, actor=None)
    for _ in range(6):
        run_once()
        steps.bring_forward("submit_order")
        run_once()
        watch()
        time_passes(seconds=PROBE_SECONDS)
        steps.bring_forward("submit_order")
    refused = CarrierExchange.objects.filter(http_status__in=[401, 403]).count()
    assert refused == REFUSALS_IN_A_ROW + 5
    assert [steps.status_of(order) for order in orders] == ["checked"] * 6
    assert (len(open_causes()), Mail.objects.count()) == (1, 2)
    own_client.clear_faults()
    run_once()
    assert [len(steps.orders_at(own_client, order)) for order in orders] == [1] * 6
