"""The webhook inbox, and our webhook subscriptions at the carrier."""

import re
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin, action
from carrier.errors import CarrierError
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.person import person_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import doctor, subscriptions, webhooks
from numbering.enums import WebhookState
from numbering.models import WebhookEvent
from numbering.wording import counted

_SHOWN_BODY = 64 * 1024
_NUMBER = re.compile(r"\+?1?[0-9]{6}(?=[0-9]{4}(?![0-9]))")


def _text(event: WebhookEvent) -> str:
    return bytes(event.body[:_SHOWN_BODY]).decode("utf-8", "replace")


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """Every webhook that knocked with the right password."""

    empty_hint = (
        "Notifications of the carrier appear here as they come in. Are the "
        "webhook subscriptions set up?"
    )
    list_display = (
        "received_at",
        "state_badge",
        "kind",
        "status_word",
        "order_link",
        "carrier_order_id",
        "problem",
    )
    list_filter = (choice_filter(WebhookState, "state", "State"),)
    list_select_related = ("order", "removal", "number_order")
    search_fields = ("carrier_order_id", "customer_order_id")
    search_help_text = "The carrier's order id or our reference"
    actions = ("replay",)
    ordering = ("-pk",)
    _facts = (
        "received_at",
        "state",
        "kind",
        "status_word",
        "message",
        "carrier_order_id",
        "customer_order_id",
        "order_link",
        "problem",
        "applied_at",
        "content_type",
    )
    readonly_fields = ("order_link", "raw_body", "masked_body")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        """Leave the bodies in the database until one is looked at."""
        queryset = super().get_queryset(request)
        is_list = getattr(request.resolver_match, "url_name", "").endswith("_changelist")
        return queryset.defer("body") if is_list else queryset

    def get_fields(self, request: HttpRequest, obj: WebhookEvent | None = None) -> Any:
        """Show the body raw, or masked, by the person's right."""
        raw = request.user.has_perm("numbers.read_raw_bodies")
        return [*self._facts, "raw_body" if raw else "masked_body"]

    @admin.display(description="State", ordering="state")
    def state_badge(self, event: WebhookEvent) -> SafeString:
        """The state as a badge."""
        return badge(event.state, event.get_state_display())

    @admin.display(description="Order")
    def order_link(self, event: WebhookEvent) -> SafeString | str:
        """The way to the order."""
        order = event.order or event.removal or event.number_order
        if order is None:
            return "–"
        address = reverse(f"admin:numbers_{order._meta.model_name}_change", args=[order.pk])
        return format_html('<a href="{}">{}</a>', address, order)

    @admin.display(description="Body")
    def raw_body(self, event: WebhookEvent) -> SafeString:
        """The body as text."""
        return format_html('<pre class="raw">{}</pre>', _text(event))

    @admin.display(description="Body, numbers masked")
    def masked_body(self, event: WebhookEvent) -> SafeString:
        """The body as text with all but the last four digits of each number hidden."""
        return format_html('<pre class="raw">{}</pre>', _NUMBER.sub("······", _text(event)))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whether the person may apply webhooks again."""
        return request.user.has_perm("numbers.replay_webhookevent")

    @action(description="Apply again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        """Put the chosen webhooks back into the inbox; applying twice does no harm."""
        count = webhooks.replay(queryset.values_list("pk", flat=True))
        messages.success(request, f"{counted(count, 'webhook')} put back to be applied again.")

    def get_urls(self) -> list[URLPattern]:
        """Add the page of webhook subscriptions."""
        page = self.admin_site.admin_view(self.subscriptions_view)
        return [
            path("subscriptions/", page, name="numbers_subscriptions"),
            *super().get_urls(),
        ]

    def subscriptions_view(self, request: HttpRequest) -> HttpResponse:
        """Show what the carrier holds and what is wrong with it; POST repairs."""
        if not request.user.has_perm("numbers.view_subscriptions"):
            raise PermissionDenied
        may_repair = request.user.has_perm("numbers.repair_subscriptions")
        if request.method == "POST":
            if not may_repair:
                raise PermissionDenied
            self._repair(request)
            return HttpResponseRedirect(request.path)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Webhook subscriptions",
            "webhook_url": subscriptions.webhook_url(),
            "may_repair": may_repair,
            "visits": doctor.last_visits(),
        }
        try:
            context["diagnosis"] = subscriptions.diagnose()
            context["silence"] = doctor.silence(context["diagnosis"])
        except (CarrierError, CarrierNotConfigured) as error:
            context["trouble"] = in_words(error)
        return TemplateResponse(request, "admin/numbers/webhookevent/subscriptions.html", context)

    def _repair(self, request: HttpRequest) -> None:
        try:
            done = doctor.repair(actor=person_of(request))
        except (CarrierError, CarrierNotConfigured) as error:
            messages.error(request, f"The repair stopped: {in_words(error)} Try it again.")
            return
        for sentence in done:
            messages.success(request, sentence)
        if not done:
            messages.info(request, "Nothing had to be repaired.")
