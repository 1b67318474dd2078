"""Import orders at the staff's desk: each action as a browser sends it, and what the page says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.models import (
    ErrorHelp,
    ImportOrder,
    Job,
    LoaUpload,
)
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.desk import actors, do, letter, page_of, said, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_waits")]


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which somebody of support is signed in."""
    return sign_in(support)


def new_order(**fields: Any) -> dict[str, Any]:
    """Fill in the form for a new order."""
    return {
        "subscriber": builders.subscriber().pk,
        "sip_peer": builders.sip_peer().pk,
        "loa_authorizing_person": "Maria Lopez",
        "loa_type": "SUBSCRIBER",
        **fields,
    }


# --- A new draft ----------------------------------------------------------------------------


def test_a_draft_keeps_the_good_numbers_and_names_the_bad_rows_once(desk: Client) -> None:
    good = builders.fresh_numbers(2)
    pasted = f"{good[0]}\nnot a number\n{good[1]}\n{good[0]}\n604-228-1000"
    response = desk.post("/admin/numbers/importorder/add/", new_order(numbers=pasted))
    order = ImportOrder.objects.latest("pk")
    assert response.headers["Location"] == page_of(order)
    assert list(order.numbers.values_list("e164", flat=True)) == good
    report = desk.get(page_of(order)).context["report"]
    assert report["good"] == 2
    assert [(line, raw) for line, raw, _ in report["bad"]] == [
        (2, "not a number"),
        (5, "604-228-1000"),
    ]
    assert "Canada" in report["bad"][1][2]
    assert report["repeated"] == [[4, good[0]]]
    assert desk.get(page_of(order)).context["report"] is None


def test_a_draft_is_made_from_an_uploaded_list_as_well(desk: Client) -> None:
    good = builders.fresh_numbers(2)
    upload = SimpleUploadedFile("list.csv", f"name,phone\nA,{good[0]}\nB,{good[1]}\n".encode())
    desk.post("/admin/numbers/importorder/add/", new_order(numbers_file=upload))
    order = ImportOrder.objects.latest("pk")
    assert list(order.numbers.values_list("e164", flat=True)) == good


def test_a_number_in_another_open_order_is_named_with_a_way_to_that_order(desk: Client) -> None:
    taken, free = builders.fresh_numbers(2)
    first = builders.draft(taken)
    desk.post("/admin/numbers/importorder/add/", new_order(numbers=f"{taken}\n{free}"))
    order = ImportOrder.objects.latest("pk")
    page = text_of(desk, order)
    assert list(order.numbers.values_list("e164", flat=True)) == [free]
    assert f'<a href="{page_of(first)}">Open import order {first.pk}</a>' in page


def test_a_list_longer_than_an_order_may_be_is_refused_and_nothing_is_made(
    desk: Client,
) -> None:
    pasted = "\n".join(builders.fresh_numbers(5001))
    response = desk.post("/admin/numbers/importorder/add/", new_order(numbers=pasted))
    assert response.context["adminform"].errors["numbers"] == [
        "The carrier takes at most 5,000 numbers in one order; this list has 5,001. Split it into "
        "several orders."
    ]
    assert ImportOrder.objects.count() == 0


def test_the_longest_list_that_an_order_may_hold_is_taken_whole(desk: Client) -> None:
    pasted = "\n".join(builders.fresh_numbers(5000))
    response = desk.post("/admin/numbers/importorder/add/", new_order(numbers=pasted))
    order = ImportOrder.objects.latest("pk")
    assert (response.status_code, order.numbers.count()) == (302, 5000)
    assert desk.get(page_of(order)).status_code == 200


def test_a_draft_cannot_go_to_a_place_that_is_gone(desk: Client) -> None:
    peer = builders.sip_peer(sip_peer_id="999999", is_gone=True)
    response = desk.post("/admin/numbers/importorder/add/", new_order(sip_peer=peer.pk))
    assert (response.status_code, ImportOrder.objects.count()) == (200, 0)
    assert list(response.context["adminform"].errors) == ["sip_peer"]


def test_only_the_fields_of_the_form_count(desk: Client) -> None:
    sneaked = {"status": "complete", "carrier_order_id": str(uuid4()), "customer_order_id": "mine"}
    desk.post("/admin/numbers/importorder/add/", new_order(**sneaked))
    order = ImportOrder.objects.latest("pk")
    assert (order.status, order.carrier_order_id, order.customer_order_id) == ("draft", None, None)


def test_changed_details_send_a_checked_order_back_to_draft(
    desk: Client, at_carrier: Sandbox
) -> None:
    order = steps.checked()
    fields = new_order(
        subscriber=order.subscriber_id,
        sip_peer=order.sip_peer_id,
        loa_authorizing_person="Tom Becker",
    )
    response = desk.post(f"/admin/numbers/importorder/{order.pk}/details/", fields)
    order.refresh_from_db()
    assert response.headers["Location"] == page_of(order)
    assert (order.status, order.loa_authorizing_person) == ("draft", "Tom Becker")


def test_details_saved_without_a_change_leave_a_checked_order_checked(
    desk: Client, at_carrier: Sandbox
) -> None:
    order = steps.checked()
    fields = new_order(subscriber=order.subscriber_id, sip_peer=order.sip_peer_id)
    desk.post(f"/admin/numbers/importorder/{order.pk}/details/", fields)
    assert steps.status_of(order) == "checked"


def test_the_details_of_a_sent_order_cannot_be_changed(desk: Client, at_carrier: Sandbox) -> None:
    order = steps.sent()
    fields = new_order(loa_authorizing_person="Somebody Else")
    response = desk.post(f"/admin/numbers/importorder/{order.pk}/details/", fields)
    order.refresh_from_db()
    assert (response.status_code, order.loa_authorizing_person) == (403, "Maria Lopez")


# --- Check and submit -----------------------------------------------------------------------


def test_check_says_how_many_can_be_imported_and_the_page_says_why_not(
    desk: Client, at_carrier: Sandbox
) -> None:
    bad = steps.card("9005")
    order = builders.draft(*builders.fresh_numbers(2), bad)
    response = do(desk, order, "check")
    assert said(response) == ["2 can be imported, 1 cannot, 0 got no answer."]
    helped = ErrorHelp.objects.get(operation="check", code="19005")
    response = desk.get(page_of(order))
    [line] = [line for line in response.context["lines"] if line.row.e164 == bad]
    assert line.help == helped
    page = response.content.decode()
    assert [words in page for words in (escape(helped.meaning), escape(helped.fix))] == [True, True]


def test_a_code_without_help_shows_the_carriers_own_words(
    desk: Client, at_carrier: Sandbox
) -> None:
    ErrorHelp.objects.filter(code="19005").delete()
    order = builders.draft(steps.card("9005"))
    do(desk, order, "check")
    [line] = desk.get(page_of(order)).context["lines"]
    assert line.help.meaning == line.row.description
    assert line.help.pk is None


@pytest.mark.parametrize("name", ["check", "refresh"])
def test_an_unreachable_carrier_is_said_in_words_and_the_order_stays_where_it_was(
    desk: Client, at_carrier: Sandbox, settings: Any, name: str
) -> None:
    order = steps.sent(steps.card("8003")) if name == "refresh" else steps.checked()
    before = ImportOrder.objects.values().get(pk=order.pk)
    numbers = list(order.numbers.order_by("pk").values())
    settings.CARRIER = {
        **settings.CARRIER,
        "v2_base": "http://127.0.0.1:1/api/v2/",
        "token_url": "http://127.0.0.1:1/token",
    }
    response = do(desk, order, name)
    [message] = said(response)
    assert response.status_code == 302
    assert message.startswith("Nothing was changed: the order is where it was. ")
    assert ImportOrder.objects.values().get(pk=order.pk) == before
    assert list(order.numbers.order_by("pk").values()) == numbers


@pytest.mark.parametrize("fault", ["unauthorized", "not_created_500", "created_html", "throttled"])
def test_a_check_that_the_carrier_answers_badly_changes_nothing(
    desk: Client, own_client: Sandbox, fault: str
) -> None:
    order = builders.draft()
    own_client.fault(fault, path_contains="importTnChecker", times=None)
    [message] = said(do(desk, order, "check"))
    assert message.startswith("Nothing was changed: ")
    assert (steps.status_of(order), set(steps.number_statuses(order).values())) == (
        "draft",
        {"new"},
    )


def test_without_carrier_settings_the_message_names_them(desk: Client, settings: Any) -> None:
    settings.CARRIER = {**settings.CARRIER, "client_id": "", "client_secret": ""}
    [message] = said(do(desk, builders.draft(), "check"))
    assert message == (
        "Nothing was changed: the order is where it was. The carrier is not set up: set "
        "CARRIER_CLIENT_ID, CARRIER_CLIENT_SECRET."
    )


def test_submit_asks_first_and_shows_what_the_carrier_gets(
    desk: Client, at_carrier: Sandbox
) -> None:
    order = steps.checked()
    response = desk.get(f"/admin/numbers/importorder/{order.pk}/do/submit/")
    assert response.context["preview"]["lines"] == [
        f"1 number of {order.subscriber}",
        "Service address: 1420 Larimer St, Denver, CO 80202",
        "To Main office · Main location",
        "Authorized by Maria Lopez (Subscriber's own LOA)",
        "There is no signed letter here; the carrier may ask for it in a dispute. Who submits "
        "the order all the same answers for that by name.",
    ]
    assert steps.status_of(order) == "checked"


def test_submit_sends_the_order_once_with_the_persons_name_in_the_timeline(
    desk: Client, support: User, at_carrier: Sandbox
) -> None:
    order = steps.checked()
    first, second = do(desk, order, "submit"), do(desk, order, "submit")
    assert said(first)[-1:] == [
        "The order is on its way to the carrier; this page shows when it is."
    ]
    assert said(second)[-1:] == ["This order was sent already: it is submitting."]
    run_once()
    assert len(steps.orders_at(at_carrier, order)) == 1
    moves = order.events.filter(to_status="submitting")
    assert [event.actor for event in moves] == [support]


def test_submit_brings_the_loa_along(desk: Client, at_carrier: Sandbox) -> None:
    order = steps.checked()
    content = builders.letter_for(order)
    today = timezone.localdate().isoformat()
    do(desk, order, "add_loa", file=letter(content=content), signer="maria  lopez", signed_on=today)
    do(desk, order, "submit")
    steps.work(rounds=2)
    assert list(LoaUpload.objects.values_list("order", "state")) == [(order.pk, "uploaded")]


def test_an_unchecked_draft_cannot_be_submitted(desk: Client) -> None:
    order = builders.draft()
    assert said(do(desk, order, "submit")) == ["Check importability first."]
    assert Job.objects.filter(kind="submit_order").exists() is False


def test_a_sending_that_waits_for_the_carrier_can_be_taken_back(
    desk: Client, at_carrier: Sandbox, settings: Any
) -> None:
    order = steps.checked()
    settings.CARRIER = {**settings.CARRIER, "client_secret": ""}
    do(desk, order, "submit")
    run_once()
    assert "take the sending back" in text_of(desk, order)
    assert said(do(desk, order, "withdraw")) == [
        "The sending was taken back; nothing had been sent."
    ]
    assert (steps.status_of(order), steps.attempt_of(order).state) == ("checked", "withdrawn")


def test_refresh_reads_the_carriers_word(desk: Client, at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8003"))
    first = do(desk, order, "refresh")
    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    second = do(desk, order, "refresh")
    assert said(second)[-1:] == ["The carrier says COMPLETE."]
    assert steps.status_of(order) == "complete"
    assert said(first)[0].split()[:2] == ["The", "carrier"]


def test_a_draft_has_nothing_to_refresh(desk: Client) -> None:
    assert said(do(desk, builders.draft(), "refresh")) == [
        "The carrier does not have this order yet; there is nothing to read."
    ]


# --- An answer that was lost ----------------------------------------------------------------


@pytest.fixture
def parked(own_client: Sandbox) -> ImportOrder:
    """An order whose answer was lost, and which two looks did not find."""
    own_client.fault("not_created_500", method="POST", path_contains="importTnOrders")
    order = steps.sent()
    steps.work(rounds=3)
    assert steps.attempt_of(order).state == "parked"
    return order


def test_a_person_can_say_that_the_carrier_does_not_have_it(
    desk: Client, support: User, parked: ImportOrder
) -> None:
    asks = desk.get(f"/admin/numbers/importorder/{parked.pk}/do/absent/").content.decode()
    assert "Your name is recorded." in asks
    response = do(desk, parked, "absent")
    assert said(response) == ["Recorded. The order can be submitted again."]
    assert steps.status_of(parked) == "checked"
    assert actors(parked)[-1] == support.name


def test_a_person_can_adopt_the_carriers_order_but_no_nonsense(
    desk: Client, parked: ImportOrder
) -> None:
    for nonsense in ("../../accounts/1", "not-an-id", str(uuid4())):
        do(desk, parked, "adopt", carrier_order_id=nonsense)
        assert steps.status_of(parked) == "unknown"
    empty = do(desk, parked, "adopt")
    assert empty.status_code == 422


# --- After the carrier's word ---------------------------------------------------------------


def test_a_partly_complete_order_leads_to_a_retry_of_only_the_failed_numbers(
    desk: Client, at_carrier: Sandbox
) -> None:
    bad, good = steps.card("7518"), builders.fresh_numbers()[0]
    order = steps.sent(bad, good)
    steps.ended_at(at_carrier, order)
    do(desk, order, "refresh")
    [line] = [line for line in desk.get(page_of(order)).context["lines"] if line.row.e164 == bad]
    assert (line.row.code, line.help.operation) == ("7518", "import")
    preview = desk.get(f"/admin/numbers/importorder/{order.pk}/do/retry/")
    assert preview.context["preview"]["summary"].startswith("1 failed number into a new draft; 1 ")
    response = do(desk, order, "retry")
    child = ImportOrder.objects.get(parent=order)
    assert response.headers["Location"] == page_of(child)
    assert list(child.numbers.values_list("e164", flat=True)) == [bad]
    page = desk.get(page_of(child))
    assert page.context["changes"] == [
        "Numbers: 1 of 2; 1 left out.",
        "Everything else is as it was.",
    ]
    assert [line.before.code for line in page.context["lines"]] == ["7518"]
    again = do(desk, order, "retry")
    assert said(again)[-1].startswith("The failed numbers are being tried again already: ")
    assert f"Open import order {child.pk}" in text_of(desk, order)


# --- Numbers of a draft ---------------------------------------------------------------------


def test_numbers_are_added_and_removed(desk: Client) -> None:
    first, second = builders.fresh_numbers(2)
    order = builders.draft(first)
    assert said(do(desk, order, "add_numbers", numbers=f"{second}\nx9")) == ["1 number added."]
    assert desk.get(page_of(order)).context["report"]["bad_count"] == 1
    row = order.numbers.get(e164=first)
    assert said(do(desk, order, "remove_numbers", number=[row.pk]))[-1] == "1 number removed."
    assert list(order.numbers.values_list("e164", flat=True)) == [second]


def test_numbers_of_another_order_are_not_removed_by_their_ids(desk: Client) -> None:
    order, other = builders.draft(), builders.draft()
    foreign = other.numbers.get()
    response = do(desk, order, "remove_numbers", number=[foreign.pk, "x", "-1", "²"])
    assert said(response) == ["Tick the numbers to remove first."]
    assert (order.numbers.count(), other.numbers.count()) == (1, 1)


def test_what_the_check_blocked_is_removed_in_one_go(desk: Client, at_carrier: Sandbox) -> None:
    good = builders.fresh_numbers()[0]
    order = builders.draft(good, steps.card("9001"), steps.card("9002"))
    do(desk, order, "check")
    preview = desk.get(f"/admin/numbers/importorder/{order.pk}/do/remove_blocked/")
    assert preview.context["preview"]["summary"].startswith("2 numbers taken out")
    do(desk, order, "remove_blocked")
    assert (steps.status_of(order), list(order.numbers.values_list("e164", flat=True))) == (
        "checked",
        [good],
    )


def test_a_mixed_draft_is_split(desk: Client) -> None:
    local = builders.fresh_numbers()[0]
    toll_free = builders.fresh_numbers(area="888")[0]
    order = builders.draft(local, toll_free)
    assert "Split the order" in text_of(desk, order)
    response = do(desk, order, "split")
    other = ImportOrder.objects.get(split_from=order)
    assert response.headers["Location"] == page_of(order)
    assert said(response) == [f"The toll-free numbers are now in {other}."]
    assert [list(one.numbers.values_list("e164", flat=True)) for one in (order, other)] == [
        [local],
        [toll_free],
    ]


def test_a_draft_is_cancelled_and_a_sent_order_is_not(desk: Client, at_carrier: Sandbox) -> None:
    draft, sent = builders.draft(), steps.sent(steps.card("8003"))
    assert said(do(desk, draft, "cancel")) == ["The draft was cancelled; its numbers are free."]
    assert said(do(desk, sent, "cancel"))[-1] == (
        "Only a draft can be cancelled; this order is with the carrier."
    )
    assert steps.status_of(draft) == "cancelled"


def test_the_live_part_stops_when_the_order_is_over(desk: Client, at_carrier: Sandbox) -> None:
    order = steps.sent(steps.card("8003"))
    assert 'hx-trigger="every 2s"' in text_of(desk, order)
    at_carrier.finish(order.carrier_order_id or "", "COMPLETE")
    do(desk, order, "refresh")
    live = desk.get(f"/admin/numbers/importorder/{order.pk}/live/")
    assert live.status_code == 286  # htmx's word for "ask no more"
