"""What the address of the list of telephone numbers says, read and written: known words only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from numbering.domain.inventory_list import MOST_SEARCHED, QUESTIONS, Asked
from numbering.enums import NumberOrigin, NumberState
from numbering.models import SipPeer

# Ids of our rows; more digits than these do not fit into the database.
_MOST_DIGITS = 18
_SELECTED = SafeString(" selected")
_LOCKS = {"yes": True, "no": False}


@dataclass(frozen=True)
class Filter:
    """A filter with fixed choices, as the page shows it."""

    name: str
    label: str
    choices: Iterable[tuple[str, str]]
    chosen: str

    @property
    def options(self) -> SafeString:
        """The choices as HTML."""
        return _options(tuple(self.choices), self.chosen)


def read(given: Mapping[str, str]) -> Asked:
    """Read what an address asks for; what it cannot ask for is left out."""
    site_id, _, sip_peer_id = given.get("place", "").partition("/")
    subscriber = given.get("subscriber", "")
    return Asked(
        search=given.get("q", "").replace("\x00", "").strip()[:MOST_SEARCHED],
        question=_one_of(QUESTIONS, given.get("question", "")),
        state=_one_of(NumberState.values, given.get("state", "")),
        origin=_one_of(NumberOrigin.values, given.get("origin", "")),
        is_locked=_LOCKS.get(given.get("locked", "")),
        subscriber_id=int(subscriber) if is_key(subscriber) else None,
        site_id=site_id if is_key(site_id) else "",
        sip_peer_id=sip_peer_id if is_key(site_id) and is_key(sip_peer_id) else "",
    )


def query_of(asked: Asked, **more: str | int) -> str:
    """Write what is asked as the part of an address after its question mark."""
    given = {
        "q": asked.search,
        "question": asked.question,
        "state": asked.state,
        "origin": asked.origin,
        "locked": next((word for word, is_ in _LOCKS.items() if is_ is asked.is_locked), ""),
        "subscriber": asked.subscriber_id or "",
        "place": _place(asked),
        **more,
    }
    return urlencode({name: value for name, value in given.items() if value != ""})


def filters(asked: Asked, peers: Iterable[SipPeer]) -> list[Filter]:
    """Return the filters with what is chosen in each."""
    lock = next((word for word, is_ in _LOCKS.items() if is_ is asked.is_locked), "")
    places: dict[str, str] = {}
    for peer in peers:
        places.setdefault(peer.site_id, f"{peer.site_name} (all of the site)")
        places[f"{peer.site_id}/{peer.sip_peer_id}"] = str(peer)
    if (chosen := _place(asked)) and chosen not in places:
        places[chosen] = chosen
    return [
        Filter("state", "State", NumberState.choices, asked.state),
        Filter("origin", "Came by", NumberOrigin.choices, asked.origin),
        Filter("locked", "Lock", [("yes", "Locked"), ("no", "Not locked")], lock),
        Filter("place", "Site · SIP peer", places.items(), chosen),
    ]


def is_key(text: str) -> bool:
    """Whether a text can be the key of a row, or an id that the carrier gives to a place."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


# The places of a reseller can be hundreds, and stay the same from page to page.
@lru_cache(maxsize=256)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, _SELECTED if value == chosen else "", label) for value, label in choices),
    )


def _place(asked: Asked) -> str:
    return f"{asked.site_id}/{asked.sip_peer_id}" if asked.sip_peer_id else asked.site_id


def _one_of(words: Iterable[str], word: str) -> str:
    return word if word in words else ""
