"""Every kind of order that is followed at the carrier."""

from carrier.records import ImportOrderRecord, NumberOrderRecord, OrderRecord
from numbering.domain import number_order_results, removal_results, results
from numbering.domain.following import Follower
from numbering.models import ImportOrder, NumberOrder, RemovalOrder

AnyFollower = (
    Follower[ImportOrder, ImportOrderRecord]
    | Follower[RemovalOrder, OrderRecord]
    | Follower[NumberOrder, NumberOrderRecord]
)

FOLLOWERS: tuple[AnyFollower, ...] = (
    results.FOLLOWER,
    removal_results.FOLLOWER,
    number_order_results.FOLLOWER,
)
