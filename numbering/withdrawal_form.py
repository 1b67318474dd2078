"""What a customer fills in to take back their permission."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from numbering.phone import display
from numbering.validators import validate_plain_text

ALL = "all"
SOME = "some"


class WithdrawalForm(forms.Form):
    """For which numbers, by whom, and if they like, why. Nothing is ticked beforehand."""

    which = forms.ChoiceField(
        label="For which numbers?",
        choices=[(ALL, "For all of them"), (SOME, "Only for those that I tick below")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the two."},
    )
    numbers = forms.MultipleChoiceField(
        label="Numbers",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": "One of these numbers is not there any more. Look at the list again."
        },
    )
    name = forms.CharField(
        label="Your first and last name",
        max_length=60,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your first and last name."},
    )
    reason = forms.CharField(
        label="Reason (you need not say)",
        required=False,
        max_length=500,
        validators=[validate_plain_text],
    )

    def __init__(self, *args: Any, e164s: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self._e164s = e164s
        self.fields["numbers"].choices = [(e164, display(e164)) for e164 in e164s]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for at least one number where only some are meant."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("which") == SOME and not cleaned.get("numbers") and not self.errors:
            self.add_error("numbers", ValidationError("Tick the numbers that you mean."))
        return cleaned

    def chosen(self) -> list[str]:
        """Return the numbers that are meant, in E.164."""
        if self.cleaned_data["which"] == ALL:
            return list(self._e164s)
        return list(self.cleaned_data["numbers"])
