"""Text messages: what goes to the carrier, what its answers mean, and what its callbacks say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from carrier.client import Carrier
from carrier.errors import (
    CredentialsRefused,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Refused,
    Throttled,
    UnreadableBody,
)
from carrier.exchange import Exchange
from carrier.message_callbacks import read_callback
from carrier.messages import build_document, send
from carrier.records import NewMessage
from carrier.sandbox import Sandbox
from tests.carrier.builders import oauth_of
from tests.carrier.conftest import Connect


def new_message(**changes: Any) -> NewMessage:
    values = {
        "application_id": "an-application",
        "from_number": "+13032281000",
        "to_number": "+13032281999",
        "text": "Grüße 🙂",
        "tag": "our-own-reference",
    }
    return NewMessage(**{**values, **changes})


@pytest.fixture
def client(sandbox: Sandbox, connect: Connect) -> Carrier:
    return connect(sandbox.url)


def test_a_message_is_taken_and_the_carriers_id_returned(sandbox: Sandbox, client: Carrier) -> None:
    message_id = send(client, message=new_message())
    seen = sandbox.messages()[-1]
    assert (seen.message_id, seen.text, seen.tag) == (message_id, "Grüße 🙂", "our-own-reference")
    assert (seen.from_number, seen.to_numbers) == ("+13032281000", ("+13032281999",))
    request = sandbox.requests[-1]
    assert (request.path, request.status) == ("/api/v2/users/9900001/messages", 202)
    assert request.headers["content-type"] == "application/json; charset=utf-8"


def test_a_bearer_token_opens_it_as_well(sandbox: Sandbox, connect: Connect) -> None:
    assert send(connect(sandbox.url, credentials=oauth_of(sandbox)), message=new_message())


@pytest.mark.parametrize(
    ("fault", "error", "outcome"),
    [
        ("created_dropped", OutcomeUnknown, Outcome.UNKNOWN),
        ("created_500", OutcomeUnknown, Outcome.UNKNOWN),
        ("created_cut", OutcomeUnknown, Outcome.UNKNOWN),
        ("created_html", OutcomeUnknown, Outcome.UNKNOWN),
        ("empty_200", OutcomeUnknown, Outcome.UNKNOWN),
        ("redirect", OutcomeUnknown, Outcome.UNKNOWN),
        ("refused", Refused, Outcome.REFUSED),
        ("unauthorized", CredentialsRefused, Outcome.REFUSED),
        ("throttled", Throttled, Outcome.NOT_SENT),
    ],
)
def test_each_answer_says_whether_it_may_be_sent_again(
    sandbox: Sandbox, connect: Connect, fault: str, error: type[Exception], outcome: Outcome
) -> None:
    """N01: whatever comes back, the carrier saw one request."""
    before = len(sandbox.requests)
    sandbox.fault(fault, path_contains="/messages")
    with pytest.raises(error) as caught:
        send(connect(sandbox.url), message=new_message())
    assert caught.value.outcome is outcome  # type: ignore[attr-defined]
    assert len(sandbox.requests) - before == 1


def test_a_refusal_brings_the_carriers_reasons(sandbox: Sandbox, client: Carrier) -> None:
    with pytest.raises(Refused) as caught:
        send(client, message=new_message(application_id=""))
    assert [problem.code for problem in caught.value.problems] == [
        "request-validation",
        "applicationId",
    ]


def test_nothing_listens_there(connect: Connect) -> None:
    with pytest.raises(NotSent):
        send(connect("http://127.0.0.1:1"), message=new_message())


def test_no_record_holds_what_people_write(client: Carrier, kept: list[Exchange]) -> None:
    send(client, message=new_message(text='a "secret" – übel\nzwei'))
    assert ("secret" in kept[-1].request_body, "secret" in kept[-1].response_body) == (False, False)
    assert "+13032281999" in kept[-1].request_body


@pytest.mark.parametrize(
    "changes",
    [
        {"text": ""},
        {"text": "x" * 2049},
        {"to_number": "3032281999"},
        {"from_number": "+442079460000"},
    ],
)
def test_what_must_never_be_sent_is_not_even_built(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        build_document(new_message(**changes))


EVENT: dict[str, Any] = {
    "type": "message-failed",
    "time": "2024-12-02T20:15:57.278000Z",
    "description": "no-destination-carrier",
    "to": "+13032281999",
    "errorCode": 4720,
    "message": {
        "id": "1661365814859loidf7mcwd4qacn7",
        "owner": "+13032281000",
        "applicationId": "an-application",
        "time": "2024-12-02T20:15:56.000Z",
        "segmentCount": 1,
        "direction": "out",
        "to": ["+13032281999", "+13032281998"],
        "from": "+13032281000",
        "text": "",
        "tag": "our-own-reference",
    },
}


@pytest.mark.parametrize("body", [EVENT, [EVENT]], ids=["one by itself", "a list"])
def test_an_event_is_about_one_receiver(body: object) -> None:
    (news,) = read_callback(json.dumps(body).encode()).news
    assert (news.kind, news.to_number, news.error_code) == (
        "message-failed",
        "+13032281999",
        "4720",
    )
    assert (news.message_id, news.tag) == ("1661365814859loidf7mcwd4qacn7", "our-own-reference")
    assert news.at is not None
    assert news.at.isoformat() == "2024-12-02T20:15:57.278000+00:00"


@pytest.mark.parametrize(
    ("written", "read"), [(4720, "4720"), ("4720", "4720"), (True, ""), ("x", ""), (None, "")]
)
def test_the_error_code_is_a_number_or_text(written: object, read: str) -> None:
    (news,) = read_callback(json.dumps({**EVENT, "errorCode": written}).encode()).news
    assert news.error_code == read


def test_a_time_that_cannot_be_read_is_none() -> None:
    (news,) = read_callback(json.dumps({**EVENT, "time": "yesterday"}).encode()).news
    assert news.at is None


@pytest.mark.parametrize("body", [b"[" * 10_000 + b"]" * 10_000, b"{", b"null", b"\xff\xfe"])
def test_what_is_no_callback_has_one_kind_of_error(body: bytes) -> None:
    """S02: whatever the parser thinks of it."""
    with pytest.raises(UnreadableBody):
        read_callback(body)


def test_a_flood_of_events_in_one_callback_is_not_read() -> None:
    with pytest.raises(UnreadableBody, match="more than 1000"):
        read_callback(json.dumps([0] * 1001).encode())
