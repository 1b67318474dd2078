"""The older platform of the sandbox, seen from the wire."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from carrier.sandbox import Sandbox, SandboxOptions

NUMBER, OTHER = "+13032281000", "+13032281001"
USER = ("t-sandbox", "sandbox-platform-secret")


class Platform:
    """Talks to the platform of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.base = f"{sandbox.platform_base}users/u-sandbox/"
        self.root = sandbox.platform_base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = USER

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(self.base + path, params=query, timeout=5)

    def search(self, kind: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.root}availableNumbers/{kind}", params=query, timeout=5)

    def post(self, number: str = NUMBER, **changes: Any) -> requests.Response:
        properties = {
            "accountId": "9900001",
            "userName": "sandbox",
            "password": "sandbox-password",
        }
        provider = {"providerName": "bandwidth-dashboard", "properties": properties}
        wanted = {"number": number, "name": "x", "applicationId": "a-1", "provider": provider}
        wanted |= changes
        return self.session.post(f"{self.base}phoneNumbers", json=wanted, timeout=5)


@pytest.fixture
def platform(sandbox: Sandbox) -> Iterator[Platform]:
    one = Platform(sandbox)
    with one.session:
        yield one


def codes(answer: requests.Response) -> tuple[int, str, str]:
    said = answer.json()
    assert {"category", "code", "details"} <= said.keys()
    return answer.status_code, said["category"], said["code"]


def test_a_number_comes_once_and_goes_for_good(sandbox: Sandbox, platform: Platform) -> None:
    made = platform.post()
    assert (made.status_code, made.content) == (201, b"")
    collection, _, platform_id = made.headers["Location"].rpartition("/")
    assert collection == f"{platform.base}phoneNumbers"
    assert codes(platform.post()) == (409, "conflict", "duplicate-number")
    by_id, by_number = (
        platform.get(f"phoneNumbers/{x}").json() for x in (platform_id, "%2B" + NUMBER[1:])
    )
    assert by_id == by_number
    assert (by_id["number"], by_id["application"]) == (NUMBER, f"{platform.base}applications/a-1")
    assert platform.session.delete(made.headers["Location"]).status_code == 200
    gone = platform.session.delete(made.headers["Location"])
    assert codes(gone) == (404, "not-found", "number-not-found")
    assert codes(platform.get(f"phoneNumbers/{platform_id}"))[0] == 404
    assert platform.post().status_code == 201
    (seen,) = sandbox.platform_numbers()
    assert (seen.telephone_number, seen.imports, seen.posts) == (NUMBER, 2, 3)


def test_the_list_has_pages_with_links(platform: Platform) -> None:
    for line in range(5):
        platform.post(f"+1303228100{line}", applicationId="a-1" if line else "a-0")
    first = platform.get("phoneNumbers", size=2, applicationId="a-1")
    assert [row["number"][-1] for row in first.json()] == ["1", "2"]
    second = platform.session.get(first.links["next"]["url"], timeout=5)
    assert [row["number"][-1] for row in second.json()] == ["3", "4"]
    assert ("next" in second.links, "first" in second.links) == (False, True)
    assert platform.get("phoneNumbers", page=9).json() == []
    assert [row["city"] for row in platform.get("phoneNumbers").json()] == ["DENVER"] * 5
    for bad in ({"size": 1001}, {"size": 0}, {"page": "x"}):
        assert codes(platform.get("phoneNumbers", **bad))[0] == 400


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"number": "3032281000"}, (400, "bad-request", "validation-error")),
        ({"number": 7}, (400, "bad-request", "validation-error")),
        (
            {"provider": {"providerName": "bandwidth-dashboard"}},
            (400, "bad-request", "validation-error"),
        ),
        ({"provider": None}, (400, "bad-request", "validation-error")),
        (
            {
                "provider": {
                    "providerName": "bandwidth-dashboard",
                    "properties": {"accountId": "9900001", "userName": "sandbox", "password": "x"},
                }
            },
            (401, "authorization", "user-access-denied"),
        ),
    ],
)
def test_a_bad_import_is_refused(
    sandbox: Sandbox, platform: Platform, changes: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert codes(platform.post(**changes)) == expected
    assert sandbox.platform_numbers() == []


def test_the_platform_has_credentials_and_a_user_of_its_own(platform: Platform) -> None:
    answer = requests.get(
        platform.base + "phoneNumbers", auth=("sandbox", "sandbox-password"), timeout=5
    )
    assert codes(answer)[0] == 401
    other = platform.session.get(f"{platform.root}users/u-other/phoneNumbers", timeout=5)
    assert codes(other) == (401, "authorization", "user-access-denied")
    assert codes(platform.get("applications")) == (404, "not-found", "resource-not-found")
    assert platform.session.patch(platform.base + "phoneNumbers", timeout=5).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"state": "CO", "zip": "80302"},
        {"zip": "80302", "areaCode": "303"},
        {"areaCode": "303", "city": "BOULDER"},
        {"state": "CO", "localNumber": "228"},
        {"areaCode": "30"},
        {"areaCode": "303", "localNumber": "2"},
        {"areaCode": "303", "quantity": "5001"},
        {"areaCode": "303", "quantity": "x"},
        {"areaCode": "303", "pattern": "("},
    ],
)
def test_a_search_wants_exactly_one_place(platform: Platform, query: dict[str, str]) -> None:
    answer = platform.search("local", **query)
    assert codes(answer) == (400, "bad-request", "invalid-available-number-search")


def test_numbers_are_on_offer(platform: Platform) -> None:
    boulder = platform.search("local", zip="80302").json()
    assert ([row["city"] for row in boulder], boulder[0]["state"]) == (["BOULDER"] * 10, "CO")
    start = boulder[0]["number"][5:8]
    found = platform.search("local", areaCode="303", localNumber=start, pattern="*0?", quantity=3)
    assert {(row["number"][5:8], row["number"][-2]) for row in found.json()} == {(start, "0")}
    (free,) = platform.search("tollFree", quantity=1).json()
    assert sorted(free) == ["nationalNumber", "number", "price"]


def test_more_than_the_rate_is_429_with_milliseconds() -> None:
    with Sandbox(SandboxOptions(platform_rate=3)) as sandbox, Platform(sandbox).session as session:
        url = f"{sandbox.platform_base}users/u-sandbox/phoneNumbers"
        # One of seven may fall into the next second.
        answers = [session.get(url, timeout=5) for _ in range(7)]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert codes(refused) == (429, "too-many-requests", "rate-limit-reached")
        assert "message" not in refused.json()
        left = int(refused.headers["X-RateLimit-Reset"]) / 1000 - time.time()
        assert -1 < left <= 1
        other = f"{sandbox.platform_base}availableNumbers/tollFree"
        assert session.get(other, timeout=5).status_code == 200
        sandbox.change(platform_rate=0)
        assert {session.get(url, timeout=5).status_code for _ in range(5)} == {200}


def test_faults_and_latency_hit_the_platform(sandbox: Sandbox, platform: Platform) -> None:
    sandbox.fault("created_500", path_contains="phoneNumbers")
    sandbox.fault(
        "refused", path_contains="phoneNumbers", status=403, code="application-access-denied"
    )
    sandbox.fault("throttled", path_contains="phoneNumbers", reset=5)
    sandbox.fault("listed_late", path_contains="phoneNumbers", seconds=60)
    assert platform.post().status_code == 500
    assert codes(platform.post(OTHER)) == (403, "forbidden", "application-access-denied")
    assert int(platform.post(OTHER).headers["X-RateLimit-Reset"]) > 1e12
    assert platform.post(OTHER).status_code == 201
    assert [row["number"] for row in platform.get("phoneNumbers").json()] == [NUMBER]
    assert [row.imports for row in sandbox.platform_numbers()] == [1, 1]
    sandbox.change(platform_latency_seconds=0.05)
    began = time.monotonic()
    platform.get("phoneNumbers")
    assert 0.05 <= time.monotonic() - began < 1


def test_the_log_keeps_the_import_without_its_password(
    sandbox: Sandbox, platform: Platform
) -> None:
    platform.post()
    body = sandbox.requests[-1].body
    assert (b'"userName": "sandbox"' in body, b"sandbox-password" in body) == (True, False)


def test_a_state_file_keeps_the_platforms_numbers(tmp_path: Path) -> None:
    options = SandboxOptions(state_path=tmp_path / "state.db")
    with Sandbox(options) as sandbox:
        platform = Platform(sandbox)
        with platform.session:
            platform.post()
        before = sandbox.platform_numbers()
    with Sandbox(options) as sandbox:
        assert (sandbox.platform_numbers(), len(before)) == (before, 1)
