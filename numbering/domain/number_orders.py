"""Order new numbers at the carrier. It costs money and cannot be taken back once it is sent.

A wish is either numbers by name or so many as a search finds. Writing it down is all that happens
here; `number_order_sending` has a worker send it. The reference at the carrier is made from the
page that the wish came from and from what is wished: the same button pressed twice, after a reload
or in a second tab, is the same order.
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db import IntegrityError, transaction

from accounts.again import repeated
from accounts.models import User
from carrier import orders as carrier_orders
from carrier.records import NewNumberOrder, NumberOrderType, NumberSearch
from carrier.search import criteria_of
from carrier.telephone import NumberFormat
from numbering import clock
from numbering.domain import jobs
from numbering.domain.cannot_do import CannotDo
from numbering.domain.reservations import in_force
from numbering.enums import LIVE, LearnedBy, NumberOrderStatus, NumberState
from numbering.models import (
    ImportOrderNumber,
    NumberOrder,
    NumberOrderAttempt,
    NumberOrderEvent,
    NumberOrderNumber,
    SipPeer,
    Subscriber,
    TelephoneNumber,
)
from numbering.phone import display
from numbering.validators import ORDER_NUMBERS_LIMIT
from numbering.wording import counted

_T = NumberOrderType
# The searches that have an order type of their own; every other one is a combined order.
_TYPES = {
    frozenset({"area_code"}): _T.AREA_CODE,
    frozenset({"npa_nxx"}): _T.NPA_NXX,
    frozenset({"npa_nxx_x"}): _T.NPA_NXX,
    frozenset({"rate_center", "state"}): _T.RATE_CENTER,
    frozenset({"city", "state"}): _T.CITY,
    frozenset({"state"}): _T.STATE,
    frozenset({"zip_code"}): _T.ZIP,
    frozenset({"lata"}): _T.LATA,
    frozenset({"toll_free_vanity"}): _T.TOLL_FREE_VANITY,
    frozenset({"toll_free_wildcard"}): _T.TOLL_FREE_WILDCARD,
}
# What belongs to a search and does not say which numbers it finds.
_NO_CRITERIA = ("quantity", "detail")
_NAMED_AT_MOST = 10


@dataclass(frozen=True)
class Wish:
    """What is to be ordered: these numbers, or as many as the search says."""

    telephone_numbers: tuple[str, ...] = ()
    search: NumberSearch | None = None

    @property
    def order_type(self) -> NumberOrderType:
        """By what the carrier is to choose the numbers."""
        if self.search is None:
            return NumberOrderType.EXISTING
        return _TYPES.get(frozenset(criteria_of(self.search)), NumberOrderType.COMBINED)

    @property
    def quantity(self) -> int:
        """How many numbers it is about."""
        return len(self.telephone_numbers) if self.search is None else self.search.quantity

    def criteria(self) -> dict[str, Any]:
        """What a number must be like, as it is kept with the order."""
        if self.search is None:
            return {}
        chosen = asdict(self.search)
        return {
            field.name: chosen[field.name]
            for field in fields(NumberSearch)
            if field.name not in _NO_CRITERIA and chosen[field.name] != field.default
        }


class AlreadyOrdered(CannotDo):
    """This very wish was written down before; `order` is what became of it."""

    def __init__(self, order: NumberOrder) -> None:
        super().__init__(f"This was ordered already: it is {str(order).lower()}.")
        self.order = order


def made_before(wish: Wish, *, key: str, actor: User) -> NumberOrder | None:
    """Return the order that this page has made of this wish, if it has."""
    return NumberOrder.objects.filter(
        customer_order_id=_reference(wish, key=key, actor=actor)
    ).first()


def wish_of(order: NumberOrder) -> Wish:
    """Return what an order was about when it was asked for."""
    if order.order_type == NumberOrderType.EXISTING:
        return Wish(tuple(order.numbers.values_list("e164", flat=True)))
    return Wish(search=NumberSearch(**order.criteria, quantity=order.quantity))


@repeated
def request(
    wish: Wish,
    *,
    subscriber: Subscriber,
    sip_peer: SipPeer,
    is_partial_allowed: bool,
    is_back_order: bool,
    key: str,
    actor: User,
) -> NumberOrder:
    """Write down the intention to order these numbers, and have a worker send it.

    `key` stands for the page on which it was asked for. Raises AlreadyOrdered when that page has
    made this order before, and CannotDo when it cannot be ordered.
    """
    reference = _reference(wish, key=key, actor=actor)
    if (made := made_before(wish, key=key, actor=actor)) is not None:
        raise AlreadyOrdered(made)
    if problem := problem_of(wish, is_back_order=is_back_order):
        raise CannotDo(problem)
    if sip_peer.is_gone:
        raise CannotDo(f"{sip_peer} is gone at the carrier. Choose another site and SIP peer.")
    _refuse_taken(wish.telephone_numbers)
    try:
        with transaction.atomic():
            order = NumberOrder.objects.create(
                subscriber=subscriber,
                sip_peer=sip_peer,
                order_type=wish.order_type,
                criteria=wish.criteria(),
                quantity=wish.quantity,
                is_partial_allowed=is_partial_allowed,
                is_back_order=is_back_order,
                customer_order_id=reference,
                status_changed_at=clock.now(),
                created_by=actor,
            )
            _add_numbers(order, wish.telephone_numbers)
    except IntegrityError:
        # Somebody was first since we looked; the rules in the database are what decides.
        if (made := made_before(wish, key=key, actor=actor)) is not None:
            raise AlreadyOrdered(made) from None
        _refuse_taken(wish.telephone_numbers)
        raise CannotDo(
            "These numbers are being put into another order right now. Try again."
        ) from None
    NumberOrderAttempt.objects.create(order=order, customer_order_id=reference, actor=actor)
    NumberOrderEvent.objects.create(
        order=order,
        at=clock.now(),
        actor=actor,
        to_status=NumberOrderStatus.SUBMITTING,
        learned_by=LearnedBy.PERSON,
        reason=f"{counted(wish.quantity, 'number')} for {subscriber} ordered under our reference "
        f"{reference}.",
    )
    jobs.enqueue("submit_number_order", subject_id=order.pk)
    return order


def problem_of(wish: Wish, *, is_back_order: bool = False) -> str:
    """Return why the carrier would never take such an order, in words; empty when it would."""
    if wish.search is None and not wish.telephone_numbers:
        return "There is no number to order."
    if wish.quantity > ORDER_NUMBERS_LIMIT:
        return f"The carrier takes at most {ORDER_NUMBERS_LIMIT:,} numbers in one order."
    try:
        carrier_orders.build_document(
            document_of(wish, is_back_order=is_back_order), NumberFormat.E164
        )
    except ValueError as error:
        text = str(error)
        return text[:1].upper() + text[1:].rstrip(".") + "."
    return ""


def document_of(
    wish: Wish,
    *,
    customer_order_id: str = "",
    name: str = "",
    site_id: str = "",
    sip_peer_id: str = "",
    reservation_ids: tuple[str, ...] = (),
    is_partial_allowed: bool = True,
    is_back_order: bool = False,
) -> NewNumberOrder:
    """Return the wish as the carrier's client takes it."""
    return NewNumberOrder(
        customer_order_id=customer_order_id,
        name=name,
        site_id=site_id,
        sip_peer_id=sip_peer_id,
        order_type=wish.order_type,
        telephone_numbers=wish.telephone_numbers,
        reservation_ids=reservation_ids,
        search=wish.search,
        is_partial_allowed=is_partial_allowed,
        is_back_order=is_back_order,
    )


def taken_numbers(e164s: Collection[str]) -> dict[str, str]:
    """Return those of the numbers that must not be ordered now, each with why, in words."""
    ordered = NumberOrderNumber.objects.filter(e164__in=e164s, is_holding=True)
    imported = ImportOrderNumber.objects.filter(e164__in=e164s, is_holding=True)
    live = TelephoneNumber.objects.filter(e164__in=e164s, state__in=LIVE)
    return {
        **{
            e164: f"lives here already ({NumberState(state).label.lower()})"
            for e164, state in live.values_list("e164", "state")
        },
        **{
            e164: f"is in import order {order_id}, which is still open"
            for e164, order_id in imported.values_list("e164", "order")
        },
        **{
            e164: f"is in number order {order_id}, which is still open"
            for e164, order_id in ordered.values_list("e164", "order")
        },
    }


def _reference(wish: Wish, *, key: str, actor: User) -> str:
    what = json.dumps(
        [key, actor.pk, sorted(wish.telephone_numbers), wish.criteria(), wish.quantity],
        sort_keys=True,
    )
    return f"NO-{hashlib.blake2b(what.encode(), digest_size=12).hexdigest()}"


def _refuse_taken(e164s: Collection[str]) -> None:
    if taken := taken_numbers(e164s):
        raise CannotDo(in_words(taken))


def in_words(taken: dict[str, str]) -> str:
    """Return by name which numbers must not be ordered, and what to do."""
    named = [f"{display(e164)} {why}" for e164, why in list(taken.items())[:_NAMED_AT_MOST]]
    more = len(taken) - len(named)
    return (
        "; ".join(named)
        + (f"; and {more} more" if more else "")
        + f". Take {'it' if len(taken) == 1 else 'them'} out of the list."
    )


def _add_numbers(order: NumberOrder, e164s: Iterable[str]) -> None:
    """Name the numbers of the order, each with the reservation that holds it."""
    held = dict(in_force().values_list("e164", "carrier_reservation_id"))
    NumberOrderNumber.objects.bulk_create(
        [
            NumberOrderNumber(order=order, e164=e164, reservation_id=held.get(e164, ""))
            for e164 in e164s
        ],
        batch_size=1000,
    )
