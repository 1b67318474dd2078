"""Sites and SIP peers: where numbers go. Only read here; people set them up.

Source: the carrier's API pages for sites and sippeers, the same paths in both versions.
"""

from collections.abc import Callable
from typing import TypeVar
from xml.etree.ElementTree import Element

from carrier import number_lists, xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import NotFound, UnreadableBody
from carrier.identifiers import checked_number_id
from carrier.number_lists import Bookmark, Page, Query, Walk
from carrier.records import SipPeer, Site
from carrier.telephone import all_from_wire
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
    path = _path_of_peer(site_id, sip_peer_id)
    return _read(carrier, "places.get_sip_peer", path, lambda root: _only(read_sip_peers(root)))


def list_numbers(
    carrier: Carrier, *, site_id: str, sip_peer_id: str, bookmark: Bookmark | None = None
) -> Walk:
    """All numbers of a SIP peer, page by page, from the bookmark of an earlier walk on."""
    path = f"{_path_of_peer(site_id, sip_peer_id)}/tns"
    # Without attributes, since nothing but the numbers is read.
    bare: Query = (("includeAttributes", "false"),)
    return Walk(
        carrier,
        lambda query: _call(carrier, "places.list_numbers", path, (*query, *bare)),
        read_numbers,
        bookmark,
    )


def messaging_application(carrier: Carrier, *, site_id: str, sip_peer_id: str) -> str:
    """The id of the application that gets a SIP peer's messages, "" when it has none.

    Its shape is that of the carrier's API page, and no sample of a live answer is known; nor is
    what a peer without one answers. A 404 is taken for that, so that an unknown peer has none.
    Raises the other CarrierErrors when it could not be asked.
    """
    path = f"{_path_of_peer(site_id, sip_peer_id)}/products/messaging/applicationSettings"
    try:
        return _read(carrier, "places.messaging_application", path, read_application)
    except NotFound:
        return ""


def read_sites(root: Element) -> tuple[Site, ...]:
    """The sites in an answer about one or many.

    Raises UnreadableBody when it is neither, or a site has no id that could be asked for.
    """
    return tuple(
        Site(
            _id(row, "id", "siteid"),
            xmlbody.text(row, "name"),
            xmlbody.text(row, "description"),
        )
        for row in _rows(root, "sites", "site")
    )


def read_sip_peers(root: Element) -> tuple[SipPeer, ...]:
    """The SIP peers in an answer about one or many. Raises UnreadableBody as `read_sites` does."""
    return tuple(
        SipPeer(
            _id(row, "peerid", "sippeerid", "id"),
            xmlbody.text(row, "peername", "name"),
            xmlbody.text(row, "description"),
            xmlbody.text(row, "isdefaultpeer").lower() == "true",
        )
        for row in _rows(root, "sippeers", "sippeer")
    )


def read_numbers(root: Element, number: int) -> Page:
    """The numbers of a page of a peer's list and the way on; `number` counts pages from 1.

    Raises UnreadableBody when it is no such page.
    """
    if xmlbody.name_of(root) != "sippeertelephonenumbersresponse":
        raise UnreadableBody("it is no list of a SIP peer's numbers")
    holder = xmlbody.child(root, "sippeertelephonenumbers")
    rows = [] if holder is None else xmlbody.children(holder, "sippeertelephonenumber")
    numbers = all_from_wire([xmlbody.text(row, "fullnumber") for row in rows])
    if len(numbers) < len(rows):
        raise UnreadableBody("a row of the list names no number")
    return Page(numbers, number_lists.following(root, number=number, count=len(numbers)))


def read_application(root: Element) -> str:
    """The application in an answer, "" for none. Raises UnreadableBody when it is another one."""
    holder = xmlbody.child(root, "applicationssettings")
    if xmlbody.name_of(root) != "applicationssettingsresponse" or holder is None:
        raise UnreadableBody("it does not tell of a SIP peer's application")
    return xmlbody.text(holder, "httpmessagingv2appid")


def _id(row: Element, *names: str) -> str:
    try:
        return checked_number_id(xmlbody.text(row, *names), xmlbody.name_of(row))
    except ValueError as error:
        raise UnreadableBody(str(error)) from None


def _path_of_peer(site_id: str, sip_peer_id: str) -> str:
    site_id = checked_number_id(site_id, "site")
    return f"sites/{site_id}/sippeers/{checked_number_id(sip_peer_id, 'SIP peer')}"


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
    call = _call(carrier, operation, path)

    def read(answer: Answer) -> Place:
        return read_root(call.root_of(answer))

    return carrier.call(call, read)


def _call(carrier: Carrier, operation: str, path: str, query: Query = ()) -> Call:
    return Call(
        operation=operation,
        bucket="sites",
        method="GET",
        path=path,
        version=carrier.settings.api_version,
        query=query,
    )
