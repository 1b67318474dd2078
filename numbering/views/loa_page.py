"""A page of an LOA as a picture, harmless to the browser that gets it."""

from django.http import HttpResponse

from numbering.domain.loa_content import page_picture
from numbering.models import Loa


def page_answer(loa: Loa, number: int) -> HttpResponse:
    """Answer with the page. Raises CannotDraw and DamagedLoa.

    Whoever calls has made sure that the person may see it.
    """
    return HttpResponse(
        page_picture(loa, number),
        content_type="image/png",
        headers={
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
