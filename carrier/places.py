"""Sites and SIP peers: where imported numbers go. Only read here; people set them up.

Source: the carrier's API pages for sites and sippeers, the same paths in both versions.
"""

from collections.abc import Callable
from typing import TypeVar
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import UnreadableBody
from carrier.identifiers import checked_number_id
from carrier.records import SipPeer, Site
from carrier.wire import Answer

Place = TypeVar("Place")


def list_sites(carrier: Carrier) -> tuple[Site, ...]:
    """All sites of the account. Raises a CarrierError when they could not be read."""
    return _read(carrier, "places.list_sites", "sites", read_sites)


def get_site(carrier: Carrier, *, site_id: str) -> Site:
    """One site. Raises NotFound when the account has none with this id."""
    path = f"sites/{checked_number_id(site_id, 'site')}"
    return _read(carrier, "places.get_site", path, lambda root: _only(read_sites(root)))


def list_sip_peers(carrier: Carrier, *, site_id: str) -> tuple[SipPeer, ...]:
    """All SIP peers of a site. Raises a CarrierError when they could not be read."""
    path = f"sites/{checked_number_id(site_id, 'site')}/sippeers"
    return _read(carrier, "places.list_sip_peers", path, read_sip_peers)


def get_sip_peer(carrier: Carrier, *, site_id: str, sip_peer_id: str) -> SipPeer:
    """One SIP peer of a site. Raises NotFound when the site has none with this id."""
    site_id = checked_number_id(site_id, "site")
    path = f"sites/{site_id}/sippeers/{checked_number_id(sip_peer_id, 'SIP peer')}"
    return _read(carrier, "places.get_sip_peer", path, lambda root: _only(read_sip_peers(root)))


def read_sites(root: Element) -> tuple[Site, ...]:
    """The sites in an answer about one or many. Raises UnreadableBody when it is neither."""
    return tuple(
        Site(
            xmlbody.text(row, "id", "siteid"),
            xmlbody.text(row, "name"),
            xmlbody.text(row, "description"),
        )
        for row in _rows(root, "sites", "site")
    )


def read_sip_peers(root: Element) -> tuple[SipPeer, ...]:
    """The SIP peers in an answer about one or many. Raises UnreadableBody when it is neither."""
    return tuple(
        SipPeer(
            xmlbody.text(row, "peerid", "sippeerid", "id"),
            xmlbody.text(row, "peername", "name"),
            xmlbody.text(row, "description"),
            xmlbody.text(row, "isdefaultpeer").lower() == "true",
        )
        for row in _rows(root, "sippeers", "sippeer")
    )


def _rows(root: Element, many: str, one: str) -> list[Element]:
    if xmlbody.name_of(root) == one:
        return [root]
    holder = root if xmlbody.name_of(root) == many else xmlbody.child(root, many)
    rows = xmlbody.children(root if holder is None else holder, one)
    if holder is None and not rows:
        raise UnreadableBody(f"there is no {one} in it")
    return rows


def _only(rows: tuple[Place, ...]) -> Place:
    if len(rows) != 1:
        raise UnreadableBody("it is not about one place")
    return rows[0]


def _read(
    carrier: Carrier, operation: str, path: str, read_root: Callable[[Element], Place]
) -> Place:
    call = Call(
        operation=operation,
        bucket="sites",
        method="GET",
        path=path,
        version=carrier.settings.api_version,
    )

    def read(answer: Answer) -> Place:
        return read_root(call.root_of(answer))

    return carrier.call(call, read)
