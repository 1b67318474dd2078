"""Removals in a real browser: planned, agreed to by a second person, begun, ended by webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as portal_settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from carrier import subscriptions as carrier_subscriptions
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import leaving_beginning, subscriptions
from numbering.models import Job, Leaving, RemovalOrder, WebhookEvent
from numbering.worker import KINDS, run_once
from tests import builders
from tests.browser.conftest import picture
from tests.browser.customers import SIZES, context_of
from tests.numbering import steps
from tests.numbering.giving_up import OWNED, lives, states

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Desk:
    """Somebody of the staff with a browser of their own; what its console says is kept."""

    def __init__(
        self, browser: Browser, site: str, person: User, size: str, scheme: str = "light"
    ) -> None:
        self.size = size
        self.complaints: list[str] = []
        signed_in = Client()
        signed_in.force_login(person)
        session = signed_in.cookies[portal_settings.SESSION_COOKIE_NAME].value
        context = context_of(browser, size, base_url=site, color_scheme=scheme)
        context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda m: self._hear(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self._hear(str(error)))

    def _hear(self, said: str) -> None:
        self.complaints.append(said)

    def look(self, name: str) -> None:
        """See that nothing sticks out or shuts anybody out."""
        page = self.page
        width = page.evaluate("document.documentElement.scrollWidth")
        assert (name, width <= SIZES[self.size]["viewport"]["width"]) == (name, True)
        found = Axe().run(page, context=".staff").response["violations"]
        assert (name, [(one["id"], one["nodes"][0]["html"][:200]) for one in found]) == (name, [])
        picture(page, f"{self.size}-{name}")


@pytest.fixture
def site(live_server: LiveServer, settings: Any, at_carrier: Sandbox) -> Iterator[str]:
    """The portal on the tests' database; the carrier's webhooks come to it."""
    settings.SITE_URL = live_server.url
    settings.SECOND_FACTOR_REQUIRED = False
    settings.LEAVING_SECOND_PERSON_ABOVE = 1
    subscriptions.repair()
    yield str(live_server.url)
    carrier = get_carrier()
    for one in carrier_subscriptions.list_all(carrier):
        carrier_subscriptions.delete(carrier, subscription_id=one.subscription_id)


def test_a_mixed_removal_is_split_and_approved_by_a_second_person(
    browser: Browser, site: str, at_carrier: Sandbox
) -> None:
    bakery = builders.subscriber(name="Corner Bakery")
    [hosted] = lives("+13032289301", sandbox=at_carrier, subscriber=bakery)
    [owned] = lives("+13032289302", sandbox=at_carrier, subscriber=bakery, origin=OWNED)
    [locked] = lives("+13032289303", sandbox=at_carrier, subscriber=bakery, is_locked=True)
    at_carrier.change(processing_seconds=3600)
    ann = Desk(browser, site, builders.person(name="Ann Asks"), "desktop")
    ben = Desk(browser, site, builders.person(name="Ben Agrees"), "phone", "dark")

    page = ann.page
    page.goto("/admin/numbers/telephonenumber/")
    page.get_by_role("checkbox", name="Tick every number on this page").check()
    page.get_by_role("button", name="Remove or disconnect…").click()
    expect(page.locator(".staff h1")).to_have_text("Remove 1 number and disconnect 1 number")
    expect(page.locator("#parts tbody tr")).to_have_count(2)
    expect(page.locator("#refused")).to_contain_text("It is locked against leaving")
    expect(page.locator("#effects")).to_contain_text("The permission to host 1 number")
    ann.look("leaving-1-plan")
    page.get_by_label("Why").fill("The bakery closes.")
    page.get_by_role("button", name="Ask a second person").click()
    expect(page.locator("[data-next-step]")).to_contain_text("somebody else has to agree")
    expect(page.get_by_role("button", name="Agree")).to_have_count(0)
    ann.look("leaving-2-asked")
    assert (states([hosted, owned]), RemovalOrder.objects.count()) == (["hosted", "ordered"], 0)

    page = ben.page
    page.goto("/admin/")
    page.get_by_role("link", name="Leavings that wait for a second person").click()
    page.get_by_role("link", name=f"Leaving {Leaving.objects.get().pk}").click()
    ben.look("leaving-3-second-person")
    page.get_by_role("button", name="Agree: remove 1 number and disconnect 1 number").click()
    expect(page.locator("[data-next-step]")).to_contain_text("Beginning: 0 of 2 numbers")
    assert not RemovalOrder.objects.exists()
    ben.look("leaving-4-beginning")
    run_once()
    expect(page.locator(".staff h1 .badge")).to_have_text("Under way")
    orders = list(RemovalOrder.objects.order_by("pk"))
    assert [order.verb for order in orders] == ["disconnect", "remove"]
    assert states([hosted, owned, locked]) == ["removing", "disconnecting", "hosted"]
    ben.look("leaving-5-under-way")

    for order in orders:
        at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    steps.wait_for(lambda: WebhookEvent.objects.count() >= 2)
    run_once()
    # The page looks for itself.
    expect(page.locator("[data-next-step]")).to_have_text(
        "Done. Every number that could leave is gone."
    )
    # At rest the page loads itself once more; that one does not look any further.
    expect(page.locator("#live[hx-get]")).to_have_count(0)
    ben.look("leaving-6-done")
    assert states([hosted, owned, locked]) == ["gone", "gone", "hosted"]
    for order in orders:
        assert order.events.latest("pk").learned_by == "webhook"
    page.get_by_role("link", name=str(orders[0])).click()
    expect(page.locator("[data-next-step]")).to_contain_text("The numbers are given back")
    ben.look("leaving-7-disconnect")
    assert ann.complaints + ben.complaints == []


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_a_second_small_wish_needs_a_second_person_and_one_that_stopped_goes_on(
    browser: Browser, site: str, at_carrier: Sandbox, size: str, scheme: str
) -> None:
    first, second = lives(*builders.fresh_numbers(2), sandbox=at_carrier)
    at_carrier.change(processing_seconds=3600)
    ann = Desk(browser, site, builders.person(name="Ann Asks"), size, scheme)
    page = ann.page
    page.goto(f"/admin/numbers/leaving/plan/?number={first.pk}")
    page.get_by_label("Why").fill("The bakery closes.")
    page.get_by_role("button", name="Remove 1 number").click()
    expect(page.locator("[data-next-step]")).to_contain_text("Beginning: 0 of 1 number")
    page.goto(f"/admin/numbers/leaving/plan/?number={second.pk}")
    expect(page.locator(".staff .sentence").first).to_have_text(
        "You have had 1 number leave since yesterday; with this one a second person has to agree. "
        "Nothing is sent before that."
    )
    expect(page.get_by_role("button", name="Ask a second person")).to_be_visible()
    ann.look("leaving-8-one-too-many")

    wish = Leaving.objects.get()
    Job.objects.filter(kind=leaving_beginning.JOB).update(
        attempts=KINDS[leaving_beginning.JOB].most_attempts
    )
    run_once()
    page.goto(f"/admin/numbers/leaving/{wish.pk}/change/")
    expect(page.locator("[data-next-step]")).to_contain_text("the portal stopped after 0 of 1")
    ann.look("leaving-9-stopped")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("[data-next-step]")).to_contain_text("Beginning: 0 of 1 number")
    run_once()
    expect(page.locator(".staff h1 .badge")).to_have_text("Under way")
    assert states([first, second]) == ["removing", "hosted"]
    assert ann.complaints == []
