"""The carrier's books of numbers, read from its state once it has ended; E.164."""

from dataclasses import dataclass

from carrier.sandbox.number_book import NumberBook, Scope
from carrier.sandbox.platform_book import PlatformBook, PlatformNumberSeen
from carrier.sandbox.store import Store
from tests.faults.at_carrier import CarrierHome


@dataclass(frozen=True)
class Books:
    """What is in service, and every number that the older platform ever had."""

    in_service: frozenset[str]
    on_old: dict[str, PlatformNumberSeen]


def read_books(carrier: CarrierHome) -> Books:
    """Read both."""
    store = Store(carrier.folder / "state.sqlite3")
    try:
        numbers = NumberBook(store)
        listed = numbers.page(Scope(), limit=numbers.count(Scope()))
        return Books(
            in_service=frozenset(f"+1{number}" for number in listed),
            on_old={number.telephone_number: number for number in PlatformBook(store).all()},
        )
    finally:
        store.close()
