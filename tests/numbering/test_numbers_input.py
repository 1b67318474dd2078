"""Whatever arrives at the pages of the numbers' life: an answer, and nothing is begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.enums import CaseKind
from numbering.models import (
    BulkAction,
    Case,
    Intake,
    Job,
    Leaving,
    NumberOrder,
    PlatformNumber,
    Reservation,
    SavedView,
    TelephoneNumber,
)
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carrier_away")]

NASTY = (
    "a\x00b",
    "9" * 5000,
    "9223372036854775808",
    "-1",
    "²",
    "1e400",
    "2026-02-30T00:00:00",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "\u202e<script>",
)
# What the addresses and forms of these pages may hold.
NAMES = (
    "q question state origin locked subscriber place after before oldest page number read verdict "
    "city area_code quantity ends_in key step pick query wait kind pattern name is_shared count "
    "select_across _selected_action action confirm seen reason remark application_id sip_peer "
    "sip_peer_id numbers delete is_back_order carrier_order_id s term local_number zip_code"
).split()
PAGES = (
    "telephonenumber/",
    "telephonenumber/cover/",
    "telephonenumber/views/save/",
    "telephonenumber/views/{view}/",
    "telephonenumber/{number}/change/",
    "leaving/plan/",
    "leaving/{leaving}/change/",
    "leaving/{leaving}/do/agree/",
    "bulkaction/{action}/change/",
    "bulkaction/{action}/export/",
    "intake/{intake}/change/",
    "intake/{intake}/do/commit/",
    "numberorder/find/",
    "numberorder/find/hold/",
    "numberorder/order/",
    "numberorder/{order}/change/",
    "platformnumber/search/",
    "platformnumber/import/",
    "platformnumber/release/",
    "case/take-over/",
    "case/{case}/remedy/take_over/",
)


@pytest.fixture
def desk(sign_in: Callable[[User], Client]) -> Client:
    """A browser in which an administrator is signed in; a fault of ours is an answer, 500."""
    client = sign_in(builders.person(Role.ADMIN))
    client.raise_request_exception = False
    return client


@pytest.fixture
def ids(support: User, desk: Client) -> dict[str, int]:
    """One row of each thing that these pages are about; the view is the administrator's."""
    now = timezone.now()
    admin = User.objects.get(role=Role.ADMIN)
    e164 = builders.fresh_numbers()[0]
    owner, peer = builders.subscriber(), builders.sip_peer()
    PlatformNumber.objects.create(e164=e164, platform_id="n-1", seen_at=now)
    asked: dict[str, Any] = {"asked_by": support, "asked_at": now}
    rows = {
        "number": TelephoneNumber.objects.create(
            e164=e164, subscriber=owner, state="hosted", state_changed_at=now
        ),
        "view": SavedView.objects.create(person=admin, name="Mine", query=""),
        "leaving": Leaving.objects.create(state="waiting", reason="a", **asked),
        "action": BulkAction.objects.create(
            kind="read", state="done", person=support, asked_at=now
        ),
        "intake": Intake.objects.create(
            name="a.csv", state="read", person=support, uploaded_at=now, read_at=now
        ),
        "order": NumberOrder.objects.create(
            subscriber=owner,
            sip_peer=peer,
            order_type="existing",
            quantity=1,
            status_changed_at=now,
        ),
        "case": Case.objects.create(
            kind=CaseKind.THEIRS, e164=e164, detail="a", opened_at=now, last_seen_at=now
        ),
    }
    return {name: row.pk for name, row in rows.items()}


@pytest.mark.parametrize("part", PAGES)
def test_anything_can_be_typed_into_an_address_or_a_form(
    desk: Client, ids: dict[str, int], part: str
) -> None:
    """R17 and R19: in every field at once, alone in the address and after a good one in a form."""
    address = "/admin/numbers/" + part.format(**ids)
    found = []
    for turn in range(6):
        nasty = {name: NASTY[(7 * index + turn) % len(NASTY)] for index, name in enumerate(NAMES)}
        if turn % 2:
            answer = desk.post(address, {name: ["1", text] for name, text in nasty.items()})
        else:
            answer = desk.get(address, nasty)
        found += [turn] * (answer.status_code >= 500)
    assert found == []
    assert not Job.objects.exists()


@pytest.mark.parametrize("text", NASTY)
def test_a_form_is_filled_from_its_address_with_what_can_be(desk: Client, text: str) -> None:
    """R17: what is no key of a row chooses none."""
    given = {"subscriber": text, "sip_peer": text, "loa_type": text, "loa_authorizing_person": text}
    answer = desk.get("/admin/numbers/importorder/add/", given)
    assert answer.status_code == 200
    initial = answer.context["adminform"].form.initial
    assert not {"subscriber", "sip_peer"} & initial.keys()
    assert initial["loa_type"] == text


@pytest.mark.parametrize("number", ["0", "-1", "x", "²", "1e9", "9" * 5000, "%00", "2"])
def test_a_page_of_the_search_that_is_none_is_no_fault(desk: Client, number: str) -> None:
    address = f"/admin/search/?s=numbers&page={number}"
    answers = {desk.get(address + extended).status_code for extended in ("", "&extended=1")}
    assert answers <= {200, 404}


def test_what_was_decided_is_not_decided_again(desk: Client, ids: dict[str, int]) -> None:
    """F16: a form that comes once more, or late, is answered and changes nothing."""
    now = timezone.now()
    Leaving.objects.update(state="declined", decided_at=now)
    Intake.objects.update(state="committed", counts={"add": 1})
    Case.objects.update(stands=False, closed_at=now)
    held = Reservation.objects.create(
        e164="+13032281000",
        carrier_reservation_id="gone",
        person=User.objects.get(role=Role.ADMIN),
        held_at=now,
        expires_at=now,
        ended_at=now,
    )
    before = list(Leaving.objects.values()), list(Intake.objects.values())
    verbs = {
        "leaving/{leaving}/do/{verb}/": ("agree", "decline"),
        "intake/{intake}/do/{verb}/": ("commit", "again", "discard"),
        "bulkaction/{action}/do/{verb}/": ("cancel", "retry"),
        "numberorder/{order}/do/{verb}/": ("absent", "adopt", "end", "close", "withdraw"),
        "case/{case}/remedy/{verb}/": ("look", "take_over"),
        f"numberorder/held/{held.pk}/{{verb}}/": ("release",),
    }
    fields = {"remark": "x", "subscriber": builders.subscriber().pk, "carrier_order_id": "x"}
    answers = {
        (part, verb): desk.post("/admin/numbers/" + part.format(verb=verb, **ids), sent).status_code
        for part, names in verbs.items()
        for verb in names
        for sent in ({}, fields)
    }
    assert {asked: status for asked, status in answers.items() if status >= 500} == {}
    assert (list(Leaving.objects.values()), list(Intake.objects.values())) == before
    assert not Job.objects.exists()
