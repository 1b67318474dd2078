"""Sites, SIP peers and the numbers in service."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from carrier.sandbox import Sandbox
from tests.carrier.sandbox.callers import Caller


def _read(caller: Caller, path: str) -> ET.Element:
    answer = caller.call("GET", path)
    assert answer.status_code == 200, answer.text
    return ET.fromstring(answer.content)


def test_there_are_two_sites(caller: Caller, v2: Caller) -> None:
    for one in (caller, v2):
        sites = _read(one, "sites").findall("Sites/Site")
        assert [(s.findtext("Id"), s.findtext("Name")) for s in sites] == [
            ("1001", "Main office"),
            ("1002", "Branch office"),
        ]


def test_one_site_is_read(caller: Caller) -> None:
    assert _read(caller, "sites/1002").findtext("Site/Name") == "Branch office"


def test_each_site_has_two_peers_and_only_the_first_a_default(caller: Caller) -> None:
    shown = {
        site: [
            (peer.findtext("PeerId"), peer.findtext("IsDefaultPeer"))
            for peer in _read(caller, f"sites/{site}/sippeers").findall("SipPeers/SipPeer")
        ]
        for site in ("1001", "1002")
    }
    assert shown == {
        "1001": [("500101", "true"), ("500102", "false")],
        "1002": [("500201", "false"), ("500202", "false")],
    }


def test_one_peer_is_read(caller: Caller) -> None:
    peer = _read(caller, "sites/1001/sippeers/500102").find("SipPeer")
    assert peer is not None
    assert peer.findtext("PeerName") == "Second location"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("sites/9", "12016"),
        ("sites/9/sippeers", "12016"),
        ("sites/9/sippeers/500101", "12016"),
        ("sites/1001/sippeers/500201", "13563"),
    ],
)
def test_a_place_that_is_not_there_is_404_with_a_code(caller: Caller, path: str, code: str) -> None:
    answer = caller.call("GET", path)
    assert answer.status_code == 404
    assert ET.fromstring(answer.content).findtext("ResponseStatus/ErrorCode") == code


def test_a_resource_that_is_not_there_is_404(caller: Caller) -> None:
    paths = ("orders/x/y", "sites/1001/x", "importTnOrders/x/y", "subscriptions/a/b")
    assert [caller.call("GET", path).status_code for path in paths] == [404] * 4


def test_without_hosted_numbers_the_in_service_list_is_204(caller: Caller) -> None:
    answer = caller.call("GET", "inserviceNumbers")
    assert (answer.status_code, answer.content) == (204, b"")


def test_imported_numbers_are_in_service_page_by_page(caller: Caller, v2: Caller) -> None:
    caller.outcome("3032281000", "3032281001", "3032281002", "3037197518")
    first = _read(caller, "inserviceNumbers?size=2")
    second = _read(caller, "inserviceNumbers?page=2&size=2")
    number = "TelephoneNumbers/TelephoneNumber"
    assert [node.text for node in first.findall(number)] == ["3032281000", "3032281001"]
    assert [node.text for node in second.findall(number)] == ["3032281002"]
    assert (first.findtext("TotalCount"), first.findtext("TelephoneNumbers/Count")) == ("3", "2")
    assert "page=2" in first.findtext("Links/next", "")
    assert second.find("Links/next") is None
    assert _read(v2, "inserviceNumbers").findtext(number) == "+13032281000"


@pytest.mark.parametrize("query", ["page=0", "size=x", "size=5001"])
def test_a_bad_page_is_refused(caller: Caller, query: str) -> None:
    assert caller.call("GET", f"inserviceNumbers?{query}").status_code == 400


def test_a_lost_number_is_no_longer_in_service(sandbox: Sandbox, caller: Caller) -> None:
    caller.outcome("3032281000")
    assert sandbox.lose("+13032281000", notify=False) is True
    assert caller.call("GET", "inserviceNumbers/3032281000").status_code == 404
    assert sandbox.lose("3032281000") is False
