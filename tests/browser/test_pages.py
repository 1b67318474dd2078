"""Every page at phone and desktop width, light and dark: nothing overflows, nothing complains."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.conftest import Demo, picture, sign_in

pytestmark = pytest.mark.browser

STAFF_PAGES = {
    "home": "/admin/",
    "orders": "/admin/numbers/importorder/",
    "order": "/admin/numbers/importorder/2/change/",
    "draft": "/admin/numbers/importorder/3/change/",
    "invited": "/admin/numbers/importorder/4/change/",
    "request": "/admin/numbers/hostingrequest/1/change/",
    "cover": "/admin/numbers/telephonenumber/cover/",
    "loa": "/admin/numbers/loa/3/change/",
    "mail": "/admin/numbers/mail/1/change/",
    "new-order": "/admin/numbers/importorder/add/",
    "subscriber": "/admin/numbers/subscriber/add/",
    "numbers": "/admin/numbers/telephonenumber/",
    "leavings": "/admin/numbers/leaving/",
    "removals": "/admin/numbers/removalorder/",
    "bulk": "/admin/numbers/bulkaction/",
    "file-upload": "/admin/numbers/intake/add/",
    "platform-import": "/admin/numbers/platformnumber/import/",
    "take-over": "/admin/numbers/case/take-over/",
    "views": "/admin/numbers/telephonenumber/views/",
    "loas": "/admin/numbers/loa/",
    "webhooks": "/admin/numbers/webhookevent/",
    "subscriptions": "/admin/numbers/webhookevent/subscriptions/",
    "exchanges": "/admin/numbers/carrierexchange/",
    "jobs": "/admin/numbers/job/",
    "places": "/admin/numbers/sippeer/",
    "help": "/admin/numbers/errorhelp/",
}
PUBLIC_PAGES = {"front": "/", "sign-in": "/accounts/login/", "missing": "/nothing/"}
SIZES = {"desktop-light": (1366, 900, "light"), "phone-dark": (390, 844, "dark")}
# Our own pages; the theme's lists and forms are its own business.
CHECKED_WITH_AXE = ("order", "draft", "invited", "request", "cover", "subscriptions", "home")


@pytest.mark.parametrize("size", SIZES)
def test_staff_pages_fit_the_screen_and_nothing_complains(
    demo: Demo, browser: Browser, size: str
) -> None:
    width, height, scheme = SIZES[size]
    context = browser.new_context(
        base_url=demo.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, "support@example.com", "demo-password-support")
    too_wide, violations = [], {}
    for name, address in STAFF_PAGES.items():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            too_wide.append(name)
        if name in CHECKED_WITH_AXE:
            found = Axe().run(page, context=".staff").response["violations"]
            if found:
                violations[name] = [(v["id"], v["nodes"][0]["html"][:200]) for v in found]
        picture(page, f"{size}-{name}")
    context.close()
    assert (complaints, too_wide, violations) == ([], [], {})


@pytest.mark.parametrize("size", SIZES)
def test_public_pages_have_no_accessibility_violation(
    demo: Demo, browser: Browser, size: str
) -> None:
    width, height, scheme = SIZES[size]
    context = browser.new_context(
        base_url=demo.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    violations = {}
    for name, address in {
        "front": "/",
        "sign-in": "/accounts/login/",
        "missing": "/nothing/",
    }.items():
        page.goto(address)
        found = Axe().run(page).response["violations"]
        if found:
            violations[name] = [v["id"] for v in found]
        picture(page, f"{size}-{name}")
    context.close()
    assert violations == {}
