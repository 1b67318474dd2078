"""Alerts: what called for somebody, and who saw to it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.person import person_of
from numbering.domain.alerts import see_to
from numbering.enums import AlertCause
from numbering.models import Alert


class AlertStateFilter(SimpleListFilter):
    """Is it over?"""

    title = "State"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [("open", "Open"), ("closed", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        """Filter by the chosen state."""
        match self.value():
            case "open":
                return queryset.filter(closed_at=None)
            case "closed":
                return queryset.exclude(closed_at=None)
        return queryset


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Every alert there was; open ones are on the home page as well."""

    empty_hint = (
        "No alert was ever raised. The portal raises one for each cause that needs a person."
    )
    list_display = (
        "title",
        "state_badge",
        "cause",
        "opened_at",
        "last_seen_at",
        "count",
        "closed_at",
        "closed_by",
    )
    list_filter = (AlertStateFilter, choice_filter(AlertCause, "cause", "Cause"))
    list_select_related = ("closed_by",)
    ordering = ("-pk",)
    fields = (
        "title",
        "text",
        "cause",
        "key",
        "opened_at",
        "last_seen_at",
        "count",
        "closed_at",
        "closed_by",
    )

    @admin.display(description="State", ordering="closed_at")
    def state_badge(self, alert: Alert) -> SafeString:
        """The state as a badge."""
        return badge("failed", "Open") if alert.closed_at is None else badge("done", "Over")

    def get_urls(self) -> list[URLPattern]:
        """Add the address behind *Seen to*."""
        view = self.admin_site.admin_view(require_POST(self.seen_to_view))
        return [
            path("<int:alert_id>/seen-to/", view, name="numbers_alert_seen_to"),
            *super().get_urls(),
        ]

    def seen_to_view(self, request: HttpRequest, alert_id: int) -> HttpResponse:
        """Close the alert in the person's name."""
        if not request.user.has_perm("numbers.close_alert"):
            raise PermissionDenied
        if see_to(alert_id, actor=person_of(request)):
            messages.success(request, "Seen to. If the same happens again, you are told again.")
        else:
            messages.info(request, "This alert was closed already.")
        return HttpResponseRedirect(reverse("admin:index"))
