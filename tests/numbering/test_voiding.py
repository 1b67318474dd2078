"""A signature counts for what was signed: every later change of numbers or names ends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import evidence, import_orders, linked_orders, loa_answers, signing
from numbering.domain.cannot_do import CannotDo
from numbering.domain.voiding import void_if_subscriber_changed
from numbering.models import EvidenceEntry, ImportOrder, Invitation, Loa
from numbering.number_list import read_text
from tests import builders
from tests.numbering import customers, steps
from tests.numbering.signatures import signed, signing_by

pytestmark = pytest.mark.django_db
NUMBERS = ("+13032281000", "+13032281001", "+13032281002")
MIXED = (*NUMBERS, "+18002287000", "+18002287001")


@pytest.fixture
def order() -> ImportOrder:
    """An order of three numbers, signed by Maria."""
    order = builders.draft(*NUMBERS)
    signed(order)
    return order


def kinds() -> list[str]:
    """Give the kinds of the entries of evidence, oldest first."""
    return list(EvidenceEntry.objects.values_list("kind", flat=True))


def counts(order: ImportOrder) -> list[bool]:
    """Say of each letter, oldest first, whether it counts for the order as it is now."""
    fresh = ImportOrder.objects.select_related("subscriber").get(pk=order.pk)
    return [signing.counts_for(fresh, loa) for loa in Loa.objects.order_by("pk")]


def add_one(order: ImportOrder) -> None:
    """Add a number to the order."""
    import_orders.add_numbers(order, read_text("303-228-1003").good, actor=None)


def remove_one(order: ImportOrder) -> None:
    """Take a number out of the order."""
    import_orders.remove_numbers(order, [order.numbers.all()[0].pk], actor=None)


def change_person(order: ImportOrder) -> None:
    """Name another authorized person."""
    import_orders.change_details(order, {"loa_authorizing_person": "Ann Other"}, actor=None)


def change_type(order: ImportOrder) -> None:
    """Make the letter a blanket one."""
    import_orders.change_details(order, {"loa_type": "CARRIER"}, actor=None)


def rename(order: ImportOrder) -> None:
    """Change the subscriber's name."""
    order.subscriber.name = "Another Name"
    order.subscriber.save()
    void_if_subscriber_changed(order.subscriber, actor=None)


def move_house(order: ImportOrder) -> None:
    """Change the subscriber's address."""
    order.subscriber.zip_code = "80203"
    order.subscriber.save()
    void_if_subscriber_changed(order.subscriber, actor=None)


@pytest.mark.parametrize(
    "change", [add_one, remove_one, change_person, change_type, rename, move_house]
)
def test_a_change_after_signing_voids_the_signature_and_asks_again(
    order: ImportOrder, change: Callable[[ImportOrder], None]
) -> None:
    """L04: a number is added or removed, or a name, an address or the kind of letter changes."""
    assert counts(order) == [True]
    change(order)
    loa = Loa.objects.get()
    assert loa.voided_at is not None
    assert loa.void_reason
    assert counts(order) == [False]
    assert kinds() == ["signed", "voided"]
    asked = Invitation.objects.latest("pk")
    assert (asked.email, asked.order, asked.used_at) == ("maria@example.com", order, None)
    subject, text = customers.mails_to()[-1]
    assert "once more" in text
    assert loa.void_reason in text
    assert evidence.faults() == []
    change_twice = len(Invitation.objects.all())
    add_one(order) if change is not add_one else remove_one(order)
    assert len(Invitation.objects.all()) == change_twice
    assert subject


def test_an_order_whose_signature_was_voided_cannot_be_sent(
    at_carrier: Sandbox, support: User
) -> None:
    """L04: and nobody can answer for it."""
    order = steps.checked()
    signed(order)
    add_one(order)
    import_orders.check(order, actor=support)
    assert loa_answers.confirm(order, ["voided"], remark="It is fine.", actor=support) == 0
    with pytest.raises(CannotDo, match="1 thing about the LOA stands against it"):
        loa_answers.submit_checked(order, actor=support)
    assert (steps.status_of(order), order.attempts.exists()) == ("checked", False)


def test_what_is_signed_again_counts_again(order: ImportOrder) -> None:
    add_one(order)
    loa = signing.sign(Invitation.objects.latest("pk"), signing_by(order))
    assert counts(order) == [False, True]
    assert loa.replaces == Loa.objects.order_by("pk")[0]


def test_a_change_of_nothing_that_was_signed_voids_nothing(order: ImportOrder) -> None:
    other = builders.sip_peer(sip_peer_id="500199", sip_peer_name="Another")
    import_orders.change_details(order, {"sip_peer": other}, actor=None)
    order.subscriber.county = "Denver"
    order.subscriber.save()
    void_if_subscriber_changed(order.subscriber, actor=None)
    assert counts(order) == [True]
    assert kinds() == ["signed"]


def test_a_change_that_nobody_told_of_counts_too(order: ImportOrder) -> None:
    """The check before sending looks for itself; it does not lean on a note that it was voided."""
    order.numbers.filter(e164=NUMBERS[0]).delete()
    assert Loa.objects.get().voided_at is None
    assert counts(order) == [False]


def test_when_every_number_is_gone_nobody_is_asked_to_sign(order: ImportOrder) -> None:
    import_orders.remove_numbers(order, order.numbers.values_list("pk", flat=True), actor=None)
    assert kinds() == ["signed", "voided"]
    assert Invitation.objects.count() == 1


def test_an_order_given_to_another_subscriber_asks_nobody_of_the_first(
    order: ImportOrder,
) -> None:
    import_orders.change_details(order, {"subscriber": builders.subscriber()}, actor=None)
    assert counts(order) == [False]
    assert Invitation.objects.count() == 1


def test_split_orders_count_together_and_a_change_of_one_voids_for_both() -> None:
    order = builders.draft(*MIXED)
    signed(order)
    other = linked_orders.split(order, actor=None)
    assert (counts(order), counts(other)) == ([True], [True])
    import_orders.remove_numbers(other, [other.numbers.all()[0].pk], actor=None)
    assert (counts(order), counts(other)) == ([False], [False])
    assert Loa.objects.get().voided_at is not None


def test_what_was_sent_stays_covered_when_its_sibling_changes() -> None:
    order = builders.draft(*MIXED)
    signed(order)
    other = linked_orders.split(order, actor=None)
    ImportOrder.objects.filter(pk=order.pk).update(status="received")
    import_orders.remove_numbers(other, [other.numbers.all()[0].pk], actor=None)
    loa = Loa.objects.get()
    assert loa.voided_at is None
    assert set(loa.coverage.values_list("order", flat=True)) == {order.pk}
    assert counts(other) == [False]
    assert EvidenceEntry.objects.latest("position").data["whole_letter"] is False


def tried_again(order: ImportOrder) -> ImportOrder:
    """Let two numbers fail at the carrier, and try them again in an order of their own."""
    order.numbers.exclude(e164=NUMBERS[0]).update(status="failed", is_holding=False)
    order.numbers.filter(e164=NUMBERS[0]).update(is_holding=False)
    ImportOrder.objects.filter(pk=order.pk).update(status="partial")
    order.refresh_from_db()
    return linked_orders.retry_failed(order, actor=None)


def test_an_order_that_tries_failed_numbers_again_is_covered_by_the_same_letter(
    order: ImportOrder,
) -> None:
    again = tried_again(order)
    assert counts(again) == [True]
    import_orders.remove_numbers(again, [again.numbers.all()[0].pk], actor=None)
    assert counts(again) == [True]


def test_a_number_more_than_was_signed_ends_the_letter_for_that_order_alone(
    order: ImportOrder,
) -> None:
    again = tried_again(order)
    add_one(again)
    loa = Loa.objects.get()
    assert (loa.voided_at, counts(again)) == (None, [False])
    assert set(loa.coverage.values_list("order", flat=True)) == {order.pk}


def test_a_subscriber_renamed_on_their_page_ends_what_is_not_sent(
    order: ImportOrder, support: User, sign_in: Callable[[User], Client]
) -> None:
    sent = builders.draft(subscriber=order.subscriber)
    signed(sent, "ann@example.com")
    ImportOrder.objects.filter(pk=sent.pk).update(status="complete")
    browser = sign_in(support)
    address = f"/admin/numbers/subscriber/{order.subscriber.pk}/change/"
    form = browser.get(address).context["adminform"].form
    fields = {name: form.initial.get(name) or "" for name in form.fields}
    for formset in browser.get(address).context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        fields |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    answer = browser.post(address, {**fields, "name": "Renamed Dental"})
    assert answer.status_code == 302
    voided = dict(Loa.objects.values_list("coverage__order", "voided_at").distinct())
    assert voided[order.pk] is not None
    assert voided[sent.pk] is None
    assert EvidenceEntry.objects.latest("position").data["by"] == support.pk
