"""The sign-in forms: allauth's checks under plain labels, and without placeholders.

A placeholder vanishes with the first letter typed and repeats the label above it.
"""

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from django import forms

from accounts.models import User

ADVICE = "At least 15 characters. A few random words with spaces between them work well."


class PlainForm(forms.Form):
    """Gives fields the labels and help texts listed in the class and drops placeholders."""

    labels: dict[str, str] = {}
    help_texts: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"label_suffix": ""}))
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")
            field.widget.attrs.pop("placeholder", None)


class SignInForm(PlainForm, account_forms.LoginForm):
    """E-mail address and password."""

    labels = {"login": "E-mail address", "password": "Password"}


class ConfirmPasswordForm(PlainForm, account_forms.ReauthenticateForm):
    """The password once more, before something that matters."""

    labels = {"password": "Password"}


class ChangePasswordForm(PlainForm, account_forms.ChangePasswordForm):
    """The present password and a new one, twice."""

    labels = {
        "oldpassword": "Present password",
        "password1": "New password",
        "password2": "New password again",
    }
    help_texts = {"password1": ADVICE}


class AskResetForm(PlainForm, account_forms.ResetPasswordForm):
    """The address to send a link to."""

    labels = {"email": "E-mail address"}


class ResetPasswordForm(PlainForm, account_forms.ResetPasswordKeyForm):
    """A new password, twice."""

    labels = {"password1": "New password", "password2": "New password again"}
    help_texts = {"password1": ADVICE}


class AskSignInLinkForm(PlainForm):
    """The address of a customer who wants to sign in."""

    labels = {"email": "E-mail address"}
    email = forms.EmailField(
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Type your e-mail address.",
            "invalid": "This is no e-mail address. It looks like name@example.com.",
        },
    )

    def clean_email(self) -> str:
        """Return the address as addresses are kept: in lower case."""
        return str(self.cleaned_data["email"]).lower()


class NewAddressForm(AskSignInLinkForm):
    """A customer's new e-mail address."""

    labels = {"email": "New e-mail address"}

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._person = person

    def clean_email(self) -> str:
        """Refuse the address that the person has already."""
        address = super().clean_email()
        if address == self._person.email:
            raise forms.ValidationError("This is your present address. Type the new one.")
        return address


class NameForm(PlainForm):
    """How a customer is called in mails and by support."""

    labels = {"name": "Your name"}
    help_texts = {"name": "First and last name."}
    name = forms.CharField(
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Type your name."},
    )

    def clean_name(self) -> str:
        """Refuse what cannot be printed: it would hide in mails and lists."""
        name = str(self.cleaned_data["name"])
        if not name.isprintable():
            raise forms.ValidationError("Type the name in letters, on one line.")
        return name


class CodeForm(PlainForm):
    """One field for a code from the app, on phones with the number keys."""

    labels = {"code": "Code"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(inputmode="numeric", autofocus=True)


class SecondFactorForm(CodeForm, mfa_forms.AuthenticateForm):
    """The code asked for after the password."""


class ConfirmSecondFactorForm(CodeForm, mfa_forms.ReauthenticateForm):
    """The code once more, before something that matters."""


class SetUpAuthenticatorForm(CodeForm, ActivateTOTPForm):
    """The first code of a new authenticator app."""

    labels = {"code": "Code from the app"}

    def clean_code(self) -> str:
        """Check the code and use it up: it must not serve for signing in as well."""
        code: str = super().clean_code()
        app = TOTP(Authenticator(user=self.user, type=Authenticator.Type.TOTP))
        if not app._mark_code_used(code):
            raise get_adapter().validation_error("incorrect_code")
        return code
