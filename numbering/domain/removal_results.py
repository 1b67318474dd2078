"""Bring a removal or disconnect to what the carrier says of it, and each number to its end."""

from collections.abc import Mapping
from types import ModuleType

from carrier import disconnects as carrier_disconnects
from carrier import removals as carrier_removals
from carrier.client import Carrier
from carrier.errors import Problem
from carrier.records import OrderRecord, OrderStatus
from numbering.domain import following, telephone_numbers
from numbering.domain.following import Follower
from numbering.domain.import_orders import by_reason
from numbering.enums import (
    REMOVAL_AT_CARRIER,
    AnyOrderStatus,
    LearnedBy,
    RemovalNumberStatus,
    RemovalStatus,
    RemovalVerb,
)
from numbering.models import Job, RemovalOrder

# The carrier's side of each verb; both modules have the same functions.
_AT_CARRIER = {
    RemovalVerb.REMOVE: carrier_removals,
    RemovalVerb.DISCONNECT: carrier_disconnects,
}
# Under which the help for the carrier's codes is written.
OPERATIONS = {RemovalVerb.REMOVE: "removal", RemovalVerb.DISCONNECT: "disconnect"}
_END = {
    RemovalVerb.REMOVE: ("the carrier hosts it no more.", "it was not removed."),
    RemovalVerb.DISCONNECT: ("the carrier has disconnected it.", "it was not disconnected."),
}


def at_carrier(order: RemovalOrder) -> ModuleType:
    """Return the carrier's functions for an order of this verb."""
    return _AT_CARRIER[RemovalVerb(order.verb)]


class RemovalFollower(Follower[RemovalOrder, OrderRecord]):
    """A removal or disconnect at the carrier."""

    model = RemovalOrder
    read_job = "read_removal"
    webhook_column = "removal"
    statuses = {
        OrderStatus.RECEIVED: RemovalStatus.RECEIVED,
        OrderStatus.PROCESSING: RemovalStatus.PROCESSING,
        OrderStatus.COMPLETE: RemovalStatus.COMPLETE,
        OrderStatus.PARTIAL: RemovalStatus.PARTIAL,
        OrderStatus.FAILED: RemovalStatus.FAILED,
    }
    at_carrier = REMOVAL_AT_CARRIER

    def get(self, carrier: Carrier, order: RemovalOrder, order_id: str) -> OrderRecord:
        """Read one at the carrier."""
        record: OrderRecord = at_carrier(order).get(carrier, order_id=order_id)
        return record

    def reason(self, status: AnyOrderStatus, record: OrderRecord) -> str:
        """Return the carrier's words."""
        return following.words_of(record)

    def settle(
        self, order: RemovalOrder, failed: Mapping[str, Problem], *, learned_by: LearnedBy
    ) -> None:
        """Numbers are gone or in service as before."""
        settle(order, failed, learned_by=learned_by)


FOLLOWER = RemovalFollower()


def run_read(job: Job) -> None:
    """Handler: read the removal at the carrier and take over what it says."""
    following.run_read(FOLLOWER, job)


def settle(order: RemovalOrder, failed: Mapping[str, Problem], *, learned_by: LearnedBy) -> None:
    """Write each number's result; `failed` holds those that were not removed, with the reason."""
    e164s = list(order.numbers.values_list("e164", flat=True))
    verb = RemovalVerb(order.verb)
    gone, kept_on = _END[verb]
    absent = {
        e164: problem
        for e164, problem in failed.items()
        if verb == RemovalVerb.REMOVE and _was_never_imported(problem, e164, alone=len(e164s) == 1)
    }
    kept = {e164: problem for e164, problem in failed.items() if e164 not in absent}
    order.numbers.exclude(e164__in=failed).update(status=RemovalNumberStatus.REMOVED)
    for status, problems in (
        (RemovalNumberStatus.ABSENT, absent),
        (RemovalNumberStatus.KEPT, kept),
    ):
        for (code, description), numbers in by_reason(problems).items():
            order.numbers.filter(e164__in=numbers).update(
                status=status, code=code, description=description
            )
    for is_gone, numbers, why in (
        (True, [e164 for e164 in e164s if e164 not in failed], gone),
        (True, list(absent), "the carrier says that it never imported this number."),
        (False, list(kept), kept_on),
    ):
        telephone_numbers.finish_leaving(
            numbers, verb, is_gone=is_gone, reason=f"{order}: {why}", learned_by=learned_by
        )


def _was_never_imported(problem: Problem, e164: str, *, alone: bool) -> bool:
    """Whether the carrier says of this very number that it does not host it for us."""
    is_meant = alone or e164 in problem.telephone_numbers
    return is_meant and problem.code == carrier_removals.NEVER_IMPORTED
