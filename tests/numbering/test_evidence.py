"""The chain of evidence: whole when nobody touched it, and every touch shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from numbering.domain import evidence
from numbering.enums import AlertCause, EvidenceKind, LoaSource
from numbering.models import Alert, EvidenceEntry, EvidenceHead, Job, Loa, Subscriber
from numbering.models.evidence import EvidenceIsKept
from numbering.worker import KINDS
from tests import builders
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db


def add(subscriber: Subscriber, word: str = "a", **about: Any) -> EvidenceEntry:
    """Add an entry that says a word."""
    return evidence.add(
        EvidenceKind.CONFIRMED, subscriber=subscriber, data={"word": word, "count": 3}, **about
    )


def chain(length: int = 4) -> list[EvidenceEntry]:
    """Make a chain of so many entries."""
    subscriber = builders.subscriber()
    return [add(subscriber, f"word {index}") for index in range(length)]


def by_hand(statement: str, *values: object) -> None:
    """Do what somebody could do who has the database but not the portal."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_chain_that_nobody_touched_is_whole() -> None:
    assert evidence.faults() == []
    first, second, *_ = chain()
    assert evidence.faults() == []
    assert (first.position, first.previous) == (1, "0" * 64)
    assert (second.position, second.previous) == (2, first.digest)
    assert first.at <= second.at


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("data", '{"word": "word 2", "count": 3}'),
        ("kind", "signed"),
        ("at", "2026-01-01 00:00:00+00:00"),
        ("previous", "1" * 64),
        ("digest", "1" * 64),
    ],
)
def test_a_changed_entry_shows(column: str, value: str) -> None:
    entry = chain()[1]
    # The column is one of the list above.
    by_hand(f"UPDATE numbers_evidenceentry SET {column} = %s WHERE id = %s", value, entry.pk)  # noqa: S608
    found = evidence.faults()
    assert "Entry 2 was changed." in found


def test_an_entry_given_to_another_subscriber_shows() -> None:
    entry = chain()[1]
    stranger = builders.subscriber()
    by_hand(
        "UPDATE numbers_evidenceentry SET subscriber_id = %s WHERE id = %s", stranger.pk, entry.pk
    )
    assert evidence.faults() == ["Entry 2 was changed."]


def test_a_missing_entry_shows() -> None:
    entries = chain()
    by_hand("DELETE FROM numbers_evidenceentry WHERE id IN (%s, %s)", entries[1].pk, entries[2].pk)
    assert evidence.faults() == ["Entries 2 to 3 are missing."]


def test_an_end_that_was_cut_off_shows() -> None:
    entries = chain()
    by_hand("DELETE FROM numbers_evidenceentry WHERE id = %s", entries[3].pk)
    assert evidence.faults() == ["Entry 4 is missing. The end was cut off."]


def test_an_end_that_was_rewritten_shows() -> None:
    last = chain()[3]
    last.data = {"word": "forged"}
    by_hand(
        "UPDATE numbers_evidenceentry SET data = %s, digest = %s WHERE id = %s",
        json.dumps(last.data),
        evidence.digest_of(last),
        last.pk,
    )
    assert evidence.faults() == ["Entry 4 is not the one that the chain ended with."]


def test_an_entry_beyond_the_end_shows() -> None:
    chain()
    EvidenceHead.objects.update(position=3)
    assert "The chain ends at entry 3, yet there is an entry 4." in evidence.faults()


def test_the_portal_itself_cannot_change_or_delete_an_entry() -> None:
    entry = chain(1)[0]
    for touch in (
        entry.save,
        entry.delete,
        EvidenceEntry.objects.all().delete,
        lambda: EvidenceEntry.objects.update(kind="signed"),
        lambda: EvidenceEntry.objects.bulk_update([entry], ["kind"]),
    ):
        with pytest.raises(EvidenceIsKept):
            touch()
    assert EvidenceEntry.objects.count() == 1


def test_an_entry_goes_back_with_the_fact_that_it_proves() -> None:
    subscriber = builders.subscriber()
    add(subscriber)
    with transaction.atomic():
        add(subscriber, "never was")
        transaction.set_rollback(True)
    assert add(subscriber).position == 2
    assert evidence.faults() == []


def test_what_has_no_one_way_to_be_written_is_refused() -> None:
    for value in (1.5, float("nan")):
        with pytest.raises(ValueError, match="no one way"):
            evidence.add(
                EvidenceKind.CONFIRMED, subscriber=builders.subscriber(), data={"value": value}
            )


def letter(**fields: Any) -> Loa:
    """Make the row of an LOA; its file is not looked at here."""
    values = {
        "subscriber": builders.subscriber(),
        "version": 1,
        "original_name": "loa.pdf",
        "content_type": "application/pdf",
        "size": 1,
        "sha256": "a" * 64,
    }
    return Loa.objects.create(**{**values, **fields})


def test_an_loa_that_counts_as_signed_here_without_an_entry_shows() -> None:
    loa = letter(source=LoaSource.SIGNED)
    assert evidence.faults() == [f"LOA {loa.pk} counts as signed here, yet no entry says so."]


@pytest.mark.parametrize("kind", [EvidenceKind.SIGNED, EvidenceKind.RECEIVED])
def test_an_loa_whose_hash_is_not_the_proven_one_shows(kind: EvidenceKind) -> None:
    loa = letter()
    evidence.add(kind, subscriber=loa.subscriber, loa=loa, data={"sha256": loa.sha256})
    assert evidence.faults() == []
    Loa.objects.update(sha256="b" * 64)
    assert evidence.faults() == [f"LOA {loa.pk} has another SHA-256 than entry 1 says."]


def test_the_command_prints_the_verdict_and_ends_with_1_on_a_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    entries = chain(2)
    call_command("evidence")
    assert json.loads(capsys.readouterr().out) == {
        "entries": 2,
        "digest": entries[1].digest,
        "faults": [],
    }
    by_hand("DELETE FROM numbers_evidenceentry WHERE id = %s", entries[0].pk)
    with pytest.raises(SystemExit) as ended:
        call_command("evidence")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["faults"] == ["Entry 1 is missing."]


def test_the_nightly_check_opens_one_alert_and_closes_it_when_all_is_well() -> None:
    first = chain(2)[0]
    run = KINDS["check_evidence"].run
    run(Job())
    assert not Alert.objects.exists()
    by_hand("UPDATE numbers_evidenceentry SET kind = 'signed' WHERE id = %s", first.pk)
    run(Job())
    run(Job())
    alert = Alert.objects.get()
    assert (alert.cause, alert.closed_at) == (AlertCause.EVIDENCE, None)
    assert "Entry 1 was changed." in alert.text
    by_hand("UPDATE numbers_evidenceentry SET kind = 'confirmed' WHERE id = %s", first.pk)
    run(Job())
    alert.refresh_from_db()
    assert alert.closed_at is not None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_who_add_at_once_make_one_chain() -> None:
    subscribers = [builders.subscriber(), builders.subscriber()]

    def add_some(index: int) -> None:
        for _ in range(5):
            add(subscribers[index % 2])

    at_once(4, add_some)
    times = list(EvidenceEntry.objects.values_list("at", flat=True))
    assert (len(times), times) == (20, sorted(times))
    assert evidence.faults() == []
