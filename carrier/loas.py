"""Letters of authorization kept with an import order at the carrier.

Source: the carrier's API pages for `importTnOrders/{orderId}/loas`. No size limit is documented.
"""

import re
from dataclasses import replace as replace_fields
from email.message import Message
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import XML, Call
from carrier.client import Carrier
from carrier.errors import UnreadableBody
from carrier.identifiers import checked_file_id, checked_order_id, last_segment
from carrier.import_orders import path_of
from carrier.records import LoaContent, LoaFile
from carrier.wire import Answer

#: What the carrier documents. Our own rules for files are narrower.
CONTENT_TYPES = frozenset(
    {
        "application/pdf",
        "text/plain",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "text/csv",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
DOCUMENT_TYPES = frozenset({"LOA", "INVOICE", "CSR", "OTHER"})

# What we upload is 10 MiB at most; what others put there may be somewhat larger.
_FILE_LIMIT = 16 * 1024 * 1024
# Some bodies put the name between quotes; nothing else is taken away.
_QUOTES = re.compile(r'^"(.*)"$')


def upload(
    carrier: Carrier,
    *,
    order_id: str,
    content: bytes,
    content_type: str,
    document_type: str = "LOA",
) -> LoaFile:
    """Add a file to the order and return its id at the carrier.

    Raises OutcomeUnknown when the carrier may have it (look at `list_files` before sending it
    again), Refused when it said no, even inside a 200.
    """
    call = _sending(carrier, "upload", "POST", order_id, None, content, content_type, document_type)

    def read(answer: Answer) -> LoaFile:
        named = _stored_name(call, answer)
        located = last_segment(answer.headers.get("Location", ""))
        located = located if located != "loas" else ""
        if not named and not located:
            raise call.unknown("the answer names no file", status=answer.status)
        if named and located and named != located:
            raise call.unknown("Location and body name different files", status=answer.status)
        return LoaFile(_safe(named or located), document_type)

    return carrier.call(call, read)


def replace(
    carrier: Carrier,
    *,
    order_id: str,
    file_id: str,
    content: bytes,
    content_type: str,
    document_type: str = "LOA",
) -> LoaFile:
    """Put other content under an existing file id. Raises as `upload` does, and NotFound."""
    call = _sending(
        carrier, "replace", "PUT", order_id, file_id, content, content_type, document_type
    )

    def read(answer: Answer) -> LoaFile:
        return LoaFile(_safe(_stored_name(call, answer) or file_id), document_type)

    return carrier.call(call, read)


def list_files(carrier: Carrier, *, order_id: str) -> tuple[LoaFile, ...]:
    """The order's files with what the carrier knows of them. Raises a CarrierError if not read."""
    call = _call(carrier, "list_files", "GET", order_id, query=(("metadata", "true"),))

    def read(answer: Answer) -> tuple[LoaFile, ...]:
        return read_files(call.root_of(answer))

    return carrier.call(call, read)


def download(carrier: Carrier, *, order_id: str, file_id: str) -> LoaContent:
    """The file, whole. Raises OutcomeUnknown when nothing proves that it is whole."""
    call = replace_fields(
        _call(carrier, "download", "GET", order_id, file_id), answer_limit=_FILE_LIMIT
    )

    def read(answer: Answer) -> LoaContent:
        if not answer.is_whole:
            raise call.unknown("the file may have been cut", status=answer.status)
        return LoaContent(answer.body, answer.content_type, _filename(answer) or file_id)

    return carrier.call(call, read)


def delete(carrier: Carrier, *, order_id: str, file_id: str) -> None:
    """Remove the file at the carrier. Raises NotFound when it is not there."""
    call = _call(carrier, "delete", "DELETE", order_id, file_id)
    carrier.call(call, lambda answer: _expect_done(call, answer))


def get_metadata(carrier: Carrier, *, order_id: str, file_id: str) -> LoaFile:
    """The file's type and name as the carrier has them. Raises NotFound when there are none."""
    call = _call(carrier, "get_metadata", "GET", order_id, file_id, "metadata")

    def read(answer: Answer) -> LoaFile:
        return read_metadata(call.root_of(answer), file_id)

    return carrier.call(call, read)


def put_metadata(
    carrier: Carrier, *, order_id: str, file_id: str, document_type: str, document_name: str = ""
) -> None:
    """Set the file's type and name (at most 50 characters); an empty name is left out."""
    call = _call(
        carrier,
        "put_metadata",
        "PUT",
        order_id,
        file_id,
        "metadata",
        body=build_metadata(document_type, document_name),
    )
    carrier.call(call, lambda answer: _expect_done(call, answer))


def delete_metadata(carrier: Carrier, *, order_id: str, file_id: str) -> None:
    """Remove the file's type and name, not the file."""
    call = _call(carrier, "delete_metadata", "DELETE", order_id, file_id, "metadata")
    carrier.call(call, lambda answer: _expect_done(call, answer))


def build_metadata(document_type: str, document_name: str) -> bytes:
    """A file's metadata as the carrier's XML. Raises ValueError for an unknown type."""
    root = Element("FileMetaData")
    if document_name:
        xmlbody.add(root, "DocumentName", document_name)
    xmlbody.add(root, "DocumentType", _checked_document_type(document_type))
    return xmlbody.to_bytes(root)


def read_files(root: Element) -> tuple[LoaFile, ...]:
    """The files of a list, in either of its two forms. Raises UnreadableBody when it is none."""
    if xmlbody.name_of(root) != "filelistresponse":
        raise UnreadableBody("it is not a list of files")
    files: list[LoaFile] = []
    for row in root:
        match xmlbody.name_of(row):
            case "filenames":
                files.append(LoaFile(_safe(xmlbody.text(row))))
            case "filedata":
                metadata = xmlbody.child(row, "filemetadata")
                files.append(
                    LoaFile(
                        _safe(xmlbody.text(row, "filename")),
                        xmlbody.text(metadata, "documenttype"),
                        xmlbody.text(metadata, "documentname"),
                    )
                )
    return tuple(files)


def read_metadata(root: Element, file_id: str) -> LoaFile:
    """A file's metadata. Raises UnreadableBody when it is none."""
    if xmlbody.name_of(root) != "filemetadata":
        raise UnreadableBody("it is not the description of a file")
    return LoaFile(file_id, xmlbody.text(root, "documenttype"), xmlbody.text(root, "documentname"))


def read_stored_name(root: Element) -> str:
    """The file id in the answer to an upload, "" when it names none."""
    return _QUOTES.sub(r"\1", xmlbody.text(root, "filename", "filenames"))


def _stored_name(call: Call, answer: Answer) -> str:
    if not answer.body.strip():
        return ""
    root = call.root_of(answer)
    return read_stored_name(root)


def _expect_done(call: Call, answer: Answer) -> None:
    """A 2xx without a body is a yes; with one it must not hold a reason against it."""
    _stored_name(call, answer)


def _safe(name: str) -> str:
    try:
        return checked_file_id(name)
    except ValueError:
        raise UnreadableBody("the carrier's name for the file is not a file id") from None


def _filename(answer: Answer) -> str:
    header = Message()
    header["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    return header.get_filename("") or ""


def _checked_document_type(document_type: str) -> str:
    if document_type not in DOCUMENT_TYPES:
        raise ValueError(f"not a document type: {document_type[:40]!r}")
    return document_type


def _sending(
    carrier: Carrier,
    verb: str,
    method: str,
    order_id: str,
    file_id: str | None,
    content: bytes,
    content_type: str,
    document_type: str,
) -> Call:
    if content_type not in CONTENT_TYPES:
        raise ValueError(f"not a type that the carrier takes: {content_type[:80]!r}")
    if not content:
        raise ValueError("the file is empty")
    return _call(
        carrier,
        verb,
        method,
        order_id,
        file_id,
        query=(("documentType", _checked_document_type(document_type)),),
        body=content,
        content_type=content_type,
    )


def _call(
    carrier: Carrier,
    verb: str,
    method: str,
    order_id: str,
    file_id: str | None = None,
    *more: str,
    query: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    content_type: str = XML,
) -> Call:
    order_id = checked_order_id(order_id)
    parts = [order_id, "loas"]
    # An empty id would turn a call about one file into one about all of them.
    if file_id is not None:
        parts += [checked_file_id(file_id), *more]
    return Call(
        operation=f"loas.{verb}",
        bucket="loas",
        method=method,
        path=path_of(carrier, *parts),
        version=carrier.settings.api_version,
        query=query,
        body=body,
        content_type=content_type,
        order_id=order_id,
    )
