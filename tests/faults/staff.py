"""What staff do with numbers of our own: order, have leave, move, import to the older platform.

Each act goes through the domain as a button of the admin does, and is one wish: whoever presses
twice has wished once.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice

from django.db.models import QuerySet

from accounts.rights import Role
from carrier.records import NumberSearch
from carrier.sandbox.cards import EXCHANGE, Act, card_of, offered_cards
from carrier.sandbox.options import SandboxOptions
from carrier.sandbox.supply import PLACES, Supply
from numbering.domain import bulk, leaving, number_orders, platform_import, platform_release
from numbering.domain import removals as removal_orders
from numbering.domain.number_orders import AlreadyOrdered, Wish
from numbering.enums import BulkKind, LeavingState
from numbering.models import PlatformNumber, TelephoneNumber
from tests import builders
from tests.faults.estate import Estate, area_codes
from tests.faults.size import NumbersSize

TARGET = "Target"
_MOST_ORDERED = 5
_CARD_EVERY = 8
_CARDS_FROM = 720
_TWICE_EVERY = 5
# Orders by list are for numbers of this place, searches for those of others.
_LISTED = "303"
# One that is held never ends by itself, and neither does one that waits for stock for ever.
_LEFT_OUT = {Act.ORDER_HELD, Act.BACKORDER_HELD}
_REASON = "The customer has moved."


class Staff:
    """Two persons, and what they do to an estate; `acts` gives it in the order of the dice."""

    def __init__(self, estate: Estate, size: NumbersSize, dice: random.Random) -> None:
        self._estate, self._size, self._dice = estate, size, dice
        self._asker = builders.person(Role.SUPPORT)
        self._second = builders.person(Role.SUPPORT)
        self._sip_peer = builders.sip_peer()
        self._leaving = iter(estate.leaving)
        self._free = _free_numbers()
        self._cards = _cards(dice)
        self._searches = cycle(_searches())

    def acts(self) -> list[Callable[[], object]]:
        """Every act, once."""
        size, estate = self._size, self._estate
        acts = [self._order(index) for index in range(size.number_orders)]
        acts += [self._leave(self._dice.randint(1, 4)) for _ in range(size.leavings)]
        acts += [self._leave(size.many) for _ in range(size.large_leavings)]
        acts += [self._remove() for _ in range(size.removals)]
        acts += [self._assign(index) for index in range(size.assigns)]
        acts += [self._import(part) for part in _parts(estate.to_old, size.imported)]
        acts += [self._release(part) for part in _parts(estate.moved, size.released)]
        self._dice.shuffle(acts)
        return acts

    def _order(self, index: int) -> Callable[[], object]:
        """Numbers by name or so many of a search in turn; some press the button twice."""
        quantity = self._dice.randint(1, _MOST_ORDERED)
        card = next(self._cards) if index % _CARD_EVERY == 0 else ""
        is_waiting = False
        if index % 2 and not card:
            wish = Wish(search=NumberSearch(**next(self._searches), quantity=quantity))
        else:
            wish = Wish((*islice(self._free, quantity), *filter(None, [card])))
            known = card_of(card.removeprefix("+1"))
            is_waiting = known is not None and known.act is Act.BACKORDERED
        press = partial(
            number_orders.request,
            wish,
            subscriber=self._dice.choice(self._estate.subscribers),
            sip_peer=self._sip_peer,
            is_partial_allowed=self._dice.random() < 0.5,
            is_back_order=is_waiting,
            key=f"page {index}",
            actor=self._asker,
        )
        return partial(_press_twice, press) if index % _TWICE_EVERY == 0 else press

    def _leave(self, count: int) -> Callable[[], object]:
        return partial(self._ask_and_agree, list(islice(self._leaving, count)))

    def _ask_and_agree(self, e164s: Sequence[str]) -> None:
        asked = leaving.ask(_here(e164s), reason=_REASON, actor=self._asker)
        if asked.state == LeavingState.WAITING:
            leaving.agree(asked, actor=self._second)

    def _remove(self) -> Callable[[], object]:
        """One that nobody has to agree to, as when a subscriber takes its permission back."""
        e164 = next(self._leaving)
        return lambda: removal_orders.request(list(_here([e164])), reason=_REASON, actor=None)

    def _assign(self, index: int) -> Callable[[], object]:
        """Move some to a subscriber of the action's own, whatever happens to them meanwhile."""
        target = builders.subscriber(name=f"{TARGET} {index}")
        candidates = [*self._estate.leaving, *self._estate.to_old]
        chosen = self._dice.sample(candidates, self._size.assigned)
        return lambda: bulk.start(
            BulkKind.ASSIGN,
            _here(chosen),
            actor=self._asker,
            choices={"subscriber": target.pk},
        )

    def _import(self, e164s: Sequence[str]) -> Callable[[], object]:
        return lambda: platform_import.start(_here(e164s), actor=self._asker)

    def _release(self, e164s: Sequence[str]) -> Callable[[], object]:
        return lambda: platform_release.start_release(
            PlatformNumber.objects.filter(e164__in=e164s),
            typed_count=len(e164s),
            actor=self._asker,
        )


def _press_twice(press: Callable[[], object]) -> None:
    press()
    try:
        press()
    except AlreadyOrdered:
        return
    raise AssertionError("The same button made a second order.")


def _here(e164s: Sequence[str]) -> QuerySet[TelephoneNumber]:
    return TelephoneNumber.objects.filter(e164__in=e164s)


def _parts(e164s: Sequence[str], size: int) -> list[Sequence[str]]:
    return [e164s[start : start + size] for start in range(0, len(e164s), size)]


def _free_numbers() -> Iterator[str]:
    """What the carrier has to offer in the area code of the lists."""
    supply = Supply(SandboxOptions().supply_seed)
    places = [place for place in PLACES if place.area_code == _LISTED]
    for place in places:
        for exchange in supply.exchanges(place):
            yield from (f"+1{number}" for number in supply.numbers(exchange))


def _searches() -> list[dict[str, str]]:
    """One search of each kind that is ordered in its own way; none finds a number of the lists."""
    supply = Supply(SandboxOptions().supply_seed)
    first, second, third = (place for place in PLACES if place.area_code in ("201", "415", "602"))
    return [
        {"area_code": "919"},
        {"npa_nxx": supply.exchanges(first)[0]},
        {"city": second.city, "state": second.state},
        {"zip_code": third.zip_code},
        {"state": "TX"},
    ]


def _cards(dice: random.Random) -> Iterator[str]:
    """Test cards that can be ordered, by the throw of the dice, each in an area code of its own."""
    lines = [
        number[6:]
        for number in offered_cards(_LISTED)
        if (card := card_of(number)) is not None and card.act not in _LEFT_OUT
    ]
    # No card of the estate is in one of these.
    for area in area_codes(_CARDS_FROM):
        yield f"+1{area}{EXCHANGE}{dice.choice(lines)}"
