"""Signing in by a mailed link: for customers, who need no password."""

from datetime import timedelta
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import MailedLinkQuerySet, SignInLink, User
from accounts.rights import Role


def send(address: str, *, next_page: str = "") -> None:
    """Mail a link to the customer with this address; to anybody else nothing is sent.

    Links that were mailed before stay good: a stranger who asks takes nothing from the person.
    """
    person = User.objects.filter(email=address, role=Role.CUSTOMER, is_active=True).first()
    if person is None:
        return
    with transaction.atomic():
        link = SignInLink(person=person, email=person.email)
        key = link.renew(timedelta(seconds=settings.SIGN_IN_LINK_SECONDS))
        link.save()
        url = settings.SITE_URL + reverse("account_sign_in_by_link", args=[key])
        if next_page:
            url += "?" + urlencode({"next": next_page})
        get_adapter().send_mail(
            "account/email/sign_in_link",
            person.email,
            {"url": url, "minutes": settings.SIGN_IN_LINK_SECONDS // 60},
        )


def is_open(key: str) -> bool:
    """Return whether the link can still sign somebody in. Asking uses nothing up."""
    return _usable(key).exists()


def use(key: str) -> User | None:
    """Use the link up and return whom it signs in; None when it signs nobody in any more."""
    with transaction.atomic():
        link = _usable(key).select_related("person").first()
        if link is None or not SignInLink.objects.open().filter(pk=link.pk).update(used_at=Now()):
            return None
        end_all(link.person)
    return link.person


def end_all(person: User) -> None:
    """End the person's other links."""
    SignInLink.objects.open().filter(person=person).update(withdrawn_at=Now())


def _usable(key: str) -> MailedLinkQuerySet[SignInLink]:
    # The role and the address of this moment: either may have changed since the link was mailed.
    return (
        SignInLink.objects.open()
        .with_key(key)
        .filter(person__role=Role.CUSTOMER, person__is_active=True, email=F("person__email"))
    )
