"""The LOA resource of an import order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.codes import description
from carrier.sandbox.document import (
    UnreadableDocumentError,
    file_result,
    leaf,
    leaves,
    parse,
    render,
    response_status,
    text_at,
)
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.import_orders import IMPORT_ORDERS
from carrier.sandbox.loa_shelf import LoaFile
from carrier.sandbox.order import Order
from carrier.sandbox.state import SandboxState

_UPLOAD = "fileUploadResponse"
_DOCUMENT_TYPES = frozenset({"LOA", "INVOICE", "CSR", "OTHER"})
_OFFICE = "application/vnd.openxmlformats-officedocument"
_EXTENSIONS = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tiff",
    "text/csv": "csv",
    "application/vnd.ms-excel": "xls",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    "application/msword": "doc",
    f"{_OFFICE}.wordprocessingml.document": "docx",
}


def upload(state: SandboxState, call: Call, order_id: str) -> Answer:
    """POST loas: the raw file, its type in Content-Type, its documentType in query or header."""
    return IMPORT_ORDERS.with_order(state, order_id, lambda order: _upload(state, call, order))


def _upload(state: SandboxState, call: Call, order: Order) -> Answer:
    content_type, document_type, refusal = _read_kind(call)
    if refusal:
        return _refuse(refusal)
    file_id = state.loas.new_file_id(order.order_id, _EXTENSIONS[content_type])
    state.loas.put(
        LoaFile(file_id, order.order_id, call.request.body, content_type, document_type or "LOA")
    )
    message = f"The LOA file of order {order.order_id} was taken"
    return xml(
        201,
        file_result(_UPLOAD, "0", message, filename=file_id),
        location=f"{IMPORT_ORDERS.path(call)}/{order.order_id}/loas/{file_id}",
    )


def _read_kind(call: Call) -> tuple[str, str, str]:
    """Content type, document type ("" when not given), and the code to refuse them with."""
    headers = call.request.headers
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    in_query = call.request.parameter("documentType")
    in_header = headers.get("documenttype", "")
    document_type = in_query or in_header
    refusal = ""
    if content_type not in _EXTENSIONS:
        refusal = "7638"
    elif in_query and in_header and in_query != in_header:
        refusal = "7641"
    elif document_type and document_type not in _DOCUMENT_TYPES:
        refusal = "7639"
    return content_type, document_type, refusal


def _refuse(code: str) -> Answer:
    return xml(400, file_result(_UPLOAD, code, description(code)))


def list_files(state: SandboxState, call: Call, order_id: str) -> Answer:
    """GET loas: names only, or names with what is said about the files for metadata=true."""
    return IMPORT_ORDERS.with_order(state, order_id, lambda order: _list(state, call, order))


def _list(state: SandboxState, call: Call, order: Order) -> Answer:
    files = state.loas.of_order(order.order_id)
    root = Element("fileListResponse")
    leaf(root, "fileCount", str(len(files)))
    if call.request.parameter("metadata") == "true":
        for file in files:
            row = SubElement(root, "fileData")
            leaf(row, "FileName", file.file_id)
            _write_metadata(SubElement(row, "FileMetaData"), file)
    else:
        leaves(root, "fileNames", (file.file_id for file in files))
    leaf(root, "resultCode", "0")
    leaf(root, "resultMessage", "The LOA files of the order")
    return xml(200, render(root))


def _with_file(
    state: SandboxState, order_id: str, file_id: str, then: Callable[[LoaFile], Answer]
) -> Answer:
    file = state.loas.get(order_id.lower(), file_id)
    if file is None:
        text = f"File {file_id} was not found"
        return xml(404, response_status("ErrorResponse", "", text))
    return then(file)


def download(state: SandboxState, order_id: str, file_id: str) -> Answer:
    """GET loas/{file}: the bytes as they were uploaded."""
    return _with_file(state, order_id, file_id, _content)


def _content(file: LoaFile) -> Answer:
    headers = {
        "Content-Type": file.content_type,
        "Content-Disposition": f'attachment; filename="{file.file_id}"',
    }
    return Answer(200, file.content, headers)


def replace_file(state: SandboxState, call: Call, order_id: str, file_id: str) -> Answer:
    """PUT loas/{file}: new content under the same id."""
    return _with_file(state, order_id, file_id, lambda file: _replace(state, call, file))


def _replace(state: SandboxState, call: Call, file: LoaFile) -> Answer:
    content_type, document_type, refusal = _read_kind(call)
    if refusal:
        return _refuse(refusal)
    state.loas.put(
        replace(
            file,
            content=call.request.body,
            content_type=content_type,
            document_type=document_type or file.document_type,
        )
    )
    return xml(200, file_result(_UPLOAD, "0", "The LOA file was replaced", filename=file.file_id))


def delete(state: SandboxState, order_id: str, file_id: str) -> Answer:
    """DELETE loas/{file}."""
    return _with_file(state, order_id, file_id, lambda file: _delete(state, file))


def _delete(state: SandboxState, file: LoaFile) -> Answer:
    state.loas.delete(file)
    return Answer(200)


def get_metadata(state: SandboxState, order_id: str, file_id: str) -> Answer:
    """GET loas/{file}/metadata."""
    return _with_file(state, order_id, file_id, _metadata)


def _metadata(file: LoaFile) -> Answer:
    root = Element("FileMetaData")
    _write_metadata(root, file)
    return xml(200, render(root))


def put_metadata(state: SandboxState, call: Call, order_id: str, file_id: str) -> Answer:
    """PUT loas/{file}/metadata: a name of at most 50 characters and a document type."""
    return _with_file(state, order_id, file_id, lambda file: _put_metadata(state, call, file))


def _put_metadata(state: SandboxState, call: Call, file: LoaFile) -> Answer:
    try:
        root = parse(call.request.body)
    except UnreadableDocumentError:
        return _refuse("1019")
    name = text_at(root, "DocumentName")
    document_type = text_at(root, "DocumentType")
    if len(name) > 50:
        return _refuse("7800")
    if document_type not in _DOCUMENT_TYPES:
        return _refuse("7639")
    state.loas.put(replace(file, document_name=name, document_type=document_type))
    return Answer(200)


def delete_metadata(state: SandboxState, order_id: str, file_id: str) -> Answer:
    """DELETE loas/{file}/metadata: back to a nameless LOA."""
    return _with_file(
        state,
        order_id,
        file_id,
        lambda file: _reset_metadata(state, file),
    )


def _reset_metadata(state: SandboxState, file: LoaFile) -> Answer:
    state.loas.put(replace(file, document_name="", document_type="LOA"))
    return Answer(200)


def _write_metadata(node: Element, file: LoaFile) -> None:
    if file.document_name:
        leaf(node, "DocumentName", file.document_name)
    leaf(node, "DocumentType", file.document_type)
