"""A plain "back in a moment" page while the database is away."""

import logging
import sqlite3
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30
# PostgreSQL's word for a write where only reading is allowed, as on a standby that takes over.
_READ_ONLY = "25006"


def is_outage(error: BaseException | None) -> bool:
    """Return whether the error says that the database is away, busy, full or only reads.

    SQLite reports a missing table or a slip in SQL under the same class as a locked file; those
    are faults of ours and stay what they are.
    """
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) == _READ_ONLY:
        return True  # not among the operational errors
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return code != sqlite3.SQLITE_ERROR
    return True


def outage_page(error: BaseException) -> HttpResponse:
    """Return the 503 page; neither it nor its template asks the database anything."""
    logger.error("answered 503, the database is away: %s", type(error).__name__)
    return HttpResponse(
        render_to_string("503.html"),
        status=503,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
    )


class DatabaseOutageMiddleware:
    """Answers 503 when a view fails because the database is away.

    Errors of a middleware, such as the session's, do not pass here; Django hands them to the
    handler for 500, which asks `is_outage` too (see `portal.pages`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the 503 page for an outage, None (Django goes on) for anything else."""
        return outage_page(exception) if is_outage(exception) else None
