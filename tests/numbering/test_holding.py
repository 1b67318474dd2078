"""What becomes of a hold: used up by its number, kept by a failed order, and never somebody's."""

from __future__ import annotations

import pytest

from accounts.models import User
from carrier import reservations as carrier_reservations
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import bulk, holding, reservations
from numbering.models import Job, Reservation
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.test_number_orders import asked, by_list, offered, results, worked

pytestmark = pytest.mark.django_db


def held(e164: str, person: User) -> str:
    """Have a number held; the carrier's id of it."""
    reservation_id = carrier_reservations.hold(get_carrier(), telephone_number=e164)
    reservations.write_down(e164, reservation_id, place="", person_id=person.pk)
    return reservation_id


def held_now(e164: str, person: User) -> tuple[str, str]:
    """Wish to hold a number and let the worker do it: the result and its words."""
    row = holding.hold({e164: ""}, actor=person).rows.get()
    run_once()
    row.refresh_from_db()
    return row.state, row.message


def test_an_order_that_fails_for_another_number_keeps_the_hold(
    at_carrier: Sandbox, support: User
) -> None:
    [ours] = offered(1)
    held(ours, support)
    gone = steps.card("5005")
    failed = worked(asked(by_list(ours, gone), is_partial_allowed=False), at_carrier)
    assert failed.status == "failed"
    assert reservations.in_force().get().e164 == ours
    again = worked(asked(by_list(ours)), at_carrier)
    assert (again.status, results(again)) == ("complete", [("completed", "")])
    assert not reservations.in_force().exists()


def test_a_hold_that_the_carrier_denies_is_believed_once(
    at_carrier: Sandbox, support: User
) -> None:
    [e164] = offered(1)
    carrier_reservations.release(get_carrier(), reservation_id=held(e164, support))
    refused = worked(asked(by_list(e164)), at_carrier)
    assert (refused.status, results(refused)) == ("failed", [("failed", "5042")])
    assert not reservations.in_force().exists()
    assert worked(asked(by_list(e164)), at_carrier).status == "complete"


def test_a_hold_that_could_not_be_given_back_is_in_force_still(
    at_carrier: Sandbox, own_client: None, support: User
) -> None:
    [e164] = offered(1)
    held(e164, support)
    at_carrier.fault("not_created_503", method="DELETE", path_contains="tnreservation", times=9)
    with pytest.raises(Exception, match="503"):
        reservations.release(Reservation.objects.get())
    assert reservations.in_force().get().e164 == e164
    at_carrier.clear_faults()
    reservations.release(Reservation.objects.get())
    assert not reservations.in_force().exists()


def test_a_number_that_we_hold_ourselves_is_not_called_somebody_elses(
    at_carrier: Sandbox, own_client: None, support: User
) -> None:
    unanswered, at_once, theirs = offered(3)
    at_carrier.fault("created_dropped", method="POST", path_contains="tnreservation")
    assert held_now(unanswered, support)[0] == "unknown"
    state, words = held_now(unanswered, builders.person())
    assert (state, "Probably it is ours" in words) == ("failed", True)

    # Another worker has the answer to a colleague's wish and did not write it down yet.
    colleague = holding.hold({at_once: ""}, actor=builders.person())
    colleague.rows.update(state="running")
    Job.objects.all().delete()
    carrier_reservations.hold(get_carrier(), telephone_number=at_once)
    state, words = held_now(at_once, support)
    assert (state, words[:31]) == ("skipped", "Somebody here is having it held")

    carrier_reservations.hold(get_carrier(), telephone_number=theirs)
    state, words = held_now(theirs, support)
    assert (state, words[:29]) == ("failed", "Somebody else has it (5041 Re")


def test_a_hold_that_was_given_back_is_not_found_again(
    at_carrier: Sandbox, own_client: None, support: User
) -> None:
    [e164] = offered(1)
    at_carrier.fault("created_dropped", method="POST", path_contains="tnreservation")
    action = holding.hold({e164: ""}, actor=support)
    run_once()
    reservations.write_down(e164, "an id", place="", person_id=support.pk)
    reservations.use_up([e164])
    bulk.retry(action)
    steps.work()
    assert action.rows.get().state == "unknown"
