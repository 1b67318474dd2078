"""Orders for new numbers: written once, sent once, followed to the end of each number."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from carrier import orders as carrier_orders
from carrier import reservations as carrier_reservations
from carrier import search as carrier_search
from carrier.errors import Refused
from carrier.records import NumberOrderRecord, NumberSearch, OrderStatus
from carrier.sandbox import Sandbox
from carrier.sandbox.sandbox import OrderSeen
from numbering.carrier_link import get_carrier
from numbering.domain import (
    following,
    jobs,
    number_order_results,
    number_order_sending,
    number_orders,
    reservations,
    take_over,
)
from numbering.domain.cannot_do import CannotDo
from numbering.domain.home import waiting_on_person
from numbering.domain.import_orders import held_numbers
from numbering.domain.number_order_results import FOLLOWER
from numbering.domain.number_orders import AlreadyOrdered, Wish
from numbering.enums import LearnedBy, NumberOrigin
from numbering.models import (
    Case,
    Heartbeat,
    Job,
    NumberOrder,
    Reservation,
    TakeOver,
    TelephoneNumber,
)
from numbering.worker import run_due, run_once
from tests import builders
from tests.numbering import notices, steps
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db

RESOURCE = "/orders"
_keys = (f"{count:024x}" for count in itertools.count())


def offered(count: int) -> tuple[str, ...]:
    """Give numbers that the sandbox has on offer now."""
    search = NumberSearch(area_code="512", quantity=count)
    found = carrier_search.find_numbers(get_carrier(), search=search)
    return tuple(number.e164 for number in found)


def by_list(*e164s: str) -> Wish:
    """Wish for these numbers, or for two on offer."""
    return Wish(e164s or offered(2))


def by_search(quantity: int = 3) -> Wish:
    """Wish for so many that the carrier chooses."""
    return Wish(search=NumberSearch(city="AUSTIN", state="TX", quantity=quantity))


def asked(wish: Wish, **fields: Any) -> NumberOrder:
    """Ask for an order."""
    values = {
        "is_partial_allowed": True,
        "is_back_order": False,
        "key": next(_keys),
        "subscriber": fields.pop("subscriber", None) or builders.subscriber(),
        "sip_peer": builders.sip_peer(),
        "actor": fields.pop("actor", None) or builders.person(),
    }
    return number_orders.request(wish, **{**values, **fields})


def there(sandbox: Sandbox, order: NumberOrder) -> list[OrderSeen]:
    """Give what the carrier really has under the order's reference."""
    reference = order.customer_order_id
    return [seen for seen in sandbox.number_orders() if seen.customer_order_id == reference]


def worked(order: NumberOrder, sandbox: Sandbox) -> NumberOrder:
    """Have it sent, decided by the carrier, and read."""
    run_once()
    steps.wait_for(
        lambda: not [seen for seen in there(sandbox, order) if seen.status == "RECEIVED"]
    )
    steps.work()
    order.refresh_from_db()
    return order


def creating_calls(sandbox: Sandbox, order: NumberOrder) -> int:
    """Count the requests to create this order that reached the carrier."""
    reference = (order.customer_order_id or "").encode()
    return sum(seen.method == "POST" and reference in seen.body for seen in sandbox.requests)


def results(order: NumberOrder) -> list[tuple[str, str]]:
    """Give status and code of each number."""
    return list(order.numbers.values_list("status", "code"))


def lives(order: NumberOrder) -> list[tuple[str, str]]:
    """Give state and origin of what the order began here."""
    rows = TelephoneNumber.objects.filter(number_order_rows__order=order).order_by("pk")
    return list(rows.values_list("state", "origin"))


def moves(order: NumberOrder) -> list[tuple[str, str]]:
    """Give the moves of the order: to what, and how each was learned."""
    events = order.events.exclude(to_status="").order_by("pk")
    return list(events.values_list("to_status", "learned_by"))


OURS = ("ordered", "order")


def test_ordered_numbers_are_ours_and_the_list_of_a_second_click_is_refused(
    at_carrier: Sandbox, support: User
) -> None:
    wish, subscriber = by_list(), builders.subscriber(name="Corner Bakery")
    fields = {"key": "a" * 24, "actor": support, "subscriber": subscriber}
    order = asked(wish, **fields)
    with pytest.raises(AlreadyOrdered) as again:
        asked(wish, **fields)
    assert again.value.order == order
    with pytest.raises(CannotDo, match=f"is in number order {order.pk}, which is still open"):
        asked(wish, key="b" * 24)
    [held, _] = held_numbers(wish.telephone_numbers)
    assert held.reason.endswith(f"is in number order {order.pk}, which is still open.")
    worked(order, at_carrier)
    assert (order.status, order.trouble, creating_calls(at_carrier, order)) == ("complete", "", 1)
    assert (results(order), lives(order)) == ([("completed", "")] * 2, [OURS] * 2)
    assert order.numbers.filter(is_holding=True).count() == 0
    assert [move[0] for move in moves(order)] == ["submitting", "received", "complete"]
    life = TelephoneNumber.objects.get(e164=wish.telephone_numbers[0])
    assert (life.subscriber, life.site_id, life.sip_peer_id) == (subscriber, "1001", "500101")
    [event] = life.events.all()
    assert (event.from_state, event.to_state) == ("", "ordered")
    assert f"Number order {order.pk}" in event.reason
    with pytest.raises(CannotDo, match="lives here already"):
        asked(wish, key="c" * 24)
    with pytest.raises(AlreadyOrdered):  # the page in the first tab, after all that
        asked(wish, **fields)


def test_an_order_by_search_takes_over_the_numbers_that_the_carrier_names(
    at_carrier: Sandbox,
) -> None:
    order = worked(asked(by_search(3)), at_carrier)
    assert (order.order_type, order.criteria) == ("city", {"city": "AUSTIN", "state": "TX"})
    assert (order.status, order.quantity) == ("complete", 3)
    assert (results(order), lives(order)) == ([("completed", "")] * 3, [OURS] * 3)
    [seen] = there(at_carrier, order)
    completed = set(order.numbers.values_list("e164", flat=True))
    assert {f"+1{number[-10:]}" for number in seen.telephone_numbers} == completed


def test_of_a_partial_order_one_number_is_ours_and_the_other_keeps_its_reason(
    at_carrier: Sandbox,
) -> None:
    order = worked(asked(by_list(steps.card("5005"), *offered(1))), at_carrier)
    assert (order.status, results(order)) == ("partial", [("failed", "5005"), ("completed", "")])
    assert (lives(order), order.numbers.filter(is_holding=True).count()) == ([OURS], 0)
    assert order.numbers.get(code="5005").description


def test_nothing_is_ours_of_an_order_that_failed_or_was_refused(at_carrier: Sandbox) -> None:
    all_or_none = asked(by_list(steps.card("5005"), *offered(1)), is_partial_allowed=False)
    worked(all_or_none, at_carrier)
    assert (all_or_none.status, lives(all_or_none)) == ("failed", [])
    assert {status for status, _ in results(all_or_none)} == {"failed"}
    refused = asked(by_search())
    at_carrier.fault("refused", method="POST", path_contains=RESOURCE, code="5183")
    worked(refused, at_carrier)
    assert (refused.status, refused.attempts.get().state) == ("failed", "refused")
    assert "5183" in refused.events.last().reason  # type: ignore[union-attr]
    assert there(at_carrier, refused) == []
    held = asked(by_list(steps.card("8007")))  # the carrier refuses the whole call
    worked(held, at_carrier)
    assert (held.status, held.numbers.get().status) == ("failed", "failed")
    assert held.numbers.get().code
    assert held.numbers.filter(is_holding=True).count() == 0
    assert not TelephoneNumber.objects.exists()


def test_a_backorder_gives_what_came_at_once_and_the_rest_by_webhook_or_not_at_all(
    at_carrier: Sandbox, support: User
) -> None:
    wish = by_list(steps.card("8012"), *offered(1))
    order = worked(asked(wish, is_back_order=True), at_carrier)
    assert (order.status, order.next_read_at is not None) == ("backordered", True)
    record = carrier_orders.get(get_carrier(), order_id=order.carrier_order_id or "")
    some = replace(record, completed_numbers=wish.telephone_numbers[1:], completed_quantity=1)
    following.apply_record(FOLLOWER, order, some, learned_by=LearnedBy.SWEEP)
    order.refresh_from_db()
    assert (order.status, lives(order)) == ("backordered", [OURS])
    assert results(order) == [("under_way", ""), ("completed", "")]
    held = order.numbers.filter(is_holding=True)
    assert list(held.values_list("e164", flat=True)) == [wish.telephone_numbers[0]]

    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    event = notices.stored(notices.order_notice(order.carrier_order_id, order_type="orders"))
    run_once()
    event.refresh_from_db()
    order.refresh_from_db()
    assert (event.state, event.number_order) == ("applied", order)
    assert (order.status, moves(order)[-1][1]) == ("complete", "webhook")
    assert (lives(order), TelephoneNumber.objects.count()) == ([OURS] * 2, 2)

    other = worked(asked(by_list(steps.card("8012")), is_back_order=True), at_carrier)
    at_carrier.fault("refused", method="PUT", path_contains=RESOURCE, code="5051")
    with pytest.raises(Refused):
        number_order_results.close(other, actor=support)
    assert other.status == "backordered"
    number_order_results.close(other, actor=support)
    other.refresh_from_db()
    assert (other.status, results(other)[0][0]) == ("failed", "failed")
    # The stock came before the wish to close was there: the carrier refuses, and it is complete.
    faster = worked(asked(by_list(steps.card("8012")), is_back_order=True), at_carrier)
    at_carrier.finish(faster.carrier_order_id or "", "COMPLETE")
    number_order_results.close(faster, actor=support)
    faster.refresh_from_db()
    assert (faster.status, lives(faster)) == ("complete", [OURS])
    with pytest.raises(CannotDo, match="waits for stock"):
        number_order_results.close(other, actor=support)


def test_an_order_whose_webhook_is_lost_is_ended_by_the_sweep(at_carrier: Sandbox) -> None:
    order = asked(by_list(steps.card("8003")))
    run_once()
    order.refresh_from_db()
    assert order.status == "received"
    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    Job.objects.filter(kind="read_number_order").delete()
    NumberOrder.objects.update(next_read_at=Now() - timedelta(seconds=1))
    Heartbeat.objects.filter(name="sweep").delete()
    run_once()
    steps.work()
    assert (moves(order)[-1], lives(order)) == (("complete", "sweep"), [OURS])
    late = notices.stored(notices.order_notice(order.carrier_order_id, order_type="orders"))
    run_once()
    late.refresh_from_db()
    assert late.state == "late"


# --- No clear answer ----------------------------------------------------------------------------


@pytest.mark.parametrize("make", [by_list, by_search])
def test_an_order_without_a_clear_answer_is_found_by_its_reference_and_not_repeated(
    at_carrier: Sandbox, no_waits: None, make: Any
) -> None:
    order = asked(make())
    at_carrier.fault("created_dropped", method="POST", path_contains=RESOURCE)
    run_once()
    steps.work()
    worked(order, at_carrier)
    assert (order.status, creating_calls(at_carrier, order)) == ("complete", 1)
    assert lives(order) == [OURS] * order.quantity
    assert moves(order)[1:3] == [("unknown", "portal"), ("received", "lookup")]
    assert order.attempts.get().looks[0]["by"] == "reference"


def parked(at_carrier: Sandbox, wish: Wish) -> NumberOrder:
    """Have an order that was sent nowhere and not found."""
    order = asked(wish)
    at_carrier.fault("not_created_500", method="POST", path_contains=RESOURCE)
    steps.work(rounds=4)
    order.refresh_from_db()
    assert number_order_sending.ERRAND.parked_attempt(order) is not None
    return order


def test_a_person_decides_what_two_looks_did_not_find(
    at_carrier: Sandbox, no_waits: None, support: User
) -> None:
    order = parked(at_carrier, by_list())
    assert (order.status, order.numbers.filter(is_holding=True).count()) == ("unknown", 2)
    title = "Decide: did the carrier get the order for numbers?"
    assert title in [heap.title for heap in waiting_on_person()]
    number_order_sending.ERRAND.confirm_absent(order, actor=support)
    order.refresh_from_db()
    assert (order.status, results(order)) == ("failed", [("failed", "")] * 2)
    assert order.numbers.filter(is_holding=True).count() == 0
    with pytest.raises(CannotDo):
        number_order_sending.ERRAND.confirm_absent(order, actor=support)
    with pytest.raises(CannotDo):
        number_order_sending.ERRAND.adopt(order, carrier_order_id=str(uuid4()), actor=support)


def test_only_the_carriers_order_that_can_be_ours_is_adopted(
    at_carrier: Sandbox, no_waits: None, support: User
) -> None:
    foreign = worked(asked(by_search(1)), at_carrier)
    order = parked(at_carrier, by_search(2))
    reference = order.attempts.get().customer_order_id

    def at_carrier_as(wish: Wish) -> str:
        document = number_orders.document_of(
            wish, customer_order_id=reference, site_id="1001", sip_peer_id="500101"
        )
        return carrier_orders.create(get_carrier(), order=document).order_id

    wrong_size = at_carrier_as(by_search(3))
    for wrong, words in (
        ("17", "not an order id"),
        (foreign.carrier_order_id, "another number order"),
        (wrong_size, "about 3 numbers, this one about 2"),
    ):
        with pytest.raises(CannotDo, match=words):
            number_order_sending.ERRAND.adopt(order, carrier_order_id=wrong or "", actor=support)
    ours = at_carrier_as(by_search(2))
    number_order_sending.ERRAND.adopt(order, carrier_order_id=ours, actor=support)
    steps.work()
    order.refresh_from_db()
    assert (order.status, lives(order)) == ("complete", [OURS] * 2)

    listed = parked(at_carrier, by_list())
    reference = listed.attempts.get().customer_order_id
    with pytest.raises(CannotDo, match="other numbers"):
        number_order_sending.ERRAND.adopt(
            listed,
            carrier_order_id=at_carrier_as(by_list(*offered(1), steps.card("5005"))),
            actor=support,
        )


def test_while_the_carrier_is_away_it_waits_and_can_be_taken_back(
    at_carrier: Sandbox, settings: Any, support: User
) -> None:
    kept, dropped, hopeless = asked(by_search(1)), asked(by_list()), asked(by_search(1))
    present = settings.CARRIER
    settings.CARRIER = {**present, "v2_base": "http://127.0.0.1:1/api/v2/"}
    Job.objects.filter(kind="submit_number_order", subject_id=hopeless.pk).update(attempts=40)
    run_once()
    kept.refresh_from_db()
    assert (kept.status, "Nothing was sent" in kept.trouble) == ("submitting", True)
    number_order_sending.ERRAND.withdraw(dropped, actor=support)
    settings.CARRIER = present
    steps.work()
    worked(kept, at_carrier)
    assert (kept.status, kept.trouble, creating_calls(at_carrier, kept)) == ("complete", "", 1)
    for order in (dropped, hopeless):
        order.refresh_from_db()
        assert (order.status, order.attempts.get().state) == ("failed", "withdrawn")
        assert creating_calls(at_carrier, order) == 0
    assert dropped.numbers.filter(is_holding=True).count() == 0
    with pytest.raises(CannotDo, match="too late"):
        number_order_sending.ERRAND.withdraw(kept, actor=support)


# --- What is believed ---------------------------------------------------------------------------


def received(at_carrier: Sandbox, wish: Wish) -> tuple[NumberOrder, NumberOrderRecord]:
    """Have an order that the carrier has and does not end, with what it says of it."""
    at_carrier.change(processing_seconds=3600)
    order = asked(wish)
    run_once()
    order.refresh_from_db()
    record = carrier_orders.get(get_carrier(), order_id=order.carrier_order_id or "")
    return order, record


def says(order: NumberOrder, record: NumberOrderRecord, status: OrderStatus, **told: Any) -> None:
    """Have the carrier's answer taken over."""
    changed = replace(record, status=status, raw_status=status.value, **told)
    following.apply_record(FOLLOWER, order, changed, learned_by=LearnedBy.SWEEP)
    order.refresh_from_db()


def test_a_final_word_that_names_too_few_numbers_is_doubted_until_they_are_named(
    at_carrier: Sandbox, support: User
) -> None:
    order, record = received(at_carrier, by_search(2))
    first, second = builders.fresh_numbers(2)
    with pytest.raises(CannotDo):
        number_order_results.end_doubted(order, actor=support)
    lines = order.events.count()
    says(order, record, OrderStatus.COMPLETE, completed_quantity=2)
    says(order, record, OrderStatus.COMPLETE, completed_quantity=2)
    assert (order.status, order.next_read_at is not None) == ("received", True)
    assert "names none of 2 numbers" in order.trouble
    heaps = {heap.title: heap.count for heap in waiting_on_person()}
    assert heaps["Number orders finished without all numbers named"] == 1
    assert order.events.count() == lines + 1
    odd = ("a name that is no telephone number", first)
    says(order, record, OrderStatus.COMPLETE, completed_numbers=odd, completed_quantity=2)
    assert (order.status, lives(order)) == ("received", [OURS])
    says(order, record, OrderStatus.COMPLETE, completed_numbers=(first, second))
    assert (order.status, order.trouble, lives(order)) == ("complete", "", [OURS] * 2)

    nameless, record = received(at_carrier, by_search(2))
    says(nameless, record, OrderStatus.PARTIAL, completed_quantity=None)
    assert nameless.status == "received"
    number_order_results.end_doubted(nameless, actor=support)
    assert (nameless.status, nameless.next_read_at, nameless.trouble) == ("partial", None, "")

    listed, record = received(at_carrier, by_list())
    says(listed, record, OrderStatus.COMPLETE, completed_quantity=1)
    assert listed.status == "received"
    says(listed, record, OrderStatus.COMPLETE, completed_quantity=None)
    assert (listed.status, lives(listed)) == ("complete", [OURS] * 2)


def test_a_number_that_lives_here_already_is_never_doubled(at_carrier: Sandbox) -> None:
    order, record = received(at_carrier, by_search(4))
    numbers = builders.fresh_numbers(4)
    origins = {"disconnecting": "order"}
    for e164, state in zip(numbers, ("hosted", "lost", "importing", "disconnecting"), strict=True):
        TelephoneNumber.objects.create(
            e164=e164,
            subscriber=builders.subscriber(),
            state=state,
            origin=origins.get(state, "import"),
            state_changed_at=timezone.now(),
        )
    says(order, record, OrderStatus.COMPLETE, completed_numbers=tuple(numbers))
    assert lives(order) == [
        ("hosted", "import"),
        OURS,
        ("importing", "import"),
        ("disconnecting", "order"),
    ]
    assert TelephoneNumber.objects.count() == 4
    back = TelephoneNumber.objects.get(state="ordered")
    assert (back.e164, back.subscriber) == (numbers[1], order.subscriber)
    said = dict(order.numbers.values_list("e164", "description"))
    assert said[numbers[1]] == ""
    assert ["lived here already" in said[number] for number in numbers] == [True, False, True, True]


def test_a_number_in_an_open_order_is_nobody_elses(own_carrier: Sandbox, support: User) -> None:
    order = asked(by_list())
    run_once()
    order.refresh_from_db()
    own_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    # The carrier has them in service, and the portal has not read it yet.
    take_over.start(subscriber=builders.subscriber(), origin=NumberOrigin.IMPORT, actor=support)
    jobs.enqueue("compare")
    Job.objects.filter(kind="read_number_order").update(due_at=timezone.now() + timedelta(hours=1))
    run_due()
    over = TakeOver.objects.get()
    assert (over.state, over.in_service, over.taken) == ("done", 2, 0)
    assert (TelephoneNumber.objects.count(), Case.objects.count()) == (0, 0)
    steps.bring_forward("read_number_order")
    steps.work()
    assert (lives(order), results(order)) == ([OURS] * 2, [("completed", "")] * 2)
    subscribers = TelephoneNumber.objects.values_list("subscriber", flat=True)
    assert set(subscribers) == {order.subscriber_id}


def test_a_number_that_came_stays_ours_whatever_the_end_says(at_carrier: Sandbox) -> None:
    wish = by_list()
    order, record = received(at_carrier, wish)
    says(order, record, OrderStatus.BACKORDERED, completed_numbers=wish.telephone_numbers[:1])
    says(order, record, OrderStatus.FAILED)
    assert (order.status, lives(order)) == ("failed", [OURS])
    assert results(order) == [("completed", ""), ("failed", "")]


# --- Asking -------------------------------------------------------------------------------------


def test_what_cannot_be_ordered_is_refused_before_anything_is_written(
    at_carrier: Sandbox,
) -> None:
    e164s = builders.fresh_numbers(2)
    builders.draft(e164s[0])
    vanity = NumberSearch(area_code="512", local_vanity="CARS", quantity=1)
    for wish, fields, words in (
        (Wish(), {}, "no number"),
        (Wish(tuple(builders.fresh_numbers(1)) * 5001), {}, "at most 5,000"),
        (Wish(tuple(e164s)), {}, "is in import order"),
        (Wish(search=NumberSearch(city="AUSTIN")), {}, "Add the state"),
        (Wish(search=NumberSearch(local_vanity="CARS")), {}, "needs an area code"),
        (Wish(search=vanity), {"is_back_order": True}, "keep looking"),
        (by_search(), {"sip_peer": builders.sip_peer(sip_peer_id="9", is_gone=True)}, "is gone"),
    ):
        with pytest.raises(CannotDo, match=words):
            asked(wish, **fields)
    assert not NumberOrder.objects.exists()


def test_an_order_by_search_is_kept_as_what_it_was() -> None:
    for order_type, criteria in (
        ("area_code", {"area_code": "512"}),
        ("npa_nxx", {"npa_nxx": "512345"}),
        ("npa_nxx", {"npa_nxx_x": "5123451", "local_calling_area": True}),
        ("rate_center", {"rate_center": "AUSTIN", "state": "TX"}),
        ("state", {"state": "TX"}),
        ("zip", {"zip_code": "78701"}),
        ("lata", {"lata": "558"}),
        ("toll_free_vanity", {"toll_free_vanity": "NEWCARS"}),
        ("toll_free_wildcard", {"toll_free_wildcard": "88*"}),
        ("combined", {"area_code": "512", "local_vanity": "CARS", "ends_in": True}),
    ):
        search = NumberSearch(**criteria, quantity=7)  # type: ignore[arg-type]
        order = asked(Wish(search=search))
        assert (order.order_type, order.criteria, order.quantity) == (order_type, criteria, 7)
        assert number_orders.wish_of(order).search == search


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_one_instant_one_orders(at_carrier: Sandbox) -> None:
    wish, like_these = by_list(), by_search()
    shared = {
        "subscriber": builders.subscriber(),
        "sip_peer": builders.sip_peer(),
        "actor": builders.person(),
    }

    def click(what: Wish, *keys: str) -> list[str]:
        def one(index: int) -> str:
            try:
                return str(asked(what, key=keys[index], **shared).pk)
            except CannotDo as error:
                return type(error).__name__

        return sorted(at_once(2, one))

    same = "e" * 24
    assert click(like_these, same, same)[1] == "AlreadyOrdered"
    assert click(wish, same, "f" * 24)[1] == "CannotDo"
    assert NumberOrder.objects.count() == 2


def test_reservations_in_force_go_along_and_end_when_the_order_is_taken(
    at_carrier: Sandbox, support: User
) -> None:
    held, over, late, other = offered(4)
    ids = {}
    for e164 in (held, over, late):
        ids[e164] = carrier_reservations.hold(get_carrier(), telephone_number=e164)
        reservations.write_down(e164, ids[e164], place="", person_id=support.pk)
    ran_out = Reservation.objects.filter(e164=over)
    ran_out.update(expires_at=timezone.now() - timedelta(seconds=1))
    order = asked(by_list(held, over, late, other))
    rows = dict(order.numbers.values_list("e164", "reservation_id"))
    assert rows == {held: ids[held], over: "", late: ids[late], other: ""}
    with pytest.raises(CannotDo, match="is being ordered"):
        reservations.release(Reservation.objects.get(e164=held))
    # One runs out while the order waits to be sent.
    Reservation.objects.filter(e164=late).update(expires_at=timezone.now())
    worked(order, at_carrier)
    [body] = [
        seen.body
        for seen in at_carrier.requests
        if seen.method == "POST" and (order.customer_order_id or "").encode() in seen.body
    ]
    assert [ids[e164].encode() in body for e164 in (held, over, late)] == [True, False, False]
    assert Reservation.objects.get(e164=held).ended_at is not None
    assert Reservation.objects.get(e164=over).ended_at is None
    # The sandbox keeps a reservation of ours from us, too, unless the order names it.
    assert dict(order.numbers.values_list("e164", "status"))[held] == "completed"
    assert reservations.in_force().count() == 0
