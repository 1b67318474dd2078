"""Import orders in numbers: made in sets, sent through the domain as a person would."""

import random
from collections.abc import Iterator

from django.utils import timezone

from carrier.sandbox.cards import CARDS, EXCHANGE, Act
from numbering.enums import ImportOrderStatus, LearnedBy, OrderNumberStatus
from numbering.models import ImportOrder, ImportOrderNumber, OrderEvent
from numbering.phone import TOLL_FREE_AREA_CODES
from tests import builders

# One order in so many holds a test-card number of the sandbox.
_CARD_EVERY = 10
_MOST_NUMBERS = 3
# A held order never ends by itself, and a number that is lost later has nothing to do with this.
_LEFT_OUT = {Act.ORDER_HELD, Act.NUMBER_LOST_LATER}


def checked_orders(
    count: int, dice: random.Random, *, with_cards: bool = True
) -> list[ImportOrder]:
    """Make orders that are ready to be sent, with one to three numbers of their own each."""
    subscriber, sip_peer = builders.subscriber(), builders.sip_peer()
    now = timezone.now()
    orders = ImportOrder.objects.bulk_create(
        ImportOrder(
            subscriber=subscriber,
            sip_peer=sip_peer,
            loa_authorizing_person="Maria Lopez",
            status=ImportOrderStatus.CHECKED,
            status_changed_at=now,
        )
        for _ in range(count)
    )
    cards = _cards(dice)
    rows = []
    for index, order in enumerate(orders):
        e164s = builders.fresh_numbers(dice.randint(1, _MOST_NUMBERS))
        if with_cards and index % _CARD_EVERY == 0:
            e164s.append(next(cards))
        rows += [
            ImportOrderNumber(order=order, e164=e164, status=OrderNumberStatus.IMPORTABLE)
            for e164 in e164s
        ]
    ImportOrderNumber.objects.bulk_create(rows, batch_size=2500)
    OrderEvent.objects.bulk_create(
        OrderEvent(
            order=order,
            at=now,
            to_status=ImportOrderStatus.CHECKED,
            learned_by=LearnedBy.PERSON,
            reason="Every number can be imported.",
        )
        for order in orders
    )
    return orders


def _cards(dice: random.Random) -> Iterator[str]:
    """Test cards by the throw of the dice, each in an area code of its own."""
    lines = [card.line for card in CARDS if card.act not in _LEFT_OUT]
    for area in range(201, 1000):
        if str(area) not in TOLL_FREE_AREA_CODES:
            yield f"+1{area}{EXCHANGE}{dice.choice(lines)}"
