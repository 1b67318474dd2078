"""Reads the carrier settings and hands out the one client of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from carrier.account import CarrierSettings
from carrier.client import Carrier
from carrier.credentials import BasicCredentials, ClientCredentials
from carrier.errors import CarrierError
from carrier.exchange import Exchange
from numbering.models import CarrierExchange

_order_at_work: ContextVar[int | None] = ContextVar("order_at_work", default=None)
_lock = threading.Lock()


class CarrierNotConfigured(Exception):
    """No carrier account or credentials are set; the message says which settings are missing."""


def in_words(error: CarrierError | CarrierNotConfigured) -> str:
    """Return what went wrong as a sentence for staff."""
    text = error.message if isinstance(error, CarrierError) else str(error)
    return text[:1].upper() + text[1:].rstrip(".") + "."


def get_carrier() -> Carrier:
    """Return this process's client: one connection pool for the account.

    Raises CarrierNotConfigured when the settings are not filled in.
    """
    with _lock:
        return _build(tuple(sorted(settings.CARRIER.items())))


# Keyed by the settings, so that tests which point to another carrier get another client.
@lru_cache(maxsize=8)
def _build(items: tuple[tuple[str, object], ...]) -> Carrier:
    values = dict(items)
    credentials: BasicCredentials | ClientCredentials
    if values["auth"] == "bearer":
        needed = ("account_id", "client_id", "client_secret")
        credentials = ClientCredentials(
            token_url=str(values["token_url"]),
            client_id=str(values["client_id"]),
            client_secret=str(values["client_secret"]),
        )
    else:
        needed = ("account_id", "username", "password")
        credentials = BasicCredentials(
            username=str(values["username"]), password=str(values["password"])
        )
    if missing := [f"CARRIER_{name.upper()}" for name in needed if not values[name]]:
        raise CarrierNotConfigured(f"The carrier is not set up: set {', '.join(missing)}.")
    return Carrier(
        CarrierSettings(
            account_id=str(values["account_id"]),
            credentials=credentials,
            v1_base=str(values["v1_base"]),
            v2_base=str(values["v2_base"]),
            api_version="v1" if values["api_version"] == "v1" else "v2",
            call_timeout=float(str(values["call_timeout"])),
            pool_size=int(str(values["pool_size"])),
            allow_plain_http=bool(values["allow_plain_http"]),
        ),
        observer=_store_exchange,
    )


@contextmanager
def working_on(order_id: int | None) -> Iterator[None]:
    """Tie the exchanges made inside to an import order."""
    token = _order_at_work.set(order_id)
    try:
        yield
    finally:
        _order_at_work.reset(token)


def _store_exchange(exchange: Exchange) -> None:
    """Keep what was said. The client logs it when this raises, and goes on with the call."""
    with transaction.atomic():
        CarrierExchange.objects.create(
            at=exchange.started_at,
            order_id=_order_at_work.get(),
            operation=exchange.operation[:40],
            method=exchange.method,
            path=exchange.path[:400],
            http_status=exchange.http_status,
            outcome=str(exchange.outcome),
            detail=_storable(exchange.detail)[:500],
            request_body=_storable(exchange.request_body),
            response_body=_storable(exchange.response_body),
            duration_ms=exchange.duration_ms,
        )


def _storable(text: str) -> str:
    """PostgreSQL refuses NUL and lone surrogates; show them as the replacement character."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
