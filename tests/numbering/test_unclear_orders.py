"""Orders that reading brings no further, and orders that did not bring all: a person ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import number_order_results, removal_results, removals, unclear_orders
from numbering.domain.cannot_do import CannotDo
from numbering.domain.home import waiting_on_person
from numbering.models import ImportOrder, NumberOrder, RemovalOrder, TelephoneNumber
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.desk import do, page_of
from tests.numbering.giving_up import lives, states
from tests.numbering.test_number_orders import asked, by_list, offered, worked
from tests.numbering.test_number_search import text_of
from tests.numbering.test_removals import asked as removal_asked
from tests.numbering.test_removals import hosted
from tests.numbering.test_removals import worked as removal_worked

pytestmark = pytest.mark.django_db
NUMBER_ORDERS, REMOVALS = "/admin/numbers/numberorder/", "/admin/numbers/removalorder/"
SignIn = Callable[[User], Client]


def heaps() -> dict[str, int]:
    """Read what the home page has for a person."""
    return {heap.title: heap.count for heap in waiting_on_person()}


def forgotten(order: NumberOrder | RemovalOrder) -> None:
    """Have the carrier know nothing of an order that it had taken."""
    run_once()
    orders = type(order)._default_manager
    orders.filter(pk=order.pk).update(carrier_order_id=str(uuid4()))
    steps.work(rounds=2)
    order.refresh_from_db()
    assert order.status == "received"


def test_a_number_order_that_the_carrier_does_not_know_is_ended_by_a_person(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    at_carrier.change(processing_seconds=3600)
    [e164] = offered(1)
    order = asked(by_list(e164))
    forgotten(order)
    desk, page = sign_in(support), f"{NUMBER_ORDERS}{order.pk}/"
    shown = text_of(desk.get(f"{page}change/"))
    assert "The portal cannot learn more about it. Ask the carrier's support" in shown
    assert "Nothing to do" not in shown
    assert heaps()["Number orders that the carrier does not bring to an end"] == 1
    listed = desk.get(f"{NUMBER_ORDERS}?question=unclear").context["cl"].result_list
    assert [one.pk for one in listed] == [order.pk]
    done = text_of(desk.post(f"{page}do/end_unclear/", follow=True))
    assert "Ended here." in done
    assert f"{support} ended it here. The carrier does not know this order any more." in done
    order.refresh_from_db()
    assert (order.status, order.numbers.get().status, heaps()) == ("failed", "failed", {})
    assert asked(by_list(e164)).status == "submitting"


def test_a_removal_with_a_strange_word_is_ended_and_its_numbers_are_in_service(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    at_carrier.change(processing_seconds=3600)
    numbers = lives(sandbox=at_carrier)
    order = removals.request(numbers, reason="Why.", actor=support)
    forgotten(order)
    RemovalOrder.objects.update(trouble="", carrier_status_word="SUSPENDED")
    assert heaps()["Removals that the carrier does not bring to an end"] == 1
    desk, page = sign_in(support), f"{REMOVALS}{order.pk}/"
    assert "The portal cannot learn more about it." in text_of(desk.get(f"{page}change/"))
    assert "Ended here." in text_of(desk.post(f"{page}do/end_unclear/", follow=True))
    assert states(numbers) == ["hosted"]


def test_an_import_order_that_the_carrier_does_not_know_is_ended_by_a_person(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    at_carrier.change(processing_seconds=3600)
    order = steps.sent(*builders.fresh_numbers())
    ImportOrder.objects.filter(pk=order.pk).update(carrier_order_id=str(uuid4()))
    steps.work(rounds=2)
    desk = sign_in(support)
    assert "The portal cannot learn more about it." in text_of(desk.get(page_of(order)))
    assert heaps()["Import orders that the carrier does not bring to an end"] == 1
    listed = desk.get("/admin/numbers/importorder/?question=unclear").context["cl"].result_list
    assert [one.pk for one in listed] == [order.pk]
    ask = f"/admin/numbers/importorder/{order.pk}/do/end_unclear/"
    assert "It is read once more now" in text_of(desk.get(ask))
    do(desk, order, "end_unclear")
    order.refresh_from_db()
    life = order.numbers.get().telephone_number
    assert (order.status, life.state) == ("failed", "not_imported")
    assert "ended it here" in order.events.latest("pk").reason


def test_what_the_carrier_knows_after_all_is_not_ended(at_carrier: Sandbox, support: User) -> None:
    at_carrier.change(processing_seconds=3600)
    order = asked(by_list(*offered(1)))
    run_once()
    order.refresh_from_db()
    NumberOrder.objects.update(trouble=f"Could not read the order: {unclear_orders.NOT_KNOWN}")
    follower = number_order_results.FOLLOWER
    assert unclear_orders.is_unclear(follower, order)
    with pytest.raises(CannotDo, match="knows this order and says RECEIVED"):
        unclear_orders.end(follower, order, actor=support)
    order.refresh_from_db()
    assert (order.status, order.trouble) == ("received", "")
    assert not unclear_orders.unclear(removal_results.FOLLOWER).exists()


def test_what_takes_long_stands_on_the_home_page(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    at_carrier.change(processing_seconds=3600)
    order = asked(by_list(*offered(1)))
    removal = removals.request(lives(sandbox=at_carrier), reason="Why.", actor=support)
    run_once()
    assert heaps() == {}
    long_ago = timezone.now() - timedelta(days=2)
    NumberOrder.objects.update(status_changed_at=long_ago)
    RemovalOrder.objects.update(status_changed_at=long_ago)
    assert heaps() == {"Number orders that take long": 1, "Removals that take long": 1}
    desk = sign_in(support)
    for where, pk in ((NUMBER_ORDERS, order.pk), (REMOVALS, removal.pk)):
        listed = desk.get(f"{where}?question=slow").context["cl"].result_list
        assert [one.pk for one in listed] == [pk]
        shown = text_of(desk.get(f"{where}{pk}/change/"))
        assert ("It takes longer than usual." in shown, "Nothing to do" in shown) == (True, False)
    NumberOrder.objects.update(status="backordered")
    assert heaps() == {"Removals that take long": 1}


def test_what_did_not_come_waits_until_somebody_has_seen_to_it(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    order = worked(asked(by_list(*offered(1), steps.card("5005"))), at_carrier)
    removal = removal_worked(
        removal_asked(hosted(steps.card("8030"), sandbox=at_carrier)), at_carrier
    )
    short = "Number orders that brought fewer numbers than asked for"
    stayed = "Removals of which numbers stayed"
    assert heaps() == {short: 1, stayed: 1}
    desk = sign_in(support)
    for where, pk in ((NUMBER_ORDERS, order.pk), (REMOVALS, removal.pk)):
        listed = desk.get(f"{where}?question=short").context["cl"].result_list
        assert [one.pk for one in listed] == [pk]
        assert "leaves the home page" in text_of(desk.get(f"{where}{pk}/do/seen/"))
        assert "Seen to." in text_of(desk.post(f"{where}{pk}/do/seen/", follow=True))
        desk.post(f"{where}{pk}/do/seen/")
    assert heaps() == {}
    assert order.events.filter(reason="Seen to.", actor=support).count() == 1
    assert list(desk.get(f"{NUMBER_ORDERS}{order.pk}/change/").context["actions"]) == []


def test_what_stayed_and_was_locked_since_can_be_seen_to(
    at_carrier: Sandbox, sign_in: SignIn, support: User
) -> None:
    [life] = hosted(steps.card("8030"), sandbox=at_carrier)
    removal = removal_worked(removal_asked([life]), at_carrier)
    TelephoneNumber.objects.update(is_locked=True)
    page = f"{REMOVALS}{removal.pk}/"
    shown = sign_in(support).get(f"{page}change/")
    assert list(shown.context["actions"]) == ["seen"]
    assert "none can be asked for again" in text_of(shown)


@pytest.mark.parametrize("name", ["end_unclear", "seen"])
def test_an_address_does_nothing_that_the_page_does_not_offer(
    at_carrier: Sandbox, sign_in: SignIn, support: User, name: str
) -> None:
    desk = sign_in(support)
    order = asked(by_list(*offered(1)))
    removal = removals.request(lives(sandbox=at_carrier), reason="Why.", actor=support)
    draft = builders.draft()
    for page in (
        f"{NUMBER_ORDERS}{order.pk}",
        f"{REMOVALS}{removal.pk}",
        f"/admin/numbers/importorder/{draft.pk}",
    ):
        assert desk.post(f"{page}/do/{name}/", follow=True).status_code in (200, 404)
    for one in (order, removal, draft):
        before = one.status
        one.refresh_from_db()
        assert one.status == before
    assert (order.seen_to_by, removal.seen_to_by) == (None, None)
