"""The two addresses for a monitor."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from numbering.models import Heartbeat, Job


def heartbeat(*, minutes_ago: int) -> None:
    """Note that the sweep ran that long ago."""
    Heartbeat.objects.create(name="sweep", at=timezone.now() - timedelta(minutes=minutes_ago))


def waiting_job(*, minutes: int) -> None:
    """Add a job that has been due for that long."""
    Job.objects.create(kind="read_order", due_at=timezone.now() - timedelta(minutes=minutes))


def statuses(client: Client) -> tuple[int, dict[str, str]]:
    """Return the status of the answer and of each part."""
    response = client.get("/health/ready")
    return response.status_code, {
        name: part["status"] for name, part in response.json()["parts"].items()
    }


@pytest.mark.django_db
def test_everything_works(client: Client) -> None:
    heartbeat(minutes_ago=59)
    waiting_job(minutes=9)
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert statuses(client)[1] == {"database": "ok", "background_work": "ok", "sweep": "ok"}
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_work_that_waits_for_more_than_ten_minutes_is_unhealthy(client: Client) -> None:
    """O14: the queue."""
    heartbeat(minutes_ago=1)
    waiting_job(minutes=11)
    parts = {"database": "ok", "background_work": "unhealthy", "sweep": "ok"}
    assert statuses(client) == (503, parts)


@pytest.mark.django_db
def test_a_sweep_older_than_an_hour_is_unhealthy(client: Client) -> None:
    """O14: the sweep."""
    heartbeat(minutes_ago=61)
    parts = {"database": "ok", "background_work": "ok", "sweep": "unhealthy"}
    assert statuses(client) == (503, parts)


@pytest.mark.django_db
def test_a_sweep_that_never_ran_is_unhealthy(client: Client) -> None:
    assert statuses(client)[1]["sweep"] == "unhealthy"


@pytest.mark.usefixtures("no_database")
def test_a_database_that_is_away_is_unhealthy_and_its_name_stays_ours(client: Client) -> None:
    """O14: the database; no word of the driver's."""
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unhealthy",
        "parts": {"database": {"status": "unhealthy", "detail": "does not answer"}},
    }


@pytest.mark.usefixtures("no_database")
def test_the_process_is_alive_without_a_database(client: Client) -> None:
    client.cookies["sessionid"] = "abcdefghijklmnopqrstuvwxyz012345"
    response = client.get("/health/live")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_being_alive_asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client.get("/health/live")
