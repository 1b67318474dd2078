"""The sites of the account and their SIP peers: two of each, the same ones for everybody.

Only the first site has a default peer, so that an order without a peer can be tried both ways.
The first peer of each site has a messaging application, the second has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.document import leaf, render, response_status
from carrier.sandbox.exchange import Answer, xml

_APPLICATION = "3a52a2ca-5593-4ec2-94aa-3a8e0a0a7f11"


@dataclass(frozen=True)
class SipPeer:
    """A location that numbers are put on; without an application its messages go nowhere."""

    peer_id: str
    name: str
    description: str
    is_default: bool
    application_id: str = ""


@dataclass(frozen=True)
class Site:
    """A sub-account."""

    site_id: str
    name: str
    description: str
    peers: tuple[SipPeer, ...]

    def peer(self, peer_id: str) -> SipPeer | None:
        """The peer of this site with the id, or None."""
        return next((peer for peer in self.peers if peer.peer_id == peer_id), None)

    def default_peer(self) -> SipPeer | None:
        """The peer for orders that name none, or None."""
        return next((peer for peer in self.peers if peer.is_default), None)


SITES: dict[str, Site] = {
    site.site_id: site
    for site in (
        Site(
            "1001",
            "Main office",
            "First sub-account of the sandbox",
            (
                SipPeer(
                    "500101", "Main location", "Where orders without a peer go", True, _APPLICATION
                ),
                SipPeer("500102", "Second location", "", False),
            ),
        ),
        Site(
            "1002",
            "Branch office",
            "",
            (
                SipPeer(
                    "500201",
                    "Branch location",
                    "No default: a peer must be named",
                    False,
                    _APPLICATION,
                ),
                SipPeer("500202", "Branch overflow", "", False),
            ),
        ),
    )
}


def list_sites() -> Answer:
    """GET sites."""
    root = Element("SitesResponse")
    rows = SubElement(root, "Sites")
    for site in SITES.values():
        _write_site(rows, site)
    return xml(200, render(root))


def get_site(site_id: str) -> Answer:
    """GET sites/{id}: 404 with 12016 when there is none."""
    site = SITES.get(site_id)
    if site is None:
        text = f"Site '{site_id}' does not exist"
        return xml(404, response_status("SiteResponse", "12016", text))
    root = Element("SiteResponse")
    _write_site(root, site)
    return xml(200, render(root))


def list_sip_peers(site_id: str) -> Answer:
    """GET sites/{id}/sippeers."""
    site = SITES.get(site_id)
    if site is None:
        return get_site(site_id)
    root = Element("TNSipPeersResponse")
    rows = SubElement(root, "SipPeers")
    for peer in site.peers:
        _write_peer(rows, peer)
    return xml(200, render(root))


def get_sip_peer(site_id: str, peer_id: str) -> Answer:
    """GET sites/{id}/sippeers/{id}: 404 with 13563 when the site has no such peer."""
    site = SITES.get(site_id)
    if site is None:
        return get_site(site_id)
    peer = site.peer(peer_id)
    if peer is None:
        text = f"Sip Peer '{peer_id}' at site '{site_id}' does not exist"
        return xml(404, response_status("SipPeerResponse", "13563", text))
    root = Element("SipPeerResponse")
    _write_peer(root, peer)
    return xml(200, render(root))


def _write_site(parent: Element, site: Site) -> None:
    row = SubElement(parent, "Site")
    leaf(row, "Id", site.site_id)
    leaf(row, "Name", site.name)
    if site.description:
        leaf(row, "Description", site.description)


def _write_peer(parent: Element, peer: SipPeer) -> None:
    # The carrier declares a type on this element, and a client has to put up with it.
    schema = "http://www.w3.org/2001/XMLSchema-instance"
    row = SubElement(parent, "SipPeer", {"xmlns:xsi": schema, "xsi:type": "SipPeer"})
    leaf(row, "PeerId", peer.peer_id)
    leaf(row, "PeerName", peer.name)
    if peer.description:
        leaf(row, "Description", peer.description)
    leaf(row, "IsDefaultPeer", "true" if peer.is_default else "false")
