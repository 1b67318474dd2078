"""What goes to the carrier and what comes back, as plain frozen records.

Telephone numbers are E.164, instants are UTC, and the carrier's own words are kept beside ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from carrier.errors import Problem
from carrier.number_records import AvailableExchange as AvailableExchange
from carrier.number_records import AvailableNumber as AvailableNumber
from carrier.number_records import NewNumberOrder as NewNumberOrder
from carrier.number_records import NumberDetails as NumberDetails
from carrier.number_records import NumberOrderType as NumberOrderType
from carrier.number_records import NumberSearch as NumberSearch
from carrier.number_records import NumberStatus as NumberStatus


class OrderStatus(StrEnum):
    """Where an order stands. The carrier's unread words become UNKNOWN."""

    RECEIVED = "RECEIVED"
    PROCESSING = "PROCESSING"
    # Waits for numbers to come on offer; what it has got so far stays.
    BACKORDERED = "BACKORDERED"
    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    # Only in the carrier's list of notices, nowhere explained: a person must look, and so do we.
    EXCEPTION = "EXCEPTION"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def read(cls, word: str) -> "OrderStatus":
        """Our status for the carrier's word, in any case."""
        try:
            return cls(word.strip().upper())
        except ValueError:
            return cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        """Whether the order can be left alone from now on."""
        return self in (OrderStatus.COMPLETE, OrderStatus.PARTIAL, OrderStatus.FAILED)


class NumberState(StrEnum):
    """How one telephone number of an order came out."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    PENDING = "PENDING"


@dataclass(frozen=True)
class NumberResult:
    """One number's state and the reasons that concern it."""

    state: NumberState
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ServiceAddress:
    """Where the subscriber has the service; `state_code` is two letters."""

    house_number: str
    street_name: str
    city: str
    state_code: str
    zip: str
    county: str = ""
    house_prefix: str = ""
    house_suffix: str = ""
    pre_directional: str = ""
    street_suffix: str = ""
    post_directional: str = ""
    address_line2: str = ""
    plus_four: str = ""


@dataclass(frozen=True)
class NewImportOrder:
    """An import order to be created.

    `customer_order_id` is our own reference: letters, digits, dashes and blanks, at most 40. It
    is what an order with an unknown outcome is found by. Without `sip_peer_id` the carrier takes
    the site's default peer.
    """

    customer_order_id: str
    site_id: str
    sip_peer_id: str
    subscriber_name: str
    service_address: ServiceAddress
    loa_authorizing_person: str
    loa_type: Literal["SUBSCRIBER", "CARRIER"]
    telephone_numbers: tuple[str, ...]


@dataclass(frozen=True)
class OrderRecord:
    """What every order about imported numbers says, and all that a removal says.

    Dates are None when absent or not readable.
    """

    order_id: str
    customer_order_id: str
    status: OrderStatus
    raw_status: str
    telephone_numbers: tuple[str, ...]
    problems: tuple[Problem, ...]
    created_at: datetime | None
    raw_created_at: str
    last_modified_at: datetime | None
    raw_last_modified_at: str

    def results(self) -> dict[str, NumberResult]:
        """Each number's result, which the carrier does not state and we must derive.

        FAILED fails every number, named or not. COMPLETE and PARTIAL complete those that no
        reason names; a failed number may be named under the reasons only. A PARTIAL order that
        names no failed number does not tell which ones failed, so they stay pending. So they do
        in every other status.
        """
        return self._results(self.telephone_numbers, frozenset())

    def _results(self, mentioned: Iterable[str], failed: frozenset[str]) -> dict[str, NumberResult]:
        """The results of the numbers that are mentioned, failed or named by a reason."""
        named: dict[str, list[Problem]] = {number: [] for number in failed}
        about_all = tuple(problem for problem in self.problems if not problem.telephone_numbers)
        for problem in self.problems:
            for number in problem.telephone_numbers:
                named.setdefault(number, []).append(problem)
        return {
            number: NumberResult(
                self._state(number in named, bool(named)), (*named.get(number, ()), *about_all)
            )
            for number in dict.fromkeys((*mentioned, *named))
        }

    def _state(self, is_named: bool, any_named: bool) -> NumberState:
        if self.status is OrderStatus.FAILED:
            return NumberState.FAILED
        if not self.status.is_final:
            return NumberState.PENDING
        if is_named:
            return NumberState.FAILED
        if self.status is OrderStatus.PARTIAL and not any_named:
            return NumberState.PENDING
        return NumberState.COMPLETED


@dataclass(frozen=True)
class ImportOrderRecord(OrderRecord):
    """An import order as the carrier has it."""

    site_id: str
    sip_peer_id: str
    subscriber_name: str
    loa_type: str
    loa_authorizing_person: str


@dataclass(frozen=True)
class ListingOrderRecord(OrderRecord):
    """An order whose end lists the numbers that it completed: ordered, or disconnected.

    `telephone_numbers` are those that it names, and where it names none, those it came out with.
    """

    completed_numbers: tuple[str, ...]
    failed_numbers: tuple[str, ...]

    def results(self) -> dict[str, NumberResult]:
        """Each number's result, where the carrier's own list of completed numbers counts first.

        A number that is said to have failed has failed, listed as completed or not. While the
        order is not final, all are pending. A final order that lists completed numbers completes
        no other; without such a list it is as with every order.
        """
        failed = frozenset(self.failed_numbers).union(
            *(problem.telephone_numbers for problem in self.problems)
        )
        results = self._results((*self.telephone_numbers, *self.completed_numbers), failed)
        if self.status.is_final and self._has_list():
            completed = set(self.completed_numbers)
            is_failed = self.status is OrderStatus.FAILED
            rest = NumberState.FAILED if is_failed else NumberState.PENDING
            for number in results.keys() - failed:
                state = NumberState.COMPLETED if number in completed else rest
                results[number] = replace(results[number], state=state)
        return results

    def _has_list(self) -> bool:
        return bool(self.completed_numbers)


@dataclass(frozen=True)
class NumberOrderRecord(ListingOrderRecord):
    """An order for numbers as the carrier has it. Quantities are None where not readable."""

    completed_quantity: int | None
    failed_quantity: int | None
    pending_quantity: int | None

    def _has_list(self) -> bool:
        return bool(self.completed_numbers) or self.completed_quantity == 0


@dataclass(frozen=True)
class NewRemoval:
    """An order to end the hosting of numbers; the reference is as that of an import order."""

    customer_order_id: str
    telephone_numbers: tuple[str, ...]


@dataclass(frozen=True)
class OrderSummary:
    """One row of the carrier's list. `telephone_number_count` is None when it is no number."""

    order_id: str
    customer_order_id: str
    status: OrderStatus
    raw_status: str
    telephone_number_count: int | None
    created_at: datetime | None
    raw_created_at: str
    last_modified_at: datetime | None
    raw_last_modified_at: str
    user_id: str


@dataclass(frozen=True)
class OrderList:
    """A list that could be read. `truncated`: the carrier stops at 1,000, there may be more."""

    rows: tuple[OrderSummary, ...]
    truncated: bool


@dataclass(frozen=True)
class HistoryEntry:
    """One step in an order's life, oldest first as the carrier sends them."""

    at: datetime | None
    raw_at: str
    status: OrderStatus
    raw_status: str
    note: str
    author: str


@dataclass(frozen=True)
class LoaFile:
    """A letter of authorization kept at the carrier. Types and names are the carrier's text."""

    file_id: str
    document_type: str = ""
    document_name: str = ""


@dataclass(frozen=True)
class LoaContent:
    """The bytes of a letter of authorization, whole."""

    content: bytes
    content_type: str
    filename: str


@dataclass(frozen=True)
class Site:
    """The carrier's "sub-account", under which SIP peers stand."""

    site_id: str
    name: str
    description: str


@dataclass(frozen=True)
class SipPeer:
    """The carrier's "location", which holds the numbers and their messaging settings."""

    sip_peer_id: str
    name: str
    description: str
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class NewSubscription:
    """A webhook subscription to be registered, whole: the carrier resets what is left out.

    Either `order_type` (such as `importtnorders`) or `event_type` (`MESSAGING_LOST`) is set.
    """

    order_type: str = ""
    event_type: str = ""
    order_id: str = ""
    url: str
    expiry_seconds: int
    username: str
    password: str
    number_format: str = ""

    def __repr__(self) -> str:
        return f"NewSubscription({self.order_type or self.event_type})"


@dataclass(frozen=True)
class Subscription:
    """A webhook subscription at the carrier.

    `expiry_seconds` is what is left of its life, None when there is no end to be read (as for
    e-mail subscriptions). `status_text` is READY before the first delivery, then the result of
    the last one.
    """

    subscription_id: str
    order_type: str
    event_type: str
    order_id: str
    url: str
    expiry_seconds: int | None
    status_text: str
    username: str
    email: str
    number_format: str


@dataclass(frozen=True)
class Notification:
    """What a webhook claims. Never more than a reason to read the order from the carrier."""

    order_type: str
    event_type: str
    order_id: str
    customer_order_id: str
    status_word: str
    message: str
    note: str
    telephone_numbers: tuple[str, ...]
    subscription_id: str
    last_modified_at: datetime | None
    raw_last_modified: str


@dataclass(frozen=True)
class NewMessage:
    """A text message to send. Numbers are E.164; `tag` comes back in every news of it."""

    application_id: str
    from_number: str
    to_number: str
    text: str
    tag: str


@dataclass(frozen=True)
class MessageNews:
    """One event of a message callback.

    `to_number` is the one receiver that it is about. Numbers are E.164 where they can be read as
    such; `owner_number` is ours, "" where the carrier does not say.
    """

    kind: str
    message_id: str
    owner_number: str
    from_number: str
    to_number: str
    text: str
    tag: str
    error_code: str
    description: str
    at: datetime | None
