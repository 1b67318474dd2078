"""Who is let in: Basic credentials and Bearer tokens."""

from __future__ import annotations

import http.client
import time

import pytest
import requests

from carrier.sandbox import Sandbox, SandboxOptions
from tests.carrier.sandbox.callers import Caller

CLIENT = ("sandbox-client", "sandbox-secret")
GRANT = {"grant_type": "client_credentials"}


def _token(sandbox: Sandbox) -> str:
    answer = requests.post(sandbox.token_url, data=GRANT, auth=CLIENT, timeout=5)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")
    return str(answer.json()["access_token"])


def _status(sandbox: Sandbox, authorization: str) -> int:
    headers = {"Authorization": authorization} if authorization else {}
    url = f"{sandbox.v1_base}accounts/9900001/sites"
    return requests.get(url, headers=headers, timeout=5).status_code


def test_a_token_opens_the_account(sandbox: Sandbox) -> None:
    assert _status(sandbox, f"Bearer {_token(sandbox)}") == 200


def test_a_token_says_how_long_it_lasts(sandbox: Sandbox) -> None:
    answer = requests.post(sandbox.token_url, data=GRANT, auth=CLIENT, timeout=5)
    assert answer.json()["expires_in"] == 3600


def test_an_expired_token_opens_nothing() -> None:
    with Sandbox(SandboxOptions(token_seconds=1)) as sandbox:
        authorization = f"Bearer {_token(sandbox)}"
        assert _status(sandbox, authorization) == 200
        time.sleep(1.05)
        assert _status(sandbox, authorization) == 401


def test_revoked_tokens_open_nothing(sandbox: Sandbox) -> None:
    authorization = f"Bearer {_token(sandbox)}"
    sandbox.revoke_tokens()
    assert _status(sandbox, authorization) == 401


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic ###", "Basic //4=", "Bearer", "Bearer made-up", "Digest x"],
)
def test_without_good_credentials_the_answer_is_an_empty_401(
    sandbox: Sandbox, authorization: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    url = f"{sandbox.v1_base}accounts/9900001/sites"
    answer = requests.get(url, headers=headers, timeout=5)
    assert (answer.status_code, answer.content) == (401, b"")


def test_the_account_of_somebody_else_is_an_empty_403(sandbox: Sandbox) -> None:
    answer = requests.get(
        f"{sandbox.v1_base}accounts/1/sites", auth=("sandbox", "sandbox-password"), timeout=5
    )
    assert (answer.status_code, answer.content) == (403, b"")


def test_a_wrong_client_secret_is_refused(sandbox: Sandbox) -> None:
    wrong = ("sandbox-client", "guess")
    answer = requests.post(sandbox.token_url, data=GRANT, auth=wrong, timeout=5)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_another_grant_type_is_refused(sandbox: Sandbox) -> None:
    form = {"grant_type": "password"}
    answer = requests.post(sandbox.token_url, data=form, auth=CLIENT, timeout=5)
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})


def test_the_log_keeps_the_scheme_of_credentials_and_not_themselves(
    sandbox: Sandbox, caller: Caller
) -> None:
    caller.call("GET", "sites?x=1")
    (seen,) = sandbox.requests
    assert (seen.method, seen.path, seen.query) == ("GET", "/api/accounts/9900001/sites", "x=1")
    assert (seen.headers["authorization"], seen.status) == ("Basic", 200)


def test_one_connection_serves_many_requests_even_refused_ones(sandbox: Sandbox) -> None:
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    connection.connect()
    socket = connection.sock
    for _ in range(3):
        connection.request("POST", "/api/accounts/9900001/importTnOrders", body=b"x" * 70000)
        assert connection.getresponse().read() == b""
    assert connection.sock is socket
    connection.close()


def test_a_body_over_the_limit_is_413(caller: Caller) -> None:
    connection = http.client.HTTPConnection(caller.base.split("/")[2], timeout=5)
    connection.putrequest("POST", "/api/accounts/9900001/importTnOrders")
    connection.putheader("Content-Length", str(17 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
