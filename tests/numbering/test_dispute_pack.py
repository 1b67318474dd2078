"""The dispute pack: whole, checkable, recorded, and nothing of anybody else's."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain import dispute_pack, evidence
from numbering.domain.timeline import note
from numbering.enums import EvidenceKind, LearnedBy
from numbering.models import (
    CarrierExchange,
    EvidenceEntry,
    Export,
    ImportOrder,
    Loa,
    LoaOpening,
    Subscriber,
    TelephoneNumber,
    WebhookEvent,
)
from tests import builders
from tests.numbering.hosting import hosted, letter

pytestmark = pytest.mark.django_db


def filled(count: int = 2) -> tuple[ImportOrder, Loa]:
    """Make hosted numbers with everything that a pack holds."""
    order = hosted(count)
    loa = letter(order.subscriber, order, content=b"%PDF the letter")
    for subscriber, about in ((order.subscriber, loa), (builders.subscriber(), None)):
        evidence.add(
            EvidenceKind.RECEIVED,
            subscriber=subscriber,
            loa=about,
            data={"sha256": loa.sha256, "name": "Zoë"},
        )
    digits = order.numbers.values_list("e164", flat=True)[0][2:]
    WebhookEvent.objects.create(
        body=f"<Notification><TN>{digits}</TN></Notification>".encode(),
        content_type="text/xml",
        order=order,
    )
    CarrierExchange.objects.create(
        at=timezone.now(),
        operation="import_orders.create",
        method="POST",
        path="/a",
        outcome="accepted",
        duration_ms=1,
        order=order,
        request_body=f"<TN>{digits}</TN>",
    )
    note(order, '=HYPERLINK("x")', learned_by=LearnedBy.PERSON)
    return order, loa


def taken(
    subject: TelephoneNumber | Subscriber, person: User, *, is_masked: bool = False
) -> dict[str, bytes]:
    """Build a pack and read it."""
    with (
        dispute_pack.build(subject, is_masked=is_masked, actor=person) as target,
        zipfile.ZipFile(target) as pack,
    ):
        return {name: pack.read(name) for name in pack.namelist()}


def test_a_pack_holds_the_letter_its_evidence_the_history_and_the_notices(support: User) -> None:
    """R31."""
    order, _ = filled()
    files = taken(order.subscriber, support)
    [notice] = WebhookEvent.objects.all()
    assert files[f"loas/loa-{order.subscriber_id}-v1.pdf"] == b"%PDF the letter"
    assert files[f"notices/{notice.pk}.xml"] == bytes(notice.body)
    [exchange] = [json.loads(line) for line in files["exchanges.jsonl"].splitlines()]
    assert exchange["request_body"].startswith("<TN>")
    rows = list(csv.reader(io.StringIO(files["orders/history.csv"].decode())))
    assert rows[-1][-1] == '\'=HYPERLINK("x")'
    numbers = list(csv.reader(io.StringIO(files["numbers.csv"].decode())))
    assert {row[0] for row in numbers[1:]} == {
        e164[2:] for e164 in order.numbers.values_list("e164", flat=True)
    }
    [told] = json.loads(files["orders/orders.json"])
    assert told["attempts"][0]["reference"] == f"IO{order.pk}"


def test_the_hashes_in_a_pack_are_those_of_its_files(support: User) -> None:
    order, _ = filled()
    files = taken(order.subscriber, support)
    sums = dict(line.split("  ", 1)[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    readme = files.pop("README.txt").decode()
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert all(name in readme and digest in readme for name, digest in sums.items())


def test_the_evidence_in_a_pack_can_be_checked_without_the_portal(support: User) -> None:
    order, _ = filled()
    evidence.add(EvidenceKind.VOIDED, subscriber=order.subscriber, order=order, data={})
    files = taken(order.subscriber, support)
    entries = json.loads(files["evidence/evidence.json"])
    for entry in entries:
        digest = entry.pop("digest")
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
        assert hashlib.sha256(canonical).hexdigest() == digest
    [between] = json.loads(files["evidence/neighbours.json"])
    assert [entry["position"] for entry in entries] == [1, 3]
    assert (between["position"], between["digest"]) == (2, entries[1]["previous"])
    assert EvidenceEntry.objects.count() == 3


def test_the_pack_of_a_number_leaves_out_other_numbers_orders_and_subscribers(
    support: User,
) -> None:
    order, _ = filled(2)
    other = hosted(subscriber=order.subscriber)
    letter(order.subscriber, other, content=b"another letter")
    stranger, _ = filled(1)
    number = TelephoneNumber.objects.filter(subscriber=order.subscriber).order_by("pk")[0]
    TelephoneNumber.objects.create(
        e164=number.e164,
        subscriber=stranger.subscriber,
        state="gone",
        state_changed_at=timezone.now(),
    )
    files = taken(number, support)
    assert [name for name in files if name.startswith("loas/")] == [
        f"loas/loa-{order.subscriber_id}-v1.pdf"
    ]
    assert [told["order"] for told in json.loads(files["orders/orders.json"])] == [order.pk]
    assert len(files["numbers.csv"].splitlines()) == 2
    assert len(files["orders/numbers.csv"].splitlines()) == 2
    assert stranger.subscriber.name.encode() not in b"".join(files.values())


def test_a_damaged_letter_is_named_and_not_given(support: User) -> None:
    order, loa = filled()
    loa.file.storage.delete(loa.file.name)
    loa.file.storage.save(loa.file.name, ContentFile(b"something else"))
    files = taken(order.subscriber, support)
    name = f"loas/loa-{order.subscriber_id}-v1.pdf"
    assert (name in files, b"not the one" in files[f"{name}.missing.txt"]) == (False, True)
    assert not LoaOpening.objects.exists()


@pytest.mark.parametrize(("role", "is_raw"), [(Role.SUPPORT, False), (Role.ADMIN, True)])
def test_taking_a_pack_is_recorded_and_bodies_are_for_those_with_the_right(
    sign_in: Callable[[User], Client], role: Role, is_raw: bool
) -> None:
    order, loa = filled()
    person = builders.person(role)
    digits = order.numbers.values_list("e164", flat=True)[0][2:]
    address = f"/admin/numbers/subscriber/{order.subscriber_id}/dispute-pack/"
    desk = sign_in(person)
    assert (desk.get(address).status_code, LoaOpening.objects.count()) == (200, 0)
    response = desk.post(address)
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as pack:
        [notice] = [name for name in pack.namelist() if name.startswith("notices/")]
        bodies = pack.read(notice) + pack.read("exchanges.jsonl")
    assert (digits.encode() in bodies, digits[-4:].encode() in bodies) == (is_raw, True)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in response.headers["Cache-Control"]
    assert LoaOpening.objects.values_list("loa", "person").get() == (loa.pk, person.pk)
    record = Export.objects.get()
    assert (record.person, record.what) == (person, f"Dispute pack: {order.subscriber}")


def test_finance_gets_no_pack(sign_in: Callable[[User], Client]) -> None:
    order, _ = filled()
    address = f"/admin/numbers/subscriber/{order.subscriber_id}/dispute-pack/"
    assert sign_in(builders.person(Role.FINANCE)).post(address).status_code == 403
    assert not Export.objects.exists()


def test_a_pack_costs_as_many_questions_for_many_numbers_as_for_one(support: User) -> None:
    counts = []
    for count in (1, 300):
        order = hosted(count)
        for _ in range(3):
            letter(order.subscriber, order)
        with CaptureQueriesContext(connection) as asked:
            files = taken(order.subscriber, support)
        assert len(files["numbers.csv"].splitlines()) == count + 1
        counts.append(len(asked))
    assert counts[0] == counts[1]
