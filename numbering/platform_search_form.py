"""What staff type in to look for numbers that the older platform has on offer."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.admin_base import SelectWidget, TextInputWidget
from carrier.platform import problem_of, problem_of_pattern
from numbering.validators import validate_plain_text

_LOCAL, _TOLL_FREE = "local", "toll_free"
_MOST = 500


def _text(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=60,
        validators=[validate_plain_text],
        widget=TextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=help_text,
    )


class PlatformSearchForm(forms.Form):
    """Local numbers by one of state, ZIP code and area code; toll-free ones by pattern alone."""

    kind = forms.ChoiceField(
        label="Kind of number",
        choices=[(_LOCAL, "Local"), (_TOLL_FREE, "Toll-free")],
        initial=_LOCAL,
        widget=SelectWidget,
    )
    state = _text("State", "2 letters, such as NC. Alone, or with a city.")
    city = _text("City", "Only with its state.")
    zip_code = _text("ZIP code", "5 digits. Alone.")
    area_code = _text("Area code", "3 digits. Alone, or with the digits after it.")
    local_number = _text("Digits after the area code", "3 or 4 digits. Only with an area code.")
    in_local_calling_area = forms.BooleanField(
        label="Also places that are a local call away",
        required=False,
        help_text="Only with an area code.",
    )
    pattern = _text("Pattern", "Digits; ? is any one, * any number of them.")
    quantity = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=_MOST,
        initial=20,
        widget=TextInputWidget(attrs={"inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse what the platform does not take together, in a sentence that says what to do."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["state"] = cleaned.get("state", "").upper()
        if self.errors:
            return cleaned
        if not self.is_toll_free:
            problem = problem_of(**self.local_search)
        elif given := [self.fields[name].label for name in self._places if cleaned.get(name)]:
            problem = f"Toll-free numbers have no place: empty {', '.join(map(str, given))}."
        else:
            problem = problem_of_pattern(**self.toll_free_search)
        if problem:
            raise ValidationError(problem)
        return cleaned

    _places = ("state", "city", "zip_code", "area_code", "local_number", "in_local_calling_area")

    @property
    def is_toll_free(self) -> bool:
        """Whether toll-free numbers are looked for."""
        return self.cleaned_data.get("kind") == _TOLL_FREE

    @property
    def local_search(self) -> dict[str, Any]:
        """What `carrier.platform.search_local` is to be asked."""
        names = (*self._places, "pattern", "quantity")
        return {name: self.cleaned_data[name] for name in names}

    @property
    def toll_free_search(self) -> dict[str, Any]:
        """What `carrier.platform.search_toll_free` is to be asked."""
        return {name: self.cleaned_data[name] for name in ("pattern", "quantity")}
