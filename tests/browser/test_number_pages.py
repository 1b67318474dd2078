"""Pages of the numbers' life with rows in them, on a phone: nothing is cut, keys reach all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import bulk, cases, intake, jobs
from numbering.domain.cases import Finding
from numbering.enums import BulkKind, CaseKind
from numbering.models import BulkAction, Case, PlatformNumber
from numbering.worker import run_once
from tests import builders
from tests.browser.conftest import picture
from tests.browser.test_leaving import Desk
from tests.numbering import steps
from tests.numbering.lives import lives
from tests.numbering.test_number_orders import asked, by_list, offered, worked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# One of each make; the rest is made of the same parts.
CHECKED_WITH_AXE = ("number-orders", "number-order-partial", "number-search", "number-order-list")
CHECKED_WITH_AXE += ("case", "bulk", "file")
LONG = "Möller & Søn Überseehandel Verwaltungs- und Beteiligungsgesellschaft mbH"


@pytest.fixture
def sam(browser: Browser, live_server: LiveServer, settings: Any, support: User) -> Iterator[Desk]:
    """Support at a phone, in the dark; what the browser complains of fails the test."""
    settings.SECOND_FACTOR_REQUIRED = False
    desk = Desk(browser, live_server.url, support, "phone", "dark")
    yield desk
    assert desk.complaints == []


def look(page: Page, name: str) -> None:
    """See the whole page, its frame too: nothing shuts anybody out."""
    found = Axe().run(page).response["violations"]
    assert (name, [(one["id"], one["nodes"][0]["html"][:200]) for one in found]) == (name, [])


def under_way(support: User) -> BulkAction:
    """Make a bulk action in the middle of its work, with every kind of result."""
    action = bulk.start(BulkKind.READ, builders.fresh_numbers(60), actor=support)
    rows = list(action.rows.order_by("pk").values_list("pk", flat=True))
    action.rows.filter(pk__in=rows[:20]).update(state="done", result="n-0123456789abcdef" * 4)
    action.rows.filter(pk__in=rows[20:22]).update(state="failed", message="It was busy. " * 20)
    BulkAction.objects.filter(pk=action.pk).update(state="running", started_at=timezone.now())
    return action


def test_every_page_of_numbers_fits_a_phone_with_rows_in_it(
    sam: Desk, at_carrier: Sandbox, support: User
) -> None:
    page, owner = sam.page, builders.subscriber(name=LONG)
    partial = worked(asked(by_list(steps.card("5005"), *offered(1)), subscriber=owner), at_carrier)
    waiting = worked(asked(by_list(steps.card("8012")), is_back_order=True), at_carrier)
    [lost] = lives(1, subscriber=owner, state="lost")
    cases.note(CaseKind.LOST, [Finding(lost.e164, "It is lost.", lost.pk)], at=timezone.now())
    rows = "\n".join(f"{number},{LONG}" for number in (*builders.fresh_numbers(3), "3.03E+09"))
    content = ContentFile(f"number,subscriber\n{rows}".encode())
    file = intake.receive("a.csv", content, actor=support)
    run_once()
    action = under_way(support)
    PlatformNumber.objects.create(
        e164=lost.e164, platform_id="n-1", name=LONG, stage="blocked", seen_at=timezone.now()
    )
    jobs.enqueue("compare")

    for name, address in {
        "number-orders": "numberorder/",
        "number-order-partial": f"numberorder/{partial.pk}/change/",
        "number-order-waiting": f"numberorder/{waiting.pk}/change/",
        "number-search": "numberorder/find/?area_code=512&quantity=5&detail=on",
        "number-order-list": "numberorder/order/",
        "number-lost": f"telephonenumber/{lost.pk}/change/",
        "numbers": f"telephonenumber/?q={LONG[:6]}",
        "case": f"case/{Case.objects.get().pk}/change/",
        "cases-compared": "case/",
        "bulk": f"bulkaction/{action.pk}/change/",
        "file": f"intake/{file.pk}/change/",
        "platform": "platformnumber/",
    }.items():
        page.goto(f"/admin/numbers/{address}")
        assert (name, page.evaluate("document.documentElement.scrollWidth")) == (name, 390)
        picture(page, f"phone-dark-{name}")
        if name in CHECKED_WITH_AXE:
            look(page, name)

    page.goto(f"/admin/numbers/numberorder/{partial.pk}/change/")
    advice = page.locator("#numbers td", has_text="Search again")
    expect(advice).to_have_attribute("data-label", "What fixes it")
    box = advice.bounding_box()
    assert box is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= 390) == (True, True)


# The answer has been put into the page, or been left out of it, when the promise is kept.
NEXT_LOOK = """() => new Promise(
  (done) => document.addEventListener("htmx:afterOnLoad", () => done(), { once: true })
)"""


def test_a_part_that_looks_for_itself_leaves_alone_what_has_not_changed(
    sam: Desk, support: User
) -> None:
    page, action = sam.page, under_way(support)
    # Before it begins there is no estimate, which would change with every second.
    BulkAction.objects.filter(pk=action.pk).update(state="waiting", started_at=None)
    page.goto(f"/admin/numbers/bulkaction/{action.pk}/change/")
    page.evaluate(NEXT_LOOK)
    page.evaluate("document.querySelector('#live h1').dataset.mine = 'yes'")
    for _ in range(2):
        page.evaluate(NEXT_LOOK)
    expect(page.locator("#live h1[data-mine]")).to_have_count(1)
    action.rows.filter(state="waiting").update(state="done")
    expect(page.locator("#live")).to_contain_text("Done 58")
    expect(page.locator("#live h1[data-mine]")).to_have_count(0)


def test_keys_reach_the_menu_the_filters_and_the_own_sign_in(sam: Desk) -> None:
    page = sam.page
    page.goto("/admin/numbers/numberorder/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    menu = page.get_by_role("button", name="Menu")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Find numbers")).to_be_visible()
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.locator("#nav-sidebar [role=button]", has_text="@example.com").focus()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.get_by_role("button", name="Close").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Find numbers")).to_be_hidden()
    filters = page.get_by_role("button", name="Filters")
    filters.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Apply Filters")).to_be_visible()
