"""The rules that forms, admin and models share, and that each says whose limit it is."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from numbering import validators
from numbering.models import ImportOrder, Subscriber
from tests import builders


def fault_of(validator: object, text: str) -> str:
    """Give what the validator says against the text, nothing when it takes it."""
    try:
        validator(text)  # type: ignore[operator]
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def faults_of_address(**fields: str) -> dict[str, list[str]]:
    """Give the fields of a subscriber that are refused, with the reasons."""
    values = {
        "name": "Brightside Dental",
        "house_number": "1420",
        "street_name": "Larimer",
        "city": "Denver",
        "state_code": "CO",
        "zip_code": "80202",
    }
    try:
        Subscriber(**{**values, **fields}).clean_fields()
    except ValidationError as error:
        return error.message_dict
    return {}


# --- Our reference --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["IO1-0a", "a", "A b-9", "x" * 40])
def test_a_reference_that_the_carrier_takes_is_taken(text: str) -> None:
    """F10."""
    assert fault_of(validators.validate_customer_order_id, text) == ""


@pytest.mark.parametrize("text", ["", "Ä/#", "a_b", "a\n", "x" * 41, "é", "٣", "a.b", "１"])
def test_a_reference_that_the_carrier_refuses_is_refused_with_its_rule(text: str) -> None:
    """F10."""
    assert fault_of(validators.validate_customer_order_id, text) == (
        "The carrier takes letters, digits, dashes and blanks, at most 40."
    )


def test_a_bad_reference_is_the_fields_error() -> None:
    """F10."""
    order = ImportOrder(customer_order_id="Ä/#")
    with pytest.raises(ValidationError) as caught:
        order.clean_fields(exclude=["subscriber", "sip_peer", "created_by", "parent", "split_from"])
    assert "customer_order_id" in caught.value.message_dict


# --- Names and addresses --------------------------------------------------------------------


def test_the_carriers_limit_of_a_name_is_named() -> None:
    assert faults_of_address(name="x" * 45) == {}
    assert faults_of_address(name="x" * 46) == {
        "name": ["The carrier takes at most 45 characters here (its error 25131); this has 46."]
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("house_number", "12B"),
        ("house_number", "1/2"),
        ("house_number", "１２"),
        ("house_number", "12\n"),
        ("state_code", "XX"),
        ("state_code", "co"),
        ("zip_code", "1234"),
        ("zip_code", "٨٠٢٠٢"),
        ("plus_four", "678"),
        ("name", "two\nlines"),
        ("name", "nul\x00"),
        ("city", "tab\tbed"),
        ("street_name", "lone \ud800"),
        ("county", "\x1b[31m"),
    ],
)
def test_a_corner_of_an_address_is_refused_at_its_own_field(field: str, text: str) -> None:
    """F13."""
    assert list(faults_of_address(**{field: text})) == [field]


def test_a_zip_with_four_more_digits_is_told_where_they_go() -> None:
    """F13."""
    assert faults_of_address(zip_code="12345-6789")["zip_code"][0].startswith("A ZIP code has five")
    assert faults_of_address(zip_code="12345", plus_four="6789") == {}


@pytest.mark.parametrize("text", ["O'Brien & Søn, Ltd.", "=cmd", "<b>", "日本", "x" * 45])
def test_names_that_people_have_are_taken_as_they_are(text: str) -> None:
    assert faults_of_address(name=text) == {}


def test_a_house_number_with_a_letter_goes_in_two_fields() -> None:
    """F13."""
    assert faults_of_address(house_number="12", house_suffix="B") == {}
    subscriber = Subscriber(
        house_number="12",
        house_suffix="B",
        street_name="Main",
        city="Denver",
        state_code="CO",
        zip_code="80202",
        plus_four="1234",
    )
    assert subscriber.service_address == "12B Main, Denver, CO 80202-1234"


# --- Numbers and ids ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["3032281000", "(303) 228-1000", "+1 3032281000", "+13032281000\n"]
)
def test_a_stored_number_has_one_form_alone(text: str) -> None:
    assert fault_of(validators.validate_e164, text) == "Write it as +13032281000."
    assert fault_of(validators.validate_e164, "+13032281000") == ""


@pytest.mark.parametrize("text", ["", "12a", "../1", "1\n", "٣", "9" * 20])
def test_the_carriers_ids_are_digits_alone(text: str) -> None:
    assert fault_of(validators.validate_carrier_id, text) == "The carrier's ids are digits only."


@pytest.mark.django_db
def test_what_the_builders_make_passes_every_rule() -> None:
    builders.subscriber().full_clean()
    builders.sip_peer().full_clean()
