"""What a kept record holds, and what it never holds."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from urllib.parse import quote
from xml.sax import saxutils

import pytest

from carrier.call import Call
from carrier.credentials import spellings
from carrier.errors import Problem
from carrier.exchange import MAX_TEXT, kept_body, redacted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<Password>abc</Password>", "<Password>[hidden]</Password>"),
        ("<ns:password a='1'>a</ns:password>", "<ns:password a='1'>[hidden]</ns:password>"),
        ('{"access_token": "a\\"b", "x": 1}', '{"access_token": "[hidden]", "x": 1}'),
        ('{"access_token": "cut off', '{"access_token": "[hidden]"'),
        ("to https://u:p@portal.example/x", "to https://[hidden]@portal.example/x"),
        ("said s3cret&more twice", "said [hidden] twice"),
        ("said s3cret&amp;more twice", "said [hidden] twice"),
        ("<Description>plain</Description>", "<Description>plain</Description>"),
    ],
)
def test_secrets_are_hidden(text: str, kept: str) -> None:
    assert redacted(text, ["s3cret&more", ""]) == kept


def by_number(text: str, form: str) -> str:
    """Write each character that markup knows by its number."""
    return "".join(form.format(ord(char)) if char in "&<>\"'/%" else char for char in text)


@pytest.mark.parametrize(
    "write",
    [
        html.escape,
        saxutils.escape,
        lambda text: saxutils.escape(text, {"'": "&apos;", '"': "&QUOT;"}),
        lambda text: saxutils.escape(text, {"'": "&#39;"}),
        lambda text: html.escape(html.escape(text)),
        lambda text: html.escape(json.dumps(text)[1:-1]),
        lambda text: html.escape(quote(text)),
        lambda text: by_number(text, "&#{};"),
        lambda text: by_number(text, "&#0{}"),
        lambda text: by_number(text, "&#x{:x};"),
        lambda text: by_number(text, "&#X00{:X};"),
    ],
)
def test_a_password_that_a_page_repeats_is_hidden_however_markup_writes_it(
    write: Callable[[str], str],
) -> None:
    for password in ("pl\"ante'd<pass&word", "'/>%planted", "plain-planted\\'"):
        page = f"<p>You sent &laquo;{write(password)}&raquo; &amp; more</p>"
        kept = redacted(page, spellings(password))
        assert kept == "<p>You sent &laquo;[hidden]&raquo; &amp; more</p>"


def test_a_page_of_nothing_but_references_is_looked_through() -> None:
    """It is looked through once for each spelling, and not once more for each of its signs."""
    for piece in ("&", "&amp;", "&#0", "&#x", "&amp;#"):
        page = piece * (500_000 // len(piece))
        assert redacted(page, spellings("&&\"secret'"))[:6] == page[:6]


def test_a_secret_at_the_cut_is_hidden_whole() -> None:
    kept = redacted("x" * (MAX_TEXT - 45) + "s3cret-word" + "y" * 100, ["s3cret-word"])
    assert (len(kept), "s3cret" in kept) == (MAX_TEXT, False)


@pytest.mark.parametrize(
    ("body", "content_type", "kept"),
    [
        (b"<a/>", "application/xml; charset=utf-8", "<a/>"),
        (b"plain", "", "plain"),
        (b"\xff<a/>", "text/xml", "\ufffd<a/>"),
        (b"a\0b", "text/xml", "[3 bytes of text/xml]"),
        (b"%PDF", "application/pdf", "[4 bytes of application/pdf]"),
        (b"", "application/pdf", ""),
    ],
)
def test_texts_are_kept_and_files_are_counted(body: bytes, content_type: str, kept: str) -> None:
    assert kept_body(body, content_type, []) == kept


def test_a_reason_that_repeats_a_password_is_kept_without_it() -> None:
    call = Call("x.y", "x", "POST", "x", "v1", secrets=("s3cret-word",))
    refusal = call.refused(400, (Problem("14505", "s3cret-word is too short"),))
    assert refusal.problems == (Problem("14505", "[hidden] is too short"),)
    assert str(refusal) == "x.y: the carrier refused (400): 14505 [hidden] is too short"
    assert "s3cret" not in repr(call)
