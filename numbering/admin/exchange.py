"""Exchanges: what was said to the carrier and what it answered."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin.badges import badge
from numbering.models import CarrierExchange


@admin.register(CarrierExchange)
class CarrierExchangeAdmin(ReadOnlyAdmin):
    """The log of calls. Bodies are for those with the right to raw bodies."""

    empty_hint = "Every call to the carrier is kept here for a time."
    list_display = (
        "at",
        "operation",
        "method",
        "path",
        "http_status",
        "outcome_badge",
        "duration_ms",
        "order",
    )
    list_select_related = ("order",)
    search_fields = ("operation", "path")
    search_help_text = "Operation or path (an order id of the carrier, for example)"
    ordering = ("-pk",)

    @admin.display(description="Outcome")
    def outcome_badge(self, exchange: CarrierExchange) -> SafeString:
        """The outcome as a badge."""
        return badge(exchange.outcome.lower(), exchange.outcome.lower().replace("_", " "))

    def get_fields(self, request: HttpRequest, obj: CarrierExchange | None = None) -> Any:
        """Leave the bodies out for those who may not read them."""
        fields = [
            "at",
            "operation",
            "method",
            "path",
            "http_status",
            "outcome",
            "detail",
            "duration_ms",
            "order",
        ]
        if request.user.has_perm("numbers.read_raw_bodies"):
            fields += ["request_body", "response_body"]
        return fields
