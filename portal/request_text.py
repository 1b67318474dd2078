"""The texts of a request: UTF-8 whatever it claims, and of its cookies those that may be ours."""

import codecs
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

_FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})
# ASCII is a part of UTF-8.
_READABLE = frozenset({"utf-8", "ascii"})


def largest_body() -> int:
    """Return how many bytes a body may announce.

    Above the largest file that is taken, so that a form can say in its own words what is too large.
    """
    return int(2 * settings.INTAKE_FILE_MIB + 16) * 2**20


def fault_of(environ: Mapping[str, Any]) -> HTTPStatus | None:
    """Return the status for a request that Django could not even begin to read; None for others.

    Django reads the parameters of Content-Type while it makes the request, where nobody catches
    what it raises; and it writes uploads to disk, however large, before it knows whose they are.
    """
    try:
        _, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        with suppress(LookupError):  # a character set that is unknown counts for nothing
            codecs.lookup(parameters.get("charset", ""))
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if length > largest_body() else None


class RequestTextMiddleware:
    """Refuses forms in other character sets, and forgets cookies that cannot be ours.

    Python knows character sets that are none (`hex`), and some whose texts no database takes, such
    as halves of characters in `utf-7`. A browser sends UTF-8, as the page was. A cookie can spell
    a NUL by its number.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on as UTF-8, or refuse it."""
        if (encoding := request.encoding) is not None:
            is_form = request.content_type in _FORMS
            if is_form and codecs.lookup(encoding).name not in _READABLE:
                return HttpResponse("Send forms in UTF-8.\n", status=415, content_type="text/plain")
            # It is what the address is read by as well.
            request.encoding = "utf-8"
        request.COOKIES = {
            name: value for name, value in request.COOKIES.items() if value.isprintable()
        }
        return self.get_response(request)
