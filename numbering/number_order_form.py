"""What staff type in to order new numbers: whose, where, and which numbers by name."""

import re
import secrets
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from numbering.domain.number_orders import in_words, taken_numbers
from numbering.forms import NumbersForm, WhoAndWhereForm
from numbering.models import NumberOrder
from numbering.number_list import NumberList
from numbering.validators import ORDER_NUMBERS_LIMIT

_KEY = re.compile(r"[0-9a-f]{24}")


def new_key() -> str:
    """Return a key for a page that can be ordered from: one page makes one order."""
    return secrets.token_hex(12)


def is_key(text: str) -> bool:
    """Whether the text can be the key of such a page."""
    return _KEY.fullmatch(text) is not None


class NumberOrderForm(NumbersForm, WhoAndWhereForm):
    """An order of new numbers, by list unless `is_by_search`."""

    key = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    class Meta:
        model = NumberOrder
        fields = ("subscriber", "sip_peer", "is_partial_allowed", "is_back_order")

    def __init__(self, *args: Any, is_by_search: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = NumberList(good=(), bad=(), repeated=())
        if is_by_search:
            del self.fields["numbers"], self.fields["numbers_file"]

    def clean_key(self) -> str:
        """Give a page that lost its key a new one; what was typed stays."""
        key = str(self.cleaned_data["key"])
        return key if is_key(key) else new_key()

    def clean(self) -> dict[str, Any]:
        """Refuse a list that cannot be ordered, by name."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "numbers" in self.fields and not {"numbers", "numbers_file"} & self.errors.keys():
            self.rows = self.read_numbers()
            if problem := self._problem():
                self.add_error("numbers", ValidationError(problem))
        return cleaned

    def _problem(self) -> str:
        count = len(self.rows.good)
        if not count:
            if self.rows.bad:
                row = self.rows.bad[0]
                return f"None of this is a telephone number. “{row.raw}”: {row.reason}"
            return "Paste the numbers to order, or upload a list of them."
        if count > ORDER_NUMBERS_LIMIT:
            return (
                f"The carrier takes at most {ORDER_NUMBERS_LIMIT:,} numbers in one order; this "
                f"list has {count:,}. Split it into several orders."
            )
        return in_words(taken) if (taken := taken_numbers(self.rows.e164s)) else ""
