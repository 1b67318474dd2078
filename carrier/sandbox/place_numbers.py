"""What a site or a SIP peer holds: its numbers, how many those are, its messaging application."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.document import leaf, render, repeated_errors
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.number_book import Scope
from carrier.sandbox.number_pages import BadPageError, read_page, write_links
from carrier.sandbox.places import SITES, get_sip_peer, get_site
from carrier.sandbox.state import SandboxState

_DEFAULT_SIZE = 5000


def list_numbers(state: SandboxState, call: Call, site_id: str, peer_id: str) -> Answer:
    """GET sites/{id}/sippeers/{id}/tns?page&size: an empty list for a page that is empty."""
    if not _is_peer(site_id, peer_id):
        return get_sip_peer(site_id, peer_id)
    scope = Scope(site_id=site_id, sip_peer_id=peer_id)
    root = Element("SipPeerTelephoneNumbersResponse")
    try:
        page = read_page(state, call, scope, default_size=_DEFAULT_SIZE)
    except BadPageError as error:
        return xml(400, repeated_errors(root.tag, [("1008", str(error))]))
    address = f"{call.location}/sites/{site_id}/sippeers/{peer_id}/tns"
    write_links(SubElement(root, "Links"), address, page)
    rows = SubElement(root, "SipPeerTelephoneNumbers")
    for number in page.rows:
        row = SubElement(rows, "SipPeerTelephoneNumber")
        leaf(row, "FullNumber", call.number_to_wire(number))
    return xml(200, render(root))


def count_at_site(state: SandboxState, site_id: str) -> Answer:
    """GET sites/{id}/totaltns."""
    if site_id not in SITES:
        return get_site(site_id)
    root = Element("SiteTNsResponse")
    total = state.numbers.count(Scope(site_id=site_id))
    leaf(SubElement(root, "SiteTNs"), "TotalCount", str(total))
    return xml(200, render(root))


def count_at_peer(state: SandboxState, site_id: str, peer_id: str) -> Answer:
    """GET sites/{id}/sippeers/{id}/totaltns."""
    if not _is_peer(site_id, peer_id):
        return get_sip_peer(site_id, peer_id)
    root = Element("SipPeerTelephoneNumbersCountResponse")
    counts = SubElement(root, "SipPeerTelephoneNumbersCounts")
    total = state.numbers.count(Scope(site_id=site_id, sip_peer_id=peer_id))
    leaf(counts, "SipPeerTelephoneNumbersCount", str(total))
    return xml(200, render(root))


def messaging_application(site_id: str, peer_id: str) -> Answer:
    """GET …/products/messaging/applicationSettings: empty for a peer without an application.

    What the real carrier answers for such a peer is not known.
    """
    site = SITES.get(site_id)
    peer = site.peer(peer_id) if site else None
    if peer is None:
        return get_sip_peer(site_id, peer_id)
    root = Element("ApplicationsSettingsResponse")
    settings = SubElement(root, "ApplicationsSettings")
    if peer.application_id:
        leaf(settings, "HttpMessagingV2AppId", peer.application_id)
    return xml(200, render(root))


def _is_peer(site_id: str, peer_id: str) -> bool:
    site = SITES.get(site_id)
    return site is not None and site.peer(peer_id) is not None
