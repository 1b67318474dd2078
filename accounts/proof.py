"""Whether somebody has shown moments ago who they are."""

import time

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from accounts import second_factor
from accounts.models import User


def is_fresh(request: HttpRequest, person: User) -> bool:
    """Return whether the person has signed in, or proved again who they are, within minutes.

    With a second factor, only that counts.
    """
    limit = app_settings.REAUTHENTICATION_TIMEOUT
    if second_factor.is_set_up(person):
        return second_factor.shown_within(request, person, limit)
    records = get_authentication_records(request, person)
    return any(time.time() - record["at"] < limit for record in records)
