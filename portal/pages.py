"""The front page and the page for a fault of ours."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from portal.outages import is_outage, outage_page


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Say what this site is, for somebody who was sent here."""
    return render(request, "front.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when the fault is a database that is away.

    Django calls this while the exception is being handled. The page is made without the request:
    reading the session for it could fail once more.
    """
    error = sys.exc_info()[1]
    if error is not None and is_outage(error):
        return outage_page(error)
    return HttpResponse(render_to_string("500.html"), status=500)
