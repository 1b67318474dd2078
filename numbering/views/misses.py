"""Somebody asks for one thing after the other that is not theirs: noticed, not hindered."""

import logging

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import Http404, HttpRequest

from accounts.models import User

logger = logging.getLogger(__name__)

# A mistyped or an old address is a miss as well; nobody mistypes so often.
MISSES_PER_LINE = 20
# After so long without a miss the count begins anew.
_WITHIN_SECONDS = 3600


def missing(request: HttpRequest) -> Http404:
    """Count a miss and return the answer to raise: another's thing and none at all look the same.

    One line is logged for every `MISSES_PER_LINE` of one person, or of one client if unknown.
    """
    if isinstance(request.user, User):
        who = f"person {request.user.pk}"
    else:
        who = f"client {get_adapter().get_client_ip(request)}"
    key = f"misses:{who.replace(' ', ':')}"
    count = cache.get(key, 0) + 1
    cache.set(key, count, _WITHIN_SECONDS)
    if count % MISSES_PER_LINE == 0:
        logger.warning("%s asked %s times for what is not theirs or not there", who, count)
    return Http404()
