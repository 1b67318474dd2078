"""The home page: what waits for a person, how orders stand, what is stuck and what failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain import alerts
from numbering.enums import AlertCause
from numbering.models import (
    Heartbeat,
    ImportOrder,
    Intake,
    Job,
    Leaving,
    LoaUpload,
    SubmitAttempt,
    TelephoneNumber,
    WebhookEvent,
)
from tests import builders
from tests.numbering import asking

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which somebody of support is signed in; the worker is alive."""
    Heartbeat.objects.create(name="sweep", at=timezone.now())
    return sign_in(support)


def in_status(status: str, *, hours: float = 0, **fields: Any) -> ImportOrder:
    """Make an order that has been in a status for so long."""
    order = builders.draft()
    since = timezone.now() - timedelta(hours=hours)
    ImportOrder.objects.filter(pk=order.pk).update(status=status, status_changed_at=since, **fields)
    order.refresh_from_db()
    return order


def heaps(desk: Client, part: str = "heaps") -> dict[str, int]:
    """Read the heaps of a part of the home page: title and count."""
    return {heap["title"]: heap["count"] for heap in desk.get("/admin/").context[part]}


def test_an_empty_portal_waits_for_nobody(desk: Client) -> None:
    page = desk.get("/admin/")
    assert [page.context[part] for part in ("heaps", "failing", "stuck", "unhealthy")] == [[]] * 4
    assert {status["count"] for status in page.context["statuses"]} == {0}
    assert "Nothing. Every order is on its way or done." in page.content.decode()


def everything_that_waits() -> None:
    """Make one of everything that waits for a person."""
    asking.handed_in()
    for status in ("draft", "checked", "failed", "exception", "processing", "complete"):
        in_status(status)
    in_status("partial")
    unknown = in_status("unknown")
    SubmitAttempt.objects.create(order=unknown, customer_order_id="IO1", state="parked")
    TelephoneNumber.objects.create(
        e164="+13032281000",
        subscriber=unknown.subscriber,
        state="lost",
        state_changed_at=timezone.now(),
    )
    letter = builders.letter(unknown, signer="")
    LoaUpload.objects.create(order=unknown, loa=letter, state="refused")
    asker = builders.person(Role.SUPPORT)
    for state in ("waiting", "begins", "stopped"):
        Leaving.objects.create(state=state, asked_by=asker, asked_at=timezone.now())
    for state in ("reading", "read", "committed"):
        Intake.objects.create(name="a.csv", state=state, person=asker, uploaded_at=timezone.now())


def test_each_kind_of_work_is_a_heap_of_its_own(desk: Client) -> None:
    everything_that_waits()
    assert heaps(desk) == {
        "Requests to review": 1,
        "Decide: did the carrier get it?": 1,
        "Leavings that wait for a second person": 1,
        "Leavings that stopped half-way": 1,
        "Files of numbers to be taken over, or discarded": 1,
        "Exception at the carrier": 1,
        "Failed numbers to try again": 2,
        "Checked, to be submitted": 1,
        "Drafts to be checked": 1,
        "Numbers lost": 1,
        "LOAs that the carrier refused": 1,
    }


def listed_at(desk: Client, address: str) -> Sequence[object]:
    """Give the rows of a list page; that of the telephone numbers is no stock one."""
    context = desk.get(address).context
    rows: Sequence[object] = context["cl"].result_list if "cl" in context else context["rows"]
    return rows


def test_each_heap_leads_to_a_list_of_as_many_rows(desk: Client) -> None:
    everything_that_waits()
    for state in ("unreadable", "unmatched", "unknown_type", "applied", "new"):
        WebhookEvent.objects.create(body=b"x", content_type="a", state=state)
    Job.objects.create(kind="read_order", subject_id=1, state="parked")
    page = desk.get("/admin/")
    shown = [*page.context["heaps"], *page.context["failing"]]
    behind = {heap["title"]: len(listed_at(desk, heap["url"])) for heap in shown}
    assert behind == {heap["title"]: heap["count"] for heap in shown}


def test_an_alert_leads_to_where_something_can_be_done(desk: Client) -> None:
    alerts.numbers_lost(2, how="by a notice")
    alerts.parked_attempt("NO-1", "Two looks did not find it.")
    alerts.parked_job("compare", "It was away.")
    alerts.open_alert(cause=AlertCause.EVIDENCE, title="Not whole", text="Ask an operator.")
    page = desk.get("/admin/")
    leads = {alert.title: where for alert, where in page.context["alerts"]}
    lost = ("Show the lost numbers", "/admin/numbers/telephonenumber/?state=lost")
    assert leads["2 numbers lost"] == lost
    assert leads["Background work given up: compare"] == (
        "Show the parked jobs",
        "/admin/numbers/job/?state=parked",
    )
    # Its orders are heaps of their own; of the other the text says all.
    assert [leads["Decide: did the carrier get it?"], leads["Not whole"]] == [None, None]
    assert f'href="{lost[1]}">{lost[0]}</a>' in page.content.decode()


@pytest.mark.parametrize("cause", AlertCause)
def test_where_an_alert_leads_there_is_a_page(desk: Client, cause: AlertCause) -> None:
    alerts.open_alert(cause=cause, title="Something", text="Look.")
    [(_, where)] = desk.get("/admin/").context["alerts"]
    # A list sends away who filters by what it does not know.
    assert where is None or desk.get(where[1]).status_code == 200


def test_what_failed_in_the_background_is_shown(desk: Client) -> None:
    for state in ("unreadable", "unmatched", "unmatched", "applied", "late"):
        WebhookEvent.objects.create(body=b"x", content_type="a", state=state)
    Job.objects.create(kind="read_order", subject_id=1, state="parked")
    assert heaps(desk, "failing") == {
        "No such order here": 2,
        "Unreadable": 1,
        "Background jobs parked": 1,
    }


@pytest.mark.parametrize(("child_status", "waits"), [("draft", False), ("cancelled", True)])
def test_failed_numbers_wait_until_a_retry_stands(
    desk: Client, child_status: str, waits: bool
) -> None:
    order = in_status("partial")
    in_status(child_status, parent=order)
    listed = desk.get("/admin/numbers/importorder/?question=retry").context["cl"].result_list
    assert (list(listed) == [order], "Failed numbers to try again" in heaps(desk)) == (waits, waits)


def test_orders_are_counted_by_status_with_a_way_to_each(desk: Client) -> None:
    in_status("processing")
    in_status("processing")
    in_status("complete")
    statuses = desk.get("/admin/").context["statuses"]
    assert {row["label"]: row["count"] for row in statuses if row["count"]} == {
        "Processing": 2,
        "Complete": 1,
    }
    [processing] = [row for row in statuses if row["label"] == "Processing"]
    assert len(desk.get(processing["url"]).context["cl"].result_list) == 2


def test_orders_that_the_carrier_keeps_for_too_long_are_stuck_the_oldest_first(
    desk: Client, settings: Any
) -> None:
    settings.STUCK_AFTER_SECONDS = 3600
    younger = in_status("processing", hours=2)
    older = in_status("unknown", hours=3)
    for status, hours in (("processing", 0.5), ("draft", 9), ("complete", 9), ("cancelled", 9)):
        in_status(status, hours=hours)
    page = desk.get("/admin/").content.decode().split("Stuck import orders")[1]
    places = [page.find(str(order)) for order in (older, younger)]
    assert places == sorted(places)
    listed = desk.get("/admin/numbers/importorder/?question=stuck").context["cl"].result_list
    assert set(listed) == {older, younger}


@pytest.mark.parametrize(
    ("beat", "words"),
    [
        (None, ["never ran: is the worker running?"]),
        (timedelta(hours=2), ["last ran more than an hour ago: is the worker running?"]),
        (timedelta(minutes=1), []),
    ],
)
def test_a_worker_that_does_not_run_is_said_on_the_home_page(
    desk: Client, beat: timedelta | None, words: list[str]
) -> None:
    Heartbeat.objects.all().delete()
    if beat is not None:
        Heartbeat.objects.create(name="sweep", at=timezone.now() - beat)
    assert desk.get("/admin/").context["unhealthy"] == words


def test_finance_sees_the_statuses_and_nothing_to_do(sign_in: Callable[[User], Client]) -> None:
    everything_that_waits()
    page = sign_in(builders.person(Role.FINANCE)).get("/admin/")
    assert len(page.context["statuses"]) == 11
    assert [part in page.context for part in ("heaps", "failing", "stuck")] == [False] * 3
    assert "New import order" not in page.content.decode()


@pytest.mark.parametrize(
    ("question", "status", "fields"),
    [
        ("trouble", "draft", {"trouble": "The carrier refused it."}),
        ("retry", "failed", {}),
        ("stuck", "unknown", {"status_changed_at": timezone.now() - timedelta(days=9)}),
    ],
)
def test_a_question_finds_its_orders_and_no_others(
    desk: Client, question: str, status: str, fields: dict[str, Any]
) -> None:
    asked = in_status(status)
    ImportOrder.objects.filter(pk=asked.pk).update(**fields)
    in_status("complete")
    in_status("draft")
    page = desk.get(f"/admin/numbers/importorder/?question={question}")
    assert list(page.context["cl"].result_list) == [asked]


def test_orders_without_an_loa_are_found(desk: Client) -> None:
    without, covered, _over = in_status("draft"), in_status("draft"), in_status("cancelled")
    builders.letter(covered, signer="")
    page = desk.get("/admin/numbers/importorder/?question=without_loa")
    assert list(page.context["cl"].result_list) == [without]
