"""The list of telephone numbers: every question's answer, searches, and pages by key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from numbering.domain import inventory_list, keyset
from numbering.domain.digits import has_digits
from numbering.domain.inventory_list import QUESTIONS, Asked, Search, SearchKind
from numbering.domain.keyset import Count, Place
from numbering.models import TelephoneNumber
from tests import builders
from tests.numbering import hosting
from tests.numbering.lives import life, lives

pytestmark = pytest.mark.django_db


def found(asked: Asked, place: Place | None = None) -> list[int]:
    """Give the keys of the numbers on the page."""
    return [number.pk for number in inventory_list.page(asked, place or Place()).numbers]


def all_pages(asked: Asked) -> Iterator[list[int]]:
    """Go from the newest page to the oldest one by its links."""
    place: Place | None = Place()
    while place is not None:
        page = inventory_list.page(asked, place)
        yield [number.pk for number in page.numbers]
        place = Place(after=page.keys.after) if page.keys.after else None


def test_each_question_is_answered() -> None:
    now = timezone.now()
    old, older = now - timedelta(days=31), now - timedelta(days=91)
    numbers = {
        "uncovered": life(carrier_read_at=now, last_traffic_at=now),
        "still": life(state_changed_at=old, carrier_read_at=now),
        "lost_now": life(state="lost", state_changed_at=now - timedelta(days=6)),
        "lost_then": life(state="lost", state_changed_at=now - timedelta(days=8)),
        "unused": life(state="ordered", origin="order", state_changed_at=old, carrier_read_at=now),
        "used": life(
            state="ordered",
            origin="order",
            state_changed_at=older,
            last_traffic_at=older,
            carrier_read_at=now,
        ),
        "fresh": life(state="ordered", origin="order", carrier_read_at=now),
        "never": life(state="ordered", origin="order", state_changed_at=older, carrier_read_at=now),
        "unread": life(state="ordered", origin="order"),
        "differs": life(state="ordered", origin="order", carrier_read_at=now, carrier_differs=True),
        "differed": life(state="gone", carrier_read_at=now, carrier_differs=True),
        "locked": life(state="gone", is_locked=True),
    }
    TelephoneNumber.objects.exclude(pk=numbers["fresh"].pk).update(
        created_at=now - timedelta(days=8)
    )
    covered = hosting.hosted()
    hosting.letter(covered.subscriber, covered)
    TelephoneNumber.objects.filter(subscriber=covered.subscriber).update(
        created_at=older, last_traffic_at=now, carrier_read_at=now
    )
    answers = {
        "uncovered": {"uncovered", "still"},
        "lost_week": {"lost_now"},
        "lost": {"lost_now", "lost_then"},
        "unused": {"unused", "never"},
        "silent": {"used", "never"},
        "unread": {"unread"},
        "differs": {"differs"},
        "locked": {"locked"},
        "new_week": {"fresh"},
    }
    assert answers.keys() == QUESTIONS.keys()
    names = {number.pk: name for name, number in numbers.items()}
    for question, names_expected in answers.items():
        answer = [names.get(key, "?") for key in found(Asked(question=question))]
        assert set(answer) == names_expected, question
        assert len(answer) == len(names_expected), question


def test_each_filter_narrows_the_list_and_they_add_up() -> None:
    owner = builders.subscriber()
    one = life(subscriber=owner, is_locked=True)
    other = life(state="ordered", origin="order", site_id="1002", sip_peer_id="500102")
    third = life(site_id="1001", sip_peer_id="500103")
    expected = {
        Asked(): [third, other, one],
        Asked(state="hosted"): [third, one],
        Asked(origin="order"): [other],
        Asked(is_locked=True): [one],
        Asked(is_locked=False): [third, other],
        Asked(subscriber_id=owner.pk): [one],
        Asked(site_id="1001"): [third, one],
        Asked(site_id="1001", sip_peer_id="500101"): [one],
        Asked(state="hosted", is_locked=True): [one],
        Asked(state="hosted", origin="order"): [],
        Asked(question="locked", search=one.e164): [one],
        Asked(question="locked", search=other.e164): [],
        Asked(state="no state", question="no question"): [third, other, one],
    }
    for asked, numbers in expected.items():
        assert found(asked) == [number.pk for number in numbers], asked


@pytest.mark.parametrize(
    ("text", "kind", "term"),
    [
        ("", SearchKind.NONE, ""),
        (" \x00 ", SearchKind.NONE, ""),
        ("303-228-4321", SearchKind.NUMBER, "+13032284321"),
        ("1 (303) 228 4321", SearchKind.NUMBER, "+13032284321"),
        ("228-43", SearchKind.FRAGMENT, "22843"),
        ("+1303", SearchKind.FRAGMENT, "1303"),
        ("12", SearchKind.FRAGMENT, "12"),
        ("harbor", SearchKind.NAME, "harbor"),
        ("24 hours", SearchKind.NAME, "24 hours"),
        ("%", SearchKind.NAME, "%"),
        ("٣٠٣", SearchKind.NAME, "٣٠٣"),
    ],
)
def test_a_search_is_for_a_number_a_part_of_one_or_a_name(
    text: str, kind: SearchKind, term: str
) -> None:
    assert Search.read(text) == Search(kind, term)


def test_a_search_finds_digits_wherever_they_stand_and_names_in_any_case() -> None:
    harbor = life(e164="+13032284321", subscriber=builders.subscriber(name="Harbor 100% Freight"))
    summit = life(e164="+12124321303", subscriber=builders.subscriber(name="Summit_Plumbing"))
    expected = {
        "4321": [summit, harbor],  # looked through
        "84321": [harbor],  # by the index on PostgreSQL
        "43213": [summit],
        "1303": [summit, harbor],
        "999": [],
        "99999": [],
        "12": [summit],
        "3": [summit, harbor],
        "5": [],
        "hARbor": [harbor],
        "100%": [],  # digits and no letter: a part of a number
        "100% f": [harbor],
        "t_p": [summit],
        "_": [summit],
        "nobody": [],
    }
    for term, numbers in expected.items():
        assert found(Asked(search=term)) == [number.pk for number in numbers], term
        page = inventory_list.page(Asked(search=term), Place())
        assert page.count == Count(len(numbers)), term


@pytest.mark.parametrize(
    "asked",
    [Asked(), Asked(state="hosted"), Asked(search="+1303"), Asked(search="subscriber")],
    ids=["all", "filtered", "fragment", "name"],
)
@pytest.mark.parametrize("stretch", [4, 10_000])
def test_pages_lose_and_double_none_while_rows_come(
    asked: Asked, stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "PAGE", 3)
    monkeypatch.setattr(keyset, "_FIRST_STRETCH", stretch)
    subscriber = builders.subscriber()
    made = []
    for _ in range(4):  # between them what does not match, so that keys have gaps
        made += [life(subscriber=subscriber).pk for _ in range(2)]
        life(e164="+12125550100", state="gone", subscriber=builders.subscriber(name="Other"))
    if asked == Asked():
        made = list(TelephoneNumber.objects.order_by("pk").values_list("pk", flat=True))
    seen: list[int] = []
    backwards: list[list[int]] = []
    page = inventory_list.page(asked, Place())
    while True:
        keys = [number.pk for number in page.numbers]
        backwards.append(keys)
        seen += keys
        life(subscriber=subscriber)  # newer than all that is looked at
        if page.keys.after is None:
            break
        page = inventory_list.page(asked, Place(after=page.keys.after))
    assert seen == made[::-1]
    for expected in reversed(backwards[:-1]):
        assert page.keys.before is not None
        page = inventory_list.page(asked, Place(before=page.keys.before))
        assert [number.pk for number in page.numbers] == expected
    newest = inventory_list.page(asked, Place(before=page.keys.before))
    assert len(newest.numbers) == 3
    assert min(number.pk for number in newest.numbers) > made[-1]
    oldest = inventory_list.page(asked, Place(is_oldest=True))
    assert [number.pk for number in oldest.numbers] == made[2::-1]
    assert (oldest.keys.after, oldest.keys.before) == (None, made[2])


def test_without_time_a_page_says_where_to_look_on_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyset, "PAGE", 3)
    monkeypatch.setattr(keyset, "_FIRST_STRETCH", 2)
    monkeypatch.setattr(keyset, "PAGE_SECONDS", 0)
    rare = [life(is_locked=True).pk]
    lives(9)
    rare.append(life(is_locked=True).pk)
    first = inventory_list.page(Asked(is_locked=True), Place())
    assert ([number.pk for number in first.numbers], first.keys.is_cut) == ([rare[1]], True)
    assert first.count == Count(1, is_least=True)
    pages = list(all_pages(Asked(is_locked=True)))
    assert [key for keys in pages for key in keys] == rare[::-1]
    assert len(pages) > 2


def test_counts_are_exact_while_few_and_say_so_when_they_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyset, "PAGE", 3)
    lives(7)
    lives(2, state="gone")
    assert inventory_list.page(Asked(state="hosted"), Place()).count == Count(7)
    assert inventory_list.page(Asked(state="gone"), Place()).count == Count(2)
    assert inventory_list.page(Asked(), Place()).count == Count(9)
    monkeypatch.setattr(keyset, "MOST_COUNTED", 5)
    assert inventory_list.page(Asked(state="hosted"), Place()).count == Count(5, is_least=True)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (("7", "", ""), Place(after=7)),
        (("", "7", ""), Place(before=7)),
        (("7", "8", ""), Place(after=7)),
        (("7", "", "1"), Place(is_oldest=True)),
        (("x", "-1", ""), Place()),
        (("٣", "1_0", ""), Place()),
        (("0", "0", ""), Place()),
        (("9" * 19, "", ""), Place(after=2**63 - 1)),
        (("9" * 20, "\x00", ""), Place()),
    ],
)
def test_a_place_that_is_no_key_is_left_out(given: tuple[str, str, str], place: Place) -> None:
    assert Place.read(*given) == place


@pytest.mark.postgres
def test_beyond_the_last_row_nothing_is_called_none() -> None:
    [number] = lives(1)
    page = inventory_list.page(Asked(search=number.e164[-7:]), Place(after=1))
    assert (page.numbers, page.count) == ([], Count(0, is_least=True))


def test_a_sparse_filter_costs_a_bounded_number_of_questions() -> None:
    lives(60, carrier_differs=True)
    for asked in (Asked(), Asked(question="locked"), Asked(search="subscriber")):
        with CaptureQueriesContext(connection) as questions:
            inventory_list.page(asked, Place())
        assert len(questions) <= 6, asked


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (Asked(state="lost"), "number_state_newest"),
        (Asked(subscriber_id=1), "number_subscriber_newest"),
        (Asked(question="locked"), "number_locked"),
        (Asked(question="differs"), "number_differs"),
    ],
)
def test_a_question_is_answered_by_its_index(asked: Asked, index: str) -> None:
    keys = inventory_list.matching(asked).order_by("-pk").values_list("pk")[:51]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    assert index in keys.explain()


@pytest.mark.postgres
@pytest.mark.parametrize("digits", ["3032", "228432", "13032284321"])
def test_postgresql_finds_digits_by_the_index_that_the_migration_makes(digits: str) -> None:
    """The index is on an expression: written in another way here it would not be used."""
    migration = import_module("numbering.migrations.0005_number_search")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX parts ON {migration.INDEXES['number_e164_parts']}")
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = TelephoneNumber.objects.filter(has_digits(digits)).explain()
    assert "Bitmap Index Scan on parts" in plan
