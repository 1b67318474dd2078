"""Whether numbers can be imported, asked of the sandbox."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from carrier import xmlbody
from carrier.client import Carrier
from carrier.errors import OutcomeUnknown, Refused
from carrier.importability import check, read_importability
from carrier.sandbox import Sandbox
from tests.carrier.conftest import Connect
from tests.carrier.scripted import ScriptedServer, answering

GOOD, NOT_IN_SERVICE, BLOCKED = "+13032281000", "+13037199001", "+13037199003"


def test_each_number_is_importable_or_has_its_reasons(carrier: Carrier) -> None:
    answer = check(
        carrier,
        telephone_numbers=[GOOD, NOT_IN_SERVICE, BLOCKED, GOOD],
        site_id="1001",
        sip_peer_id="500101",
    )
    assert (answer.importable, answer.unanswered) == ((GOOD,), ())
    assert {
        number: [problem.code for problem in answer.problems_of(number)]
        for number in (GOOD, NOT_IN_SERVICE, BLOCKED)
    } == {GOOD: [], NOT_IN_SERVICE: ["19001"], BLOCKED: ["19003"]}


def test_many_numbers_are_asked_five_thousand_at_a_time(sandbox: Sandbox, carrier: Carrier) -> None:
    numbers = tuple(f"+1303{number:07d}" for number in range(2_280_000, 2_285_001))
    before = len(sandbox.requests)
    answer = check(carrier, telephone_numbers=numbers, site_id="1001")
    # The sandbox refuses more than 5,000 at once, as the carrier does.
    first, second = sandbox.requests[before:]
    assert (answer.importable, answer.unanswered, first.status) == (numbers, (), 200)
    assert len(ElementTree.fromstring(second.body).findall(".//TelephoneNumber")) == 1


def test_no_number_needs_no_question(sandbox: Sandbox, carrier: Carrier) -> None:
    before = len(sandbox.requests)
    assert check(carrier, telephone_numbers=[], site_id="1001").importable == ()
    assert len(sandbox.requests) == before


def test_a_number_that_the_answer_leaves_out_is_unanswered(connect: Connect) -> None:
    body = b"""<ImportTnCheckerPayload><TelephoneNumbers>
        <TelephoneNumber>+13032281000</TelephoneNumber></TelephoneNumbers>
        </ImportTnCheckerPayload>"""
    with ScriptedServer(answering("200 OK", body)) as server:
        answer = check(
            connect(server.url), telephone_numbers=[GOOD, "+13032281001"], site_id="1001"
        )
    assert (answer.importable, answer.unanswered) == ((GOOD,), ("+13032281001",))


def test_a_refused_question_gives_its_reasons(sandbox: Sandbox, carrier: Carrier) -> None:
    sandbox.fault("refused", path_contains="importTnChecker", code="7201")
    with pytest.raises(Refused) as caught:
        check(carrier, telephone_numbers=[GOOD], site_id="1001")
    assert [problem.code for problem in caught.value.problems] == ["7201"]


def test_an_error_inside_a_200_is_a_refusal(sandbox: Sandbox, carrier: Carrier) -> None:
    sandbox.fault("error_in_200", path_contains="importTnChecker")
    with pytest.raises(Refused):
        check(carrier, telephone_numbers=[GOOD], site_id="1001")


def test_an_answer_of_another_kind_is_unknown(connect: Connect) -> None:
    with (
        ScriptedServer(answering("200 OK", b"<SitesResponse/>")) as server,
        pytest.raises(OutcomeUnknown),
    ):
        check(connect(server.url), telephone_numbers=[GOOD], site_id="1001")


@pytest.mark.parametrize("site_id", ["", "12/../13", "\uff11\uff12", "x"])
def test_what_is_no_site_is_not_sent(carrier: Carrier, site_id: str) -> None:
    with pytest.raises(ValueError, match="not a site id"):
        check(carrier, telephone_numbers=[GOOD], site_id=site_id)


def test_a_number_can_have_several_reasons() -> None:
    error = """<ImportTnError><Code>{}</Code><Description>No.</Description><TelephoneNumbers>
        <TelephoneNumber>3032281000</TelephoneNumber></TelephoneNumbers></ImportTnError>"""
    body = (
        "<ImportTnCheckerResponse><ImportTnCheckerPayload><ImportTnErrors>"
        f"{error.format(19001)}{error.format(19006)}"
        "</ImportTnErrors></ImportTnCheckerPayload></ImportTnCheckerResponse>"
    )
    answer = read_importability(xmlbody.parse(body.encode()))
    assert [problem.code for problem in answer.problems_of(GOOD)] == ["19001", "19006"]
