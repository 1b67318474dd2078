"""Who may reach what: every route of the site, each kind of person, reading and sending."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from messaging.models import Message, MessageEvent, OptOut
from numbering.domain import hosting_requests
from numbering.enums import CaseKind
from numbering.models import (
    Alert,
    BulkAction,
    CarrierExchange,
    Case,
    ErrorHelp,
    Export,
    Heartbeat,
    Intake,
    Job,
    Leaving,
    Mail,
    NumberOrder,
    PlatformNumber,
    RemovalOrder,
    TelephoneNumber,
    WebhookEvent,
    Withdrawal,
)
from tests import builders
from tests.accounts.steps import add_app
from tests.numbering.access_table import TABLE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carrier_away")]
KINDS = ("anonymous", "customer", "finance", "support", "admin")
# What must be on no page, whoever asks. Long enough that nothing else can spell it.
PLANTED = (
    "planted-client-secret",
    "planted-api-password",
    "planted-webhook-password",
    "planted-dashboard-password",
)


@dataclass
class Site:
    """A site with one row of everything, and somebody of each kind."""

    people: dict[str, User]
    ids: dict[str, int]


@pytest.fixture
def site(settings: Any) -> Site:
    """Make one row of everything that has pages."""
    settings.SECOND_FACTOR_REQUIRED = False
    settings.WEBHOOK_PASSWORDS = [PLANTED[2]]
    settings.PLATFORM = {**settings.PLATFORM, "dashboard_password": PLANTED[3]}
    settings.CARRIER = {
        **settings.CARRIER,
        "client_secret": PLANTED[0],
        "password": PLANTED[1],
    }
    people = {role.value: builders.person(role) for role in Role}
    stranger = builders.person(Role.CUSTOMER)
    add_app(stranger)
    number = builders.fresh_numbers()[0]
    order = builders.draft(number)
    letter = builders.letter(order)
    now = timezone.now()
    Heartbeat.objects.create(name="sweep", at=now)
    text = Message.objects.create(
        direction="in",
        our_number=number,
        their_number="+13032281999",
        text="STOP",
        state="received",
    )
    rows = {
        "group": Group.objects.create(name="a group"),
        "emailaddress": EmailAddress.objects.create(user=stranger, email="stranger@example.com"),
        "authenticator": Authenticator.objects.filter(user=stranger)[0],
        "user": stranger,
        "errorhelp": ErrorHelp.objects.order_by("pk")[0],
        "carrierexchange": CarrierExchange.objects.create(
            at=now, operation="a", method="GET", path="/a", outcome="accepted", duration_ms=1
        ),
        "hostingrequest": hosting_requests.start(
            subscriber=None, email="asks@example.com", name="Ann Asks", actor=None
        ),
        "export": Export.objects.create(person=stranger, what="a"),
        "importorder": order,
        "bulkaction": BulkAction.objects.create(
            kind="read", state="done", person=stranger, asked_at=now
        ),
        "platformnumber": PlatformNumber.objects.create(
            e164=number, platform_id="n-1", seen_at=now
        ),
        "intake": Intake.objects.create(
            name="numbers.csv", state="read", person=stranger, uploaded_at=now
        ),
        "job": Job.objects.create(kind="read_order", state="parked"),
        "loa": letter,
        "sippeer": order.sip_peer,
        "subscriber": order.subscriber,
        "telephonenumber": TelephoneNumber.objects.create(
            e164=number, subscriber=order.subscriber, state="hosted", state_changed_at=now
        ),
        "webhookevent": WebhookEvent.objects.create(body=b"<a/>", content_type="text/xml"),
        "alert": Alert.objects.create(cause="doctor", title="Look", text="Do this."),
        "case": Case.objects.create(
            kind=CaseKind.values[0], e164=number, detail="a", opened_at=now, last_seen_at=now
        ),
        "removalorder": RemovalOrder.objects.create(
            subscriber=order.subscriber, status_changed_at=now
        ),
        "numberorder": NumberOrder.objects.create(
            subscriber=order.subscriber,
            sip_peer=order.sip_peer,
            order_type="existing",
            quantity=1,
            status_changed_at=now,
        ),
        "leaving": Leaving.objects.create(
            state="waiting", reason="a", asked_by=people["support"], asked_at=now
        ),
        "withdrawal": Withdrawal.objects.create(
            subscriber=order.subscriber, order=order, email="a@example.com", asked_at=now
        ),
        "mail": Mail.objects.create(
            recipient="a@example.com", sender="b@example.com", subject="Hello", text="c"
        ),
        "message": text,
        "messageevent": MessageEvent.objects.create(body=b"[]"),
        "optout": OptOut.objects.create(
            our_number=number, their_number="+13032281999", since=now, by_message=text
        ),
    }
    return Site(people, {name: row.pk for name, row in rows.items()})


def routes(resolver: Any = None, before: str = "/") -> Iterator[str]:
    """Give every route, each part that varies as its name in angle brackets."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(entry.pattern))
        text = before + re.sub(r"<\w+:", "<", pattern).strip("^$")
        if isinstance(entry, URLPattern):
            yield text
        else:
            yield from routes(entry, text)


_PARTS = {
    "<name>": "check",
    "<kind>": "csv",
    "<remedy>": "look",
    "<number>": "1",
    "<app_label>": "numbers",
    "<url>": "nothing-is-here",
    "<content_type_id>": "1",
    "<uidb36>": "a",
    "<key>": "b-c",
}


def address(route: str, ids: dict[str, int]) -> str:
    """Fill a route with the ids of the site's rows."""
    parts = route.split("/")
    own = str(ids.get(parts[3], 1)) if len(parts) > 3 else "1"
    return re.sub(r"<\w+>", lambda part: _PARTS.get(part[0], own), route)


def ask(client: Client, method: str, path: str) -> HttpResponse:
    """Send a request whose effects are taken back, so that the next one meets the same site."""
    with transaction.atomic():
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        # What is sent in parts is made now, as long as there is something to make it of.
        body = b"".join(response)  # type: ignore[arg-type]
        transaction.set_rollback(True)
    return HttpResponse(body, status=response.status_code)


def test_the_table_names_every_route_and_no_other() -> None:
    """P01: a route without a row fails here."""
    assert sorted(set(routes())) == sorted(TABLE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_route_answers_as_the_table_says(site: Site, kind: str) -> None:
    """P01: reading and sending, each kind of person. P08: no credential on any page."""
    column = KINDS.index(kind)
    written = {route: answers[column] for route, answers in TABLE.items()}
    found, telling = {}, []
    signed_in = Client()
    if kind != "anonymous":
        signed_in.force_login(site.people[kind])
    for route in TABLE:
        path = address(route, site.ids)
        statuses = []
        for method in ("GET", "POST"):
            # What an answer puts into the browser must not reach the next one.
            client = Client(raise_request_exception=False)
            client.cookies.load(signed_in.cookies.output(header="", sep=";"))
            response = ask(client, method, path)
            statuses.append(str(response.status_code))
            telling += [(path, word) for word in PLANTED if word.encode() in response.content]
        found[route] = "/".join(statuses)
    assert {route: got for route, got in found.items() if got != written[route]} == {}
    assert telling == []


def test_to_a_stranger_a_forbidden_page_and_a_missing_one_look_the_same(
    site: Site, sign_in: Callable[[User], Client]
) -> None:
    """P06: the staff pages, to a customer."""
    client = sign_in(site.people["customer"])
    there = client.get(f"/admin/numbers/importorder/{site.ids['importorder']}/change/")
    missing = client.get("/admin/numbers/importorder/999999/change/")
    nonsense = client.get("/admin/no/such/page/")
    assert there.status_code == missing.status_code == nonsense.status_code == 404
    assert there.content == missing.content == nonsense.content


def test_nobody_unknown_gets_further_than_the_sign_in_page(site: Site) -> None:
    admin_routes = [route for route in TABLE if route.startswith("/admin/")]
    for route in admin_routes:
        path = address(route, site.ids)
        response = Client().get(path)
        assert response.headers["Location"].startswith("/accounts/login/?next="), path


@pytest.mark.parametrize("action", ["submit", "check", "add_loa", "cancel", "retry", "adopt"])
def test_finance_can_do_nothing_with_an_order(
    site: Site, sign_in: Callable[[User], Client], action: str
) -> None:
    client = sign_in(site.people["finance"])
    path = f"/admin/numbers/importorder/{site.ids['importorder']}/do/{action}/"
    assert (client.get(path).status_code, client.post(path).status_code) == (403, 403)


def test_finance_is_offered_no_action_on_an_orders_page(
    site: Site, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(site.people["finance"])
    page = client.get(f"/admin/numbers/importorder/{site.ids['importorder']}/change/").content
    assert re.findall(rb'<(?:a|button)[^>]* class="act[ "][^>]*>', page) == []


def test_finance_sees_where_an_order_is_and_nothing_of_its_papers(
    site: Site, sign_in: Callable[[User], Client]
) -> None:
    seen = {}
    for part in ("change", "live"):
        path = f"/admin/numbers/importorder/{site.ids['importorder']}/{part}/"
        for kind in ("finance", "support"):
            page = sign_in(site.people[kind]).get(path).content.decode()
            seen[kind] = [words in page for words in ("Draft", "letter.pdf", "Draft created with")]
        assert seen == {"finance": [True, False, False], "support": [True, True, True]}, part


def test_a_role_that_is_taken_away_counts_from_the_next_request(
    site: Site, sign_in: Callable[[User], Client]
) -> None:
    """P09: between two requests."""
    person = site.people["support"]
    client = sign_in(person)
    before = client.get("/admin/numbers/webhookevent/").status_code
    User.objects.filter(pk=person.pk).update(role=Role.FINANCE)
    as_finance = client.get("/admin/numbers/webhookevent/").status_code
    User.objects.filter(pk=person.pk).update(role=Role.CUSTOMER)
    as_customer = client.get("/admin/numbers/webhookevent/").status_code
    assert (before, as_finance, as_customer) == (200, 403, 404)


@pytest.mark.parametrize(
    ("kind", "status"), [("finance", 200), ("support", 200), ("admin", 200), ("customer", 404)]
)
def test_subscribers_names_are_completed_for_those_who_may_see_subscribers(
    site: Site, sign_in: Callable[[User], Client], kind: str, status: int
) -> None:
    response = sign_in(site.people[kind]).get(
        "/admin/autocomplete/",
        {"app_label": "numbers", "model_name": "importorder", "field_name": "subscriber"},
    )
    assert response.status_code == status


@pytest.mark.parametrize(("kind", "is_raw"), [("support", False), ("admin", True)])
def test_only_administrators_read_the_bodies_that_the_carrier_sent(
    site: Site, sign_in: Callable[[User], Client], kind: str, is_raw: bool
) -> None:
    event = WebhookEvent.objects.create(
        body=b"<Notification><TN>3032281234</TN></Notification>", content_type="text/xml"
    )
    exchange = CarrierExchange.objects.create(
        at=timezone.now(),
        operation="check",
        method="POST",
        path="/a",
        outcome="accepted",
        duration_ms=1,
        request_body="<TN>3032285678</TN>",
    )
    client = sign_in(site.people[kind])
    webhook = client.get(f"/admin/numbers/webhookevent/{event.pk}/change/").content.decode()
    call = client.get(f"/admin/numbers/carrierexchange/{exchange.pk}/change/").content.decode()
    assert ("3032281234" in webhook, "3032285678" in call) == (is_raw, is_raw)
    assert "1234" in webhook
