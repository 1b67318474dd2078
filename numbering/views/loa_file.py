"""Giving out the file of an LOA: recorded, whole, and harmless to the browser that gets it."""

from django.http import HttpResponse

from accounts.models import User
from numbering.domain.loa_content import DamagedLoa, open_for, shown_name
from numbering.models import Loa


def loa_file(loa: Loa, person: User | None, *, email: str = "") -> HttpResponse:
    """Answer with the file as a sandboxed attachment, if it is still what was received.

    Whoever calls has made sure that the person, or who came by a link to that address, may open it.
    """
    try:
        content = open_for(loa, person, email=email)
    except DamagedLoa as error:
        return HttpResponse(str(error), status=409, content_type="text/plain")
    return attachment(content, content_type=loa.content_type, name=shown_name(loa))


def attachment(content: bytes, *, content_type: str, name: str) -> HttpResponse:
    """Answer with a file to keep, which the browser neither shows nor runs nor remembers."""
    return HttpResponse(
        content,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
