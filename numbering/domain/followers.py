"""Every kind of order that is followed at the carrier."""

from carrier.records import ImportOrderRecord, OrderRecord
from numbering.domain import removal_results, results
from numbering.domain.following import Follower
from numbering.models import ImportOrder, RemovalOrder

AnyFollower = Follower[ImportOrder, ImportOrderRecord] | Follower[RemovalOrder, OrderRecord]

FOLLOWERS: tuple[AnyFollower, ...] = (results.FOLLOWER, removal_results.FOLLOWER)
