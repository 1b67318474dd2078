"""Looking for numbers on the older platform: what goes together, and what is said otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from tests.carrier.scripted import ScriptedServer, answering

pytestmark = pytest.mark.django_db

JSON = "Content-Type: application/json"
SEARCH = "/admin/numbers/platformnumber/search/"


def asked(desk: Client, **fields: str) -> str:
    answer = desk.get(SEARCH, {"kind": "local", "quantity": "5", **fields})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def desk(sign_in: Any, support: User) -> Client:
    """A browser of the support staff."""
    client: Client = sign_in(support)
    return client


def test_numbers_are_found_by_place_and_by_pattern(at_platform: Sandbox, desk: Client) -> None:
    assert 'id="results"' not in desk.get(SEARCH).content.decode()
    assert "5 numbers on offer" in asked(desk, state="co")
    assert "DENVER, CO" in asked(desk, area_code="303")
    assert "5 numbers on offer" in asked(desk, kind="toll_free")
    assert "None on offer" in asked(desk, area_code="303", pattern="0000000")


def test_the_page_shows_no_more_than_was_asked_for(desk: Client, settings: Any) -> None:
    rows = [{"number": f"+1303228{line:04}"} for line in range(1000, 9000)]
    with ScriptedServer(answering("200 OK", json.dumps(rows).encode(), JSON)) as server:
        settings.PLATFORM = {**settings.PLATFORM, "base": f"{server.url}/v1/"}
        page = asked(desk, area_code="303", quantity="2")
    assert ("2 numbers on offer" in page, page.count("(303) 228-")) == (True, 2)


def test_what_does_not_go_together_is_said_before_anybody_is_asked(
    at_platform: Sandbox, desk: Client
) -> None:
    before = len(at_platform.requests)
    assert "exactly one of" in asked(desk)
    assert "exactly one of" in asked(desk, state="CO", area_code="303")
    assert "needs its state" in asked(desk, city="Denver", zip_code="80202")
    assert "no place" in asked(desk, kind="toll_free", state="CO")
    for kind in ("local", "toll_free"):
        assert "The pattern holds digits" in asked(
            desk, kind=kind, area_code="303" if kind == "local" else "", pattern="800FLOWERS"
        )
    for odd in ("\x00", "9" * 400, "٣٠٣", "' OR 1=1", "²"):
        assert 'id="results"' not in asked(desk, area_code=odd)
    for quantity in ("", "0", "x", "9" * 30):
        asked(desk, state="CO", quantity=quantity)
    assert len(at_platform.requests) == before


def test_a_platform_that_is_away_or_not_set_up_is_said_in_words(
    at_platform: Sandbox, desk: Client, settings: Any
) -> None:
    settings.PLATFORM = {**settings.PLATFORM, "base": "http://127.0.0.1:1/v1/"}
    assert 'class="trouble"' in asked(desk, state="CO")
    settings.PLATFORM = {**settings.PLATFORM, "user_id": ""}
    assert "PLATFORM_USER_ID" in asked(desk, state="CO")
