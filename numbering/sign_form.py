"""What a customer fills in to sign a letter on the screen."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape

from numbering.loa_document import PAD_HEIGHT, PAD_WIDTH, Stroke
from numbering.names import plain_name
from numbering.validators import validate_plain_text

MOST_POINTS = 20_000
# A point is two numbers of at most four digits, with brackets and commas.
_MOST_TEXT = MOST_POINTS * 16
_UNREADABLE = "The drawing could not be read. Draw it again, or leave it out: your name is enough."


class SignForm(forms.Form):
    """A typed name, the consent, and a drawing for those who like."""

    name = forms.CharField(
        label="Type your full name",
        max_length=60,
        validators=[validate_plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your first and last name: this is your signature."},
    )
    drawn = forms.CharField(
        required=False,
        max_length=_MOST_TEXT,
        widget=forms.HiddenInput,
        error_messages={"max_length": "The drawing is too long. Clear it and draw it again."},
    )
    consent = forms.BooleanField(
        label="I agree to sign electronically",
        error_messages={
            "required": "Tick this box to sign here. You can sign on paper instead: print the "
            "letter and upload it."
        },
    )
    # The fingerprint of the letter that was shown.
    seen = forms.RegexField(r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)

    def __init__(self, *args: Any, signers: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self._signers = signers
        # A help text is shown as it is, so names in it must not be taken for markup.
        self.fields["name"].help_text = escape(f"As it is in the letter: {' or '.join(signers)}.")

    def clean(self) -> dict[str, Any]:
        """Forget a drawing that cannot be taken: it would only be sent back and forth."""
        if "drawn" in self.errors:
            self.data = {name: self.data.get(name, "") for name in self.fields} | {"drawn": ""}
        return self.cleaned_data

    def clean_name(self) -> str:
        """The name must be one that may stand under the letter, spaces and capitals aside."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        if plain_name(name) not in map(plain_name, self._signers):
            raise ValidationError(
                f"This letter can be signed by {' or '.join(self._signers)}. Type the name like "
                "that. If somebody else shall sign, ask us to add them."
            )
        return name

    def clean_drawn(self) -> tuple[Stroke, ...]:
        """Read the strokes: lists of points within the pad, not too many."""
        text = self.cleaned_data["drawn"]
        try:
            strokes = json.loads(text) if text else []
        except (ValueError, RecursionError) as error:
            raise ValidationError(_UNREADABLE) from error
        if not isinstance(strokes, list) or not all(map(_is_stroke, strokes)):
            raise ValidationError(_UNREADABLE)
        if sum(map(len, strokes)) > MOST_POINTS:
            raise ValidationError("The drawing is too long. Clear it and draw it again.")
        return tuple(tuple((x, y) for x, y in stroke) for stroke in strokes)


def _is_stroke(stroke: object) -> bool:
    return isinstance(stroke, list) and len(stroke) > 0 and all(map(_is_point, stroke))


def _is_point(point: object) -> bool:
    if not isinstance(point, list) or len(point) != 2:
        return False
    # Not isinstance: true and false count as whole numbers there.
    return all(
        type(part) is int and 0 <= part <= limit
        for part, limit in zip(point, (PAD_WIDTH, PAD_HEIGHT), strict=True)
    )
