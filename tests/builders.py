"""Plain functions that build one valid object each."""

from __future__ import annotations

import hashlib
import io
import itertools
from datetime import date
from typing import Any

from django.utils import timezone
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from accounts.models import User
from accounts.rights import Role
from numbering.domain import import_orders, loa, loa_scan, timeline
from numbering.enums import LearnedBy
from numbering.loa_pdf import read_pdf
from numbering.models import ImportOrder, Loa, SipPeer, Subscriber
from numbering.number_list import read_text
from numbering.wording import counted

_count = itertools.count(1)


def person(role: Role = Role.SUPPORT, **fields: Any) -> User:
    """Make a person with a role."""
    number = next(_count)
    return User.objects.create_user(
        fields.pop("email", f"{role.value}{number}@example.com"),
        "a password of the tests",
        name=fields.pop("name", f"{role.label} {number}"),
        role=role,
        **fields,
    )


def subscriber(**fields: Any) -> Subscriber:
    """Make a subscriber with a whole address."""
    values = {
        "name": f"Subscriber {next(_count)}",
        "house_number": "1420",
        "street_name": "Larimer",
        "street_suffix": "St",
        "city": "Denver",
        "state_code": "CO",
        "zip_code": "80202",
    }
    return Subscriber.objects.create(**{**values, **fields})


def sip_peer(**fields: Any) -> SipPeer:
    """Give the sandbox's first SIP peer."""
    values = {"site_name": "Main office", "sip_peer_name": "Main location", "is_default": True}
    peer, _ = SipPeer.objects.get_or_create(
        site_id=fields.pop("site_id", "1001"),
        sip_peer_id=fields.pop("sip_peer_id", "500101"),
        defaults={**values, "seen_at": timezone.now(), **fields},
    )
    return peer


def fresh_numbers(count: int = 1, *, area: str = "303", exchange: str | None = None) -> list[str]:
    """Give US numbers in E.164 that no other test of this process uses."""
    start = next(_numbers_taken)
    numbers = []
    for _ in range(count):
        exchange_now = exchange or str(220 + start // 10_000)
        numbers.append(f"+1{area}{exchange_now}{start % 10_000:04d}")
        start = next(_numbers_taken)
    return numbers


_numbers_taken = itertools.count(1)


def draft(*numbers: str, actor: User | None = None, **fields: Any) -> ImportOrder:
    """Make a draft import order with these numbers, or with one fresh number."""
    rows = read_text("\n".join(numbers or fresh_numbers())).good
    order, held = import_orders.create_draft(
        subscriber=fields.pop("subscriber", None) or subscriber(),
        sip_peer=fields.pop("sip_peer", None) or sip_peer(),
        loa_authorizing_person=fields.pop("loa_authorizing_person", "Maria Lopez"),
        loa_type=fields.pop("loa_type", "SUBSCRIBER"),
        rows=rows,
        actor=actor,
    )
    assert not held
    return order


def letter_for(order: ImportOrder, *more: str, without: str = "") -> bytes:
    """Make a letter as a PDF with text: what the order says, less one line, and `more` lines."""
    subscriber_ = order.subscriber
    lines = [
        "Letter of Authorization for hosted text messaging",
        f"We, {subscriber_.name}, {subscriber_.service_address}, ask for the service below",
        "on the telephone numbers that are listed here, until we take this back in writing.",
        *(str(number) for number in order.numbers.all()),
        *more,
        f"Signed by {order.loa_authorizing_person}",
    ]
    content = io.BytesIO()
    page = Canvas(content, pagesize=(612, 792))
    for index, line in enumerate(line for line in lines if line != without):
        page.drawString(72, 720 - 14 * index, line)
    page.save()
    return content.getvalue()


def pdf(pages: int = 1) -> bytes:
    """Make a small, whole PDF."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=612, height=792)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def letter(
    order: ImportOrder,
    content: bytes | None = None,
    *,
    signer: str = "Maria Lopez",
    signed_on: date | None = None,
    actor: User | None = None,
) -> Loa:
    """Keep a PDF for an order as `receive_loa` does, but read it in this process.

    A reader in a process of its own costs a fifth of a second, mostly to start.
    """
    content = pdf() if content is None else content
    reading = read_pdf(content)
    kept = loa.keep_version(
        subscriber=order.subscriber,
        order=order,
        content=reading.kept,
        original_name="letter.pdf",
        content_type="application/pdf",
        pages=reading.pages,
        machine_text=reading.text,
        received_sha256=hashlib.sha256(content).hexdigest(),
        scan_state=loa_scan.verdict(reading.kept),
        signer=signer,
        signed_on=signed_on,
        uploaded_by=actor,
    )
    timeline.note(
        order,
        f"LOA version {kept.version} received (letter.pdf, {counted(kept.pages, 'page')}).",
        learned_by=LearnedBy.PERSON,
        actor=actor,
    )
    loa.prove_receipt(kept, order, {"person": actor.pk if actor else None})
    return kept
