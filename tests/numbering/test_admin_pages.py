"""The other staff pages: webhooks, background jobs, places, webhook subscriptions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.models import Job, SipPeer, WebhookEvent
from tests import builders
from tests.numbering.desk import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which somebody of support is signed in."""
    return sign_in(support)


def test_chosen_webhooks_are_applied_again(desk: Client) -> None:
    chosen = WebhookEvent.objects.create(body=b"x", content_type="a", state="unreadable")
    left = WebhookEvent.objects.create(body=b"x", content_type="a", state="unreadable")
    response = desk.post(
        "/admin/numbers/webhookevent/", {"action": "replay", "_selected_action": [chosen.pk]}
    )
    assert said(response) == ["1 webhook put back to be applied again."]
    assert [WebhookEvent.objects.get(pk=event.pk).state for event in (chosen, left)] == [
        "new",
        "unreadable",
    ]


def test_parked_jobs_are_put_back_to_work(desk: Client) -> None:
    parked = Job.objects.create(kind="read_order", subject_id=1, state="parked", finished_at=Now())
    response = desk.post(
        "/admin/numbers/job/", {"action": "retry", "_selected_action": [parked.pk]}
    )
    assert said(response) == ["1 parked job put back to work."]
    assert Job.objects.filter(kind="read_order", state="waiting").count() == 1


def test_the_places_are_read_from_the_carrier(desk: Client, at_carrier: Sandbox) -> None:
    response = desk.post("/admin/numbers/sippeer/refresh/")
    assert said(response) == ["4 SIP peers read."]
    assert SipPeer.objects.count() == 4


def test_an_unreachable_carrier_leaves_the_places_as_they_are(
    desk: Client, carrier_away: None
) -> None:
    peer = builders.sip_peer()
    [message] = said(desk.post("/admin/numbers/sippeer/refresh/"))
    assert message.startswith("Nothing was changed. ")
    assert list(SipPeer.objects.filter(is_gone=False)) == [peer]


def test_the_subscriptions_page_says_in_words_that_it_could_not_read(
    desk: Client, carrier_away: None
) -> None:
    page = desk.get("/admin/numbers/webhookevent/subscriptions/")
    assert page.status_code == 200
    assert "The subscriptions could not be read." in page.content.decode()


def test_places_that_are_gone_at_the_carrier_are_marked_and_said(
    desk: Client, at_carrier: Sandbox
) -> None:
    gone = builders.sip_peer(sip_peer_id="999999")
    response = desk.post("/admin/numbers/sippeer/refresh/")
    assert said(response) == ["4 SIP peers read. No longer there: 1."]
    assert list(SipPeer.objects.filter(is_gone=True)) == [gone]
