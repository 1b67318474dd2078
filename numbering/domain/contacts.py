"""Contacts: customers who sign in and see everything of their subscribers, and nothing else."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User
from accounts.rights import Role
from numbering.domain.customer_mails import write_to_customer
from numbering.domain.import_orders import CannotDo
from numbering.models import (
    HostingRequest,
    ImportOrder,
    Invitation,
    Loa,
    Subscriber,
    SubscriberContact,
)


def check_address(email: str) -> User | None:
    """Return the customer with this address, or None where there is none yet.

    Raises CannotDo for an address of somebody who cannot become a contact.
    """
    person = User.objects.filter(email=email.strip().lower()).first()
    if person is None:
        return None
    if person.role != Role.CUSTOMER:
        raise CannotDo("This address belongs to somebody of our own staff. Use a customer's.")
    if not person.is_active:
        raise CannotDo(
            "An administrator has switched this person off. Ask them to switch the person on first."
        )
    return person


def add_contact(
    *, subscriber: Subscriber, email: str, name: str, actor: User | None
) -> SubscriberContact:
    """Let a person sign in and see the subscriber, and mail them how; a second time does nothing.

    Raises CannotDo for an address of our own staff or of somebody who was switched off.
    """
    with transaction.atomic():
        # One at a time for each subscriber, so that two clicks make one person and one mail.
        Subscriber.objects.select_for_update().get(pk=subscriber.pk)
        person = check_address(email)
        if person is None:
            person = User.objects.create_user(email, name=name, role=Role.CUSTOMER)
        contact, is_new = SubscriberContact.objects.get_or_create(
            subscriber=subscriber, person=person, defaults={"added_by": actor}
        )
        if is_new:
            write_to_customer(
                "contact_added",
                recipient=person.email,
                subscriber=subscriber,
                person=person,
                address=settings.SITE_URL + reverse("account_sign_in_link"),
            )
    return contact


def remove_contact(contact: SubscriberContact) -> None:
    """Take a person's access to a subscriber away at once, links that they hold included."""
    person, subscriber = contact.person, contact.subscriber
    with transaction.atomic():
        Invitation.objects.readable().filter(
            Q(created_by=person) | Q(email=person.email),
            Q(order__subscriber=subscriber) | Q(request__subscriber=subscriber),
        ).update(withdrawn_at=Now())
        contact.delete()


def subscribers_of(person: User) -> QuerySet[Subscriber]:
    """Return the subscribers that a person is a contact of."""
    return Subscriber.objects.filter(contacts__person=person)


def orders_of(person: User) -> QuerySet[ImportOrder]:
    """Return the import orders of the person's subscribers."""
    return ImportOrder.objects.filter(subscriber__contacts__person=person)


def loas_of(person: User) -> QuerySet[Loa]:
    """Return the LOAs of the person's subscribers that were handed in."""
    return Loa.objects.filter(subscriber__contacts__person=person, is_handed_in=True)


def requests_of(person: User) -> QuerySet[HostingRequest]:
    """Return the hosting requests of the person's subscribers."""
    return HostingRequest.objects.filter(subscriber__contacts__person=person)
