"""What staff type in: cleaned to final types, with errors that name the field and what it takes."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone

from accounts.admin_base import FileWidget, TextareaWidget, TextInputWidget
from numbering.models import ImportOrder, SipPeer
from numbering.number_list import (
    FILE_LIMIT,
    GoodRow,
    NumberList,
    UnreadableList,
    read_file,
    read_text,
)
from numbering.validators import ORDER_NUMBERS_LIMIT, validate_plain_text

_EMPTY = NumberList(good=(), bad=(), repeated=())
_PASTE_LIMIT = 500_000
# Ids of our rows; more digits than these do not fit into the database.
_ID = re.compile(r"[0-9]{1,18}")


class NumbersForm(forms.Form):
    """Telephone numbers, pasted or uploaded. Bad rows are never an error: they are named later."""

    numbers = forms.CharField(
        label="Paste telephone numbers",
        required=False,
        max_length=_PASTE_LIMIT,
        strip=False,
        widget=TextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One a line, or parted by commas. Any way of writing a US number will do.",
    )
    numbers_file = forms.FileField(
        label="Or upload a list",
        required=False,
        widget=FileWidget,
        help_text="CSV, text or Excel, up to 5 MiB. The column of numbers is found by itself.",
    )

    def clean_numbers_file(self) -> NumberList:
        """Read the file into rows."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["numbers_file"]
        if upload is None:
            return _EMPTY
        if (upload.size or 0) > FILE_LIMIT:
            raise ValidationError("The file is larger than 5 MiB. Split it and upload the parts.")
        try:
            return read_file(upload.name or "", upload.read())
        except UnreadableList as error:
            raise ValidationError(str(error)) from error

    def read_numbers(self) -> NumberList:
        """Return everything that was pasted and uploaded, each number once."""
        pasted = read_text(self.cleaned_data.get("numbers") or "")
        uploaded: NumberList = self.cleaned_data.get("numbers_file") or _EMPTY
        seen: dict[str, GoodRow] = {row.e164: row for row in pasted.good}
        repeated = list(pasted.repeated + uploaded.repeated)
        for row in uploaded.good:
            if row.e164 in seen:
                repeated.append(row)
            else:
                seen[row.e164] = row
        return NumberList(
            good=tuple(seen.values()), bad=pasted.bad + uploaded.bad, repeated=tuple(repeated)
        )


class WhoAndWhereForm(forms.ModelForm):  # type: ignore[type-arg]
    """For which subscriber, and on which SIP peer that the carrier has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._drop_impossible_subscriber()
        if "sip_peer" in self.fields:
            peers = SipPeer.objects.filter(is_gone=False)
            self.fields["sip_peer"].queryset = peers  # type: ignore[attr-defined]
            if not peers.exists():
                self.fields[
                    "sip_peer"
                ].help_text = (
                    "None is known yet: open Sites and SIP peers and read them from the carrier."
                )

    def _drop_impossible_subscriber(self) -> None:
        """Take what is no id for no choice: the widget that completes names fails on it."""
        name = self.add_prefix("subscriber")
        if isinstance(self.data, QueryDict) and not _ID.fullmatch(self.data.get(name, "")):
            self.data = self.data.copy()
            self.data[name] = ""


class ImportOrderForm(NumbersForm, WhoAndWhereForm):
    """A draft: who, where, and (when it is new) its first numbers."""

    class Meta:
        model = ImportOrder
        fields = ("subscriber", "sip_peer", "loa_authorizing_person", "loa_type")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Numbers of an existing draft are added on its own page.
            del self.fields["numbers"], self.fields["numbers_file"]

    def clean(self) -> dict[str, Any]:
        """Refuse more numbers than the carrier takes in one order."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance.pk and not self.errors:
            count = len(self.read_numbers().good)
            if count > ORDER_NUMBERS_LIMIT:
                self.add_error(
                    "numbers",
                    f"The carrier takes at most {ORDER_NUMBERS_LIMIT:,} numbers in one order; "
                    f"this list has {count:,}. Split it into several orders.",
                )
        return cleaned


class LoaForm(forms.Form):
    """A signed LOA for an order."""

    file = forms.FileField(
        label="LOA file",
        allow_empty_file=True,
        widget=FileWidget,
        help_text="PDF, JPEG, PNG or TIFF; at most 10 MiB and 50 pages.",
        error_messages={"required": "Choose the file of the signed LOA."},
    )
    signer = forms.CharField(
        label="Signed by",
        max_length=60,
        required=False,
        validators=[validate_plain_text],
        widget=TextInputWidget,
    )
    signed_on = forms.DateField(
        label="Signed on",
        required=False,
        widget=TextInputWidget(attrs={"type": "date"}),
    )

    def clean_signed_on(self) -> date | None:
        """A signature cannot be from the future."""
        signed_on: date | None = self.cleaned_data["signed_on"]
        if signed_on is not None and signed_on > timezone.localdate() + timedelta(days=1):
            raise ValidationError("This date lies in the future.")
        return signed_on


class ConfirmLoaForm(forms.Form):
    """What somebody says who answers for an LOA; the findings themselves are ticked beside it."""

    remark = forms.CharField(
        label="Remark",
        max_length=500,
        required=False,
        validators=[validate_plain_text],
        widget=TextInputWidget,
        help_text="What you looked at, if it is not plain. Your name is recorded.",
    )


class AdoptForm(forms.Form):
    """The carrier's id of an order that a person found in the carrier's dashboard."""

    carrier_order_id = forms.CharField(
        label="Carrier's order id",
        max_length=40,
        widget=TextInputWidget(attrs={"placeholder": "8-4-4-4-12 letters and digits"}),
        help_text="Copy it from the carrier's dashboard. The order is read before it is taken.",
    )
