"""Looking for our own order in the lists of number orders and disconnects (N19)."""

from __future__ import annotations

import uuid
from datetime import date
from urllib.parse import parse_qsl

import pytest

from carrier import disconnects, order_lists, orders
from carrier.errors import CarrierError, NotFound, OutcomeUnknown, Refused
from carrier.records import OrderList
from tests.carrier.builders import ORDER_ID, OTHER_ID
from tests.carrier.conftest import Connect
from tests.carrier.scripted import Script, ScriptedServer, answering
from tests.carrier.test_in_service import in_turn

OURS = "N1"
END = "<Links><first>Link=&lt;https://h/x?page=1&gt;;rel=&quot;first&quot;;</first></Links>"
NO_ROWS = f"<TotalCount>0</TotalCount>{END}"
REASON = "<ResponseStatus><ErrorCode>1010</ErrorCode></ResponseStatus>"


def row(order_id: str, reference: str = "", at: str = "", *, tag: str = "orderId") -> str:
    named = f"<CustomerOrderId>{reference}</CustomerOrderId>" if reference else ""
    return (
        f"<OrderIdUserIdDate>{named}<{tag}>{order_id}</{tag}><OrderDate>{at}</OrderDate>"
        "<OrderStatus>COMPLETE</OrderStatus></OrderIdUserIdDate>"
    )


def wrapped(inside: str) -> str:
    return (
        f"<ResponseSelectWrapper><ListOrderIdUserIdDate>{inside}</ListOrderIdUserIdDate>"
        "</ResponseSelectWrapper>"
    )


def following(page: str) -> str:
    """Links as the carrier writes them; the address is one of its own machines."""
    return (
        f"<Links><next>Link=&lt;http://inner.example:81/v1.0/accounts/7/orders?page={page}"
        "&amp;size=3&gt;;rel=&quot;next&quot;;</next></Links>"
    )


def pages(*bodies: str) -> Script:
    """The pages of a list, one for each request of a connection."""
    return in_turn(*(answering("200 OK", wrapped(body).encode()) for body in bodies))


def found(connect: Connect, *bodies: str) -> OrderList:
    with ScriptedServer(pages(*bodies)) as server:
        return orders.find(connect(server.url), customer_order_id=OURS)


def ids(connect: Connect, *bodies: str) -> list[str]:
    return [found_row.order_id for found_row in found(connect, *bodies).rows]


def test_an_empty_list_is_empty(connect: Connect) -> None:
    assert found(connect, NO_ROWS) == OrderList((), truncated=False)


@pytest.mark.parametrize("tag", ["orderId", "OrderId"])
def test_ours_is_found_among_others_on_any_page(connect: Connect, tag: str) -> None:
    """Whatever the carrier makes of the filter, and on our own host only."""
    others = row(OTHER_ID, "N2") + row(str(uuid.uuid4()))
    script = pages(others + following(ORDER_ID), row(ORDER_ID.upper(), OURS, tag=tag) + END)
    with ScriptedServer(script) as server:
        list_ = orders.find(connect(server.url), customer_order_id=OURS)
    assert ([found_row.order_id for found_row in list_.rows], list_.truncated) == (
        [ORDER_ID],
        False,
    )
    paths, queries = zip(
        *(request.split(b" ", 2)[1].decode().split("?") for request in server.requests),
        strict=True,
    )
    assert set(paths) == {"/api/v2/accounts/9900001/orders"}
    size = str(order_lists.PAGE_SIZE)
    assert [dict(parse_qsl(query)) for query in queries] == [
        {"page": page, "size": size, "customerOrderId": OURS} for page in ("1", ORDER_ID)
    ]


def test_two_orders_under_our_reference_are_both_found(connect: Connect) -> None:
    both = [ORDER_ID, OTHER_ID]
    assert ids(connect, "".join(row(order_id, OURS) for order_id in both) + END) == both


def test_rows_that_name_no_reference_have_to_be_opened(connect: Connect) -> None:
    assert ids(connect, row(ORDER_ID) + row(OTHER_ID, "N2") + END) == [ORDER_ID]


def test_rows_under_other_references_are_never_ours(connect: Connect) -> None:
    assert ids(connect, row(ORDER_ID, "N2") + row(OTHER_ID, "n1") + END) == []


FULL = "".join(row(str(uuid.UUID(int=number)), "N2") for number in range(order_lists.PAGE_SIZE))
UNNAMED = "".join(row(str(uuid.UUID(int=n))) for n in range(order_lists.MAX_UNNAMED + 1))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("404 Not Found", "", NotFound),
        ("404 Not Found", f"<X>{REASON}</X>", NotFound),
        ("404 Not Found", "<html/>", OutcomeUnknown),
        ("400 Bad Request", "", Refused),
        ("200 OK", "", OutcomeUnknown),
        ("204 No Content", "", OutcomeUnknown),
        ("200 OK", "<ResponseSelectWrapper/>", OutcomeUnknown),
        ("200 OK", wrapped("<TotalCount>7</TotalCount>" + END), OutcomeUnknown),
        ("200 OK", wrapped(NO_ROWS + REASON), Refused),
        ("200 OK", wrapped(row("17") + END), OutcomeUnknown),
        ("200 OK", wrapped(FULL), OutcomeUnknown),
        ("200 OK", wrapped(row(OTHER_ID, "N2") + "<Links><next>…</next></Links>"), OutcomeUnknown),
        ("200 OK", wrapped(row(OTHER_ID, "N2") + following("1")), OutcomeUnknown),
        ("200 OK", wrapped(row(OTHER_ID) + following("1").replace("?page=1", "")), OutcomeUnknown),
        ("200 OK", wrapped(UNNAMED + END), OutcomeUnknown),
        ("200 OK", "<Links/>", OutcomeUnknown),
        ("404 Not Found", wrapped(NO_ROWS), OutcomeUnknown),
    ],
    ids=[
        "404",
        "404 with a reason",
        "404 with a page",
        "400",
        "empty",
        "204",
        "no list",
        "a count without rows",
        "a reason in a 200",
        "a row without an id",
        "a full page without links",
        "a link that is none",
        "a circle",
        "a row to open and no end",
        "too many without a reference",
        "links with a 200",
        "a list with a 404",
    ],
)
def test_could_not_look_is_not_an_empty_list(
    connect: Connect, status: str, body: str, kind: type[CarrierError]
) -> None:
    with ScriptedServer(answering(status, body.encode())) as server:
        for resource in (orders, disconnects):
            with pytest.raises(CarrierError) as caught:
                resource.find(connect(server.url), customer_order_id=OURS)
            assert type(caught.value) is kind


def test_an_account_without_orders_answers_404_with_links(connect: Connect) -> None:
    body = b"<Links><first>Link description</first></Links>"
    with ScriptedServer(answering("404 Not Found", body)) as server:
        assert disconnects.find(connect(server.url), customer_order_id="D1").rows == ()


def test_a_list_without_an_end_is_not_read_for_ever(connect: Connect) -> None:
    next_ids = [str(uuid.UUID(int=number)) for number in range(order_lists.MAX_PAGES + 1)]
    endless = [row(ORDER_ID, OURS) + following(next_id) for next_id in next_ids]
    assert found(connect, *endless).truncated
    with pytest.raises(OutcomeUnknown, match="to its end"):
        found(connect, *(page.replace(f">{OURS}<", ">N2<") for page in endless))


def test_disconnects_from_before_the_sending_need_not_be_opened(connect: Connect) -> None:
    """Their rows carry no reference, so that only dates keep their number small."""
    dates = ["2026-03-09T23-59-59.797Z", "2026-03-08T12-00-00Z", "someday"]
    rows = [row(str(uuid.UUID(int=number)), at=at) for number, at in enumerate(dates)]
    old = row(OTHER_ID, "D1", "2020-01-01")
    with ScriptedServer(pages("".join(rows) + END, old + "".join(rows) + END)) as server:
        carrier = connect(server.url)
        wanted = {"customer_order_id": "D1", "since": date(2026, 3, 10)}
        young = disconnects.find(carrier, **wanted)  # type: ignore[arg-type]
        ours = disconnects.find(carrier, **wanted)  # type: ignore[arg-type]
        everything = disconnects.find(carrier)
    assert [uuid.UUID(found_row.order_id).int for found_row in young.rows] == [0, 2]
    assert [found_row.order_id for found_row in ours.rows] == [OTHER_ID]
    assert len(everything.rows) == 4
