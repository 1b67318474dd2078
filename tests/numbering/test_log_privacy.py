"""O06: what people and carriers told us is in no log line, whatever goes wrong on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from carrier.errors import CarrierError
from carrier.sandbox import Sandbox
from numbering.domain import import_orders, jobs
from numbering.domain.jobs import JobKind
from numbering.models import Job
from numbering.worker import run_once
from portal.wsgi import application
from tests import builders
from tests.numbering import steps
from tests.numbering.notices import knock, order_notice
from tests.portal.test_logs import Lines

pytestmark = pytest.mark.django_db

PLANTED = {
    "name": "Quillfeather Dental",
    "street_name": "Plantedstreet",
    "city": "Plantedville",
    "house_number": "77123",
}


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Log as in production, but everything; put the root logger back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    kept = Lines(as_json=True)
    root.setLevel(logging.DEBUG)
    yield kept
    root.handlers[:] = handlers
    root.setLevel(level)


def a_handler_that_quotes_what_it_holds(job: Job) -> None:
    """Fail with words that hold a number and a line break."""
    raise ValueError("number +13032281234 of\r\nERROR somebody")


def test_a_whole_order_with_all_its_troubles_leaves_nothing_of_anybody_in_the_log(
    own_client: Sandbox, lines: Lines
) -> None:
    """Planted names, addresses, numbers and texts; CR LF and ANSI in what the carrier sends."""
    order = builders.draft(
        subscriber=builders.subscriber(**PLANTED), loa_authorizing_person="Plantedperson"
    )
    [e164] = order.numbers.values_list("e164", flat=True)
    own_client.fault("created_html", path_contains="importTnChecker")
    with pytest.raises(CarrierError):
        import_orders.check(order, actor=None)
    import_orders.check(order, actor=None)
    own_client.fault("created_500", method="POST", path_contains="importTnOrders")
    steps.submitted_and_sent(order)
    hostile = f"Plantedtext {e164}&#13;&#10;ERROR forged &#27;[31m"
    knock(application, order_notice(order.carrier_order_id, message=hostile))
    knock(application, f"<broken>Plantedtext {e164[2:]}".encode())
    steps.work(rounds=2)
    assert steps.status_of(order) == "complete"
    jobs.enqueue("quotes")
    job = jobs.claim()
    assert job is not None
    jobs.run(job, {"quotes": JobKind("quotes", a_handler_that_quotes_what_it_holds)})
    run_once()

    written = lines.read()
    everything = "\n".join(written)
    assert "importTnOrders" in everything
    assert "***1234" in everything
    planted = [*PLANTED.values(), "Plantedperson", "Plantedtext", e164, e164[2:], "3032281234"]
    assert [text for text in planted if text in everything] == []
    assert [line for line in written if not line.startswith("{")] == []
    assert not any(char for char in everything.replace("\n", "") if not char.isprintable())
