"""Numbers that are offered, wanted and described: frozen records without an order's fate.

`carrier.records` hands them on with all others. Numbers are E.164.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class AvailableNumber:
    """A number that was on offer a moment ago. Nobody holds it for us.

    All but the number itself is empty where the carrier was not asked for it or does not say.
    """

    e164: str
    city: str = ""
    state: str = ""
    rate_center: str = ""
    lata: str = ""
    tier: str = ""
    vendor_name: str = ""


@dataclass(frozen=True)
class AvailableExchange:
    """An area code and exchange with how many of its numbers are on offer.

    `quantity` is 0 where the carrier's count cannot be read.
    """

    npa: str
    nxx: str
    city: str
    state: str
    quantity: int
    rate_center: str = ""


@dataclass(frozen=True)
class NumberSearch:
    """What to look for among the numbers on offer; what is empty narrows nothing.

    `carrier.search.problem_of` says which fields go together. `local_calling_area` widens a search
    by exchange or rate center alone to the places that are a local call away.
    """

    area_code: str = ""
    npa_nxx: str = ""
    npa_nxx_x: str = ""
    rate_center: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    lata: str = ""
    local_vanity: str = ""
    ends_in: bool = False
    toll_free_vanity: str = ""
    toll_free_wildcard: str = ""
    local_calling_area: bool = False
    quantity: int = 50
    detail: bool = True


class NumberOrderType(StrEnum):
    """By what an order chooses its numbers."""

    EXISTING = "existing"
    AREA_CODE = "area_code"
    NPA_NXX = "npa_nxx"
    RATE_CENTER = "rate_center"
    CITY = "city"
    STATE = "state"
    ZIP = "zip"
    LATA = "lata"
    TOLL_FREE_VANITY = "toll_free_vanity"
    TOLL_FREE_WILDCARD = "toll_free_wildcard"
    COMBINED = "combined"


@dataclass(frozen=True)
class NewNumberOrder:
    """An order for numbers, which costs money; the reference is as that of an import order.

    One of type EXISTING names its numbers, and the reservations that hold some of them. Every
    other type has a search instead, whose `quantity` is how many to take.
    """

    customer_order_id: str
    name: str
    site_id: str
    sip_peer_id: str
    order_type: NumberOrderType
    telephone_numbers: tuple[str, ...] = ()
    reservation_ids: tuple[str, ...] = ()
    search: NumberSearch | None = None
    is_partial_allowed: bool = True
    is_back_order: bool = False


class NumberStatus(StrEnum):
    """Where a number stands at the carrier. The carrier's unread words become UNKNOWN."""

    AVAILABLE = "AVAILABLE"
    IN_SERVICE = "INSERVICE"
    # Assigned to an account and not live yet.
    IN_ACCOUNT = "INACCOUNT"
    RESERVED = "RESERVED"
    DISCONNECTED = "DISCONNECTED"
    # Given up, and kept from others for some weeks.
    AGING = "AGING"
    PORT_IN_PENDING = "PORTINPENDINGFOC"
    PORT_OUT = "PORTOUT"
    REMOVED = "REMOVED"
    ELIMINATED = "ELIMINATED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def read(cls, word: str) -> "NumberStatus":
        """Our status for the carrier's word, in any case."""
        try:
            return cls(word.strip().upper())
        except ValueError:
            return cls.UNKNOWN


@dataclass(frozen=True)
class NumberDetails:
    """What the carrier says of one number. Only the number itself is sure to be there.

    `account_id` is whose number it is; a hosted number belongs to another account than the
    `hosting_account_ids` that have its messages. `attributes` are the carrier's words, such as
    Imported or Hosted. `sms_enabled` is None where the carrier does not say.
    """

    e164: str
    status: NumberStatus
    raw_status: str
    account_id: str
    site_id: str
    site_name: str
    sip_peer_id: str
    sip_peer_name: str
    city: str
    state: str
    rate_center: str
    lata: str
    tier: str
    vendor_name: str
    service_types: tuple[str, ...]
    attributes: tuple[str, ...]
    hosting_account_ids: tuple[str, ...]
    sms_enabled: bool | None
    campaign_id: str
    last_modified_at: datetime | None
    raw_last_modified_at: str
