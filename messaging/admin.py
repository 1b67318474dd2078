"""The staff pages: messages, who wants no more of them, and what the carrier said of them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from accounts.admin_base import ReadOnlyAdmin, action
from messaging.domain import opt_outs
from messaging.enums import Asks, Direction, InboxState, MessageState
from messaging.models import Message, MessageEvent, MessageReading, OptOut
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.person import person_of
from numbering.phone import display
from numbering.wording import counted


class _PairAdmin(ReadOnlyAdmin):
    """Rows about one of our numbers and one other number."""

    search_fields = ("our_number", "their_number")
    search_help_text = "Our number or theirs, digits only"
    ordering = ("-pk",)

    @admin.display(description="Our number", ordering="our_number")
    def ours(self, row: Any) -> str:
        """Our number as people read it."""
        return display(row.our_number)

    @admin.display(description="Their number", ordering="their_number")
    def theirs(self, row: Any) -> str:
        """The other number as people read it."""
        return display(row.their_number)


@admin.register(OptOut)
class OptOutAdmin(_PairAdmin):
    """Who wants no more messages from which number; only they can end it, by START."""

    empty_hint = "Whoever answers one of our numbers with STOP is listed here."
    list_display = ("since", "ours", "theirs", "state_badge", "ended_at", "actor")
    list_select_related = ("actor",)
    fields = ("ours", "theirs", "since", "by_message", "actor", "confirmation", "ended_at")
    readonly_fields = ("ours", "theirs")

    @admin.display(description="State", ordering="ended_at")
    def state_badge(self, opt_out: OptOut) -> SafeString:
        """Whether it holds now."""
        return badge("gone", "Ended") if opt_out.ended_at else badge("refused", "In force")


@admin.register(Message)
class MessageAdmin(_PairAdmin):
    """Messages; who reads a text is recorded, so that lists hold none."""

    empty_hint = "Messages that our numbers receive and send are listed here."
    list_display = ("created_at", "direction", "ours", "theirs", "state_badge", "asks", "remark")
    list_filter = (
        choice_filter(Asks, "asks", "Asks"),
        choice_filter(Direction, "direction", "Direction"),
        choice_filter(MessageState, "state", "State"),
    )
    actions = ("wants_no_more",)
    fields = (
        "direction",
        "ours",
        "theirs",
        "text",
        "state",
        "asks",
        "remark",
        "carrier_id",
        "carrier_time",
        "created_at",
        "sent_at",
        "settled_at",
        "actor",
        "readers",
    )
    readonly_fields = ("ours", "theirs", "readers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Leave the texts in the database until one is looked at."""
        return super().get_queryset(request).defer("text")

    @admin.display(description="State", ordering="state")
    def state_badge(self, message: Message) -> SafeString:
        """The state as a badge."""
        return badge(message.state, message.get_state_display())

    @admin.display(description="Read by")
    def readers(self, message: Message) -> SafeString:
        """Who has read the text here, newest first."""
        readings = message.readings.select_related("person")[:50]
        rows = ((reading.person, localize(localtime(reading.at))) for reading in readings)
        return format_html_join(mark_safe("<br>"), "{}, {}", rows)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Record who reads the text."""
        if request.method == "GET" and object_id and self.has_view_permission(request):
            message = self.get_object(request, object_id)
            if message is not None:
                MessageReading.objects.create(message=message, person=person_of(request))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def has_stop_permission(self, request: HttpRequest) -> bool:
        """Whether the person may decide that a message asks to stop."""
        return request.user.has_perm("messaging.stop_message")

    @action(description="They want no more messages", permissions=["stop"])
    def wants_no_more(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Take the received ones among the chosen messages for a STOP."""
        count = opt_outs.stop_by_hand(
            queryset.values_list("pk", flat=True), actor=person_of(request)
        )
        messages.success(request, f"{counted(count, 'opt-out')} added. They can text START.")


@admin.register(MessageEvent)
class MessageEventAdmin(ReadOnlyAdmin):
    """Every message callback that knocked with the right password."""

    empty_hint = (
        "Message callbacks appear here as they come in. Does the carrier's messaging application "
        "have this portal's address?"
    )
    list_display = ("received_at", "state_badge", "problem", "applied_at")
    list_filter = (choice_filter(InboxState, "state", "State"),)
    ordering = ("-pk",)
    readonly_fields = ("raw_body",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageEvent]:
        """Leave the bodies in the database until one is looked at."""
        return super().get_queryset(request).defer("body")

    def get_fields(self, request: HttpRequest, obj: MessageEvent | None = None) -> Any:
        """Show the body to those who may read raw ones; it holds what people wrote."""
        facts = ("received_at", "state", "problem", "applied_at", "content_type", "is_cut")
        raw = request.user.has_perm("numbers.read_raw_bodies")
        return [*facts, "raw_body"] if raw else facts

    @admin.display(description="State", ordering="state")
    def state_badge(self, event: MessageEvent) -> SafeString:
        """The state as a badge."""
        return badge(event.state, event.get_state_display())

    @admin.display(description="Body")
    def raw_body(self, event: MessageEvent) -> SafeString:
        """The body as text."""
        text = bytes(event.body).decode("utf-8", "replace")
        return format_html('<pre class="raw">{}</pre>', text)
