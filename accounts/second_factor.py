"""The second factor: who needs one, and whether this session has shown it.

The middleware at the staff door imports this module, so its listeners are there before the first
request is.
"""

import logging
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_used
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User

logger = logging.getLogger(__name__)

# Session: {"by": primary key of the person who showed a second factor in it, "at": when (epoch)}.
_SHOWN = "second_factor_shown"


def is_set_up(user: User) -> bool:
    """Return whether the person has an authenticator app. Recovery codes alone are none."""
    apps = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP)
    return bool(apps.exists())


def satisfied(request: HttpRequest) -> bool:
    """Return whether this request may see what needs a second factor.

    True for a person whose role needs none. Staff must have an authenticator app now and have
    shown it, or a recovery code, in this session. Nobody signed in: False.
    """
    user = request.user
    if not isinstance(user, User):
        return False
    if not (settings.SECOND_FACTOR_REQUIRED and user.is_staff):
        return True
    return _shown_at(request, user) is not None and is_set_up(user)


def shown_within(request: HttpRequest, user: User, seconds: int) -> bool:
    """Return whether the person showed a second factor in this session that short a time ago."""
    shown_at = _shown_at(request, user)
    return shown_at is not None and time.time() - shown_at < seconds


@receiver([authenticator_added, authenticator_used])
def remember_shown(
    *, request: HttpRequest, user: User, authenticator: Authenticator, **_signal: Any
) -> None:
    """Note in the session that a second factor was set up or used."""
    request.session[_SHOWN] = {"by": user.pk, "at": time.time()}


@receiver(authentication_failed)
def log_refused_code(*, user: User, **_signal: Any) -> None:
    """Log a refused code: whoever typed it knows the person's password."""
    logger.warning("second factor refused: person %s", user.pk)


def _shown_at(request: HttpRequest, user: User) -> float | None:
    shown: dict[str, Any] = request.session.get(_SHOWN, {})
    return shown.get("at") if shown.get("by") == user.pk else None
