"""A customer at a phone or a desktop: reads mail, opens links, draws; each page is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import Browser, BrowserContext, Page

from numbering import worker
from numbering.domain import jobs
from tests.browser.conftest import SCREENSHOTS, picture

MARIA = "maria@example.com"
SIZES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    },
    "desktop": {"viewport": {"width": 1366, "height": 900}},
}
# What is pressed with a finger, and is not a link within a sentence.
_TOO_SMALL = """
() => [...document.querySelectorAll("main :is(button, a.button, summary, select, input)")]
  .filter((one) => one.offsetParent && !one.closest("label"))
  .filter((one) => one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 100))
"""
# In the other colors only the contrast can be different.
_VIOLATIONS = """
async (rules) => {
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await axe.run(options);
  return violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 200)]);
}
"""


@dataclass
class Customer:
    """Somebody with a browser of their own."""

    page: Page
    size: str

    def open(self, address: str, button: str = "Begin") -> None:
        """Open a mailed link and press its button."""
        self.page.goto(address)
        self.press(button)

    def press(self, name: str) -> None:
        """Press the button with this name, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the link with this name, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).click()

    def text(self) -> str:
        """Read the page."""
        return self.page.locator("main").inner_text()

    def heading(self) -> str:
        """Read the page's heading."""
        return self.page.get_by_role("heading", level=1).inner_text()

    def fill(self, **fields: str) -> None:
        """Fill in fields, known by their names."""
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").fill(value)

    def look(self, name: str) -> None:
        """See that nothing sticks out, is too small to touch, or shuts anybody out."""
        page = self.page
        # Not the window's inner width: a phone zooms out until everything fits.
        width = page.evaluate("document.documentElement.scrollWidth")
        small = page.evaluate(_TOO_SMALL)
        # What axe looks at is the same at every width.
        axe = self.size == "phone"
        if axe:
            page.evaluate(Axe().axe_script)
        found = []
        for scheme, rules in (("light", None), ("dark", ["color-contrast"])):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found += page.evaluate(_VIOLATIONS, rules) if axe else []
            picture(page, f"{self.size}-{scheme}-{name}")
        page.emulate_media(color_scheme="light")
        most = SIZES[self.size]["viewport"]["width"]
        assert (name, width <= most, small, found) == (name, True, [], [])

    def draw(self) -> None:
        """Draw two strokes on the pad, with the finger on a phone and the mouse elsewhere."""
        pad = self.page.locator("canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        for shares in (((0.2, 0.7), (0.3, 0.2), (0.5, 0.6)), ((0.5, 0.3), (0.7, 0.7), (0.8, 0.2))):
            points = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares
            ]
            (self._finger if self.size == "phone" else self._mouse)(points)

    def _mouse(self, points: list[tuple[float, float]]) -> None:
        mouse = self.page.mouse
        mouse.move(*points[0])
        mouse.down()
        for point in points[1:]:
            mouse.move(*point, steps=4)
        mouse.up()

    def _finger(self, points: list[tuple[float, float]]) -> None:
        session = self.page.context.new_cdp_session(self.page)
        for index, (x, y) in enumerate(points):
            kind = "touchMove" if index else "touchStart"
            session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            )
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        session.detach()


def context_of(browser: Browser, size: str, **options: Any) -> BrowserContext:
    """Open a browser as large as a phone or a desktop, with nothing remembered."""
    values = {**SIZES[size], **options}
    if not SCREENSHOTS:
        values.pop("device_scale_factor", None)
    return browser.new_context(**values)


def mails_to(email: str) -> list[Any]:
    """Have the worker deliver what waits, and give the mails to somebody, oldest first."""
    jobs.keep_asked("send_mails")
    worker.run_due()
    return [message for message in mail.outbox if email in message.to]


def mailed_address(email: str = MARIA) -> str:
    """Give the address in the newest mail to somebody that has one."""
    for message in reversed(mails_to(email)):
        if found := re.search(r"https?://\S+/(?:link|accounts)/\S+", str(message.body)):
            return found[0]
    raise AssertionError(f"no mail to {email} has a link")
