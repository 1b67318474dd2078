"""Sending a text message: at most once, whatever the carrier answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from carrier.sandbox import Sandbox
from messaging.domain import sending
from messaging.models import Message
from numbering.domain import jobs
from numbering.domain.cannot_do import CannotDo
from numbering.models import CarrierExchange, Job, TelephoneNumber
from tests import builders
from tests.messaging.steps import Pair, became, stored, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_client")]
SentTo = Callable[[str], list[str]]
Send = Callable[..., Message]


@pytest.fixture
def own_client(at_carrier: Sandbox, settings: Any) -> Sandbox:
    """The sandbox, through a client of the test's own: a hold after 429 stays with it."""
    settings.CARRIER = {**settings.CARRIER, "pool_size": next(_clients)}
    return at_carrier


_clients = iter(range(5000, 6000))


def again() -> None:
    """Let the waits of the jobs pass, and work."""
    Job.objects.exclude(key=None).update(due_at=jobs.clock.database_now())
    work()


def test_a_message_goes_out_once_and_its_news_are_taken_over(
    pair: Pair, send: Send, sent_to: SentTo
) -> None:
    message = send(pair, "Ready 🙂")
    work()
    message.refresh_from_db()
    assert (message.state, bool(message.carrier_id)) == ("sent", True)
    stored(became(pair, "message-delivered", message_id=message.carrier_id))
    stored(became(pair, "message-sent", message_id=message.carrier_id))
    again()
    message.refresh_from_db()
    assert message.state == "delivered"
    assert sent_to(pair.theirs) == ["Ready 🙂"]


@pytest.mark.parametrize(
    "fault", ["created_dropped", "created_500", "created_cut", "created_html", "not_created_503"]
)
def test_what_got_no_clear_answer_is_never_sent_again(
    pair: Pair, send: Send, sent_to: SentTo, at_carrier: Sandbox, fault: str
) -> None:
    """R9, R11: it may be on its way."""
    message = send(pair)
    at_carrier.fault(fault, path_contains="/messages")
    work()
    again()
    message.refresh_from_db()
    assert (message.state, message.remark != "") == ("unknown", True)
    assert len(sent_to(pair.theirs)) == (0 if fault == "not_created_503" else 1)


def test_news_by_our_own_tag_settle_an_unknown_outcome(
    pair: Pair, send: Send, at_carrier: Sandbox
) -> None:
    message = send(pair)
    at_carrier.fault("created_dropped", path_contains="/messages")
    work()
    carriers = at_carrier.messages()[-1]
    stored(became(pair, "message-delivered", message_id=carriers.message_id, tag=message.reference))
    work()
    message.refresh_from_db()
    assert (message.state, message.carrier_id) == ("delivered", carriers.message_id)


def test_no_receipt_in_time_is_not_a_failure(pair: Pair, send: Send) -> None:
    """REFERENCE 13.4: 9902 says that nobody knows."""
    message = send(pair)
    work()
    message.refresh_from_db()
    for code, state in (("9902", "sent"), ("4720", "failed")):
        stored(became(pair, "message-failed", message_id=message.carrier_id, errorCode=code))
        work()
        message.refresh_from_db()
        assert message.state == state


def test_a_clear_no_is_kept_with_its_reasons(
    pair: Pair, send: Send, sent_to: SentTo, at_carrier: Sandbox
) -> None:
    message = send(pair)
    at_carrier.fault("refused", path_contains="/messages", code="source-tn-not-valid")
    work()
    again()
    message.refresh_from_db()
    assert (message.state, "source-tn-not-valid" in message.remark) == ("refused", True)
    assert sent_to(pair.theirs) == []


@pytest.mark.parametrize("fault", ["throttled", "unauthorized"])
def test_what_never_left_us_waits_and_goes_out_once(
    pair: Pair, send: Send, sent_to: SentTo, at_carrier: Sandbox, settings: Any, fault: str
) -> None:
    message = send(pair)
    at_carrier.fault(fault, path_contains="/messages", reset="past")
    work()
    message.refresh_from_db()
    assert (message.state, sent_to(pair.theirs)) == ("waiting", [])
    settings.CARRIER = {**settings.CARRIER, "pool_size": next(_clients)}
    again()
    message.refresh_from_db()
    assert (message.state, len(sent_to(pair.theirs))) == ("sent", 1)


def test_a_worker_that_died_while_sending_leaves_it_unknown(
    pair: Pair, send: Send, sent_to: SentTo
) -> None:
    message = send(pair)
    Message.objects.filter(pk=message.pk).update(state="sending", claim_token="gone")
    work()
    message.refresh_from_db()
    assert (message.state, sent_to(pair.theirs)) == ("unknown", [])


def test_a_worker_that_lost_its_job_sends_nothing(pair: Pair, send: Send, sent_to: SentTo) -> None:
    """C07: the lease is asked for once more just before the call."""
    message = send(pair)
    job = jobs.claim()
    assert job is not None
    Job.objects.filter(pk=job.pk).update(lease_token="another worker's")
    with pytest.raises(jobs.TryLater):
        sending.run_send(job)
    message.refresh_from_db()
    assert (message.state, sent_to(pair.theirs)) == ("waiting", [])


def test_without_an_application_nothing_is_sent(
    pair: Pair, send: Send, sent_to: SentTo, settings: Any
) -> None:
    settings.CARRIER = {**settings.CARRIER, "messaging_application_id": ""}
    message = send(pair)
    work()
    message.refresh_from_db()
    assert (message.state, sent_to(pair.theirs)) == ("waiting", [])
    assert "CARRIER_MESSAGING_APPLICATION_ID" in Job.objects.get(kind="send_message").trouble


def test_a_message_that_is_given_up_says_so(pair: Pair, send: Send) -> None:
    message = send(pair)
    sending.give_up_send(Job.objects.get(kind="send_message"))
    message.refresh_from_db()
    assert (message.state, message.remark) == ("failed", "Given up; it was never sent.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"their_number": "911"}, "cannot be texted"),
        ({"our_number": "+13032289999"}, "not in service here"),
        ({"text": "  "}, "Write a text"),
        ({"text": "x" * 2049}, "Write a text"),
        ({"text": "a\x00b"}, "cannot be sent"),
        ({"text": "a\ud800b"}, "cannot be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_plain_words(
    pair: Pair, support: User, changes: dict[str, str], words: str
) -> None:
    wanted = {"our_number": pair.ours, "their_number": pair.theirs, "text": "hello", **changes}
    with pytest.raises(CannotDo, match=words):
        sending.send(**wanted, actor=support)
    assert Message.objects.count() == 0


def test_a_number_sends_as_long_as_it_is_in_service(pair: Pair, send: Send) -> None:
    """Owned or hosted; one that is lost or leaves sends nothing."""
    ours = TelephoneNumber.objects.filter(e164=pair.ours)
    ours.update(state="ordered", origin="order")
    send(pair)
    for state in ("lost", "removing", "disconnecting"):
        ours.update(state=state)
        with pytest.raises(CannotDo, match="not in service here"):
            send(pair)


def test_their_number_is_understood_as_people_write_it(pair: Pair, support: User) -> None:
    theirs = builders.fresh_numbers()[0]
    written = f"({theirs[2:5]}) {theirs[5:8]}-{theirs[8:]}"
    message = sending.send(our_number=pair.ours, their_number=written, text="hello", actor=support)
    assert message.their_number == theirs


def test_the_kept_exchange_holds_no_text(pair: Pair, send: Send) -> None:
    send(pair, 'A "private" matter\n– né')
    work()
    kept = CarrierExchange.objects.get(operation="messages.send")
    assert pair.theirs in kept.request_body
    for body in (kept.request_body, kept.response_body):
        assert ("private" in body, "[hidden]" in body) == (False, True)
