"""The older platform: what goes out, what each answer means, and where the password never is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from carrier import platform, platform_list
from carrier.client import Carrier
from carrier.errors import (
    CarrierError,
    CredentialsRefused,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Refused,
    Throttled,
)
from carrier.exchange import Exchange
from carrier.platform_records import DashboardAccount, PlatformNumber
from carrier.sandbox import Sandbox
from tests.carrier.builders import platform_settings_at, settings_at
from tests.carrier.conftest import Connect
from tests.carrier.scripted import Script, ScriptedServer, answering, hanging_up

NUMBER = "+13032281000"
OTHER = "+13032281001"
_lines = count(1000)  # of numbers that no other test imports
ACCOUNT = DashboardAccount("9900001", "sandbox", "sandbox-password")
JSON = "Content-Type: application/json"
HERE = "Location: https://api.catapult.inetwork.com/v1/users/u-1/phoneNumbers/"


@pytest.fixture
def client(sandbox: Sandbox, connect_platform: Connect) -> Carrier:
    return connect_platform(sandbox.url)


def bring(client: Carrier, number: str = NUMBER, **changes: Any) -> str:
    wanted = {"name": "Alder Bakery", "application_id": "a-1", "account": ACCOUNT} | changes
    return platform.import_number(client, telephone_number=number, **wanted)


def refusal(code: str, **more: str) -> bytes:
    return json.dumps({"category": "c", "code": code, "message": "m", **more}).encode()


# Against the sandbox.


def test_a_number_is_imported_found_listed_and_given_up(sandbox: Sandbox, client: Carrier) -> None:
    platform_id = bring(client, "+13032282000")
    request = sandbox.requests[-1]
    assert (request.method, request.path) == ("POST", "/v1/users/u-sandbox/phoneNumbers")
    assert request.headers["accept"] == "application/json"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    found = platform.find_number(client, telephone_number="+13032282000")
    assert sandbox.requests[-1].path == "/v1/users/u-sandbox/phoneNumbers/%2B13032282000"
    assert found is not None
    assert (found.platform_id, found.name, found.application_id, found.number_state) == (
        platform_id,
        "Alder Bakery",
        "a-1",
        "enabled",
    )
    assert found in [number for page in platform_list.Walk(client) for number in page]
    platform.release(client, platform_id=platform_id)
    assert platform.find_number(client, telephone_number="+13032282000") is None
    with pytest.raises(NotFound):
        platform.release(client, platform_id=platform_id)
    (seen,) = (row for row in sandbox.platform_numbers() if row.platform_id == platform_id)
    assert (seen.is_released, seen.imports, seen.posts) == (True, 1, 1)


def test_what_is_there_already_is_a_conflict(sandbox: Sandbox, client: Carrier) -> None:
    bring(client)
    with pytest.raises(Refused) as caught:
        bring(client)
    assert (caught.value.is_conflict, type(caught.value)) == (True, Refused)
    assert [problem.code for problem in caught.value.problems] == ["duplicate-number"]


@pytest.mark.parametrize(
    ("fault", "kind", "is_done"),
    [
        ("created_dropped", OutcomeUnknown, True),
        ("created_500", OutcomeUnknown, True),
        ("created_cut", OutcomeUnknown, True),
        ("created_html", OutcomeUnknown, True),
        ("created_unreadable", OutcomeUnknown, True),
        ("empty_200", OutcomeUnknown, True),
        ("id_nowhere", OutcomeUnknown, True),
        ("dropped_before", OutcomeUnknown, False),
        ("not_created_503", OutcomeUnknown, False),
        ("redirect", OutcomeUnknown, False),
        ("error_in_200", OutcomeUnknown, False),
        ("refused", Refused, False),
        ("unauthorized", CredentialsRefused, False),
        ("forbidden", CredentialsRefused, False),
        ("throttled", Throttled, False),
    ],
)
def test_each_answer_says_whether_it_may_be_sent_again(
    sandbox: Sandbox, connect_platform: Connect, fault: str, kind: type[CarrierError], is_done: bool
) -> None:
    """N01, N02: one request whatever comes back, and what was done is found by a look."""
    number = f"+1303229{next(_lines)}"
    sandbox.fault(fault, method="POST", path_contains="/phoneNumbers")
    before = len(sandbox.requests)
    with pytest.raises(CarrierError) as caught:
        bring(connect_platform(sandbox.url, read_attempts=3), number)
    assert (type(caught.value), len(sandbox.requests) - before) == (kind, 1)
    found = platform.find_number(connect_platform(sandbox.url), telephone_number=number)
    assert (found is not None) == is_done


def test_another_password_of_the_dashboard_is_a_matter_of_credentials(client: Carrier) -> None:
    with pytest.raises(CredentialsRefused):
        bring(client, OTHER, account=DashboardAccount("9900001", "sandbox", "a guess"))


def test_nothing_listens_there(connect_platform: Connect) -> None:
    with pytest.raises(NotSent):
        bring(connect_platform("http://127.0.0.1:1"))


def test_a_429_in_milliseconds_holds_that_resource_only(sandbox: Sandbox, client: Carrier) -> None:
    """N07: the instant is not read as seconds, and nothing is sent before it."""
    sandbox.fault("throttled", path_contains="/phoneNumbers", reset=20)
    with pytest.raises(Throttled) as caught:
        bring(client, OTHER)
    assert caught.value.retry_at is not None
    assert 18 < (caught.value.retry_at - datetime.now(UTC)).total_seconds() <= 20
    before = len(sandbox.requests)
    with pytest.raises(Throttled):
        platform.find_number(client, telephone_number=OTHER)
    assert len(sandbox.requests) == before
    assert len(platform.search_toll_free(client, quantity=2)) == 2


def test_numbers_on_offer_are_searched(client: Carrier) -> None:
    (found,) = platform.search_local(client, state="CO", city="Boulder", pattern="*9?", quantity=1)
    assert (found.e164[-2], found.city, found.lata) == ("9", "BOULDER", "656")
    (free,) = platform.search_toll_free(client, pattern="*777", quantity=1)
    assert (free.e164[:3], free.e164[-3:], free.city) == ("+18", "777", "")
    assert platform.search_local(client, area_code="999") == ()


# What an answer proves.


@pytest.mark.parametrize(
    ("script", "platform_id"),
    [
        (answering("201 Created", b"", HERE + "n-bdll4"), "n-bdll4"),
        (answering("200 OK", b"", "Location: /v1/users/u-1/phoneNumbers/n-bdll4/"), "n-bdll4"),
        (answering("201 Created", b'{"id": "n-bdll4"}', JSON, HERE + "n-bdll4"), "n-bdll4"),
        (answering("201 Created", b'{"id": "n-other"}', JSON, HERE + "n-bdll4"), ""),
        (answering("201 Created", refusal("payment"), JSON, HERE + "n-bdll4"), ""),
        (answering("201 Created", b'{"id": "n-bdll4"}', JSON), ""),
        (answering("201 Created", b"<html>", HERE + "n-bdll4"), ""),
        (answering("201 Created", b"", HERE), ""),
        (answering("201 Created", b"", HERE + "%2B13032281000"), ""),
        (answering("201 Created", b"", HERE + "n-" + "x" * 70), ""),
        (answering("201 Created", b"", "Location: https://x/v1/users/u-1"), ""),
        (answering("201 Created", b"", HERE + "n-1", HERE + "n-2"), ""),
        (answering("201 Created", b"", HERE + "n-1", length=40), ""),
        (answering("400 Bad Request", b"", JSON), ""),
        (hanging_up, ""),
    ],
)
def test_an_import_is_believed_for_its_location_alone(
    connect_platform: Connect, script: Script, platform_id: str
) -> None:
    """N03: neither, or a contradiction, leaves open what happened."""
    with ScriptedServer(script) as server:
        client = connect_platform(server.url)
        if platform_id:
            assert bring(client) == platform_id
        else:
            with pytest.raises(OutcomeUnknown):
                bring(client)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("script", "is_conflict"),
    [
        (answering("409 Conflict", refusal("something-else"), JSON), True),
        (answering("400 Bad Request", refusal("duplicate-number"), JSON), True),
        (answering("400 Bad Request", refusal("validation-error"), JSON), False),
    ],
)
def test_a_conflict_is_known_by_its_status_or_its_code(
    connect_platform: Connect, script: Script, is_conflict: bool
) -> None:
    with ScriptedServer(script) as server, pytest.raises(Refused) as caught:
        bring(connect_platform(server.url))
    assert caught.value.is_conflict is is_conflict


FOUND = json.dumps({"id": "n-1", "number": NUMBER}).encode()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (answering("200 OK", FOUND, JSON), PlatformNumber("n-1", NUMBER)),
        (answering("200 OK", FOUND[:-1] + b', "numberState": "Released"}', JSON), None),
        (answering("404 Not Found", refusal("number-not-found"), JSON), None),
        *(
            (answering("404 Not Found", refusal(f"{what}-not-found"), JSON), NotFound)
            for what in ("user", "account", "domain", "page", "resource", "demo-number")
        ),
        (answering("404 Not Found", b"", JSON), NotFound),
        (answering("404 Not Found", b"<html>gateway</html>"), OutcomeUnknown),
        (answering("404 Not Found", b"404 page not found"), OutcomeUnknown),
        (answering("404 Not Found", b"{}", JSON), OutcomeUnknown),
        (answering("404 Not Found", refusal("NoSuchBucket"), JSON), NotFound),
        (answering("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>"), NotFound),
        (answering("401 Unauthorized", refusal("number-access-denied"), JSON), Refused),
        (answering("403 Forbidden", refusal("forbidden"), JSON), CredentialsRefused),
        (answering("200 OK", FOUND.replace(b"1000", b"1001"), JSON), OutcomeUnknown),
        (answering("200 OK", b"[" + FOUND + b"]", JSON), OutcomeUnknown),
        (answering("200 OK", b'{"number": "' + NUMBER.encode() + b'"}', JSON), OutcomeUnknown),
        (answering("200 OK", b"", JSON), OutcomeUnknown),
        (answering("204 No Content"), OutcomeUnknown),
        (answering("500 Oops", refusal("backend"), JSON), OutcomeUnknown),
    ],
)
def test_only_its_own_reason_makes_a_404_an_absence(
    connect_platform: Connect, script: Script, expected: object
) -> None:
    with ScriptedServer(script) as server:
        client = connect_platform(server.url)
        if isinstance(expected, type):
            with pytest.raises(CarrierError) as caught:
                platform.find_number(client, telephone_number=NUMBER)
            assert type(caught.value) is expected
        else:
            assert platform.find_number(client, telephone_number=NUMBER) == expected


@pytest.mark.parametrize(
    "script",
    [
        answering("200 OK", b"<html><body>Sign in</body></html>"),
        answering("200 OK", refusal("forbidden"), JSON),
        answering("200 OK", FOUND, JSON),
        answering("404 Not Found", b"<html>gateway</html>"),
        answering("202 Accepted", b"later"),
        hanging_up,
    ],
)
def test_a_number_is_not_given_up_for_an_answer_about_something_else(
    connect_platform: Connect, script: Script
) -> None:
    """N02: neither done nor gone; it is looked for."""
    with ScriptedServer(script) as server, pytest.raises(OutcomeUnknown):
        platform.release(connect_platform(server.url), platform_id="n-1")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(connect_platform: Connect, status: int) -> None:
    """N11: neither credentials nor the dashboard's password leave for another host."""
    with ScriptedServer(answering("200 OK", FOUND, JSON)) as elsewhere:
        away = f"Location: {elsewhere.url}/v1/users/u-1/phoneNumbers/n-1"
        with ScriptedServer(answering(f"{status} Moved", b"", away)) as server:
            client = connect_platform(server.url)
            with pytest.raises(OutcomeUnknown):
                bring(client)
            with pytest.raises(OutcomeUnknown):
                platform.find_number(client, telephone_number=NUMBER)
    assert (len(server.requests), elsewhere.requests) == (2, [])


# What is never sent.


def test_what_must_never_be_sent_is_not_even_built(client: Carrier, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    for attempt in (
        lambda: bring(client, "3032281000"),
        lambda: platform.find_number(client, telephone_number="+44207946000"),
        lambda: platform.release(client, platform_id="../applications/a-1"),
        lambda: platform.release(client, platform_id=NUMBER),
        lambda: platform.search_toll_free(client, quantity=0),
        lambda: bring(Carrier(settings_at(sandbox.url))),
    ):
        with pytest.raises(ValueError):
            attempt()
    assert len(sandbox.requests) == before


# N16: the password of the dashboard's user.

# However the rest of it is written down, the end is always the same.
PLANTED_END = "QZ73XK"
PLANTED = f'pl"nted/pä ss\\w<&>rd{PLANTED_END}'


def frames_of(error: BaseException) -> Iterator[str]:
    """What a crash report would print: the locals of each frame, without the test's own."""
    trace = error.__traceback__ and error.__traceback__.tb_next
    while trace is not None:
        yield from (repr(value) for value in trace.tb_frame.f_locals.values())
        trace = trace.tb_next


def test_the_planted_password_is_nowhere(
    sandbox: Sandbox,
    connect_platform: Connect,
    kept: list[Exchange],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    account = DashboardAccount("9900001", "sandbox", PLANTED)
    document = platform.build_document(
        telephone_number=NUMBER, name="", application_id="", account=account
    )
    texts = [repr(account), repr(document)]
    echo = {"category": "c", "code": "validation-error", "details": json.loads(document)}
    echoes = [
        echo | {"message": f"not taken: {document.decode()}"},
        echo | {"message": f"bad {PLANTED} in {json.dumps(PLANTED, ensure_ascii=False)}"},
    ]
    scripts: list[Script] = [
        answering("400 Bad Request", json.dumps(said, ensure_ascii=way).encode(), JSON)
        for said in echoes
        for way in (True, False)
    ]
    scripts += [hanging_up, answering("500 Oops", document, JSON), answering("301 Moved")]
    for script in scripts:
        with ScriptedServer(script) as server, pytest.raises(CarrierError) as caught:
            bring(connect_platform(server.url), account=account)
        # It did travel, or this would prove nothing.
        assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2])["provider"][
            "properties"
        ] == {"accountId": "9900001", "userName": "sandbox", "password": PLANTED}
        error = caught.value
        texts += [repr(error), str(error), repr(error.problems), *frames_of(error)]
    with pytest.raises(AttributeError) as crash:
        bring(connect_platform("http://127.0.0.1:1"), account=account, application_id=Unwritable())
    texts += frames_of(crash.value)
    with pytest.raises(CredentialsRefused):
        bring(connect_platform(sandbox.url), account=account)
    texts += [repr(row) for row in kept] + [caplog.text] + [repr(sandbox.requests[-1].body)]
    assert len(kept) == len(scripts) + 1
    assert {row.request_body for row in kept} == {""}
    assert [text for text in texts if PLANTED_END in text] == []


class Unwritable(str):
    """Breaks in the middle of the call, as a mistake of ours would."""

    def __bool__(self) -> bool:
        raise AttributeError("a mistake")


def test_an_account_is_of_the_platform_or_of_the_dashboard() -> None:
    with pytest.raises(ValueError, match="platform_base only"):
        platform_settings_at("http://127.0.0.1:1", v2_base="http://127.0.0.1:1/")
    with pytest.raises(ValueError, match="platform_base must"):
        platform_settings_at("http://platform.example")
    with pytest.raises(ValueError, match="no v2 interface"):
        platform_settings_at("http://127.0.0.1:1").account_url("sites", "v2")
