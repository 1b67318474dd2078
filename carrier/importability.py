"""Whether telephone numbers can be imported. A yes is no promise that the other carrier lets go.

Source: the carrier's API pages for importTnChecker, which keeps its path in both versions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import Problem, UnreadableBody
from carrier.identifiers import checked_number_id
from carrier.problems import read_numbers, read_problems
from carrier.telephone import NumberFormat, all_on_wire
from carrier.wire import Answer

#: The carrier takes no more at once.
MAX_NUMBERS = 5000


@dataclass(frozen=True)
class Importability:
    """The answer for a list of numbers: E.164, in the order asked where it is ours to order.

    `unanswered` are those that the carrier mentioned in neither way. A number can stand in several
    problems.
    """

    importable: tuple[str, ...]
    problems: tuple[Problem, ...]
    unanswered: tuple[str, ...]

    def problems_of(self, number: str) -> tuple[Problem, ...]:
        """The reasons against one number."""
        return tuple(problem for problem in self.problems if number in problem.telephone_numbers)


def check(
    carrier: Carrier, *, telephone_numbers: Iterable[str], site_id: str, sip_peer_id: str = ""
) -> Importability:
    """Ask about any number of E.164 numbers, 5,000 at a time; doubles are asked once.

    One bad number makes the carrier refuse its whole call: Refused, with the number in the text of
    the problem only. Raises the other CarrierErrors when it could not be asked, ValueError for
    what is no number or id.
    """
    numbers = tuple(dict.fromkeys(telephone_numbers))
    site_id = checked_number_id(site_id, "site")
    if sip_peer_id:
        checked_number_id(sip_peer_id, "SIP peer")
    importable: list[str] = []
    problems: list[Problem] = []
    for start in range(0, len(numbers), MAX_NUMBERS):
        some = _check_some(carrier, numbers[start : start + MAX_NUMBERS], site_id, sip_peer_id)
        importable.extend(some.importable)
        problems.extend(some.problems)
    answered = set(importable).union(*(problem.telephone_numbers for problem in problems))
    return Importability(
        tuple(importable),
        tuple(problems),
        tuple(number for number in numbers if number not in answered),
    )


def build_document(
    numbers: Sequence[str], site_id: str, sip_peer_id: str, number_format: NumberFormat
) -> bytes:
    """The question as the carrier's XML. Raises ValueError for a bad telephone number."""
    root = Element("ImportTnCheckerPayload")
    xmlbody.add_all(
        xmlbody.add(root, "TelephoneNumbers"),
        "TelephoneNumber",
        all_on_wire(numbers, number_format),
    )
    xmlbody.add(root, "SiteId", site_id)
    if sip_peer_id:
        xmlbody.add(root, "SipPeerId", sip_peer_id)
    return xmlbody.to_bytes(root)


def read_importability(root: Element) -> Importability:
    """The answer to one call, `unanswered` left empty. Raises UnreadableBody when it is none."""
    payload = _payload(root)
    if payload is None:
        raise UnreadableBody("it is not an answer about importable numbers")
    return Importability(
        read_numbers(xmlbody.child(payload, "telephonenumbers")), read_problems(payload), ()
    )


def _payload(root: Element) -> Element | None:
    name = "importtncheckerpayload"
    return root if xmlbody.name_of(root) == name else xmlbody.child(root, name)


def _check_some(
    carrier: Carrier, numbers: tuple[str, ...], site_id: str, sip_peer_id: str
) -> Importability:
    call = Call(
        operation="importability.check",
        bucket="importTnChecker",
        method="POST",
        path="importTnChecker",
        version=carrier.settings.api_version,
        body=build_document(numbers, site_id, sip_peer_id, carrier.number_format),
    )

    def read(answer: Answer) -> Importability:
        root = xmlbody.parse(answer.body)
        payload = _payload(root)
        # Reasons inside the payload are the answer; any beside it mean that there is none.
        inside = () if payload is None else read_problems(payload)
        if beside := tuple(found for found in read_problems(root) if found not in inside):
            raise call.refused(answer.status, beside)
        return read_importability(root)

    return carrier.call(call, read)
