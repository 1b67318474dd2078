"""The door in a real server process: deliveries in parallel, and bodies as networks bring them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from carrier.sandbox import Sandbox
from numbering.domain import subscriptions
from numbering.models import ImportOrder, OrderEvent, TelephoneNumberEvent, WebhookEvent
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.notices import ADDRESS, TRUE_CREDENTIALS, basic, order_notice
from tests.numbering.races import at_once
from tests.numbering.server import Server, running_server

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ORDERS = 12
COPIES = 8


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    """A server on the tests' database."""
    with running_server() as running:
        yield running


@pytest.fixture
def ended(at_carrier: Sandbox) -> list[ImportOrder]:
    """Orders that the carrier has finished and the portal has not heard of."""
    orders = [steps.sent(*builders.fresh_numbers(2)) for _ in range(ORDERS)]
    for order in orders:
        steps.ended_at(at_carrier, order)
    return orders


def test_the_same_notice_eight_times_at_one_instant_has_one_effect(
    ended: list[ImportOrder], server: Server
) -> None:
    """W06: its twin is the next test; script/faults has the load."""
    statuses = _delivered_in_parallel(server, ended)
    assert Counter(statuses) == {200: ORDERS * COPIES}
    assert WebhookEvent.objects.count() == ORDERS * COPIES
    at_once(3, lambda _index: run_once())
    run_once()
    assert WebhookEvent.objects.filter(state="new").count() == 0
    assert OrderEvent.objects.filter(to_status="complete").count() == ORDERS
    assert TelephoneNumberEvent.objects.filter(to_state="hosted").count() == 2 * ORDERS


def test_without_the_conditional_write_there_are_more_effects(
    ended: list[ImportOrder], server: Server
) -> None:
    """The twin: the same notices, each applied as if nobody else were there."""
    _delivered_in_parallel(server, ended)
    by_carrier_id = {order.carrier_order_id: order.pk for order in ended}
    gate = threading.Lock()
    bodies = [bytes(body) for body in WebhookEvent.objects.values_list("body", flat=True)]

    def apply(_index: int) -> None:
        while True:
            with gate:
                if not bodies:
                    return
                body = bodies.pop()
            order_id = next(pk for one, pk in by_carrier_id.items() if (one or "").encode() in body)
            _complete_without_protection(order_id)

    at_once(COPIES, apply)
    assert OrderEvent.objects.filter(to_status="complete").count() > ORDERS


def _complete_without_protection(order_id: int) -> None:
    order = ImportOrder.objects.get(pk=order_id)
    if order.status == "complete":
        return
    time.sleep(0.01)
    ImportOrder.objects.filter(pk=order_id).update(status="complete")
    OrderEvent.objects.create(
        order=order,
        at=order.created_at,
        from_status=order.status,
        to_status="complete",
        learned_by="webhook",
    )


def _delivered_in_parallel(server: Server, orders: list[ImportOrder]) -> list[int]:
    """Deliver each order's notice from all threads at once; return the statuses."""
    bodies = [order_notice(order.carrier_order_id) for order in orders]
    answers = at_once(COPIES, lambda _index: [server.knock(body) for body in bodies])
    return [status for statuses in answers for status in statuses]


def _request(headers: str, body: bytes) -> bytes:
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += f"Authorization: {basic(*TRUE_CREDENTIALS)}\r\nContent-Type: application/xml\r\n"
    return (head + headers + "\r\n").encode() + body


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_bodies_as_networks_bring_them(server: Server) -> None:
    """One server for all of them: starting it takes longer than what is looked at."""
    body = order_notice()
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:40], body[40:]))
    whole = _request("Transfer-Encoding: chunked\r\n", chunked + b"0\r\n\r\n")
    assert _status(server.say(whole)) == 200
    assert bytes(WebhookEvent.objects.get().body) == body

    too_long = f"Content-Length: {len(body) + 50}\r\n"
    assert _status(server.say(_request(too_long, body))) in (0, 400)
    cut = b"%x\r\n%s" % (len(body), body[:30])
    assert _status(server.say(_request("Transfer-Encoding: chunked\r\n", cut))) in (0, 400)
    assert WebhookEvent.objects.count() == 1

    large = body + b" " * (1024 * 1024)
    assert _status(server.say(_request(f"Content-Length: {len(large)}\r\n", large))) == 200
    assert WebhookEvent.objects.filter(is_cut=True).count() == 1

    assert server.knock(body, authorization="Basic " + "A" * 65_536) in (400, 401, 431)
    twice = f"Authorization: Basic eDp5\r\nContent-Length: {len(body)}\r\n"
    assert _status(server.say(_request(twice, body))) in (400, 401)
    assert WebhookEvent.objects.count() == 2


@pytest.mark.usefixtures("no_subscriptions")
def test_the_whole_way_from_the_carriers_knock_to_the_timeline(
    at_carrier: Sandbox, server: Server, settings: Any
) -> None:
    order = steps.sent(steps.card("8003"))
    settings.SITE_URL = f"http://127.0.0.1:{server.port}"
    subscriptions.repair()
    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    steps.wait_for(lambda: WebhookEvent.objects.filter(state="new").exists())
    run_once()
    assert steps.timeline(order)[-1][1:] == ("complete", "webhook")


def test_a_connection_that_is_killed_during_the_insert_leaves_no_half_state(
    server: Server,
) -> None:
    """O02: 503, and the repeat is kept."""
    assert server.knock(order_notice()) == 200
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE numbers_webhookevent IN ACCESS EXCLUSIVE MODE")
        killer = threading.Thread(target=_kill_waiting_inserts)
        killer.start()
        answers: list[int] = []
        caller = threading.Thread(target=lambda: answers.append(server.knock(order_notice())))
        caller.start()
        killer.join()
        cursor.execute("ROLLBACK")
        caller.join()
    assert answers == [503]
    assert WebhookEvent.objects.count() == 1
    assert server.knock(order_notice()) == 200
    assert WebhookEvent.objects.count() == 2


def _kill_waiting_inserts() -> None:
    """End, twice, the server's database connection while its INSERT waits for the table."""
    try:
        for _ in range(2):
            steps.wait_for(_killed)
    finally:
        connection.close()


def _killed() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND query LIKE 'INSERT INTO numbers_webhookevent%'"
        )
        return bool(cursor.fetchall())
