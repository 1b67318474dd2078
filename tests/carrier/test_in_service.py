"""The numbers in service: read from the sandbox, and from lists as odd as the carrier's can be."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator

import pytest

from carrier import import_orders, in_service, xmlbody
from carrier.client import Carrier
from carrier.errors import CarrierError, NotFound, OutcomeUnknown, Refused, UnreadableBody
from carrier.number_lists import Bookmark, Walk
from carrier.sandbox import Sandbox, SandboxOptions
from tests.carrier.builders import new_order
from tests.carrier.conftest import Connect
from tests.carrier.scripted import Script, ScriptedServer, answering

ONE, TWO, THREE = "+13032281000", "+13032281001", "+13032281002"
FIRST_ONLY = "<Links><first>Link=&lt;https://h/x?page=1&gt;;rel=&quot;first&quot;;</first></Links>"


def next_link(query: str) -> str:
    """Links as the carrier writes them; the address is one of its own machines."""
    return (
        f"<Links><next>Link=&lt;http://inner.example:81/v1.0/accounts/7/inserviceNumbers?{query}"
        '&gt;;rel="next";</next></Links>'
    )


def page(*texts: str, links: str = FIRST_ONLY, total: int = 99) -> Script:
    """A page; its counts are wrong unless they happen to be right."""
    rows = "".join(f"<TelephoneNumber>{text}</TelephoneNumber>" for text in texts)
    return answering(
        "200 OK",
        f"<TNs><TotalCount>{total}</TotalCount>{links}<TelephoneNumbers><Count>7</Count>{rows}"
        "</TelephoneNumbers></TNs>".encode(),
    )


def in_turn(*scripts: Script) -> Script:
    """Answer the requests of one connection in turn, the last answer again and again."""
    left = itertools.chain(scripts, itertools.repeat(scripts[-1]))

    def script(sock: socket.socket) -> None:
        next(left)(sock)

    return script


def everything(carrier: Carrier) -> list[str]:
    """All numbers of all pages."""
    return list(itertools.chain.from_iterable(in_service.list_numbers(carrier)))


def queries(server: ScriptedServer) -> list[str]:
    """The query of each request that the server got."""
    return [request.split(b" ", 2)[1].decode().partition("?")[2] for request in server.requests]


def many(count: int) -> list[str]:
    """So many numbers, in order."""
    return [f"+1303{number:07d}" for number in range(2_280_000, 2_280_000 + count)]


NUMBERS = many(1201)


@pytest.fixture(scope="module")
def full_sandbox() -> Iterator[Sandbox]:
    """A sandbox with no numbers but ours: 1,201, which are three pages."""
    with Sandbox(SandboxOptions(processing_seconds=3600)) as sandbox:
        yield sandbox


@pytest.fixture(params=["v1", "v2"])
def full_carrier(
    full_sandbox: Sandbox, connect: Connect, request: pytest.FixtureRequest
) -> Carrier:
    """A client of the full sandbox, once per API version."""
    carrier = connect(full_sandbox.url, api_version=request.param)
    if not full_sandbox.orders():
        order = import_orders.create(carrier, order=new_order(*NUMBERS))
        full_sandbox.finish(order.order_id, "COMPLETE")
    return carrier


def test_every_page_is_read(full_sandbox: Sandbox, full_carrier: Carrier) -> None:
    before = len(full_sandbox.requests)
    assert everything(full_carrier) == NUMBERS
    assert len(full_sandbox.requests) == before + 3


def test_a_number_is_in_service_or_it_is_not(full_carrier: Carrier) -> None:
    asked = [NUMBERS[0], NUMBERS[-1], "+13039990000"]
    assert [
        in_service.is_in_service(full_carrier, telephone_number=number) for number in asked
    ] == [
        True,
        True,
        False,
    ]


def test_a_number_that_is_no_number_is_never_asked_for(full_carrier: Carrier) -> None:
    with pytest.raises(ValueError, match="not an E"):
        in_service.is_in_service(full_carrier, telephone_number="+44/../sites")


def test_an_account_without_numbers_answers_204(connect: Connect) -> None:
    with Sandbox(SandboxOptions()) as sandbox:
        assert everything(connect(sandbox.url)) == []


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("page=2&amp;size=500", "page=2&size=500"),
        ("size=300&amp;page=%2B13032281001", "page=%2B13032281001&size=300"),
        ("page=44&amp;size=500&amp;accountId=8", "page=44&size=500"),
    ],
    ids=["by number", "by id", "with more than page and size"],
)
def test_a_link_is_followed_by_its_page_on_our_own_host(
    connect: Connect, link: str, asked: str
) -> None:
    with ScriptedServer(in_turn(page(ONE, links=next_link(link)), page(TWO))) as server:
        assert everything(connect(server.url)) == [ONE, TWO]
    assert queries(server) == ["page=1&size=500", asked]
    assert {request.split(b" ", 2)[1].partition(b"?")[0] for request in server.requests} == {
        b"/api/v2/accounts/9900001/inserviceNumbers"
    }


def test_without_links_pages_are_counted_until_one_is_not_full(connect: Connect) -> None:
    numbers = many(501)
    answers = in_turn(page(*numbers[:500], links=""), page(numbers[500], links=""))
    with ScriptedServer(answers) as server:
        assert everything(connect(server.url)) == numbers
    assert queries(server) == ["page=1&size=500", "page=2&size=500"]


def test_a_placeholder_for_a_link_counts_on_until_204(connect: Connect) -> None:
    placeholder = page(ONE, links="<Links><next>( a link goes here )</next></Links>")
    with ScriptedServer(in_turn(placeholder, answering("204 No Content"))) as server:
        assert everything(connect(server.url)) == [ONE]
    assert queries(server) == ["page=1&size=500", "page=2&size=500"]


def test_a_list_is_over_when_its_links_name_no_next_page(connect: Connect) -> None:
    with ScriptedServer(page(*many(500))) as server:
        assert everything(connect(server.url)) == many(500)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "links",
    [
        [next_link("page=1&amp;size=500")],
        [next_link("page=2&amp;size=500"), next_link("page=2&amp;size=500")],
        [next_link("page=2&amp;size=500"), next_link("page=3&amp;size=500")],
    ],
    ids=["to itself", "back to where it was asked", "the same numbers elsewhere"],
)
def test_a_list_that_goes_in_a_circle_is_not_a_list(connect: Connect, links: list[str]) -> None:
    with (
        ScriptedServer(in_turn(*(page(ONE, links=link) for link in links))) as server,
        pytest.raises(OutcomeUnknown, match="repeats its pages"),
    ):
        everything(connect(server.url))
    assert len(server.requests) == len(links)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answering("200 OK"), OutcomeUnknown),
        (answering("200 OK", b"<html><body>Sign in</body></html>"), OutcomeUnknown),
        (answering("200 OK", b"<TNs><TotalCount>4</TotalCount></TNs>"), OutcomeUnknown),
        (
            answering(
                "200 OK",
                b"<TNs><TotalCount>1</TotalCount><ResponseStatus><ErrorCode>1003</ErrorCode>"
                b"<Description>No.</Description></ResponseStatus><TelephoneNumbers>"
                b"<TelephoneNumber>3032281000</TelephoneNumber></TelephoneNumbers></TNs>",
            ),
            Refused,
        ),
        (answering("404 Not Found"), NotFound),
        (answering("503 Service Unavailable"), OutcomeUnknown),
    ],
    ids=["empty", "another page", "a count without rows", "a reason in a 200", "404", "503"],
)
def test_what_could_not_be_read_is_never_an_empty_list(
    connect: Connect, answer: Script, error: type[CarrierError]
) -> None:
    with ScriptedServer(answer) as server, pytest.raises(error) as caught:
        everything(connect(server.url))
    assert type(caught.value) is error


def test_a_later_page_that_cannot_be_read_ends_the_list_with_an_error(connect: Connect) -> None:
    answers = in_turn(
        page(ONE, links=next_link("page=2&amp;size=500")), answering("503 Service Unavailable")
    )
    with ScriptedServer(answers) as server:
        pages = in_service.list_numbers(connect(server.url))
        assert next(pages) == (ONE,)
        with pytest.raises(OutcomeUnknown):
            next(pages)


def kept(walk: Walk) -> Bookmark:
    """Where the list goes on, after it has been kept as JSON."""
    assert walk.bookmark is not None
    return Bookmark.from_json(json.loads(json.dumps(walk.bookmark.to_json())))


def test_a_list_is_gone_on_with_from_a_kept_bookmark(connect: Connect) -> None:
    """After the page that was read last, whether or not the next one could be read."""
    links = [next_link("page=2&amp;size=500"), next_link("page=3&amp;size=500")]
    away = answering("503 Service Unavailable")
    with ScriptedServer(in_turn(page(ONE, links=links[0]), away)) as server:
        walk = in_service.list_numbers(connect(server.url))
        assert next(walk) == (ONE,)
        with pytest.raises(OutcomeUnknown):
            next(walk)
    again = kept(walk)
    with ScriptedServer(in_turn(page(TWO, links=links[1]), page(THREE))) as server:
        walk = in_service.list_numbers(connect(server.url), bookmark=again)
        assert list(walk) == [(TWO,), (THREE,)]
        assert walk.bookmark is None
    assert queries(server) == ["page=2&size=500", "page=3&size=500"]


@pytest.mark.parametrize(
    "answer",
    [
        page(ONE, links=next_link("page=3&amp;size=500")),
        page(TWO, links=next_link("page=1&amp;size=500")),
    ],
    ids=["the same numbers", "back to the first page"],
)
def test_a_circle_is_noticed_beyond_a_bookmark_too(connect: Connect, answer: Script) -> None:
    with ScriptedServer(page(ONE, links=next_link("page=2&amp;size=500"))) as server:
        walk = in_service.list_numbers(connect(server.url))
        next(walk)
    again = kept(walk)
    with (
        ScriptedServer(answer) as server,
        pytest.raises(OutcomeUnknown, match="repeats its pages"),
    ):
        next(in_service.list_numbers(connect(server.url), bookmark=again))


def test_an_empty_list_can_be_readable(connect: Connect) -> None:
    with ScriptedServer(page(total=0)) as server:
        assert everything(connect(server.url)) == []


def test_numbers_are_read_however_they_are_written() -> None:
    root = xmlbody.parse(
        b"<TNs><TelephoneNumbers><Count>5</Count>"
        b"<TelephoneNumber> 303-228-1000 </TelephoneNumber>"
        b"<TelephoneNumber>13032281001</TelephoneNumber>"
        b"<TelephoneNumber><City>DENVER</City><FullNumber>3032281002</FullNumber>"
        b"</TelephoneNumber><TelephoneNumber>12345</TelephoneNumber><TelephoneNumber/>"
        b"</TelephoneNumbers></TNs>"
    )
    assert in_service.read_page(root, number=1).telephone_numbers == (ONE, TWO, THREE, "12345")


def test_no_list_at_all_is_unreadable() -> None:
    with pytest.raises(UnreadableBody, match="no list of telephone numbers"):
        in_service.read_page(xmlbody.parse(b"<Quantity><Count>3</Count></Quantity>"), number=1)


@pytest.mark.parametrize("status", ["401 Unauthorized", "429 Too Many Requests", "500 Oops"])
def test_a_number_that_could_not_be_asked_for_is_neither_there_nor_away(
    connect: Connect, status: str
) -> None:
    with ScriptedServer(answering(status)) as server, pytest.raises(CarrierError):
        in_service.is_in_service(connect(server.url), telephone_number=ONE)


def test_a_reason_inside_a_200_is_no_yes(connect: Connect) -> None:
    body = b"<X><ResponseStatus><ErrorCode>12512</ErrorCode></ResponseStatus></X>"
    with ScriptedServer(answering("200 OK", body)) as server, pytest.raises(Refused):
        in_service.is_in_service(connect(server.url), telephone_number=ONE)
