"""The pages of bulk actions and of the old platform: what they show, and what a click does."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.domain import bulk, jobs, platform_numbers
from numbering.enums import BulkKind
from numbering.models import BulkAction, BulkRow, Export, Job, PlatformNumber
from numbering.worker import run_once
from tests import builders

pytestmark = pytest.mark.django_db

LIST = "/admin/numbers/platformnumber/"


@pytest.fixture
def client(support: User, sign_in: Callable[[User], Client]) -> Client:
    """The browser of support."""
    return sign_in(support)


@pytest.fixture
def action(support: User) -> BulkAction:
    """An action on 60 numbers that is over, with every kind of result."""
    made = bulk.start(BulkKind.READ, builders.fresh_numbers(60), actor=support)
    rows = list(made.rows.order_by("pk"))
    for row, state in zip(rows, ["failed", "unknown", "skipped"], strict=False):
        BulkRow.objects.filter(pk=row.pk).update(state=state, message=f"=why {state}")
    made.rows.filter(state="waiting").update(state="done", result="n-1")
    BulkAction.objects.filter(pk=made.pk).update(state="done", finished_at=timezone.now())
    made.refresh_from_db()
    return made


def address(action: BulkAction, part: str = "change") -> str:
    return f"/admin/numbers/bulkaction/{action.pk}/{part}/"


def numbers_on(page: str) -> int:
    return page.count('<td class="number">')


def test_the_page_of_an_action_shows_every_result_page_by_page(
    client: Client, action: BulkAction
) -> None:
    page = client.get(address(action)).content.decode()
    assert "2 numbers did not come to a good end" in page
    for words in ("All 60", "Failed 1", "Outcome unknown 1", "Nothing to do 1", "Done 57"):
        assert words in page
    assert (numbers_on(page), "Later" in page, "<progress" in page) == (50, True, False)
    last = BulkRow.objects.filter(action=action).order_by("e164")[49].pk
    assert numbers_on(client.get(address(action), {"after": last}).content.decode()) == 10
    done = client.get(address(action), {"state": "done"}).content.decode()
    assert (numbers_on(done), "why failed" in done) == (50, False)
    last = BulkRow.objects.filter(action=action, state="done").order_by("pk")[49].pk
    rest = client.get(address(action), {"state": "done", "after": last}).content.decode()
    assert (numbers_on(rest), "To the first" in rest) == (7, True)
    for odd in ({"after": "9" * 30}, {"after": "\x00"}, {"state": "x'"}, {"after": "-1"}):
        assert client.get(address(action), odd).status_code == 200
    shown = client.get("/admin/numbers/bulkaction/", {"state": "done", "kind": "read"})
    assert "Read at the carrier" in shown.content.decode()


def test_while_it_goes_on_the_page_looks_again_by_itself_and_then_stops(
    client: Client, action: BulkAction
) -> None:
    BulkAction.objects.filter(pk=action.pk).update(
        state="running", started_at=timezone.now(), trouble="The carrier asks us to wait."
    )
    action.rows.filter(state="done").update(state="waiting")
    page = client.get(address(action)).content.decode()
    assert 'hx-trigger="every 1s"' in page
    live = client.get(address(action, "live"))
    assert live.status_code == 200
    for words in ("<progress", "3 of 60", "asks us to wait", "Cancel", 'value="5"'):
        assert words in live.content.decode()
    BulkAction.objects.filter(pk=action.pk).update(state="done")
    assert client.get(address(action, "live")).status_code == 286


def test_cancel_and_try_again_ask_first_and_say_when_there_is_nothing_to_do(
    client: Client, action: BulkAction, sign_in: Callable[[User], Client]
) -> None:
    assert "looked for" in client.get(address(action, "do/retry")).content.decode()
    assert Job.objects.filter(kind="bulk", state="waiting").count() == 1
    again = client.post(address(action, "do/retry"), follow=True).content.decode()
    assert "2 numbers tried again" in again
    action.refresh_from_db()
    assert action.state == "waiting"
    nothing = client.post(address(action, "do/retry"), follow=True).content.decode()
    assert "Nothing is left to do" in nothing
    cancelled = client.post(address(action, "do/cancel"), follow=True).content.decode()
    assert "being cancelled" in cancelled
    assert client.get(address(action, "do/other")).status_code == 404
    finance = sign_in(builders.person(Role.FINANCE))
    assert finance.post(address(action, "do/cancel")).status_code == 403


def test_results_are_taken_away_as_a_file_that_no_spreadsheet_runs(
    client: Client, action: BulkAction, support: User
) -> None:
    answer = client.post(address(action, "export"), {"state": "failed"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [headings, row] = csv.reader(io.StringIO(text))
    assert headings == ["Telephone number", "Result", "In words", "Id"]
    assert (len(row[0]), row[1:]) == (10, ["Failed", "'=why failed", ""])
    record = Export.objects.get()
    assert (record.person, record.rows) == (support, 1)
    everything = client.post(address(action, "export"))
    assert len(b"".join(everything.streaming_content).splitlines()) == 61  # type: ignore[attr-defined]


def test_without_settings_the_pages_say_which_to_set(client: Client, settings: object) -> None:
    settings.PLATFORM = {**settings.PLATFORM, "user_id": "", "api_secret": ""}  # type: ignore[attr-defined]
    for path in (LIST, f"{LIST}import/"):
        page = client.get(path).content.decode()
        assert "set PLATFORM_USER_ID, PLATFORM_API_SECRET" in page
    posted = client.post(f"{LIST}import/", {"numbers": "303-228-5001"})
    assert (posted.status_code, BulkAction.objects.count()) == (422, 0)


def test_pasted_numbers_are_imported_and_what_could_not_be_read_is_named(
    client: Client, at_platform: Sandbox
) -> None:
    for wrong, words in (
        ({"numbers": "nonsense 12"}, "Could not be read"),
        ({"numbers": ""}, "No number is chosen"),
        ({"numbers": "303-228-5001", "application_id": "a b\x00"}, "letters, digits and dashes"),
        ({"numbers": "303-228-5001", "name": "x" * 101}, "at most 100"),
    ):
        answer = client.post(f"{LIST}import/", wrong)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), wrong
        assert BulkAction.objects.count() == 0
    one, two = builders.fresh_numbers(2)
    posted = client.post(
        f"{LIST}import/", {"numbers": f"{one}\n{two}\n303-911-123", "application_id": "a-7"}
    )
    action = BulkAction.objects.get()
    assert posted.headers["Location"] == address(action)
    assert "1 row could not be read" in client.get(address(action)).content.decode()
    run_once()
    there = {seen.telephone_number: seen for seen in at_platform.platform_numbers()}
    assert [there[e164].application_id for e164 in (one, two)] == ["a-7"] * 2


def test_the_page_of_the_old_platform_leads_from_step_to_step(
    client: Client, at_platform: Sandbox
) -> None:
    def step() -> str:
        page = client.get(LIST).content.decode()
        return page.partition("data-next-step>")[2].partition("<")[0]

    def choose(action: str, **more: object) -> str:
        keys = list(PlatformNumber.objects.filter(e164__in=e164s).values_list("pk", flat=True))
        posted = {"action": action, "_selected_action": keys, **more}
        return client.post(LIST, posted, follow=True).content.decode()

    e164s = builders.fresh_numbers(2)
    client.post(f"{LIST}import/", {"numbers": "\n".join(e164s), "name": "Old & <Bakery>"})
    run_once()
    assert "Begin with the list" in step()
    assert "Nothing changes there" in client.get(f"{LIST}do/list/").content.decode()
    client.post(f"{LIST}do/list/")
    assert "A worker reads the list" in step()
    run_once()
    assert "is to be asked about" in step()
    PlatformNumber.objects.exclude(e164__in=e164s).delete()
    no_place = client.post(f"{LIST}do/check/", follow=True).content.decode()
    assert "No SIP peer is known" in no_place
    builders.sip_peer()
    client.post(f"{LIST}do/check/")
    run_once()
    assert "can be imported" in step()
    page = client.get(LIST, {"q": e164s[0][-7:]}).content.decode()
    assert "Old &amp; &lt;Bakery&gt;" in page

    asked = choose("make_drafts")
    assert "2 chosen numbers can be imported" in asked
    subscriber = builders.subscriber()
    for bad in ("", "x", "9" * 30, "\x00"):
        assert "needed" in choose("make_drafts", confirm="1", subscriber=bad)
    order = {"subscriber": subscriber.pk, "sip_peer": builders.sip_peer().pk}
    made = choose(
        "make_drafts", confirm="1", loa_authorizing_person="Ann", loa_type="SUBSCRIBER", **order
    )
    assert "1 draft with 2 numbers" in made
    assert "Finish the import orders of 2 numbers" in step()

    PlatformNumber.objects.update(stage="moved")
    assert "2 numbers moved to the new platform" in step()
    for path_or_action in ("release_chosen", ""):
        for wrong in ("3", "", "x", "9" * 30):
            posted = {"confirm": "1", "count": wrong}
            answer = (
                choose(path_or_action, **posted)
                if path_or_action
                else client.post(f"{LIST}release/", posted).content.decode()
            )
            assert 'class="field-error"' in answer
    assert not BulkAction.objects.filter(kind="platform_release").exists()
    begun = client.post(f"{LIST}release/", {"confirm": "1", "count": "2"})
    assert begun.headers["Location"] == address(BulkAction.objects.latest("pk"))


def test_a_list_that_cannot_be_read_says_so(client: Client, settings: object) -> None:
    settings.PLATFORM = {**settings.PLATFORM, "base": "http://127.0.0.1:1/v1/"}  # type: ignore[attr-defined]
    jobs.enqueue(platform_numbers.JOB)
    run_once()
    assert "could not be read" in client.get(LIST).content.decode()
