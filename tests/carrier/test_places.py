"""Sites and SIP peers of the sandbox."""

from __future__ import annotations

import pytest

from carrier import places, xmlbody
from carrier.client import Carrier
from carrier.errors import NotFound, UnreadableBody
from carrier.records import SipPeer, Site


def test_all_sites_are_listed(carrier: Carrier) -> None:
    sites = places.list_sites(carrier)
    assert [(site.site_id, site.name) for site in sites] == [
        ("1001", "Main office"),
        ("1002", "Branch office"),
    ]
    assert places.get_site(carrier, site_id="1002") == sites[1]


def test_all_peers_of_a_site_are_listed(carrier: Carrier) -> None:
    peers = places.list_sip_peers(carrier, site_id="1001")
    assert [(peer.sip_peer_id, peer.is_default) for peer in peers] == [
        ("500101", True),
        ("500102", False),
    ]
    assert places.get_sip_peer(carrier, site_id="1001", sip_peer_id="500102") == peers[1]


def test_an_unknown_site_or_peer_is_not_found(carrier: Carrier) -> None:
    with pytest.raises(NotFound) as caught:
        places.get_site(carrier, site_id="5001")
    assert [problem.code for problem in caught.value.problems] == ["12016"]
    with pytest.raises(NotFound):
        places.get_sip_peer(carrier, site_id="1001", sip_peer_id="500201")


@pytest.mark.parametrize("bad", ["", "..", "1/2", "\uff11\uff10"])
def test_what_is_no_id_is_never_asked_for(carrier: Carrier, bad: str) -> None:
    with pytest.raises(ValueError, match="not a site id"):
        places.get_site(carrier, site_id=bad)
    with pytest.raises(ValueError, match="not a SIP peer id"):
        places.get_sip_peer(carrier, site_id="1001", sip_peer_id=bad)


def test_bare_elements_with_other_names_are_read() -> None:
    site = places.read_sites(xmlbody.parse(b"<Site><Id>7</Id><Name> A </Name></Site>"))
    peer = places.read_sip_peers(xmlbody.parse(b"<SipPeer><Id>9</Id><Name>B</Name></SipPeer>"))
    assert (site, peer) == ((Site("7", "A", ""),), (SipPeer("9", "B", "", False),))


def test_no_sites_and_no_answer_are_different() -> None:
    assert places.read_sites(xmlbody.parse(b"<SitesResponse><Sites/></SitesResponse>")) == ()
    with pytest.raises(UnreadableBody):
        places.read_sites(xmlbody.parse(b"<html/>"))
