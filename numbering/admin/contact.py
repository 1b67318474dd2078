"""The contacts of a subscriber, below it on its page: added by e-mail address, and removed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.admin_base import PortalTabularInline, TextInputWidget
from accounts.models import User
from numbering.domain import contacts
from numbering.domain.import_orders import CannotDo
from numbering.models import SubscriberContact
from numbering.validators import validate_plain_text

if TYPE_CHECKING:
    _ContactForm = forms.ModelForm[SubscriberContact]
else:
    _ContactForm = forms.ModelForm  # takes no type at run time


class ContactForm(_ContactForm):
    """Who shall see the subscriber; for those who do, their address to look at."""

    email = forms.EmailField(label="E-mail", max_length=254, widget=TextInputWidget())
    name = forms.CharField(
        label="Name",
        max_length=80,
        required=False,
        widget=TextInputWidget(),
        validators=[validate_plain_text],
    )

    class Meta:
        model = SubscriberContact
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            person = self.instance.person
            for name, value in (("email", person.email), ("name", person.name)):
                self.fields[name].disabled = True
                self.fields[name].initial = value

    def clean_email(self) -> str:
        """Refuse an address that cannot be a customer's."""
        email = str(self.cleaned_data["email"])
        if not self.instance.pk:
            try:
                contacts.check_address(email)
            except CannotDo as error:
                raise ValidationError(str(error)) from error
        return email


class ContactInline(PortalTabularInline):
    """Customers who sign in by a mailed link and see this subscriber."""

    model = SubscriberContact
    form = ContactForm
    fields = ("email", "name")
    verbose_name = "contact"
    verbose_name_plural = "Contacts: customers who may sign in and see this subscriber"

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Those who may see contacts."""
        return request.user.has_perm("numbers.view_subscribercontact")

    def has_add_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """Who adds contacts may remove them as well."""
        return request.user.has_perm("numbers.add_subscribercontact")

    has_change_permission = has_add_permission
    has_delete_permission = has_add_permission


def save_contacts(formset: Any, *, actor: User) -> None:
    """Add and remove the contacts that a form of the subscriber's page names."""
    for form in formset.deleted_forms:
        if form.instance.pk:
            contacts.remove_contact(form.instance)
    for form in formset.extra_forms:
        if form.has_changed() and form not in formset.deleted_forms:
            contacts.add_contact(
                subscriber=formset.instance,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                actor=actor,
            )
    # The admin's own account of what changed; contacts say so by themselves.
    formset.new_objects = formset.changed_objects = formset.deleted_objects = []
