"""From the old platform to the new one, step by step: no number is ever on neither."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from carrier import in_service
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import bulk, jobs, migration, platform_import, platform_numbers
from numbering.domain import platform_release as release
from numbering.domain.cannot_do import CannotDo
from numbering.domain.import_orders import cancel
from numbering.models import (
    BulkAction,
    CarrierExchange,
    ImportOrder,
    Job,
    PlatformNumber,
    SipPeer,
    TelephoneNumber,
)
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.giving_up import lives

pytestmark = pytest.mark.django_db

PERSON = {"loa_authorizing_person": "Maria Lopez", "loa_type": "SUBSCRIBER"}


def imported(support: User, *e164s: str) -> None:
    """Have these numbers on the old platform."""
    action = platform_import.start(e164s, actor=support, name="Old Bakery")
    run_once()
    assert set(action.rows.values_list("state", flat=True)) == {"done"}


def listed(*e164s: str) -> dict[str, PlatformNumber]:
    """Read the old platform's list, and give these numbers."""
    jobs.enqueue(platform_numbers.JOB)
    steps.work()
    return numbers(*e164s)


def numbers(*e164s: str) -> dict[str, PlatformNumber]:
    return {one.e164: one for one in PlatformNumber.objects.filter(e164__in=e164s)}


def stages(e164s: Sequence[str]) -> list[str]:
    found = numbers(*e164s)
    return [found[e164].stage for e164 in e164s]


def checked(support: User, e164s: Sequence[str]) -> BulkAction:
    """Have the new platform asked about these numbers."""
    builders.sip_peer()
    chosen = PlatformNumber.objects.filter(e164__in=e164s)
    action = migration.start_check(chosen, actor=support)
    run_once()
    return action


def hosted(sandbox: Sandbox, *e164s: str) -> ImportOrder:
    """Have the carrier host these numbers."""
    order = steps.sent(*e164s)
    steps.ended_at(sandbox, order)
    steps.work()
    return order


def released(support: User, e164s: Sequence[str]) -> BulkAction:
    """Have these numbers released, and the worker do it."""
    chosen = PlatformNumber.objects.filter(e164__in=e164s)
    action = release.start_release(chosen, typed_count=len(e164s), actor=support)
    run_once()
    action.refresh_from_db()
    return action


def on_old(sandbox: Sandbox, e164: str) -> bool:
    return any(
        seen.telephone_number == e164 and not seen.is_released
        for seen in sandbox.platform_numbers()
    )


def on_new(e164: str) -> bool:
    return in_service.is_in_service(get_carrier(), telephone_number=e164)


def test_numbers_move_by_steps_from_the_old_platform_to_the_new_one(
    at_platform: Sandbox, support: User
) -> None:
    """Local and toll-free, one that cannot be imported, one that another order holds."""
    local, taken = builders.fresh_numbers(2)
    free, blocked = "+18882280077", steps.card("9002")
    e164s = [local, taken, free, blocked]
    imported(support, *e164s)
    found = listed(*e164s)
    assert {one.stage for one in found.values()} == {"found"}
    assert {(one.name, one.is_listed) for one in found.values()} == {("Old Bakery", True)}
    builders.draft(taken)

    assert migration.to_check().filter(e164__in=e164s).count() == 4
    checked(support, e164s)
    assert stages(e164s) == ["ready", "ready", "ready", "blocked"]
    assert numbers(blocked)[blocked].detail

    place = {"subscriber": builders.subscriber(), "sip_peer": builders.sip_peer()}
    every = PlatformNumber.objects.filter(e164__in=e164s)
    orders = migration.make_drafts(every, actor=support, **place, **PERSON)
    assert [[row.e164 for row in order.numbers.all()] for order in orders] == [[local], [free]]
    assert stages(e164s) == ["moving", "ready", "moving", "blocked"]
    assert "still open" in numbers(taken)[taken].detail
    with pytest.raises(CannotDo, match="still open"):
        migration.make_drafts(every, actor=support, **place, **PERSON)

    checked(support, [local])
    assert "draft" in numbers(local)[local].detail
    assert not migration.to_check().filter(e164__in=e164s).exists()
    for order in orders:
        migration.import_orders.check(order, actor=support)
        steps.submitted_and_sent(order)
        steps.ended_at(at_platform, order)
    steps.work()
    with pytest.raises(CannotDo, match="No number"):
        released(support, [local])
    checked(support, e164s)
    assert stages(e164s) == ["moved", "ready", "moved", "blocked"]

    with pytest.raises(CannotDo, match="2 numbers would be released, not 3"):
        release.start_release(every, typed_count=3, actor=support)
    assert released(support, [local, free]).state == "done"
    assert stages(e164s) == ["released", "ready", "released", "blocked"]
    assert [on_old(at_platform, e164) for e164 in e164s] == [False, True, False, True]
    assert [on_new(e164) for e164 in (local, free)] == [True, True]
    listed()
    assert stages(e164s) == ["released", "ready", "released", "blocked"]


def test_a_cancelled_draft_gives_its_numbers_back(at_platform: Sandbox, support: User) -> None:
    [e164] = builders.fresh_numbers()
    imported(support, e164)
    listed()
    checked(support, [e164])
    place = {"subscriber": builders.subscriber(), "sip_peer": builders.sip_peer()}
    chosen = PlatformNumber.objects.filter(e164=e164)
    [order] = migration.make_drafts(chosen, actor=support, **place, **PERSON)
    cancel(order, actor=support)
    assert migration.to_check().filter(e164=e164).exists()
    checked(support, [e164])
    assert stages([e164]) == ["ready"]


@pytest.fixture
def moved(at_platform: Sandbox, support: User) -> str:
    """A number that has moved, and is on both platforms."""
    [e164] = builders.fresh_numbers()
    imported(support, e164)
    hosted(at_platform, e164)
    listed()
    checked(support, [e164])
    assert stages([e164]) == ["moved"]
    return e164


def test_nothing_is_released_that_the_new_platform_does_not_have_at_that_moment(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    """It was seen there before; it is lost since, and nobody was told."""
    at_platform.lose(moved, notify=False)
    action = released(support, [moved])
    [row] = action.rows.all()
    assert (row.state, row.message[:5], stages([moved])) == ("failed", "Kept.", ["found"])
    assert on_old(at_platform, moved)


def test_a_number_that_was_released_meanwhile_stays_so(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    chosen = PlatformNumber.objects.filter(e164=moved)
    check = migration.start_check(chosen, actor=support)
    Job.objects.filter(kind="bulk").update(due_at=timezone.now() + timedelta(hours=1))
    released(support, [moved])
    assert stages([moved]) == ["released"]
    steps.bring_forward()
    run_once()
    assert (stages([moved]), check.rows.get().state) == (["released"], "skipped")


def test_a_number_that_is_leaving_here_is_kept(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    TelephoneNumber.objects.filter(e164=moved).update(state="removing")
    [row] = released(support, [moved]).rows.all()
    assert (row.state, on_old(at_platform, moved)) == ("failed", True)
    # Nor does one count as moved that the new platform has and we have not.
    TelephoneNumber.objects.filter(e164=moved).update(state="gone")
    checked(support, [moved])
    assert stages([moved]) == ["blocked"]


def test_a_number_that_the_new_platform_refuses_to_speak_of_is_kept(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    at_platform.fault("refused", path_contains="inserviceNumbers", times=None)
    action = released(support, [moved])
    [row] = action.rows.all()
    assert (row.state, row.message[:5], action.state) == ("failed", "Kept:", "done")
    assert (on_old(at_platform, moved), stages([moved])) == (True, ["moved"])


def test_when_the_new_platform_cannot_be_asked_nothing_is_released(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    at_platform.fault("not_created_503", path_contains="inserviceNumbers", times=None)
    action = released(support, [moved])
    assert (action.rows.get().state, action.state) == ("waiting", "running")
    assert ("cannot be asked" in action.trouble, on_old(at_platform, moved)) == (True, True)
    at_platform.clear_faults()
    steps.work()
    assert (action.rows.get().state, on_old(at_platform, moved)) == ("done", False)


@pytest.mark.parametrize(
    ("fault", "state"), [("created_dropped", "done"), ("not_created_500", "unknown")]
)
def test_a_release_without_a_clear_answer_is_looked_for(
    at_platform: Sandbox, support: User, moved: str, fault: str, state: str
) -> None:
    at_platform.fault(fault, method="DELETE", path_contains="phoneNumbers")
    action = released(support, [moved])
    assert (action.rows.get().state, on_old(at_platform, moved)) == (state, state == "unknown")
    if state == "unknown":
        assert bulk.retry(action) == 1
        run_once()
    assert (action.rows.get().state, stages([moved])) == ("done", ["released"])
    deletes = [seen for seen in at_platform.requests if seen.method == "DELETE"]
    assert (on_old(at_platform, moved), len(deletes) > 0) == (False, True)


def test_a_release_that_a_killed_worker_began_is_looked_for_first(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    chosen = PlatformNumber.objects.filter(e164=moved)
    action = release.start_release(chosen, typed_count=1, actor=support)
    action.rows.update(state="running")
    at_platform.fault("not_created_503", method="GET", path_contains="phoneNumbers", times=None)
    run_once()
    assert (action.rows.get().state, on_old(at_platform, moved)) == ("running", True)
    at_platform.clear_faults()
    steps.work()
    assert (action.rows.get().state, on_old(at_platform, moved)) == ("done", False)


def test_what_the_platform_does_not_find_besides_the_number_proves_no_release(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    """N19: an account or a page that is not found says nothing of the number."""
    not_found = {"path_contains": "phoneNumbers", "status": 404, "code": "account-not-found"}
    at_platform.fault("refused", method="GET", times=1, **not_found)
    at_platform.fault("not_created_500", method="DELETE", path_contains="phoneNumbers")
    action = released(support, [moved])
    assert (action.rows.get().state, stages([moved])) == ("failed", ["moved"])
    at_platform.fault("refused", method="GET", times=None, **not_found)
    action.rows.update(state="running")
    BulkAction.objects.update(state="running")
    jobs.enqueue("bulk", subject_id=action.pk)
    run_once()
    assert (action.rows.get().state, stages([moved])) == ("unknown", ["moved"])
    assert on_old(at_platform, moved)


def test_the_list_is_taken_over_whole_or_not_at_all(
    at_platform: Sandbox, support: User, moved: str
) -> None:
    PlatformNumber.objects.create(
        e164="+13035550199", platform_id="n-0", seen_at=numbers(moved)[moved].seen_at
    )
    at_platform.fault("not_created_503", method="GET", path_contains="phoneNumbers", times=None)
    listed()
    assert not PlatformNumber.objects.filter(is_listed=False).exists()
    at_platform.clear_faults()
    found = listed("+13035550199", moved)
    assert [found["+13035550199"].is_listed, found[moved].is_listed] == [False, True]
    # Released, and there again: somebody has imported it anew.
    assert released(support, [moved]).rows.get().state == "done"
    imported(support, moved)
    assert listed(moved)[moved].stage == "found"


def test_one_bad_number_does_not_hide_what_the_carrier_says_of_the_others(
    at_platform: Sandbox, support: User
) -> None:
    good = builders.fresh_numbers(3)
    odd = "+13031550100"
    PlatformNumber.objects.bulk_create(
        PlatformNumber(e164=e164, platform_id=f"n-{e164[1:]}", seen_at=timezone.now())
        for e164 in [*good, odd, "+442079460000"]
    )
    action = checked(support, [*good, odd, "+442079460000"])
    assert stages([*good, odd, "+442079460000"]) == ["ready"] * 3 + ["blocked"] * 2
    assert set(action.rows.values_list("state", flat=True)) == {"done"}


def on_old_only(count: int) -> list[str]:
    """Give numbers of which we know from the old platform's list alone."""
    e164s = builders.fresh_numbers(count)
    PlatformNumber.objects.bulk_create(
        PlatformNumber(e164=e164, platform_id=f"n-{e164[1:]}", seen_at=timezone.now())
        for e164 in e164s
    )
    return e164s


def test_many_are_asked_about_at_once_and_each_by_itself(
    own_client: Sandbox, support: User
) -> None:
    e164s = on_old_only(60)
    own_client.stock(e164s[:20], site_id="1001", sip_peer_id="500101", owned=False)
    lives(*e164s[:10])
    before = len(own_client.requests)
    action = checked(support, e164s)
    assert stages(e164s) == ["moved"] * 10 + ["blocked"] * 10 + ["ready"] * 40
    assert set(action.rows.values_list("state", flat=True)) == {"done"}
    asked = [seen.path.rpartition("/")[2] for seen in own_client.requests[before:]]
    assert sorted(path for path in asked if path in e164s) == sorted(e164s)
    assert asked.count("importTnChecker") == 1
    kept = CarrierExchange.objects.filter(operation="in_service.is_in_service")
    assert kept.count() == 60
    assert not [one for one in threading.enumerate() if one.name.startswith("crew")]


def test_a_carrier_that_asks_to_wait_is_got_on_with_by_what_it_answered(
    own_client: Sandbox, support: User, settings: Any
) -> None:
    """A hold belongs to the client: another one stands for the time when it is over."""
    ours = settings.CARRIER
    settings.CARRIER = {**ours, "pool_size": 1}
    e164s = on_old_only(6)
    own_client.fault("throttled", path_contains=e164s[3], reset=20)
    action = checked(support, e164s)
    action.refresh_from_db()
    assert stages(e164s) == ["ready"] * 3 + ["found"] * 3
    assert (action.state, action.trouble) == ("running", "The carrier asks us to wait.")
    due = Job.objects.get(kind="bulk", state="waiting").due_at
    assert timedelta(seconds=10) < due - timezone.now() < timedelta(seconds=21)
    settings.CARRIER = ours
    steps.work()
    assert stages(e164s) == ["ready"] * 6


def test_when_the_new_platform_gives_no_answer_nothing_is_said_of_the_number(
    at_carrier: Sandbox, support: User
) -> None:
    e164s = on_old_only(6)
    at_carrier.fault("not_created_503", path_contains=e164s[4], times=None)
    action = checked(support, e164s)
    action.refresh_from_db()
    assert (stages(e164s)[4], action.rows.get(e164=e164s[4]).state) == ("found", "waiting")
    assert "cannot be asked" in action.trouble
    at_carrier.clear_faults()
    steps.work()
    assert stages(e164s) == ["ready"] * 6


def test_a_number_that_the_carrier_says_nothing_of_does_not_hold_up_the_others(
    at_carrier: Sandbox, support: User
) -> None:
    e164s = on_old_only(4)
    at_carrier.fault("refused", path_contains=e164s[1], times=None)
    action = checked(support, e164s)
    assert stages(e164s) == ["ready", "found", "ready", "ready"]
    row = action.rows.get(state="failed")
    assert (row.e164, row.message[:24]) == (e164s[1], "The carrier did not say.")
    action.refresh_from_db()
    assert action.state == "done"


def test_without_a_place_to_ask_for_what_is_known_is_kept(
    at_carrier: Sandbox, support: User
) -> None:
    e164s = on_old_only(2)
    at_carrier.stock(e164s[:1], site_id="1001", sip_peer_id="500101", owned=False)
    lives(e164s[0])
    builders.sip_peer()
    chosen = PlatformNumber.objects.filter(e164__in=e164s)
    action = migration.start_check(chosen, actor=support)
    SipPeer.objects.update(is_gone=True)
    run_once()
    action.refresh_from_db()
    assert sorted(action.rows.values_list("state", flat=True)) == ["done", "waiting"]
    assert (stages(e164s), "SIP peer" in action.trouble) == (["moved", "found"], True)
