"""The other staff pages: webhooks, background jobs, places, webhook subscriptions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.models import Job, SipPeer, WebhookEvent
from tests import builders
from tests.carrier.scripted import ScriptedServer, answering
from tests.numbering.desk import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which somebody of support is signed in."""
    return sign_in(support)


@pytest.mark.parametrize(
    ("address", "entry"),
    [
        ("/admin/", "Home"),
        ("/admin/numbers/numberorder/", "Number orders"),
        ("/admin/numbers/numberorder/order/", "Number orders"),
        ("/admin/numbers/numberorder/find/", "Find numbers"),
        ("/admin/numbers/telephonenumber/", "Telephone numbers"),
        ("/admin/numbers/telephonenumber/cover/", "LOA cover"),
        ("/admin/numbers/case/take-over/", "Cases"),
    ],
)
def test_one_entry_of_the_menu_is_open_and_the_crumbs_lead_home(
    desk: Client, address: str, entry: str
) -> None:
    page = desk.get(address).content.decode()
    assert re.findall(r'aria-current="page"><span[^>]*>\w+</span>([^<]+)</a>', page) == [entry]
    crumbs = re.search(r'<nav class="crumbs".*?</nav>', page, re.S)
    assert crumbs is not None
    assert "Home" in crumbs[0]
    assert page.count("<main ") == 1


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


SITE = "<Site><Id>{}</Id><Name>Main</Name></Site>"
PEER = "<SipPeer><PeerId>7</PeerId><PeerName>One</PeerName></SipPeer>"


@pytest.mark.parametrize(
    ("site_id", "peers", "words"),
    [("8", 2, "2 SIP peers read."), ("../8", 0, "Nothing was changed."), ("x", 0, "Nothing was")],
)
def test_what_the_carrier_says_of_places_is_taken_over_or_refused_whole(
    desk: Client, settings: Any, site_id: str, peers: int, words: str
) -> None:
    """R7: an id becomes a part of the next address. One that is listed twice is one."""
    sites = f"<Sites>{SITE.format(site_id)}</Sites>"
    bodies = [("200 OK", sites), ("200 OK", f"<SipPeers>{PEER * peers}</SipPeers>")]
    answers = [
        answering(status, body.encode(), "Connection: close")
        for status, body in (*bodies, *[("404 Not Found", "")] * peers)
    ]
    with ScriptedServer(*answers) as server:
        settings.CARRIER = {
            **settings.CARRIER,
            "v2_base": f"{server.url}/api/v2/",
            "auth": "basic",
            "username": "sandbox",
            "password": "sandbox-password",
        }
        [message] = said(desk.post("/admin/numbers/sippeer/refresh/"))
    assert message.startswith(words)
    assert SipPeer.objects.count() == bool(peers)


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
