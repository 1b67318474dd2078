"""The statements that judge the rows of an uploaded file and take them over, some at a time.

One judgement serves the rehearsal and the taking over: what the second finds otherwise than the
first is not done. Rows pass through a temporary table, so that each is written once, with its
verdict. PostgreSQL and SQLite take the same statements but for three expressions.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from numbering.enums import IN_SERVICE, LIVE, SERVICE_STATE, LearnedBy, NumberOrigin, NumberState
from numbering.models import (
    ImportOrderNumber,
    Intake,
    IntakeRow,
    NumberOrderNumber,
    Subscriber,
    TelephoneNumber,
    TelephoneNumberEvent,
)

_ROW = IntakeRow._meta.db_table
_NUMBER = TelephoneNumber._meta.db_table
_EVENT = TelephoneNumberEvent._meta.db_table
_SUBSCRIBER = Subscriber._meta.db_table


class Staged(NamedTuple):
    """A row as it goes into the database: `cells` is JSON, the rest is what was read of them."""

    line: int
    cells: str
    e164: str
    subscriber_name: str
    origin: str
    site_id: str
    sip_peer_id: str
    is_locked: bool | None
    fault: str


def _words(values: Any) -> str:
    """Return our own enum values as a list of SQL texts."""
    return ", ".join(f"'{value}'" for value in sorted(values))


def _cases(column: str, texts: dict[str, str]) -> str:
    # An apostrophe in a label must not end the text that it stands in.
    safe = {value: text.replace("'", "''") for value, text in texts.items()}
    whens = " ".join(f"WHEN '{value}' THEN '{text}'" for value, text in safe.items())
    return f"CASE {column} {whens} END"


_REFUSAL = f"""CASE
    WHEN given.fault <> '' THEN given.fault
    WHEN given.subscriber_name <> '' AND whose.id IS NULL THEN
        'There is no subscriber “' || given.subscriber_name
        || '”. Add it, then read the file again.'
    WHEN whose.called_so > 1 THEN
        'Several subscribers are called “' || given.subscriber_name
        || '”. Give one of them another name, then read the file again.'
    WHEN held.order_id IS NOT NULL THEN
        'It is in import order ' || held.order_id || ', which is still open.'
    WHEN asked.order_id IS NOT NULL THEN
        'It is in number order ' || asked.order_id || ', which is still open.'
    WHEN number.state NOT IN ({_words(IN_SERVICE)}) THEN
        'Its state here is “' || {_cases("number.state", dict(NumberState.choices))}
        || '”, so nothing about it is changed.'
    WHEN given.origin <> '' AND given.origin <> number.origin THEN
        'Here it came by ' || number.origin || '; the file says by ' || given.origin || '.'
    WHEN number.id IS NULL AND whose.id IS NULL THEN 'A new number needs a subscriber.'
    ELSE '' END"""
_CHANGES = """CASE WHEN number.id IS NULL THEN '' ELSE rtrim(
    CASE WHEN whose.id <> number.subscriber_id
        THEN 'Subscriber: ' || present.name || ' → ' || given.subscriber_name || '. ' ELSE '' END
    || CASE WHEN given.site_id <> '' AND given.site_id <> number.site_id
        THEN 'Site: ' || COALESCE(NULLIF(number.site_id, ''), 'none') || ' → '
            || given.site_id || '. ' ELSE '' END
    || CASE WHEN given.sip_peer_id <> '' AND given.sip_peer_id <> number.sip_peer_id
        THEN 'SIP peer: ' || COALESCE(NULLIF(number.sip_peer_id, ''), 'none') || ' → '
            || given.sip_peer_id || '. ' ELSE '' END
    || CASE WHEN given.is_locked <> number.is_locked
        THEN CASE WHEN given.is_locked THEN 'Locked.' ELSE 'Unlocked.' END ELSE '' END
    ) END"""
# Over the rows of the temporary table `given`.
_JUDGED = f"""WITH found AS (
    SELECT given.*, number.id AS number_id, number.state AS number_state,
        whose.id AS found_subscriber_id, {_REFUSAL} AS refusal, {_CHANGES} AS changes
    FROM given
    LEFT JOIN (
        SELECT lower(name) AS name, min(id) AS id, count(*) AS called_so FROM {_SUBSCRIBER}
        WHERE lower(name) IN (SELECT lower(subscriber_name) FROM given) GROUP BY lower(name)
    ) AS whose ON whose.name = lower(given.subscriber_name)
    LEFT JOIN {_NUMBER} AS number
        ON number.e164 = given.e164 AND number.state IN ({_words(LIVE)})
    LEFT JOIN {_SUBSCRIBER} AS present ON present.id = number.subscriber_id
    LEFT JOIN {ImportOrderNumber._meta.db_table} AS held
        ON held.e164 = given.e164 AND held.is_holding
    LEFT JOIN {NumberOrderNumber._meta.db_table} AS asked
        ON asked.e164 = given.e164 AND asked.is_holding
), judged AS (
    SELECT found.*, CASE WHEN refusal <> '' THEN 'refused' WHEN number_id IS NULL THEN 'add'
        WHEN changes <> '' THEN 'change' ELSE 'same' END AS finding,
        CASE WHEN refusal <> '' THEN refusal ELSE changes END AS ground
    FROM found
)"""  # noqa: S608 - our own tables and values, here and below


@contextmanager
def _temporary(name: str, query: str, params: Sequence[int] = ()) -> Iterator[Any]:
    """Make a temporary table of a query's rows for the length of a block; give a cursor.

    Without it PostgreSQL reckons with one row, and joins in loops what is thousands.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} AS {query}", params)
        yield cursor
        cursor.execute(f"DROP TABLE {name}")


# --- The rehearsal ------------------------------------------------------------------------------


def add(intake_id: int, rows: Sequence[Staged]) -> None:
    """Judge rows and store them with their verdicts; in the caller's transaction."""
    columns = "line, cells, e164, subscriber_name, origin, site_id, sip_peer_id, is_locked"
    given = f"SELECT {columns}, reason AS fault FROM {_ROW} WHERE 1 = 0"  # noqa: S608
    with _temporary("given", given) as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy("COPY given FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(Staged._fields))
            cursor.executemany(f"INSERT INTO given VALUES ({marks})", rows)  # noqa: S608
        cursor.execute(
            f"INSERT INTO {_ROW} (intake_id, {columns}, subscriber_id, verdict, reason) "  # noqa: S608
            f"{_JUDGED} SELECT %s, {columns}, found_subscriber_id, finding, ground FROM judged "
            "ORDER BY line",
            [intake_id],
        )


def refuse_doubles(intake_id: int) -> None:
    """Refuse each number that an earlier good row of the file has as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_ROW} SET verdict = 'refused', "  # noqa: S608
            "reason = 'Line ' || twice.line || ' has this number already.' "
            "FROM (SELECT e164, min(line) FILTER (WHERE verdict <> 'refused') AS line "
            f"FROM {_ROW} WHERE intake_id = %s AND e164 <> '' "
            "GROUP BY e164 HAVING count(*) > 1) AS twice "
            f"WHERE {_ROW}.intake_id = %s AND {_ROW}.e164 = twice.e164 "
            f"AND {_ROW}.line > twice.line",
            [intake_id, intake_id],
        )


# --- Taking over --------------------------------------------------------------------------------

_ORIGIN = f"COALESCE(NULLIF(origin, ''), '{NumberOrigin.IMPORT}')"
_STATE = _cases(_ORIGIN, {str(origin): str(SERVICE_STATE[origin]) for origin in NumberOrigin})
# Found now as it was found in the rehearsal.
_AS_AGREED = (
    "finding = agreed AND ground = agreed_ground "
    "AND COALESCE(found_subscriber_id, 0) = COALESCE(agreed_subscriber_id, 0)"
)


def take_over(intake: Intake, *, after: int, until: int, now: datetime) -> None:
    """Take over the rows of these lines that are as they were in the rehearsal.

    The others are refused with what has changed. In the caller's transaction.
    """
    lines = "intake_id = %s AND line > %s AND line <= %s"
    span = [intake.pk, after, until]
    if connection.features.has_select_for_update:
        with connection.cursor() as cursor:
            cursor.execute(
                # Nobody changes what is judged now, until it is changed here.
                f"SELECT 1 FROM {_NUMBER} WHERE state IN ({_words(LIVE)}) AND e164 IN "  # noqa: S608
                f"(SELECT e164 FROM {_ROW} WHERE {lines} AND verdict = 'change') "
                "ORDER BY id FOR UPDATE",
                span,
            )
    given = (
        f"SELECT line, e164, subscriber_name, origin, site_id, sip_peer_id, is_locked, "  # noqa: S608
        "'' AS fault, verdict AS agreed, reason AS agreed_ground, "
        f"subscriber_id AS agreed_subscriber_id FROM {_ROW} "
        f"WHERE {lines} AND verdict IN ('add', 'change')"
    )
    judged = (
        f"{_JUDGED} SELECT line, e164, found_subscriber_id, {_ORIGIN} AS origin, "  # noqa: S608
        f"site_id, sip_peer_id, is_locked, finding, ground, {_AS_AGREED} AS is_agreed, "
        f"CASE WHEN finding = 'add' THEN {_next_id()} ELSE number_id END AS own_id, "
        f"CASE WHEN finding = 'add' THEN {_STATE} ELSE number_state END AS state "
        "FROM judged ORDER BY line"
    )
    instant = connection.ops.adapt_datetimefield_value(now)
    with _temporary("given", given, span) as cursor, _temporary("judged_rows", judged):
        _refuse_changed(cursor, intake.pk)
        _add_numbers(cursor, intake.pk, instant)
        _change_numbers(cursor)
        _write_history(cursor, intake, instant)


def _next_id() -> str:
    if connection.vendor == "postgresql":
        # As a query of its own, so that the sequence is looked up once and not for each row.
        return f"nextval((SELECT pg_get_serial_sequence('{_NUMBER}', 'id')::regclass))"
    # Nobody else writes to SQLite before this transaction is over.
    return (
        f"(SELECT COALESCE(max(id), 0) FROM {_NUMBER}) "  # noqa: S608
        "+ row_number() OVER (ORDER BY line)"
    )


def _refuse_changed(cursor: Any, intake_id: int) -> None:
    cursor.execute(
        f"UPDATE {_ROW} SET "  # noqa: S608
        "verdict = CASE WHEN judged.finding = 'same' THEN 'same' ELSE 'refused' END, "
        "reason = CASE judged.finding WHEN 'same' THEN '' WHEN 'refused' THEN judged.ground "
        f"WHEN 'add' THEN CASE WHEN {_ROW}.verdict = 'add' "
        "THEN 'Its subscriber is another one since the file was read. Read it again.' "
        "ELSE 'It has left since the file was read. Read it again.' END "
        "ELSE 'It has changed here since the file was read. ' || judged.ground END "
        "FROM judged_rows AS judged WHERE NOT judged.is_agreed "
        f"AND {_ROW}.intake_id = %s AND {_ROW}.line = judged.line",
        [intake_id],
    )


def _add_numbers(cursor: Any, intake_id: int, now: Any) -> None:
    cursor.execute(
        f"INSERT INTO {_NUMBER} (id, e164, subscriber_id, state, origin, site_id, "  # noqa: S608
        "sip_peer_id, is_locked, state_changed_at, created_at) "
        "SELECT own_id, e164, found_subscriber_id, state, origin, site_id, sip_peer_id, "
        "COALESCE(is_locked, %s), %s, %s FROM judged_rows "
        "WHERE is_agreed AND finding = 'add' ORDER BY line "
        f"ON CONFLICT (e164) WHERE state IN ({_words(LIVE)}) DO NOTHING",
        [False, now, now],
    )
    added = cursor.rowcount
    cursor.execute("SELECT count(*) FROM judged_rows WHERE is_agreed AND finding = 'add'")
    if added == cursor.fetchone()[0]:
        return
    # Somebody has begun a life of a number since it was judged.
    cursor.execute(
        "UPDATE judged_rows SET is_agreed = %s WHERE finding = 'add' "  # noqa: S608
        f"AND NOT EXISTS (SELECT 1 FROM {_NUMBER} AS own WHERE own.id = own_id)",
        [False],
    )
    cursor.execute(
        f"UPDATE {_ROW} SET verdict = 'refused', "  # noqa: S608
        "reason = 'It came here while the file was taken over. Read it again.' "
        "FROM judged_rows AS judged WHERE NOT judged.is_agreed "
        f"AND {_ROW}.verdict = 'add' AND {_ROW}.intake_id = %s AND {_ROW}.line = judged.line",
        [intake_id],
    )


def _change_numbers(cursor: Any) -> None:
    cursor.execute(
        f"UPDATE {_NUMBER} SET "  # noqa: S608
        f"subscriber_id = COALESCE(judged.found_subscriber_id, {_NUMBER}.subscriber_id), "
        f"site_id = COALESCE(NULLIF(judged.site_id, ''), {_NUMBER}.site_id), "
        f"sip_peer_id = COALESCE(NULLIF(judged.sip_peer_id, ''), {_NUMBER}.sip_peer_id), "
        f"is_locked = COALESCE(judged.is_locked, {_NUMBER}.is_locked) "
        "FROM judged_rows AS judged WHERE judged.is_agreed AND judged.finding = 'change' "
        f"AND {_NUMBER}.id = judged.own_id"
    )


def _write_history(cursor: Any, intake: Intake, now: Any) -> None:
    cursor.execute(
        f"INSERT INTO {_EVENT} (telephone_number_id, at, from_state, to_state, "  # noqa: S608
        "actor_id, learned_by, reason) "
        "SELECT own_id, %s, CASE WHEN finding = 'add' THEN '' ELSE state END, state, %s, "
        f"'{LearnedBy.PERSON}', substr(%s || line || rtrim('. ' || ground), 1, 500) "
        "FROM judged_rows WHERE is_agreed",
        [now, intake.committed_by_id, f"File {intake.name}, line "],
    )
