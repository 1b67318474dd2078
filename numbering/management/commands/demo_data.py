"""manage.py demo_data: people, subscribers and orders to look at. For demonstrations only."""

import io
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from pypdf import PdfWriter

from accounts.models import User
from accounts.rights import Role
from numbering import number_list
from numbering.domain import (
    contacts,
    hosting_requests,
    import_orders,
    invitations,
    loa,
    places,
    request_numbers,
    signing,
    submission,
    subscriptions,
)
from numbering.domain.fingerprint import fingerprint_of
from numbering.enums import InvitationPurpose
from numbering.models import ImportOrder, Invitation, LoaSigner, SipPeer, Subscriber

_PEOPLE = (
    ("support@example.com", "Sam Support", Role.SUPPORT, "demo-password-support"),
    ("admin@example.com", "Ada Admin", Role.ADMIN, "demo-password-admin"),
    ("finance@example.com", "Fay Finance", Role.FINANCE, "demo-password-finance"),
)
_SUBSCRIBERS = (
    ("Brightside Dental", "1420", "Larimer", "St", "Denver", "CO", "80202", "Maria Lopez"),
    (
        "Harbor Freight Forwarding",
        "88",
        "Commercial",
        "Ave",
        "Portland",
        "ME",
        "04101",
        "Tom Becker",
    ),
    ("Juniper Veterinary Clinic", "305", "Juniper", "Blvd", "Austin", "TX", "78701", "Ana Ruiz"),
)
_REQUEST = {
    "contact_name": "Lee Park",
    "business_name": "Park Street Books",
    "house_number": "12",
    "house_suffix": "B",
    "street_name": "Park",
    "street_suffix": "St",
    "city": "Boulder",
    "state_code": "CO",
    "zip_code": "80302",
    "authorizing_person": "Lee Park",
}


class Command(BaseCommand):
    """Creates what is missing; running it again changes nothing."""

    help = "Creates demo people and data at the sandbox carrier."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill the demonstration."""
        if "127.0.0.1" not in str(settings.CARRIER["v2_base"]):
            raise CommandError("Demo data is for a sandbox carrier on this machine only.")
        for email, name, role, password in _PEOPLE:
            if not User.objects.filter(email=email).exists():
                User.objects.create_user(email, password, name=name, role=role)
        places.refresh_places()
        subscriptions.repair()
        if not Subscriber.objects.exists():
            with transaction.atomic():
                self._orders(User.objects.get(email="support@example.com"))
        self.stdout.write("The demo data is there.")

    def _orders(self, person: User) -> None:
        dental, harbor, juniper = (self._subscriber(*row) for row in _SUBSCRIBERS)
        done = self._draft(dental, "303-228-1000\n303-228-1001\n303-228-1002", person)
        partial = self._draft(harbor, "207-719-7518, 207-228-4410, 207-228-4411", person)
        for order in (done, partial):
            self._send(order, person)
        self._draft(juniper, "512-228-7000\n512-228-7001\n512-719-9001\n800-228-7000", person)
        contacts.add_contact(
            subscriber=dental, email="maria@example.com", name="Maria Lopez", actor=person
        )
        self._invite(self._draft(dental, "303-228-1010, 303-228-1011", person), "maria", person)
        self._sign(self._draft(juniper, "512-228-7010, 512-228-7011", person), "ana", person)
        self._ask()

    def _subscriber(
        self,
        name: str,
        house: str,
        street: str,
        kind: str,
        city: str,
        state: str,
        zip_code: str,
        signer: str,
    ) -> Subscriber:
        subscriber = Subscriber.objects.create(
            name=name,
            house_number=house,
            street_name=street,
            street_suffix=kind,
            city=city,
            state_code=state,
            zip_code=zip_code,
        )
        LoaSigner.objects.create(subscriber=subscriber, name=signer)
        return subscriber

    def _draft(self, subscriber: Subscriber, numbers: str, person: User) -> ImportOrder:
        order, _ = import_orders.create_draft(
            subscriber=subscriber,
            sip_peer=SipPeer.objects.order_by("-is_default", "pk")[0],
            loa_authorizing_person=subscriber.loa_signers.get().name,
            loa_type="SUBSCRIBER",
            rows=number_list.read_text(numbers).good,
            actor=person,
        )
        return order

    def _send(self, order: ImportOrder, person: User) -> None:
        page = io.BytesIO()
        writer = PdfWriter()
        writer.add_blank_page(width=612, height=792)
        writer.write(page)
        import_orders.check(order, actor=person)
        loa.receive_loa(
            order=order,
            name="loa-demo.pdf",
            declared_type="application/pdf",
            content=page.getvalue(),
            signer=order.loa_authorizing_person,
            signed_on=timezone.localdate(),
            actor=person,
        )
        loa.send_to_carrier(order, actor=person)
        submission.submit(order, actor=person)

    def _invite(self, order: ImportOrder, name: str, person: User) -> Invitation:
        return invitations.invite(
            purpose=InvitationPurpose.LOA,
            email=f"{name}@example.com",
            name=order.loa_authorizing_person,
            order=order,
            actor=person,
        )

    def _sign(self, order: ImportOrder, name: str, person: User) -> None:
        signing.sign(
            self._invite(order, name, person),
            signing.Signing(
                name=order.loa_authorizing_person,
                strokes=(((400, 700), (700, 250), (1000, 650), (1400, 400), (2200, 500)),),
                seen=fingerprint_of(order),
                address="127.0.0.1",
                browser="A browser of the demonstration",
            ),
        )

    def _ask(self) -> None:
        email = "lee@example.com"
        request = hosting_requests.start(subscriber=None, email=email, name="Lee Park", actor=None)
        request_numbers.take_numbers(
            request, number_list.read_text("303-228-1020, 303-228-1021, 303-719-9001")
        )
        hosting_requests.save_progress(request, _REQUEST)
        request_numbers.check(request)
        invitation, _ = invitations.new_link(
            purpose=InvitationPurpose.HOST, email=email, name="Lee Park", request=request
        )
        hosting_requests.hand_in(invitation)
