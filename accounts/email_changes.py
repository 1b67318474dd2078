"""A customer's new e-mail address: asked for, confirmed from the new mailbox, told to the old."""

from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.urls import reverse

from accounts import people, sign_in_links
from accounts.models import EmailChange, MailedLinkQuerySet, User
from accounts.rights import Role

LIFE = timedelta(hours=1)


def ask(person: User, new_address: str) -> None:
    """Mail a link to the new address and a notice to the old one; nothing is changed yet.

    An address that somebody else has gets no link, and the person is not told so: the answer
    would say who has an account here.
    """
    with transaction.atomic():
        EmailChange.objects.open().filter(person=person).update(withdrawn_at=Now())
        people.tell(person.email, "account/email/email_change_asked")
        if User.objects.filter(email=new_address).exists():
            return
        change = EmailChange(person=person, email=new_address)
        key = change.renew(LIFE)
        change.save()
        url = settings.SITE_URL + reverse("account_confirm_email", args=[key])
        get_adapter().send_mail("account/email/email_confirm", new_address, {"url": url})


def asked_for(key: str) -> EmailChange | None:
    """Return the change that a key would make. Asking uses nothing up."""
    return _usable(key).first()


def confirm(key: str) -> User | None:
    """Take the new address into use; None when the link changes nothing any more."""
    try:
        with transaction.atomic():
            change = _usable(key).select_related("person").first()
            if change is None:
                return None
            if not EmailChange.objects.open().filter(pk=change.pk).update(used_at=Now()):
                return None
            person, old_address = change.person, change.person.email
            person.email = change.email
            person.save(update_fields=["email"])
            sign_in_links.end_all(person)
            people.settle_new_address(person, old_address=old_address)
    except IntegrityError:
        # Somebody else has got this address in the meantime.
        return None
    return person


def _usable(key: str) -> MailedLinkQuerySet[EmailChange]:
    return (
        EmailChange.objects.open()
        .with_key(key)
        .filter(person__role=Role.CUSTOMER, person__is_active=True)
    )
