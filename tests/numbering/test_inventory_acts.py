"""What a worker does to many numbers: move them to a subscriber, read them at the carrier."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import bulk, number_reading, traffic
from numbering.enums import BulkKind
from numbering.models import BulkAction, BulkRow, TelephoneNumber
from tests import builders
from tests.carrier.scripted import ScriptedServer, answering
from tests.numbering import steps
from tests.numbering.desk import said
from tests.numbering.lives import life, lives

pytestmark = pytest.mark.django_db


def results(action: BulkAction) -> dict[str, tuple[str, str]]:
    """Give what became of each number, in words."""
    rows = BulkRow.objects.filter(action=action)
    return {row.e164: (row.state, row.message) for row in rows}


def done(kind: BulkKind, numbers: Sequence[TelephoneNumber], actor: User, **choices: Any) -> Any:
    """Have it done by the worker, and give what became of each number."""
    action = bulk.start(kind, [one.e164 for one in numbers], actor=actor, choices=choices)
    steps.work()
    return results(action)


def test_numbers_are_moved_and_those_that_cannot_be_say_why(support: User) -> None:
    before, after = builders.subscriber(name="Before Ltd"), builders.subscriber(name="After Ltd")
    order = builders.draft()
    held = life(e164=order.numbers.get().e164, subscriber=before)
    moved = life(subscriber=before)
    lost = life(subscriber=before, state="lost")
    there = life(subscriber=after)
    importing = life(subscriber=before, state="importing")
    leaving = life(subscriber=before, state="disconnecting", origin="order")
    gone = life(subscriber=before, state="gone")
    numbers = (held, moved, lost, there, importing, leaving, gone)
    found = done(BulkKind.ASSIGN, numbers, support, subscriber=after.pk)
    assert found == {
        held.e164: ("failed", f"Import order {order.pk} is open and holds it; move it later."),
        moved.e164: ("done", "Moved from Before Ltd."),
        lost.e164: ("done", "Moved from Before Ltd."),
        there.e164: ("skipped", "It is with After Ltd already."),
        importing.e164: ("failed", "It is importing; move it when that is over."),
        leaving.e164: ("failed", "It is being disconnected; move it when that is over."),
        gone.e164: ("failed", "It does not live here any more."),
    }
    holders = {one.pk: one.subscriber for one in TelephoneNumber.objects.all()}
    assert {pk for pk, holder in holders.items() if holder == after} == {
        moved.pk,
        lost.pk,
        there.pk,
    }
    [line] = moved.events.all()
    assert (line.reason, line.actor, line.from_state, line.to_state) == (
        "Moved from Before Ltd to After Ltd.",
        support,
        "hosted",
        "hosted",
    )
    assert not there.events.exists()


def test_what_was_chosen_is_meant_and_not_whoever_has_the_number_since(support: User) -> None:
    a, b = builders.subscriber(name="A Ltd"), builders.subscriber(name="B Ltd")
    to = builders.subscriber(name="To Ltd")
    ended, again = life(subscriber=a, state="gone"), life(subscriber=a, state="gone")
    elsewhere = life(e164=ended.e164, subscriber=b)
    anew = life(e164=again.e164, subscriber=a)
    stays, goes = life(subscriber=a), life(subscriber=a)
    chosen = {
        BulkKind.ASSIGN: TelephoneNumber.objects.filter(subscriber=a),
        BulkKind.LOCK: TelephoneNumber.objects.filter(pk=ended.pk),
        BulkKind.READ: TelephoneNumber.objects.filter(pk=ended.pk),
    }
    actions = {
        kind: bulk.start(kind, numbers, actor=support, choices={"subscriber": to.pk})
        for kind, numbers in chosen.items()
    }
    # Between the click and the worker it goes to somebody else.
    TelephoneNumber.objects.filter(pk=goes.pk).update(subscriber=b)
    steps.work()
    another = "What was chosen has ended; the number lives here anew. Choose it as it is now."
    assert results(actions[BulkKind.ASSIGN]) == {
        ended.e164: ("failed", another),
        anew.e164: ("done", "Moved from A Ltd."),
        stays.e164: ("done", "Moved from A Ltd."),
        goes.e164: (
            "failed",
            "It is another subscriber's since it was chosen. Choose it anew if it is meant.",
        ),
    }
    assert results(actions[BulkKind.LOCK]) == {ended.e164: ("failed", another)}
    assert results(actions[BulkKind.READ]) == {ended.e164: ("skipped", another)}
    elsewhere.refresh_from_db()
    assert (elsewhere.subscriber, elsewhere.is_locked) == (b, False)
    assert set(TelephoneNumber.objects.filter(subscriber=to)) == {anew, stays}


def test_what_the_carrier_says_is_kept_and_what_differs_is_said(
    at_carrier: Sandbox, support: User, sign_in: Callable[[User], Client]
) -> None:
    ordered = {"state": "ordered", "origin": "order", "site_id": "1001"}
    same, elsewhere, hosted = lives(3, sip_peer_id="500101", **ordered)
    owned, unknown = lives(2, site_id="1001", sip_peer_id="500102")
    at_carrier.stock([same.e164], site_id="1001", sip_peer_id="500101", owned=True)
    at_carrier.stock([elsewhere.e164], site_id="1001", sip_peer_id="500102", owned=True)
    # Of a hosted number the place is that on our account, not that of whoever owns it.
    at_carrier.stock([hosted.e164], site_id="1001", sip_peer_id="500102", owned=False)
    at_carrier.stock([owned.e164], site_id="1001", sip_peer_id="500101", owned=True)
    gone = life(state="gone")
    found = done(BulkKind.READ, (same, elsewhere, hosted, owned, unknown, gone), support)
    assert {e164: state for e164, (state, _) in found.items()} == {
        same.e164: "done",
        elsewhere.e164: "done",
        hosted.e164: "done",
        owned.e164: "done",
        unknown.e164: "done",
        gone.e164: "skipped",
    }
    assert found[same.e164][1] == "The carrier says Inservice."
    assert re.fullmatch(r"The carrier has it at .+ · .+\.", found[elsewhere.e164][1])
    assert re.fullmatch(
        r"The carrier has it at .+ · .+\. The carrier has it as a hosted number; .+ by an order\.",
        found[hosted.e164][1],
    )
    assert found[owned.e164][1].endswith(
        "The carrier has it as our own number; here it came by an import."
    )
    assert found[unknown.e164][1] == "The carrier does not know it; here it is hosted."
    for number in (same, unknown):
        number.refresh_from_db()
        assert number.carrier_read_at is not None
    assert (same.carrier_status, same.carrier_differs) == ("Inservice", False)
    assert (same.carrier_details["site_id"], same.carrier_details["sip_peer_id"]) == (
        "1001",
        "500101",
    )
    assert (unknown.carrier_status, unknown.carrier_details) == ("", {})
    assert unknown.carrier_differs
    lost = life(state="lost")
    words = "The carrier does not know it."
    assert done(BulkKind.READ, [lost], support) == {lost.e164: ("done", words)}
    answer = sign_in(support).post(f"/admin/numbers/telephonenumber/{lost.pk}/read/")
    assert said(answer) == [f"Read. {words}"]
    # Of a number that is over here, nothing differs.
    TelephoneNumber.objects.filter(pk=same.pk).update(state="gone")
    same.refresh_from_db()
    assert number_reading.differences(same) == []


def test_a_number_that_the_carrier_cannot_be_asked_for_holds_up_no_other(
    at_carrier: Sandbox, support: User, sign_in: Callable[[User], Client]
) -> None:
    """R26: one of another country came by a list, and is here."""
    foreign, number = life(e164="+442079460000"), life(state="ordered", origin="order")
    at_carrier.stock([number.e164], site_id="1001", sip_peer_id="500101", owned=True)
    found = done(BulkKind.READ, (foreign, number), support)
    why = "That is no US telephone number: the carrier cannot be asked for it."
    assert (found[foreign.e164], found[number.e164][0]) == (("failed", why), "done")
    page = f"/admin/numbers/telephonenumber/{foreign.pk}/"
    assert said(sign_in(support).post(f"{page}read/")) == [why]
    foreign.refresh_from_db()
    assert foreign.carrier_read_at is None


def test_what_the_carrier_says_without_end_is_kept_in_part(
    settings: Any, support: User, sign_in: Callable[[User], Client]
) -> None:
    """R17: and what is left out is said."""
    number = life(state="ordered", origin="order")
    city, words = "C" * 300_000, "".join(f"<TnAttribute>a{row}</TnAttribute>" for row in range(99))
    details = (
        f"<X><TelephoneNumberDetails><FullNumber>{number.e164}</FullNumber><Status>Inservice"
        f"</Status><City>{city}</City><TnAttributes>{words}</TnAttributes>"
        "</TelephoneNumberDetails></X>"
    )
    with ScriptedServer(answering("200 OK", details.encode())) as server:
        settings.CARRIER = {
            **settings.CARRIER,
            "v2_base": f"{server.url}/api/v2/",
            "auth": "basic",
            "username": "sandbox",
            "password": "sandbox-password",
        }
        number_reading.read_now(number)
    kept = number.carrier_details
    assert (len(kept["city"]), kept["city"][-2:]) == (200, "C…")
    assert (len(kept["attributes"]), kept["attributes"][-1]) == (51, "…")
    page = sign_in(support).get(f"/admin/numbers/telephonenumber/{number.pk}/change/")
    assert (page.status_code, len(page.content) < 100_000) == (200, True)


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        ("throttled", range(1)),
        ("unauthorized", range(1)),
        # One after the other says nothing that can be read: later, then, and not all in vain.
        ("not_created_500", range(1, 3)),
    ],
)
def test_a_carrier_that_does_not_answer_makes_reading_wait(
    own_client: Sandbox,
    support: User,
    fault: str,
    failed: range,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(number_reading, "_UNREADABLE_IN_A_ROW", 2)
    own_client.fault(fault, path_contains="tndetails", times=None)
    found = done(BulkKind.READ, lives(4), support)
    counts = Counter(state for state, _ in found.values())
    assert counts["failed"] in failed
    assert counts["waiting"] == 4 - counts["failed"]
    assert not TelephoneNumber.objects.filter(carrier_read_at__isnull=False).exists()
    action = BulkAction.objects.get()
    assert (action.state, bool(action.trouble)) == ("running", True)


def test_an_unreachable_carrier_makes_reading_wait_and_a_click_says_so(
    carrier_away: None, support: User
) -> None:
    found = done(BulkKind.READ, lives(2), support)
    assert {state for state, _ in found.values()} == {"waiting"}


def test_traffic_is_noted_once_an_hour_on_the_number_that_lives() -> None:
    now = timezone.now()
    number, gone = life(), life(state="gone")
    e164s = [number.e164, gone.e164, "+12125550199"]
    for at, known in (
        (now, now),
        (now + timedelta(minutes=59), now),
        (now - timedelta(days=1), now),
        (now + timedelta(minutes=61), now + timedelta(minutes=61)),
    ):
        traffic.note_traffic(e164s, at=at)
        number.refresh_from_db()
        assert number.last_traffic_at == known
    gone.refresh_from_db()
    assert gone.last_traffic_at is None
