"""Contacts: customers who see a subscriber, from the moment they are added until they are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.rights import Role
from numbering.domain import contacts, invitations
from numbering.domain.import_orders import CannotDo
from numbering.enums import InvitationPurpose
from numbering.models import ImportOrder, Mail, Subscriber, SubscriberContact
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Subscriber:
    """A subscriber."""
    return builders.subscriber(name="Acme & Sons")


def add(acme: Subscriber, email: str = "Maria@Example.com") -> SubscriberContact:
    """Add a contact by e-mail address."""
    return contacts.add_contact(subscriber=acme, email=email, name="Maria Lopez", actor=None)


def test_a_new_contact_is_a_customer_without_a_password_and_is_told_once(
    acme: Subscriber,
) -> None:
    assert add(acme) == add(acme, "maria@example.com")
    maria = User.objects.get()
    assert (maria.email, maria.name, maria.role, maria.has_usable_password()) == (
        "maria@example.com",
        "Maria Lopez",
        Role.CUSTOMER,
        False,
    )
    told = Mail.objects.get()
    assert told.subject == "You can now see where the numbers of Acme & Sons are"
    assert "http://localhost:8000/accounts/link/" in told.text


def test_one_person_is_a_contact_of_several_subscribers(acme: Subscriber) -> None:
    other = builders.subscriber()
    add(acme)
    add(other)
    assert list(contacts.subscribers_of(User.objects.get())) == [acme, other]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPPORT, Role.FINANCE])
def test_an_address_of_staff_is_refused(acme: Subscriber, role: Role) -> None:
    builders.person(role, email="maria@example.com")
    with pytest.raises(CannotDo, match="our own staff"):
        add(acme)
    assert SubscriberContact.objects.count() == 0


def test_somebody_who_was_switched_off_is_not_let_in_again_this_way(acme: Subscriber) -> None:
    builders.person(Role.CUSTOMER, email="maria@example.com", is_active=False)
    with pytest.raises(CannotDo, match="switched this person off"):
        add(acme)


def own_page(client: Client, acme: Subscriber, maria: User) -> str:
    """Open the status page of an own order as the person; give its address."""
    order = builders.draft(subscriber=acme)
    return str(client.post(f"/my/orders/{order.pk}/status/").headers["Location"])


@pytest.mark.parametrize("end", ["contact", "contact's row", "role", "switched off"])
def test_access_that_is_taken_away_ends_at_the_next_request(
    acme: Subscriber, sign_in: Callable[[User], Client], end: str
) -> None:
    """P09: the person's own pages, and the pages that they had opened from there."""
    contact = add(acme)
    maria = contact.person
    client = sign_in(maria)
    pages = [f"/my/subscribers/{acme.pk}/", own_page(client, acme, maria)]
    assert [client.get(page).status_code for page in pages] == [200, 200]
    if end == "contact":
        contacts.remove_contact(contact)
    elif end == "contact's row":
        contact.delete()
    else:
        User.objects.update(**({"role": Role.FINANCE} if end == "role" else {"is_active": False}))
    after = [client.get(page).status_code for page in pages]
    assert after == [302 if end == "switched off" else 404, 404]


def test_removing_a_contact_ends_links_in_their_mailbox_and_nobody_elses(
    acme: Subscriber,
) -> None:
    contact = add(acme)
    order = builders.draft(subscriber=acme)
    elsewhere = builders.draft()
    links = [
        status_link(order, "maria@example.com"),
        status_link(order, "bob@example.com"),
        status_link(elsewhere, "maria@example.com"),
    ]
    contacts.remove_contact(contact)
    assert [Client().get(link).status_code for link in links] == [404, 200, 200]


def status_link(order: ImportOrder, email: str) -> str:
    """Make a status link; give its path."""
    _, address = invitations.new_link(purpose=InvitationPurpose.STATUS, email=email, order=order)
    return address.removeprefix("http://localhost:8000")


def form_of(acme: Subscriber, client: Client, **changes: str) -> dict[str, str]:
    """Give the fields of the subscriber's page as a browser would send them."""
    page = client.get(f"/admin/numbers/subscriber/{acme.pk}/change/")
    fields = {}
    forms = [page.context["adminform"].form]
    for wrapped in page.context["inline_admin_formsets"]:
        forms += [wrapped.formset.management_form, *wrapped.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            fields[bound.html_name] = "" if value is None else value
    return {name: str(value) for name, value in (fields | changes).items()}


def test_support_adds_and_removes_contacts_on_the_subscribers_page(
    acme: Subscriber, support: User, sign_in: Callable[[User], Client]
) -> None:
    desk = sign_in(support)
    page = f"/admin/numbers/subscriber/{acme.pk}/change/"
    new = {
        "contacts-TOTAL_FORMS": "1",
        "contacts-0-email": "maria@example.com",
        "contacts-0-name": "Maria Lopez",
    }
    assert desk.post(page, form_of(acme, desk, **new)).status_code == 302
    contact = SubscriberContact.objects.get()
    assert (contact.subscriber, contact.person.email, contact.added_by) == (
        acme,
        "maria@example.com",
        support,
    )
    assert "maria@example.com" in desk.get(page).content.decode()
    changed = {"contacts-0-email": "bob@example.com", "name": "Acme"}
    desk.post(page, form_of(acme, desk, **changed))
    assert [c.person.email for c in acme.contacts.all()] == ["maria@example.com"]
    gone = {"contacts-0-DELETE": "on"}
    assert desk.post(page, form_of(acme, desk, **gone)).status_code == 302
    assert not acme.contacts.exists()
    assert User.objects.filter(email="maria@example.com").exists()


def test_support_is_told_beside_the_field_that_an_address_is_staffs(
    acme: Subscriber, support: User, sign_in: Callable[[User], Client]
) -> None:
    desk = sign_in(support)
    new = {"contacts-TOTAL_FORMS": "1", "contacts-0-email": support.email.upper()}
    page = desk.post(f"/admin/numbers/subscriber/{acme.pk}/change/", form_of(acme, desk, **new))
    assert "This address belongs to somebody of our own staff." in page.content.decode()
    assert not acme.contacts.exists()


def test_finance_sees_no_contacts(acme: Subscriber, sign_in: Callable[[User], Client]) -> None:
    add(acme)
    desk = sign_in(builders.person(Role.FINANCE))
    page = desk.get(f"/admin/numbers/subscriber/{acme.pk}/change/").content.decode()
    assert ("Acme" in page, "maria@example.com" in page) == (True, False)
