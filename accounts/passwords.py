"""Long passwords that are well known all the same.

Lists of leaked passwords hold few long ones, because people reach a length by a pattern.
"""

import re

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

_REPETITION = re.compile(r"(.{1,10}?)\1+", re.DOTALL)
_ROWS = ("qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz", "1234567890" * 8)


class PatternValidator:
    """Refuses one short piece repeated, and rows of neighbouring keys. Has no other rule."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that is nothing but a pattern."""
        plain = password.casefold()
        if _REPETITION.fullmatch(plain):
            raise ValidationError("This is one short piece again and again, which is soon guessed.")
        if any(plain in row or plain[::-1] in row for row in _ROWS):
            raise ValidationError("This is a row of neighbouring keys, which is soon guessed.")

    def get_help_text(self) -> str:
        """Return the sentence that Django's own forms show."""
        return "Not one short piece repeated, and not a row of neighbouring keys."
