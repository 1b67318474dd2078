"""What the cells of a row say: a number, whose it is, how it came, where it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from numbering.enums import NumberOrigin
from numbering.intake_file import Header
from numbering.phone import NotANumber, to_e164

Meaning = TypeVar("Meaning")

_NAME_LIMIT = 200
_ORIGINS = {
    "": "",
    "import": NumberOrigin.IMPORT.value,
    "imported": NumberOrigin.IMPORT.value,
    "order": NumberOrigin.ORDER.value,
    "ordered": NumberOrigin.ORDER.value,
}
_LOCKS = {
    "": None,
    **dict.fromkeys(("yes", "y", "true", "1"), True),
    **dict.fromkeys(("no", "n", "false", "0"), False),
}


class Unclear(ValueError):
    """A cell says nothing that can be used; the message says why."""


class Reading(NamedTuple):
    """What was read of a row. Empty means that the file leaves it open; a fault refuses it."""

    e164: str = ""
    subscriber_name: str = ""
    origin: str = ""
    site_id: str = ""
    sip_peer_id: str = ""
    is_locked: bool | None = None
    fault: str = ""


@dataclass(frozen=True)
class Place:
    """A SIP peer with its site."""

    site_id: str
    site_name: str
    sip_peer_id: str
    sip_peer_name: str
    is_default: bool


class Places:
    """The sites and SIP peers that there are, found by id or by name."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_site: dict[str, set[Place]] = defaultdict(set)
        self._by_peer: dict[str, set[Place]] = defaultdict(set)
        for place in places:
            for key in (place.site_id, _folded(place.site_name)):
                self._by_site[key].add(place)
            for key in (place.sip_peer_id, _folded(place.sip_peer_name)):
                self._by_peer[key].add(place)
        self._found: dict[tuple[str, str], tuple[str, str]] = {}

    def find(self, site: str, sip_peer: str) -> tuple[str, str]:
        """Return the ids of site and SIP peer, empty for two empty texts. Raises Unclear.

        A site alone means its default SIP peer, or the only one that it has.
        """
        if not (site or sip_peer):
            return "", ""
        asked = (_folded(site), _folded(sip_peer))
        if asked not in self._found:
            place = self._one(site, sip_peer, *asked)
            self._found[asked] = place.site_id, place.sip_peer_id
        return self._found[asked]

    def _one(self, site: str, sip_peer: str, site_key: str, peer_key: str) -> Place:
        in_site = self._by_site.get(site_key, set())
        if site and not in_site:
            raise Unclear(f"There is no site “{_short(site)}” at the carrier.")
        if not sip_peer:
            chosen = {place for place in in_site if place.is_default} or in_site
            advice = f"Site “{_short(site)}” has several SIP peers; name one."
        else:
            of_name = self._by_peer.get(peer_key, set())
            chosen = of_name & in_site if site else of_name
            advice = f"Several SIP peers are “{_short(sip_peer)}”; name the site, or give ids."
        if not chosen:
            where = f" in site “{_short(site)}”" if site else " at the carrier"
            raise Unclear(f"There is no SIP peer “{_short(sip_peer)}”{where}.")
        if len(chosen) > 1:
            raise Unclear(advice)
        return next(iter(chosen))


def read_cells(header: Header, places: Places, cells: list[str]) -> Reading:
    """Read a row; what is unclear in it becomes its fault."""
    texts = {
        column: cells[index].strip() for column, index in header.used.items() if index < len(cells)
    }
    e164 = ""
    name = texts.get("subscriber", "")
    try:
        # Spreadsheets mark a cell as text with an apostrophe, which some of them leave in a CSV.
        e164 = to_e164(texts.get("number", "").removeprefix("'"))
        if len(name) > _NAME_LIMIT:
            name = ""
            raise Unclear(f"The subscriber's name has more than {_NAME_LIMIT} characters.")
        site_id, sip_peer_id = places.find(texts.get("site", ""), texts.get("sip peer", ""))
        return Reading(
            e164,
            name,
            _word(texts.get("came by", ""), _ORIGINS, "came by", "import or order"),
            site_id,
            sip_peer_id,
            _word(texts.get("locked", ""), _LOCKS, "locked", "yes or no"),
        )
    except NotANumber as error:
        return Reading(subscriber_name=name[:_NAME_LIMIT], fault=str(error))
    except Unclear as unclear:
        return Reading(e164, name, fault=str(unclear))


def _word(text: str, words: Mapping[str, Meaning], column: str, takes: str) -> Meaning:
    try:
        return words[text.casefold()]
    except KeyError:
        raise Unclear(
            f"“{_short(text)}” under “{column}” is not understood; write {takes}."
        ) from None


def _folded(text: str) -> str:
    return text.strip().casefold()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
