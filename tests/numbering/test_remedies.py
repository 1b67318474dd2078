"""A button for each difference: it looks again, changes one thing, and ends the case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from socket import socket
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import cases, number_reading, remedies
from numbering.domain.cannot_do import CannotDo
from numbering.enums import CaseKind
from numbering.models import Case, ImportOrder, SipPeer, TelephoneNumber, TelephoneNumberEvent
from tests import builders
from tests.carrier.scripted import ScriptedServer, answering
from tests.numbering.comparing import compared, found, hosted, state_of

pytestmark = pytest.mark.django_db(transaction=True)

SITE, PEER, OTHER_PEER = "1001", "500101", "500102"


def case_of(e164: str) -> Case:
    return Case.objects.get(e164=e164)


def stocked(sandbox: Sandbox, *numbers: str, owned: bool = False, peer: str = PEER) -> None:
    sandbox.stock(numbers, site_id=SITE, sip_peer_id=peer, owned=owned)


def line_of(e164: str) -> TelephoneNumberEvent:
    return TelephoneNumberEvent.objects.filter(telephone_number__e164=e164).latest("pk")


@pytest.fixture
def lost(own_carrier: Sandbox) -> str:
    """A number that was hosted here, and whose loss a compare found."""
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    own_carrier.lose(number, notify=False)
    compared()
    return number


def test_a_lost_number_that_is_back_is_in_service_again(
    own_carrier: Sandbox, lost: str, support: User
) -> None:
    assert "still does not" in remedies.look(case_of(lost), actor=support)
    assert (state_of(lost), found()) == ("lost", [("lost", lost, True)])
    stocked(own_carrier, lost)
    remedies.look(case_of(lost), actor=support)
    assert (state_of(lost), found()) == ("hosted", [("lost", lost, False)])
    assert (line_of(lost).actor, line_of(lost).from_state) == (support, "lost")
    case = case_of(lost)
    assert (case.stands, case.closed_by) == (False, support)
    # A click on a page that is old by now.
    with pytest.raises(CannotDo):
        remedies.give_up(case, actor=support)
    assert state_of(lost) == "hosted"


def test_a_lost_number_is_given_up_or_imported_again(lost: str, support: User) -> None:
    order = remedies.import_again(case_of(lost), actor=support)
    assert [row.e164 for row in order.numbers.all()] == [lost]
    assert (order.status, order.subscriber) == (
        "draft",
        TelephoneNumber.objects.get(e164=lost).subscriber,
    )
    with pytest.raises(CannotDo, match="still open"):
        remedies.import_again(case_of(lost), actor=support)
    assert ImportOrder.objects.count() == 2  # the first one, and one draft
    assert found() == [("lost", lost, True)]  # until it is back
    remedies.give_up(case_of(lost), actor=support)
    assert (state_of(lost), found()) == ("gone", [("lost", lost, False)])


def test_a_number_of_theirs_is_taken_over_as_the_carrier_describes_it(
    own_carrier: Sandbox, support: User
) -> None:
    imported, owned, left = sorted(builders.fresh_numbers(3))
    stocked(own_carrier, imported, left)
    stocked(own_carrier, owned, owned=True, peer=OTHER_PEER)
    compared()
    subscriber = builders.subscriber()
    for number in (imported, owned):
        remedies.take_over(case_of(number), subscriber=subscriber, actor=support)
    rows = TelephoneNumber.objects.order_by("e164").values_list(
        "e164", "state", "origin", "site_id", "sip_peer_id", "subscriber"
    )
    assert set(rows) == {
        (imported, "hosted", "import", SITE, PEER, subscriber.pk),
        (owned, "ordered", "order", SITE, OTHER_PEER, subscriber.pk),
    }
    with pytest.raises(CannotDo):
        remedies.take_over(case_of(owned), subscriber=subscriber, actor=support)
    own_carrier.lose(left, notify=False)
    with pytest.raises(CannotDo, match="does not say"):
        remedies.take_over(case_of(left), subscriber=subscriber, actor=support)
    remedies.look(case_of(left), actor=support)
    assert [is_open for _, _, is_open in found()] == [False, False, False]
    compared()
    assert len(found()) == 3  # both sides agree now


@contextmanager
def described(
    settings: Any, e164: str, *, voice: str, hosting: str, is_in_service: bool = False
) -> Iterator[None]:
    """A carrier that shows a number as in service for these accounts, at site 777."""
    place = "<Site><Id>777</Id></Site><SipPeer><PeerId>888</PeerId></SipPeer>"
    details = (
        "<X><TelephoneNumberDetails><Status>Inservice</Status>"
        f"<FullNumber>{e164}</FullNumber><AccountId>{voice}</AccountId>{place}"
        "<TnAttributes><TnAttribute>Hosted</TnAttribute></TnAttributes>"
        "<HostedTelephoneNumberDetails><HostedTelephoneNumberDetail>"
        f"<AccountId>{hosting}</AccountId>{place}"
        "</HostedTelephoneNumberDetail></HostedTelephoneNumberDetails>"
        "</TelephoneNumberDetails></X>"
    )
    found = answering("200 OK", details.encode())
    said = answering("200 OK" if is_in_service else "404 Not Found", b"")

    def answer(sock: socket) -> None:
        (found if b"/tndetails" in server.requests[-1] else said)(sock)

    with ScriptedServer(answer) as server:
        settings.CARRIER = {
            **settings.CARRIER,
            "v2_base": f"{server.url}/api/v2/",
            "auth": "basic",
            "username": "sandbox",
            "password": "sandbox-password",
        }
        yield


@pytest.mark.parametrize(
    ("voice", "hosting", "origin"),
    [("ours", "9900098", "order"), ("9900099", "ours", "import")],
)
def test_whose_a_number_is_tells_how_it_came(
    own_carrier: Sandbox, support: User, settings: Any, voice: str, hosting: str, origin: str
) -> None:
    [number] = builders.fresh_numbers()
    stocked(own_carrier, number)
    compared()
    ours = settings.CARRIER["account_id"]
    accounts = [ours if account == "ours" else account for account in (voice, hosting)]
    with described(settings, number, voice=accounts[0], hosting=accounts[1]):
        remedies.take_over(case_of(number), subscriber=builders.subscriber(), actor=support)
    assert TelephoneNumber.objects.get(e164=number).origin == origin


def test_the_place_of_others_is_not_taken_for_ours(
    own_carrier: Sandbox, support: User, settings: Any
) -> None:
    [number] = builders.fresh_numbers()
    stocked(own_carrier, number)
    compared()
    with described(settings, number, voice="9900099", hosting="9900098", is_in_service=True):
        remedies.take_over(case_of(number), subscriber=builders.subscriber(), actor=support)
    taken = TelephoneNumber.objects.get(e164=number)
    assert (taken.state, taken.site_id, taken.sip_peer_id) == ("hosted", "", "")


def test_a_number_in_service_for_others_is_not_back(
    lost: str, support: User, settings: Any
) -> None:
    with described(settings, lost, voice="9900099", hosting="9900098"):
        assert "still does not" in remedies.look(case_of(lost), actor=support)
        with pytest.raises(CannotDo, match="does not say"):
            remedies.take_over(case_of(lost), subscriber=builders.subscriber(), actor=support)
    assert (state_of(lost), found()) == ("lost", [("lost", lost, True)])


def test_a_number_that_stands_elsewhere_is_found_and_follows(
    own_carrier: Sandbox, support: User
) -> None:
    moved, stays = builders.fresh_numbers(2)
    hosted(own_carrier, moved, stays)
    stocked(own_carrier, moved, peer=OTHER_PEER)
    compared()
    assert found() == [("place", moved, True)]
    assert (case_of(moved).site_id, case_of(moved).sip_peer_id) == (SITE, OTHER_PEER)
    assert "still has it elsewhere" in remedies.look(case_of(moved), actor=support)
    remedies.take_place(case_of(moved), actor=support)
    assert TelephoneNumber.objects.get(e164=moved).sip_peer_id == OTHER_PEER
    assert (line_of(moved).actor, "took over" in line_of(moved).reason) == (support, True)
    compared()
    assert found() == [("place", moved, False)]


def test_a_number_that_came_otherwise_is_found_by_its_details_and_follows(
    own_carrier: Sandbox, support: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sorted(builders.fresh_numbers(2))
    hosted(own_carrier, first)
    hosted(own_carrier, second)
    stocked(own_carrier, first, second, owned=True)
    monkeypatch.setattr(number_reading, "NIGHTLY_SHARE", 1)
    for seen in ([first], [first, second], [first, second]):
        compared()
        assert found() == [("origin", number, True) for number in seen]
    assert "our own number" in remedies.look(case_of(first), actor=support)
    remedies.take_origin(case_of(first), actor=support)
    owned = TelephoneNumber.objects.get(e164=first)
    assert (owned.state, owned.origin, line_of(first).actor) == ("ordered", "order", support)
    with pytest.raises(CannotDo):
        remedies.take_origin(case_of(first), actor=support)
    # The carrier mends the other one, and looking again ends its case.
    stocked(own_carrier, second, owned=False)
    assert "both sides agree" in remedies.look(case_of(second), actor=support)
    assert found() == [("origin", first, False), ("origin", second, False)]
    compared()
    assert len(found()) == 2


def test_a_place_that_could_not_be_read_opens_and_ends_no_case(
    own_carrier: Sandbox, support: User
) -> None:
    number = builders.fresh_numbers()[0]
    hosted(own_carrier, number)
    stocked(own_carrier, number, peer=OTHER_PEER)
    own_carrier.fault("refused", path_contains="/sites", times=None)
    compared()
    assert found() == []
    own_carrier.clear_faults()
    compared()
    own_carrier.fault("refused", path_contains="/sites", times=None)
    compared()
    assert found() == [("place", number, True)]


def test_an_owned_number_that_vanishes_is_lost_and_one_on_its_way_out_is_not(
    own_carrier: Sandbox,
) -> None:
    here, vanished, leaving = builders.fresh_numbers(3)
    subscriber = builders.subscriber()
    for number, state in ((here, "ordered"), (vanished, "ordered"), (leaving, "disconnecting")):
        TelephoneNumber.objects.create(
            e164=number,
            subscriber=subscriber,
            state=state,
            origin="order",
            site_id=SITE,
            sip_peer_id=PEER,
            state_changed_at=timezone.now() - timedelta(days=1),
        )
    stocked(own_carrier, here, owned=True)
    compared()
    assert found() == [("lost", vanished, True)]
    assert (state_of(here), state_of(leaving)) == ("ordered", "disconnecting")


def test_the_buttons_ask_first_and_need_the_right(
    own_carrier: Sandbox, lost: str, sign_in: Any, support: User
) -> None:
    desk: Client = sign_in(support)
    case = case_of(lost)
    page = desk.get(f"/admin/numbers/case/{case.pk}/change/").content.decode()
    for name in ("look", "import_again", "gone"):
        assert f"/admin/numbers/case/{case.pk}/remedy/{name}/" in page
    assert "/remedy/take_over/" not in page
    address = f"/admin/numbers/case/{case.pk}/remedy/gone/"
    assert desk.get(address).status_code == 200
    assert state_of(lost) == "lost"
    desk.post(address)
    assert state_of(lost) == "gone"
    assert desk.get(f"/admin/numbers/case/{case.pk}/remedy/take_place/").status_code == 404
    answer = desk.post(address, follow=True)
    assert "Nothing was changed" in answer.content.decode()


def test_a_remedy_while_the_carrier_is_away_changes_nothing(
    own_carrier: Sandbox, lost: str, sign_in: Any, support: User, settings: Any
) -> None:
    settings.CARRIER = {**settings.CARRIER, "v2_base": "http://127.0.0.1:1/api/v2/"}
    desk: Client = sign_in(support)
    answer = desk.post(
        f"/admin/numbers/case/{case_of(lost).pk}/remedy/look/", follow=True
    ).content.decode()
    assert "Nothing was changed" in answer
    assert found() == [("lost", lost, True)]


def test_a_number_to_take_over_needs_a_subscriber(
    own_carrier: Sandbox, sign_in: Any, support: User
) -> None:
    number = builders.fresh_numbers()[0]
    stocked(own_carrier, number)
    compared()
    desk: Client = sign_in(support)
    address = f"/admin/numbers/case/{case_of(number).pk}/remedy/take_over/"
    for chosen in ("", "x", "99999999", "\x00"):
        assert desk.post(address, {"subscriber": chosen}).status_code == 422
    subscriber = builders.subscriber()
    assert desk.post(address, {"subscriber": subscriber.pk}).status_code == 302
    assert TelephoneNumber.objects.get(e164=number).subscriber == subscriber


def test_the_places_are_read_on_the_way(own_carrier: Sandbox) -> None:
    compared()
    peers = dict(SipPeer.objects.values_list("sip_peer_id", "messaging_application"))
    assert peers[PEER]
    assert cases.open_cases().filter(kind=CaseKind.PLACE).count() == 0
