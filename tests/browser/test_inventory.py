"""The list of telephone numbers in a real browser: found, kept as a view, chosen, moved, read."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from carrier.sandbox import Sandbox
from numbering.domain import keyset
from numbering.models import SavedView, TelephoneNumber
from numbering.worker import run_once
from tests import builders
from tests.browser.test_leaving import Desk
from tests.numbering.lives import life, lives

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_numbers_are_found_moved_and_read_at_the_carrier(
    browser: Browser, live_server: LiveServer, settings: Any, at_carrier: Sandbox
) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    before, after = builders.subscriber(name="Before Ltd"), builders.subscriber(name="After Ltd")
    numbers = [life(e164=f"+1303228940{index}", subscriber=before) for index in range(3)]
    life(e164="+12122289404", subscriber=after, state="lost", is_locked=True)
    at_carrier.stock([numbers[0].e164], site_id="1001", sip_peer_id="500101", owned=False)
    sam = Desk(browser, live_server.url, builders.person(name="Sam Support"), "desktop")
    page = sam.page

    page.goto("/admin/numbers/telephonenumber/")
    page.get_by_label("Number, part of one, or subscriber").fill("303-228-94")
    page.get_by_label("State").select_option("Hosted")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".staff h1")).to_contain_text("3 numbers")
    sam.look("inventory-1-found")
    page.get_by_text("Save this view").first.click()
    page.get_by_label("Name").fill("Denver")
    page.get_by_label("For everybody").check()
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_role("link", name="Denver")).to_have_attribute("aria-current", "page")
    assert SavedView.objects.get().is_shared

    page.get_by_role("checkbox", name="Tick every number on this page").check()
    page.get_by_role("checkbox", name="Tick (303) 228-9402").uncheck()
    page.get_by_role("button", name="Move to a subscriber…").click()
    expect(page.locator(".staff h1")).to_have_text("Move to a subscriber: 2 numbers")
    page.locator("#select2-id_subscriber-container").click()
    page.locator(".select2-search__field").fill("after")
    page.locator(".select2-results__option", has_text="After Ltd").click()
    page.get_by_role("button", name="Move to a subscriber").click()
    page.wait_for_url("**/bulkaction/*/change/")
    run_once()

    page.goto("/admin/numbers/telephonenumber/?q=after&state=hosted")
    expect(page.locator(".staff h1")).to_contain_text("2 numbers")
    page.get_by_role("link", name="(303) 228-9400").click()
    page.get_by_role("button", name="Read at the carrier now").click()
    expect(page.get_by_text("The carrier says Inservice.")).to_be_visible()
    expect(page.get_by_text("Moved from Before Ltd to After Ltd.")).to_be_visible()
    sam.look("inventory-2-number")
    assert sam.complaints == []


def test_a_page_that_found_nothing_yet_looks_on_by_itself(
    browser: Browser, live_server: LiveServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    # Each page has time for two numbers only.
    monkeypatch.setattr(keyset, "_FIRST_STRETCH", 2)
    monkeypatch.setattr(keyset, "PAGE_SECONDS", 0)
    life(e164="+13032289405", is_locked=True)
    lives(8)
    sam = Desk(browser, live_server.url, builders.person(name="Sam Support"), "desktop")
    page = sam.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    # The answer is held back, so that the page can be seen while it goes on.
    page.route("**/telephonenumber/?*after=*", lambda _: None)
    page.goto("/admin/numbers/telephonenumber/?question=locked")
    expect(page.locator("#found")).to_contain_text("Looking through all numbers: ")
    sam.look("inventory-3-looking-on")
    # What was held back would be answered as soon as nothing holds it, and asked on from.
    page.goto("about:blank")
    page.unroute("**/telephonenumber/?*after=*")
    asked.clear()
    page.goto("/admin/numbers/telephonenumber/?question=locked")
    expect(page.get_by_role("link", name="(303) 228-9405")).to_be_visible()
    looks = [url for url in asked if "telephonenumber/?question=locked&after=" in url]
    assert len(looks) == len(set(looks)) == 4
    expect(page.locator("#count")).to_have_text("1 number")
    page.reload()
    expect(page.get_by_role("link", name="(303) 228-9405")).to_be_visible()
    page.get_by_role("link", name="« Newest").click()
    expect(page.get_by_role("link", name="(303) 228-9405")).to_be_visible()
    # What is on no page is said to be nowhere.
    TelephoneNumber.objects.update(is_locked=False)
    monkeypatch.setattr(keyset, "PAGE_SECONDS", 5)
    page.goto("/admin/numbers/telephonenumber/?question=locked")
    expect(page.locator("#found")).to_contain_text("No number matches.")
    assert sam.complaints == []
