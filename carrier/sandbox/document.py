"""XML as the carrier reads and writes it.

Written without the client's code on purpose: a mistake there must not be mirrored here.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, TreeBuilder, tostring
from xml.parsers import expat

from carrier.sandbox.codes import description

_PROLOG = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


class UnreadableDocumentError(ValueError):
    """The body is not XML, or it declares a document type."""


def parse(body: bytes) -> Element:
    """The root element of a body; UnreadableDocumentError when there is none to be had."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise UnreadableDocumentError(str(error)) from error
    return builder.close()


def _refuse_document_type(*_declaration: object) -> None:
    raise UnreadableDocumentError("a document type is not allowed")


def text_at(element: Element, path: str) -> str:
    """The trimmed text at a path below the element, "" when it is not there."""
    return (element.findtext(path) or "").strip()


def leaf(parent: Element, tag: str, text: str) -> Element:
    """Add one child with text; characters that XML cannot hold become blanks."""
    child = SubElement(parent, tag)
    child.text = (
        text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    )
    return child


def leaves(parent: Element, tag: str, texts: Iterable[str]) -> None:
    """Add one child of the same name for each text."""
    for text in texts:
        leaf(parent, tag, text)


def render(root: Element) -> bytes:
    """The whole document in UTF-8."""
    return _PROLOG + tostring(root, encoding="unicode").encode()


def repeated_errors(root_tag: str, errors: Iterable[tuple[str, str]], *, status: str = "") -> bytes:
    """Error shape of a refused import call: one Errors element per (code, description)."""
    root = Element(root_tag)
    if status:
        leaf(root, "ProcessingStatus", status)
    for code, text in errors:
        group = SubElement(root, "Errors")
        leaf(group, "Code", code)
        leaf(group, "Description", text)
    return render(root)


def write_error_list(root: Element, errors: Iterable[tuple[str, str, str]]) -> None:
    """Error shape of the order calls: one Error for each (code, description, number or "")."""
    listed = SubElement(root, "ErrorList")
    for code, text, number in errors:
        error = SubElement(listed, "Error")
        leaf(error, "Code", code)
        leaf(error, "Description", text)
        if number:
            leaf(error, "TelephoneNumber", number)


def search_error(code: str, text: str) -> bytes:
    """Error shape of a refused search."""
    root = Element("SearchResult")
    error = SubElement(root, "Error")
    leaf(error, "Code", code)
    leaf(error, "Description", text)
    leaf(root, "ResultCount", "0")
    return render(root)


def response_status(root_tag: str, code: str, text: str = "") -> bytes:
    """Error shape with a ResponseStatus; an empty code is left out, as some 404 answers do."""
    root = Element(root_tag)
    status = SubElement(root, "ResponseStatus")
    if code:
        leaf(status, "ErrorCode", code)
    leaf(status, "Description", text or description(code))
    return render(root)


def file_result(root_tag: str, code: str, message: str, *, filename: str = "") -> bytes:
    """The answer of the LOA calls: resultCode 0 is success, anything else an error."""
    root = Element(root_tag)
    if filename:
        leaf(root, "filename", filename)
    leaf(root, "resultCode", code)
    leaf(root, "resultMessage", message)
    return render(root)
