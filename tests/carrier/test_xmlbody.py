"""Bodies of every odd kind: understood when harmless, refused when not."""

from __future__ import annotations

import time
import tracemalloc
from xml.etree.ElementTree import Element

import pytest

from carrier import xmlbody
from carrier.errors import UnreadableBody

PLAIN = '<Order xmlns="urn:a"><OrderId>x-1</OrderId><Note>Größe</Note></Order>'


def read(body: bytes) -> tuple[str, str, str]:
    root = xmlbody.parse(body)
    return xmlbody.name_of(root), xmlbody.text(root, "orderid"), xmlbody.text(root, "note")


@pytest.mark.parametrize(
    "body",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        b"\n  " + PLAIN.encode(),
        b'<?xml version="1.0" encoding="utf-16"?>' + PLAIN.encode(),
        b'<?xml version="1.0" encoding="no-such-set"?>' + PLAIN.encode(),
        b'<?xml version="1.0" encoding="utf-8"?>' + PLAIN.encode("latin-1"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        ('<?xml version="1.0" encoding="utf-16"?>' + PLAIN).encode("utf-16"),
        b'<o:ORDER xmlns:o="urn:b"><!-- <!DOCTYPE x> --><o:Note> Gr\xc3\xb6\xc3\x9fe\n</o:Note>'
        b"<o:orderID><![CDATA[x-1]]></o:orderID><New/></o:ORDER>",
    ],
)
def test_harmless_variety_reads_as_the_plain_form(body: bytes) -> None:
    assert read(body) == ("order", "x-1", "Größe")


LAUGHS = "".join(
    f'<!ENTITY l{level} "{f"&l{level - 1};" * 10 if level else "ha" * 100}">' for level in range(9)
)
ATTACKS = {
    "bare": "<!DOCTYPE Order><Order/>",
    "small entity": '<!DOCTYPE Order [<!ENTITY s "COMPLETE">]><Order>&s;</Order>',
    "laughs": f"<!DOCTYPE Order [{LAUGHS}]><Order>&l8;</Order>",
    "file": '<!DOCTYPE Order [<!ENTITY f SYSTEM "file:///etc/hostname">]><Order>&f;</Order>',
    "outside": '<!DOCTYPE Order SYSTEM "http://127.0.0.1:1/x.dtd"><Order/>',
    "parameter": '<!DOCTYPE Order [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]><Order/>',
    "after a comment": "<!-- <Order/> --><!DOCTYPE Order><Order/>",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_doctype_is_refused_in_any_encoding(attack: str, encoding: str) -> None:
    """N13 and W13: from anyone."""
    with pytest.raises(UnreadableBody, match="DOCTYPE"):
        xmlbody.parse(attack.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-7", "utf-32", "cp037"])
def test_a_character_set_that_hides_a_doctype_is_unreadable(encoding: str) -> None:
    with pytest.raises(UnreadableBody):
        xmlbody.parse(ATTACKS["small entity"].encode(encoding))


@pytest.mark.parametrize(
    "body",
    [b"", b"  \n", b"null", b"{}", b"<a>", b"<a></b>", b"<a>&undefined;</a>", b"<a>\x00</a>",
     b"<a>\x1b[31m</a>", b"<a/><b/>", b"\xff\xfe", b"<\0"],
)  # fmt: skip
def test_what_is_not_well_formed_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        xmlbody.parse(body)


def test_depth_and_number_of_elements_are_limited() -> None:
    def nested(depth: int) -> bytes:
        return b"<a>" * depth + b"</a>" * depth

    assert len(xmlbody.parse(nested(64))) == 1
    assert len(xmlbody.parse(b"<r>" + b"<a/>" * 99 + b"</r>", max_elements=100)) == 99
    for body in (nested(65), b"<r>" + b"<a/>" * 100 + b"</r>"):
        with pytest.raises(UnreadableBody, match=r"deeper than 64|more than 100"):
            xmlbody.parse(body, max_elements=100)


def test_a_swarm_of_elements_is_refused_quickly_and_cheaply() -> None:
    """N13: before memory is spent on it."""
    body = b"<a>" * 200_000 + b"</a>" * 200_000
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(UnreadableBody, match="more than"):
        xmlbody.parse(body)
    lasted, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lasted < 10
    assert peak < 5_000_000


def test_characters_that_xml_cannot_hold_are_left_out_of_what_is_written() -> None:
    root = Element("r")
    xmlbody.add(root, "t", "a\x00b\x0bc\ud800d\ufffee\t\nf<&>Ł")
    assert xmlbody.text(xmlbody.parse(xmlbody.to_bytes(root)), "t") == "abcde\t\nf<&>Ł"


@pytest.mark.parametrize(
    ("text", "number"),
    [("86400", 86400), (" 7 ", 7), ("", None), ("-1", None), ("\u0663", None), ("1" * 5000, None)],
)
def test_numbers_are_plain_digits(text: str, number: int | None) -> None:
    body = f"<r><n>{text}</n></r>".encode()
    assert xmlbody.number(xmlbody.parse(body), "n") == number
