"""Bearer tokens: read, kept, renewed in time."""

from __future__ import annotations

import json
import threading
import time

import pytest

from carrier.tokens import Token, TokenStore, read_token


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({"access_token": "t", "token_type": "Bearer", "expires_in": 120}, 120),
        ({"access_token": "t", "expires_in": "120"}, 120),
        ({"access_token": "t"}, 3600),
        ({"access_token": "t", "expires_in": None}, 3600),
        ({"access_token": "t", "expires_in": -1}, 3600),
        ({"access_token": "t", "expires_in": True}, 3600),
        ({"access_token": "t", "expires_in": 1e300}, 86400),
    ],
)
def test_a_token_lives_as_long_as_it_says_or_an_hour(answer: object, seconds: float) -> None:
    token = read_token(json.dumps(answer).encode())
    assert (token.value, token.seconds) == ("t", seconds)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"{}", b'{"access_token": ""}', b'{"access_token": 5}',
     b'{"access_token": "a\\r\\nX: y"}', '{"access_token": "é"}'.encode(), b"[" * 100_000],
)  # fmt: skip
def test_an_answer_without_a_token_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="token answer"):
        read_token(body)


@pytest.mark.parametrize(("seconds", "fetches"), [(3600.0, 1), (0.0, 3)])
def test_a_token_is_fetched_again_only_when_it_ends(seconds: float, fetches: int) -> None:
    store, fetched = TokenStore(), []

    def fetch() -> Token:
        fetched.append(1)
        return Token(f"t{len(fetched)}", seconds)

    values = [store.get(fetch, wait_seconds=1) for _ in range(3)]
    assert (len(fetched), values[-1]) == (fetches, f"t{fetches}")


def test_dropping_an_old_token_keeps_its_successor() -> None:
    store = TokenStore()
    store.get(lambda: Token("new", 3600), wait_seconds=1)
    store.drop("old")
    assert store.value == "new"
    store.drop("new")
    assert store.value == ""


def test_nobody_waits_for_another_threads_fetch_for_ever() -> None:
    store, release, begun = TokenStore(), threading.Event(), threading.Event()

    def slow() -> Token:
        begun.set()
        release.wait(5)
        return Token("t", 3600)

    thread = threading.Thread(target=store.get, args=(slow,), kwargs={"wait_seconds": 1})
    thread.start()
    begun.wait(5)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        store.get(slow, wait_seconds=0.1)
    assert time.monotonic() - began < 1
    release.set()
    thread.join()


def test_a_token_is_not_in_its_repr() -> None:
    assert "abcdef" not in repr(Token("abcdef", 1.0))
