"""Mails: what the portal sent, to whom, and how it went."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin, action
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.domain import outbox
from numbering.enums import MailState
from numbering.models import Mail
from numbering.wording import counted


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """The mails; links that open something are masked, for everybody."""

    empty_hint = "Every mail that the portal sends is kept here with its result."
    list_display = (
        "created_at",
        "recipient",
        "subject",
        "state_badge",
        "tries",
        "result",
        "settled_at",
    )
    list_filter = (choice_filter(MailState, "state", "State"),)
    search_fields = ("recipient", "subject")
    search_help_text = "Recipient or subject"
    actions = ("retry",)
    ordering = ("-pk",)
    fields = (
        "recipient",
        "sender",
        "subject",
        "letter",
        "state",
        "tries",
        "due_at",
        "result",
        "message_id",
        "created_at",
        "settled_at",
    )

    readonly_fields = ("letter",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether the person may have mails tried again."""
        return request.user.has_perm("numbers.retry_mail")

    @admin.display(description="Text")
    def letter(self, mail: Mail) -> SafeString:
        """The text with its line breaks."""
        return format_html('<div class="raw">{}</div>', mail.text)

    @admin.display(description="State", ordering="state")
    def state_badge(self, mail: Mail) -> SafeString:
        """The state as a badge; a mail that was not taken says so before it is given up."""
        if mail.state == MailState.WAITING and mail.tries:
            return badge("refused", "Failing, waits")
        return badge(mail.state, mail.get_state_display())

    @action(description="Try again now", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Mail]) -> None:
        """Have the chosen mails tried again that are not sent."""
        unsent = list(queryset.exclude(state=MailState.SENT).values_list("pk", flat=True))
        count = outbox.retry(unsent)
        messages.success(request, f"{counted(count, 'mail')} tried again now.")
        if left := len(unsent) - count:
            messages.warning(
                request,
                f"{counted(left, 'mail')} held a secret link, which was erased when sending was "
                "given up. The person asks for a new one.",
            )
