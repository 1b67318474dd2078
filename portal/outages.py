"""A plain "back in a moment" page while the database is away."""

import errno
import logging
import sqlite3
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts.again import Tries, is_passing
from numbering.domain.loa_content import StorageAway

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 30
# PostgreSQL's word for a write where only reading is allowed, as on a standby that takes over.
_READ_ONLY = "25006"
# Room on a disk, or what it takes to start the process that reads somebody's file.
_EXHAUSTED = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE}
# Where a request keeps the error for which its page may be made again.
_UNDONE = "portal.undone"


def is_outage(error: BaseException | None) -> bool:
    """Return whether the database is away, busy, full or only reads, or the machine has no more.

    SQLite reports a missing table or a slip in SQL under the same class as a locked file; those
    are faults of ours and stay what they are.
    """
    if isinstance(error, OSError):
        return isinstance(error, StorageAway) or error.errno in _EXHAUSTED
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
    logger.error("answered 503, something we need is away: %s", type(error).__name__)
    return HttpResponse(
        render_to_string("503.html"),
        status=503,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
    )


class DatabaseOutageMiddleware:
    """Answers 503 when a view fails because the database is away.

    A page that is only looked at changes nothing, so it is made again when the database has undone
    its transaction. What is sent is not: the view may have talked to the carrier. There each verb
    repeats its own transaction (see `accounts.again`).

    Errors of a middleware, such as the session's, do not pass here; Django hands them to the
    handler for 500, which asks `is_outage` too (see `portal.pages`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, a few times if need be."""
        tries = Tries()
        while True:
            response = self.get_response(request)
            error = request.META.pop(_UNDONE, None)
            if error is None:
                return response
            if not tries.another(error):
                return outage_page(error)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the 503 page for an outage, None (Django goes on) for anything else."""
        if request.method in ("GET", "HEAD") and is_passing(exception):
            request.META[_UNDONE] = exception
            return HttpResponse(status=503)  # seen by nobody: `__call__` decides
        return outage_page(exception) if is_outage(exception) else None
