"""The telephone numbers that are in service on the account: hosted, imported or ordered.

Source: the carrier's API pages for `inserviceNumbers`, the same path in both versions.
"""

from http import HTTPStatus
from xml.etree.ElementTree import Element

from carrier import number_lists, xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import NotFound, UnreadableBody
from carrier.number_lists import Bookmark, Page, Query, Walk
from carrier.telephone import all_from_wire, on_wire
from carrier.wire import Answer

_BUCKET = "inserviceNumbers"


def list_numbers(carrier: Carrier, *, bookmark: Bookmark | None = None) -> Walk:
    """All numbers that are in service, page by page, from the bookmark of an earlier walk on."""
    return Walk(
        carrier, lambda query: _call(carrier, "list_numbers", query=query), read_page, bookmark
    )


def is_in_service(carrier: Carrier, *, telephone_number: str) -> bool:
    """Whether this number (E.164) is in service on the account.

    Raises a CarrierError when it could not be asked, ValueError for what is no number of the NANP.
    """
    path = f"inserviceNumbers/{on_wire(telephone_number, carrier.number_format)}"
    call = _call(carrier, "is_in_service", path=path)

    def read(answer: Answer) -> bool:
        # Documented without a body. Numbers are given up for this yes: another page is none.
        if answer.body.strip():
            call.root_of(answer)
        if answer.body.strip() or answer.status != HTTPStatus.OK:
            raise UnreadableBody("it is not what says that a number is in service")
        return True

    try:
        return carrier.call(call, read)
    except NotFound:
        return False


def read_page(root: Element, number: int) -> Page:
    """The numbers of a page and the way on; `number` counts pages from 1.

    Raises UnreadableBody when it is no such page, or is empty against its own count.
    """
    holder = xmlbody.child(root, "telephonenumbers")
    total = xmlbody.number(root, "totalcount")
    if holder is None and total is None:
        raise UnreadableBody("it is no list of telephone numbers")
    rows = [] if holder is None else xmlbody.children(holder, "telephonenumber")
    numbers = all_from_wire(
        [xmlbody.text(row, "fullnumber") if len(row) else xmlbody.text(row) for row in rows]
    )
    if not numbers and total and number == 1:
        raise UnreadableBody(f"it counts {total} telephone numbers and holds none")
    return Page(numbers, number_lists.following(root, number=number, count=len(numbers)))


def _call(
    carrier: Carrier, operation: str, *, path: str = "inserviceNumbers", query: Query = ()
) -> Call:
    return Call(
        operation=f"in_service.{operation}",
        bucket=_BUCKET,
        method="GET",
        path=path,
        version=carrier.settings.api_version,
        query=query,
    )
