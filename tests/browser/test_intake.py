"""A bulk file with errors: looked at, taken over, corrected and uploaded again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import picture
from tests.browser.test_main_job import create_subscriber

pytestmark = pytest.mark.browser


def upload(page: Page, file: Path) -> None:
    page.goto("/admin/numbers/intake/add/")
    page.get_by_label("File of numbers").set_input_files(file)
    page.get_by_role("button", name="Upload and read").click()
    expect(page.get_by_text("Read, nothing changed yet")).to_be_visible()


def drop(page: Page, name: str, text: str) -> None:
    """Drop a file on the page's frame for it, instead of choosing it."""
    data = page.evaluate_handle(
        "([name, text]) => { const data = new DataTransfer(); "
        "data.items.add(new File([text], name)); return data; }",
        [name, text],
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": data})
    page.get_by_role("button", name="Upload and read").click()
    expect(page.get_by_text("Read, nothing changed yet")).to_be_visible()


def take_over(page: Page) -> None:
    page.get_by_role("link", name="Take over the good rows").click()
    expect(page.get_by_text("Nothing is asked of the carrier")).to_be_visible()
    page.get_by_role("button", name="Take over the good rows").click()
    expect(page.locator("h1 .badge")).to_have_text("Taken over")


def test_a_bulk_file_with_errors_is_corrected_and_uploaded_again(
    staff_page: Page, tmp_path: Path
) -> None:
    page = staff_page
    create_subscriber(page, "Bulk Bakery")
    page.goto("/admin/numbers/intake/")
    page.get_by_role("link", name="Upload a file").click()
    expect(page.get_by_role("heading", name="Columns")).to_be_visible()
    picture(page, "intake-1-upload")

    good = [f"303-228-9{line:03d},Bulk Bakery,import,first" for line in range(60)]
    bad = ["3.03228E+09,Bulk Bakery,import,=1+1", "212-228-9001,Later Lounge,order,third", ",,,"]
    drop(page, "numbers.csv", "\n".join(["Number,Subscriber,Came by,Note", *good, *bad]))
    sentence = page.locator("[data-next-step]")
    expect(sentence).to_contain_text("60 will be added, 0 changed, 0 are so already, 2 refused.")
    expect(page.get_by_text("1 empty row passed over")).to_be_visible()
    picture(page, "intake-2-rehearsal")
    page.get_by_role("link", name="Refused 2").click()
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    expect(page.locator("#rows")).to_contain_text("A spreadsheet has rounded this number")
    picture(page, "intake-3-refused")

    take_over(page)
    expect(sentence).to_contain_text("60 were added")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the refused rows").click()
    refused = tmp_path / "refused.csv"
    waiting.value.save_as(refused)

    text = refused.read_text(encoding="utf-8-sig")
    assert '"\'=1+1"' in text
    refused.write_text(text.replace("3.03228E+09", "303-228-9100"), encoding="utf-8-sig")
    upload(page, refused)
    expect(sentence).to_contain_text("1 will be added, 0 changed, 0 are so already, 1 refused.")
    page.get_by_role("link", name="Add Later Lounge").click()
    expect(page.get_by_label("Name*").first).to_have_value("Later Lounge")
    page.go_back()
    create_subscriber(page, "Later Lounge")
    page.goto("/admin/numbers/intake/")
    page.get_by_role("link", name="refused.csv").click()
    page.get_by_role("link", name="Read again").click()
    page.get_by_role("button", name="Read again").click()
    expect(sentence).to_contain_text("2 will be added, 0 changed, 0 are so already, 0 refused.")
    take_over(page)
    picture(page, "intake-4-taken-over")
    page.goto("/admin/numbers/telephonenumber/?q=212-228-9001")
    expect(page.get_by_text("(212) 228-9001").first).to_be_visible()
    expect(page.get_by_text("Later Lounge").first).to_be_visible()
