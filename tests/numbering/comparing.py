"""What the tests of the compare and of what follows from it do again and again."""

from __future__ import annotations

from carrier import import_orders as carrier_orders
from carrier.records import NewImportOrder, ServiceAddress
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import jobs
from numbering.models import Case, ImportOrder, Job, TelephoneNumber
from numbering.worker import run_due
from tests.numbering import steps


def hosted(sandbox: Sandbox, *numbers: str) -> ImportOrder:
    """Take the numbers onto the portal through an order that completes."""
    order = steps.sent(*numbers)
    sandbox.finish(order.carrier_order_id or "", "COMPLETE")
    steps.work()
    assert steps.status_of(order) == "complete"
    return order


def hosted_there_only(sandbox: Sandbox, *numbers: str) -> None:
    """Have the carrier host numbers that this portal never heard of."""
    address = ServiceAddress(
        house_number="12", street_name="Elm", city="Boulder", state_code="CO", zip="80301"
    )
    order = carrier_orders.create(
        get_carrier(),
        order=NewImportOrder(
            customer_order_id="by hand",
            site_id="1001",
            sip_peer_id="500101",
            subscriber_name="Somebody",
            service_address=address,
            loa_authorizing_person="Ada Elm",
            loa_type="SUBSCRIBER",
            telephone_numbers=numbers,
        ),
    )
    sandbox.finish(order.order_id, "COMPLETE")


def compared() -> Job:
    """Have the numbers compared; give the job as it ended."""
    jobs.enqueue("compare")
    run_due()
    return Job.objects.filter(kind="compare").latest("pk")


def found() -> list[tuple[str, str, bool]]:
    """Give every case: what differs, the number, whether it is open."""
    rows = Case.objects.order_by("pk").values_list("kind", "e164", "closed_at")
    return [(kind, e164, closed is None) for kind, e164, closed in rows]


def state_of(e164: str) -> str:
    """Give the state of the number's latest life."""
    return TelephoneNumber.objects.filter(e164=e164).latest("pk").state
