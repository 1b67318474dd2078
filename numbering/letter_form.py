"""What a customer says of a signed letter that they upload."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from numbering import clock
from numbering.names import plain_name
from numbering.validators import validate_plain_text


class LetterForm(forms.Form):
    """The file, who signed it, and when."""

    file = forms.FileField(
        label="The signed letter",
        allow_empty_file=True,
        widget=forms.FileInput(
            # Without image/* a phone turns its own kind of photo into a JPEG.
            attrs={"accept": "application/pdf,image/jpeg,image/png,image/tiff"}
        ),
        help_text="A PDF, or a photo or scan as JPEG, PNG or TIFF; at most 10 MB. All pages of a "
        "letter must be in one file.",
        error_messages={"required": "Choose the file of the signed letter."},
    )
    signer = forms.CharField(
        label="Who signed it?",
        max_length=60,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the name of the person who signed."},
    )
    signed_on = forms.DateField(
        label="Date beside the signature",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Give the date that stands beside the signature.",
            "invalid": "Write the date as 2026-11-30.",
        },
    )

    def __init__(self, *args: Any, signers: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self._signers = signers

    def clean_signer(self) -> str:
        """Only somebody who may sign."""
        signer: str = self.cleaned_data["signer"]
        if plain_name(signer) not in map(plain_name, self._signers):
            raise ValidationError(
                f"The letter must be signed by {' or '.join(self._signers)}. Has somebody else "
                "signed? Ask us before you go on."
            )
        return signer

    def clean_signed_on(self) -> date:
        """A signature cannot be from the future."""
        signed_on: date = self.cleaned_data["signed_on"]
        if signed_on > timezone.localdate(clock.now()):
            raise ValidationError("This date lies in the future. Look at the letter again.")
        return signed_on

    def refuse(self, name: str, message: str) -> None:
        """Say beside a field what is wrong with what it holds."""
        self.add_error(name, message)
