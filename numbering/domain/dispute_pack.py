"""The dispute pack: everything that proves a subscriber's consent, in one ZIP with its hashes.

For one number or for a whole subscriber: LOA files, the evidence about them with its neighbours in
the chain, each order's history, the carrier's notices and our exchanges with it.
"""

import hashlib
import json
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from django.db.models import Q, QuerySet

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.csv_cells import csv_lines
from numbering.domain.ledger import lines_of
from numbering.domain.loa_content import DamagedLoa, read_content, shown_name
from numbering.models import (
    CarrierExchange,
    EvidenceEntry,
    Export,
    ImportOrder,
    ImportOrderNumber,
    Loa,
    LoaOpening,
    OrderEvent,
    Subscriber,
    TelephoneNumber,
    TelephoneNumberEvent,
    WebhookEvent,
    Withdrawal,
)
from numbering.phone import display, ten_digits

_AT_ONCE = 2000
_NUMBER = re.compile(r"\+?1?[0-9]{6}(?=[0-9]{4}(?![0-9]))")
_MASK = "······"


@dataclass
class _Subject:
    """What the pack is about."""

    subscriber: Subscriber
    e164: str | None
    name: str
    numbers: QuerySet[TelephoneNumber] = field(init=False)
    orders: QuerySet[ImportOrder] = field(init=False)
    loas: QuerySet[Loa] = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = TelephoneNumber.objects.filter(subscriber=self.subscriber)
        self.orders = ImportOrder.objects.filter(subscriber=self.subscriber)
        self.loas = Loa.objects.filter(subscriber=self.subscriber).order_by("version")
        if self.e164 is not None:
            self.numbers = self.numbers.filter(e164=self.e164)
            rows = ImportOrderNumber.objects.filter(e164=self.e164)
            self.orders = self.orders.filter(pk__in=rows.values("order"))
            covering = Q(coverage__e164=self.e164)
            self.loas = self.loas.filter(covering).distinct()


class _Pack:
    """The ZIP while it is written: every file with its hash and what it is."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self.files: list[tuple[str, str, str]] = []

    def add(self, name: str, what: str, content: bytes) -> None:
        self._zip.writestr(name, content)
        self.files.append((name, hashlib.sha256(content).hexdigest(), what))

    def add_lines(self, name: str, what: str, lines: Iterable[str]) -> None:
        """Write a file that may be long, line by line."""
        digest = hashlib.sha256()
        with self._zip.open(name, "w") as target:
            for line in lines:
                part = line.encode("utf-8", "replace")
                digest.update(part)
                target.write(part)
        self.files.append((name, digest.hexdigest(), what))

    def finish(self, heading: str) -> None:
        sums = "".join(f"{digest}  {name}\n" for name, digest, _ in self.files)
        listed = "\n".join(
            f"{name}\n    {what}\n    SHA-256 {digest}\n" for name, digest, what in self.files
        )
        self._zip.writestr("README.txt", f"{heading}\n{listed}{_HOW_TO_CHECK}")
        self._zip.writestr("SHA256SUMS", sums)


def build(subject: TelephoneNumber | Subscriber, *, is_masked: bool, actor: User) -> IO[bytes]:
    """Return the pack as an open temporary file, read from its beginning.

    With `is_masked`, telephone numbers in the carrier's notices are cut to their last four digits
    and the bodies of exchanges are left out, as on the pages for those without the right to them.
    That every LOA in it was opened, and the pack taken, is recorded.
    """
    about = _subject(subject)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            _fill(_Pack(archive), about, is_masked, actor)
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target


def _fill(pack: _Pack, about: _Subject, is_masked: bool, actor: User) -> None:
    loas = list(about.loas)
    opened = _add_loas(pack, loas)
    _add_evidence(pack, about, loas)
    _add_numbers(pack, about)
    _add_orders(pack, about)
    _add_notices(pack, about, is_masked)
    _add_exchanges(pack, about, is_masked)
    _add_withdrawals(pack, about)
    pack.finish(_heading(about, actor, is_masked))
    _record(about, opened, len(pack.files), actor)


def _subject(subject: TelephoneNumber | Subscriber) -> _Subject:
    if isinstance(subject, Subscriber):
        return _Subject(subject, None, subject.name)
    name = f"{display(subject.e164)} of {subject.subscriber.name}"
    return _Subject(subject.subscriber, subject.e164, name)


def _add_loas(pack: _Pack, loas: list[Loa]) -> list[Loa]:
    """Add each LOA's file, or the reason why there is none; return those that went in."""
    opened = []
    for loa in loas:
        name = f"loas/{shown_name(loa)}"
        try:
            pack.add(name, _facts(loa), read_content(loa))
        except DamagedLoa as error:
            pack.add(f"{name}.missing.txt", f"{_facts(loa)} NOT GIVEN", str(error).encode())
        else:
            opened.append(loa)
    return opened


def _facts(loa: Loa) -> str:
    parts = [
        f"LOA version {loa.version}, {loa.get_source_display().lower()}",
        f"signed by {loa.signer or 'nobody named'} on {loa.signed_on or 'an unknown day'}",
        f"received {_text(loa.uploaded_at)}",
    ]
    if loa.expires_on:
        parts.append(f"speaks for every number until {loa.expires_on}")
    if loa.voided_at:
        parts.append(f"no longer counts since {_text(loa.voided_at)}: {loa.void_reason}")
    if loa.withdrawn_at:
        parts.append(f"withdrawn {_text(loa.withdrawn_at)}")
    return "; ".join(parts) + "."


def _add_evidence(pack: _Pack, about: _Subject, loas: list[Loa]) -> None:
    entries = EvidenceEntry.objects.filter(subscriber=about.subscriber)
    if about.e164 is not None:
        entries = entries.filter(
            Q(loa__in=loas) | Q(order__in=about.orders) | Q(loa=None, order=None)
        )
    own = list(entries.order_by("position"))
    positions = {entry.position for entry in own}
    beside = {position + step for position in positions for step in (-1, 1)} - positions
    neighbours = EvidenceEntry.objects.filter(position__in=beside)
    pack.add(
        "evidence/evidence.json",
        "The entries of the chain of evidence about this, in full.",
        _json([_entry(entry) for entry in own]),
    )
    pack.add(
        "evidence/neighbours.json",
        "The digests of the entries before and after each, which tie them into the chain.",
        _json(list(neighbours.order_by("position").values("position", "previous", "digest"))),
    )


def _entry(entry: EvidenceEntry) -> dict[str, Any]:
    return {
        "position": entry.position,
        "at": entry.at.isoformat(timespec="microseconds"),
        "kind": str(entry.kind),
        "subscriber": entry.subscriber_id,
        "order": entry.order_id,
        "loa": entry.loa_id,
        "data": entry.data,
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _add_numbers(pack: _Pack, about: _Subject) -> None:
    pack.add_lines(
        "numbers.csv",
        "The telephone numbers, and which LOA speaks for each.",
        csv_lines(_number_rows(about)),
    )
    events = (
        TelephoneNumberEvent.objects.filter(telephone_number__in=about.numbers)
        .select_related("telephone_number")
        .order_by("telephone_number__e164", "at", "pk")
    )
    pack.add_lines(
        "number-history.csv",
        "Every step in the life of each number with us.",
        csv_lines(
            [
                ("Telephone number", "At (UTC)", "From", "To", "Learned", "Reason", "Order"),
                *(
                    (
                        ten_digits(event.telephone_number.e164),
                        _text(event.at),
                        event.get_from_state_display(),
                        event.get_to_state_display(),
                        event.get_learned_by_display(),
                        event.reason,
                        event.import_order_id,
                    )
                    for event in events.iterator(chunk_size=_AT_ONCE)
                ),
            ]
        ),
    )


def _number_rows(about: _Subject) -> Iterator[tuple[object, ...]]:
    yield (
        *("Telephone number", "State", "Since (UTC)", "LOA version", "Signed on"),
        *("Import order", "Submitted on", "Covered now", "Valid at import"),
    )
    numbers = about.numbers.select_related("subscriber").order_by("pk")
    last = 0
    while chunk := list(numbers.filter(pk__gt=last)[:_AT_ONCE]):
        last = chunk[-1].pk
        for line in lines_of(chunk):
            yield (
                ten_digits(line.number.e164),
                line.number.get_state_display(),
                _text(line.number.state_changed_at),
                line.loa.version if line.loa else "",
                line.loa.signed_on if line.loa else "",
                line.order_id,
                line.submitted_on,
                "yes" if line.counts else f"no: {line.why_not}",
                "yes" if line.valid_at_import else f"no: {line.import_fault}",
            )


def _add_orders(pack: _Pack, about: _Subject) -> None:
    orders = about.orders.select_related("sip_peer", "subscriber").order_by("pk")
    pack.add(
        "orders/orders.json",
        "The import orders with every attempt to send them.",
        _json([_order(order) for order in orders.prefetch_related("attempts")]),
    )
    events = OrderEvent.objects.filter(order__in=about.orders).select_related("actor")
    pack.add_lines(
        "orders/history.csv",
        "The timeline of each order: what happened, when, and who did it.",
        csv_lines(
            [
                ("Order", "At (UTC)", "From", "To", "Learned", "Who", "What"),
                *(
                    (
                        event.order_id,
                        _text(event.at),
                        event.get_from_status_display(),
                        event.get_to_status_display(),
                        event.get_learned_by_display(),
                        event.actor,
                        event.reason,
                    )
                    for event in events.order_by("order_id", "at", "pk").iterator(_AT_ONCE)
                ),
            ]
        ),
    )
    rows = ImportOrderNumber.objects.filter(order__in=about.orders)
    if about.e164 is not None:
        rows = rows.filter(e164=about.e164)
    pack.add_lines(
        "orders/numbers.csv",
        "What became of each number in each order.",
        csv_lines(
            [
                ("Order", "Telephone number", "Status", "Carrier code", "Carrier's words"),
                *(
                    (
                        row.order_id,
                        ten_digits(row.e164),
                        row.get_status_display(),
                        row.code,
                        row.description,
                    )
                    for row in rows.order_by("order_id", "pk").iterator(_AT_ONCE)
                ),
            ]
        ),
    )


def _order(order: ImportOrder) -> dict[str, Any]:
    return {
        "order": order.pk,
        "status": order.get_status_display(),
        "since": order.status_changed_at,
        "created": order.created_at,
        "carrier_order_id": order.carrier_order_id,
        "carrier_status_word": order.carrier_status_word,
        "subscriber": order.subscriber.name,
        "service_address": order.subscriber.service_address,
        "authorizing_person": order.loa_authorizing_person,
        "loa_type": order.get_loa_type_display(),
        "site_id": order.sip_peer.site_id,
        "sip_peer_id": order.sip_peer.sip_peer_id,
        "attempts": [
            {
                "reference": attempt.customer_order_id,
                "state": attempt.get_state_display(),
                "submitted": attempt.created_at,
                "sent": attempt.sent_at,
                "settled": attempt.settled_at,
                "carrier_order_id": attempt.carrier_order_id,
                "message": attempt.message,
                "looks": attempt.looks,
            }
            for attempt in order.attempts.all()
        ],
    }


def _add_notices(pack: _Pack, about: _Subject, is_masked: bool) -> None:
    notices = WebhookEvent.objects.filter(order__in=about.orders).order_by("pk")
    for notice in notices.iterator(chunk_size=_AT_ONCE):
        body = bytes(notice.body)
        what = f"The carrier's notice for order {notice.order_id}, {_text(notice.received_at)}"
        if is_masked:
            body = _NUMBER.sub(_MASK, body.decode("utf-8", "replace")).encode()
            what += ", telephone numbers masked"
        pack.add(f"notices/{notice.pk}.xml", f"{what}.", body)


def _add_exchanges(pack: _Pack, about: _Subject, is_masked: bool) -> None:
    exchanges = CarrierExchange.objects.filter(order__in=about.orders).order_by("pk")
    fields = ["at", "order", "operation", "method", "path", "http_status", "outcome", "detail"]
    if not is_masked:
        fields += ["request_body", "response_body"]
    pack.add_lines(
        "exchanges.jsonl",
        "Our calls to the carrier, one JSON object a line, without secrets"
        + (" and without bodies." if is_masked else "."),
        (
            json.dumps(row, default=_plain, ensure_ascii=False) + "\n"
            for row in exchanges.values(*fields).iterator(chunk_size=_AT_ONCE)
        ),
    )


def _add_withdrawals(pack: _Pack, about: _Subject) -> None:
    withdrawals = Withdrawal.objects.filter(subscriber=about.subscriber).order_by("pk")
    if about.e164 is not None:
        withdrawals = withdrawals.filter(numbers__e164=about.e164)
    found = list(withdrawals.values("pk", "order", "name", "email", "reason", "asked_at"))
    if found:
        pack.add("withdrawals.json", "What the subscriber has taken back.", _json(found))


@repeated
def _record(about: _Subject, opened: list[Loa], files: int, actor: User) -> None:
    LoaOpening.objects.bulk_create([LoaOpening(loa=loa, person=actor) for loa in opened])
    Export.objects.create(person=actor, what=f"Dispute pack: {about.name}"[:300], rows=files)


def _heading(about: _Subject, actor: User, is_masked: bool) -> str:
    masked = (
        "Telephone numbers in notices are masked and bodies of calls left out, because whoever\n"
        "made this pack may not read them. An administrator can make it with both.\n"
        if is_masked
        else ""
    )
    return (
        f"Dispute pack: {about.name}\n"
        f"Made {_text(clock.now())} by {actor}. All times are UTC.\n{masked}"
    )


_HOW_TO_CHECK = """
How to check it
    sha256sum -c SHA256SUMS says whether a file was changed since.
    An evidence entry's digest is the SHA-256 of its JSON without "digest", keys sorted, without
    spaces, other characters than ASCII as \\u escapes. "previous" is the digest of the entry
    before it; neighbours.json has that of the entries around, and the portal has the whole chain.
    The SHA-256 of an LOA's file stands in the entry of its receipt or signing.
"""


def _json(value: object) -> bytes:
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2).encode()


def _plain(value: object) -> str:
    return _text(value) if isinstance(value, datetime) else str(value)


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
