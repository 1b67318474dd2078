"""What the carrier knows of one number: whose it is, where it stands, whether it can text.

Source: the carrier's API pages for `tns`, which stand beside the accounts in both versions.
"""

from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.dates import read_date
from carrier.errors import NotFound, Refused, UnreadableBody
from carrier.records import NumberDetails, NumberStatus
from carrier.telephone import from_wire, on_wire
from carrier.wire import Answer

#: Said with a 400 where other resources say 404.
_UNKNOWN_NUMBER = "12512"


def get(carrier: Carrier, *, telephone_number: str) -> NumberDetails:
    """The details of a number (E.164).

    Raises NotFound for a number that the carrier does not know or does not show to us,
    OutcomeUnknown for an answer about another one, the other CarrierErrors when it could not be
    asked, and ValueError for what is no number of the NANP.
    """
    call = Call(
        operation="number_details.get",
        bucket="tns",
        method="GET",
        path=f"/tns/{on_wire(telephone_number, carrier.number_format)}/tndetails",
        version=carrier.settings.api_version,
    )

    def read(answer: Answer) -> NumberDetails:
        details = read_details(call.root_of(answer), account_id=carrier.settings.account_id)
        if details.e164 != telephone_number:
            raise call.unknown("the answer is about another number", status=answer.status)
        return details

    try:
        return carrier.call(call, read)
    except Refused as refusal:
        if any(problem.code == _UNKNOWN_NUMBER for problem in refusal.problems):
            raise NotFound(
                refusal.message,
                operation=call.operation,
                http_status=refusal.http_status,
                problems=refusal.problems,
            ) from None
        raise


def read_details(root: Element, *, account_id: str = "") -> NumberDetails:
    """The number in an answer, or in a row of a list. Raises UnreadableBody when there is none.

    Where a number is hosted for `account_id`, its place and its messaging are those on that
    account: the others belong to whoever owns the number.
    """
    inner = xmlbody.child(root, "telephonenumberdetails")
    node = root if inner is None else inner
    number = xmlbody.text(node, "fullnumber") or xmlbody.text(node, "telephonenumber")
    if not number:
        raise UnreadableBody("there is no telephone number in it")
    hosted = _children(node, "hostedtelephonenumberdetails", "hostedtelephonenumberdetail")
    ours = (row for row in hosted if account_id and xmlbody.text(row, "accountid") == account_id)
    mine = next(ours, node)
    site_id, site_name = _place(mine, "site", "id", "name")
    sip_peer_id, sip_peer_name = _place(mine, "sippeer", "peerid", "peername")
    raw_status = xmlbody.text(node, "status")
    raw_last_modified_at = xmlbody.text(node, "lastmodified", "lastmodifieddate")
    messaging = xmlbody.child(mine, "messagingsettings")
    return NumberDetails(
        e164=from_wire(number),
        status=NumberStatus.read(raw_status),
        raw_status=raw_status,
        account_id=xmlbody.text(node, "accountid"),
        site_id=site_id or xmlbody.text(mine, "siteid"),
        site_name=site_name,
        sip_peer_id=sip_peer_id or xmlbody.text(mine, "sippeerid", "peerid"),
        sip_peer_name=sip_peer_name,
        city=xmlbody.text(node, "city"),
        state=xmlbody.text(node, "state"),
        rate_center=xmlbody.text(node, "ratecenter"),
        lata=xmlbody.text(node, "lata"),
        tier=xmlbody.text(node, "tier"),
        vendor_name=xmlbody.text(node, "vendorname"),
        service_types=_texts(node, "servicetypes", "servicetype"),
        attributes=_texts(node, "tnattributes", "tnattribute"),
        hosting_account_ids=tuple(xmlbody.text(row, "accountid") for row in hosted),
        sms_enabled=_flag(xmlbody.text(messaging, "smsenabled")),
        campaign_id=xmlbody.text(messaging, "campaignid"),
        last_modified_at=read_date(raw_last_modified_at),
        raw_last_modified_at=raw_last_modified_at,
    )


def _place(node: Element, name: str, id_name: str, text_name: str) -> tuple[str, str]:
    """The id and name of a site or peer, which the carrier writes in two ways each."""
    place = xmlbody.child(node, name)
    return xmlbody.text(place, id_name, "id"), xmlbody.text(place, text_name, "name")


def _children(node: Element, holder_name: str, name: str) -> list[Element]:
    holder = xmlbody.child(node, holder_name)
    return [] if holder is None else xmlbody.children(holder, name)


def _texts(node: Element, holder_name: str, name: str) -> tuple[str, ...]:
    return tuple(xmlbody.text(row) for row in _children(node, holder_name, name))


def _flag(word: str) -> bool | None:
    return {"true": True, "false": False}.get(word.lower())
