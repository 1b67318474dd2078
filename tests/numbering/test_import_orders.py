"""Import orders before they are sent: draft, numbers, check, split, cancel, retry."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from carrier.errors import CarrierError
from carrier.sandbox import Sandbox
from carrier.sandbox.cards import CARDS, Act
from numbering.carrier_link import CarrierNotConfigured
from numbering.domain import import_orders, linked_orders, submission
from numbering.domain.import_orders import CannotDo
from numbering.models import ImportOrder, ImportOrderNumber, TelephoneNumber
from numbering.number_list import GoodRow, read_text
from tests import builders
from tests.numbering import steps
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db


def rows(*numbers: str) -> tuple[GoodRow, ...]:
    """Read numbers as staff give them."""
    return read_text("\n".join(numbers)).good


def numbers_of(order: ImportOrder) -> list[str]:
    """Give the order's numbers."""
    return list(order.numbers.values_list("e164", flat=True))


def try_draft(*numbers: str) -> tuple[ImportOrder, list[str]]:
    """Make a draft and give it with the reasons for the numbers it did not get."""
    order, held = import_orders.create_draft(
        subscriber=builders.subscriber(),
        sip_peer=builders.sip_peer(),
        loa_authorizing_person="Maria Lopez",
        loa_type="SUBSCRIBER",
        rows=rows(*numbers),
    )
    return order, [number.reason for number in held]


# --- Drafts and their numbers ---------------------------------------------------------------


def test_a_draft_keeps_its_numbers_and_how_they_were_written(support: User) -> None:
    order = builders.draft("(303) 228-7001", "303.228.7002", actor=support)
    assert list(order.numbers.values_list("e164", "raw", "status")) == [
        ("+13032287001", "(303) 228-7001", "new"),
        ("+13032287002", "303.228.7002", "new"),
    ]
    [event] = order.events.all()
    assert (event.to_status, event.actor, event.reason) == (
        "draft",
        support,
        "Draft created with 2 numbers.",
    )


def test_a_number_in_an_open_order_is_named_with_that_order() -> None:
    first = builders.draft("+13032287001")
    second, reasons = try_draft("+13032287001", "+13032287002")
    assert numbers_of(second) == ["+13032287002"]
    assert reasons == [f"(303) 228-7001 is in import order {first.pk}, which is still open."]


def test_a_hosted_number_is_not_ordered_again() -> None:
    TelephoneNumber.objects.create(
        e164="+13032287001",
        subscriber=builders.subscriber(),
        state="hosted",
        state_changed_at=timezone.now(),
    )
    order, reasons = try_draft("+13032287001")
    assert (numbers_of(order), reasons) == ([], ["(303) 228-7001 is in service here already."])


@pytest.mark.parametrize("state", ["lost", "not_imported", "gone"])
def test_a_number_that_is_not_hosted_any_more_may_be_ordered(state: str) -> None:
    TelephoneNumber.objects.create(
        e164="+13032287001",
        subscriber=builders.subscriber(),
        state=state,
        state_changed_at=timezone.now(),
    )
    assert try_draft("+13032287001")[1] == []


def test_added_numbers_are_counted_once_and_send_a_checked_order_back_to_draft(
    at_carrier: Sandbox,
) -> None:
    order = steps.checked("+13032287001")
    added, held = import_orders.add_numbers(
        order, rows("3032287001", "3032287002", "303-228-7002"), actor=None
    )
    assert (added, held, order.status) == (1, [], "draft")
    assert numbers_of(order) == ["+13032287001", "+13032287002"]


def test_numbers_that_are_there_already_change_nothing(at_carrier: Sandbox) -> None:
    order = steps.checked("+13032287001")
    assert import_orders.add_numbers(order, rows("3032287001"), actor=None) == (0, [])
    assert order.status == "checked"


def test_an_order_takes_no_more_than_the_carrier_does() -> None:
    order = builders.draft(*(f"+1303{220 + n // 2500}{n % 2500:04d}" for n in range(5000)))
    assert order.numbers.count() == 5000
    with pytest.raises(CannotDo, match="at most 5,000 numbers in one order; this would make 5,001"):
        import_orders.add_numbers(order, rows("+12122287001"), actor=None)
    assert order.numbers.count() == 5000


def test_removed_numbers_are_free_for_another_order() -> None:
    order = builders.draft("+13032287001", "+13032287002")
    row = order.numbers.get(e164="+13032287001")
    assert import_orders.remove_numbers(order, [row.pk], actor=None) == 1
    assert try_draft("+13032287001")[1] == []


def test_only_numbers_of_the_order_itself_are_removed() -> None:
    order, other = builders.draft(), builders.draft()
    ids = list(other.numbers.values_list("pk", flat=True))
    assert import_orders.remove_numbers(order, [*ids, 10**15], actor=None) == 0
    assert other.numbers.count() == 1


def test_a_checked_order_without_numbers_is_a_draft_again(at_carrier: Sandbox) -> None:
    order = steps.checked()
    import_orders.remove_numbers(order, [order.numbers.get().pk], actor=None)
    assert steps.status_of(order) == "draft"


@pytest.mark.parametrize("status", ["submitting", "unknown", "received", "complete", "cancelled"])
def test_after_sending_nothing_of_the_order_changes(status: str) -> None:
    order = builders.draft()
    ImportOrder.objects.filter(pk=order.pk).update(status=status)
    row = order.numbers.get()
    for change in (
        lambda: import_orders.add_numbers(order, rows("+13032287009"), actor=None),
        lambda: import_orders.remove_numbers(order, [row.pk], actor=None),
        lambda: import_orders.remove_blocked_numbers(order, actor=None),
        lambda: linked_orders.split(order, actor=None),
        lambda: import_orders.cancel(order, actor=None),
        lambda: import_orders.change_details(order, {"loa_type": "CARRIER"}, actor=None),
    ):
        with pytest.raises(CannotDo):
            change()
    assert (steps.status_of(order), numbers_of(order)) == (status, [row.e164])
    assert ImportOrder.objects.get(pk=order.pk).loa_type == "SUBSCRIBER"


def test_changed_details_are_written_and_have_to_be_checked_again(at_carrier: Sandbox) -> None:
    order = steps.checked()
    stale = ImportOrder.objects.get(pk=order.pk)
    ImportOrder.objects.filter(pk=order.pk).update(trouble="written meanwhile")
    import_orders.change_details(stale, {"loa_authorizing_person": "Al Gray"}, actor=None)
    order.refresh_from_db()
    assert (order.status, order.loa_authorizing_person) == ("draft", "Al Gray")
    assert order.trouble == "written meanwhile"
    assert steps.number_statuses(order) == {order.numbers.get().e164: "new"}


# --- Two at once ----------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_drafts_for_one_number_at_one_instant_one_gets_it() -> None:
    for round_number in range(5):
        number = f"+1303228{7100 + round_number}"
        outcomes = at_once(2, lambda _index, number=number: try_draft(number)[1])
        assert sorted(len(reasons) for reasons in outcomes) == [0, 1]
        assert ImportOrderNumber.objects.filter(e164=number).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_that_submit_at_one_instant_one_does(at_carrier: Sandbox) -> None:
    order = steps.checked()

    def submit(_index: int) -> str:
        try:
            submission.submit(ImportOrder.objects.get(pk=order.pk), actor=None)
        except CannotDo as error:
            return str(error)
        return ""

    answers = at_once(4, submit)
    assert sorted(answers)[0] == ""
    assert len([answer for answer in answers if "sent already" in answer]) == 3
    steps.work()
    assert len(steps.orders_at(at_carrier, order)) == 1


# --- Check ----------------------------------------------------------------------------------

CHECK_CARDS = [card for card in CARDS if card.act is Act.CHECK_FAILS]


def test_there_is_a_card_for_each_reason_of_the_check() -> None:
    assert len(CHECK_CARDS) == 12


@pytest.mark.parametrize("card", CHECK_CARDS, ids=lambda card: card.code)
def test_a_number_that_the_check_refuses_is_named_with_the_carriers_reason(
    at_carrier: Sandbox, card: Any
) -> None:
    good, bad = builders.fresh_numbers()[0], steps.card(card.line)
    order = builders.draft(good, bad)
    assert import_orders.check(order, actor=None) == {
        "importable": 1,
        "blocked": 1,
        "unanswered": 0,
    }
    assert order.status == "draft"
    assert list(order.numbers.values_list("e164", "status", "operation", "code")) == [
        (good, "importable", "check", ""),
        (bad, "blocked", "check", card.code),
    ]
    assert order.numbers.get(e164=bad).description != ""
    import_orders.remove_blocked_numbers(order, actor=None)
    assert (steps.status_of(order), numbers_of(order)) == ("checked", [good])


def test_a_check_that_turns_bad_takes_a_checked_order_back(at_carrier: Sandbox) -> None:
    order = steps.checked()
    ImportOrderNumber.objects.create(order=order, e164=steps.card("9001"))
    stale = ImportOrder.objects.get(pk=order.pk)
    stale.status = "draft"  # what a second window still shows
    import_orders.check(stale, actor=None)
    assert steps.status_of(order) == "draft"


def test_while_the_carrier_is_away_a_check_leaves_the_order_where_it_was(
    carrier_away: None,
) -> None:
    order = builders.draft()
    before = (order.status, order.events.count(), steps.number_statuses(order))
    with pytest.raises(CarrierError):
        import_orders.check(order, actor=None)
    order.refresh_from_db()
    assert before == (order.status, order.events.count(), steps.number_statuses(order))


@pytest.mark.parametrize("fault", ["created_500", "created_html", "empty_200", "unauthorized"])
def test_an_answer_that_is_none_leaves_a_checked_order_checked(
    at_carrier: Sandbox, fault: str
) -> None:
    order = steps.checked()
    at_carrier.fault(fault, path_contains="importTnChecker", times=None)
    with pytest.raises(CarrierError):
        import_orders.check(order, actor=None)
    assert steps.status_of(order) == "checked"
    assert set(steps.number_statuses(order).values()) == {"importable"}


def test_without_carrier_settings_a_check_says_what_is_missing(settings: Any) -> None:
    settings.CARRIER = {**settings.CARRIER, "client_id": ""}
    with pytest.raises(CarrierNotConfigured, match="CARRIER_CLIENT_ID"):
        import_orders.check(builders.draft(), actor=None)


def test_an_empty_draft_and_a_sent_order_are_not_checked(at_carrier: Sandbox) -> None:
    empty, _ = try_draft()
    with pytest.raises(CannotDo, match="Add telephone numbers"):
        import_orders.check(empty, actor=None)
    with pytest.raises(CannotDo, match="sent already"):
        import_orders.check(steps.sent(), actor=None)


# --- Split, cancel --------------------------------------------------------------------------


def test_a_mixed_draft_is_split_into_two_linked_ones(support: User) -> None:
    order = builders.draft("+18002287001", "+13032287001", "+18882287001")
    other = linked_orders.split(order, actor=support)
    assert numbers_of(order) == ["+13032287001"]
    assert numbers_of(other) == ["+18002287001", "+18882287001"]
    assert (other.split_from, other.status, other.created_by) == (order, "draft", support)
    assert (other.subscriber, other.sip_peer) == (order.subscriber, order.sip_peer)
    assert str(other.pk) in order.events.latest("pk").reason
    assert try_draft("+18002287001")[1] == [
        f"(800) 228-7001 is in import order {other.pk}, which is still open."
    ]


def test_numbers_of_one_kind_are_not_split() -> None:
    with pytest.raises(CannotDo, match="nothing to split"):
        linked_orders.split(builders.draft("+18002287001", "+18882287001"), actor=None)


def test_a_cancelled_draft_frees_its_numbers(support: User) -> None:
    order = builders.draft("+13032287001")
    import_orders.cancel(order, actor=support)
    assert (order.status, order.events.latest("pk").actor) == ("cancelled", support)
    assert try_draft("+13032287001")[1] == []
    with pytest.raises(CannotDo, match="Only a draft"):
        import_orders.cancel(order, actor=support)


# --- Retry ----------------------------------------------------------------------------------


@pytest.fixture
def partial(at_carrier: Sandbox) -> ImportOrder:
    """An order of which one number failed that would succeed the next time."""
    order = steps.sent(*builders.fresh_numbers(2), steps.card("8010"))
    steps.ended_at(at_carrier, order)
    steps.due_for_sweep(order)
    steps.work()
    order.refresh_from_db()
    assert order.status == "partial"
    return order


def test_a_retry_is_a_child_of_the_failed_numbers_only(partial: ImportOrder, support: User) -> None:
    child = linked_orders.retry_failed(partial, actor=support)
    failed = partial.numbers.get(status="failed")
    assert (child.parent, child.status, child.created_by) == (partial, "draft", support)
    assert list(child.numbers.values_list("e164", "raw", "status", "attempts")) == [
        (failed.e164, failed.raw, "new", 1)
    ]
    assert (child.subscriber, child.sip_peer, child.loa_authorizing_person) == (
        partial.subscriber,
        partial.sip_peer,
        partial.loa_authorizing_person,
    )
    assert steps.status_of(partial) == "partial"


def test_a_retried_number_counts_its_orders_and_gets_there(
    partial: ImportOrder, at_carrier: Sandbox
) -> None:
    child = linked_orders.retry_failed(partial, actor=None)
    import_orders.check(child, actor=None)
    steps.submitted_and_sent(child)
    steps.ended_at(at_carrier, child)
    steps.due_for_sweep(child)
    steps.work()
    assert steps.status_of(child) == "complete"
    assert child.numbers.get().attempts == 2


def test_a_second_retry_is_refused_and_names_the_first(partial: ImportOrder) -> None:
    child = linked_orders.retry_failed(partial, actor=None)
    with pytest.raises(CannotDo, match=f"is in import order {child.pk}, which is still open"):
        linked_orders.retry_failed(partial, actor=None)
    assert list(partial.children.all()) == [child]


def test_a_retry_that_was_cancelled_may_be_made_again(partial: ImportOrder) -> None:
    import_orders.cancel(linked_orders.retry_failed(partial, actor=None), actor=None)
    assert linked_orders.retry_failed(partial, actor=None).numbers.count() == 1


@pytest.mark.parametrize("status", ["draft", "processing", "complete", "exception", "cancelled"])
def test_only_an_order_that_is_over_and_failed_is_retried(status: str) -> None:
    order = builders.draft()
    ImportOrder.objects.filter(pk=order.pk).update(status=status)
    order.refresh_from_db()
    with pytest.raises(CannotDo, match="failed or partly complete"):
        linked_orders.retry_failed(order, actor=None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_retries_at_one_instant_one_is_made(at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("7518"))
    steps.ended_at(at_carrier, order)
    steps.due_for_sweep(order)
    steps.work()

    def retry(_index: int) -> bool:
        try:
            linked_orders.retry_failed(ImportOrder.objects.get(pk=order.pk), actor=None)
        except CannotDo:
            return False
        return True

    assert sorted(at_once(3, retry)) == [False, False, True]
    assert order.children.count() == 1
