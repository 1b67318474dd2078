"""How sign-in behaves where it differs from django-allauth's defaults."""

import logging
import smtplib
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts import proof

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up, limits a stranger cannot turn into a lock-out, links with our own host."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is not right.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
        "rate_limited": "Too many tries. Wait a minute, then try again.",
        "enter_current_password": "This is not your present password.",
        "incorrect_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: an administrator adds people."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where a person lands: staff in the workplace, customers at their own home."""
        if getattr(request.user, "is_staff", False):
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return the page that says the password was changed."""
        return reverse("mfa_index")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link for the reset mail; its host is configured, never the request's."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", quote(key))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try; raises ValidationError when there were too many from this client."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self._log_refusal("sign-in slowed: too many tries", request, credentials)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log a refused sign-in."""
        self._log_refusal("sign-in refused", request, credentials)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask again who it is, unless the person proved it moments ago by signing in."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        return not proof.is_fresh(self.request, self.request.user)

    def get_reauthentication_methods(
        self, user: AbstractBaseUser | AnonymousUser
    ) -> list[dict[str, Any]]:
        """Return the ways to prove again who one is: with a second factor, only that one.

        Otherwise a password alone would be enough to remove the second factor.
        """
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"].startswith("mfa")] or methods

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; a mail server that is away is logged and shown to nobody.

        An error page would say that the address exists, and the change that the mail reports
        has been made already.
        """
        ours = {
            "site_url": settings.SITE_URL,
            "company": settings.COMPANY_NAME,
            "ask_us": settings.COMPANY_CONTACT,
        }
        try:
            super().send_mail(template_prefix, email, {**context, **ours})
        except (OSError, smtplib.SMTPException) as error:
            logger.error("mail %s could not be sent: %s", template_prefix, type(error).__name__)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person about a change to their sign-in, at the address they sign in with."""
        address = email or str(getattr(user, "email", ""))
        super().send_notification_mail(template_prefix, user, context, address)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # The library counts per address alone, so that anybody could keep anybody out by typing
        # wrong passwords. Counted per address and client, only the guesser is slowed.
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{self.get_client_ip(request)}"

    def _log_refusal(self, event: str, request: HttpRequest, credentials: dict[str, Any]) -> None:
        # The address typed stays out of the log; its fingerprint still groups guesses at one.
        address = str(credentials.get("email", ""))
        fingerprint = salted_hmac("accounts.refusal", address).hexdigest()[:12]
        logger.warning(
            "%s: client %s, address fingerprint %s", event, self.get_client_ip(request), fingerprint
        )


class SecondFactorAdapter(DefaultMFAAdapter):
    """The words for a code that is not taken; the rules are the library's."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right, or was used already. Wait for the next one.",
    }
