"""The pages of telephone numbers: the list, what is chosen in it, saved views, a number's page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.admin import number_filters
from numbering.admin.inventory import Row
from numbering.domain import cases, keyset
from numbering.domain.cases import Finding
from numbering.enums import IN_SERVICE, CaseKind, NumberState
from numbering.models import BulkAction, BulkRow, Case, SavedView, TelephoneNumber
from tests import builders
from tests.numbering import hosting
from tests.numbering.desk import said
from tests.numbering.lives import life, lives

pytestmark = pytest.mark.django_db

LIST = "/admin/numbers/telephonenumber/"
NASTY = ("\x00", "9" * 400, "-1", "1_0", "٣", "' OR 1=1 --", "[]")
PARAMETERS = "q question state origin locked subscriber place after before oldest p o all e".split()
WHOLE = "q=a+b&question=lost&state=gone&origin=order&locked=no&subscriber=7&place=1%2F2"


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which somebody of support is signed in; a fault of ours is an answer, 500."""
    client = sign_in(support)
    client.raise_request_exception = False
    return client


def shown(desk: Client, query: str = "") -> list[int]:
    """Give the keys of the numbers on the page at that address."""
    response = desk.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return [row.number.pk for row in response.context["rows"]]


def text(desk: Client, path: str) -> str:
    """Read a page."""
    response = desk.get(path)
    assert response.status_code == 200
    return response.content.decode()


def cells(row: Row) -> list[str]:
    """Give the words of a row's cells."""
    found = re.findall(r"<td[^>]*>(.*?)</td>", row.line(with_tick=False))
    return [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in found]


def test_a_row_says_all_that_support_is_asked(desk: Client) -> None:
    now = timezone.now()
    builders.sip_peer(site_id="1009", sip_peer_id="500999", messaging_application="texts-9")
    order = hosting.hosted()
    hosting.letter(order.subscriber, order)
    TelephoneNumber.objects.update(
        site_id="1009",
        sip_peer_id="500999",
        is_locked=True,
        last_traffic_at=now,
        carrier_status="Aging",
        carrier_differs=True,
        carrier_read_at=now,
    )
    [row] = desk.get(LIST).context["rows"]
    assert cells(row)[3:] == [
        "Imported",
        "Main office · Main location",
        "Covered",
        "texts-9",
        f"{now:%Y-%m-%d}",
        f"Aging {now:%Y-%m-%d}",
    ]
    assert '<span class="badge badge-bad">Aging' in row.line(with_tick=False)
    page = text(desk, LIST)
    for words in ("1 number<", "Locked", "Aging", f"{now:%Y-%m-%d}", str(order.subscriber)):
        assert words in page, words
    life(state="ordered", origin="order")
    newest = desk.get(LIST).context["rows"][0]
    assert cells(newest)[3:] == ["Ordered", "Main office · Main location", "", "", "", ""]


def test_what_a_row_holds_is_only_text(desk: Client) -> None:
    evil = "<b onclick='x'>&"
    builders.sip_peer(
        site_id="1009",
        sip_peer_id="500999",
        site_name=evil,
        sip_peer_name=evil,
        messaging_application=evil,
    )
    life(
        subscriber=builders.subscriber(name=evil),
        site_id="1009",
        sip_peer_id="500999",
        carrier_status=evil,
        carrier_read_at=timezone.now(),
    )
    [row] = desk.get(LIST).context["rows"]
    assert (
        "<b" in row.line(with_tick=False),
        row.line(with_tick=False).count("&lt;b onclick=&#x27;x&#x27;&gt;&amp;"),
    ) == (
        False,
        5,
    )


def test_the_page_of_a_number_says_what_its_row_says(desk: Client) -> None:
    application = "93de2206-9669-4e07-948d-329f4b722ee2"
    builders.sip_peer(site_id="1009", sip_peer_id="500999", messaging_application=application)
    owner = builders.subscriber(name="Mills & Daughters")
    number = life(
        subscriber=owner,
        site_id="1009",
        sip_peer_id="500999",
        carrier_status="Inservice",
        carrier_read_at=timezone.now(),
    )
    page = text(desk, f"{LIST}{number.pk}/change/")
    for part in (
        '<span class="badge badge-good">Hosted</span>',
        f'<a href="/admin/numbers/subscriber/{owner.pk}/change/">Mills &amp; Daughters</a>',
        "<dd>Imported, ",
        "<dd>Main office · Main location</dd>",
        f"<code>{application}</code>",
        "<dd>Inservice ",
    ):
        assert part in page, part
    [row] = desk.get(LIST).context["rows"]
    assert f'title="{application}">93de2206-…</td>' in row.line(with_tick=False)


def test_filters_and_links_in_the_address_narrow_the_list(desk: Client) -> None:
    owner = builders.subscriber()
    one = life(subscriber=owner, is_locked=True)
    other = life(state="lost", origin="order", site_id="1002", sip_peer_id="500102")
    digits = f"{one.e164} {other.e164}"
    nowhere = next(pair for n in range(100) if (pair := f"{n:02}") not in digits)
    for query, numbers in {
        "": [other, one],
        "state=lost": [other],
        "origin=import": [one],
        "locked=yes": [one],
        "locked=no": [other],
        f"subscriber={owner.pk}": [one],
        "place=1002": [other],
        "place=1002/500102": [other],
        "place=1002/500101": [],
        "question=lost_week": [other],
        "question=lost_week&locked=yes": [],
        f"q={nowhere}": [],
        "q=3": [other, one],
    }.items():
        assert shown(desk, query) == [number.pk for number in numbers], query
    assert f'"{LIST}?subscriber={owner.pk}"' in text(
        desk, f"/admin/numbers/subscriber/{owner.pk}/change/"
    )


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (WHOLE, WHOLE),
        ("place=1&locked=yes&after=3&e=1", "locked=yes&place=1"),
        ("state=none&origin=x&locked=1&question=x&subscriber=٣&place=٣", ""),
        ("place=1/x&q=+%00+", "place=1"),
        ("place=/2&subscriber=-1", ""),
    ],
)
def test_an_address_is_written_as_it_was_read(given: str, written: str) -> None:
    assert number_filters.query_of(number_filters.read(QueryDict(given))) == written


def test_whatever_stands_in_the_address_there_is_a_list(desk: Client) -> None:
    life()
    for nasty in (*NASTY, b"\xed\xa0\x80"):
        response = desk.get(LIST, dict.fromkeys(PARAMETERS, nasty))
        assert response.status_code == 200, nasty
    for name in ("subscriber", "place", "after", "before", "p"):
        for value in ("9" * 400, "9" * 18, "-1"):
            assert desk.get(f"{LIST}?{name}=[]&{name}={value}").status_code == 200, name
    for nasty in NASTY:
        for path in (f"{LIST}{nasty}/change/", f"{LIST}views/{nasty}/"):
            assert desk.post(path).status_code in (302, 403, 404), path


@pytest.mark.parametrize("nasty", NASTY)
def test_whatever_is_sent_to_the_list_nothing_is_begun(desk: Client, nasty: str) -> None:
    number = life()
    for form in (
        {"action": nasty, "_selected_action": [nasty, number.pk]},
        {"action": "lock", "_selected_action": [nasty]},
        {"action": "lock", "select_across": nasty, "confirm": nasty},
        {"action": "move", "_selected_action": number.pk, "confirm": nasty, "subscriber": nasty},
    ):
        assert desk.post(LIST, form).status_code in (200, 422), form
    assert not BulkAction.objects.exists()


def test_links_lead_through_all_pages_and_back(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "PAGE", 2)
    numbers = [number.pk for number in lives(5)][::-1]
    lives(1, state="gone")
    path, seen = f"{LIST}?state=hosted", []
    while path:
        response = desk.get(path)
        seen += [row.number.pk for row in response.context["rows"]]
        link = re.search(r'href="(\?[^"]*)" rel="next"', response.content.decode())
        path = f"{LIST}{link[1].replace('&amp;', '&')}" if link else ""
    assert seen == numbers
    link = re.search(r'href="(\?[^"]*)" rel="prev"', response.content.decode())
    assert link is not None
    assert shown(desk, link[1][1:].replace("&amp;", "&")) == numbers[2:4]
    assert shown(desk, "state=hosted&oldest=1") == numbers[3:]


def test_a_full_page_costs_as_many_questions_as_one_row(desk: Client) -> None:
    counts = []
    for more in (1, 49):
        order = hosting.hosted(more)
        hosting.letter(order.subscriber, order)
        desk.get(f"{LIST}?state=hosted")
        with CaptureQueriesContext(connection) as asked:
            desk.get(f"{LIST}?state=hosted")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


@pytest.mark.parametrize("is_all", [False, True])
def test_what_is_chosen_goes_to_the_worker_once_it_is_confirmed(
    desk: Client, support: User, is_all: bool
) -> None:
    one, two, _ = lives(3)
    life(state="lost")
    form = {"action": "lock", "_selected_action": [one.pk, two.pk]}
    if is_all:
        form = {"action": "lock", "select_across": "1"}
    count = 3 if is_all else 2
    asked = desk.post(f"{LIST}?state=hosted", form)
    assert (asked.status_code, BulkAction.objects.count()) == (200, 0)
    assert f"Lock against leaving: {count} numbers" in asked.content.decode()
    # Meanwhile more of them match: nobody has answered for those.
    stale = desk.post(f"{LIST}?state=hosted", {**form, "confirm": str(count + 1)})
    assert (stale.status_code, BulkAction.objects.count()) == (422, 0)
    assert "have changed meanwhile" in stale.content.decode()
    begun = desk.post(f"{LIST}?state=hosted", {**form, "confirm": str(count)})
    action = BulkAction.objects.get()
    assert begun["Location"] == f"/admin/numbers/bulkaction/{action.pk}/change/"
    assert (action.kind, action.person, action.rows.count()) == ("lock", support, count)
    chosen = set(action.rows.values_list("e164", flat=True))
    assert ({one.e164, two.e164} <= chosen, len(chosen)) == (True, count)


def test_moving_asks_to_whom_and_keeps_what_was_chosen(desk: Client) -> None:
    number, to = life(), builders.subscriber()
    form = {"action": "move", "_selected_action": [number.pk], "confirm": "1"}
    for missing in ("", "x", str(to.pk + 999)):
        asked = desk.post(LIST, {**form, "subscriber": missing})
        assert (asked.status_code, BulkAction.objects.count()) == (422, 0)
        assert f'name="_selected_action" value="{number.pk}"' in asked.content.decode()
    assert desk.post(LIST, {**form, "subscriber": to.pk}).status_code == 302
    action = BulkAction.objects.get()
    assert (action.kind, action.choices) == ("assign", {"subscriber": to.pk})
    assert list(BulkRow.objects.values_list("e164", flat=True)) == [number.e164]


def test_nothing_is_done_without_an_action_or_a_number(desk: Client) -> None:
    life()
    for form, words in (
        ({"_selected_action": "1"}, "Choose what shall be done."),
        ({"action": "erase", "select_across": "1"}, "Choose what shall be done."),
        ({"action": "lock"}, "Tick the numbers first"),
    ):
        assert words in desk.post(LIST, form).content.decode()
    assert (
        "Tick the numbers first"
        in desk.post(
            f"{LIST}?state=lost", {"action": "lock", "select_across": "1"}
        ).content.decode()
    )


def test_finance_looks_and_does_nothing(sign_in: Callable[[User], Client]) -> None:
    order = hosting.hosted()
    hosting.letter(order.subscriber, order)
    number = TelephoneNumber.objects.get()
    desk = sign_in(builders.person(Role.FINANCE))
    page = desk.get(LIST)
    assert [cells(row)[5] for row in page.context["rows"]] == [""]
    assert ("checkbox" in page.content.decode(), page.context["actions"]) == (False, [])
    desk.post(LIST, {"action": "lock", "_selected_action": number.pk, "confirm": "1"})
    assert not BulkAction.objects.exists()
    own = text(desk, f"{LIST}{number.pk}/change/")
    assert ("Read at the carrier now" in own, 'name="action"' in own) == (False, False)
    assert "Version 1" not in own


def test_a_view_is_saved_shared_renamed_and_deleted(
    desk: Client, support: User, sign_in: Callable[[User], Client]
) -> None:
    life(state="lost", is_locked=True)
    query = "state=lost&locked=yes&evil=1&after=3&q=%00"
    saved = desk.post(f"{LIST}views/save/", {"name": "Ours", "query": query, "is_shared": "on"})
    view = SavedView.objects.get()
    # Only what the list understands is kept, and of that no place in it.
    assert (view.query, view.person, view.is_shared) == ("state=lost&locked=yes", support, True)
    assert saved["Location"] == f"{LIST}?state=lost&locked=yes"
    tab = f'href="?{view.query.replace("&", "&amp;")}">Ours</a>'
    assert f'aria-current="page" title="Saved by you" {tab}' in text(desk, saved["Location"])
    colleague = sign_in(builders.person(Role.SUPPORT))
    assert f'title="Saved by {support}" {tab}' in text(colleague, LIST)
    own = f"{LIST}views/{view.pk}/"
    assert colleague.post(own, {"delete": "1"}).status_code == 404
    # Under the same name the person's own view is replaced; under another's it is not.
    desk.post(f"{LIST}views/save/", {"name": "Ours", "query": "state=lost"})
    view.refresh_from_db()
    assert (view.query, view.is_shared) == ("state=lost", False)
    assert "Ours" not in text(colleague, LIST)
    desk.post(f"{LIST}views/save/", {"name": "Second", "query": "state=gone"})
    prefix = f"view{view.pk}"
    *_, refused = said(desk.post(own, {f"{prefix}-name": "Second"}))
    assert refused == "You have another view with the name Second."
    for bad in ("", "x" * 61, "a\x00b"):
        *_, refused = said(desk.post(own, {f"{prefix}-name": bad}))
        assert refused.startswith("Nothing was changed.")
        *_, refused = said(desk.post(f"{LIST}views/save/", {"name": bad, "query": ""}))
        assert refused.startswith("The view was not saved.")
    desk.post(own, {f"{prefix}-name": "<b>Mine</b>", f"{prefix}-is_shared": "on"})
    page = text(desk, f"{LIST}views/")
    assert ("&lt;b&gt;Mine" in page, "<b>Mine" in page) == (True, False)
    desk.post(own, {"delete": "1"})
    assert [one.name for one in SavedView.objects.all()] == ["Second"]


def test_a_person_has_so_many_views_and_no_more(
    desk: Client, support: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("numbering.domain.saved_views.MOST_VIEWS", 1)
    desk.post(f"{LIST}views/save/", {"name": "One", "query": "state=lost"})
    *_, refused = said(desk.post(f"{LIST}views/save/", {"name": "Two", "query": "state=gone"}))
    assert refused == "You have 1 views. Delete one that you no longer need."
    desk.post(f"{LIST}views/save/", {"name": "One", "query": "state=gone"})
    assert [view.query for view in SavedView.objects.all()] == ["state=gone"]


def test_a_numbers_page_tells_its_life_and_reads_the_carrier(
    desk: Client, at_carrier: Sandbox
) -> None:
    order = hosting.hosted()
    number = TelephoneNumber.objects.get()
    order.numbers.update(telephone_number=number)
    now = timezone.now()
    Case.objects.create(
        kind="ours",
        e164=number.e164,
        telephone_number=number,
        detail="Not on the list.",
        opened_at=now,
        last_seen_at=now,
    )
    path = f"{LIST}{number.pk}/change/"
    page = text(desk, path)
    for words in ("Without LOA: No LOA covers it", "Not read yet.", "Not on the list", str(order)):
        assert words in page, words
    at_carrier.stock([number.e164], site_id="1001", sip_peer_id="500101", owned=False)
    TelephoneNumber.objects.update(site_id="1001", sip_peer_id="500101")
    assert said(desk.post(f"{LIST}{number.pk}/read/")) == ["Read. The carrier says Inservice."]
    assert "Inservice" in text(desk, path)
    at_carrier.lose(number.e164)
    *_, warning = said(desk.post(f"{LIST}{number.pk}/read/"))
    assert warning in text(desk, path)
    assert desk.get(f"{LIST}999999999/change/").status_code == 404


@pytest.mark.parametrize("state", NumberState)
def test_a_numbers_page_says_first_where_it_is_and_what_to_do(
    desk: Client, state: NumberState
) -> None:
    number = life(state=state)
    address = f"{LIST}{number.pk}/change/"
    page = desk.get(address)
    assert page.context["sentence"] in page.content.decode()
    # Only what is in service can leave.
    assert ("Remove or disconnect…" in page.content.decode()) == (state in IN_SERVICE)
    cases.note(CaseKind.PLACE, [Finding(number.e164, "Elsewhere.", number.pk)], at=timezone.now())
    with_case = desk.get(address)
    assert "pen the case below" in with_case.context["sentence"]
    assert "/admin/numbers/case/" in with_case.content.decode()


def test_an_ended_life_leads_to_the_one_that_the_number_has_now(desk: Client) -> None:
    gone = life(state="gone")
    address = f"{LIST}{gone.pk}/change/"
    assert "lives here again" not in text(desk, address)
    again = life(e164=gone.e164)
    assert f'"{LIST}{again.pk}/change/">It lives here again</a>' in text(desk, address)


@pytest.mark.parametrize(
    ("said", "shown_as"),
    [
        ("2026-11-21T18:42:25.924Z", "2026-11-21 18:42 UTC"),
        ("2026-11-21T18:42:25+02:00", "2026-11-21 16:42 UTC"),
        ("2026-11-21T18:42:25", "2026-11-21T18:42:25"),
        ("2026-99-99T99:99:99Z", "2026-99-99T99:99:99Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_the_carriers_instants_are_written_as_ours(desk: Client, said: str, shown_as: str) -> None:
    number = life(carrier_read_at=timezone.now(), carrier_details={"raw_last_modified_at": said})
    assert f"<dd>{shown_as}</dd>" in text(desk, f"{LIST}{number.pk}/change/")


def test_reading_a_number_while_the_carrier_is_away_changes_nothing(
    desk: Client, carrier_away: None
) -> None:
    number = life()
    [message] = said(desk.post(f"{LIST}{number.pk}/read/"))
    assert message.startswith("Nothing was changed. ")
    number.refresh_from_db()
    assert number.carrier_read_at is None
