"""New numbers in the browser: searched for, two picked, one of them held, ordered, and ours."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import picture
from tests.browser.test_main_job import badge, create_subscriber

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def both(page: Page, name: str) -> None:
    """Keep a picture at desktop and at phone width; nothing may be wider than the phone."""
    picture(page, name)
    size = page.viewport_size
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    picture(page, f"{name}-phone")
    page.set_viewport_size(size)  # type: ignore[arg-type]


def test_the_exchanges_of_an_area_code_lead_to_their_numbers(staff_page: Page) -> None:
    page = staff_page
    page.goto("/admin/numbers/numberorder/find/")
    page.get_by_label("Area code", exact=True).fill("512")
    page.get_by_role("button", name="Which exchanges have numbers?").click()
    expect(page.get_by_role("heading", name="in area code 512")).to_be_visible()
    expect(page.get_by_label("Area code", exact=True)).to_have_value("512")
    both(page, "n0-exchanges")
    first = page.locator("#exchanges tbody a").first
    exchange = first.inner_text()
    first.click()
    expect(page.get_by_role("heading", name="20 numbers on offer")).to_be_visible()
    rows = page.locator("#results tbody .number")
    assert {text[1:4] + "-" + text[6:9] for text in rows.all_inner_texts()} == {exchange}
    # The field by which it is searched now is open to be seen.
    expect(page.get_by_label("Area code and exchange")).to_have_value(exchange.replace("-", ""))


def test_searched_numbers_are_held_ordered_and_complete_by_webhook(staff_page: Page) -> None:
    page = staff_page
    create_subscriber(page, "Fresh Start Florist")
    page.get_by_role("link", name="Find numbers").click()
    page.get_by_label("City", exact=True).fill("DENVER")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("Add the state: city alone is not unique.")).to_be_visible()
    both(page, "n1-search-that-lacks-a-state")
    page.get_by_label("State", exact=True).fill("CO")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="20 numbers on offer")).to_be_visible()

    rows = page.locator("#results tbody tr")
    held, other = (rows.nth(index).locator(".number").inner_text() for index in (0, 1))
    page.get_by_label(held, exact=True).check()
    both(page, "n2-found")
    page.get_by_role("button", name="Hold for 4 hours").click()
    mine = page.locator("#held tr", has_text=held)
    expect(mine.get_by_text(re.compile(r"until \d\d:\d\d UTC"))).to_be_visible()
    # What was found stays on the page; what is held by now cannot be ticked again.
    found = page.locator("#results tr", has_text=held)
    expect(found).to_contain_text("Held")
    expect(found.get_by_role("checkbox")).to_have_count(0)
    page.reload()
    expect(page.locator("#results")).not_to_contain_text(held)
    both(page, "n3-held")

    page.get_by_role("link", name="Find numbers").click()
    page.get_by_label(f"{held}, held").check()
    page.get_by_role("button", name="Order the ticked ones…").click()
    numbers = page.get_by_label("Paste telephone numbers")
    numbers.fill(f"{numbers.input_value()}\n{other}")
    page.locator("#select2-id_subscriber-container").click()
    page.locator(".select2-search__field").fill("Fresh Start")
    page.locator(".select2-results__option", has_text="Fresh Start Florist").click()
    page.get_by_label("Site and SIP peer").select_option(index=1)
    both(page, "n4-form")
    page.get_by_role("button", name="Look once more").click()
    expect(page.get_by_text("cannot be taken back")).to_be_visible()
    expect(page.locator("dl")).to_contain_text("1 of them, until")
    both(page, "n5-look-once-more")
    page.get_by_role("button", name="Order 2 numbers").dblclick()

    badge(page, "Complete", timeout=30_000)
    expect(page.locator("[data-next-step]")).to_have_text("Done. 2 numbers came and are ours.")
    final = page.locator("#timeline .event", has_text="says COMPLETE")
    expect(final).to_contain_text("by webhook")
    # At rest the page loads itself once more; that one does not look any further.
    expect(page.locator("#live[hx-get]")).to_have_count(0)
    both(page, "n6-complete")
    page.locator("#numbers").get_by_role("link", name=held).click()
    expect(page.get_by_text("Fresh Start Florist").first).to_be_visible()
    page.get_by_role("link", name="Number orders").click()
    expect(page.get_by_role("row").filter(has_text="Fresh Start Florist")).to_have_count(1)
    picture(page, "n7-number-orders")
