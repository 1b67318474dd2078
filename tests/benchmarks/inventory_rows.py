"""An inventory of millions, made by set-based statements: numbers, subscribers and LOAs.

Each subscriber holds 250 numbers that came together. Their digits are spread over ten area codes,
so that a fragment is found all over the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from numbering.models import (
    ImportOrder,
    Loa,
    LoaCoverage,
    SipPeer,
    SubmitAttempt,
    Subscriber,
    TelephoneNumber,
)

NUMBERS_EACH = 250
# Only the newest numbers have an LOA: as many as any page that is measured comes to.
_COVERED = 500_000
_PEERS = 20

# Prime, so that the digits of neighbours lie far apart and none comes twice.
_NUMBERS = """
INSERT INTO {numbers} (e164, subscriber_id, state, origin, site_id, sip_peer_id, state_changed_at,
    is_locked, last_traffic_at, carrier_status, carrier_read_at, carrier_differs, created_at)
SELECT '+1' || (ARRAY['303','212','415','617','702','813','904','206','312','512'])[1 + n %% 10]
        || lpad((2000000 + n / 10)::text, 7, '0'),
    %(first_subscriber)s + (i - 1) / {each},
    state,
    CASE WHEN state IN ('ordered', 'disconnecting') THEN 'order' ELSE 'import' END,
    '1001', (500101 + i %% {peers})::text,
    now() - ({count} - i) * interval '20 seconds', i %% 5000 = 7,
    CASE WHEN i %% 5 < 3 THEN now() - (i %% 400) * interval '1 day' END,
    CASE WHEN i %% 10 < 7 THEN 'Inservice' ELSE '' END,
    CASE WHEN i %% 10 < 7 THEN now() - (i %% 90) * interval '1 day' END,
    i %% 9000 = 5,
    now() - ({count} - i) * interval '20 seconds'
FROM (
    SELECT i, (i * 7919) %% {count} AS n,
        CASE WHEN i %% 100 < 84 THEN 'hosted' WHEN i %% 100 < 92 THEN 'ordered'
            WHEN i %% 100 < 96 THEN 'gone' WHEN i %% 100 < 98 THEN 'lost'
            WHEN i %% 100 < 99 THEN 'importing' ELSE 'removing' END AS state
    FROM generate_series(1::bigint, {count}) AS i
) AS made
"""
_COVERAGE = """
INSERT INTO {coverage} (e164, loa_id, order_id)
SELECT number.e164, loa.id, import_order.id
FROM {numbers} AS number
JOIN {loas} AS loa ON loa.subscriber_id = number.subscriber_id
JOIN {orders} AS import_order ON import_order.subscriber_id = number.subscriber_id
WHERE number.state = 'hosted' AND number.id %% 50 <> 3
    AND number.id > (SELECT max(id) FROM {numbers}) - {covered}
"""


def fill(count: int) -> None:
    """Make so many numbers, with their subscribers and LOAs. The tables must be empty."""
    peers = SipPeer.objects.bulk_create(
        SipPeer(
            site_id="1001",
            site_name="Main office",
            sip_peer_id=str(500101 + index),
            sip_peer_name=f"Location {index + 1}",
            messaging_application="texts",
            seen_at=timezone.now(),
        )
        for index in range(_PEERS)
    )
    subscribers = Subscriber.objects.bulk_create(
        [_subscriber(index) for index in range(count // NUMBERS_EACH)], batch_size=2000
    )
    with _without_indexes(TelephoneNumber._meta.db_table):
        _execute(
            _NUMBERS,
            {"first_subscriber": subscribers[0].pk},
            count=count,
            each=NUMBERS_EACH,
            peers=_PEERS,
        )
    newest = subscribers[-_COVERED // NUMBERS_EACH :]
    _give_letters(newest, peers[0])
    with _without_indexes(LoaCoverage._meta.db_table):
        _execute(_COVERAGE, {}, covered=_COVERED)
    with connection.cursor() as cursor:
        # What a running server has done by itself: statistics, and which pages all may see.
        cursor.execute("VACUUM ANALYZE")


def _subscriber(index: int) -> Subscriber:
    return Subscriber(
        name=f"{_WORDS[index % 25]} {_TRADES[index // 25 % 20]} {index:05d}",
        house_number="1420",
        street_name="Larimer",
        city="Denver",
        state_code="CO",
        zip_code="80202",
    )


_WORDS = (
    "Harbor Summit Cedar Granite Willow Prairie Copper Juniper Lakeside Canyon Maple Ridge Aspen "
    "Bayview Coral Desert Elm Fairway Glacier Hilltop Island Jasper Kestrel Lantern Meadow"
).split()
_TRADES = (
    "Dental Plumbing Florist Insurance Bakery Realty Motors Clinic Optics Roofing Law Catering "
    "Fitness Pharmacy Movers Electric Tutoring Veterinary Salon Hardware"
).split()


def _give_letters(subscribers: list[Subscriber], peer: SipPeer) -> None:
    now = timezone.now()
    orders = ImportOrder.objects.bulk_create(
        (
            ImportOrder(
                subscriber=subscriber, sip_peer=peer, status="complete", status_changed_at=now
            )
            for subscriber in subscribers
        ),
        batch_size=2000,
    )
    SubmitAttempt.objects.bulk_create(
        (
            SubmitAttempt(order=order, state="accepted", customer_order_id=f"HM-{order.pk}")
            for order in orders
        ),
        batch_size=2000,
    )
    Loa.objects.bulk_create(
        (
            Loa(
                subscriber=subscriber,
                version=1,
                original_name="letter.pdf",
                content_type="application/pdf",
                size=1,
                sha256="",
                signed_on=now.date(),
                hash_checked_at=now,
            )
            for subscriber in subscribers
        ),
        batch_size=2000,
    )


def _execute(sql: str, params: dict[str, object], **parts: object) -> None:
    tables = {
        "numbers": TelephoneNumber._meta.db_table,
        "coverage": LoaCoverage._meta.db_table,
        "loas": Loa._meta.db_table,
        "orders": ImportOrder._meta.db_table,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**tables, **parts), params)


@contextmanager
def _without_indexes(table: str) -> Iterator[None]:
    """Fill a table first and build its indexes and foreign keys afterwards, as they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        keys = cursor.fetchall()
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = %s::regclass AND indexrelid NOT IN "
            "(SELECT conindid FROM pg_constraint WHERE conindid <> 0)",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _ in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute("RESET maintenance_work_mem")
