"""Removals: asked for once, sent once, followed to the end of each number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from carrier import in_service
from carrier import removals as carrier_removals
from carrier.records import NewRemoval
from carrier.sandbox import Sandbox
from carrier.sandbox.sandbox import OrderSeen
from numbering.carrier_link import get_carrier
from numbering.domain import jobs, removal_sending, removals, webhooks, withdrawals
from numbering.domain.cannot_do import CannotDo
from numbering.domain.home import waiting_on_person
from numbering.domain.import_orders import held_numbers
from numbering.domain.invitations import new_link
from numbering.domain.withdrawals import Withdrawer
from numbering.enums import InvitationPurpose
from numbering.models import (
    Alert,
    Case,
    Heartbeat,
    ImportOrder,
    Job,
    RemovalOrder,
    TelephoneNumber,
    WebhookEvent,
)
from numbering.worker import run_once
from tests import builders
from tests.numbering import notices, steps
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db

WHY = "The subscriber is leaving."
RESOURCE = "removeImportedTnOrders"


def hosted(*numbers: str, sandbox: Sandbox) -> list[TelephoneNumber]:
    """Have the carrier host these numbers for one subscriber."""
    order = steps.sent(*(numbers or builders.fresh_numbers(2)))
    steps.ended_at(sandbox, order)
    steps.work()
    lives = list(TelephoneNumber.objects.filter(order_rows__order=order).order_by("pk"))
    assert {life.state for life in lives} == {"hosted"}
    return lives


def asked(lives: Sequence[TelephoneNumber]) -> RemovalOrder:
    """Ask for the removal of these numbers."""
    return removals.request(lives, reason=WHY, actor=None)


def there(sandbox: Sandbox, order: RemovalOrder) -> list[OrderSeen]:
    """Give what the carrier really has under the removal's reference."""
    reference = order.customer_order_id
    return [seen for seen in sandbox.removals() if seen.customer_order_id == reference]


def worked(order: RemovalOrder, sandbox: Sandbox) -> RemovalOrder:
    """Have it sent, ended by the carrier, and read."""
    run_once()
    moving = ("RECEIVED", "PROCESSING")
    steps.wait_for(lambda: not [seen for seen in there(sandbox, order) if seen.status in moving])
    steps.work()
    order.refresh_from_db()
    return order


def creating_calls(sandbox: Sandbox, order: RemovalOrder) -> int:
    """Count the requests to create this removal that reached the carrier."""
    reference = (order.customer_order_id or "").encode()
    return sum(seen.method == "POST" and reference in seen.body for seen in sandbox.requests)


def states(lives: Sequence[TelephoneNumber]) -> list[str]:
    """Read the states of these numbers' lives."""
    by_id = dict(TelephoneNumber.objects.values_list("pk", "state"))
    return [by_id[life.pk] for life in lives]


def results(order: RemovalOrder) -> list[tuple[str, str]]:
    """Give status and code of each number."""
    return list(order.numbers.values_list("status", "code"))


def moves(order: RemovalOrder) -> list[tuple[str, str, str]]:
    """Give the moves of the removal: from, to, and how each was learned."""
    events = order.events.exclude(to_status="").order_by("pk")
    return list(events.values_list("from_status", "to_status", "learned_by"))


def test_hosted_numbers_are_removed_at_the_carrier_and_are_gone_here(
    at_carrier: Sandbox, support: User
) -> None:
    lives = hosted(sandbox=at_carrier)
    order = removals.request(lives, reason=WHY, actor=support)
    assert (states(lives), order.status) == (["removing"] * 2, "submitting")
    worked(order, at_carrier)
    assert (states(lives), order.status) == (["gone"] * 2, "complete")
    assert results(order) == [("removed", "")] * 2
    assert creating_calls(at_carrier, order) == 1
    assert not in_service.is_in_service(get_carrier(), telephone_number=lives[0].e164)
    assert moves(order)[0] == ("", "submitting", "person")
    assert moves(order)[1] == ("submitting", "received", "answer")
    assert moves(order)[-1][1] == "complete"
    story = lives[0].events.order_by("-pk").values_list("from_state", "to_state")[:2]
    assert list(story) == [("removing", "gone"), ("hosted", "removing")]


def test_a_second_click_asks_for_nothing(at_carrier: Sandbox) -> None:
    lives = hosted(sandbox=at_carrier)
    asked(lives)
    with pytest.raises(CannotDo, match="being removed"):
        asked(lives)
    assert (RemovalOrder.objects.count(), Job.objects.filter(kind="submit_removal").count()) == (
        1,
        1,
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_one_instant_one_asks(at_carrier: Sandbox) -> None:
    lives = hosted(sandbox=at_carrier)

    def click(_index: int) -> bool:
        try:
            asked(lives)
        except CannotDo:
            return False
        return True

    assert sorted(at_once(2, click)) == [False, True]
    assert RemovalOrder.objects.count() == 1


def test_only_hosted_numbers_of_one_subscriber_and_kind_are_removed_together(
    at_carrier: Sandbox,
) -> None:
    subscriber = builders.subscriber()

    def life(e164: str, **fields: object) -> TelephoneNumber:
        values = {"subscriber": subscriber, "state": "hosted", "state_changed_at": timezone.now()}
        return TelephoneNumber.objects.create(e164=e164, **{**values, **fields})

    local, free = life("+13032289101"), life("+18882289102")
    theirs = life("+13032289103", subscriber=builders.subscriber())
    lost = life("+13032289104", state="lost")
    for numbers, words in (
        ([], "no number"),
        ([local] * 5001, "at most 5,000"),
        ([local, lost], "is lost"),
        ([local, theirs], "several subscribers"),
        ([local, free], "separately"),
    ):
        with pytest.raises(CannotDo, match=words):
            asked(numbers)
    builders.draft(lost.e164)
    TelephoneNumber.objects.filter(pk=lost.pk).update(state="hosted")
    with pytest.raises(CannotDo, match="still open"):
        asked([lost])
    assert not RemovalOrder.objects.exists()


def test_what_the_carrier_does_not_remove_is_hosted_as_before(at_carrier: Sandbox) -> None:
    """The carrier says which: one number is gone, the other is hosted still."""
    kept = steps.card("8030")
    lives = hosted(kept, *builders.fresh_numbers(1), sandbox=at_carrier)
    order = worked(asked(lives), at_carrier)
    assert (order.status, states(lives)) == ("partial", ["hosted", "gone"])
    assert results(order) == [("kept", "5150"), ("removed", "")]
    assert order.numbers.filter(is_holding=True).count() == 0
    assert removals.kept_numbers(order) == lives[:1]


def test_what_was_not_removed_is_asked_for_again_once(at_carrier: Sandbox, support: User) -> None:
    lives = hosted(steps.card("8030"), sandbox=at_carrier)
    order = worked(asked(lives), at_carrier)
    again = removals.request_again(order, actor=support)
    assert (again.reason, again.created_by, states(lives)) == (WHY, support, ["removing"])
    with pytest.raises(CannotDo, match="Nothing is left"):
        removals.request_again(order, actor=support)


def test_a_number_that_was_never_imported_is_gone_for_that_reason(at_carrier: Sandbox) -> None:
    """5158 about this very number: there is nothing to remove."""
    lives = hosted(sandbox=at_carrier)
    at_carrier.lose(lives[0].e164, notify=False)
    order = worked(asked(lives), at_carrier)
    assert (order.status, states(lives)) == ("partial", ["gone", "gone"])
    assert results(order) == [("absent", "5158"), ("removed", "")]
    last = lives[0].events.latest("pk")
    assert "never imported" in last.reason


@pytest.mark.parametrize(("count", "state"), [(1, "gone"), (2, "hosted")])
def test_a_refusal_with_5158_counts_only_when_it_is_clear_which_number_it_means(
    at_carrier: Sandbox, count: int, state: str
) -> None:
    lives = hosted(*builders.fresh_numbers(count), sandbox=at_carrier)
    order = asked(lives)
    at_carrier.fault("refused", method="POST", path_contains=RESOURCE, code="5158")
    run_once()
    order.refresh_from_db()
    assert (order.status, states(lives)) == ("failed", [state] * count)
    assert order.attempts.get().state == "refused"


def test_a_number_that_is_gone_by_5158_and_in_service_all_the_same_is_a_case(
    at_carrier: Sandbox,
) -> None:
    lives = hosted(*builders.fresh_numbers(1), sandbox=at_carrier)
    order = asked(lives)
    at_carrier.fault("refused", method="POST", path_contains=RESOURCE, code="5158")
    run_once()
    TelephoneNumber.objects.update(state_changed_at=timezone.now() - timedelta(hours=1))
    jobs.enqueue("compare")
    steps.work()
    assert order.numbers.get().status == "absent"
    assert Case.objects.get(e164=lives[0].e164).kind == "theirs"


def test_a_removal_without_a_clear_answer_is_looked_up_and_not_repeated(
    at_carrier: Sandbox, no_waits: None
) -> None:
    lives = hosted(sandbox=at_carrier)
    order = asked(lives)
    at_carrier.fault("created_dropped", method="POST", path_contains=RESOURCE)
    run_once()
    steps.work()
    worked(order, at_carrier)
    assert (order.status, states(lives)) == ("complete", ["gone"] * 2)
    assert creating_calls(at_carrier, order) == 1
    assert [move[1:] for move in moves(order)[1:3]] == [
        ("unknown", "portal"),
        ("received", "lookup"),
    ]


def parked(at_carrier: Sandbox) -> tuple[RemovalOrder, list[TelephoneNumber]]:
    """Have a removal that was sent nowhere and not found."""
    lives = hosted(*builders.fresh_numbers(1), sandbox=at_carrier)
    order = asked(lives)
    at_carrier.fault("not_created_500", method="POST", path_contains=RESOURCE)
    steps.work(rounds=4)
    order.refresh_from_db()
    assert removal_sending.ERRAND.parked_attempt(order) is not None
    return order, lives


def test_two_looks_that_find_nothing_wait_for_a_person_who_says_it_is_not_there(
    at_carrier: Sandbox, no_waits: None, support: User
) -> None:
    order, lives = parked(at_carrier)
    assert (order.status, states(lives)) == ("unknown", ["removing"])
    assert Alert.objects.get(cause="parked").title == "Decide: did the carrier get it?"
    assert "Decide: did the carrier get the removal?" in [h.title for h in waiting_on_person()]
    removal_sending.ERRAND.confirm_absent(order, actor=support)
    order.refresh_from_db()
    assert (order.status, states(lives), results(order)) == ("failed", ["hosted"], [("kept", "")])
    with pytest.raises(CannotDo):
        removal_sending.ERRAND.confirm_absent(order, actor=support)
    with pytest.raises(CannotDo):
        removal_sending.ERRAND.adopt(order, carrier_order_id=str(uuid4()), actor=support)


def test_a_person_names_the_carriers_removal_and_only_ours_is_adopted(
    at_carrier: Sandbox, no_waits: None, support: User
) -> None:
    order, lives = parked(at_carrier)
    foreign = worked(asked(hosted(sandbox=at_carrier)), at_carrier)
    for wrong, words in (("17", "not an order id"), (foreign.carrier_order_id, "another removal")):
        with pytest.raises(CannotDo, match=words):
            removal_sending.ERRAND.adopt(order, carrier_order_id=wrong or "", actor=support)
    ours = carrier_removals.create(
        get_carrier(),
        removal=NewRemoval(order.attempts.get().customer_order_id, (lives[0].e164,)),
    )
    removal_sending.ERRAND.adopt(order, carrier_order_id=ours.order_id, actor=support)
    worked(order, at_carrier)
    assert (order.status, states(lives)) == ("complete", ["gone"])


def test_while_the_carrier_is_away_it_waits_and_is_sent_once(
    at_carrier: Sandbox, settings: Any
) -> None:
    lives = hosted(sandbox=at_carrier)
    order = asked(lives)
    there = settings.CARRIER
    settings.CARRIER = {**there, "v2_base": "http://127.0.0.1:1/api/v2/"}
    run_once()
    order.refresh_from_db()
    assert (order.status, states(lives)) == ("submitting", ["removing"] * 2)
    assert "Nothing was sent" in order.trouble
    settings.CARRIER = there
    steps.work()
    worked(order, at_carrier)
    assert (order.status, order.trouble, creating_calls(at_carrier, order)) == ("complete", "", 1)


def test_what_could_never_be_sent_ends_with_the_numbers_hosted(at_carrier: Sandbox) -> None:
    lives = hosted(*builders.fresh_numbers(1), sandbox=at_carrier)
    order = asked(lives)
    Job.objects.filter(kind="submit_removal").update(attempts=40)
    run_once()
    order.refresh_from_db()
    assert (order.status, states(lives)) == ("failed", ["hosted"])
    assert order.attempts.get().state == "withdrawn"
    assert creating_calls(at_carrier, order) == 0


# --- News ---------------------------------------------------------------------------------------


def held(at_carrier: Sandbox) -> tuple[RemovalOrder, list[TelephoneNumber]]:
    """Have a removal that the carrier has and does not end by itself."""
    lives = hosted(*builders.fresh_numbers(1), sandbox=at_carrier)
    at_carrier.change(processing_seconds=3600)
    order = asked(lives)
    run_once()
    order.refresh_from_db()
    assert order.status == "received"
    return order, lives


def test_a_webhook_brings_the_end_and_a_repeat_nothing(at_carrier: Sandbox) -> None:
    order, lives = held(at_carrier)
    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    body = notices.order_notice(order.carrier_order_id, order_type="removeImportedTnOrders")
    first = notices.stored(body)
    run_once()
    second = notices.stored(body)
    run_once()
    assert states(lives) == ["gone"]
    assert list(WebhookEvent.objects.order_by("pk").values_list("pk", "state", "removal")) == [
        (first.pk, "applied", order.pk),
        (second.pk, "late", order.pk),
    ]
    assert moves(order)[-1] == ("received", "complete", "webhook")


def test_the_sweep_brings_the_end_when_no_webhook_comes(at_carrier: Sandbox) -> None:
    order, lives = held(at_carrier)
    at_carrier.finish(order.carrier_order_id or "", "FAILED")
    Job.objects.filter(kind="read_removal").delete()
    RemovalOrder.objects.update(next_read_at=Now() - timedelta(seconds=1))
    Heartbeat.objects.filter(name="sweep").delete()
    run_once()
    steps.work()
    assert (states(lives), moves(order)[-1]) == (["hosted"], ("received", "failed", "sweep"))


def test_a_webhook_that_is_faster_than_the_answer_is_applied_with_it(at_carrier: Sandbox) -> None:
    order, _ = held(at_carrier)
    RemovalOrder.objects.filter(pk=order.pk).update(carrier_order_id=None)
    early = notices.stored(
        notices.order_notice(order.carrier_order_id, order_type="removeimportedtnorders")
    )
    run_once()
    early.refresh_from_db()
    assert early.state == "unmatched"
    RemovalOrder.objects.filter(pk=order.pk).update(carrier_order_id=order.carrier_order_id)
    webhooks.match_strangers()
    steps.work()
    early.refresh_from_db()
    assert (early.state, early.removal) == ("applied", order)


def test_an_import_orders_id_in_a_removals_webhook_finds_nothing(at_carrier: Sandbox) -> None:
    order = steps.sent()
    event = notices.stored(
        notices.order_notice(order.carrier_order_id, order_type="removeImportedTnOrders")
    )
    run_once()
    event.refresh_from_db()
    assert (event.state, event.order, event.removal) == ("unmatched", None, None)
    # Nor does the sweep have it tried again and again.
    assert webhooks.match_strangers() == 0


def test_news_of_a_loss_does_not_touch_a_number_that_is_being_removed(at_carrier: Sandbox) -> None:
    _, lives = held(at_carrier)
    event = notices.stored(notices.lost_notice(lives[0].e164))
    run_once()
    event.refresh_from_db()
    assert (event.state, states(lives)) == ("late", ["removing"])
    assert not Alert.objects.exists()


def test_a_number_that_is_being_removed_goes_into_no_import_order(at_carrier: Sandbox) -> None:
    _, lives = held(at_carrier)
    assert [number.e164 for number in held_numbers([lives[0].e164])] == [lives[0].e164]


def test_the_compare_leaves_a_number_alone_that_is_being_removed(at_carrier: Sandbox) -> None:
    _, lives = held(at_carrier)
    at_carrier.lose(lives[0].e164, notify=False)
    jobs.enqueue("compare")
    steps.work()
    assert (states(lives), Case.objects.filter(e164=lives[0].e164).count()) == (["removing"], 0)


# --- What permission was taken back for ---------------------------------------------------------


def take_back(order: ImportOrder, *e164s: str) -> None:
    """Take the permission for these numbers back, as the customer."""
    invitation, _ = new_link(
        purpose=InvitationPurpose.STATUS, email="maria@example.com", order=order
    )
    by = Withdrawer("Maria Lopez", "maria@example.com", "192.0.2.7", "A browser/1.0")
    withdrawals.withdraw(order, e164s=e164s, by=by, invitation=invitation)


def test_hosted_numbers_that_are_taken_back_are_removed_by_themselves(at_carrier: Sandbox) -> None:
    lives = hosted(sandbox=at_carrier)
    row = lives[0].order_rows.get()
    take_back(row.order, lives[0].e164)
    [order] = RemovalOrder.objects.all()
    assert (order.withdrawal, order.created_by) == (row.order.withdrawals.get(), None)
    worked(order, at_carrier)
    assert states(lives) == ["gone", "hosted"]


def test_a_lock_does_not_stop_a_subscriber_who_takes_the_permission_back(
    at_carrier: Sandbox, support: User
) -> None:
    """Staff are stopped; the removal is asked for, and once more when the carrier kept it."""
    [life] = hosted(steps.card("8030"), sandbox=at_carrier)
    TelephoneNumber.objects.filter(pk=life.pk).update(is_locked=True)
    with pytest.raises(CannotDo, match="locked against leaving"):
        asked([life])
    take_back(life.order_rows.get().order, life.e164)
    order = worked(RemovalOrder.objects.get(), at_carrier)
    again = removals.request_again(order, actor=support)
    assert (states([life]), again.withdrawal) == (["removing"], order.withdrawal)


def test_what_is_taken_back_while_it_is_imported_is_removed_once_it_is_hosted(
    at_carrier: Sandbox,
) -> None:
    at_carrier.change(processing_seconds=3600)
    order = steps.sent(*builders.fresh_numbers(2))
    first, second = order.numbers.values_list("e164", flat=True)
    take_back(order, first)
    assert not RemovalOrder.objects.exists()
    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    at_carrier.change(processing_seconds=0)
    steps.work()
    worked(RemovalOrder.objects.get(), at_carrier)
    states_now = dict(TelephoneNumber.objects.values_list("e164", "state"))
    assert (states_now[first], states_now[second]) == ("gone", "hosted")


def test_what_a_removal_could_not_remove_waits_for_a_person(at_carrier: Sandbox) -> None:
    [life] = hosted(steps.card("8030"), sandbox=at_carrier)
    order = life.order_rows.get().order
    take_back(order, life.e164)
    worked(RemovalOrder.objects.get(), at_carrier)
    removals.request_withdrawn(order)
    assert RemovalOrder.objects.count() == 1
    assert ("Numbers to be removed: permission taken back", 1) in [
        (heap.title, heap.count) for heap in waiting_on_person()
    ]
