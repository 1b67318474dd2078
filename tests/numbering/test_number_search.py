"""The way to new numbers on the staff's pages: search, hold, look once more, order."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from carrier.sandbox import Sandbox
from numbering.domain import bulk, holding, jobs, number_order_sending
from numbering.domain.cannot_do import CannotDo
from numbering.models import BulkRow, Job, NumberOrder, Reservation, TelephoneNumber
from numbering.phone import display
from numbering.search_form import SearchForm
from numbering.worker import run_once
from tests import builders
from tests.numbering import steps
from tests.numbering.test_number_orders import (
    asked,
    by_list,
    by_search,
    offered,
    parked,
    received,
    worked,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/numbers/numberorder/"
FIND, ORDER, HOLD = f"{LIST}find/", f"{LIST}order/", f"{LIST}find/hold/"
EXCHANGES = f"{LIST}find/exchanges/"
AUSTIN = {"city": "austin", "state": "tx", "quantity": "3", "detail": "on"}
SignIn = Callable[[User], Client]


@pytest.fixture
def desk(sign_in: SignIn, support: User) -> Client:
    """A browser in which support is signed in; a fault of ours is an answer, 500."""
    client = sign_in(support)
    client.raise_request_exception = False
    return client


def text_of(answer: Any, status: int = 200) -> str:
    """Read a page as a person does: without the markup."""
    assert answer.status_code == status, answer.status_code
    words = re.sub(
        r"<(script|style|title).*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.S
    )
    return re.sub(r"\s+", " ", unescape(words))


def order_fields(**fields: Any) -> dict[str, Any]:
    """Fill in for whom and where."""
    return {
        "subscriber": builders.subscriber().pk,
        "sip_peer": builders.sip_peer().pk,
        "is_partial_allowed": "on",
        "key": "1" * 24,
        **fields,
    }


# --- Searching ----------------------------------------------------------------------------------


def test_a_search_shows_what_is_on_offer_and_marks_what_cannot_be_picked(
    at_carrier: Sandbox, desk: Client
) -> None:
    blank = text_of(desk.get(FIND))
    assert "Which fields go together" in blank
    assert "Rate center A state, and any of" in blank
    found = desk.get(FIND, AUSTIN)
    e164s = [number.e164 for number in found.context["found"].shown]
    page = text_of(found)
    assert len(e164s) == 3
    assert all(display(e164) in page for e164 in e164s)
    assert "3 numbers on offer Nobody holds them for us" in page
    assert "AUSTIN, TX AUSTIN 558" in page
    assert "Or order 3 like these…" in page
    asked(by_list(e164s[0]))
    again = desk.get(FIND, AUSTIN)
    assert f"{display(e164s[0])} is in number order" in text_of(again)
    assert again.content.count(b'type="checkbox" name="pick"') == 2
    plain = text_of(desk.get(FIND, {"area_code": "512", "quantity": "2"}))
    assert ("2 numbers on offer" in plain, "Rate center LATA" in plain) == (True, False)


def test_an_empty_result_says_which_field_to_loosen(at_carrier: Sandbox, desk: Client) -> None:
    nowhere = {"area_code": "512", "city": "BOSTON", "state": "TX", "quantity": "5"}
    answer = desk.get(FIND, nowhere)
    assert "Leave the city empty" in text_of(answer)
    wider = re.search(r'href="([^"]+)">Search that way', answer.content.decode())
    assert wider is not None
    assert "numbers on offer" in text_of(desk.get(unescape(wider[1])))
    # A block without numbers: a local call away first, then step by step to the area code.
    address = f"{FIND}?npa_nxx_x=2122991&quantity=5"
    for advice in ("a local call away", "the whole exchange", "the whole area code"):
        answer = desk.get(address)
        assert advice in answer.context["loosening"].advice
        wider = re.search(r'href="([^"]+)">Search that way', answer.content.decode())
        assert wider is not None
        address = unescape(wider[1])
    rare = desk.get(FIND, {"area_code": "907", "quantity": "5"})
    assert "Try another area code or place" in text_of(rare)
    wait = re.search(r'href="([^"]+)">Order 5 and wait for stock', rare.content.decode())
    assert wait is not None
    assert desk.get(unescape(wait[1])).context["form"]["is_back_order"].value() is True


def test_a_search_finds_what_was_typed_unless_it_is_widened_and_then_says_so(
    at_carrier: Sandbox, desk: Client
) -> None:
    assert not desk.get(FIND).context["form"]["local_calling_area"].value()
    exchange = offered(1)[0][2:8]
    typed = {"npa_nxx": exchange, "quantity": "3100"}
    nearby = "also in places that are a local call away"
    narrow = desk.get(FIND, typed)
    assert {one.e164[2:8] for one in narrow.context["found"].numbers} == {exchange}
    assert nearby not in text_of(narrow)
    wide = desk.get(FIND, {**typed, "local_calling_area": "on"})
    assert {one.e164[2:8] for one in wide.context["found"].numbers} > {exchange}
    assert f"3100 numbers on offer, {nearby}" in text_of(wide)
    assert f"The carrier chooses the numbers by the same fields, {nearby}." in text_of(wide)
    # What widens the search is not folded away.
    assert (
        b"<details open>"
        in desk.get(FIND, {"area_code": "512", "quantity": "1", "local_calling_area": "on"}).content
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"name": "refused", "code": "4010"}, "The carrier refused the search. It says: 4010"),
        ({"name": "refused", "code": "4010"}, "Look at Which fields go together, empty what does"),
        ({"name": "refused", "code": "4023"}, "The carrier gives out no new numbers in this area."),
        ({"name": "refused", "code": "4999"}, "The carrier refused the search. It says: 4999"),
        ({"name": "throttled"}, "The carrier asks us to wait until "),
        ({"name": "not_created_500"}, "did not answer the search"),
        ({"name": "empty_200"}, "did not answer the search"),
    ],
)
def test_what_goes_wrong_is_said_beside_the_form_and_nothing_typed_is_lost(
    own_client: Sandbox, desk: Client, fault: dict[str, Any], words: str
) -> None:
    own_client.fault(path_contains="availableNumbers", times=9, **fault)
    answer = desk.get(FIND, AUSTIN)
    assert words in text_of(answer)
    assert 'value="austin"' in answer.content.decode()


HOSTILE = (
    "\x00",
    "3٠3",
    "３０３",
    "303\n",
    "9" * 5000,
    "²",
    "<script>",
    "%",
    "-1",
    "1e9",
    "'",
    "\u202e",
)


def test_whatever_is_searched_for_the_answer_is_a_page(at_carrier: Sandbox, desk: Client) -> None:
    for typed, words in (
        ({"city": "Austin", "quantity": "1"}, "Add the state"),
        ({"area_code": "512", "zip_code": "1", "quantity": "1"}, "ZIP code must be"),
        ({"area_code": "512", "toll_free_vanity": "NEWCARS", "quantity": "1"}, "looked for alone"),
        ({"quantity": "1"}, "Fill in at least one field"),
        ({"area_code": "512", "quantity": "5001"}, "at most 5,000"),
        ({"area_code": "512", "quantity": "0"}, "from 1 to 5,000"),
        ({"area_code": "512", "quantity": "many"}, "in digits"),
        ({"area_code": "512", "quantity": ""}, "from 1 to 5,000"),
        ({"area_code": "(512)", "quantity": "1"}, "1 number on offer"),
    ):
        assert words in text_of(desk.get(FIND, typed)), typed
    calls = len(at_carrier.requests)
    for value in HOSTILE:
        for name in ("area_code", "city", "quantity"):
            given = {"state": "TX", "quantity": "1", name: value}
            address = ORDER if name == "quantity" else FIND
            status = desk.get(address, given).status_code
            assert status in (200, 302), (address, name, value, status)
        # Every field at once, read as it comes; nothing is asked of anybody.
        every = dict.fromkeys(SearchForm().fields, value)
        assert desk.get(f"{LIST}held/", every).status_code == 286
    assert desk.get(f"{FIND}?area_code={quote('303')}%FF&quantity=1&page=%00").status_code == 200
    # Only an odd city is a name that the carrier may be asked about.
    assert len(at_carrier.requests) - calls < 20


def test_the_exchanges_of_a_place_lead_to_their_numbers(
    at_carrier: Sandbox, desk: Client, own_client: Sandbox
) -> None:
    assert "Which exchanges have numbers?" in text_of(desk.get(FIND))
    typed = {"area_code": "(512)", "city": "Austin", "quantity": "7"}
    answer = desk.get(EXCHANGES, typed)
    page = text_of(answer)
    rows = answer.context["exchanges"]
    assert f"{len(rows)} exchanges with numbers on offer in area code 512" in page
    first = rows[0].exchange
    assert (first.npa, first.city, first.state) == ("512", "AUSTIN", "TX")
    assert f"AUSTIN, TX AUSTIN {first.npa}-{first.nxx} {first.quantity}" in page
    # What else was typed stays, and is no mistake before it is searched for.
    assert 'value="Austin"' in answer.content.decode()
    assert "Add the state" not in page
    link = re.search(rf'href="([^"]+)">512-{first.nxx}', answer.content.decode())
    assert link is not None
    found = desk.get(unescape(link[1])).context["found"].numbers
    assert {number.e164[2:8] for number in found} == {f"512{first.nxx}"}
    assert len(found) == 7

    by_state = text_of(desk.get(EXCHANGES, {"state": "tx", "quantity": "1"}))
    assert "with numbers on offer in TX" in by_state
    none = text_of(desk.get(EXCHANGES, {"area_code": "907", "state": "AK", "quantity": "1"}))
    assert "no exchange with numbers in area code 907 in AK now. Try another" in none
    calls = len(at_carrier.requests)
    for bad, words in (
        ({}, "Type how many"),
        ({"city": "Austin", "quantity": "1"}, "Fill in the area code or the state"),
        ({"area_code": "5", "quantity": "1"}, "Area code must be 3 digits"),
        ({"area_code": "512", "quantity": "x"}, "Type how many in digits"),
        *(({"area_code": value, "state": value, "quantity": "1"}, "") for value in HOSTILE),
    ):
        assert words in text_of(desk.get(EXCHANGES, bad)), bad
    assert len(at_carrier.requests) == calls

    own_client.fault("refused", path_contains="availableNpaNxx", code="4023")
    refused = text_of(desk.get(EXCHANGES, typed))
    assert "The carrier refused the search. It says: 4023" in refused
    assert "The carrier gives out no new numbers in this area." in refused


# --- Holding ------------------------------------------------------------------------------------


def test_ticked_numbers_are_held_shown_ordered_and_given_back(
    at_carrier: Sandbox, desk: Client, support: User
) -> None:
    free, taken, other = offered(3)
    held_elsewhere = asked(by_list(taken))
    picks = [f"{free} Austin, TX", taken, f"{other} Austin, TX", "no number", "\x00"]
    answer = desk.post(HOLD, {"pick": picks, "query": "area_code=512&quantity=3&evil=1"})
    assert answer["Location"] == f"{FIND}?area_code=512&quantity=3#held"
    waiting = desk.get(f"{LIST}held/")
    assert "Holding: 0 of 3 asked for." in text_of(waiting)
    assert Reservation.objects.count() == 0
    run_once()
    page = text_of(desk.get(f"{LIST}held/"), 286)
    until = timezone.now() + timedelta(hours=4)
    assert f"{display(free)} Austin, TX until {until:%H:}" in page
    assert f"{display(taken)} Not held It is in number order {held_elsewhere.pk}" in page
    assert {row.state for row in BulkRow.objects.filter(e164__in=[free, other])} == {"done"}
    # The carrier does not offer what is held, not even to us.
    assert free not in offered(3)

    back = Reservation.objects.get(e164=other)
    given_back = desk.post(f"{LIST}held/{back.pk}/release/", follow=True)
    assert f"{display(other)} was given back." in text_of(given_back)
    again = text_of(desk.post(f"{LIST}held/{back.pk}/release/", follow=True))
    assert f"{display(other)} is held no more." in again
    assert other in offered(3)

    Reservation.objects.filter(e164=free).update(expires_at=timezone.now())
    assert f"{display(free)} Austin, TX ran out" in text_of(desk.get(FIND))
    holding.hold({free: ""}, actor=support)
    run_once()
    # The carrier keeps it still, for nobody knows whom: our own reservation of before.
    assert BulkRow.objects.latest("pk").message.startswith("Somebody else has it (504")


def test_ticks_that_cannot_be_held_stay_and_the_page_says_why(
    at_carrier: Sandbox, desk: Client
) -> None:
    e164s = offered(60)
    ticks = {"pick": [f"{e164} Austin, TX" for e164 in e164s[:51]]}
    too_many = desk.post(HOLD, {**ticks, "query": "area_code=512&quantity=60"})
    assert "Hold at most 50 numbers at once" in text_of(too_many, 422)
    ticked = re.findall(r'data-number="([^"]+)"[^>]* checked', too_many.content.decode())
    assert ticked == list(e164s[:51])
    assert 'value="512"' in too_many.content.decode()
    # What somebody took meanwhile is said, and is not ticked any more.
    asked(by_list(e164s[0]))
    again = desk.post(HOLD, {**ticks, "query": "area_code=512&quantity=60"})
    assert again.content.count(b" checked aria-label") == 50
    nothing = desk.post(HOLD, {"query": "area_code=512&quantity=60"})
    assert "No number is chosen." in text_of(nothing, 422)
    # The problem is said as well where the search finds nothing again, or is none.
    for query in ("area_code=907&quantity=5", "area_code=5", "", "\x00"):
        page = text_of(desk.post(HOLD, {**ticks, "query": query}), 422)
        assert page.count("Hold at most 50 numbers at once") == 1, query
    assert not BulkRow.objects.exists()


def test_a_hold_without_a_clear_answer_is_unknown_and_asked_for_once(
    at_carrier: Sandbox, support: User
) -> None:
    lost, refused, first = offered(3)
    before = len(at_carrier.requests)
    at_carrier.fault("created_dropped", method="POST", path_contains="tnreservation")
    action = holding.hold({lost: ""}, actor=support)
    steps.work(rounds=2)
    row = action.rows.get()
    assert (row.state, "lets go of it by itself" in row.message) == ("unknown", True)
    assert bulk.retry(action) == 1
    steps.work()
    posts = [seen for seen in at_carrier.requests[before:] if "tnreservation" in seen.path]
    assert sum(lost[2:].encode() in seen.body for seen in posts) == 1
    assert action.rows.get().state == "unknown"

    at_carrier.fault("refused", method="POST", path_contains="tnreservation", code="5041")
    action = holding.hold({refused: ""}, actor=support)
    run_once()
    row = action.rows.get()
    assert (row.state, "Somebody else has it (5041" in row.message) == ("failed", True)

    # A worker was killed: before its call we cannot tell, after writing it down we can.
    action = holding.hold({first: ""}, actor=support)
    action.rows.update(state="running")
    steps.work()
    assert action.rows.get().state == "unknown"
    holding.reservations.write_down(first, "an id", place="", person_id=support.pk)
    bulk.retry(action)
    steps.work()
    assert (action.rows.get().state, action.rows.get().result) == ("done", "an id")
    with pytest.raises(CannotDo, match="at most 50"):
        holding.hold(dict.fromkeys(builders.fresh_numbers(51), ""), actor=support)
    with pytest.raises(CannotDo, match="No number is chosen"):
        holding.hold({}, actor=support)


def test_a_hold_waits_while_the_carrier_asks_us_to(own_client: Sandbox, support: User) -> None:
    [e164] = offered(1)
    own_client.fault("throttled", method="POST", path_contains="tnreservation", reset="1")
    action = holding.hold({e164: ""}, actor=support)
    run_once()
    action.refresh_from_db()
    assert (action.rows.get().state, action.trouble) == ("waiting", "The carrier asks us to wait.")
    assert Job.objects.get(kind="bulk").due_at > timezone.now() - timedelta(seconds=5)


# --- Ordering -----------------------------------------------------------------------------------


def test_ticks_lead_by_a_page_that_says_all_to_one_order(
    at_carrier: Sandbox, desk: Client, support: User
) -> None:
    e164s = offered(2)
    nothing = desk.post(ORDER, {"step": "pick", "query": "area_code=512"}, follow=True)
    assert "Tick the numbers that you want to order." in text_of(nothing)
    form = desk.post(ORDER, {"step": "pick", "pick": e164s, "key": "a" * 24})
    assert display(e164s[0]) in form.content.decode()
    assert form.context["form"]["key"].value() == "a" * 24
    fields = order_fields(numbers="\n".join((*e164s, e164s[0], "303-911-123")), key="a" * 24)
    unfilled = desk.post(ORDER, {**fields, "step": "review", "subscriber": "\x00"})
    assert "This field is required." in text_of(unfilled, 422)
    assert e164s[1] in unfilled.content.decode()

    asking = desk.post(ORDER, {**fields, "step": "review"})
    page = text_of(asking)
    assert f"2 numbers: {display(e164s[0])}, {display(e164s[1])}" in page
    assert "cannot be taken back" in page
    assert "None of them: somebody else may be faster." in page
    assert "1 that stands in the list already. 303-911-123 : It has 9 digits" in page
    assert "The others are ordered all the same." in page
    assert NumberOrder.objects.count() == 0
    back = desk.post(ORDER, {**fields, "step": "change"})
    assert "Look once more" in text_of(back)

    done = desk.post(ORDER, {**fields, "step": "place"})
    order = NumberOrder.objects.get()
    assert (order.created_by, order.quantity) == (support, 2)
    assert done["Location"] == f"{LIST}{order.pk}/change/"
    # The button once more, by reload or in a second tab; and the same list from another page.
    again = desk.post(ORDER, {**fields, "step": "place"}, follow=True)
    assert "This was ordered already. To order more, search again." in text_of(again)
    other = desk.post(ORDER, {**fields, "step": "place", "key": "b" * 24})
    assert f"is in number order {order.pk}, which is still open" in text_of(other, 422)
    worked(order, at_carrier)
    assert "Done. 2 numbers came and are ours." in text_of(desk.get(f"{LIST}{order.pk}/change/"))
    assert desk.get(f"{LIST}{order.pk}/live/").status_code == 286
    late = desk.post(ORDER, {**fields, "step": "place"}, follow=True)
    assert "This was ordered already." in text_of(late)
    late = desk.post(ORDER, {**fields, "step": "place", "key": "b" * 24})
    assert "lives here already (ordered)" in text_of(late, 422)
    assert NumberOrder.objects.count() == 1


def test_so_many_like_these_are_ordered_once_from_one_page(
    at_carrier: Sandbox, desk: Client
) -> None:
    result = desk.get(FIND, AUSTIN)
    link = re.search(r'href="([^"]+)">Or order 3 like these', result.content.decode())
    assert link is not None
    form = desk.get(unescape(link[1]))
    assert "The carrier chooses them: City austin , State TX ." in text_of(form)
    fields = order_fields(**AUSTIN, key=form.context["form"]["key"].value(), is_back_order="on")
    page = text_of(desk.post(ORDER, {**fields, "step": "review"}))
    assert "3 numbers that the carrier chooses: City austin, State TX" in page
    assert "The order stays open until the carrier has them" in page
    first = desk.post(ORDER, {**fields, "step": "place"})
    second = desk.post(ORDER, {**fields, "step": "place"})
    assert first["Location"] == second["Location"]
    assert "This was ordered already" in text_of(desk.get(second["Location"]))
    other = desk.post(
        ORDER, {**fields, "step": "place", "key": desk.get(FIND, AUSTIN).context["key"]}
    )
    assert other["Location"] != first["Location"]
    assert NumberOrder.objects.count() == 2
    assert at_carrier.number_orders() is not None
    for typed in ({"city": "AUSTIN", "quantity": "3"}, {"quantity": "\x00"}):
        answer = desk.post(ORDER, {**order_fields(), **typed, "step": "place"})
        assert answer["Location"].startswith(FIND)
    word = {"local_vanity": "CARS", "quantity": "1"}
    refused = desk.post(ORDER, {**order_fields(), **word, "step": "place"})
    assert "needs an area code" in text_of(refused, 422)
    assert "cannot be ordered: An order for a local word" in text_of(desk.get(FIND, word))
    assert NumberOrder.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"npa_nxx": "512368"}, "Area code and exchange 512368"),
        (
            {"npa_nxx": "512368", "local_calling_area": "on"},
            "Area code and exchange 512368, also in places that are a local call away",
        ),
        # The carrier widens a search by one place only, so the tick means nothing here.
        ({"area_code": "512", "local_calling_area": "on"}, "Area code 512"),
        (
            {"area_code": "512", "local_vanity": "2222", "ends_in": "on"},
            "Area code 512, Local word 2222, only at the end of the number",
        ),
    ],
)
def test_every_page_of_an_order_by_search_says_how_wide_it_looks(
    at_carrier: Sandbox, desk: Client, typed: dict[str, str], said: str
) -> None:
    fields = {**typed, "quantity": "2", "detail": "on"}
    form = text_of(desk.get(ORDER, fields)).replace(" ,", ",")
    assert f"The carrier chooses them: {said} ." in form
    review = text_of(desk.post(ORDER, {**order_fields(**fields), "step": "review"}))
    assert f"2 numbers that the carrier chooses: {said} For" in review
    desk.post(ORDER, {**order_fields(**fields), "step": "place"})
    page = text_of(desk.get(f"{LIST}{NumberOrder.objects.get().pk}/change/"))
    assert f"Ordered 2 numbers: {said} If some are gone" in page


def test_a_list_that_cannot_be_ordered_is_refused_by_name_and_kept(
    at_carrier: Sandbox, desk: Client
) -> None:
    taken = builders.fresh_numbers(1)[0]
    TelephoneNumber.objects.create(
        e164=taken,
        subscriber=builders.subscriber(),
        state="hosted",
        state_changed_at=timezone.now(),
    )
    many = "\n".join(f"512{exchange}{line:04}" for exchange in (234, 235) for line in range(2600))
    for numbers, words in (
        (taken, f"{display(taken)} lives here already (hosted)"),
        ("", "Paste the numbers to order"),
        ("303-911-123", "None of this is a telephone number. “303-911-123”: It has 9 digits"),
        ("3.03E+09", "rounded this number"),
        ("\x00", "Null characters are not allowed."),
        (many, "this list has 5,200"),
    ):
        for step in ("review", "place"):
            answer = desk.post(ORDER, {**order_fields(), "numbers": numbers, "step": step})
            assert words in text_of(answer, 422)
    upload = SimpleUploadedFile("list.csv", b"phone,name\n512-234-0002,Ann\n")
    fields = {**order_fields(), "numbers": "512-234-0001", "numbers_file": upload}
    page = text_of(desk.post(ORDER, {**fields, "step": "review"}))
    assert "2 numbers: (512) 234-0001, (512) 234-0002" in page
    assert (
        taken[2:5]
        in desk.post(ORDER, {**order_fields(), "numbers": taken, "step": "review"}).content.decode()
    )
    for name, value in (("key", "\x00"), ("sip_peer", "9" * 30), ("subscriber", "²")):
        answer = desk.post(ORDER, {**order_fields(numbers="512-234-0001"), name: value})
        assert answer.status_code in (200, 422)
        answer = desk.post(
            ORDER, {**order_fields(numbers="512-234-0001"), name: value, "step": "review"}
        )
        assert answer.status_code in (200, 422)
    assert not NumberOrder.objects.exists()


# --- The order's page ---------------------------------------------------------------------------


def test_the_page_says_whose_turn_it_is_and_offers_what_is_to_be_decided(
    at_carrier: Sandbox, no_waits: None, desk: Client, support: User
) -> None:
    def page_of(order: NumberOrder) -> str:
        return text_of(desk.get(f"{LIST}{order.pk}/change/"))

    def do(order: NumberOrder, name: str, **fields: str) -> HttpResponse:
        return desk.post(f"{LIST}{order.pk}/do/{name}/", fields, follow=True)

    partial = worked(asked(by_list(steps.card("5005"), *offered(1))), at_carrier)
    page = page_of(partial)
    assert "Over. 1 of 2 numbers came." in page
    assert "Somebody else has taken this number in the meantime." in page
    assert "Search again and pick another one." in page

    stocked = worked(asked(by_list(steps.card("8012")), is_back_order=True), at_carrier)
    assert "The carrier waits for stock; 0 of 1 number came so far." in page_of(stocked)
    assert "more do not come" in text_of(desk.get(f"{LIST}{stocked.pk}/do/close/"))
    assert "Over. 0 of 1 number came." in text_of(do(stocked, "close"))
    assert "waits for stock can be closed" in text_of(do(stocked, "close"))

    order = parked(at_carrier, by_search(1))
    page = page_of(order)
    assert "looking for the order did not settle it" in page
    assert "by reference: not there" in page
    assert "That is not an order id" in text_of(do(order, "adopt", carrier_order_id="17"))
    assert desk.post(f"{LIST}{order.pk}/do/adopt/", {}).status_code == 422
    assert "Recorded. Nothing was ordered." in text_of(do(order, "absent"))
    assert "It is not there" not in page_of(order)

    doubted, _ = received(at_carrier, by_search(1))
    assert desk.get(f"{LIST}{doubted.pk}/live/").status_code == 200
    NumberOrder.objects.filter(pk=doubted.pk).update(carrier_status_word="COMPLETE")
    assert "End it here" in page_of(doubted)
    listed = desk.get(f"{LIST}?question=doubted").context["cl"].result_list
    assert [one.pk for one in listed] == [doubted.pk]
    assert "Ended here." in text_of(do(doubted, "end"))
    assert "Over. 0 of 1 number came." in page_of(doubted)
    assert "The order came out without any number." in page_of(doubted)

    waiting = asked(by_search(1))
    NumberOrder.objects.filter(pk=waiting.pk).update(trouble="The carrier is away.")
    assert "Take it back" in page_of(waiting)
    number_order_sending.ERRAND.withdraw(waiting, actor=support)
    assert "too late" in text_of(do(waiting, "withdraw"))
    assert do(waiting, "anything").status_code == 404
    assert desk.get(f"{LIST}999999/change/").status_code == 404


def test_who_may_not_order_gets_nowhere(at_carrier: Sandbox, sign_in: SignIn) -> None:
    order = asked(by_search(1))
    jobs.enqueue("sweep")
    browser = sign_in(builders.person(Role.FINANCE))
    assert browser.get(FIND, AUSTIN).status_code == 403
    fields = {**order_fields(numbers="512-234-0001"), "step": "place", "pick": "+15122340001"}
    for address in (ORDER, HOLD, f"{LIST}held/1/release/", f"{LIST}{order.pk}/do/close/"):
        assert browser.post(address, fields).status_code == 403
    assert NumberOrder.objects.count() == 1
