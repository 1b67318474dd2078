"""The nightly compare: what differs from the carrier is found, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from carrier.sandbox import Sandbox
from numbering.domain import cases, compare, jobs, nights, number_reading
from numbering.domain.inventory import Inventory
from numbering.models import (
    Alert,
    Case,
    Heartbeat,
    Job,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from numbering.worker import plan, run_due, run_once
from tests import builders
from tests.carrier.scripted import Script, ScriptedServer, answering
from tests.numbering import steps
from tests.numbering.comparing import compared, found, hosted, hosted_there_only, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def beat_at() -> datetime:
    """Give when the last compare was, or the portal's first round."""
    return Heartbeat.objects.get(name="compare").at


def singly_asked(sandbox: Sandbox) -> list[str]:
    """Give the numbers that the carrier was asked for one by one."""
    paths = [seen.path for seen in sandbox.requests if "/inserviceNumbers/" in seen.path]
    return [path.rpartition("/")[2] for path in paths]


def test_numbers_that_agree_make_no_case(own_carrier: Sandbox) -> None:
    hosted(own_carrier, *builders.fresh_numbers(3))
    assert compared().state == "done"
    assert (found(), singly_asked(own_carrier)) == ([], [])


def test_a_number_lost_with_no_notice_at_all_is_found(own_carrier: Sandbox) -> None:
    """C17: by the nightly compare."""
    kept, gone = builders.fresh_numbers(2)
    order = hosted(own_carrier, kept, gone)
    assert own_carrier.lose(gone, notify=False)
    compared()
    assert (state_of(kept), state_of(gone), found()) == (
        "hosted",
        "lost",
        [("lost", gone, True)],
    )
    case = Case.objects.get()
    assert (case.order, case.telephone_number) == (order, TelephoneNumber.objects.get(e164=gone))
    event = TelephoneNumberEvent.objects.filter(telephone_number__e164=gone).latest("pk")
    assert (event.from_state, event.to_state, event.learned_by) == ("hosted", "lost", "compare")
    assert "nightly compare" in event.reason
    assert [alert.cause for alert in Alert.objects.all()] == ["numbers_lost"]


def test_a_compare_of_the_same_again_only_says_that_it_still_stands(own_carrier: Sandbox) -> None:
    gone, theirs = builders.fresh_numbers(2)
    hosted(own_carrier, gone)
    own_carrier.lose(gone, notify=False)
    hosted_there_only(own_carrier, theirs)
    compared()
    first = dict(Case.objects.values_list("kind", "last_seen_at"))
    compared()
    assert found() == [("lost", gone, True), ("theirs", theirs, True)]
    later = dict(Case.objects.values_list("kind", "last_seen_at"))
    assert [later[kind] > first[kind] for kind in ("lost", "theirs")] == [True, True]


def test_a_number_in_service_there_and_unknown_here_is_theirs(own_carrier: Sandbox) -> None:
    theirs = builders.fresh_numbers(2)
    hosted_there_only(own_carrier, *theirs)
    compared()
    assert found() == [("theirs", number, True) for number in theirs]
    assert Case.objects.first().detail == "In service at the carrier, and never hosted here."


def test_a_number_whose_life_here_is_over_is_theirs_and_says_so(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    order = steps.sent(number)
    own_carrier.finish(order.carrier_order_id or "", "FAILED")
    steps.work()
    hosted_there_only(own_carrier, number)
    compared()
    case = Case.objects.get()
    assert (state_of(number), case.kind, case.order) == ("not_imported", "theirs", order)
    assert "import failed" in case.detail


def test_a_number_lost_here_and_in_service_there_differs_in_state(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    TelephoneNumber.objects.filter(e164=number).update(state="lost")
    compared()
    assert found() == [("state", number, True)]


def test_a_number_that_still_imports_though_its_order_is_over_is_found(
    own_carrier: Sandbox,
) -> None:
    there, nowhere = builders.fresh_numbers(2)
    hosted(own_carrier, there, nowhere)
    TelephoneNumber.objects.update(state="importing")
    own_carrier.lose(nowhere, notify=False)
    compared()
    assert found() == [("ours", nowhere, True), ("state", there, True)]
    assert (state_of(there), state_of(nowhere)) == ("importing", "importing")


def test_numbers_of_orders_that_are_open_at_the_carrier_are_left_out(own_carrier: Sandbox) -> None:
    early, late = builders.fresh_numbers(2)
    order = steps.sent(early)
    # The carrier has finished; the portal has not read it yet.
    own_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    steps.sent(late)
    Job.objects.all().delete()
    compared()
    assert (found(), state_of(early), state_of(late)) == ([], "importing", "importing")


def test_a_draft_does_not_hide_a_number_that_is_theirs(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    hosted_there_only(own_carrier, number)
    builders.draft(number)
    compared()
    assert found() == [("theirs", number, True)]


def in_turn(*answers: Script) -> Script:
    """Answer one request after the other, by what it asks for: pages first, then single numbers."""
    left = iter(answers)
    return lambda sock: next(left)(sock)


def list_of(*numbers: str) -> Script:
    """Answer with a list of numbers that ends here."""
    rows = "".join(f"<TelephoneNumber>{number}</TelephoneNumber>" for number in numbers)
    body = f"<TNs><Links/><TelephoneNumbers>{rows}</TelephoneNumbers></TNs>"
    return answering("200 OK", body.encode())


# A carrier that does not tell where numbers stand.
NO_SITES = answering("404 Not Found")


def at(settings: Any, server: ScriptedServer) -> None:
    """Point the portal to a server that does what it is told; it needs no token."""
    settings.CARRIER = {
        **settings.CARRIER,
        "v2_base": f"{server.url}/api/v2/",
        "auth": "basic",
        "username": "sandbox",
        "password": "sandbox-password",
    }


def test_a_number_that_only_the_list_forgot_is_not_lost(
    own_carrier: Sandbox, settings: Any
) -> None:
    listed, forgotten = builders.fresh_numbers(2)
    hosted(own_carrier, listed, forgotten)
    no_details = answering("404 Not Found")
    script = in_turn(list_of(listed), NO_SITES, answering("200 OK"), no_details, no_details)
    with ScriptedServer(script) as server:
        at(settings, server)
        assert compared().state == "done"
    assert (found(), state_of(forgotten)) == ([], "hosted")
    assert f"/inserviceNumbers/{forgotten} ".encode() in server.requests[2]


@pytest.mark.parametrize(
    "answers",
    [
        [answering("503 Service Unavailable")],
        [answering("404 Not Found")],
        [answering("200 OK")],
        [answering("200 OK", b"<html>Sign in</html>")],
        [list_of(), NO_SITES, answering("401 Unauthorized")],
    ],
    ids=["503", "404", "empty body", "another page", "number: 401"],
)
def test_a_carrier_that_cannot_be_read_changes_nothing_and_is_read_later(
    own_carrier: Sandbox, settings: Any, answers: list[Script]
) -> None:
    number, theirs = builders.fresh_numbers(2)
    hosted(own_carrier, number)
    standing = cases.Finding(theirs, "Found last night.")
    cases.note(compare.CaseKind.THEIRS, [standing], at=timezone.now())
    before = beat_at()
    # The last answer again for the client's own repeats of a read.
    with ScriptedServer(in_turn(*answers, *answers[-1:] * 5)) as server:
        at(settings, server)
        job = compared()
    assert (job.state, job.attempts, found(), state_of(number)) == (
        "waiting",
        1,
        [("theirs", theirs, True)],
        "hosted",
    )
    assert beat_at() == before


def test_a_carrier_that_is_away_changes_nothing_and_is_read_once_it_is_back(
    own_carrier: Sandbox, settings: Any
) -> None:
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    own_carrier.lose(number, notify=False)
    present, settings.CARRIER = (
        settings.CARRIER,
        {
            **settings.CARRIER,
            "v2_base": "http://127.0.0.1:1/api/v2/",
        },
    )
    assert (compared().state, state_of(number)) == ("waiting", "hosted")
    settings.CARRIER = present
    steps.bring_forward("compare")
    run_due()
    assert (found(), state_of(number)) == ([("lost", number, True)], "lost")


def test_a_carrier_that_is_not_set_up_is_no_carrier_without_numbers(
    own_carrier: Sandbox, settings: Any
) -> None:
    hosted(own_carrier, builders.fresh_numbers()[0])
    settings.CARRIER = {**settings.CARRIER, "client_id": ""}
    assert (compared().state, found()) == ("waiting", [])


def test_what_is_no_number_is_shown_and_stops_nothing(own_carrier: Sandbox, settings: Any) -> None:
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    with ScriptedServer(list_of(number, "12345", "+442071838750")) as server:
        at(settings, server)
        compared()
        compared()
    assert found() == [("theirs", "+442071838750", True), ("theirs", "12345", True)]


def test_a_number_that_is_theirs_ends_its_case_by_leaving(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    hosted_there_only(own_carrier, number)
    compared()
    own_carrier.lose(number, notify=False)
    compared()
    case = Case.objects.get()
    assert (case.stands, case.closed_by, case.remark) == (False, None, cases.GONE)
    assert case.closed_at is not None


def test_a_number_that_is_theirs_ends_its_case_by_coming_here(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    hosted_there_only(own_carrier, number)
    compared()
    hosted(own_carrier, number)
    compared()
    assert found() == [("theirs", number, False)]


def test_a_case_stands_until_the_order_of_its_number_is_over(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    hosted_there_only(own_carrier, number)
    compared()
    order = steps.sent(number)
    compared()
    assert found() == [("theirs", number, True)]
    own_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    steps.work()
    compared()
    assert found() == [("theirs", number, False)]


def test_a_short_list_ends_no_case(own_carrier: Sandbox, settings: Any) -> None:
    number = builders.fresh_numbers()[0]
    hosted_there_only(own_carrier, number)
    compared()
    with ScriptedServer(in_turn(list_of(), NO_SITES, answering("200 OK"))) as server:
        at(settings, server)
        compared()
    assert found() == [("theirs", number, True)]


def test_a_lost_number_that_comes_back_ends_its_case_and_another_loss_opens_a_new_one(
    own_carrier: Sandbox, support: Any
) -> None:
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    own_carrier.lose(number, notify=False)
    compared()
    cases.close([Case.objects.get().pk], remark="The subscriber left.", actor=support)
    hosted(own_carrier, number)
    own_carrier.lose(number, notify=False)
    compared()
    assert found() == [("lost", number, False), ("lost", number, True)]
    hosted(own_carrier, number)
    compared()
    assert found() == [("lost", number, False), ("lost", number, False)]


def test_a_case_that_a_person_closed_stays_closed_while_the_difference_stands(
    own_carrier: Sandbox, support: Any
) -> None:
    number = builders.fresh_numbers()[0]
    hosted_there_only(own_carrier, number)
    compared()
    cases.close([Case.objects.get().pk], remark="A voice number of ours.", actor=support)
    compared()
    assert found() == [("theirs", number, False)]
    own_carrier.lose(number, notify=False)
    compared()
    hosted_there_only(own_carrier, number)
    compared()
    assert found() == [("theirs", number, False), ("theirs", number, True)]
    assert Case.objects.order_by("pk").first().remark == "A voice number of ours."


def test_five_thousand_numbers_on_many_pages_are_compared(
    own_carrier: Sandbox, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_reading, "NIGHTLY_SHARE", 0)
    numbers = builders.fresh_numbers(5000, area="720")
    hosted_there_only(own_carrier, *numbers)
    subscriber = builders.subscriber()
    TelephoneNumber.objects.bulk_create(
        TelephoneNumber(
            e164=e164,
            subscriber=subscriber,
            state="hosted",
            site_id="1001",
            sip_peer_id="500101",
            state_changed_at=timezone.now(),
        )
        for e164 in numbers
    )
    gone = sorted(numbers[::2000])
    for number in gone:
        own_carrier.lose(number, notify=False)
    with django_assert_max_num_queries(340):
        compared()
    assert found() == [("lost", number, True) for number in gone]
    assert singly_asked(own_carrier) == gone
    states = TelephoneNumber.objects.filter(state="lost").values_list("e164", flat=True)
    assert sorted(states) == gone
    pages = [seen for seen in own_carrier.requests if seen.path.endswith("/inserviceNumbers")]
    assert len(pages) == 10


def test_a_number_that_changed_after_the_compare_began_is_left_to_the_next(
    own_carrier: Sandbox,
) -> None:
    here, told, there = builders.fresh_numbers(3)
    hosted(own_carrier, here, told)
    own_carrier.lose(here, notify=False)
    # A notice of its loss came while the list was read, which still holds it.
    TelephoneNumber.objects.filter(e164=told).update(state="lost")
    TelephoneNumber.objects.update(state_changed_at=timezone.now() + timedelta(minutes=1))
    hosted_there_only(own_carrier, there)
    TelephoneNumber.objects.create(
        e164=there,
        subscriber=builders.subscriber(),
        state="gone",
        state_changed_at=timezone.now() + timedelta(minutes=1),
    )
    compared()
    assert (found(), state_of(here), state_of(told)) == ([], "hosted", "lost")


def test_a_worker_that_lost_its_job_writes_nothing_more(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    own_carrier.lose(number, notify=False)
    jobs.enqueue("compare")
    sleeper = jobs.claim()
    assert sleeper is not None
    Job.objects.update(lease_token="another worker")
    with pytest.raises(jobs.TryLater, match="taken over"):
        compare.run_compare(sleeper)
    assert (found(), state_of(number)) == ([], "hosted")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "last", "now", "is_asked"),
    [
        ("UTC", "2026-11-20 02:00", "2026-11-21 01:59", False),
        ("UTC", "2026-11-20 02:00", "2026-11-21 02:00", True),
        ("UTC", "2026-11-21 02:01", "2026-11-21 23:00", False),
        ("UTC", "2026-11-22 02:01", "2026-11-21 23:00", True),
        ("America/Denver", "2026-11-20 09:05", "2026-11-21 08:59", False),
        ("America/Denver", "2026-11-20 09:05", "2026-11-21 09:00", True),
        # 02:30 comes twice in this night, and is not there at all in the other.
        ("Europe/Berlin", "2026-10-25 00:05", "2026-10-25 01:30", False),
        ("America/Denver", "2026-03-07 09:05", "2026-03-08 09:00", True),
        ("America/Denver", "2026-03-08 09:00", "2026-03-08 23:00", False),
    ],
)
def test_it_is_asked_for_once_a_night(
    settings: Any, zone: str, last: str, now: str, is_asked: bool
) -> None:
    settings.TIME_ZONE = zone
    assert nights.is_due(instant(last), instant(now)) == is_asked


def test_a_new_portal_waits_for_its_first_night(carrier_away: None) -> None:
    plan()
    assert not Job.objects.filter(kind="compare").exists()
    Heartbeat.objects.filter(name="compare").update(at=timezone.now() - timedelta(days=1, hours=1))
    plan()
    assert Job.objects.filter(kind="compare").count() == 1


def test_the_worker_compares_by_itself_when_the_night_has_come(own_carrier: Sandbox) -> None:
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    own_carrier.lose(number, notify=False)
    run_once()
    assert state_of(number) == "hosted"
    Heartbeat.objects.filter(name="compare").update(at=timezone.now() - timedelta(days=1, hours=1))
    run_once()
    assert (state_of(number), found()) == ("lost", [("lost", number, True)])


def test_the_list_is_kept_in_a_few_bytes_a_number() -> None:
    numbers = [f"+1303{number:07d}" for number in range(3_000)]
    inventory = Inventory([numbers[1000:], ["12345"], numbers[:1000]])
    given = [text for chunk in inventory.chunks() for text in chunk]
    assert (given, len(inventory)) == ([*numbers, "12345"], 3_001)
    assert [text in inventory for text in ("+13030002999", "12345", "+13030003000", "1234")] == [
        True,
        True,
        False,
        False,
    ]
