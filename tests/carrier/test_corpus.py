"""Bodies that the carrier itself published, read in place and never copied here.

They lie beside the repository; where they are absent, these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from carrier import importability, loas, places, removals, subscriptions, xmlbody
from carrier.errors import Problem
from carrier.import_orders import build_document, read_history, read_list, read_order
from carrier.notifications import read_notification
from carrier.problems import read_problems
from carrier.records import (
    LoaFile,
    NewImportOrder,
    NewSubscription,
    NumberState,
    OrderStatus,
    ServiceAddress,
    SipPeer,
    Site,
    Subscription,
)
from carrier.telephone import NumberFormat

FIXTURES = Path(__file__).resolve().parents[2].parent / "shared/carrier/fixtures"

pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the published bodies are not here")


def all_of(suffix: str) -> list[str]:
    return sorted(str(path.relative_to(FIXTURES)) for path in FIXTURES.rglob(f"*.{suffix}"))


def root_of(name: str) -> Element:
    return xmlbody.parse((FIXTURES / name).read_bytes())


@pytest.mark.parametrize("name", all_of("xml"))
def test_every_xml_body_can_be_read(name: str) -> None:
    root = root_of(name)
    assert xmlbody.name_of(root) != ""
    read_problems(root)


@pytest.mark.parametrize("name", all_of("json"))
def test_every_json_body_is_valid(name: str) -> None:
    assert json.loads((FIXTURES / name).read_bytes()) is not None


# Reasons, one line per body that holds any.

NOT_NANP = "is not a valid NANPA telephone number."
PROBLEMS = {
    "importtnchecker/response-400-invalid-tns.xml": (
        Problem("7201", f"61746052083 {NOT_NANP}"),
        Problem("7201", f"61746052082 {NOT_NANP}"),
    ),
    "importtnorders/create-400.xml": (
        Problem("7309", "The site id was not supplied or is invalid."),
        Problem("7312", "The sippeer id is invalid."),
    ),
    "removeimportedtnorders/create-400.xml": (
        Problem("1234", "The customer order id is invalid."),
    ),
    "removeimportedtnorders/get-400-bad-uuid.xml": (
        Problem("1008", "'some_invalid_uuid' is not a valid UUID"),
    ),
    "tnoptions/get-404.xml": (Problem("", "The resource does not exist"),),
    "sites/error-404.xml": (Problem("12016", "Site '5001' does not exist"),),
    "sippeers/error-13563.xml": (
        Problem("13563", "Sip Peer '5555' account 'accountId' and site '1234' does not exist"),
    ),
    "importtnorders/get-200-complete.xml": (),
    "importtnorders/create-201-received.xml": (),
    "loas/upload-201.xml": (),
    "loas/list-200-file-data.xml": (),
    "sites/get-200.xml": (),
    "tnoptions/get-200-complete-warnings.xml": (),
}

# Reasons beside what a body holds, and those of families that have no module here.
CODES = {
    "availablenumbers/search-400.xml": 1,
    "orders/create-400.xml": 1,
    "orders/get-200-failed-5005.xml": 3,
    "orders/notes-400.xml": 1,
    "tnoptions/create-400.xml": 1,
    "tns/details-400.xml": 1,
    "tns/list-400.xml": 1,
    "disconnects/get-200-failed-single.xml": 1,
}


@pytest.mark.parametrize(("name", "problems"), PROBLEMS.items())
def test_reasons_are_read(name: str, problems: tuple[Problem, ...]) -> None:
    assert read_problems(root_of(name)) == problems


@pytest.mark.parametrize(("name", "count"), CODES.items())
def test_other_reasons_are_counted(name: str, count: int) -> None:
    problems = read_problems(root_of(name))
    assert [problem.code.isdigit() for problem in problems] == [True] * count


# Importability.


@pytest.mark.parametrize("name", ["response-200-mixed.xml", "response-200-mixed-v2-e164.xml"])
def test_importability_is_the_same_in_both_versions(name: str) -> None:
    answer = importability.read_importability(root_of(f"importtnchecker/{name}"))
    assert answer.importable == ("+13032281000",)
    assert [(problem.code, problem.telephone_numbers) for problem in answer.problems] == [
        ("19006", ("+14109235436", "+14104685864"))
    ]


# Import orders.


def instant(
    year: int, month: int, day: int, hour: int, minute: int, second: int, milliseconds: int
) -> datetime:
    return datetime(year, month, day, hour, minute, second, milliseconds * 1000, tzinfo=UTC)


ORDERS = {
    "create-201-processing-carrier-loatype.xml": {
        "order_id": "b05de7e6-0cab-4c83-81bb-9379cba8efd0",
        "customer_order_id": "SJM000001",
        "status": OrderStatus.PROCESSING,
        "telephone_numbers": ("+19199918388", "+14158714245", "+14352154439", "+14352154466"),
        "problems": (),
        "site_id": "202",
        "sip_peer_id": "520565",
        "created_at": instant(2018, 1, 20, 2, 59, 54, 0),
        "last_modified_at": instant(2018, 1, 20, 2, 59, 54, 0),
        "subscriber_name": "ABC Inc.",
        "loa_type": "CARRIER",
        "loa_authorizing_person": "The Authguy",
    },
    "create-201-received.xml": {
        "order_id": "ba87c8ef-4cc5-435d-a346-cda601776257",
        "customer_order_id": "1111",
        "status": OrderStatus.RECEIVED,
        "telephone_numbers": ("+19198675309", "+18288675309"),
        "site_id": "222",
        "sip_peer_id": "333",
        "created_at": instant(2020, 2, 11, 15, 4, 34, 832),
        "last_modified_at": instant(2020, 2, 11, 15, 4, 34, 833),
        "loa_type": "",
        "loa_authorizing_person": "LoaAuthorizingPerson",
    },
    "get-200-complete.xml": {
        "order_id": "021a94f5-5c55-401f-9cdc-8dca059ad7c1",
        "customer_order_id": "",
        "status": OrderStatus.COMPLETE,
        "telephone_numbers": ("+19198675309",),
        "problems": (),
        "site_id": "123",
        "sip_peer_id": "345",
        "created_at": instant(2020, 2, 4, 17, 58, 39, 980),
        "last_modified_at": instant(2020, 2, 4, 17, 58, 41, 33),
        "subscriber_name": "ABC Inc.",
    },
    "get-200-failed-5016.xml": {
        "order_id": "fbd17609-be44-48e7-a301-90bd6cf42248",
        "customer_order_id": "id",
        "status": OrderStatus.FAILED,
        "telephone_numbers": ("+19193039169",),
        "problems": (Problem("5016", "The SiteId submitted is invalid.", ("+19193039169",)),),
        "site_id": "12345",
        "sip_peer_id": "",
        "subscriber_name": "Bandwidth",
    },
}


@pytest.mark.parametrize(("name", "facts"), ORDERS.items())
def test_import_orders_are_read(name: str, facts: dict[str, object]) -> None:
    record = read_order(root_of(f"importtnorders/{name}"))
    assert {fact: getattr(record, fact) for fact in facts} == facts


def test_the_failed_order_failed_its_number() -> None:
    results = read_order(root_of("importtnorders/get-200-failed-5016.xml")).results()
    assert [(number, result.state) for number, result in results.items()] == [
        ("+19193039169", NumberState.FAILED)
    ]


def test_the_list_with_and_without_customer_order_ids_is_read() -> None:
    found = read_list(root_of("importtnorders/list-200.xml"))
    assert not found.truncated
    assert [
        (row.order_id, row.customer_order_id, row.status, row.telephone_number_count, row.user_id)
        for row in found.rows
    ] == [
        ("0e236be2-ba83-4c96-8a08-8d7502c5f437", "id", OrderStatus.FAILED, 1, "jmulford-api"),
        ("021a94f5-5c55-401f-9cdc-8dca059ad7c1", "", OrderStatus.COMPLETE, 1, "dtolb-API"),
    ]
    assert found.rows[0].created_at == instant(2020, 2, 5, 15, 57, 49, 64)
    assert found.rows[0].last_modified_at == instant(2020, 2, 5, 15, 57, 49, 311)


def test_the_longer_list_is_read_whole() -> None:
    rows = read_list(root_of("importtnorders/list-200-19-rows.xml")).rows
    statuses = [row.status for row in rows]
    assert (len(rows), len({row.order_id for row in rows})) == (19, 19)
    assert statuses == [OrderStatus.COMPLETE] * 2 + [OrderStatus.FAILED] * 17
    assert [row.customer_order_id for row in rows] == [""] * 5 + ["id"] * 13 + ["jmulford"]


@pytest.mark.parametrize(
    ("name", "status", "reference", "count"),
    [
        ("create-201-received.xml", OrderStatus.RECEIVED, "ICPA123ABC", 4),
        ("create-201-singular-root.xml", OrderStatus.PROCESSING, "SJM000001", 4),
        ("get-200-complete.xml", OrderStatus.COMPLETE, "", 1),
    ],
)
def test_removals_are_read(name: str, status: OrderStatus, reference: str, count: int) -> None:
    record = removals.read_removal(root_of(f"removeimportedtnorders/{name}"))
    assert (record.status, record.customer_order_id) == (status, reference)
    assert (len(record.telephone_numbers), record.problems) == (count, ())


@pytest.mark.parametrize(("name", "count"), [("list-200.xml", 2), ("list-200-9-rows.xml", 9)])
def test_lists_of_removals_are_read(name: str, count: int) -> None:
    rows = removals.read_list(root_of(f"removeimportedtnorders/{name}")).rows
    assert (len(rows), rows[-1].telephone_number_count) == (count, 1 if count == 2 else 2)
    assert {row.status for row in rows} == {OrderStatus.COMPLETE, OrderStatus.FAILED}


def test_the_history_in_lower_case_is_read() -> None:
    entries = read_history(root_of("importtnorders/history-200-lowercase-status.xml"))
    assert [(entry.status, entry.raw_status, entry.author) for entry in entries] == [
        (OrderStatus.RECEIVED, "received", "dtolb-API"),
        (OrderStatus.FAILED, "failed", "dtolb-API"),
    ]
    assert entries[1].at == instant(2020, 2, 11, 15, 51, 18, 521)
    assert entries[1].note == "Import TN order has failed."


# LOA files.


def test_both_forms_of_the_file_list_are_read() -> None:
    stem = "d28b36f7-fa96-49eb-9556-a40fca49f7c6-"
    stamps = ["1416231534986", "1416231558768", "1416231581134", "1416231629005"]
    stamps += ["1416231699462", "1416232756923"]
    assert loas.read_files(root_of("loas/list-200-file-data.xml")) == tuple(
        LoaFile(f"{stem}{stamp}.txt", "LOA") for stamp in stamps
    )
    stem = "803f3cc5-beae-469e-bd65-e9891ccdffb9-"
    assert loas.read_files(root_of("loas/list-200-file-names.xml")) == (
        LoaFile(f"{stem}1092874634747.pdf"),
        LoaFile(f"{stem}1430814967669.pdf"),
    )


def test_loa_metadata_and_upload_are_read() -> None:
    assert loas.read_metadata(root_of("loas/metadata-200.xml"), "f") == LoaFile("f", "LOA", "")
    odd = loas.read_metadata(root_of("loas/metadata-200-odd-type.xml"), "f")
    assert odd == LoaFile("f", "PDF", "file.pdf")
    assert (
        loas.read_stored_name(root_of("loas/upload-201.xml"))
        == "63097af1-37ae-432f-8a0d-9b0e6517a35b-1429550165581.pdf"
    )


# Places.


def test_sites_and_peers_are_read() -> None:
    assert places.read_sites(root_of("sites/list-200.xml")) == (
        Site("2297", "API Test Site", ""),
        Site("2301", "My First Site", "A Site From Node SDK Examples"),
    )
    assert places.read_sites(root_of("sites/get-200.xml")) == (
        Site("1", "Test Site", "A Site Description"),
    )
    description = "Sip Peer 1 description"
    assert places.read_sip_peers(root_of("sippeers/list-200-xsi-type.xml")) == (
        SipPeer("12345", "SIP Peer 1", description, True),
    )
    assert places.read_sip_peers(root_of("sippeers/get-200.xml")) == (
        SipPeer("10", "SIP Peer 1", description, True),
    )


# Webhook subscriptions.


def test_subscriptions_are_read() -> None:
    rows = subscriptions.read_subscriptions(root_of("subscriptions/list-200-mixed.xml"))
    last = "some message containing status code and response body of last callback"
    assert [row.email for row in rows] == ["bwtest@gmail.com", "", "bwtest@gmail.com", ""]
    assert rows[3] == Subscription(
        subscription_id="1cf05927-780f-4f8f-89ab-e581f52f5e12",
        order_type="",
        event_type="MESSAGING_LOST",
        order_id="",
        url="https://company.com/iriscallback",
        expiry_seconds=30000,
        status_text=last,
        username="iris",
        email="",
        number_format="",
    )
    ready = subscriptions.read_subscriptions(root_of("subscriptions/list-200-ready.xml"))
    assert [(row.order_type, row.expiry_seconds, row.status_text) for row in ready] == [
        ("", 3586, "READY"),
        ("portins", 3596, "READY"),
        ("orders", 3593, "READY"),
    ]
    daily = subscriptions.read_subscriptions(root_of("subscriptions/list-200-email-daily.xml"))
    assert [(row.order_id, row.expiry_seconds) for row in daily] == [
        ("98939562-90b0-40e9-8335-5526432d9741", None)
    ]
    email = subscriptions.read_subscriptions(root_of("subscriptions/list-200-email.xml"))
    assert [(row.subscription_id, row.email) for row in email] == [("1", "test@test")]


# Webhooks.


def test_notices_are_read() -> None:
    def notice(name: str) -> tuple[str, ...]:
        read = read_notification((FIXTURES / "notifications" / name).read_bytes(), "text/xml")
        return (
            read.order_type,
            read.event_type,
            read.order_id,
            read.status_word,
            read.message,
            *read.telephone_numbers,
        )

    assert notice("order-complete.xml") == (
        "orders",
        "",
        "a8ef295b-fcf4-44a7-945c-0520c8f49123",
        "COMPLETE",
        "Created a new number order for 1 number from WASHINGTON, VA",
        "+15402278098",
    )
    assert notice("csr-complete.xml") == (
        "csrs",
        "",
        "20ba7d26-7fa0-4716-ab45-6c8e07d37862",
        "COMPLETE",
        "The CSR request is complete.",
    )
    assert notice("csr-failed.xml") == (
        "csrs",
        "",
        "91e7298a-0942-47e4-996b-788da5544b6b",
        "FAILED",
        "The CSR request has failed.",
    )
    assert notice("event-messaging-lost-template.xml") == ("", "MESSAGING_LOST", "", "", "", "...")
    assert notice("importtnorders-template.xml") == (
        "importtnorders",
        "",
        "...",
        "COMPLETE | FAILED | PARTIAL | EXCEPTION ...",
        "Import TN order processing has started.",
    )


# What we write has the published structure.


def structure(element: Element) -> tuple[object, ...]:
    text = xmlbody.text(element).strip('"')
    return (element.tag, text, tuple(structure(inner) for inner in element))


def test_an_import_order_is_written_as_published() -> None:
    order = NewImportOrder(
        customer_order_id="ICPA123ABC",
        site_id="743",
        sip_peer_id="303716",
        subscriber_name="ABC Inc.",
        service_address=ServiceAddress("11235", "Back", "Denver", "CO", "27541", county="Canyon"),
        loa_authorizing_person="The Authguy",
        loa_type="CARRIER",
        telephone_numbers=("+19199918388", "+14158714245", "+14352154439", "+14352154466"),
    )
    ours = xmlbody.parse(build_document(order, NumberFormat.TEN_DIGITS))
    assert structure(ours) == structure(root_of("importtnorders/create-request.xml"))


def test_a_question_about_importability_is_written_as_published() -> None:
    numbers = ("+13032281000", "+14109235436", "+14104685864")
    ours = importability.build_document(numbers, "486", "500025", NumberFormat.TEN_DIGITS)
    published = root_of("importtnchecker/request.xml")
    assert structure(xmlbody.parse(ours)) == structure(published)


def test_loa_metadata_is_written_as_published() -> None:
    ours = xmlbody.parse(loas.build_metadata("LOA", "fileName"))
    assert structure(ours) == structure(root_of("loas/metadata-put-request.xml"))


def test_a_subscription_is_written_as_published() -> None:
    ours = subscriptions.build_document(
        NewSubscription(
            order_type="orders",
            url="http://yourhost:8080/path/to/resource",
            expiry_seconds=12000,
            username="superuser",
            password="s3cure",
            number_format="LEGACY",
        )
    )
    published = root_of("subscriptions/create-request-callback.xml")
    credentials = published.find("CallbackSubscription/CallbackCredentials")
    assert credentials is not None
    # The certificate for mutual TLS is nothing we use.
    credentials.remove(credentials[1])
    assert structure(xmlbody.parse(ours)) == structure(published)
