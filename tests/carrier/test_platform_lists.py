"""What the older platform lists and offers, and its bodies as the carrier published them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from carrier import platform, platform_list
from carrier.client import Carrier
from carrier.errors import OutcomeUnknown, Refused, UnreadableBody
from carrier.number_lists import Bookmark, Query
from carrier.number_records import AvailableNumber
from carrier.platform_records import DashboardAccount, PlatformNumber
from carrier.problems import read_json_problems
from tests.carrier.builders import platform_settings_at
from tests.carrier.conftest import Connect
from tests.carrier.scripted import Script, ScriptedServer, answering
from tests.carrier.test_corpus import FIXTURES

JSON = "Content-Type: application/json"

# The list.


def page(start: int, count: int, link: str = "") -> Script:
    rows = [{"id": f"n-{i}", "number": f"+1303{i:07}"} for i in range(start, start + count)]
    headers = [JSON, f"Link: {link}"] if link else [JSON]
    return answering("200 OK", json.dumps(rows).encode(), *headers)


def in_turn(*scripts: Script) -> ScriptedServer:
    answers = iter(scripts)
    return ScriptedServer(lambda sock: next(answers)(sock))


def targets(server: ScriptedServer) -> list[str]:
    return [request.split(b" ")[1].decode() for request in server.requests]


def test_the_list_follows_links_by_their_query_alone(connect_platform: Connect) -> None:
    link = '<https://inner.example:8443/x?page=7&size=2&after=n%2F1>; rel="next", <a?b=c>;rel=first'
    with in_turn(page(2_000_000, 2, link), page(2_000_002, 1, '<a?b=c>; rel="first"')) as server:
        pages = list(platform_list.Walk(connect_platform(server.url)))
    assert [len(numbers) for numbers in pages] == [2, 1]
    assert targets(server) == [
        "/v1/users/u-sandbox/phoneNumbers?page=0&size=1000",
        "/v1/users/u-sandbox/phoneNumbers?page=7&size=2&after=n%2F1",
    ]


def test_a_full_page_without_a_link_is_not_taken_for_the_last(connect_platform: Connect) -> None:
    with in_turn(page(2_000_000, 1000), page(2_001_000, 3)) as server:
        pages = list(platform_list.Walk(connect_platform(server.url)))
    assert [len(numbers) for numbers in pages] == [1000, 3]
    assert targets(server)[1].endswith("?page=1&size=1000")


NEXT = '<https://x/?page=%d&size=1000>; rel="next"'


@pytest.mark.parametrize(
    ("scripts", "words"),
    [
        ((page(2_000_000, 2, NEXT % 0),), "repeats its pages"),
        ((page(2_000_000, 2, NEXT % 1), page(2_000_000, 2, NEXT % 2)), "repeats its pages"),
        ((page(0, 0, NEXT % 1), page(0, 0, NEXT % 2)), "repeats its pages"),
        ((page(2_000_000, 2, '<https://x/>; rel="next"'),), "leads nowhere"),
        ((answering("200 OK", b'{"numbers": []}', JSON),), "it is no list"),
        ((answering("200 OK", b'[{"id": "n-1"}]', JSON),), "it is no telephone number"),
        ((answering("200 OK", b"", JSON),), "not JSON"),
    ],
    ids=["itself", "same rows", "empty for ever", "no query", "no list", "no number", "nothing"],
)
def test_a_list_that_cannot_be_whole_is_an_error(
    connect_platform: Connect, scripts: tuple[Script, ...], words: str
) -> None:
    with in_turn(*scripts) as server, pytest.raises(OutcomeUnknown, match=words):
        list(platform_list.Walk(connect_platform(server.url)))


@pytest.mark.parametrize(
    ("link", "query"),
    [
        ("", None),
        ('<https://x/?page=0>;rel="first"', None),
        ('<https://x/?page=0>;rel="first",<https://x/?page=2>;rel="next"', (("page", "2"),)),
        ("<?page=2#f> ; title=a; rel=next", (("page", "2"),)),
        ('<?page=2>; rel="last next"', (("page", "2"),)),
        ('<?rel=next>; rel="nextish"', None),
    ],
)
def test_the_next_page_is_read_from_the_link_header(link: str, query: Query) -> None:
    assert platform_list.following(link) == query


@pytest.mark.parametrize("query", ["&".join(f"a{i}=1" for i in range(21)), "page=%00", ""])
def test_a_link_that_cannot_be_followed_is_refused(query: str) -> None:
    with pytest.raises(UnreadableBody):
        platform_list.following(f'<?{query}>; rel="next"')


def test_a_list_is_gone_on_with_from_its_bookmark(connect_platform: Connect) -> None:
    """Also by another process, and after a page that could not be read; a circle is noticed."""
    first, gone = page(2_000_000, 2, NEXT % 1), answering("400 Bad Request", b"", JSON)
    with in_turn(first, gone, page(2_000_002, 2, NEXT % 2), first) as server:
        client = connect_platform(server.url)
        walk = platform_list.Walk(client)
        assert len(next(walk)) == 2
        with pytest.raises(Refused):
            next(walk)
        assert walk.bookmark is not None
        kept = json.loads(json.dumps(walk.bookmark.to_json()))
        onward = platform_list.Walk(client, Bookmark.from_json(kept))
        assert next(onward)[0].platform_id == "n-2000002"
        with pytest.raises(OutcomeUnknown, match="repeats"):
            next(onward)
    assert [target.rpartition("page=")[2][0] for target in targets(server)] == list("0112")


# Searches.


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ({}, "exactly one"),
        ({"state": "CO", "zip_code": "80301"}, "exactly one"),
        ({"zip_code": "80301", "area_code": "303"}, "exactly one"),
        ({"city": "Boulder", "area_code": "303"}, "city"),
        ({"state": "CO", "local_number": "228"}, "area code"),
        ({"zip_code": "80301", "in_local_calling_area": True}, "area code"),
        ({"state": "Co"}, "two capital letters"),
        ({"zip_code": "8030"}, "five digits"),
        ({"area_code": "103"}, "three digits"),
        ({"area_code": "303", "local_number": "22"}, "three or four"),
        ({"area_code": "303", "pattern": "2&9"}, "pattern"),
        ({"area_code": "303", "quantity": 5001}, "quantity"),
        ({"area_code": "303", "quantity": 0}, "quantity"),
        ({"state": "CO", "city": "Boulder", "pattern": "*2?9*", "quantity": 5000}, ""),
        ({"area_code": "303", "local_number": "2281", "in_local_calling_area": True}, ""),
        ({"zip_code": "80301"}, ""),
    ],
)
def test_a_search_is_checked_before_it_is_made(search: dict[str, Any], words: str) -> None:
    problem = platform.problem_of(**search)
    assert (words in problem, bool(problem)) == (True, bool(words))
    if problem:
        with pytest.raises(ValueError, match=words):
            platform.search_local(Carrier(platform_settings_at("http://127.0.0.1:1")), **search)


def test_a_search_gives_no_more_than_was_asked_for_and_each_number_once(
    connect_platform: Connect,
) -> None:
    rows = [{"number": f"+1303228{line:04}"} for line in (1000, 1000, *range(1000, 1900))]
    with in_turn(*[answering("200 OK", json.dumps(rows).encode(), JSON)] * 2) as server:
        client = connect_platform(server.url)
        local = platform.search_local(client, area_code="303", quantity=3)
        free = platform.search_toll_free(client, quantity=1)
    assert [number.e164[-4:] for number in local] == ["1000", "1001", "1002"]
    assert len(free) == 1
    assert [target.partition("?")[2] for target in targets(server)] == [
        "areaCode=303&quantity=3",
        "quantity=1",
    ]


# The bodies that the carrier itself published.

published = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the published bodies are not here")


def body_of(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


@published
def test_published_numbers_are_read() -> None:
    assert platform.read_number(json.loads(body_of("v1-phonenumbers/get-200.json"))) == (
        PlatformNumber(
            platform_id="n-bdllkjjddr5vuvglfluxdwi",
            e164="+number",
            application_id="a-id1",
            city="GREENSBORO",
            state="NC",
            number_state="enabled",
            created_at=datetime(2013, 3, 7, 21, 35, 18, tzinfo=UTC),
        )
    )
    rows = platform_list.read_list(body_of("v1-phonenumbers/list-200.json"))
    assert [(row.platform_id, row.name, row.application_id, row.city) for row in rows] == [
        ("{numberId1}", "home phone", "a-j321", ""),
        ("{numberId2}", "work phone", "a-j123", ""),
    ]


@published
def test_published_offers_are_read() -> None:
    local = platform.read_available(body_of("v1-availablenumbers/local-200.json"))
    assert local[0] == AvailableNumber("{number1}", "CARY", "NC", "CARY", "426")
    free = platform.read_available(body_of("v1-availablenumbers/tollfree-200.json"))
    assert free == (AvailableNumber("{number1}"), AvailableNumber("{number2}"))


@published
def test_an_import_is_written_as_published() -> None:
    document = platform.build_document(
        telephone_number="+14352154439",
        name="text messaging TN",
        application_id="{{applicationId}}",
        account=DashboardAccount("9999999", "wileCoyote", "catchThatBird"),
    )
    assert json.loads(document) == json.loads(body_of("v1-phonenumbers/import-request.json"))


@published
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("429-rate-limit", "rate-limit-reached", ""),
        ("403-message-rate-limit", "message-rate-limit", "You can send 1 messages"),
        ("400-message-delay-limit", "message-delay-limit", "Message tried to be delayed"),
    ],
)
def test_published_reasons_are_read(name: str, code: str, words: str) -> None:
    (problem,) = read_json_problems(body_of(f"v1-errors/{name}.json"))
    assert (problem.code, problem.description.startswith(words)) == (code, True)
