"""The main job, as support does it in the browser: from a draft to COMPLETE."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.conftest import picture

pytestmark = pytest.mark.browser


def create_subscriber(page: Page, name: str) -> None:
    page.goto("/admin/numbers/subscriber/add/")
    page.get_by_label("Name*").first.fill(name)
    for label, value in {
        "House number": "77",
        "Street*": "Harbor",
        "City": "Denver",
        "State": "CO",
        "ZIP code": "80202",
    }.items():
        page.get_by_label(label).first.fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def create_order(page: Page, subscriber: str, numbers: str) -> None:
    page.goto("/admin/numbers/importorder/add/")
    page.locator("#select2-id_subscriber-container").click()
    page.locator(".select2-search__field").fill(subscriber)
    page.locator(".select2-results__option", has_text=subscriber).click()
    page.get_by_label("Site and SIP peer").select_option(index=1)
    page.get_by_label("Authorizing person").fill("Maria Lopez")
    page.get_by_label("Paste telephone numbers").fill(numbers)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"Import order \d+"))).to_be_visible()


def badge(page: Page, text: str | re.Pattern[str], *, timeout: float = 15_000) -> None:
    expect(page.locator("h1 .badge")).to_have_text(text, timeout=timeout)


def check(page: Page) -> None:
    page.get_by_role("button", name="Check importability").click()
    badge(page, "Checked")


def submit(page: Page) -> None:
    page.get_by_role("link", name="Submit to carrier").click()
    expect(page.get_by_text("cannot be taken back")).to_be_visible()
    page.get_by_role("button", name="Submit to carrier").click()


def timeline(page: Page) -> str:
    return page.locator("#timeline").inner_text()


def test_an_order_goes_from_pasted_numbers_to_complete_by_webhook_alone(
    staff_page: Page, tmp_path: Path
) -> None:
    page = staff_page
    create_subscriber(page, "Corner Bakery")
    create_order(page, "Corner Bakery", "(303) 228-4101\n303.228.4102\n303-911-123\n+13032284103")

    report = page.locator("#read-report")
    expect(report).to_contain_text("3 numbers kept")
    expect(report.locator("td code")).to_have_text("303-911-123")
    expect(report).to_contain_text("It has 9 digits")
    picture(page, "1-draft-with-a-bad-row")

    check(page)
    picture(page, "2-checked")

    loa = tmp_path / "loa.pdf"
    loa.write_bytes(builders.pdf())
    page.locator("#add-loa input[type=file]").set_input_files(loa)
    page.get_by_label("Signed on").fill(datetime.now(UTC).date().isoformat())
    page.get_by_role("button", name="Add LOA").click()
    expect(page.get_by_text("LOA version 1 is here.")).to_be_visible()
    page.get_by_role("checkbox", name="could not be read by machine").check()
    page.get_by_role("button", name="I have looked").click()
    expect(page.locator("#loa-check")).to_contain_text("answers for it since")
    picture(page, "2-loa-answered-for")

    submit(page)
    # A slow machine may look for it only when it is over.
    badge(page, re.compile("Processing|Complete"))
    picture(page, "3-processing")
    badge(page, "Complete")
    expect(page.locator("[data-next-step]")).to_have_text("Done. Every number is hosted.")
    assert "The carrier says COMPLETE." in timeline(page)
    final = page.locator("#timeline .event", has_text="says COMPLETE")
    expect(final).to_contain_text("by webhook")
    expect(page.get_by_text("At the carrier", exact=True)).to_be_visible()
    picture(page, "4-complete")


def test_an_order_whose_webhook_is_lost_is_completed_by_the_sweep(staff_page: Page) -> None:
    page = staff_page
    create_subscriber(page, "Lost Letter Press")
    create_order(page, "Lost Letter Press", "303-719-8005")
    check(page)
    submit(page)
    badge(page, "Complete", timeout=60_000)
    final = page.locator("#timeline .event", has_text="says COMPLETE")
    expect(final).to_contain_text("by sweep")
    picture(page, "5-complete-by-sweep")


def test_a_partial_order_is_finished_by_retrying_its_failed_number(staff_page: Page) -> None:
    page = staff_page
    create_subscriber(page, "Second Chance Tires")
    create_order(page, "Second Chance Tires", "303-719-8010, 303-228-4201")
    check(page)
    submit(page)
    badge(page, "Partly complete")
    failed = page.locator("#numbers tr", has_text="(303) 719-8010")
    expect(failed).to_contain_text("The number is not active with its voice carrier.")
    expect(failed).to_contain_text("Customer")
    picture(page, "6-partly-complete")

    page.get_by_role("link", name="Retry failed numbers").click()
    expect(page.get_by_text("1 failed number into a new draft")).to_be_visible()
    page.get_by_role("button", name="Retry failed numbers").click()
    expect(page.get_by_role("heading", name="Compared with")).to_be_visible()
    expect(page.locator("#numbers tbody tr")).to_have_count(1)
    picture(page, "7-retry")
    check(page)
    submit(page)
    badge(page, "Complete")


def test_numbers_of_an_open_order_are_refused_with_a_link_to_it(staff_page: Page) -> None:
    page = staff_page
    create_subscriber(page, "Double Booking")
    create_order(page, "Double Booking", "303-228-4301")
    first = page.url
    create_order(page, "Double Booking", "303-228-4301, 303-228-4302")
    expect(page.locator("#read-report")).to_contain_text("which is still open")
    page.locator("#read-report").get_by_role("link", name="Open import order").click()
    expect(page).to_have_url(first)


def test_toll_free_numbers_are_split_off_after_a_preview(staff_page: Page) -> None:
    page = staff_page
    create_subscriber(page, "Mixed Signals")
    create_order(page, "Mixed Signals", "303-228-4401, 800-228-4402")
    page.get_by_role("link", name="Split local and toll-free").click()
    expect(page.get_by_text("keeps 1 local number")).to_be_visible()
    picture(page, "8-split-preview")
    page.get_by_role("button", name="Split local and toll-free").click()
    expect(page.get_by_text("Split into")).to_be_visible()
    expect(page.locator("#numbers tbody tr")).to_have_count(1)
