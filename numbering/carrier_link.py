"""Reads the carrier settings and hands out the one client of this process."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from carrier.account import CarrierSettings
from carrier.client import Carrier
from carrier.credentials import BasicCredentials, ClientCredentials
from carrier.errors import CarrierError, Outcome
from carrier.exchange import Exchange
from numbering import clock
from numbering.models import CarrierExchange

log = logging.getLogger(__name__)

TOKEN_OPERATION = "token.fetch"  # noqa: S105 - the name of an operation
# One with the older platform: another host and other credentials, which say nothing of these.
ELSEWHERE = Q(operation__startswith="platform.")
# An exchange in which the carrier refused our credentials or their rights (REFERENCE 1.2).
REFUSED = (
    Q(http_status__in=[401, 403]) | Q(operation=TOKEN_OPERATION, outcome=Outcome.REFUSED)
) & ~ELSEWHERE
# `/tns` asks for a role of its own, and without it answers 403 (REFERENCE 1.2). Somebody is told,
# but that details cannot be read shall not keep orders from being sent.
_OWN_ROLE = Q(operation="number_details.get", http_status=403)
# One that shows that our credentials are good. A token alone does not: it may have no rights.
ACCEPTED = Q(outcome=Outcome.ACCEPTED) & ~Q(operation=TOKEN_OPERATION) & ~ELSEWHERE
# So many refusals in a row stop the background work; then one try is made in each such time.
REFUSALS_IN_A_ROW = 3
PROBE_SECONDS = 600

_order_at_work: ContextVar[int | None] = ContextVar("order_at_work", default=None)
_lock = threading.Lock()
# Where exchanges go instead of into the database; the last one counts.
_collections: list["CollectedExchanges"] = []


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
            messaging_base=str(values["messaging_base"]),
            api_version="v1" if values["api_version"] == "v1" else "v2",
            call_timeout=float(str(values["call_timeout"])),
            pool_size=int(str(values["pool_size"])),
            allow_plain_http=bool(values["allow_plain_http"]),
        ),
        observer=keep_exchange,
    )


def hold_off() -> float | None:
    """Return the seconds for which background work shall leave the carrier alone, or None.

    While credentials are refused, asking on only draws attention at the carrier: after a handful
    of refusals in a row one probe is made every ten minutes. People's own clicks are never held.
    """
    now = clock.now()
    refused = CarrierExchange.objects.filter(REFUSED).exclude(_OWN_ROLE)
    recent = refused.filter(at__gt=now - timedelta(seconds=PROBE_SECONDS))
    newest = recent.order_by("-at").values_list("at", flat=True).first()
    if newest is None:
        return None
    accepted = CarrierExchange.objects.filter(ACCEPTED).order_by("-at")
    if (last_good := accepted.values_list("at", flat=True).first()) is not None:
        refused = refused.filter(at__gt=last_good)
    if refused[:REFUSALS_IN_A_ROW].count() < REFUSALS_IN_A_ROW:
        return None
    return PROBE_SECONDS - (now - newest).total_seconds()


@contextmanager
def working_on(order_id: int | None) -> Iterator[None]:
    """Tie the exchanges made inside to an import order."""
    token = _order_at_work.set(order_id)
    try:
        yield
    finally:
        _order_at_work.reset(token)


class CollectedExchanges:
    """What was said and is not stored yet."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []

    def add(self, exchange: Exchange) -> None:
        """Keep one more; any thread may."""
        self._exchanges.append(exchange)

    def store(self) -> None:
        """Store what there is with few INSERTs, and forget it once it is stored."""
        stored = self._exchanges[:]
        store_exchanges(stored)
        del self._exchanges[: len(stored)]


@contextmanager
def collecting_exchanges() -> Iterator[CollectedExchanges]:
    """Inside, what any thread of this process says about no order is not stored at once.

    For many calls by many threads, which then need no database. Call `store` now and then: until
    it is stored it is in memory only. What is left is stored at the end.
    """
    collected = CollectedExchanges()
    _collections.append(collected)
    try:
        yield collected
    finally:
        _collections.remove(collected)
        try:
            collected.store()
        except Exception:  # as for a single exchange: the work itself was done
            log.exception("storing what was said failed")


def keep_exchange(exchange: Exchange) -> None:
    """Store what was said, or leave it to who collects.

    The client logs it when this raises, and goes on with the call.
    """
    # Asked of a copy: the collection may end meanwhile.
    if (collecting := _collections[-1:]) and _order_at_work.get() is None:
        collecting[0].add(exchange)
    else:
        _store_exchange(exchange)


def _store_exchange(exchange: Exchange) -> None:
    with transaction.atomic():
        row = _row(exchange, at=clock.now() - timedelta(milliseconds=exchange.duration_ms))
        row.order_id = _order_at_work.get()
        row.save(force_insert=True)


def store_exchanges(exchanges: Sequence[Exchange]) -> None:
    """Keep many that belong to no import order, with one INSERT for up to 1,000 of them."""
    # The clients note the real time; the portal's clock may be ahead of it.
    ahead = clock.now() - datetime.now(UTC)
    CarrierExchange.objects.bulk_create(
        [_row(exchange, at=exchange.started_at + ahead) for exchange in exchanges],
        batch_size=1000,
    )


def _row(exchange: Exchange, *, at: datetime) -> CarrierExchange:
    """Return the exchange as a row; `at` is when it began, by the portal's clock."""
    return CarrierExchange(
        at=at,
        operation=exchange.operation[:40],
        method=exchange.method,
        path=exchange.path[:400],
        http_status=exchange.http_status,
        outcome=str(exchange.outcome),
        detail=storable(exchange.detail)[:500],
        request_body=storable(exchange.request_body),
        response_body=storable(exchange.response_body),
        duration_ms=exchange.duration_ms,
    )


def storable(text: str) -> str:
    """PostgreSQL refuses NUL and lone surrogates; show them as the replacement character."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
