"""What staff type in to look for numbers on offer: cleaned to a search that the carrier takes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.admin_base import TextInputWidget
from carrier.records import NumberSearch
from carrier.search import FIELDS, MAX_QUANTITY, problem_of
from numbering.validators import validate_plain_text

_FIRST_QUANTITY = 20
# What most people look by; the page keeps the rest folded away.
_MOST_USED = ("area_code", "city", "state")
_WIDER_OR_NARROWER = ("ends_in", "local_calling_area")
_DIGITS = ("area_code", "npa_nxx", "npa_nxx_x")
_WORDS = ("state", "local_vanity", "toll_free_vanity")
_PUNCTUATION = str.maketrans("", "", " -.()")


class SearchForm(forms.Form):
    """By what numbers are looked for. The carrier's own table says which fields go together."""

    ends_in = forms.BooleanField(label="The number ends in the local word", required=False)
    local_calling_area = forms.BooleanField(
        label="Also places that are a local call away",
        required=False,
        help_text="Counts when an exchange or a rate center is all that you look for.",
    )
    quantity = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=MAX_QUANTITY,
        initial=_FIRST_QUANTITY,
        help_text=f"1 to {MAX_QUANTITY:,}.",
        widget=TextInputWidget(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": f"Type how many, from 1 to {MAX_QUANTITY:,}.",
            "invalid": f"Type how many in digits, from 1 to {MAX_QUANTITY:,}.",
            "min_value": f"Type how many, from 1 to {MAX_QUANTITY:,}.",
            "max_value": f"The carrier gives at most {MAX_QUANTITY:,} at once.",
        },
    )
    detail = forms.BooleanField(
        label="Show city, rate center and tier", required=False, initial=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts = {
            name: forms.CharField(
                label=field.label,
                required=False,
                max_length=60,
                validators=[validate_plain_text],
                widget=TextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
                help_text=f"{field.format_hint[:1].upper()}{field.format_hint[1:]}.",
            )
            for name, field in FIELDS.items()
        }
        self.fields = {**texts, **self.fields}

    def clean(self) -> dict[str, Any]:
        """Refuse what the carrier does not take together, in one sentence that says what to do."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in _DIGITS:
            cleaned[name] = cleaned.get(name, "").translate(_PUNCTUATION)
        for name in _WORDS:
            cleaned[name] = cleaned.get(name, "").upper()
        if not self.errors and (problem := problem_of(self.search)):
            raise ValidationError(problem)
        return cleaned

    @property
    def search(self) -> NumberSearch:
        """What to look for; only after the form was found valid."""
        return NumberSearch(**self.cleaned_data)

    @property
    def most_used(self) -> list[forms.BoundField]:
        """The fields that most searches need, and how many."""
        return [self[name] for name in (*_MOST_USED, "quantity")]

    @property
    def others(self) -> list[forms.BoundField]:
        """The other fields that narrow the search."""
        return [self[name] for name in FIELDS if name not in _MOST_USED]

    @property
    def has_others(self) -> bool:
        """Whether one of those was used, or a tick that changes which numbers are found."""
        used = (*self.others, *(self[name] for name in _WIDER_OR_NARROWER))
        return any(field.value() or field.errors for field in used)

    @property
    def ticks(self) -> list[forms.BoundField]:
        """What else a search can be told."""
        return [self[name] for name in self.fields if name not in FIELDS and name != "quantity"]


class ExchangesForm(SearchForm):
    """By what exchanges are listed: the other fields of a search are let be."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = ("area_code", "state", "quantity")
        self.fields = {name: self.fields[name] for name in names}

    def clean(self) -> dict[str, Any]:
        """Refuse what names no place, and what the carrier does not take."""
        given = self.cleaned_data
        if not self.errors and not (given["area_code"] or given["state"]):
            raise ValidationError("Fill in the area code or the state to see its exchanges.")
        return super().clean()

    @property
    def problem(self) -> str:
        """What is wrong, in words; only after the form was found not valid."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)


def params_of(search: NumberSearch) -> dict[str, str]:
    """Return what the form has to be given to mean this search: for links and hidden fields."""
    return {
        name: ("on" if value is True else str(value))
        for name in SearchForm().fields
        if (value := getattr(search, name))
    }
