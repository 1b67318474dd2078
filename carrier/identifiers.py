"""Checks for everything that becomes part of an address. What fails them is never sent."""

import re
from urllib.parse import urlsplit

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,20}")
_WORD = re.compile(r"[A-Za-z0-9-]{1,64}")
_FILE = re.compile(r"[A-Za-z0-9._-]{1,200}")


def is_uuid(text: str) -> bool:
    """Whether this is an order id as the carrier writes them."""
    return _UUID.fullmatch(text) is not None


def checked_order_id(text: str) -> str:
    """The id in lower case. Raises ValueError when it is not a UUID."""
    if not is_uuid(text):
        raise ValueError(f"not an order id: {text[:80]!r}")
    return text.lower()


def checked_number_id(text: str, what: str) -> str:
    """A site or SIP peer id, which are digits. Raises ValueError otherwise."""
    if not _DIGITS.fullmatch(text):
        raise ValueError(f"not a {what} id: {text[:80]!r}")
    return text


def checked_word_id(text: str, what: str) -> str:
    """An account or subscription id: ASCII letters, digits, dashes. Raises ValueError otherwise."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"not a {what} id: {text[:80]!r}")
    return text


def checked_file_id(text: str) -> str:
    """The carrier's name for an LOA file. Raises ValueError for what could leave the folder."""
    if not _FILE.fullmatch(text) or ".." in text or text == ".":
        raise ValueError(f"not an LOA file id: {text[:80]!r}")
    return text


def last_segment(location: str) -> str:
    """The last part of a Location header's path; host, query and user info are left behind.

    "" for two headers, which come joined by a comma: none of them is chosen.
    """
    if "," in location:
        return ""
    try:
        path = urlsplit(location.strip()).path
    except ValueError:
        return ""
    return path.rstrip("/").rpartition("/")[2]
