"""One colour for each meaning: good, bad, waiting for others, our turn, over."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

_TONES = {
    "draft": "todo",
    "checked": "todo",
    "backordered": "wait",
    "submitting": "wait",
    "unknown": "bad",
    "received": "wait",
    "processing": "wait",
    "complete": "good",
    "partial": "bad",
    "failed": "bad",
    "exception": "bad",
    "cancelled": "over",
    "new": "todo",
    "importable": "good",
    "blocked": "bad",
    "unanswered": "todo",
    "sent": "wait",
    "completed": "good",
    "importing": "wait",
    "hosted": "good",
    "ordered": "good",
    "removing": "wait",
    "disconnecting": "wait",
    "lost": "bad",
    "found": "todo",
    "ready": "todo",
    "moving": "wait",
    "moved": "good",
    "released": "over",
    "under_way": "wait",
    "removed": "good",
    "absent": "over",
    "kept": "bad",
    "not_imported": "bad",
    "gone": "over",
    "applied": "good",
    "late": "over",
    "unmatched": "todo",
    "unknown_type": "todo",
    "unreadable": "bad",
    "waiting": "wait",
    "running": "wait",
    "done": "good",
    "parked": "bad",
    "uploaded": "good",
    "refused": "bad",
    "accepted": "good",
    "not_sent": "todo",
    "filling": "wait",
    "submitted": "todo",
    "returned": "wait",
    "delivered": "good",
    "partly": "bad",
    "not_applied": "bad",
    "reading": "wait",
    "read": "todo",
    "committing": "wait",
    "committed": "good",
    "add": "good",
    "change": "todo",
}


def tone_of(value: str) -> str:
    """Return the tone of a status of any of the portal's kinds."""
    return _TONES.get(value, "over")


def badge(value: str, label: str) -> SafeString:
    """Return a status as a coloured badge; the words carry the meaning, the colour only helps."""
    return format_html('<span class="badge badge-{}">{}</span>', tone_of(value), label)
