"""Reading and writing XML bodies: strict about attacks, tolerant about everything else.

Names are matched without namespace and without case, because the carrier mixes `orderId` and
`OrderId`, and declares namespaces on inner elements.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from carrier.errors import UnreadableBody

MAX_DEPTH = 64
#: An answer about 5,000 telephone numbers has some 5,030 elements, a list of 1,000 orders 11,000.
MAX_ELEMENTS = 50_000

# Longer ones mean nothing here, and from 4,300 digits on Python itself refuses them.
_DIGITS = re.compile(r"[0-9]{1,19}")

# What XML 1.0 does not allow even when escaped: control characters, surrogates, two non-characters.
_NOT_XML = dict.fromkeys(
    (
        *(code for code in range(0x20) if chr(code) not in "\t\n\r"),
        *range(0xD800, 0xE000),
        0xFFFE,
        0xFFFF,
    )
)


def parse(body: bytes, *, max_elements: int = MAX_ELEMENTS) -> Element:
    """The root element of an XML body.

    The bytes decide the character set: a byte order mark, then UTF-16 seen by its zero bytes, then
    UTF-8, and Latin-1 when it is none of them. What the body or the HTTP header declares is not
    believed, since both are known to be wrong. Raises UnreadableBody for anything that is not
    well-formed, has a DOCTYPE, or is too deep or too many-branched.
    """
    document = _as_utf8(body)
    if not document.strip():
        raise UnreadableBody("the body is empty")
    # Each element has at least one "<", so this stops a swarm before memory is spent on it.
    if document.count(b"<") > 4 * max_elements:
        raise UnreadableBody(f"the body has more than {max_elements} elements")
    try:
        root = _root(document)
    except DefusedXmlException:
        raise UnreadableBody("the body has a DOCTYPE, which is never accepted") from None
    except (ElementTree.ParseError, ValueError) as error:
        raise UnreadableBody(f"the body is not well-formed XML ({error})") from None
    _check_size(root, max_elements)
    return root


def _as_utf8(body: bytes) -> bytes:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace").encode()
    if body[:2] in (b"<\0", b"\0<"):
        encoding = "utf-16-le" if body[:1] == b"<" else "utf-16-be"
        return body.decode(encoding, "replace").encode()
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1").encode()
    # White space before the prolog is an error in XML, but harmless.
    return body.lstrip() if body[:1].isspace() else body


def _root(document: bytes) -> Element:
    """Parse UTF-8 text. Telling expat the character set makes it pass over the declared one.

    The text is UTF-8 by now, so without these nine bytes there can be no DOCTYPE, no entity and no
    outside reference, and the C parser is safe. With them, defusedxml decides whether it is a real
    one (it may stand in a comment or CDATA); its Python hooks take more than twice the time.
    """
    if b"<!DOCTYPE" in document:
        defused = defusedxml.ElementTree.DefusedXMLParser(
            target=ElementTree.TreeBuilder(), encoding="utf-8", forbid_dtd=True
        )
        defused.feed(document)
        root: Element = defused.close()
        return root
    parser = ElementTree.XMLParser(encoding="utf-8")  # noqa: S314 - see above
    parser.feed(document)
    return parser.close()


def _check_size(root: Element, max_elements: int) -> None:
    level = [root]
    depth = count = 0
    while level:
        depth += 1
        count += len(level)
        if depth > MAX_DEPTH:
            raise UnreadableBody(f"the body is nested deeper than {MAX_DEPTH} elements")
        if count > max_elements:
            raise UnreadableBody(f"the body has more than {max_elements} elements")
        level = [child for parent in level for child in parent]


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def name_of(element: Element) -> str:
    """The element's name in lower case, without namespace."""
    return _local(element.tag)


def child(element: Element, *names: str) -> Element | None:
    """The first direct child with one of these lower-case names."""
    return next((found for found in element if _local(found.tag) in names), None)


def children(element: Element, *names: str) -> list[Element]:
    """All direct children with one of these lower-case names."""
    return [found for found in element if _local(found.tag) in names]


def text(element: Element | None, *names: str) -> str:
    """The trimmed text of the element, or of its first child with one of the names; "" if none."""
    if element is not None and names:
        element = child(element, *names)
    if element is None:
        return ""
    return (element.text or "").strip()


def number(element: Element | None, *names: str) -> int | None:
    """What `text` gives, as a number of at most 19 digits; None when it is no such number."""
    digits = text(element, *names)
    return int(digits) if _DIGITS.fullmatch(digits) else None


def walk(element: Element, *, skipping: frozenset[str] = frozenset()) -> Iterator[Element]:
    """The element and what is under it, top down, without going into the named ones."""
    yield element
    for inner in element:
        if _local(inner.tag) not in skipping:
            yield from walk(inner, skipping=skipping)


def unwrap(element: Element) -> Element:
    """Go down while the only child has the element's own name (rows come wrapped in themselves)."""
    while len(element) == 1 and name_of(element[0]) == name_of(element):
        element = element[0]
    return element


def add(parent: Element, name: str, value: str = "") -> Element:
    """Append a child with this text, without the characters that XML cannot hold."""
    element = SubElement(parent, name)
    if value:
        element.text = value.translate(_NOT_XML)
    return element


def add_all(parent: Element, name: str, values: Iterable[str]) -> None:
    """Append a child for each text, all of them checked already: nothing is taken out."""
    for value in values:
        SubElement(parent, name).text = value


def to_bytes(root: Element) -> bytes:
    """The document in UTF-8 with its prolog."""
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document
