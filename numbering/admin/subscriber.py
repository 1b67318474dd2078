"""Subscribers: name, service address, signers, and their orders."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_base import PortalModelAdmin, PortalTabularInline
from numbering.admin.contact import ContactInline, save_contacts
from numbering.admin.dispute_pack import subscriber_pack_view
from numbering.admin.order_list import NumberCount
from numbering.admin.person import person_of
from numbering.domain.voiding import void_if_subscriber_changed
from numbering.enums import IN_SERVICE
from numbering.models import LoaSigner, Subscriber, SubscriberContact, TelephoneNumber


class LoaSignerInline(PortalTabularInline):
    """Who may sign LOAs for the subscriber; the rights are the subscriber's own."""

    model = LoaSigner
    fields = ("name", "email", "is_approved")

    def has_view_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """As the subscriber."""
        return request.user.has_perm("numbers.view_subscriber")

    def has_add_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        """As the subscriber."""
        return request.user.has_perm("numbers.change_subscriber")

    has_change_permission = has_add_permission
    has_delete_permission = has_add_permission


@admin.register(Subscriber)
class SubscriberAdmin(NumberCount, PortalModelAdmin):
    """The end customers."""

    empty_hint = "A subscriber is the end customer whose numbers are hosted. Add one to begin."
    list_display = ("name", "city_and_state", "numbers_in_service", "orders_link")
    search_fields = ("name", "city", "zip_code")
    search_help_text = "Name, city or ZIP code"
    change_form_template = "admin/numbers/subscriber/subscriber.html"
    inlines = (LoaSignerInline, ContactInline)
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            "Service address",
            {
                "description": "Where the telephone service is, as on the phone bill.",
                "fields": (
                    ("house_number", "house_suffix"),
                    ("street_name", "street_suffix"),
                    ("pre_directional", "post_directional"),
                    ("address_line2", "city"),
                    ("state_code", "county"),
                    ("zip_code", "plus_four"),
                ),
            },
        ),
    )

    def counted_numbers(self) -> tuple[QuerySet[Any], str]:
        """Count those in service."""
        return TelephoneNumber.objects.filter(state__in=IN_SERVICE), "subscriber"

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows below the subscriber; contacts by the verbs for them."""
        if formset.model is SubscriberContact:
            save_contacts(formset, actor=person_of(request))
        else:
            super().save_formset(request, form, formset, change)

    def save_model(
        self, request: HttpRequest, obj: Subscriber, form: "ModelForm[Any]", change: bool
    ) -> None:
        """Save; letters that were signed for another name or address no longer count."""
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            void_if_subscriber_changed(obj, actor=person_of(request))

    def get_urls(self) -> list[URLPattern]:
        """Add the subscriber's dispute pack."""
        view = self.admin_site.admin_view(subscriber_pack_view)
        name = "numbers_subscriber_pack"
        return [path("<int:subscriber_id>/dispute-pack/", view, name=name), *super().get_urls()]

    @admin.display(description="City")
    def city_and_state(self, subscriber: Subscriber) -> str:
        """City and state in one column."""
        return f"{subscriber.city}, {subscriber.state_code}"

    @admin.display(description="Numbers in service")
    def numbers_in_service(self, subscriber: Subscriber) -> int:
        """How many numbers are in service."""
        return self.number_count(subscriber)

    @admin.display(description="Import orders")
    def orders_link(self, subscriber: Subscriber) -> SafeString:
        """The way to the subscriber's orders."""
        address = reverse("admin:numbers_importorder_changelist")
        return format_html('<a href="{}?subscriber={}">Show</a>', address, subscriber.pk)
