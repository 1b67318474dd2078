"""Two addresses for a monitor: is the process alive, and is everything behind it working."""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from numbering.domain.health import background_health

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process answers at all; asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every part works, else 503; the body says which part does not.

    `{"status": "ok", "parts": {"database": {"status": "ok", "detail": "answers"}, …}}`, with
    "unhealthy" in place of "ok". Details are sentences of ours, never a driver's message, which
    may name hosts and people.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts = {"database": (True, "answers"), **background_health()}
    except DatabaseError as error:
        logger.error("health: the database does not answer: %s", type(error).__name__)
        parts = {"database": (False, "does not answer")}
    healthy = all(works for works, _ in parts.values())
    body = {
        "status": _word(healthy),
        "parts": {
            name: {"status": _word(works), "detail": detail}
            for name, (works, detail) in parts.items()
        },
    }
    return JsonResponse(body, status=200 if healthy else 503)


def _word(works: bool) -> str:
    return "ok" if works else "unhealthy"
