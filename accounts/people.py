"""What an administrator does to a person's way of signing in."""

import logging

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from accounts.models import User

logger = logging.getLogger(__name__)


def settle_new_address(person: User, *, old_address: str) -> None:
    """Make the old address useless for signing in, and tell it so."""
    # The library keeps the addresses it has sent links to; each would still open the account.
    EmailAddress.objects.filter(user_id=person.pk).delete()
    _announce_after_commit("account/email/email_changed", old_address)


def forget_second_factor(person: User, *, by: User) -> None:
    """Remove the person's authenticator app and recovery codes, for a phone that is lost.

    Staff set up a new one before they see a staff page again.
    """
    Authenticator.objects.filter(user_id=person.pk).delete()
    logger.warning("second factor of person %s removed by person %s", person.pk, by.pk)
    _announce_after_commit("mfa/email/totp_deactivated", person.email)


def _announce_after_commit(template: str, address: str) -> None:
    # Without the client's address and browser: they are the administrator's.
    context = {"timestamp": timezone.now()}
    transaction.on_commit(lambda: get_adapter().send_mail(template, address, context))
