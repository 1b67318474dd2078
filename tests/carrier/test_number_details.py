"""The details of one number, in every way that the carrier writes them."""

from __future__ import annotations

import pytest

from carrier import number_details, xmlbody
from carrier.errors import CarrierError, NotFound, OutcomeUnknown, Refused, UnreadableBody
from carrier.records import NumberStatus
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

NUMBER = "+13032281000"


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("v1", b"GET /api/tns/3032281000/tndetails "),
        ("v2", b"GET /api/v2/tns/+13032281000/tndetails "),
    ],
)
def test_details_stand_beside_the_accounts(connect: Connect, version: str, path: bytes) -> None:
    body = b"<TelephoneNumberResponse><TelephoneNumber>303-228-1000</TelephoneNumber><Status>aging"
    body += b"</Status></TelephoneNumberResponse>"
    with ScriptedServer(answering("200 OK", body)) as server:
        details = number_details.get(
            connect(server.url, api_version=version), telephone_number=NUMBER
        )
    assert server.requests[0].startswith(path)
    assert (details.e164, details.status, details.raw_status) == (
        NUMBER,
        NumberStatus.AGING,
        "aging",
    )
    assert (details.site_id, details.sms_enabled, details.service_types) == ("", None, ())


@pytest.mark.parametrize(
    ("inside", "facts"),
    [
        ("<Site><Id>7</Id><Name> A </Name></Site>", {"site_id": "7", "site_name": "A"}),
        ("<SiteId>7</SiteId>", {"site_id": "7", "site_name": ""}),
        (
            "<SipPeer><PeerId>9</PeerId><PeerName>B</PeerName></SipPeer>",
            {"sip_peer_id": "9", "sip_peer_name": "B"},
        ),
        (
            "<SipPeer><Id>9</Id><Name>B</Name></SipPeer>",
            {"sip_peer_id": "9", "sip_peer_name": "B"},
        ),
        ("<SipPeerId>9</SipPeerId>", {"sip_peer_id": "9"}),
        ("<PeerId>9</PeerId>", {"sip_peer_id": "9"}),
        ("<LATA>656</LATA>", {"lata": "656"}),
        ("<RateCenter>DENVER   </RateCenter>", {"rate_center": "DENVER"}),
        ("<Status>Dancing</Status>", {"status": NumberStatus.UNKNOWN, "raw_status": "Dancing"}),
        ("<LastModifiedDate>someday</LastModifiedDate>", {"raw_last_modified_at": "someday"}),
        (
            "<MessagingSettings><SmsEnabled>FALSE</SmsEnabled></MessagingSettings>",
            {"sms_enabled": False},
        ),
        ("<MessagingSettings/><TnAttributes/>", {"sms_enabled": None, "attributes": ()}),
    ],
)
def test_each_way_of_writing_is_read(inside: str, facts: dict[str, object]) -> None:
    body = (
        "<TelephoneNumberResponse><TelephoneNumberDetails><FullNumber>3032281000</FullNumber>"
        f"{inside}</TelephoneNumberDetails></TelephoneNumberResponse>"
    )
    details = number_details.read_details(xmlbody.parse(body.encode()))
    assert {fact: getattr(details, fact) for fact in facts} == facts


def reason(code: str) -> bytes:
    return (
        f"<X><ResponseStatus><ErrorCode>{code}</ErrorCode><Description>No</Description>"
        "</ResponseStatus></X>"
    ).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("400 Bad Request", reason("12512"), NotFound),
        ("200 OK", reason("12512"), NotFound),
        ("404 Not Found", b"", NotFound),
        ("400 Bad Request", reason("1010"), Refused),
        ("200 OK", b"<X><FullNumber>3032281001</FullNumber></X>", OutcomeUnknown),
    ],
    ids=["12512", "12512 in a 200", "404", "another reason", "another number"],
)
def test_only_the_carriers_own_words_mean_an_unknown_number(
    connect: Connect, status: str, body: bytes, kind: type[CarrierError]
) -> None:
    with ScriptedServer(answering(status, body)) as server:
        with pytest.raises(CarrierError) as caught:
            number_details.get(connect(server.url), telephone_number=NUMBER)
        assert type(caught.value) is kind


def test_what_names_no_number_is_unreadable() -> None:
    with pytest.raises(UnreadableBody):
        number_details.read_details(xmlbody.parse(b"<TelephoneNumberResponse/>"))
