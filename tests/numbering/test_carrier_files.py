"""The carrier's files of an order beside ours: looked at, replaced, removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from carrier import loas as carrier_loas
from carrier.sandbox import Sandbox
from numbering.carrier_link import get_carrier
from numbering.domain import carrier_files
from numbering.domain.cannot_do import CannotDo
from numbering.models import ImportOrder, LoaUpload
from tests import builders
from tests.numbering import steps
from tests.numbering.desk import said
from tests.numbering.hosting import letter

pytestmark = pytest.mark.django_db
OLD, NEW = b"%PDF-1.4 the old letter", b"%PDF-1.4 the new letter"
# The work is done at the carrier, and we do not hear of it.
LOST = ["created_dropped", "created_500"]


@pytest.fixture
def order(own_client: Sandbox) -> ImportOrder:
    """An order at the carrier with an old letter there and a newer one here only."""
    order = steps.sent()
    old = letter(order.subscriber, order, content=OLD)
    file = put(order, OLD)
    LoaUpload.objects.create(loa=old, order=order, state="uploaded", file_id=file)
    letter(order.subscriber, order, content=NEW)
    return order


def put(order: ImportOrder, content: bytes) -> str:
    """Put a file there from elsewhere; return its id."""
    return carrier_loas.upload(
        get_carrier(),
        order_id=order.carrier_order_id or "",
        content=content,
        content_type="application/pdf",
    ).file_id


def there(order: ImportOrder) -> dict[str, bytes]:
    """Give what the carrier really holds."""
    carrier, order_id = get_carrier(), order.carrier_order_id or ""
    return {
        file.file_id: carrier_loas.download(
            carrier, order_id=order_id, file_id=file.file_id
        ).content
        for file in carrier_loas.list_files(carrier, order_id=order_id)
    }


def calls(sandbox: Sandbox, method: str) -> int:
    """Count the requests of this method for files."""
    return sum(seen.method == method and "/loas/" in seen.path for seen in sandbox.requests)


def uploads(order: ImportOrder) -> list[tuple[int, str, str]]:
    """Give what we know of the carrier's copies, by version of the LOA."""
    rows = order.loa_uploads.order_by("loa__version")
    return list(rows.values_list("loa__version", "state", "file_id"))


def test_what_the_carrier_holds_is_shown_beside_what_we_hold(
    order: ImportOrder, sign_in: Callable[[User], Client], support: User
) -> None:
    put(order, b"a file that somebody else put there")
    found = carrier_files.look(order)
    assert [one.loa and one.loa.version for one in found] == [1, None]
    assert [one.file.document_type for one in found] == ["LOA", "LOA"]
    page = sign_in(support).get(f"/admin/numbers/importorder/{order.pk}/files/").content.decode()
    for words in (found[0].file.file_id, "None of ours", "At the carrier", "Not sent."):
        assert words in page


def test_a_list_that_cannot_be_read_is_said_and_shows_nothing(
    order: ImportOrder, own_client: Sandbox, sign_in: Callable[[User], Client], support: User
) -> None:
    own_client.fault("refused", method="GET", path_contains="/loas", times=None)
    page = sign_in(support).get(f"/admin/numbers/importorder/{order.pk}/files/").content.decode()
    assert ("could not be read" in page, "The carrier holds" in page) == (True, False)


def test_one_file_that_cannot_be_read_does_not_hide_the_others(
    order: ImportOrder, own_client: Sandbox
) -> None:
    put(order, NEW)
    [first, _] = there(order)
    own_client.fault("not_created_500", method="GET", path_contains=first, times=None)
    found = carrier_files.look(order)
    assert [(one.loa and one.loa.version, bool(one.trouble)) for one in found] == [
        (None, True),
        (2, False),
    ]


def test_before_the_carrier_has_the_order_there_is_nothing_to_look_at() -> None:
    with pytest.raises(CannotDo):
        carrier_files.look(builders.draft())


def test_a_file_is_replaced_by_our_newest_letter_with_the_right_types(
    order: ImportOrder,
    own_client: Sandbox,
    sign_in: Callable[[User], Client],
    support: User,
) -> None:
    [file_id] = there(order)
    address = f"/admin/numbers/importorder/{order.pk}/files/{file_id}/replace/"
    desk = sign_in(support)
    assert desk.get(address).status_code == 200
    assert there(order) == {file_id: OLD}
    [message] = said(desk.post(address))
    assert message == f"The carrier's file {file_id} is LOA version 2 now."
    content = carrier_loas.download(
        get_carrier(), order_id=order.carrier_order_id or "", file_id=file_id
    )
    assert (content.content, content.content_type) == (NEW, "application/pdf")
    assert carrier_files.look(order)[0].file.document_type == "LOA"
    assert uploads(order) == [(1, "removed", file_id), (2, "uploaded", file_id)]
    [begun, done] = order.events.order_by("-pk")[:2][::-1]
    assert (begun.actor, done.actor, done.reason) == (support, support, message)


def test_a_file_is_removed_there_and_ours_stays(
    order: ImportOrder, sign_in: Callable[[User], Client], support: User
) -> None:
    [file_id] = there(order)
    address = f"/admin/numbers/importorder/{order.pk}/files/{file_id}/remove/"
    desk = sign_in(support)
    assert (desk.get(address).status_code, there(order)) == (200, {file_id: OLD})
    assert said(desk.post(address)) == [f"The carrier no longer holds the file {file_id}."]
    assert (there(order), uploads(order)) == ({}, [(1, "removed", file_id)])
    assert order.loa_coverage.values("loa").distinct().count() == 2


@pytest.mark.parametrize("fault", LOST)
def test_after_a_lost_answer_the_carriers_list_says_that_it_is_done_and_nothing_is_repeated(
    order: ImportOrder, own_client: Sandbox, support: User, fault: str
) -> None:
    """C13."""
    [file_id] = there(order)
    puts, deletes = calls(own_client, "PUT"), calls(own_client, "DELETE")
    own_client.fault(fault, method="PUT", path_contains="/loas/")
    carrier_files.replace(order, file_id=file_id, actor=support)
    assert (there(order), calls(own_client, "PUT")) == ({file_id: NEW}, puts + 1)
    own_client.fault(fault, method="DELETE", path_contains="/loas/")
    carrier_files.remove(order, file_id=file_id, actor=support)
    assert (there(order), calls(own_client, "DELETE")) == ({}, deletes + 1)
    assert [state for _, state, _ in uploads(order)] == ["removed", "removed"]


def test_after_a_lost_request_the_carriers_list_says_that_it_was_not_done(
    order: ImportOrder, own_client: Sandbox, support: User
) -> None:
    """C13."""
    [file_id] = there(order)
    for method, act in (("PUT", carrier_files.replace), ("DELETE", carrier_files.remove)):
        before = calls(own_client, method)
        own_client.fault("dropped_before", method=method, path_contains="/loas/")
        with pytest.raises(CannotDo, match=r"was not (replaced|removed)"):
            act(order, file_id=file_id, actor=support)
        assert calls(own_client, method) == before + 1
    assert (there(order), uploads(order)) == ({file_id: OLD}, [(1, "uploaded", file_id)])


@pytest.mark.parametrize("fault", LOST)
def test_when_the_carrier_cannot_be_asked_either_nobody_claims_to_know(
    order: ImportOrder, own_client: Sandbox, support: User, fault: str
) -> None:
    """C13."""
    [file_id] = there(order)
    for method, act in (("PUT", carrier_files.replace), ("DELETE", carrier_files.remove)):
        own_client.fault(fault, method=method, path_contains="/loas/")
        own_client.fault("refused", method="GET", path_contains="/loas", times=None)
        with pytest.raises(CannotDo, match="It is not known"):
            act(order, file_id=file_id, actor=support)
        own_client.clear_faults()
    assert uploads(order) == [(1, "uploaded", file_id)]
    assert "It is not known" in order.events.latest("pk").reason


def test_a_refusal_is_told_in_the_carriers_words_and_changes_nothing(
    order: ImportOrder, own_client: Sandbox, support: User
) -> None:
    [file_id] = there(order)
    for method, act in (("PUT", carrier_files.replace), ("DELETE", carrier_files.remove)):
        own_client.fault("refused", method=method, path_contains="/loas/")
        with pytest.raises(CannotDo, match=r"nothing changed\. The carrier refused"):
            act(order, file_id=file_id, actor=support)
    assert (there(order), uploads(order)) == ({file_id: OLD}, [(1, "uploaded", file_id)])


def test_a_file_that_is_gone_there_already_counts_as_removed(
    order: ImportOrder, support: User
) -> None:
    [file_id] = there(order)
    carrier_files.remove(order, file_id=file_id, actor=support)
    words = carrier_files.remove(order, file_id=file_id, actor=support)
    assert words == f"The carrier no longer holds the file {file_id}."


@pytest.mark.parametrize("file_id", ["..", "a b", "x%2Fy"])
def test_what_is_no_file_id_reaches_no_carrier(
    order: ImportOrder, own_client: Sandbox, support: User, file_id: str
) -> None:
    before = len(own_client.requests)
    with pytest.raises(CannotDo):
        carrier_files.remove(order, file_id=file_id, actor=support)
    assert len(own_client.requests) == before


def test_a_large_file_is_compared_whole(order: ImportOrder) -> None:
    content = b"%PDF-1.4 " + b"x" * 9_000_000
    letter(order.subscriber, order, content=content)
    put(order, content)
    assert [one.loa and one.loa.version for one in carrier_files.look(order)] == [1, 3]
