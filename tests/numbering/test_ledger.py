"""The coverage ledger: which LOA speaks for each hosted number, and whether it holds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain import ledger
from numbering.models import Export, ImportOrder, Loa, TelephoneNumber
from tests import builders
from tests.numbering.hosting import hosted, letter, today

pytestmark = pytest.mark.django_db
PAGE = "/admin/numbers/telephonenumber/cover/"


def line_of(order: ImportOrder) -> ledger.Line:
    """Give the line of the order's first number."""
    e164 = order.numbers.values_list("e164", flat=True)[0]
    [line] = ledger.lines_of(
        list(TelephoneNumber.objects.filter(e164=e164).select_related("subscriber"))
    )
    return line


def found(question: str, search: str = "") -> set[str]:
    """Give the numbers that answer a question."""
    return {line.number.e164 for line in ledger.page(question, search).lines}


def numbers_of(order: ImportOrder) -> set[str]:
    """Give the order's numbers."""
    return set(order.numbers.values_list("e164", flat=True))


def test_a_hosted_number_shows_its_letter_who_signed_it_and_that_it_was_valid() -> None:
    """R31."""
    order = hosted()
    loa = letter(order.subscriber, order, hash_checked_at=timezone.now())
    line = line_of(order)
    assert (line.loa, line.order_id, line.submitted_on) == (loa, order.pk, today())
    assert (line.counts, line.valid_at_import, line.is_verified) == (True, True, True)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"signed_on": None}, "It is not known when it was signed."),
        ({"signed_on": 0}, "It was signed after the order was submitted."),
        ({"signed_on": 41}, "It was older than 30 days."),
        ({"signed_on": 40}, ""),
        ({"signed_on": 10}, ""),
        ({"withdrawn_at": 11}, "The subscriber had withdrawn it."),
        ({"voided_at": 11}, "Its signature no longer counted."),
        ({"voided_at": 9}, ""),
        ({"scope": "blanket", "expires_on": 11}, "The blanket LOA had ended."),
        ({"scope": "blanket", "expires_on": 10, "signed_on": 300}, ""),
    ],
)
def test_valid_at_import_goes_by_the_day_on_which_the_order_was_submitted(
    fields: dict[str, Any], fault: str
) -> None:
    """Ten days ago it was submitted; a count says how many days ago the other thing was."""
    order = hosted(submitted=timezone.now() - timedelta(days=10))
    # Reckoned here, not when the tests are collected, which may be on another day.
    begin = {"_on": today(), "_at": timezone.now()}
    dated = {
        name: begin[name[-3:]] - timedelta(days=value) if isinstance(value, int) else value
        for name, value in fields.items()
    }
    letter(order.subscriber, order, **{"signed_on": today() - timedelta(days=12), **dated})
    line = line_of(order)
    assert (line.import_fault, line.valid_at_import) == (fault, not fault)


@pytest.mark.parametrize(
    "fields",
    [
        {"voided_at": timezone.now()},
        {"withdrawn_at": timezone.now()},
        {"purged_at": timezone.now()},
        {"scan_state": "infected"},
        {"scope": "blanket", "expires_on": today() - timedelta(days=1)},
        {"scope": "blanket", "expires_on": None},
    ],
)
def test_a_letter_that_no_longer_counts_leaves_its_numbers_without_cover(
    fields: dict[str, Any],
) -> None:
    good, bad = hosted(), hosted()
    letter(good.subscriber, good)
    letter(bad.subscriber, bad, **fields)
    assert found("uncovered") == numbers_of(bad)
    assert (line_of(bad).counts, line_of(bad).why_not != "") == (False, True)


def test_a_letter_of_somebody_else_covers_nothing() -> None:
    order = hosted()
    letter(builders.subscriber(), order)
    assert (found("uncovered"), line_of(order).loa) == (numbers_of(order), None)


def test_a_blanket_that_ends_soon_is_found_unless_another_letter_goes_on() -> None:
    soon, later, helped = hosted(), hosted(), hosted()
    for order, days in ((soon, 30), (later, 31), (helped, 5)):
        end = today() + timedelta(days=days)
        letter(order.subscriber, order, scope="blanket", expires_on=end)
    letter(helped.subscriber, helped)
    assert found("ending") == numbers_of(soon)


def test_a_file_that_was_not_found_whole_last_night_is_not_verified() -> None:
    now = timezone.now()
    good, stale, damaged, never = hosted(), hosted(), hosted(), hosted()
    letter(good.subscriber, good, hash_checked_at=now)
    letter(stale.subscriber, stale, hash_checked_at=now - timedelta(hours=37))
    letter(damaged.subscriber, damaged, hash_checked_at=now, is_damaged=True)
    letter(never.subscriber, never)
    unverified = numbers_of(stale) | numbers_of(damaged) | numbers_of(never)
    assert found("unverified") == unverified


def test_numbers_are_found_as_they_are_written_by_part_and_by_subscriber() -> None:
    order, other = hosted(subscriber=builders.subscriber(name="Larimer Florists")), hosted()
    [e164] = numbers_of(order)
    assert found("", f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}") == {e164}
    assert found("", e164[5:]) == {e164}
    assert found("", "larimer") == {e164}
    assert found("", "\x00") == numbers_of(order) | numbers_of(other)


def test_only_hosted_numbers_are_listed_and_pages_follow_one_another_by_key() -> None:
    order = hosted(ledger.PAGE + 2)
    TelephoneNumber.objects.filter(e164=min(numbers_of(order))).update(state="gone")
    first = ledger.page()
    second = ledger.page(before=first.next_before)
    seen = [line.number.e164 for line in first.lines + second.lines]
    assert (len(first.lines), len(second.lines), second.next_before) == (ledger.PAGE, 1, None)
    assert set(seen) == numbers_of(order) - {min(numbers_of(order))}


@pytest.mark.parametrize("question", ["", *ledger.QUESTIONS])
def test_fifty_numbers_cost_as_many_questions_as_one(
    sign_in: Callable[[User], Client], support: User, question: str
) -> None:
    desk = sign_in(support)
    desk.get(PAGE)
    counts = []
    for count in (1, 49):
        order = hosted(count, subscriber=builders.subscriber())
        soon = today() + timedelta(days=3)
        if question != "uncovered":
            letter(order.subscriber, order, scope="blanket", expires_on=soon)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = desk.get(PAGE, {"question": question})
        assert len(page.context["lines"]) == (1 if not counts else 50)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_page_says_what_it_knows(sign_in: Callable[[User], Client], support: User) -> None:
    order = hosted()
    loa = letter(order.subscriber, order, is_damaged=True, hash_checked_at=timezone.now())
    bare = hosted(subscriber=builders.subscriber(name="<b>Bare</b>"))
    page = sign_in(support).get(PAGE).content.decode()
    for words in ("Covered", "Version 1", loa.signer, "Damaged", "Without cover"):
        assert words in page
    assert ("<b>Bare" in page, "No LOA covers it." in page) == (False, True)
    assert str(bare.subscriber.pk) in page


def test_the_export_holds_no_cell_that_a_spreadsheet_would_run_and_is_recorded(
    sign_in: Callable[[User], Client], support: User
) -> None:
    """R20, E01, E03, E04, E09: cells, telephone numbers, control characters, trail."""
    name = "=cmd|' /C calc'!A0"
    order = hosted(2, subscriber=builders.subscriber(name=name))
    letter(order.subscriber, order, signer='\uff1d1+1"\r\n,\x07')
    hosted()
    response = sign_in(support).post(f"{PAGE}export/", {"q": "cmd|"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert (rows[0], len(rows)) == (list(ledger.HEADINGS), 3)
    assert {row[0] for row in rows[1:]} == {e164[2:] for e164 in numbers_of(order)}
    assert {(row[1], row[6]) for row in rows[1:]} == {(f"'{name}", "'\uff1d1+1\"\r\n,\ufffd")}
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="loa-cover-[0-9]{4}-[0-9]{2}-[0-9]{2}\.csv"',
        response.headers["Content-Disposition"],
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]
    [record] = Export.objects.all()
    assert (record.person, record.what, record.rows) == (
        support,
        "LOA cover: all hosted numbers, search 'cmd|'",
        2,
    )


def test_an_export_that_is_broken_off_says_how_far_it_came(support: User) -> None:
    hosted(3)
    rows = ledger.export(support)
    next(rows), next(rows)
    rows.close()
    assert Export.objects.get().rows == 1


def test_a_long_export_goes_out_as_it_is_read_and_asks_a_few_questions_for_each_part(
    support: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E06: parts of fifty here, of two thousand in earnest; the sum is what the database holds."""
    monkeypatch.setattr(ledger, "_AT_ONCE", 50)
    asked_for = []
    for count in (100, 150):
        order = hosted(count)
        letter(order.subscriber, order)
        rows = ledger.export(support)
        assert next(rows) == ledger.HEADINGS
        with CaptureQueriesContext(connection) as asked:
            next(rows)
        first = len(asked)
        with CaptureQueriesContext(connection) as asked:
            rest = list(rows)
        assert 1 + len(rest) == TelephoneNumber.objects.filter(state="hosted").count()
        assert Export.objects.latest("pk").rows == 1 + len(rest)
        asked_for.append((first, len(asked)))
    assert asked_for == [(3, 5), (3, 14)]


def test_only_administrators_see_who_took_what(
    sign_in: Callable[[User], Client], support: User
) -> None:
    Export.objects.create(person=support, what="LOA cover: Without cover", rows=7)
    page = sign_in(builders.person(Role.ADMIN)).get("/admin/numbers/export/")
    assert "LOA cover: Without cover" in page.content.decode()
    assert sign_in(support).get("/admin/numbers/export/").status_code == 403


def test_one_letter_over_many_orders_and_the_reverse_are_shown_on_their_pages(
    sign_in: Callable[[User], Client], support: User
) -> None:
    first = hosted(2)
    second = hosted(3, subscriber=first.subscriber)
    loa = letter(first.subscriber, first, second)
    newer = letter(first.subscriber, second)
    assert ledger.orders_of(loa) == [(second.pk, 3), (first.pk, 2)]
    covers = ledger.cover_of(second)
    assert [(use.loa, use.numbers, use.other_orders) for use in covers] == [
        (newer, 3, []),
        (loa, 3, [first.pk]),
    ]
    desk = sign_in(support)
    page = desk.get(f"/admin/numbers/importorder/{second.pk}/change/").content.decode()
    assert f'{first.pk}/change/">import order {first.pk}</a>' in page
    page = desk.get(f"/admin/numbers/loa/{loa.pk}/change/").content.decode()
    assert f"Import order {first.pk}</a>: 2 numbers" in page
    assert Loa.objects.count() == 2
