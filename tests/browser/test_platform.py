"""The old platform in the browser: an import that outlives its worker."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo, picture
from tests.numbering.steps import wait_for

pytestmark = pytest.mark.browser

NUMBERS = [f"+1720228{line:04d}" for line in range(500)]


def ask(demo: Demo, path: str, **body: object) -> Any:
    """Ask the sandbox's control address: GET, or POST when there is something to say."""
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(
        urllib.request.Request(f"{demo.sandbox_url}/_sandbox/{path}", data=data), timeout=10
    ) as answer:
        return json.loads(answer.read() or b"null")


def imported(demo: Demo) -> dict[str, tuple[int, int]]:
    """Give how often each number's import was asked for, and done."""
    return {
        seen["telephone_number"]: (seen["posts"], seen["imports"])
        for seen in ask(demo, "platform")
        if seen["telephone_number"] in NUMBERS
    }


def worker_of(demo: Demo) -> int:
    """Find the demonstration's worker."""
    children = Path(f"/proc/{demo.process_id}/task/{demo.process_id}/children").read_text()
    [worker] = [
        int(child)
        for child in children.split()
        if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    ]
    return worker


def test_an_import_whose_worker_is_killed_is_finished_without_a_double(
    staff_page: Page, demo: Demo
) -> None:
    page = staff_page
    page.goto("/admin/")
    page.get_by_role("link", name="Old platform").click()
    page.get_by_role("link", name="Import to the old platform").click()
    page.get_by_label("Paste telephone numbers").fill("\n".join([*NUMBERS, "720-228-12"]))
    page.get_by_label("Name there").fill("Corner Bakery")
    picture(page, "platform-import")

    ask(demo, "settings", platform_latency_seconds=0.3)
    try:
        page.get_by_role("button", name="Import to the old platform").click()
        expect(page.get_by_text("1 row could not be read")).to_be_visible()
        progress = page.get_by_role("progressbar", name="How far it is")
        expect(progress).to_be_visible()
        wait_for(lambda: len(imported(demo)) > 100, seconds=20)
        os.kill(worker_of(demo), signal.SIGKILL)
    finally:
        ask(demo, "settings", platform_latency_seconds=0)
    assert 100 < len(imported(demo)) < 500
    expect(page.locator("#live")).to_contain_text("of 500, about")
    picture(page, "platform-import-in-the-middle")

    expect(page.locator("h1 .badge")).to_have_text("Done", timeout=40_000)
    assert imported(demo) == dict.fromkeys(NUMBERS, (1, 1))
    expect(page.get_by_role("link", name="Done 500")).to_be_visible()
    picture(page, "platform-import-done")

    page.get_by_role("link", name="Old platform").click()
    page.get_by_role("link", name="Read the list").click()
    page.get_by_role("button", name="Read the list").click()
    expect(page.locator("[data-next-step]")).to_contain_text("A worker reads the list")
    wait_for(
        lambda: page.reload() and page.get_by_text("to be asked about 500 numbers").count(),
        seconds=15,
    )
    picture(page, "platform-steps")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.get_by_role("link", name="Ask the new platform").click()
    expect(page.get_by_role("button", name="Ask the new platform")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "platform-ask-phone-dark")
    page.go_back()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
