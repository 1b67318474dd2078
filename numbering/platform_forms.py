"""What staff type in about the older platform: what to import, to draft, and to give up."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.validators import RegexValidator

from accounts.admin_base import TextInputWidget
from numbering.forms import ImportOrderForm, NumbersForm
from numbering.models import ImportOrder
from numbering.number_list import NumberList
from numbering.validators import validate_plain_text


class PlatformImportForm(NumbersForm):
    """Numbers to import to the older platform, and what they are to be there."""

    application_id = forms.CharField(
        label="Application there",
        required=False,
        max_length=100,
        validators=[
            RegexValidator(r"\A[A-Za-z0-9-]*\Z", "An application id is letters, digits and dashes.")
        ],
        widget=TextInputWidget(attrs={"spellcheck": "false"}),
        help_text="Its id on the old platform (a-…). Empty for the one of the settings, if any.",
    )
    name = forms.CharField(
        label="Name there",
        required=False,
        max_length=100,
        validators=[validate_plain_text],
        widget=TextInputWidget,
        help_text="The same for all. Empty for the name of each number's subscriber here.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application_id"].initial = settings.PLATFORM["application_id"]


class DraftsForm(ImportOrderForm):
    """For whom and where the drafts are; their numbers were chosen in the list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["numbers"], self.fields["numbers_file"]
        subscriber = self.fields["subscriber"]
        subscriber.widget = AutocompleteSelect(
            ImportOrder._meta.get_field("subscriber"),
            admin.site,
            choices=subscriber.choices,  # type: ignore[attr-defined]
        )

    def read_numbers(self) -> NumberList:
        """Return none: they are not of this form."""
        return NumberList(good=(), bad=(), repeated=())


class ReleaseForm(forms.Form):
    """How many numbers are given up, in a person's own hand."""

    count = forms.IntegerField(
        label="How many numbers are given up?",
        min_value=1,
        max_value=1_000_000,
        widget=TextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="Type the number that is named above.",
    )
