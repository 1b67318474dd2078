"""Webhooks at a set pace for long: doubled, out of order and broken ones among them."""

import random
import time
import uuid
from collections import Counter
from contextlib import ExitStack

from django.db import connection

from numbering.domain import webhooks
from numbering.enums import ImportOrderStatus, JobState, WebhookState
from numbering.models import ImportOrder, Job, WebhookEvent
from tests.benchmarks import bare_door
from tests.benchmarks.notices import notice
from tests.faults.bench import WEBHOOK_PATH, Bench
from tests.faults.kept import digest, kept
from tests.faults.knocks import Knock, knock, p99
from tests.faults.processes import free_port, gunicorn
from tests.faults.report import Report
from tests.faults.traffic import checked_orders

DOUBLED, OVERTAKEN, BROKEN = 0.1, 0.1, 0.02
# So many others pass one that is out of order.
_OVERTAKEN_BY = 200
# The floor is measured with a part of the traffic: it has no reason to change with time.
_FLOOR_SHARE = 5


def run(bench: Bench) -> Report:
    """Send all of it, apply what was stored, and hold the two against each other."""
    bodies, distinct, broken_count = _bodies(bench)
    with ExitStack() as parts:
        floor_p99 = _floor(bench, bodies)
        portal = parts.enter_context(
            gunicorn(bench.portal_port, env=bench.env, log=bench.log("portal"))
        )
        portal.wait_for_port(bench.portal_port)
        warm_up = _warm_up(bench)
        warmed = _knock(bench, warm_up)
        started = time.monotonic()
        knocks = _knock(bench, bodies)
        seconds = time.monotonic() - started
    taken = [one for one in knocks if one.is_taken]
    promised = Counter(digest(bodies[one.index]) for one in taken)
    promised.update(digest(warm_up[one.index]) for one in warmed if one.is_taken)
    stored = kept()
    lost, uncalled = (promised - stored).total(), (stored - promised).total()
    challenged = sum(one.is_challenged for one in knocks)
    server_errors = sum(one.status >= 500 or one.status == 0 for one in knocks)
    while webhooks.apply_waiting():
        pass
    states = Counter(WebhookEvent.objects.values_list("state", flat=True))
    asked = Job.objects.filter(kind="read_order", state=JobState.WAITING).count()
    figures: dict[str, object] = {
        "flood_webhooks": len(knocks),
        "flood_lost": lost,
        "flood_5xx": server_errors,
        "flood_401": challenged,
        "flood_uncalled_for": uncalled,
        "flood_p99_ms": round(p99(knocks), 1),
        "flood_floor_p99_ms": round(floor_p99, 1),
    }
    broken = []
    if lost or server_errors or len(taken) != len(knocks):
        broken.append(f"Flood: {lost} lost, {server_errors} answered with 5xx or not at all.")
    if challenged != len(knocks) or uncalled:
        broken.append(
            f"Flood: {challenged} first knocks got a 401; {uncalled} stored without a 2xx."
        )
    if asked != distinct or states[WebhookState.UNREADABLE] != broken_count:
        broken.append(f"Flood: {asked} orders are read again instead of {distinct}; {states}.")
    return Report(
        "Flood",
        (
            ("webhooks sent", len(knocks)),
            ("a second", len(knocks) / seconds),
            ("first knocks without credentials, answered 401", challenged),
            ("answered 2xx", len(taken)),
            ("answered 5xx or not at all", server_errors),
            ("lost after a 2xx", lost),
            ("stored without a 2xx (a 401 among them)", uncalled),
            ("orders told of / asked to be read", f"{distinct} / {asked}"),
            ("broken / kept as unreadable", f"{broken_count} / {states[WebhookState.UNREADABLE]}"),
            ("p99 of the answer, ms", p99(knocks)),
            ("p99 of the bare floor, ms", floor_p99),
        ),
        figures,
        tuple(broken),
    )


def _bodies(bench: Bench) -> tuple[list[bytes], int, int]:
    """The traffic in its order, how many orders it tells of, and how much of it is broken."""
    count = bench.size.flood_count
    doubled, broken_count = int(count * DOUBLED), int(count * BROKEN)
    orders = _orders_at_carrier(count - doubled - broken_count, bench.dice)
    good = [notice(order_id=order.carrier_order_id or "", customer_order_id="") for order in orders]
    whole = notice(order_id=str(uuid.uuid4()), customer_order_id="")
    broken = [_broken(whole, bench.dice) for _ in range(broken_count)]
    traffic = good + bench.dice.sample(good, doubled) + broken
    # Each has a place in time; those that are out of order are passed by others.
    places = [index * 1.0 for index in range(count)]
    bench.dice.shuffle(places)
    for index in bench.dice.sample(range(count), int(count * OVERTAKEN)):
        places[index] += _OVERTAKEN_BY
    in_order = sorted(range(count), key=places.__getitem__)
    return [traffic[index] for index in in_order], len(good), broken_count


def _orders_at_carrier(count: int, dice: random.Random) -> list[ImportOrder]:
    orders = checked_orders(count, dice, with_cards=False)
    for order in orders:
        order.status = ImportOrderStatus.RECEIVED
        order.carrier_order_id = str(uuid.uuid4())
    ImportOrder.objects.bulk_update(orders, ["status", "carrier_order_id"], batch_size=1000)
    return orders


def _broken(body: bytes, dice: random.Random) -> bytes:
    """A body that is no readable notice, in one of the ways that bodies break."""
    return dice.choice(
        [
            body[: len(body) // 2],
            b"",
            b"<html><h1>Bad gateway</h1></html>",
            b'<?xml version="1.0"?><!DOCTYPE x []>' + body.partition(b"?>")[2],
            bytes(dice.randrange(256) for _ in range(200)),
            body.replace(b"</Notification>", b"</Notice>"),
        ]
    )


def _floor(bench: Bench, bodies: list[bytes]) -> float:
    """The p99 of one bare INSERT for each POST, under the same server and the same pace."""
    with connection.cursor() as cursor:
        cursor.execute(bare_door.CREATE)
    port, rate = free_port(), bench.size.flood_rate
    with gunicorn(
        port, env=bench.env, log=bench.log("floor"), app="tests.benchmarks.bare_door"
    ) as server:
        server.wait_for_port(port)
        floor = bodies[: len(bodies) // _FLOOR_SHARE]
        knock(port, WEBHOOK_PATH, _warm_up(bench), rate=rate, username="", password="")
        return p99(knock(port, WEBHOOK_PATH, floor, rate=rate, username="", password=""))


def _warm_up(bench: Bench) -> list[bytes]:
    """Webhooks that let each thread of a server connect; about orders that nobody knows."""
    count = bench.size.flood_rate // 2
    return [notice(order_id=str(uuid.uuid4()), customer_order_id="") for _ in range(count)]


def _knock(bench: Bench, bodies: list[bytes]) -> list[Knock]:
    return knock(
        bench.portal_port,
        WEBHOOK_PATH,
        bodies,
        rate=bench.size.flood_rate,
        username=bench.env["WEBHOOK_USERNAME"],
        password=bench.env["WEBHOOK_PASSWORDS"],
    )
