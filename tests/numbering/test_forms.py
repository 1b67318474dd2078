"""What staff type in: bad rows never cost the good ones, and errors name their field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from numbering.forms import AdoptForm, ImportOrderForm, LoaForm, NumbersForm
from tests import builders


def numbers_form(text: str = "", file: bytes | None = None, name: str = "list.csv") -> NumbersForm:
    """Fill in the form for numbers."""
    files = {} if file is None else {"numbers_file": SimpleUploadedFile(name, file)}
    return NumbersForm({"numbers": text}, files)


def test_pasted_and_uploaded_numbers_are_taken_together_each_once() -> None:
    form = numbers_form("3032281000\nbad 1", b"phone\n3032281000\n3032281001\nbad 2\n")
    assert form.is_valid()
    numbers = form.read_numbers()
    assert numbers.e164s == ("+13032281000", "+13032281001")
    assert [row.raw for row in numbers.bad] == ["bad 1", "bad 2"]
    assert [row.raw for row in numbers.repeated] == ["3032281000"]


def test_bad_rows_are_no_error_of_the_form() -> None:
    form = numbers_form("nothing here\n12345")
    assert form.is_valid()
    assert (form.read_numbers().good, len(form.read_numbers().bad)) == ((), 1)


@pytest.mark.parametrize(
    ("file", "name", "words"),
    [
        (b"x" * (5 * 1024 * 1024 + 1), "list.csv", "larger than 5 MiB"),
        (b"not a workbook", "list.xlsx", "cannot be opened"),
        (b"", "list.csv", "empty"),
    ],
)
def test_a_file_that_is_no_list_is_an_error_of_its_field(
    file: bytes, name: str, words: str
) -> None:
    form = numbers_form("3032281000", file, name)
    assert not form.is_valid()
    assert list(form.errors) == ["numbers_file"]
    assert words in str(form.errors["numbers_file"])


def test_an_endless_paste_is_refused() -> None:
    assert list(numbers_form("1" * 500_001).errors) == ["numbers"]


# --- Drafts ---------------------------------------------------------------------------------


def draft_form(**fields: Any) -> ImportOrderForm:
    """Fill in the form for a draft."""
    values = {
        "subscriber": builders.subscriber().pk,
        "sip_peer": builders.sip_peer().pk,
        "loa_authorizing_person": "Maria Lopez",
        "loa_type": "SUBSCRIBER",
        "numbers": "3032281000",
    }
    return ImportOrderForm({**values, **fields})


@pytest.mark.django_db
def test_a_draft_takes_as_many_numbers_as_the_carrier_does() -> None:
    numbers = [f"303{220 + n // 2500}{n % 2500:04d}" for n in range(5001)]
    assert draft_form(numbers="\n".join(numbers[:5000])).is_valid()
    form = draft_form(numbers="\n".join(numbers))
    assert list(form.errors) == ["numbers"]
    assert "at most 5,000 numbers in one order; this list has 5,001" in str(form.errors)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("loa_type", "SOMETHING"),
        ("loa_authorizing_person", ""),
        ("loa_authorizing_person", "x" * 61),
        ("loa_authorizing_person", "Maria\tLopez"),
        ("subscriber", 999_999),
        ("sip_peer", "' OR 1=1--"),
    ],
)
def test_a_bad_detail_is_an_error_of_its_field(field: str, value: object) -> None:
    assert list(draft_form(**{field: value}).errors) == [field]


@pytest.mark.django_db
def test_a_place_that_is_gone_at_the_carrier_is_not_offered() -> None:
    peer = builders.sip_peer(site_id="77", sip_peer_id="78", is_gone=True)
    assert list(draft_form(sip_peer=peer.pk).errors) == ["sip_peer"]


@pytest.mark.django_db
def test_only_the_listed_fields_of_a_form_count() -> None:
    """R19."""
    form = draft_form(status="complete", carrier_order_id="x", customer_order_id="y")
    assert form.is_valid()
    order = form.save(commit=False)
    assert (order.status, order.carrier_order_id, order.customer_order_id) == ("draft", None, None)


# --- LOA, adoption --------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_valid"), [(-1, True), (0, True), (2, False)])
def test_a_signature_is_not_from_the_future(days: int, is_valid: bool) -> None:
    day = timezone.localdate() + timedelta(days=days)
    file = SimpleUploadedFile("a.pdf", b"x")
    assert LoaForm({"signed_on": day}, {"file": file}).is_valid() is is_valid


def test_a_missing_loa_file_is_said_in_words() -> None:
    assert LoaForm({}, {}).errors == {"file": ["Choose the file of the signed LOA."]}


def test_an_empty_loa_file_is_left_to_the_check_of_files() -> None:
    assert LoaForm({}, {"file": SimpleUploadedFile("a.pdf", b"")}).is_valid()


def test_an_id_to_adopt_is_needed() -> None:
    assert list(AdoptForm({"carrier_order_id": "  "}).errors) == ["carrier_order_id"]
