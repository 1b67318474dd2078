"""LOAs: kept in versions, proven whole, and brought to the carrier exactly once."""

from __future__ import annotations

import io
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pypdf import PdfWriter

from accounts.models import User
from carrier import loas as carrier_loas
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import import_orders, loa_content
from numbering.domain import loa as loa_domain
from numbering.domain.import_orders import CannotDo
from numbering.domain.loa_content import DamagedLoa
from numbering.loa_file import RefusedLoaFile
from numbering.models import (
    EvidenceEntry,
    ImportOrder,
    Job,
    Loa,
    LoaCoverage,
    LoaOpening,
    LoaUpload,
)
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db


def receive(order: ImportOrder, content: bytes | None = None, **fields: Any) -> Loa:
    """Receive an LOA for the order."""
    return loa_domain.receive_loa(
        order=order,
        name=fields.pop("name", "signed.pdf"),
        declared_type="application/pdf",
        content=builders.pdf() if content is None else content,
        signer="Maria Lopez",
        signed_on=None,
        actor=fields.pop("actor", None),
    )


def files_kept() -> list[Path]:
    """Give every file in the folder of LOAs."""
    return sorted(path for path in Path(settings.LOA_DIR).rglob("*") if path.is_file())


def path_of(loa: Loa) -> Path:
    """Give where the LOA is stored."""
    return Path(settings.LOA_DIR) / str(loa.file.name)


def files_at_carrier(order: ImportOrder) -> list[bytes]:
    """Give the content of every file that the carrier holds for the order."""
    carrier, order_id = get_carrier(), order.carrier_order_id or ""
    return [
        carrier_loas.download(carrier, order_id=order_id, file_id=file.file_id).content
        for file in carrier_loas.list_files(carrier, order_id=order_id)
    ]


# --- Receiving ------------------------------------------------------------------------------


def test_a_received_loa_is_kept_whole_and_covers_every_number_of_the_order(support: User) -> None:
    order = builders.draft(*builders.fresh_numbers(3))
    content = builders.pdf(2)
    loa = receive(order, content, actor=support)
    assert (loa.version, loa.pages, loa.size, loa.uploaded_by) == (1, 2, len(content), support)
    assert path_of(loa).read_bytes() == content == loa_content.read_content(loa)
    covered = LoaCoverage.objects.filter(loa=loa, order=order).values_list("e164", flat=True)
    assert set(covered) == set(order.numbers.values_list("e164", flat=True))
    assert "LOA version 1 received (signed.pdf, 2 pages" in order.events.latest("pk").reason


def test_the_letter_that_tests_build_is_the_one_that_would_have_been_received(
    support: User,
) -> None:
    """What `builders.letter` leaves behind differs in nothing but when, where and for whom."""
    content, seen = builders.letter_for(builders.draft("+13032284321")), []
    for add in (partial(receive, name="letter.pdf"), builders.letter):
        order = builders.draft("+13032284322")
        loa = add(order, content, actor=support)
        own = {"_state", "_file_data", "id", "subscriber_id", "file", "uploaded_at"}
        proof, line = EvidenceEntry.objects.get(loa=loa), order.events.latest("pk")
        seen.append(
            (
                {name: value for name, value in vars(loa).items() if name not in own},
                path_of(loa).read_bytes(),
                (proof.kind, proof.data),
                (proof.subscriber, proof.order) == (order.subscriber, order),
                (line.reason, line.learned_by, line.actor),
                list(loa.coverage.values_list("order", "e164")) == [(order.pk, "+13032284322")],
            )
        )
        import_orders.cancel(order, actor=None)
    assert "303" in seen[0][0]["machine_text"]
    assert seen[0] == seen[1]


def test_a_newer_loa_replaces_the_older_which_stays() -> None:
    order = builders.draft()
    first, second = receive(order), receive(order)
    assert (second.version, second.replaces, first.version) == (2, first, 1)
    assert loa_domain.current_loa(order) == second
    assert path_of(first).exists()


def test_an_loa_of_another_order_of_the_subscriber_is_a_version_but_replaces_nothing() -> None:
    subscriber = builders.subscriber()
    receive(builders.draft(subscriber=subscriber))
    second = receive(builders.draft(subscriber=subscriber))
    assert (second.version, second.replaces) == (2, None)


def test_a_refused_file_leaves_nothing_behind() -> None:
    order = builders.draft()
    before = (files_kept(), order.events.count())
    with pytest.raises(RefusedLoaFile):
        receive(order, b"<html>not a letter</html>")
    assert (files_kept(), order.events.count()) == before
    assert not Loa.objects.exists()


@contextmanager
def disk_with_room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes: writing on fails half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("missing", [1, 60_000])
def test_a_full_disk_leaves_no_half_file_and_a_later_try_works(missing: int) -> None:
    order = builders.draft()
    content = _large_pdf()
    before = files_kept()
    with disk_with_room_for(len(content) - missing), pytest.raises(CannotDo, match="not be stored"):
        receive(order, content)
    assert (files_kept(), Loa.objects.count(), LoaCoverage.objects.count()) == (before, 0, 0)
    assert receive(order, content).version == 1


def _large_pdf() -> bytes:
    """Make a whole PDF of more than 100 KB."""
    writer = PdfWriter(clone_from=io.BytesIO(builders.pdf()))
    writer.add_metadata({"/Subject": "x" * 100_000})
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


# --- Keeping --------------------------------------------------------------------------------


def test_the_stored_file_is_named_at_random_and_not_for_everybody(client: Client) -> None:
    """U17: not to be guessed, and not readable for everybody on the machine."""
    loa = receive(builders.draft(), name="../../Contract of Maria.pdf")
    path = path_of(loa)
    assert path.parent == Path(settings.LOA_DIR)
    assert "Maria" not in path.name
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o007 == 0


def test_the_stored_file_has_no_address(client: Client) -> None:
    """U17: its path, its name below any folder, a folder; and it lies in none that is served."""
    loa = builders.letter(builders.draft())
    name = path_of(loa).name
    below = [f"{folder}{name}" for folder in ("/", "/media/", "/loa/", "/static/", "/var/loa/")]
    for address in (*below, str(path_of(loa)), "/media/", "/loa/", f"/static/../loa/{name}"):
        assert client.get(address).status_code == 404, address
    roots = [Path(settings.STATIC_ROOT), *map(Path, settings.STATICFILES_DIRS)]
    assert not [root for root in roots if path_of(loa).is_relative_to(root)]


@pytest.mark.parametrize("damage", ["flip", "shorten", "remove"])
def test_a_file_that_changed_on_disk_is_not_given_out(support: User, damage: str) -> None:
    """U24: the download."""
    loa = builders.letter(builders.draft())
    path, content = path_of(loa), bytearray(path_of(loa).read_bytes())
    if damage == "remove":
        path.unlink()
    elif damage == "shorten":
        path.write_bytes(content[:-1])
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    with pytest.raises(DamagedLoa, match="administrator"):
        loa_content.open_for(loa, support)
    assert not LoaOpening.objects.exists()


def test_opening_is_recorded(support: User) -> None:
    loa = builders.letter(builders.draft())
    loa_content.open_for(loa, support)
    assert [(opening.loa, opening.person) for opening in LoaOpening.objects.all()] == [
        (loa, support)
    ]


# --- To the carrier -------------------------------------------------------------------------


@pytest.fixture
def with_loa(at_carrier: Sandbox) -> ImportOrder:
    """An order with the carrier whose LOA shall be uploaded."""
    order = steps.sent(steps.card("8003"))
    builders.letter(order)
    loa_domain.send_to_carrier(order, actor=None)
    return order


def upload_of(order: ImportOrder) -> LoaUpload:
    """Give the order's upload."""
    return LoaUpload.objects.get(order=order)


def test_an_loa_is_brought_along_once_the_carrier_has_the_order(at_carrier: Sandbox) -> None:
    order = steps.checked(steps.card("8003"))
    loa = builders.letter(order)
    loa_domain.send_to_carrier(order, actor=None)
    assert not Job.objects.filter(kind="upload_loa").exists()
    steps.submitted_and_sent(order)
    assert files_at_carrier(order) == [path_of(loa).read_bytes()]
    upload = upload_of(order)
    assert (upload.state, upload.file_id != "") == ("uploaded", True)
    assert upload.file_id in order.events.latest("pk").reason


def test_an_loa_that_the_carrier_has_is_not_sent_again(
    with_loa: ImportOrder, at_carrier: Sandbox
) -> None:
    steps.work()
    with pytest.raises(CannotDo, match="has this LOA already"):
        loa_domain.send_to_carrier(with_loa, actor=None)
    assert len(files_at_carrier(with_loa)) == 1


def test_without_an_loa_there_is_nothing_to_upload() -> None:
    with pytest.raises(CannotDo, match="no LOA"):
        loa_domain.send_to_carrier(builders.draft(), actor=None)


LOST_ANSWERS = ["created_500", "created_dropped", "created_cut", "created_html"]


@pytest.mark.parametrize("fault", LOST_ANSWERS)
def test_after_a_lost_answer_the_carriers_list_decides_and_nothing_is_sent_twice(
    with_loa: ImportOrder, at_carrier: Sandbox, fault: str
) -> None:
    """C13: the file list is read before anything is sent again."""
    at_carrier.fault(fault, method="POST", path_contains="/loas")
    steps.work()
    assert upload_of(with_loa).state == "waiting"
    steps.work()
    assert (upload_of(with_loa).state, len(files_at_carrier(with_loa))) == ("uploaded", 1)


@pytest.mark.parametrize("fault", ["dropped_before", "not_created_503", "refused", "unauthorized"])
def test_while_the_carriers_list_cannot_be_read_a_lost_upload_is_not_sent_again(
    with_loa: ImportOrder, at_carrier: Sandbox, fault: str
) -> None:
    """C13: not being able to look is not a look."""
    at_carrier.fault("created_dropped", method="POST", path_contains="/loas")
    steps.work()
    details: dict[str, Any] = {"status": 404} if fault == "refused" else {}
    at_carrier.fault(fault, method="GET", path_contains="/loas", times=None, **details)
    steps.work(rounds=2)
    at_carrier.clear_faults()
    assert (upload_of(with_loa).state, len(files_at_carrier(with_loa))) == ("waiting", 1)
    steps.work()
    assert (upload_of(with_loa).state, len(files_at_carrier(with_loa))) == ("uploaded", 1)


def test_while_the_carrier_is_away_a_lost_upload_stays_one_that_may_be_there(
    with_loa: ImportOrder, at_carrier: Sandbox, settings: Any
) -> None:
    at_carrier.fault("created_dropped", method="POST", path_contains="/loas")
    steps.work()
    there = dict(settings.CARRIER)
    settings.CARRIER = {**there, "v2_base": "http://127.0.0.1:1/api/v2/"}
    steps.work(rounds=2)
    settings.CARRIER = there
    steps.work()
    assert (upload_of(with_loa).state, len(files_at_carrier(with_loa))) == ("uploaded", 1)


def test_an_upload_that_never_left_is_sent_once_the_carrier_is_back(
    with_loa: ImportOrder, at_carrier: Sandbox, settings: Any
) -> None:
    there = dict(settings.CARRIER)
    settings.CARRIER = {**there, "v2_base": "http://127.0.0.1:1/api/v2/"}
    steps.work(rounds=2)
    assert (upload_of(with_loa).state, upload_of(with_loa).sent_at) == ("waiting", None)
    settings.CARRIER = there
    steps.work()
    assert len(files_at_carrier(with_loa)) == 1


def test_a_refused_upload_says_why_and_may_be_tried_again(
    with_loa: ImportOrder, at_carrier: Sandbox
) -> None:
    at_carrier.fault("error_in_200", method="POST", path_contains="/loas", code="7638")
    steps.work()
    upload = upload_of(with_loa)
    assert (upload.state, "7638" in upload.trouble) == ("refused", True)
    assert "was not taken" in with_loa.events.latest("pk").reason
    loa_domain.send_to_carrier(with_loa, actor=None)
    steps.work()
    assert (upload_of(with_loa).state, len(files_at_carrier(with_loa))) == ("uploaded", 1)


def test_refused_credentials_keep_the_upload_waiting(
    with_loa: ImportOrder, at_carrier: Sandbox
) -> None:
    at_carrier.fault("forbidden", method="POST", path_contains="/loas")
    steps.work()
    assert upload_of(with_loa).state == "waiting"
    steps.work()
    assert len(files_at_carrier(with_loa)) == 1


def test_a_damaged_file_never_reaches_the_carrier(
    with_loa: ImportOrder, at_carrier: Sandbox
) -> None:
    path_of(Loa.objects.get()).write_bytes(b"%PDF-1.4 something else")
    steps.work()
    upload = upload_of(with_loa)
    assert (upload.state, files_at_carrier(with_loa)) == ("refused", [])
    assert "not the one that was received" in upload.trouble


def test_the_same_letter_for_two_orders_is_two_files(at_carrier: Sandbox) -> None:
    content = builders.pdf()
    orders = []
    for _ in range(2):
        order = steps.sent(steps.card("8003"))
        builders.letter(order, content)
        loa_domain.send_to_carrier(order, actor=None)
        orders.append(order)
    steps.work()
    assert [len(files_at_carrier(order)) for order in orders] == [1, 1]
