"""Cases on the staff pages: found, closed with a remark, never deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain import cases, home, jobs
from numbering.domain.cases import Finding
from numbering.enums import CaseKind
from numbering.models import Case, CompareRun, Job, TelephoneNumber
from tests import builders

pytestmark = pytest.mark.django_db
CASES = "/admin/numbers/case/"
LOOKS_AGAIN = 'hx-trigger="every 2s"'
COMPARE_NOW = "/admin/numbers/case/compare_now/"
SignIn = Callable[[User], Client]


@pytest.fixture
def staff(support: User, sign_in: SignIn) -> Client:
    """A browser of the support staff."""
    return sign_in(support)


def case(kind: CaseKind = CaseKind.THEIRS, e164: str = "", **fields: object) -> Case:
    """Make a case as a compare does."""
    finding = Finding(e164 or builders.fresh_numbers()[0], "It differs.", **fields)  # type: ignore[arg-type]
    cases.note(kind, [finding], at=timezone.now())
    return Case.objects.latest("pk")


def shown(staff: Client, query: str = "") -> list[Case]:
    """Give the cases that the list page shows."""
    return list(staff.get(CASES + query).context["cl"].result_list)


def closing_of(one: Case) -> tuple[bool, User | None, str]:
    """Give whether the case is closed, by whom, and with what remark."""
    one.refresh_from_db()
    return one.closed_at is not None, one.closed_by, one.remark


def test_the_same_difference_is_one_case() -> None:
    first = case()
    later = timezone.now() + timedelta(days=1)
    assert cases.note(CaseKind.THEIRS, [Finding(first.e164, "Again.")], at=later) == 0
    again = Case.objects.get()
    assert (again.opened_at, again.last_seen_at, again.detail) == (
        first.opened_at,
        later,
        "It differs.",
    )


def test_the_database_holds_one_open_case_for_a_difference() -> None:
    first = case()
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(
            kind=first.kind, e164=first.e164, opened_at=timezone.now(), last_seen_at=timezone.now()
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.update(stands=False)


def test_another_way_to_differ_is_another_case() -> None:
    first = case()
    assert cases.note(CaseKind.LOST, [Finding(first.e164, "Gone.")], at=timezone.now()) == 1


@pytest.mark.parametrize("remark", ["", "  \t "])
def test_no_case_is_closed_without_a_remark(support: User, remark: str) -> None:
    one = case()
    with pytest.raises(ValueError, match="with a remark"):
        cases.close([one.pk], remark=remark, actor=support)
    assert closing_of(one) == (False, None, "")


def test_a_case_is_closed_once(support: User) -> None:
    one = case()
    assert cases.close([one.pk], remark=" Asked them. ", actor=support) == 1
    assert cases.close([one.pk], remark="Me too.", actor=builders.person()) == 0
    assert closing_of(one) == (True, support, "Asked them.")


def test_a_difference_that_ends_closes_its_case_and_leaves_a_persons_remark(support: User) -> None:
    by_person, by_itself = case(), case()
    cases.close([by_person.pk], remark="Asked them.", actor=support)
    assert cases.end([by_person.pk, by_itself.pk]) == 1
    assert closing_of(by_person) == (True, support, "Asked them.")
    assert closing_of(by_itself) == (True, None, cases.GONE)
    assert set(Case.objects.values_list("stands", flat=True)) == {False}


def test_the_home_page_counts_open_cases(staff: Client, support: User) -> None:
    one, _ = case(), case()
    cases.close([one.pk], remark="Asked them.", actor=support)
    heaps = [heap for heap in home.waiting_on_person() if heap.model == "case"]
    assert [(heap.count, heap.query) for heap in heaps] == [(1, "state=open")]
    assert f"{CASES}?state=open" in staff.get("/admin/").content.decode()


def test_the_list_is_filtered_by_state_and_by_what_differs(staff: Client, support: User) -> None:
    standing, gone, lost = case(), case(), case(CaseKind.LOST)
    cases.close([standing.pk], remark="Asked them.", actor=support)
    cases.end([gone.pk])
    assert {
        query: shown(staff, query)
        for query in ("", "?state=open", "?state=closed", "?state=accepted", "?kind=lost")
    } == {
        "": [lost, gone, standing],
        "?state=open": [lost],
        "?state=closed": [gone, standing],
        "?state=accepted": [standing],
        "?kind=lost": [lost],
    }


@pytest.mark.parametrize("written", ["(303) 228-4567", "3032284567", "228-4567"])
def test_a_case_is_found_by_its_number_however_it_is_written(staff: Client, written: str) -> None:
    one, _ = case(e164="+13032284567"), case()
    assert list(staff.get(CASES, {"q": written}).context["cl"].result_list) == [one]


def test_a_case_leads_to_its_number_and_its_order(staff: Client) -> None:
    order = builders.draft()
    number = TelephoneNumber.objects.create(
        e164=builders.fresh_numbers()[0],
        subscriber=order.subscriber,
        state="lost",
        state_changed_at=timezone.now(),
    )
    one = case(CaseKind.LOST, number.e164, telephone_number_id=number.pk, order_id=order.pk)
    for address in (CASES, f"{CASES}{one.pk}/change/"):
        page = staff.get(address).content.decode()
        assert f'href="/admin/numbers/telephonenumber/{number.pk}/change/"' in page
        assert f'href="/admin/numbers/importorder/{order.pk}/change/"' in page


@pytest.mark.parametrize("kind", CaseKind)
def test_a_cases_page_says_what_to_do_next(staff: Client, kind: CaseKind) -> None:
    one = case(kind)
    address = f"{CASES}{one.pk}/change/"
    page = staff.get(address)
    words = unescape(page.content.decode())
    assert page.context["sentence"]
    assert page.context["sentence"] in words
    assert "Closed, and" not in words
    assert words.count("Close with this remark") == 1
    Case.objects.filter(pk=one.pk).update(closed_at=timezone.now(), remark="Asked them.")
    closed = staff.get(address).content.decode()
    assert "Closed, and the difference stands" in closed
    assert ("by the compare: Asked them." in closed, "Close with this remark" in closed) == (
        True,
        False,
    )
    Case.objects.filter(pk=one.pk).update(stands=False)
    assert "The difference is gone. Nothing to do." in staff.get(address).content.decode()


def test_the_list_says_whether_a_compare_goes_on_and_looks_again_by_itself(staff: Client) -> None:
    page = staff.get(CASES).content.decode()
    assert ("never compared" in page, LOOKS_AGAIN in page, "<progress" in page) == (
        True,
        False,
        False,
    )
    jobs.enqueue("compare")
    page = staff.get(CASES).content.decode()
    assert "begins as soon as a worker has time" in page
    assert (LOOKS_AGAIN in page, "<progress" in page) == (True, True)
    CompareRun.objects.create(began_at=timezone.now(), in_service=1200)
    Job.objects.filter(kind="compare").update(state="running")
    assert "1,200 numbers read at the carrier so far" in staff.get(CASES).content.decode()
    Job.objects.filter(kind="compare").update(state="waiting", trouble="It was away.")
    page = staff.get(CASES).content.decode()
    assert "tried again later. It was away." in page
    assert (LOOKS_AGAIN in page, "<progress" in page) == (False, False)


def test_a_list_of_three_asks_no_more_than_a_list_of_one(staff: Client) -> None:
    order = builders.draft()
    counts = []
    for _ in range(3):
        number = TelephoneNumber.objects.create(
            e164=builders.fresh_numbers()[0],
            subscriber=order.subscriber,
            state="lost",
            state_changed_at=timezone.now(),
        )
        case(CaseKind.LOST, number.e164, telephone_number_id=number.pk, order_id=order.pk)
        with CaptureQueriesContext(connection) as queries:
            staff.get(CASES)
        counts.append(len(queries))
    assert counts[0] == counts[2]


def test_a_case_is_closed_on_its_page(staff: Client, support: User) -> None:
    one = case()
    answer = staff.post(f"{CASES}{one.pk}/change/", {"remark": "A voice number of ours."})
    assert (answer.status_code, answer["Location"]) == (302, f"{CASES}?state=open")
    assert closing_of(one) == (True, support, "A voice number of ours.")


@pytest.mark.parametrize("remark", ["", "two\x00parts", "x" * 501])
def test_a_bad_remark_closes_nothing(staff: Client, remark: str) -> None:
    one = case()
    answer = staff.post(f"{CASES}{one.pk}/change/", {"remark": remark})
    assert (answer.status_code, closing_of(one)) == (200, (False, None, ""))


def test_only_the_remark_counts(staff: Client, support: User) -> None:
    one = case()
    before = (one.e164, one.kind, one.detail, one.stands)
    staff.post(
        f"{CASES}{one.pk}/change/",
        {"remark": "Done.", "e164": "+13030000000", "kind": "lost", "detail": "x", "stands": ""},
    )
    one.refresh_from_db()
    assert (one.e164, one.kind, one.detail, one.stands, one.remark) == (*before, "Done.")


def test_a_closed_case_can_be_read_and_not_changed(staff: Client, support: User) -> None:
    one = case()
    cases.close([one.pk], remark="Asked them.", actor=support)
    address = f"{CASES}{one.pk}/change/"
    assert staff.get(address).status_code == 200
    assert staff.post(address, {"remark": "Other words."}).status_code == 403
    assert closing_of(one) == (True, support, "Asked them.")


def chosen(*some: Case, **fields: str) -> dict[str, object]:
    """What the list page sends for chosen cases."""
    return {"action": "close_several", "_selected_action": [one.pk for one in some], **fields}


def test_several_cases_are_closed_with_one_remark(staff: Client, support: User) -> None:
    first, second, other = case(), case(), case()
    page = staff.post(CASES, chosen(first, second))
    assert (page.status_code, "2 open cases will be closed." in page.content.decode()) == (
        200,
        True,
    )
    assert Case.objects.filter(closed_at__isnull=True).count() == 3
    staff.post(CASES, chosen(first, second, close="1", remark="Voice numbers."))
    assert [closing_of(one) for one in (first, second, other)] == [
        (True, support, "Voice numbers."),
        (True, support, "Voice numbers."),
        (False, None, ""),
    ]


def test_several_cases_are_not_closed_without_a_remark(staff: Client) -> None:
    one = case()
    page = staff.post(CASES, chosen(one, close="1", remark=" "))
    assert (page.status_code, closing_of(one)) == (200, (False, None, ""))


def test_a_compare_can_be_asked_for_and_is_one_job(staff: Client) -> None:
    assert f'href="{COMPARE_NOW}"' in staff.get(CASES).content.decode()
    assert staff.get(COMPARE_NOW).status_code == 200
    assert Job.objects.filter(kind="compare").count() == 0
    staff.post(COMPARE_NOW)
    staff.post(COMPARE_NOW)
    assert Job.objects.filter(kind="compare").count() == 1


def test_nobody_deletes_or_adds_a_case(sign_in: SignIn) -> None:
    one = case()
    staff = sign_in(builders.person(Role.ADMIN))
    statuses = [staff.post(CASES + end).status_code for end in (f"{one.pk}/delete/", "add/")]
    assert (statuses, Case.objects.count()) == ([403, 403], 1)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.CUSTOMER])
def test_others_see_no_case_and_close_none(sign_in: SignIn, role: Role) -> None:
    one = case()
    stranger = sign_in(builders.person(role))
    refused = 403 if role is Role.FINANCE else 404
    for address in (CASES, f"{CASES}{one.pk}/change/"):
        assert stranger.get(address).status_code == refused
        assert stranger.post(address, {"remark": "Mine."}).status_code == refused
    stranger.post(COMPARE_NOW)
    assert (closing_of(one), Job.objects.filter(kind="compare").count()) == ((False, None, ""), 0)
