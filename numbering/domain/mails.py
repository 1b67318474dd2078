"""Mails as rows: write one down, and show it without what could open something.

A mail is written in the caller's transaction and leaves later (`domain.outbox`), so nobody waits
for a mail server, and none leaves for a change that was rolled back.
"""

import re
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from numbering.models import ImportOrder, Loa, Mail
from numbering.sealing import seal

HIDDEN = "[hidden]"
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
# A part of a path that is a plain word opens nothing; anything else may be a key.
_WORD = re.compile(r"[a-z]{1,20}")


def queue_mail(
    *,
    recipients: list[str],
    subject: str,
    text: str,
    sender: str | None = None,
    order: ImportOrder | None = None,
    loa: Loa | None = None,
) -> None:
    """Write a mail down for each recipient; a worker sends it, with the LOA's file if one is named.

    A row for each, so that one address that is refused keeps nobody else's mail back.
    """
    shown = masked(text)
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    with transaction.atomic():
        for recipient in recipients:
            Mail.objects.create(
                recipient=recipient,
                sender=sender or settings.DEFAULT_FROM_EMAIL,
                # A line break in a subject could add a header of somebody else's choice.
                subject=" ".join(subject.split()),
                text=shown,
                sealed=seal(text) if shown != text else "",
                is_masked=shown != text,
                order=order,
                loa=loa,
                message_id=make_msgid(domain=host),
            )


def masked(text: str) -> str:
    """Return the text with everything hidden in its links that could be a key."""
    return _ADDRESS.sub(lambda match: _masked_address(match[0]), text)


def _masked_address(address: str) -> str:
    head, mark, tail = address.partition("?")
    if not mark:
        head, mark, tail = address.partition("#")
    scheme, _, rest = head.partition("://")
    host, *parts = rest.split("/")
    if "@" in host:
        host = HIDDEN
    shown = [part if not part or _WORD.fullmatch(part) else HIDDEN for part in parts]
    return f"{scheme}://" + "/".join([host, *shown]) + (mark + HIDDEN if tail else mark)
