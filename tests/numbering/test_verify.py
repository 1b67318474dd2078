"""The page behind the QR code on a letter: for anybody who holds the letter, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from numbering.domain import import_orders, invitations, signing
from numbering.models import ImportOrder, Loa, Withdrawal
from numbering.number_list import read_text
from tests import builders
from tests.numbering import customers
from tests.numbering.signatures import signed

pytestmark = pytest.mark.django_db
NUMBERS = ("+13032281000", "+13032281001", "+13032281002")


@pytest.fixture
def order() -> ImportOrder:
    """An order of three numbers."""
    return builders.draft(*NUMBERS)


@pytest.fixture
def loa(order: ImportOrder) -> Loa:
    """The order's letter, signed by Maria."""
    return signed(order)


def shown(code: str | None, **question: str) -> str:
    """Give what the page says to somebody unknown."""
    answer = Client().get(f"/verify/{code}/", question)
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex">' in answer.content.decode()
    return customers.text_of(answer.content)


def test_a_signed_letter_is_genuine_and_says_what_it_covers(order: ImportOrder, loa: Loa) -> None:
    text = shown(loa.verify_code)
    assert "This letter is genuine and counts" in text
    for fact in (order.subscriber.name, "Maria Lopez", "on this website", "(303) 228-1002"):
        assert fact in text
    assert signing.verify_address(loa.verify_code or "").endswith(f"/verify/{loa.verify_code}/")


def test_it_says_nothing_beyond_the_letter(loa: Loa) -> None:
    text = shown(loa.verify_code)
    proof = loa.evidence.get().data
    for fact in (proof["email"], proof["client_address"], proof["browser"]):
        assert fact not in text


def test_a_code_that_no_letter_has_is_answered_in_words() -> None:
    answer = Client().get(f"/verify/{'0' * 32}/")
    assert answer.status_code == 404
    assert "We know of no such letter" in answer.content.decode()
    for odd in ("%00", "a" * 5000, "..%2f", "é"):
        assert Client().get(f"/verify/{odd}/").status_code == 404


def test_a_letter_that_nobody_has_signed_authorizes_nothing(order: ImportOrder) -> None:
    invitation = customers.invited(order)
    text = shown(invitation.letter_code)
    assert "was made here, and is not signed" in text
    assert order.subscriber.name not in text
    _, status = customers.let_in(order)
    assert Client().get(f"/verify/{status.letter_code}/").status_code == 404


def test_a_voided_letter_no_longer_counts(order: ImportOrder, loa: Loa) -> None:
    import_orders.add_numbers(order, read_text("303-228-1003").good, actor=None)
    text = shown(loa.verify_code)
    assert "genuine but no longer counts" in text
    assert "was changed after this letter was signed" in text
    assert "(303) 228-1003" not in text


def test_a_withdrawn_letter_no_longer_counts(loa: Loa) -> None:
    Loa.objects.update(withdrawn_at=timezone.now())
    assert "The customer has withdrawn this letter." in shown(loa.verify_code)


def test_single_numbers_that_were_withdrawn_are_named(order: ImportOrder, loa: Loa) -> None:
    withdrawal = Withdrawal.objects.create(
        subscriber=order.subscriber, order=order, email="a@example.com", asked_at=timezone.now()
    )
    withdrawal.numbers.create(e164=NUMBERS[1])
    before, after = shown(loa.verify_code).split("no longer covers")
    assert "genuine and counts" in before
    assert "(303) 228-1000" in before
    assert "(303) 228-1001" not in before
    assert "(303) 228-1001" in after


def test_a_letter_that_was_replaced_says_so_and_its_successor_counts(
    order: ImportOrder, loa: Loa
) -> None:
    newer = signed(order, "ann@example.com")
    assert "A newer letter has replaced this one." in shown(loa.verify_code)
    assert "genuine and counts" in shown(newer.verify_code)


def test_a_letter_that_has_ended_says_so(loa: Loa) -> None:
    Loa.objects.update(expires_on=timezone.now().date() - timedelta(days=1))
    assert "This letter has ended." in shown(loa.verify_code)
    Loa.objects.update(expires_on=timezone.now().date())
    assert "genuine and counts" in shown(loa.verify_code)


def test_a_printed_letter_that_was_handed_in_is_known_by_its_code(order: ImportOrder) -> None:
    invitation = customers.invited(order)
    uploaded = customers.letter_for(order)
    Loa.objects.filter(pk=uploaded.pk).update(invitation=invitation, is_handed_in=False)
    assert "is not signed" in shown(invitation.letter_code)
    Loa.objects.filter(pk=uploaded.pk).update(is_handed_in=True)
    text = shown(invitation.letter_code)
    assert "genuine and counts" in text
    assert "by hand" in text
    invitations.use_up(invitation)
    assert "genuine and counts" in shown(invitation.letter_code)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sha: sha, "It is the same"),
        (lambda sha: f" {sha.upper()} ", "It is the same"),
        (lambda sha: "0" + sha[1:] if sha[0] != "0" else "1" + sha[1:], "It is not the same"),
        (lambda _: "<script>", "It is not the same"),
    ],
)
def test_a_file_is_compared_by_its_hash_without_being_uploaded(
    loa: Loa, change: object, said: str
) -> None:
    assert callable(change)
    text = shown(loa.verify_code, sha256=change(loa.sha256))
    assert said in text
    assert "<script>" not in text
