"""List pages ask the database a fixed number of questions, however many rows they show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain import loa
from numbering.enums import CaseKind
from numbering.models import (
    Alert,
    CarrierExchange,
    Case,
    ErrorHelp,
    ImportOrder,
    Job,
    LoaSigner,
    Mail,
    NumberOrder,
    OrderEvent,
    TelephoneNumber,
    WebhookEvent,
)
from tests import builders
from tests.numbering import asking

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(sign_in: Callable[[User], Client]) -> Client:
    """A browser in which an administrator is signed in."""
    return sign_in(builders.person(Role.ADMIN))


def one_of_everything(index: int) -> ImportOrder:
    """Add a row to every list, none of which shares its subscriber with another."""
    now = timezone.now()
    number = builders.fresh_numbers()[0]
    peer = builders.sip_peer(sip_peer_id=str(700000 + index))
    order = builders.draft(number, actor=builders.person(), sip_peer=peer)
    LoaSigner.objects.create(subscriber=order.subscriber, name="Maria Lopez")
    telephone_number = TelephoneNumber.objects.create(
        e164=number, subscriber=order.subscriber, state="lost", state_changed_at=now
    )
    loa.receive_loa(
        order=order,
        name="letter.pdf",
        declared_type="application/pdf",
        content=builders.pdf(),
        signer="Maria Lopez",
        signed_on=None,
        actor=builders.person(),
    )
    WebhookEvent.objects.create(body=b"<a/>", content_type="text/xml", order=order, state="late")
    CarrierExchange.objects.create(
        at=now, operation="a", method="GET", path="/a", outcome="x", duration_ms=1, order=order
    )
    Job.objects.create(kind="read_order", subject_id=order.pk, state="parked")
    ErrorHelp.objects.create(
        operation="check", code=f"x{index}", meaning="m", who_acts="support", fix="f"
    )
    Alert.objects.create(cause="doctor", key=str(index), title="Look", text="Do this.")
    Case.objects.create(
        kind=CaseKind.values[0],
        e164=number,
        telephone_number=telephone_number,
        order=order,
        detail="a",
        opened_at=now,
        last_seen_at=now,
    )
    NumberOrder.objects.create(
        subscriber=order.subscriber,
        sip_peer=peer,
        order_type="existing",
        quantity=1,
        status_changed_at=now,
    )
    asking.handed_in()
    Mail.objects.create(recipient="a@example.com", sender="b@example.com", subject="c", text="d")
    return order


def questions(desk: Client, path: str) -> int:
    """Count the database's questions for a page."""
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(path).status_code in (200, 286)
    return len(asked)


LISTS = (
    "/admin/",
    "/admin/numbers/importorder/",
    "/admin/numbers/importorder/?q=303",
    "/admin/numbers/importorder/?question=stuck",
    "/admin/numbers/telephonenumber/",
    "/admin/numbers/subscriber/",
    "/admin/numbers/loa/",
    "/admin/numbers/loa/?upload=refused",
    "/admin/numbers/webhookevent/",
    "/admin/numbers/carrierexchange/",
    "/admin/numbers/job/",
    "/admin/numbers/sippeer/",
    "/admin/numbers/errorhelp/",
    "/admin/numbers/alert/",
    "/admin/numbers/case/",
    "/admin/numbers/numberorder/",
    "/admin/numbers/mail/",
    "/admin/numbers/hostingrequest/",
    "/admin/accounts/user/",
)


def test_three_rows_cost_as_many_questions_as_one(desk: Client) -> None:
    one_of_everything(1)
    for path in LISTS:
        questions(desk, path)  # what is read once in a process is read now
    with_one = {path: questions(desk, path) for path in LISTS}
    one_of_everything(2)
    one_of_everything(3)
    assert {path: questions(desk, path) for path in LISTS} == with_one


def test_a_requests_page_costs_as_many_questions_with_fifty_numbers_as_with_one(
    desk: Client,
) -> None:
    paths = []
    for count in (1, 50):
        request = asking.handed_in(*builders.fresh_numbers(count))
        request.numbers.update(status="blocked", code="19005")
        paths.append(f"/admin/numbers/hostingrequest/{request.pk}/change/")
    questions(desk, paths[0])
    assert questions(desk, paths[0]) == questions(desk, paths[1])


@pytest.mark.parametrize("part", ["change", "live"])
def test_an_orders_page_costs_as_many_questions_with_fifty_numbers_as_with_one(
    desk: Client, part: str
) -> None:
    small, large = builders.draft(), builders.draft(*builders.fresh_numbers(50))
    for order in (small, large):
        order.numbers.update(status="blocked", operation="check", code="19005")
        for _ in range(order.numbers.count()):
            OrderEvent.objects.create(
                order=order,
                at=timezone.now(),
                reason="a line",
                learned_by="person",
                actor=builders.person(),
            )
    paths = [f"/admin/numbers/importorder/{order.pk}/{part}/" for order in (small, large)]
    questions(desk, paths[0])
    assert questions(desk, paths[0]) == questions(desk, paths[1])


def test_an_orders_page_costs_as_many_questions_with_three_loas_as_with_one(desk: Client) -> None:
    order = one_of_everything(1)
    path = f"/admin/numbers/importorder/{order.pk}/change/"
    questions(desk, path)
    with_one = questions(desk, path)
    for _ in range(2):
        loa.receive_loa(
            order=order,
            name="letter.pdf",
            declared_type="application/pdf",
            content=builders.pdf(),
            signer="",
            signed_on=None,
            actor=None,
        )
    assert questions(desk, path) == with_one
