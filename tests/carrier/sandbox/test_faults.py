"""Each fault, seen from the wire."""

from __future__ import annotations

import socket
import time
import uuid
import zlib
from xml.etree import ElementTree as ET

import pytest
import requests

from carrier.sandbox import Sandbox
from carrier.sandbox.faults import NAMES
from tests.carrier.sandbox.callers import Caller, codes, eventually, order_body
from tests.carrier.sandbox.receiver import subscription_body

GOOD = "3032281000"


def _raw(caller: Caller, *, seconds: float = 3.0) -> bytes:
    """All bytes that come for a create call until the end of the connection or of the time."""
    body = order_body(GOOD)
    host, _, port = caller.base.split("/")[2].partition(":")
    prepared = requests.Request("POST", "http://x/", auth=caller.session.auth).prepare()
    head = (
        f"POST /api/accounts/9900001/importTnOrders HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Authorization: {prepared.headers['Authorization']}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    received = b""
    end = time.monotonic() + seconds
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        connection.sendall(head.encode() + body)
        while (left := end - time.monotonic()) > 0:
            connection.settimeout(left)
            try:
                part = connection.recv(65536)
            except TimeoutError:
                break
            if not part:
                break
            received += part
    return received


def _ids(answer: requests.Response) -> tuple[str, str]:
    """The order id in Location and the one in the body, "" where there is none."""
    in_body = ET.fromstring(answer.content).findtext("ImportTnOrder/OrderId", "")
    return answer.headers.get("Location", "").rpartition("/")[2], in_body


def test_refused_creates_nothing_and_says_why(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("refused", status=422, code="5150")
    answer = caller.create(GOOD)
    assert (answer.status_code, codes(answer), sandbox.orders()) == (422, ["5150"], [])


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("not_created_500", 500),
        ("not_created_503", 503),
        ("unauthorized", 401),
        ("forbidden", 403),
        ("throttled", 429),
    ],
)
def test_nothing_is_created_and_the_answer_is_empty(
    sandbox: Sandbox, caller: Caller, fault: str, status: int
) -> None:
    sandbox.fault(fault)
    answer = caller.create(GOOD)
    assert (answer.status_code, answer.content, sandbox.orders()) == (status, b"", [])


def test_dropped_before_creates_nothing_and_says_nothing(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("dropped_before")
    assert (_raw(caller), sandbox.orders()) == (b"", [])
    assert [seen.status for seen in sandbox.requests] == [None]


@pytest.mark.parametrize(
    ("reset", "low", "high"),
    [(30, 28, 31), ("past", -62, -59), ("far", 3.1e8, 3.2e8), ("ms", 1.7e12, 1e13)],
)
def test_throttled_names_a_reset_time(
    sandbox: Sandbox, caller: Caller, reset: object, low: float, high: float
) -> None:
    sandbox.fault("throttled", reset=reset)
    header = int(caller.create(GOOD).headers["X-RateLimit-Reset"])
    assert low < header - time.time() < high


def test_throttled_can_name_nonsense_or_nothing(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("throttled", reset="garbage")
    assert caller.create(GOOD).headers["X-RateLimit-Reset"] == "soon"
    sandbox.fault("throttled", reset="missing")
    assert "X-RateLimit-Reset" not in caller.create(GOOD).headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_points_to_the_given_place(sandbox: Sandbox, caller: Caller, status: int) -> None:
    sandbox.fault("redirect", status=status, location="http://127.0.0.1:1/elsewhere")
    answer = caller.create(GOOD)
    assert answer.status_code == status
    assert answer.headers["Location"] == "http://127.0.0.1:1/elsewhere"
    assert sandbox.orders() == []


def test_a_redirect_points_to_the_same_resource_by_itself(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("redirect")
    answer = caller.create(GOOD)
    assert (answer.status_code, answer.headers["Location"]) == (307, caller.base + caller.orders)


def test_an_error_in_a_200_creates_nothing(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("error_in_200", code="5150")
    answer = caller.create(GOOD)
    code = ET.fromstring(answer.content).findtext("ResponseStatus/ErrorCode")
    assert (answer.status_code, code, sandbox.orders()) == (200, "5150", [])


def test_an_error_in_a_200_of_a_file_call_is_a_result_code(
    sandbox: Sandbox, caller: Caller
) -> None:
    path = f"importTnOrders/{caller.created(GOOD)}/loas"
    sandbox.fault("error_in_200", path_contains="/loas")
    root = ET.fromstring(caller.call("POST", path, b"x").content)
    assert (root.tag, root.findtext("resultCode")) == ("fileUploadResponse", "7638")


def test_created_500_and_empty_200_hide_an_order(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_500")
    sandbox.fault("empty_200")
    first, second = caller.create(GOOD), caller.create(GOOD)
    assert (first.status_code, first.content) == (500, b"")
    assert (second.status_code, second.content) == (200, b"")
    assert len(sandbox.orders()) == 2


def test_created_dropped_says_nothing(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_dropped")
    assert (_raw(caller), len(sandbox.orders())) == (b"", 1)


def test_created_cut_promises_more_than_it_sends(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_cut")
    head, _, body = _raw(caller).partition(b"\r\n\r\n")
    promised = next(
        int(line.partition(b":")[2])
        for line in head.splitlines()
        if line.startswith(b"Content-Length")
    )
    assert head.startswith(b"HTTP/1.1 201 ")
    assert len(body) < promised
    assert len(sandbox.orders()) == 1


def test_even_an_answer_without_a_body_can_be_cut(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_cut")
    body = subscription_body("https://portal.example/")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.call("POST", "subscriptions", body)
    assert caller.call("GET", "subscriptions").status_code == 200


def test_created_cut_no_length_sends_half_a_document(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_cut_no_length")
    head, _, body = _raw(caller).partition(b"\r\n\r\n")
    assert b"Content-Length" not in head
    with pytest.raises(ET.ParseError):
        ET.fromstring(body)
    assert len(sandbox.orders()) == 1


def test_created_slow_waits_before_a_good_answer(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_slow", seconds=0.3)
    start = time.monotonic()
    assert caller.create(GOOD).status_code == 201
    assert 0.3 <= time.monotonic() - start < 1.5


def test_created_drip_sends_the_body_byte_by_byte(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_drip", seconds=0.1)
    _, _, body = _raw(caller, seconds=0.55).partition(b"\r\n\r\n")
    assert body == b"<?xml "[: len(body)]
    assert 3 <= len(body) <= 6


def test_created_drip_headers_sends_even_the_head_byte_by_byte(
    sandbox: Sandbox, caller: Caller
) -> None:
    sandbox.fault("created_drip_headers", seconds=0.1)
    received = _raw(caller, seconds=0.55)
    assert received == b"HTTP/1"[: len(received)]
    assert 3 <= len(received) <= 6


def test_created_swollen_unpacks_to_the_asked_size(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_swollen", bytes=3_000_000)
    answer = caller.call("POST", caller.orders, order_body(GOOD), stream=True)
    packed = answer.raw.read(decode_content=False)
    answer.close()
    unpacked = zlib.decompress(packed, wbits=31)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(unpacked) == 3_000_000
    assert len(packed) < 10_000
    assert ET.fromstring(unpacked.rstrip()).tag == "ImportTnOrderResponse"


def test_created_html_is_a_page_without_an_address(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_html")
    answer = caller.create(GOOD)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Location" not in answer.headers
    assert len(sandbox.orders()) == 1


def test_created_unreadable_is_not_xml(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_unreadable")
    answer = caller.create(GOOD)
    assert answer.status_code == 201
    with pytest.raises(ET.ParseError):
        ET.fromstring(answer.content)


def test_created_doctype_is_good_xml_with_a_document_type(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_doctype")
    answer = caller.create(GOOD)
    assert b"<!DOCTYPE" in answer.content
    assert _ids(answer) == (sandbox.orders()[0].order_id,) * 2


def test_created_late_is_born_after_the_caller_has_gone(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("created_late", seconds=0.4)
    assert (_raw(caller, seconds=0.2), sandbox.orders()) == (b"", [])
    assert len(eventually(sandbox.orders)) == 1


def test_listed_late_can_be_read_at_once_but_not_found(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("listed_late", seconds=0.4)
    order_id = caller.created(GOOD)
    path = "importTnOrders?customerOrderId=TEST-1"
    assert caller.order(order_id).findtext("OrderId") == order_id
    assert b"ImportTnOrderSummary" not in caller.call("GET", path).content
    eventually(lambda: order_id.encode() in caller.call("GET", path).content)


def test_other_order_answers_about_somebody_elses(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("other_order")
    answer = caller.create(GOOD)
    in_location, in_body = _ids(answer)
    assert in_location == in_body == str(uuid.UUID(in_body))
    assert [order.order_id for order in sandbox.orders()] != [in_body]
    assert b"<CustomerOrderId>someone-else<" in answer.content


def test_two_orders_are_made_under_one_reference(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("two_orders")
    answered = caller.created(GOOD)
    made = sandbox.orders()
    assert [order.customer_order_id for order in made] == ["TEST-1", "TEST-1"]
    assert answered in [order.order_id for order in made]
    assert len({order.order_id for order in made}) == 2


def test_the_id_can_be_in_one_place_in_none_or_differ(sandbox: Sandbox, caller: Caller) -> None:
    found = {}
    for fault in ("id_only_in_location", "id_only_in_body", "id_nowhere", "ids_disagree"):
        sandbox.fault(fault)
        in_location, in_body = _ids(caller.create(GOOD))
        true_id = sandbox.orders()[0].order_id
        found[fault] = (in_location == true_id, in_body == true_id, bool(in_location and in_body))
    assert found == {
        "id_only_in_location": (True, False, False),
        "id_only_in_body": (False, True, False),
        "id_nowhere": (False, False, False),
        "ids_disagree": (False, True, True),
    }


def test_a_fault_spoils_reading_too(sandbox: Sandbox, caller: Caller) -> None:
    order_id = caller.created(GOOD)
    sandbox.fault("created_500", method="GET")
    assert caller.call("GET", f"importTnOrders/{order_id}").status_code == 500
    sandbox.fault("other_order", method="GET")
    assert caller.order(order_id).findtext("OrderId") != order_id


def test_a_fault_hits_only_its_method_and_path(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("not_created_503", method="POST", path_contains="importTnOrders")
    assert caller.call("GET", "importTnOrders").status_code == 200
    assert caller.call("POST", "importTnChecker", b"<a/>").status_code == 400
    assert caller.create(GOOD).status_code == 503
    assert caller.create(GOOD).status_code == 201


def test_a_fault_lasts_its_number_of_times_or_until_cleared(
    sandbox: Sandbox, caller: Caller
) -> None:
    sandbox.fault("forbidden", times=2)
    assert [caller.call("GET", "sites").status_code for _ in range(3)] == [403, 403, 200]
    sandbox.fault("forbidden", times=None)
    assert [caller.call("GET", "sites").status_code for _ in range(3)] == [403, 403, 403]
    sandbox.clear_faults()
    assert caller.call("GET", "sites").status_code == 200


def test_a_rate_hits_some_and_spares_some(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.fault("forbidden", times=None, rate=0.5)
    statuses = {caller.call("GET", "sites").status_code for _ in range(64)}
    assert statuses == {200, 403}


def test_the_token_address_is_hit_only_when_it_is_named(sandbox: Sandbox) -> None:
    form = {"grant_type": "client_credentials"}
    client = ("sandbox-client", "sandbox-secret")
    sandbox.fault("forbidden", method="POST")
    assert requests.post(sandbox.token_url, data=form, auth=client, timeout=5).status_code == 200
    sandbox.fault("not_created_503", path_contains="oauth2/token")
    assert requests.post(sandbox.token_url, data=form, auth=client, timeout=5).status_code == 503


@pytest.mark.parametrize(
    "wish",
    [{"name": "rain"}, {"name": "refused", "times": 0}, {"name": "refused", "rate": 0}],
)
def test_a_fault_that_could_never_fire_is_refused(
    sandbox: Sandbox, wish: dict[str, object]
) -> None:
    with pytest.raises(ValueError):
        sandbox.fault(**wish)  # type: ignore[arg-type]


def test_there_are_as_many_faults_as_agreed() -> None:
    assert len(NAMES) == 33
