"""The LOA linter: what stands against an order's letter, who fixes it, and who answered for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering import clock
from numbering.domain import import_orders, loa_answers, loa_check
from numbering.domain.cannot_do import CannotDo
from numbering.domain.next_step import next_step
from numbering.models import EvidenceEntry, ImportOrder, Loa, LoaConfirmation, LoaSigner
from numbering.number_list import read_text
from numbering.phone import display
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db


def add(order: ImportOrder, content: bytes | None = None, **fields: Any) -> Loa:
    """Add a letter that says what the order says, signed today by the right person."""
    signed_on: date | None = fields.pop("signed_on", timezone.localdate())
    changes = {
        name: fields.pop(name)
        for name in ("withdrawn_at", "voided_at", "is_damaged", "purged_at", "scan_state")
        + ("scope", "expires_on", "void_reason")
        if name in fields
    }
    added = builders.letter(
        order,
        builders.letter_for(order) if content is None else content,
        signer=fields.pop("signer", "maria  LOPEZ"),
        signed_on=signed_on,
    )
    Loa.objects.filter(pk=added.pk).update(**changes)
    return added


def found(order: ImportOrder) -> dict[str, str]:
    """Give the open findings of an order with their tones."""
    return {one.code: one.tone.value for one in loa_check.findings(order) if one.is_open}


def test_a_letter_that_says_what_the_order_says_has_no_findings() -> None:
    order = builders.draft(*builders.fresh_numbers(3))
    add(order)
    assert found(order) == {}


def test_an_order_without_a_letter_has_one_finding() -> None:
    assert found(builders.draft()) == {"missing": "confirm"}


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "expected"),
    [(None, {"no_date": "blocks"}), (-1, {"future": "blocks"}), (0, {}), (30, {})]
    + [(31, {"stale": "confirm"})],
)
def test_the_date_of_the_signature_counts_by_days_l05(
    age: int | None, expected: dict[str, str]
) -> None:
    order = builders.draft()
    add(order, signed_on=None if age is None else timezone.localdate() - age * DAY)
    assert found(order) == expected


def test_the_age_is_counted_by_the_local_day(settings: Any) -> None:
    """Late in the evening of Denver it is the next day in UTC already."""
    settings.TIME_ZONE = "America/Denver"
    order = builders.draft()
    with timezone.override("America/Denver"):
        add(order, signed_on=timezone.localdate(clock.now()) - 30 * DAY)
        assert found(order) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"withdrawn_at": timezone.now()}, "withdrawn"),
        ({"voided_at": timezone.now(), "void_reason": "Numbers were added."}, "voided"),
        ({"is_damaged": True}, "damaged"),
        ({"purged_at": timezone.now()}, "damaged"),
        ({"scan_state": "infected"}, "infected"),
        ({"scan_state": "waiting"}, "not_scanned"),
        ({"scope": "blanket", "expires_on": timezone.localdate() - DAY}, "expired"),
    ],
)
def test_a_letter_that_does_not_stand_blocks(changes: dict[str, Any], code: str) -> None:
    order = builders.draft()
    add(order, **changes)
    assert found(order)[code] == "blocks"


def test_only_a_signer_may_have_signed() -> None:
    order = builders.draft()
    add(order, signer="Ben Stranger")
    assert found(order) == {"signer": "blocks"}
    LoaSigner.objects.create(subscriber=order.subscriber, name="Ben Stranger", is_approved=False)
    assert found(order) == {"signer": "blocks"}
    LoaSigner.objects.update(is_approved=True)
    assert found(order) == {}


def test_who_signed_must_be_known() -> None:
    order = builders.draft()
    add(order, signer="")
    assert found(order) == {"no_signer": "blocks"}


def test_every_number_of_the_order_must_be_on_the_letter() -> None:
    order = builders.draft(*builders.fresh_numbers(3))
    absent = order.numbers.all()[1]
    add(order, builders.letter_for(order, without=str(absent)))
    assert found(order) == {"numbers_missing": "blocks"}
    [finding] = loa_check.findings(order)
    assert (display(absent.e164) in finding.sentence, finding.who) == (True, "customer")


@pytest.mark.parametrize(
    "written", ["(720) 228-4411", "720-228-4411", "720.228.4411", "7202284411", "+1 720 228 4411"]
)
def test_a_number_too_many_is_answered_for_by_name(written: str) -> None:
    order = builders.draft()
    add(order, builders.letter_for(order, f"and {written}"))
    assert found(order) == {"other_numbers": "confirm"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Send mail to P.O. Box 77, Denver", "letter_post_box"),
        ("Our post office box is 77", "letter_post_box"),
    ],
)
def test_a_post_box_on_the_letter_is_looked_at(line: str, code: str) -> None:
    order = builders.draft()
    add(order, builders.letter_for(order, line))
    assert found(order) == {code: "confirm"}


def test_a_post_box_in_the_service_address_blocks() -> None:
    order = builders.draft(subscriber=builders.subscriber(street_name="PO Box"))
    add(order)
    assert found(order)["post_box"] == "blocks"


def test_name_and_address_are_compared_loosely() -> None:
    subscriber = builders.subscriber(name="Café O'Hara & Sons, LLC", house_suffix="B")
    order = builders.draft(subscriber=subscriber)
    lines = "CAFE OHARA and Sons", "1420B LARIMER STREET, Denver 80202-1234"
    add(order, _letter(order, *lines))
    assert found(order) == {}


def test_another_name_or_place_is_looked_at() -> None:
    order = builders.draft(subscriber=builders.subscriber(name="Harbor Dental"))
    add(order, _letter(order, "Harbor Books", "1421 Larimer St, Denver CO 80202"))
    assert found(order) == {"name": "confirm", "address": "confirm"}


def _letter(order: ImportOrder, *lines: str) -> bytes:
    filling = "this letter authorizes hosted text messaging on the telephone numbers listed below"
    numbers = [str(number) for number in order.numbers.all()]
    bare = builders.draft(subscriber=builders.subscriber(name="x"))
    bare.numbers.all().delete()
    bare.subscriber.house_number = bare.subscriber.street_name = bare.subscriber.zip_code = ""
    return builders.letter_for(bare, filling, *lines, *numbers)


def test_toll_free_numbers_want_their_words() -> None:
    order = builders.draft(*builders.fresh_numbers(area="833"))
    add(order)
    assert found(order) == {"toll_free": "confirm"}
    add(order, builders.letter_for(order, "This includes toll-free service."))
    assert found(order) == {}


@pytest.mark.parametrize("with_words", [False, True])
def test_a_scan_is_looked_at_by_a_person(with_words: bool) -> None:
    order = builders.draft()
    number = str(order.numbers.get())
    add(order, builders.letter_for(order, without=number) if with_words else builders.pdf())
    assert found(order) == {"by_eye": "confirm"}


def test_a_blanket_letter_need_not_list_numbers() -> None:
    order = builders.draft()
    number = str(order.numbers.get())
    content = builders.letter_for(order, without=number)
    add(order, content, scope="blanket", expires_on=timezone.localdate())
    assert found(order) == {}


# --- Answers and sending --------------------------------------------------------------------


def test_an_answer_is_by_name_and_in_the_evidence(support: User) -> None:
    order = builders.draft()
    added = add(order, builders.pdf())
    assert loa_answers.confirm(order, ["by_eye", "nonsense"], remark="On paper", actor=support) == 1
    assert found(order) == {}
    answer = LoaConfirmation.objects.get()
    assert (answer.loa, answer.person, answer.remark) == (added, support, "On paper")
    proof = EvidenceEntry.objects.filter(kind="confirmed").get()
    assert (proof.data["name"], proof.data["what"][0][0]) == (str(support), "by_eye")
    assert str(support) in order.events.latest("pk").reason
    assert loa_answers.confirm(order, ["by_eye"], remark="", actor=support) == 0


def test_what_blocks_cannot_be_answered_for(support: User) -> None:
    order = builders.draft()
    add(order, signer="Ben Stranger")
    assert loa_answers.confirm(order, ["signer"], remark="", actor=support) == 0
    assert found(order) == {"signer": "blocks"}


def test_a_change_of_the_order_asks_again(support: User) -> None:
    order = builders.draft()
    add(order, builders.pdf())
    loa_answers.confirm(order, ["by_eye"], remark="", actor=support)
    import_orders.add_numbers(order, read_text(builders.fresh_numbers()[0]).good, actor=support)
    assert found(order) == {"by_eye": "confirm", "added_later": "confirm"}
    loa_answers.confirm(order, ["by_eye", "added_later"], remark="", actor=support)
    assert found(order) == {}
    assert order.loa_coverage.count() == 2


def test_an_order_is_not_submitted_while_something_stands_against_its_letter(
    support: User, at_carrier: Sandbox
) -> None:
    order = steps.checked()
    add(order, builders.pdf())
    with pytest.raises(CannotDo, match="1 thing about the LOA stands against it"):
        loa_answers.submit_checked(order, actor=support)
    assert steps.status_of(order) == "checked"
    assert next_step(order).sentence.startswith(
        "Every number can be imported. 1 question about the LOA"
    )
    loa_answers.confirm(order, ["by_eye"], remark="", actor=support)
    loa_answers.submit_checked(order, actor=support)
    assert (steps.status_of(order), order.loa_uploads.count()) == ("submitting", 1)


def test_a_stale_letter_is_sent_only_in_somebodys_name_l05(
    support: User, at_carrier: Sandbox
) -> None:
    order = steps.checked()
    add(order, signed_on=timezone.localdate() - 31 * DAY)
    with pytest.raises(CannotDo, match="more than 30 days ago"):
        loa_answers.submit_checked(order, actor=support)
    loa_answers.confirm(order, ["stale"], remark="The carrier agreed", actor=support)
    loa_answers.submit_checked(order, actor=support)
    assert LoaConfirmation.objects.get().person == support


def test_who_submits_without_a_letter_answers_for_it(support: User, at_carrier: Sandbox) -> None:
    order = steps.checked()
    loa_answers.submit_checked(order, actor=support)
    reasons = list(order.events.values_list("reason", flat=True))
    assert f"Submitted without a signed letter; {support} answers for that." in reasons


def test_what_blocks_is_the_orders_next_step(at_carrier: Sandbox) -> None:
    order = steps.checked()
    add(order, signer="Ben Stranger")
    step = next_step(order)
    assert (step.who, step.tone) == ("Customer", "bad")
    assert "Ben Stranger signed it" in step.sentence
