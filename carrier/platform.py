"""Telephone numbers on the older platform (V1): imported one by one, found, given up.

Source: the carrier's pages "phoneNumbers" and "availableNumbers". JSON, users and credentials of
its own. The password of a dashboard user travels in the body of an import: no record keeps it.
"""

import json
import re
from urllib.parse import quote

from carrier import jsonbody
from carrier.call import JSON, Call
from carrier.client import Carrier
from carrier.credentials import SecretBytes
from carrier.dates import read_date
from carrier.errors import NotFound, UnreadableBody
from carrier.identifiers import checked_word_id, last_segment
from carrier.number_records import AvailableNumber
from carrier.platform_records import DashboardAccount, PlatformNumber
from carrier.telephone import NumberFormat, from_wire, on_wire
from carrier.wire import Answer

LARGEST_SEARCH = 5000

#: The resource of the numbers: its calls share their throttling.
NUMBERS = "phoneNumbers"
_SEARCH = "platformSearch"
_PROVIDER = "bandwidth-dashboard"
# `https://…/v1/users/u-…/phoneNumbers/n-…`; a comma stands between two headers.
_LOCATION = re.compile(r"[^?#,]*/phoneNumbers/([A-Za-z0-9-]{1,60})/?")
# The one word of the platform for a number that it has not. All its others (`user-not-found`,
# `resource-not-found`, …) are about something else, and then nothing is known of the number.
_NUMBER_NOT_FOUND = "number-not-found"


def import_number(
    carrier: Carrier,
    *,
    telephone_number: str,
    name: str,
    application_id: str,
    account: DashboardAccount,
) -> str:
    """Bring one number (E.164) over from the dashboard's account; return the platform's id of it.

    It leaves us at most once. Raises Refused for a clear no (`is_conflict`: it may be there
    already), CredentialsRefused for what concerns every number, NotSent when nothing left us, and
    OutcomeUnknown when it may have been imported: then it must be looked for first.
    """
    call = Call(
        operation="platform.import_number",
        bucket=NUMBERS,
        method="POST",
        path="phoneNumbers",
        version="platform",
        body=build_document(
            telephone_number=telephone_number,
            name=name,
            application_id=application_id,
            account=account,
        ),
        content_type=JSON,
        secrets=account.secrets,
        keeps_body=False,
    )
    return carrier.call(call, lambda answer: _read_imported(call, answer))


def find_number(carrier: Carrier, *, telephone_number: str) -> PlatformNumber | None:
    """The number (E.164) as the platform has it, None when it says that it has it not, or no more.

    Raises a CarrierError for every answer that is neither, also for a 404 that gives no reason or
    is about something else: only a certain absence counts.
    """
    wanted = on_wire(telephone_number, NumberFormat.E164)
    call = _call("find_number", "GET", f"phoneNumbers/{quote(wanted, safe='')}")

    def read(answer: Answer) -> PlatformNumber | None:
        found = read_number(jsonbody.parse(answer.body))
        if found.e164 != wanted:
            raise call.unknown("the answer is about another number", status=answer.status)
        return None if found.is_released else found

    try:
        return carrier.call(call, read)
    except NotFound as error:
        if {problem.code for problem in error.problems} - {""} == {_NUMBER_NOT_FOUND}:
            return None
        raise


def release(carrier: Carrier, *, platform_id: str) -> None:
    """Give a number up, for good. It leaves us at most once; raises as `import_number` does.

    NotFound means that the platform has no such number (any more).
    """
    path = f"phoneNumbers/{checked_word_id(platform_id, 'platform number')}"
    call = _call("release", "DELETE", path)

    def read(answer: Answer) -> None:
        # Answered without a body: one that says something may say anything else.
        if answer.body.strip():
            raise call.unknown("the answer is not that to a release", status=answer.status)

    carrier.call(call, read)


def search_local(
    carrier: Carrier,
    *,
    state: str = "",
    city: str = "",
    zip_code: str = "",
    area_code: str = "",
    local_number: str = "",
    in_local_calling_area: bool = False,
    pattern: str = "",
    quantity: int = 10,
) -> tuple[AvailableNumber, ...]:
    """Local numbers on offer, at most `quantity`; nobody holds them for us.

    Raises ValueError for a combination that `problem_of` objects to, Refused for the platform's no.
    """
    if problem := problem_of(
        state=state,
        city=city,
        zip_code=zip_code,
        area_code=area_code,
        local_number=local_number,
        in_local_calling_area=in_local_calling_area,
        pattern=pattern,
        quantity=quantity,
    ):
        raise ValueError(problem)
    wanted = {
        "state": state,
        "city": city,
        "zip": zip_code,
        "areaCode": area_code,
        "localNumber": local_number,
        "inLocalCallingArea": "true" if in_local_calling_area else "",
        "pattern": pattern,
    }
    return _search(carrier, "local", wanted, quantity=quantity)


def search_toll_free(
    carrier: Carrier, *, pattern: str = "", quantity: int = 10
) -> tuple[AvailableNumber, ...]:
    """Toll-free numbers on offer, at most `quantity`; they have no place.

    Raises ValueError for what `problem_of_pattern` objects to, Refused for the platform's no.
    """
    if problem := problem_of_pattern(pattern=pattern, quantity=quantity):
        raise ValueError(problem)
    return _search(carrier, "tollFree", {"pattern": pattern}, quantity=quantity)


def problem_of(
    *,
    state: str = "",
    city: str = "",
    zip_code: str = "",
    area_code: str = "",
    local_number: str = "",
    in_local_calling_area: bool = False,
    pattern: str = "",
    quantity: int = 10,
) -> str:
    """What the platform would object to in a search for local numbers, "" when nothing.

    One sentence for staff that says which field to fill in, empty or correct.
    """
    if [bool(state), bool(zip_code), bool(area_code)].count(True) != 1:
        return "Give exactly one of a state, a ZIP code and an area code."
    if city and not state:
        return "A city needs its state: give the state, and no ZIP code or area code."
    if (local_number or in_local_calling_area) and not area_code:
        return "A local number and the local calling area need an area code."
    if state and not re.fullmatch("[A-Z]{2}", state):
        return "The state is two capital letters, such as CO."
    if zip_code and not re.fullmatch("[0-9]{5}", zip_code):
        return "The ZIP code has five digits."
    if area_code and not re.fullmatch("[2-9][0-9]{2}", area_code):
        return "The area code has three digits and begins with 2 to 9."
    if local_number and not re.fullmatch("[0-9]{3,4}", local_number):
        return "The local number has three or four digits."
    return problem_of_pattern(pattern=pattern, quantity=quantity)


def problem_of_pattern(*, pattern: str, quantity: int) -> str:
    """What the platform would object to in a search for numbers of any kind, "" when nothing."""
    if pattern and not re.fullmatch(r"[0-9?*]{1,20}", pattern):
        return "The pattern holds digits, ? for any one and * for any number of them."
    if not 1 <= quantity <= LARGEST_SEARCH:
        return f"The quantity is from 1 to {LARGEST_SEARCH}."
    return ""


def build_document(
    *, telephone_number: str, name: str, application_id: str, account: DashboardAccount
) -> SecretBytes:
    """The import of a number as the platform's JSON. Raises ValueError for a bad number.

    All of it is ASCII, so that writing it cannot fail with the password in the error.
    """
    wanted: dict[str, object] = {"number": on_wire(telephone_number, NumberFormat.E164)}
    if name:
        wanted["name"] = name
    if application_id:
        wanted["applicationId"] = application_id
    wanted["provider"] = {
        "providerName": _PROVIDER,
        "properties": {
            "accountId": account.account_id,
            "userName": account.username,
            "password": account.password,
        },
    }
    return SecretBytes(json.dumps(wanted).encode("ascii"))


def read_number(value: object) -> PlatformNumber:
    """One number in an answer. Raises UnreadableBody when it has no id or is no number."""
    row = jsonbody.members(value)
    platform_id, number = (jsonbody.text(row, name).strip() for name in ("id", "number"))
    if not platform_id or not number:
        raise UnreadableBody("it is no telephone number of the platform")
    application = jsonbody.text(row, "applicationId") or last_segment(
        jsonbody.text(row, "application")
    )
    return PlatformNumber(
        platform_id=platform_id,
        e164=from_wire(number),
        name=jsonbody.text(row, "name").strip(),
        application_id=application.strip(),
        city=jsonbody.text(row, "city").strip(),
        state=jsonbody.text(row, "state").strip(),
        number_state=jsonbody.text(row, "numberState").strip(),
        created_at=read_date(jsonbody.text(row, "createdTime")),
    )


def read_available(body: bytes) -> tuple[AvailableNumber, ...]:
    """The numbers on offer, each once. Raises UnreadableBody when it is no list of them."""
    found: dict[str, AvailableNumber] = {}
    for row in map(jsonbody.members, jsonbody.list_in(body)):
        number = jsonbody.text(row, "number").strip()
        if not number:
            raise UnreadableBody("a row names no telephone number")
        e164 = from_wire(number)
        if e164 not in found:
            found[e164] = AvailableNumber(
                e164=e164,
                city=jsonbody.text(row, "city").strip(),
                state=jsonbody.text(row, "state").strip(),
                rate_center=jsonbody.text(row, "rateCenter").strip(),
                lata=jsonbody.text(row, "lata").strip(),
            )
    return tuple(found.values())


def _read_imported(call: Call, answer: Answer) -> str:
    location = _LOCATION.fullmatch(answer.headers.get("Location", "").strip())
    if location is None:
        raise call.unknown("the answer names no number", status=answer.status)
    if answer.body.strip():
        # Documented without a body: one that says something else proves nothing.
        said = jsonbody.members(jsonbody.parse(answer.body))
        if jsonbody.text(said, "code") or jsonbody.text(said, "id") not in ("", location[1]):
            raise call.unknown("the answer contradicts itself", status=answer.status)
    return location[1]


def _search(
    carrier: Carrier, kind: str, wanted: dict[str, str], *, quantity: int
) -> tuple[AvailableNumber, ...]:
    query = [(name, value) for name, value in wanted.items() if value]
    call = Call(
        operation=f"platform.search_{kind}",
        bucket=_SEARCH,
        method="GET",
        path=f"/availableNumbers/{kind}",
        version="platform",
        query=(*query, ("quantity", str(quantity))),
    )
    # Whatever it sends, nobody asked for more.
    return carrier.call(call, lambda answer: read_available(answer.body))[:quantity]


def _call(operation: str, method: str, path: str) -> Call:
    return Call(
        operation=f"platform.{operation}",
        bucket=NUMBERS,
        method=method,
        path=path,
        version="platform",
    )
