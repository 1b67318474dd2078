"""An order for new telephone numbers: what was asked for, its attempts, and its timeline."""

from django.db import models

from numbering.enums import NumberOrderStatus, OrderedNumberStatus
from numbering.models.attempt import OPEN_ATTEMPTS, Attempt
from numbering.models.order_at_carrier import NumbersOrder, TimelineEvent
from numbering.models.sip_peer import SipPeer
from numbering.models.subscriber import Subscriber
from numbering.models.telephone_number import TelephoneNumber
from numbering.phone import display


class NumberOrder(NumbersOrder):
    """An order that buys numbers, by list or by what they shall be like. It costs money."""

    subscriber = models.ForeignKey(
        Subscriber,
        on_delete=models.PROTECT,
        related_name="number_orders",
        help_text="Whose the numbers shall be.",
    )
    sip_peer = models.ForeignKey(
        SipPeer,
        on_delete=models.PROTECT,
        verbose_name="site and SIP peer",
        help_text="Where the numbers shall live at the carrier.",
    )
    # One of carrier.records.NumberOrderType: by list, or by which kind of search.
    order_type = models.CharField("ordered by", max_length=20)
    # The fields of carrier.records.NumberSearch that were filled in; empty for an order by list.
    criteria = models.JSONField(default=dict)
    quantity = models.PositiveIntegerField("how many")
    is_partial_allowed = models.BooleanField(
        "take what there is",
        default=True,
        help_text="Otherwise one number that is not to be had fails the whole order.",
    )
    is_back_order = models.BooleanField(
        "wait for numbers that are out of stock",
        default=False,
        help_text="The order then stays open until the carrier has them.",
    )
    status = models.CharField(
        "status", max_length=11, choices=NumberOrderStatus, default=NumberOrderStatus.SUBMITTING
    )

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=NumberOrderStatus.values), name="number_order_status"
            )
        ]
        indexes = [
            models.Index(
                fields=("next_read_at",),
                condition=models.Q(next_read_at__isnull=False),
                name="number_order_next_read",
            )
        ]
        permissions = [("submit_numberorder", "Can order new numbers, which costs money")]

    def __str__(self) -> str:
        return f"Number order {self.pk}"


class NumberOrderNumber(models.Model):
    """One number of an order: asked for by list, or named by the carrier."""

    order = models.ForeignKey(NumberOrder, on_delete=models.PROTECT, related_name="numbers")
    e164 = models.CharField("number", max_length=16)
    # The carrier's id of its reservation, when it was held before it was ordered.
    reservation_id = models.CharField(max_length=60, blank=True)
    # The life here that the order began, once the carrier has completed the number.
    telephone_number = models.ForeignKey(
        TelephoneNumber, null=True, on_delete=models.PROTECT, related_name="number_order_rows"
    )
    status = models.CharField(
        "status",
        max_length=10,
        choices=OrderedNumberStatus,
        default=OrderedNumberStatus.UNDER_WAY,
    )
    code = models.CharField("carrier code", max_length=10, blank=True)
    description = models.CharField("carrier's words", max_length=500, blank=True)
    # True while the order is open: the rule below keeps a number out of a second one.
    is_holding = models.BooleanField(default=True)

    class Meta:
        verbose_name = "number of a number order"
        verbose_name_plural = "numbers of number orders"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("order", "e164"), name="number_once_per_number_order"),
            models.UniqueConstraint(
                fields=("e164",),
                condition=models.Q(is_holding=True),
                name="number_in_one_open_number_order",
            ),
        ]

    def __str__(self) -> str:
        return display(self.e164)


class NumberOrderAttempt(Attempt):
    """One intention to send a number order."""

    order = models.ForeignKey(NumberOrder, on_delete=models.PROTECT, related_name="attempts")

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("order",),
                condition=models.Q(state__in=OPEN_ATTEMPTS),
                name="one_open_attempt_per_number_order",
            )
        ]


class NumberOrderEvent(TimelineEvent):
    """One line of a number order's timeline."""

    order = models.ForeignKey(NumberOrder, on_delete=models.PROTECT, related_name="events")
    from_status = models.CharField(max_length=11, choices=NumberOrderStatus, blank=True)
    to_status = models.CharField(max_length=11, choices=NumberOrderStatus, blank=True)
