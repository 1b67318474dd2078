"""Conversations: what is said between one of our numbers and one other number."""

from collections.abc import Collection
from datetime import timedelta

from messaging.models import Message
from numbering import clock
from numbering.domain.chunks import chunks
from numbering.wording import counted

# One in which nothing was said for longer is over, as far as anybody can tell.
OPEN_DAYS = 7


def open_conversations(e164s: Collection[str]) -> int:
    """Count the conversations of these numbers of ours that had a message lately."""
    since = clock.now() - timedelta(days=OPEN_DAYS)
    return sum(
        Message.objects.filter(our_number__in=some, created_at__gte=since)
        .order_by()
        .values("our_number", "their_number")
        .distinct()
        .count()
        for some in chunks(sorted(e164s))
    )


def lost_with(e164s: Collection[str]) -> str:
    """Say what ends when these numbers leave; nothing when nothing does."""
    count = open_conversations(e164s)
    if not count:
        return ""
    ends = "has" if count == 1 else "have"
    return (
        f"{counted(count, 'conversation')} {ends} had a message within the last {OPEN_DAYS} days; "
        "no answer will come through any more."
    )
