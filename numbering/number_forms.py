"""What staff type in about telephone numbers that are here: whose they shall be, and views."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from accounts.admin_base import TextInputWidget
from numbering.models import SavedView, Subscriber, TelephoneNumber
from numbering.validators import validate_plain_text

# Ids of our rows; more digits than these do not fit into the database.
_MOST_DIGITS = 18


class MoveForm(forms.Form):
    """To whom numbers are moved."""

    subscriber = forms.ModelChoiceField(
        Subscriber.objects.all(),
        label="Subscriber",
        widget=AutocompleteSelect(TelephoneNumber._meta.get_field("subscriber"), admin.site),
        error_messages={"required": "Choose the subscriber that the numbers shall go to."},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        # Take what is no id for no choice: the widget that completes names fails on it.
        if data is not None and not _is_id(str(data.get("subscriber", ""))):
            self.data = {**data.dict(), "subscriber": ""}


class ViewForm(forms.Form):
    """The name of a saved view, and whose it is."""

    name = forms.CharField(
        label="Name",
        max_length=SavedView._meta.get_field("name").max_length,
        validators=[validate_plain_text],
        widget=TextInputWidget,
    )
    is_shared = forms.BooleanField(label="For everybody", required=False)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
