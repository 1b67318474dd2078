"""LOA files: uploaded, listed, fetched, replaced, described, deleted."""

from __future__ import annotations

import re
import uuid
from xml.etree import ElementTree as ET

import pytest
import requests

from tests.carrier.sandbox.callers import Caller

PDF = b"%PDF-1.7\x00\xff the whole file"


@pytest.fixture
def folder(caller: Caller) -> str:
    return f"importTnOrders/{caller.created('3032281000')}/loas"


def _upload(
    caller: Caller,
    folder: str,
    content: bytes = PDF,
    kind: str = "application/pdf",
    query: str = "?documentType=LOA",
    in_header: str = "",
) -> requests.Response:
    headers = {"Content-Type": kind}
    if in_header:
        headers["documentType"] = in_header
    return caller.call("POST", folder + query, content, headers=headers)


def _file_id(answer: requests.Response) -> str:
    assert answer.status_code == 201, answer.text
    return ET.fromstring(answer.content).findtext("filename", "")


def _result(answer: requests.Response) -> tuple[int, str | None]:
    return answer.status_code, ET.fromstring(answer.content).findtext("resultCode")


def test_an_upload_is_answered_with_the_file_id_and_its_address(
    caller: Caller, folder: str
) -> None:
    answer = _upload(caller, folder)
    file_id = _file_id(answer)
    order_id = folder.split("/")[1]
    assert re.fullmatch(rf"{order_id}-[0-9]{{13}}\.pdf", file_id)
    assert answer.headers["Location"] == f"{caller.base}{folder}/{file_id}"
    assert _result(answer) == (201, "0")


def test_a_file_comes_back_byte_for_byte(caller: Caller, folder: str) -> None:
    file_id = _file_id(_upload(caller, folder))
    answer = caller.call("GET", f"{folder}/{file_id}")
    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file_id}"'


def test_the_list_has_names_or_names_with_metadata(caller: Caller, folder: str) -> None:
    first = _file_id(_upload(caller, folder))
    second = _file_id(_upload(caller, folder, b"\x89PNG", "image/png", "?documentType=OTHER"))
    plain = ET.fromstring(caller.call("GET", folder).content)
    assert [node.text for node in plain.findall("fileNames")] == [first, second]
    assert (plain.findtext("fileCount"), plain.findtext("resultCode")) == ("2", "0")
    full = ET.fromstring(caller.call("GET", f"{folder}?metadata=true").content)
    assert [
        (node.findtext("FileName"), node.findtext("FileMetaData/DocumentType"))
        for node in full.findall("fileData")
    ] == [(first, "LOA"), (second, "OTHER")]


def test_an_order_without_files_has_a_readable_empty_list(caller: Caller, folder: str) -> None:
    root = ET.fromstring(caller.call("GET", folder).content)
    assert (root.tag, root.findtext("fileCount")) == ("fileListResponse", "0")


def test_the_document_type_may_be_a_header(caller: Caller, folder: str) -> None:
    file_id = _file_id(_upload(caller, folder, query="", in_header="CSR"))
    metadata = ET.fromstring(caller.call("GET", f"{folder}/{file_id}/metadata").content)
    assert metadata.findtext("DocumentType") == "CSR"


@pytest.mark.parametrize(
    ("kind", "query", "in_header", "code"),
    [
        ("application/zip", "", "", "7638"),
        ("application/pdf", "?documentType=POEM", "", "7639"),
        ("application/pdf", "?documentType=LOA", "CSR", "7641"),
    ],
)
def test_a_bad_upload_is_refused_with_its_result_code(
    caller: Caller, folder: str, kind: str, query: str, in_header: str, code: str
) -> None:
    assert _result(_upload(caller, folder, kind=kind, query=query, in_header=in_header)) == (
        400,
        code,
    )
    assert ET.fromstring(caller.call("GET", folder).content).findtext("fileCount") == "0"


def test_a_file_is_replaced_under_its_id(caller: Caller, folder: str) -> None:
    file_id = _file_id(_upload(caller, folder))
    kind = {"Content-Type": "image/png"}
    answer = caller.call("PUT", f"{folder}/{file_id}", b"\x89PNG", headers=kind)
    assert _result(answer) == (200, "0")
    fetched = caller.call("GET", f"{folder}/{file_id}")
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"\x89PNG", "image/png")


def test_a_deleted_file_is_gone(caller: Caller, folder: str) -> None:
    file_id = _file_id(_upload(caller, folder))
    assert caller.call("DELETE", f"{folder}/{file_id}").status_code == 200
    for method in ("GET", "DELETE"):
        assert caller.call(method, f"{folder}/{file_id}").status_code == 404


def test_metadata_is_set_and_reset(caller: Caller, folder: str) -> None:
    path = f"{folder}/{_file_id(_upload(caller, folder))}/metadata"

    def shown() -> list[tuple[str, str | None]]:
        root = ET.fromstring(caller.call("GET", path).content)
        return [(node.tag, node.text) for node in root]

    body = (
        "<FileMetaData><DocumentName>Letter</DocumentName>"
        "<DocumentType>CSR</DocumentType></FileMetaData>"
    )
    assert caller.call("PUT", path, body).status_code == 200
    assert shown() == [("DocumentName", "Letter"), ("DocumentType", "CSR")]
    assert caller.call("DELETE", path).status_code == 200
    assert shown() == [("DocumentType", "LOA")]


@pytest.mark.parametrize(
    ("name", "kind", "code"), [("x" * 51, "LOA", "7800"), ("Letter", "POEM", "7639")]
)
def test_bad_metadata_is_refused(
    caller: Caller, folder: str, name: str, kind: str, code: str
) -> None:
    path = f"{folder}/{_file_id(_upload(caller, folder))}/metadata"
    root = ET.Element("FileMetaData")
    ET.SubElement(root, "DocumentName").text = name
    ET.SubElement(root, "DocumentType").text = kind
    assert _result(caller.call("PUT", path, ET.tostring(root))) == (400, code)


def test_an_order_that_is_not_there_has_no_files(caller: Caller) -> None:
    path = f"importTnOrders/{uuid.uuid4()}/loas"
    assert [caller.call(m, path, b"x").status_code for m in ("GET", "POST")] == [404, 404]


def test_a_file_belongs_to_its_own_order(caller: Caller, folder: str) -> None:
    file_id = _file_id(_upload(caller, folder))
    other = caller.created("3032281001")
    assert caller.call("GET", f"importTnOrders/{other}/loas/{file_id}").status_code == 404


def test_the_files_move_with_the_orders_on_v2(v2: Caller) -> None:
    folder = f"importTnOrders/messaging/{v2.created('+13032281000')}/loas"
    answer = _upload(v2, folder)
    assert answer.headers["Location"] == f"{v2.base}{folder}/{_file_id(answer)}"
    assert v2.call("GET", f"{folder}/{_file_id(answer)}").content == PDF
