"""What customers fill in to have numbers hosted, in the words of somebody with a phone bill."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from django import forms
from django.core.exceptions import ValidationError

from numbering.enums import RequestPart
from numbering.forms import NumbersForm
from numbering.house_number import NoHouseNumber, join_house_number, split_house_number
from numbering.models import HostingRequest
from numbering.us_states import US_STATES
from numbering.validators import (
    SUBSCRIBER_NAME_LIMIT,
    validate_no_po_box,
    validate_plain_text,
)

_ZIP = re.compile(r"([0-9]{5})(?:[- ]?([0-9]{4}))?")
_DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_NO_DIRECTION = [("", "None"), *((code, code) for code in _DIRECTIONS)]


def _text(
    column: str,
    label: str,
    *,
    needed: str = "",
    help_text: str = "",
    autocomplete: str = "off",
    limit: int | None = None,
    validators: tuple[Callable[[str], None], ...] = (),
) -> forms.CharField:
    """Make a field as long as the column; `needed` is what an empty one is told."""
    most = limit or HostingRequest.longest(column)
    field = forms.CharField(
        label=label,
        required=bool(needed),
        max_length=most,
        validators=[validate_plain_text, *validators],
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
        error_messages={
            "required": needed,
            "max_length": "Write at most %(limit_value)d characters; this has %(show_value)d.",
        },
    )
    # A browser would cut what is pasted without a word.
    del field.widget.attrs["maxlength"]
    return field


def _direction(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=_NO_DIRECTION, widget=forms.Select
    )


class PartForm(forms.Form):
    """Some columns of a request. Only what is declared here is ever read from what is sent."""

    @classmethod
    def of(
        cls, request: HostingRequest, data: Mapping[str, Any] | None = None, *, whole: bool = True
    ) -> Self:
        """Make the form filled in with the request; a part-filled one passes unless `whole`."""
        form = cls(data, initial=cls.initial_of(request), label_suffix="")
        for field in form.fields.values():
            field.required = field.required and whole
        return form

    @classmethod
    def initial_of(cls, request: HostingRequest) -> dict[str, str]:
        """Return what the fields show of the request."""
        columns = {field.name for field in request._meta.fields}
        return {name: getattr(request, name) for name in cls.base_fields if name in columns}

    def changes(self) -> dict[str, str]:
        """Return the columns that are right, also while other fields are not."""
        self.full_clean()
        return dict(self.cleaned_data)


class BusinessNameForm(PartForm):
    """The name on the phone bill."""

    business_name = _text(
        "business_name",
        "Business name",
        needed="Give the business name as it stands on your phone bill.",
        help_text="As on your phone bill.",
        autocomplete="organization",
        limit=SUBSCRIBER_NAME_LIMIT,
    )


class AddressForm(PartForm):
    """The service address, part by part."""

    house_number = _text(
        "house_number",
        "House number",
        needed="Give the house number.",
        help_text="12B or 14 1/2 will do.",
        limit=20,
    )
    street_name = _text(
        "street_name",
        "Street",
        needed="Give the name of the street.",
        help_text="The name alone: for 1420 N Larimer St that is Larimer.",
        validators=(validate_no_po_box,),
    )
    street_suffix = _text(
        "street_suffix", "Street type (if it has one)", help_text="St, Ave, Blvd, Rd …"
    )
    pre_directional = _direction("Direction before the name")
    post_directional = _direction("Direction after the name")
    address_line2 = _text(
        "address_line2",
        "Floor or suite (if any)",
        autocomplete="address-line2",
        validators=(validate_no_po_box,),
    )
    city = _text("city", "City", needed="Give the city.", autocomplete="address-level2")
    state_code = forms.ChoiceField(
        label="State",
        choices=[("", "Choose a state"), *US_STATES.items()],
        widget=forms.Select(attrs={"autocomplete": "address-level1"}),
        error_messages={
            "required": "Choose the state.",
            "invalid_choice": "Choose one of the states in the list.",
        },
    )
    zip_code = _text(
        "zip_code",
        "ZIP code",
        needed="Give the ZIP code.",
        help_text="Five digits, or ZIP+4 like 80202-1234.",
        autocomplete="postal-code",
        limit=20,
    )

    @classmethod
    def initial_of(cls, request: HostingRequest) -> dict[str, str]:
        """Show house number and ZIP code each in one piece."""
        zip_code = "-".join(part for part in (request.zip_code, request.plus_four) if part)
        return {
            **super().initial_of(request),
            "house_number": join_house_number(request.house_number, request.house_suffix),
            "zip_code": zip_code,
        }

    def clean_house_number(self) -> str:
        """Refuse what cannot be split into digits and a suffix."""
        text: str = self.cleaned_data["house_number"]
        if text:
            try:
                split_house_number(text)
            except NoHouseNumber as error:
                raise ValidationError(str(error)) from error
        return text

    def clean_zip_code(self) -> str:
        """Refuse what is neither ZIP nor ZIP+4."""
        text: str = self.cleaned_data["zip_code"]
        if text and not _ZIP.fullmatch(text):
            raise ValidationError(
                "A ZIP code has five digits, like 80202, or five and four, like 80202-1234."
            )
        return text

    def changes(self) -> dict[str, str]:
        """Split house number and ZIP code as the columns hold them."""
        values = super().changes()
        if (house := values.pop("house_number", None)) is not None:
            number, suffix = split_house_number(house) if house else ("", "")
            values.update(house_number=number, house_suffix=suffix)
        if (code := values.pop("zip_code", None)) is not None:
            parts = _ZIP.fullmatch(code)
            values["zip_code"], values["plus_four"] = (
                (parts[1], parts[2] or "") if parts else ("", "")
            )
        return values


class SignerForm(PartForm):
    """Who may sign."""

    authorizing_person = _text(
        "authorizing_person",
        "Who may sign for the business?",
        needed="Give first and last name of the person who may sign.",
        help_text="First and last name. Often the owner, or who signs the phone contract.",
        autocomplete="off",
    )


class DetailsForm(BusinessNameForm, AddressForm, SignerForm):
    """The second step: business, address, who may sign, and who asks."""

    contact_name = _text(
        "contact_name",
        "Your own name",
        help_text="So that we know whom we write to.",
        autocomplete="name",
    )
    field_order = ("business_name", *AddressForm.base_fields, "authorizing_person", "contact_name")


PART_FORMS: dict[RequestPart, type[PartForm]] = {
    RequestPart.BUSINESS_NAME: BusinessNameForm,
    RequestPart.ADDRESS: AddressForm,
    RequestPart.AUTHORIZING_PERSON: SignerForm,
}


class RequestNumbersForm(NumbersForm):
    """The first step: the numbers, as the shared form reads them."""

    _labels: ClassVar[dict[str, str]] = {
        "numbers": "Your phone numbers",
        "numbers_file": "Or a file with your numbers",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        # The shared form wears the staff pages' clothes.
        widgets = {
            "numbers": forms.Textarea(
                attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}
            ),
            "numbers_file": forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
        }
        for name, label in self._labels.items():
            self.fields[name].label = label
            self.fields[name].widget = widgets[name]
