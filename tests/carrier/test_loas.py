"""Letters of authorization at the sandbox."""

from __future__ import annotations

import pytest

from carrier import import_orders, loas
from carrier.client import Carrier
from carrier.errors import CarrierError, NotFound, OutcomeUnknown, Refused
from carrier.exchange import Exchange
from carrier.records import LoaFile
from carrier.sandbox import Sandbox
from tests.carrier.builders import ORDER_ID, new_order
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering, unframed

PDF = b"%PDF-1.4\n\x00\xff sample \r\n"
FILE_ID = f"{ORDER_ID}-1429550165581.pdf"


@pytest.fixture
def order_id(carrier: Carrier) -> str:
    return import_orders.create(carrier, order=new_order()).order_id


def upload(carrier: Carrier, order_id: str, content: bytes = PDF) -> LoaFile:
    return loas.upload(carrier, order_id=order_id, content=content, content_type="application/pdf")


def test_a_file_comes_back_as_it_was_sent(carrier: Carrier, order_id: str) -> None:
    stored = upload(carrier, order_id)
    back = loas.download(carrier, order_id=order_id, file_id=stored.file_id)
    assert (back.content, back.content_type, back.filename) == (
        PDF,
        "application/pdf",
        stored.file_id,
    )
    assert loas.list_files(carrier, order_id=order_id) == (LoaFile(stored.file_id, "LOA"),)


def test_a_file_is_replaced_and_deleted(carrier: Carrier, order_id: str) -> None:
    file_id = upload(carrier, order_id).file_id
    loas.replace(
        carrier, order_id=order_id, file_id=file_id, content=b"II*\0", content_type="image/tiff"
    )
    assert loas.download(carrier, order_id=order_id, file_id=file_id).content == b"II*\0"
    loas.delete(carrier, order_id=order_id, file_id=file_id)
    assert loas.list_files(carrier, order_id=order_id) == ()
    with pytest.raises(NotFound):
        loas.delete(carrier, order_id=order_id, file_id=file_id)


def test_metadata_is_set_and_removed(carrier: Carrier, order_id: str) -> None:
    file = {"order_id": order_id, "file_id": upload(carrier, order_id).file_id}
    loas.put_metadata(carrier, **file, document_type="INVOICE", document_name="May bill")
    assert loas.get_metadata(carrier, **file) == LoaFile(file["file_id"], "INVOICE", "May bill")
    loas.delete_metadata(carrier, **file)
    assert loas.get_metadata(carrier, **file) == LoaFile(file["file_id"], "LOA", "")


def test_a_result_code_other_than_zero_is_a_refusal(
    sandbox: Sandbox, carrier: Carrier, order_id: str
) -> None:
    sandbox.fault("error_in_200", method="POST", path_contains="/loas")
    with pytest.raises(Refused) as caught:
        upload(carrier, order_id)
    assert [problem.code for problem in caught.value.problems] == ["7638"]


@pytest.mark.parametrize("fault", ["created_dropped", "created_cut", "created_500", "redirect"])
def test_a_lost_answer_leaves_the_file_in_doubt(
    sandbox: Sandbox, carrier: Carrier, order_id: str, fault: str
) -> None:
    sandbox.fault(fault, method="POST", path_contains="/loas")
    with pytest.raises(OutcomeUnknown):
        upload(carrier, order_id)


@pytest.mark.parametrize(
    ("body", "location", "kind"),
    [
        ("", "", OutcomeUnknown),
        ("<fileUploadResponse/>", f"/loas/{FILE_ID}", None),
        (f"<FileResult><fileName>{FILE_ID}</fileName></FileResult>", "", None),
        (f"<FileResult><fileName>{FILE_ID}</fileName></FileResult>", "/loas/x.pdf", OutcomeUnknown),
        ("<FileResult><fileName>../x.pdf</fileName></FileResult>", "", OutcomeUnknown),
    ],
)
def test_the_file_id_comes_from_body_or_location(
    connect: Connect, body: str, location: str, kind: type[CarrierError] | None
) -> None:
    script = answering("201 Created", body.encode(), f"Location: {location}")
    with ScriptedServer(script) as server:
        carrier = connect(server.url)
        if kind is None:
            assert upload(carrier, ORDER_ID).file_id == FILE_ID
        else:
            with pytest.raises(kind):
                upload(carrier, ORDER_ID)


def test_a_download_that_may_be_cut_is_not_taken(connect: Connect) -> None:
    with ScriptedServer(unframed("200 OK", PDF)) as server, pytest.raises(OutcomeUnknown):
        loas.download(connect(server.url), order_id=ORDER_ID, file_id=FILE_ID)


@pytest.mark.parametrize("file_id", ["", ".", "..", "a/b", "a..b", "%2e%2e", "x\n", "ä.pdf"])
def test_what_is_no_file_id_is_never_asked_for(
    sandbox: Sandbox, carrier: Carrier, file_id: str
) -> None:
    before = len(sandbox.requests)
    with pytest.raises(ValueError, match="not an LOA file id"):
        loas.get_metadata(carrier, order_id=ORDER_ID, file_id=file_id)
    with pytest.raises(ValueError, match="not an LOA file id"):
        loas.delete(carrier, order_id=ORDER_ID, file_id=file_id)
    with pytest.raises(ValueError, match="not an LOA file id"):
        loas.replace(
            carrier,
            order_id=ORDER_ID,
            file_id=file_id,
            content=PDF,
            content_type="application/pdf",
        )
    assert len(sandbox.requests) == before


def test_a_file_is_kept_as_its_size_only(
    carrier: Carrier, order_id: str, kept: list[Exchange]
) -> None:
    upload(carrier, order_id)
    record = kept[-1]
    assert record.request_body == f"[{len(PDF)} bytes of application/pdf]"
    assert (record.operation, record.order_id) == ("loas.upload", order_id)


@pytest.mark.parametrize(
    ("content", "content_type", "document_type"),
    [
        (b"", "application/pdf", "LOA"),
        (PDF, "text/html", "LOA"),
        (PDF, "application/pdf\r\nX: y", "LOA"),
        (PDF, "application/pdf", "LETTER"),
    ],
)
def test_what_the_carrier_does_not_take_is_not_sent(
    carrier: Carrier, content: bytes, content_type: str, document_type: str
) -> None:
    with pytest.raises(ValueError, match=r"empty|not a"):
        loas.upload(
            carrier,
            order_id=ORDER_ID,
            content=content,
            content_type=content_type,
            document_type=document_type,
        )
