"""The people pages of the admin, for administrators only (see `accounts.rights`)."""

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts import people
from accounts.admin_base import PortalModelAdmin, TextInputWidget
from accounts.forms import ADVICE
from accounts.models import User

if TYPE_CHECKING:
    _PersonForm = forms.ModelForm[User]
else:
    _PersonForm = forms.ModelForm  # takes no type at run time


class AddPersonForm(_PersonForm):
    """A new person; without a password they set one by the link for forgotten ones."""

    password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(
            attrs={"class": TextInputWidget().attrs["class"], "autocomplete": "new-password"}
        ),
        help_text="Best left empty: the person then sets one with “Forgot your password, or have "
        f"none yet?” on the sign-in page. {ADVICE}",
    )

    class Meta:
        model = User
        fields = ("email", "name", "role")

    def clean(self) -> dict[str, Any]:
        """Hold a typed password to the rules, the person's own name and address included."""
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if password:
            person = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned

    def save(self, commit: bool = True) -> User:
        """Return the person with the password typed, or none that works."""
        self.instance.set_password(self.cleaned_data["password"] or None)
        return super().save(commit)


@admin.register(User)
class PersonAdmin(PortalModelAdmin):
    """Who may sign in, and as what. Nobody is deleted: people are switched off."""

    list_display = ("email", "name", "role", "is_active", "second_factor", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    actions = ("remove_second_factor",)
    fields = ("email", "name", "role", "is_active", "second_factor", "last_login", "date_joined")
    readonly_fields = ("second_factor", "last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return people, each with whether they have an authenticator app."""
        apps = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        people_with_apps: QuerySet[User] = super().get_queryset(request)
        return people_with_apps.annotate(has_app=Exists(apps))

    @admin.display(description="second step", boolean=True, ordering="has_app")
    def second_factor(self, person: User) -> bool:
        """Return whether the person has an authenticator app."""
        return bool(getattr(person, "has_app", False))

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Return the fields; a new person has only those that can be filled in."""
        return self.fields if obj else ("email", "name", "role", "password")

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, with a field for a password when the person is new."""
        if obj is None:
            kwargs["form"] = AddPersonForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Keep people from shutting themselves out: the last administrator may be one of them."""
        if obj is not None and obj.pk == request.user.pk:
            return (*self.readonly_fields, "role", "is_active")
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, and settle what hangs on an address that changed."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            people.settle_new_address(obj, old_address=form.initial["email"])

    @admin.action(description="Remove the second step (lost phone)", permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove apps and recovery codes of the people chosen; each of them gets a mail."""
        assert isinstance(request.user, User)  # the staff door lets nobody else in
        for person in queryset:
            people.forget_second_factor(person, by=request.user)
            self.message_user(
                request,
                f"{person.email} sets up the second step anew at the next sign-in.",
                messages.SUCCESS,
            )
