"""The kept record of one HTTP attempt, without its secrets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from carrier.errors import Outcome

MAX_TEXT = 64 * 1024
HIDDEN = "[hidden]"
# A shorter text occurs by chance, and hiding it everywhere would make a record unreadable. Where a
# secret has its proper place (an element, a header, user info) it is hidden at any length.
_SHORTEST_SECRET = 6

# No element's head holds another "<"; without that a body of nothing but beginnings takes hours.
_SECRET_ELEMENT = re.compile(
    r"(<(?:[\w.-]+:)?(?:password|secret|publickey)\b[^<>]*>)[^<]*", re.IGNORECASE
)
_SECRET_MEMBER = re.compile(
    r'("(?:access_token|refresh_token|id_token|password|client_secret)"\s*:\s*)"(?:[^"\\]|\\.)*"?',
    re.IGNORECASE,
)
_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
# An ampersand that begins a reference, in a page that may itself be quoted in another.
_REFERENCE = r"&(?i:(?:(?:amp|#0*38|#x0*26);)*(?:{});?)"
_USER_INFO = re.compile(r"(://)[^/\s@<>\"]+@")


@dataclass(frozen=True)
class Exchange:
    """One attempt at one call, as support may read it.

    Bodies are redacted and end at 64 Ki characters; files appear as their size only. `path` has no
    host. `order_id` is "" when no order is known. `detail` says in plain words how it ended.
    """

    operation: str
    method: str
    path: str
    request_body: str
    http_status: int | None
    response_body: str
    outcome: Outcome
    detail: str
    started_at: datetime
    duration_ms: int
    order_id: str


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the given secrets, password elements, tokens and user info in URLs.

    Given secrets of fewer than six characters are hidden only where they have their proper place.
    """
    if not text:
        return ""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
            if "&" in text and not secret.isalnum():
                text = re.sub("".join(map(_as_markup, secret)), HIDDEN, text)
    text = _SECRET_ELEMENT.sub(rf"\1{HIDDEN}", text)
    text = _SECRET_MEMBER.sub(rf'\1"{HIDDEN}"', text)
    text = _USER_INFO.sub(rf"\1{HIDDEN}@", text)
    if len(text) > MAX_TEXT:
        note = f"… [cut, {len(text)} characters]"
        text = text[: MAX_TEXT - len(note)] + note
    return text


def _as_markup(char: str) -> str:
    """Return the pattern of a character as XML and HTML write it: plain, by name or by number."""
    if char.isalnum():
        return char
    forms = [rf"#0*{ord(char)}", rf"#x0*{ord(char):x}"]
    if char in _NAMES:
        forms.append(_NAMES[char])
    return rf"(?:{re.escape(char)}|{_REFERENCE.format('|'.join(forms))})"


def kept_body(body: bytes, content_type: str, secrets: Iterable[str]) -> str:
    """A body as text for an Exchange: redacted text, or only the size of what is no text."""
    kind = content_type.partition(";")[0].strip().lower()
    is_text = kind in ("", "text/html") or kind.endswith(("xml", "json", "urlencoded"))
    if not is_text or b"\0" in body:
        return f"[{len(body)} bytes of {kind or 'unknown type'}]" if body else ""
    return redacted(body.decode("utf-8", "replace"), secrets)
