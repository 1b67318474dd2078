"""Django's door for mails: each one becomes a row, which a worker delivers."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from numbering.domain.mails import queue_mail


class RowBackend(BaseEmailBackend):
    """Writes mails down instead of sending them.

    The portal's mails are plain text. Raises ValueError for anything else, which would otherwise
    get lost on the way.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails down; return how many."""
        for message in email_messages:
            if (
                message.attachments
                or getattr(message, "alternatives", None)
                or message.content_subtype != "plain"
            ):
                raise ValueError("The portal's mails are plain text, without attachments.")
            queue_mail(
                recipients=message.recipients(),
                subject=str(message.subject),
                text=str(message.body),
                sender=message.from_email,
            )
        return len(email_messages)
