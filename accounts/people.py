"""What happens to a person's way of signing in, and the notices of it."""

import logging

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.models import User

logger = logging.getLogger(__name__)


def settle_new_address(person: User, *, old_address: str) -> None:
    """Make the old address useless for signing in, and tell it so."""
    # The library keeps the addresses it has sent links to; each would still open the account.
    EmailAddress.objects.filter(user_id=person.pk).delete()
    tell(old_address, "account/email/email_changed")


def forget_second_factor(person: User, *, by: User) -> None:
    """Remove the person's authenticator app and recovery codes, for a phone that is lost.

    Staff set up a new one before they see a staff page again.
    """
    Authenticator.objects.filter(user_id=person.pk).delete()
    logger.warning("second factor of person %s removed by person %s", person.pk, by.pk)
    tell(person.email, "mfa/email/totp_deactivated")


def tell(address: str, template: str) -> None:
    """Mail a notice of a change to an address; it is written down together with the change."""
    # Without the client's address and browser: they may be the administrator's.
    get_adapter().send_mail(template, address, {"timestamp": timezone.now()})
