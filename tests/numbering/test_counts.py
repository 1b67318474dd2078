"""The truth in numbers: everything that was kept is in exactly one heap."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from numbering.domain.counts import count_everything
from numbering.enums import (
    FINAL,
    AttemptState,
    ImportOrderStatus,
    JobState,
    MailState,
    RemovalStatus,
    WebhookState,
)
from numbering.models import (
    ImportOrder,
    Job,
    Mail,
    RemovalAttempt,
    RemovalOrder,
    SubmitAttempt,
    WebhookEvent,
)
from tests import builders

pytestmark = pytest.mark.django_db

PARTS = ("orders", "removals", "webhooks", "jobs", "attempts", "removal_attempts", "mails")


def one_order_in_each_status() -> None:
    """Keep an import order in every status that there is."""
    subscriber, sip_peer = builders.subscriber(), builders.sip_peer()
    ImportOrder.objects.bulk_create(
        ImportOrder(
            subscriber=subscriber,
            sip_peer=sip_peer,
            loa_authorizing_person="Maria Lopez",
            status=status,
            status_changed_at=timezone.now(),
        )
        for status in ImportOrderStatus
    )


def attempt(order: ImportOrder, state: AttemptState) -> SubmitAttempt:
    """Keep an attempt to send the order."""
    return SubmitAttempt.objects.create(
        order=order, state=state, customer_order_id=f"{order.pk}-{state}", message=f"It is {state}."
    )


def heaps(part: str) -> tuple[object, ...]:
    """Give done, open, parked and all of a part, and whether they add up."""
    counted = count_everything()[part]
    return tuple(counted[name] for name in ("done", "open", "parked", "all", "adds_up"))


@pytest.mark.parametrize("part", PARTS)
def test_nothing_kept_adds_up_to_nothing(part: str) -> None:
    assert heaps(part) == (0, 0, 0, 0, True)


def test_orders_in_every_status_are_done_or_open() -> None:
    one_order_in_each_status()
    final = len(FINAL)
    kept = len(ImportOrderStatus)
    assert heaps("orders") == (final, kept - final, 0, kept, True)
    assert count_everything()["orders"]["by_state"] == {
        str(status): 1 for status in ImportOrderStatus
    }


def test_an_open_order_is_parked_while_an_attempt_waits_for_a_person() -> None:
    attempt(builders.draft(), AttemptState.PARKED)
    builders.draft()
    assert heaps("orders") == (0, 1, 1, 2, True)


def test_an_ended_order_is_done_whatever_its_attempts_say() -> None:
    order = builders.draft()
    attempt(order, AttemptState.PARKED)
    ImportOrder.objects.update(status=ImportOrderStatus.CANCELLED)
    assert heaps("orders") == (1, 0, 0, 1, True)


def test_an_order_with_several_attempts_counts_once() -> None:
    order = builders.draft()
    attempt(order, AttemptState.WITHDRAWN)
    attempt(order, AttemptState.PARKED)
    assert heaps("orders") == (0, 0, 1, 1, True)
    assert heaps("attempts") == (1, 0, 1, 2, True)


def test_removals_and_their_attempts_add_up() -> None:
    subscriber = builders.subscriber()
    for status in RemovalStatus:
        RemovalOrder.objects.create(
            subscriber=subscriber, status=status, status_changed_at=timezone.now()
        )
    unknown = RemovalOrder.objects.get(status="unknown")
    RemovalAttempt.objects.create(order=unknown, state="parked", customer_order_id="RM1")
    assert heaps("removals") == (3, 3, 1, 7, True)
    assert heaps("removal_attempts") == (0, 0, 1, 1, True)


def test_webhooks_in_every_state_add_up() -> None:
    WebhookEvent.objects.bulk_create(WebhookEvent(body=b"", state=state) for state in WebhookState)
    assert heaps("webhooks") == (2, 1, 3, 6, True)


def test_jobs_in_every_state_add_up() -> None:
    Job.objects.bulk_create(Job(kind="task", state=state, ticket="") for state in JobState)
    assert heaps("jobs") == (1, 2, 1, 4, True)


def test_attempts_in_every_state_add_up() -> None:
    for state in AttemptState:
        attempt(builders.draft(), state)
    assert heaps("attempts") == (3, 3, 1, 7, True)


def test_mails_in_every_state_add_up() -> None:
    Mail.objects.bulk_create(Mail(state=state) for state in MailState)
    assert heaps("mails") == (1, 1, 1, 3, True)


def test_what_is_parked_is_counted_by_its_reason() -> None:
    attempt(builders.draft(), AttemptState.PARKED)
    attempt(builders.draft(), AttemptState.ACCEPTED)
    WebhookEvent.objects.create(body=b"", state=WebhookState.UNREADABLE, problem="It is no XML.")
    WebhookEvent.objects.create(body=b"", state=WebhookState.UNREADABLE, problem="It is no XML.")
    Job.objects.create(kind="task", state=JobState.PARKED, trouble="It fails.", ticket="")
    Mail.objects.create(state=MailState.FAILED, result="No such mailbox.")
    assert count_everything()["parked_by_reason"] == {
        "webhookevent": {"It is no XML.": 2},
        "job": {"It fails.": 1},
        "submitattempt": {"It is parked.": 1},
        "removalattempt": {},
        "numberorderattempt": {},
        "mail": {"No such mailbox.": 1},
    }


def test_a_state_that_is_in_no_heap_makes_the_sum_fall_short() -> None:
    Job.objects.create(kind="task", state="mislaid", ticket="")
    assert heaps("jobs") == (0, 0, 0, 1, False)


def test_the_command_prints_the_counts_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    attempt(builders.draft(), AttemptState.UNKNOWN)
    call_command("counts")
    assert json.loads(capsys.readouterr().out) == count_everything()
