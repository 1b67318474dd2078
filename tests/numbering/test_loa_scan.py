"""The virus scan of LOAs, with the real scanner: quarantine, and waiting for a scanner away."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import loa, loa_content
from numbering.domain.loa_content import DamagedLoa
from numbering.models import Alert, ImportOrder, Job, Loa, LoaUpload
from tests import builders
from tests.numbering import scanner, steps

pytestmark = pytest.mark.django_db
AWAY = "127.0.0.1:1"


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """Give the address of a running scanner."""
    if not scanner.CLAMD.exists():
        pytest.skip("needs Debian's clamav-daemon")
    with scanner.running() as address:
        yield address


def virus_pdf() -> bytes:
    """Make a whole PDF in one of whose streams the test file stands."""
    writer = PdfWriter(clone_from=io.BytesIO(builders.pdf()))
    note = DecodedStreamObject()
    note.set_data(scanner.EICAR)
    writer.root_object[NameObject("/Note")] = writer._add_object(note)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def receive(order: ImportOrder, content: bytes) -> Loa:
    """Receive an LOA for the order."""
    return loa.receive_loa(
        order=order,
        name="letter.pdf",
        declared_type="application/pdf",
        content=content,
        signer="Maria Lopez",
        signed_on=None,
        actor=None,
    )


def test_without_a_scanner_nobody_is_asked() -> None:
    assert receive(builders.draft(), builders.pdf()).scan_state == "not_asked"


def test_a_scanned_letter_is_clean(clamd: str, settings: Any) -> None:
    settings.CLAMD_ADDRESS = clamd
    assert receive(builders.draft(), builders.pdf()).scan_state == "clean"


def test_the_test_file_is_quarantined_and_staff_are_told_u23(
    clamd: str, settings: Any, support: User, sign_in: Callable[[User], Client]
) -> None:
    settings.CLAMD_ADDRESS = clamd
    order = builders.draft()
    kept = receive(order, virus_pdf())
    assert kept.scan_state == "infected"
    assert [alert.cause for alert in Alert.objects.filter(closed_at=None)] == ["loa_infected"]
    assert "in quarantine" in order.events.filter(learned_by="portal").latest("pk").reason
    desk = sign_in(support)
    for address in ("file", "pages/1"):
        answer = desk.get(f"/admin/numbers/loa/{kept.pk}/{address}/")
        assert (answer.status_code, b"quarantine" in answer.content) == (409, True)


def test_while_the_scanner_is_away_a_letter_waits_and_is_not_lost_u23(
    clamd: str, settings: Any, support: User, at_carrier: Sandbox
) -> None:
    settings.CLAMD_ADDRESS = AWAY
    order = steps.sent(steps.card("8003"))
    kept = receive(order, builders.pdf())
    assert kept.scan_state == "waiting"
    loa.send_to_carrier(order, actor=None)
    with pytest.raises(DamagedLoa, match="not checked"):
        loa_content.open_for(kept, support)
    steps.work()
    assert LoaUpload.objects.get().state == "waiting"
    assert Job.objects.get(kind="scan_loa").state == "waiting"
    settings.CLAMD_ADDRESS = clamd
    steps.work(rounds=2)
    kept.refresh_from_db()
    assert (kept.scan_state, LoaUpload.objects.get().state) == ("clean", "uploaded")
    assert loa_content.open_for(kept, support) == builders.pdf()


def test_what_is_found_later_is_quarantined_as_well_u23(clamd: str, settings: Any) -> None:
    settings.CLAMD_ADDRESS = AWAY
    order = builders.draft()
    kept = receive(order, virus_pdf())
    settings.CLAMD_ADDRESS = clamd
    steps.work()
    kept.refresh_from_db()
    assert kept.scan_state == "infected"
    assert Alert.objects.filter(cause="loa_infected").exists()
    assert "in quarantine" in order.events.latest("pk").reason


def test_an_infected_letter_never_reaches_the_carrier_u23(
    clamd: str, settings: Any, at_carrier: Sandbox
) -> None:
    settings.CLAMD_ADDRESS = AWAY
    order = steps.sent(steps.card("8003"))
    receive(order, virus_pdf())
    loa.send_to_carrier(order, actor=None)
    settings.CLAMD_ADDRESS = clamd
    steps.work(rounds=2)
    upload = LoaUpload.objects.get()
    assert (upload.state, "quarantine" in upload.trouble) == ("refused", True)


def test_a_scanner_that_was_taken_away_is_not_waited_for(settings: Any) -> None:
    settings.CLAMD_ADDRESS = AWAY
    kept = receive(builders.draft(), builders.pdf())
    settings.CLAMD_ADDRESS = ""
    steps.work()
    kept.refresh_from_db()
    assert kept.scan_state == "not_asked"
