"""Sites and SIP peers of the sandbox."""

from __future__ import annotations

import pytest

from carrier import places, xmlbody
from carrier.client import Carrier
from carrier.errors import NotFound, OutcomeUnknown, UnreadableBody
from carrier.records import SipPeer, Site
from tests.carrier.conftest import Connect
from tests.carrier.scripted import Script, ScriptedServer, answering
from tests.carrier.test_in_service import in_turn, many, next_link, queries

ONE, TWO = "+13032281000", "+13032281001"
PEER = {"site_id": "1001", "sip_peer_id": "500101"}


def page(*numbers: str, links: str = "") -> Script:
    """A page of a peer's numbers."""
    rows = "".join(
        f"<SipPeerTelephoneNumber><FullNumber>{number}</FullNumber></SipPeerTelephoneNumber>"
        for number in numbers
    )
    return answering(
        "200 OK",
        f"<SipPeerTelephoneNumbersResponse>{links}<SipPeerTelephoneNumbers>{rows}"
        "</SipPeerTelephoneNumbers></SipPeerTelephoneNumbersResponse>".encode(),
    )


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


@pytest.mark.parametrize("bad", ["", "12x", "../1", "9" * 21, "\uff11"])
def test_a_place_without_an_id_that_can_be_asked_for_is_no_answer(
    connect: Connect, bad: str
) -> None:
    """R7: it would become a part of the next address."""
    site = f"<Sites><Site><Id>{bad}</Id><Name>A</Name></Site></Sites>"
    peer = f"<SipPeers><SipPeer><PeerId>{bad}</PeerId></SipPeer></SipPeers>"
    with pytest.raises(UnreadableBody, match="not a site id"):
        places.read_sites(xmlbody.parse(site.encode()))
    with pytest.raises(UnreadableBody, match="not a sippeer id"):
        places.read_sip_peers(xmlbody.parse(peer.encode()))
    with (
        ScriptedServer(answering("200 OK", site.encode())) as server,
        pytest.raises(OutcomeUnknown),
    ):
        places.list_sites(connect(server.url))


def test_no_sites_and_no_answer_are_different() -> None:
    assert places.read_sites(xmlbody.parse(b"<SitesResponse><Sites/></SitesResponse>")) == ()
    with pytest.raises(UnreadableBody):
        places.read_sites(xmlbody.parse(b"<html/>"))


@pytest.mark.parametrize(
    ("answers", "pages", "asked"),
    [
        (
            [page(ONE, links=next_link("page=2&amp;size=300")), page(TWO)],
            [(ONE,), (TWO,)],
            ["page=1&size=500&includeAttributes=false", "page=2&size=300&includeAttributes=false"],
        ),
        (
            [page(*many(500)), answering("204 No Content")],
            [tuple(many(500)), ()],
            ["page=1&size=500&includeAttributes=false", "page=2&size=500&includeAttributes=false"],
        ),
        ([page()], [()], ["page=1&size=500&includeAttributes=false"]),
    ],
    ids=["by links", "a full page without links", "an empty peer"],
)
def test_all_numbers_of_a_peer_are_listed(
    connect: Connect, answers: list[Script], pages: list[tuple[str, ...]], asked: list[str]
) -> None:
    with ScriptedServer(in_turn(*answers)) as server:
        assert list(places.list_numbers(connect(server.url), **PEER)) == pages
    assert queries(server) == asked
    assert server.requests[-1].startswith(
        b"GET /api/v2/accounts/9900001/sites/1001/sippeers/500101/tns?"
    )


def test_a_list_of_a_peer_that_goes_in_a_circle_is_not_a_list(connect: Connect) -> None:
    with (
        ScriptedServer(page(*many(500))) as server,
        pytest.raises(OutcomeUnknown, match="repeats its pages"),
    ):
        list(places.list_numbers(connect(server.url), **PEER))
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "body",
    [
        "<TNs/>",
        "<SipPeerTelephoneNumbersResponse><SipPeerTelephoneNumbers><SipPeerTelephoneNumber/>"
        "</SipPeerTelephoneNumbers></SipPeerTelephoneNumbersResponse>",
    ],
)
def test_a_number_that_cannot_be_read_is_not_left_out(body: str) -> None:
    with pytest.raises(UnreadableBody):
        places.read_numbers(xmlbody.parse(body.encode()), 1)


@pytest.mark.parametrize(
    ("status", "body", "application"),
    [
        (
            "200 OK",
            "<ApplicationsSettingsResponse><ApplicationsSettings><HttpMessagingV2AppId> 4a4c "
            "</HttpMessagingV2AppId></ApplicationsSettings></ApplicationsSettingsResponse>",
            "4a4c",
        ),
        (
            "200 OK",
            "<ApplicationsSettingsResponse><ApplicationsSettings/></ApplicationsSettingsResponse>",
            "",
        ),
        ("404 Not Found", "", ""),
    ],
)
def test_the_application_of_a_peer_is_read(
    connect: Connect, status: str, body: str, application: str
) -> None:
    with ScriptedServer(answering(status, body.encode())) as server:
        assert places.messaging_application(connect(server.url), **PEER) == application
    assert b"/sippeers/500101/products/messaging/applicationSettings " in server.requests[0]


@pytest.mark.parametrize("place", [{"site_id": ".."}, {"sip_peer_id": "1/2"}])
def test_a_peer_with_a_bad_id_is_never_asked_for(connect: Connect, place: dict[str, str]) -> None:
    carrier = connect("http://127.0.0.1:1")
    for ask in (places.list_numbers, places.messaging_application):
        with pytest.raises(ValueError, match=r"not a (site|SIP peer) id"):
            ask(carrier, **{**PEER, **place})
