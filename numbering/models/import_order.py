"""An import order: its numbers, its attempts to be sent, and its timeline."""

from django.db import models

from numbering.enums import OPEN, ImportOrderStatus, LoaType, OrderNumberStatus
from numbering.models.attempt import OPEN_ATTEMPTS, Attempt
from numbering.models.order_at_carrier import OrderAtCarrier, TimelineEvent
from numbering.models.sip_peer import SipPeer
from numbering.models.subscriber import Subscriber
from numbering.models.telephone_number import TelephoneNumber
from numbering.phone import display
from numbering.validators import validate_plain_text


class ImportOrder(OrderAtCarrier):
    """A request to host a subscriber's numbers. Its status moves through domain code only."""

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.PROTECT, related_name="import_orders"
    )
    sip_peer = models.ForeignKey(
        SipPeer,
        on_delete=models.PROTECT,
        verbose_name="site and SIP peer",
        help_text="Where the numbers shall live at the carrier.",
    )
    loa_type = models.CharField(
        "LOA type", max_length=10, choices=LoaType, default=LoaType.SUBSCRIBER
    )
    loa_authorizing_person = models.CharField(
        "authorizing person",
        max_length=60,
        validators=[validate_plain_text],
        help_text="First and last name of the person who signs the LOA.",
    )
    status = models.CharField(
        "status", max_length=10, choices=ImportOrderStatus, default=ImportOrderStatus.DRAFT
    )
    # When the carrier last said which of the numbers can be imported.
    checked_at = models.DateTimeField("last checked", null=True)
    parent = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="The order whose failed numbers this one tries again.",
    )
    split_from = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="split_orders",
        help_text="The order that this one was split from, because it mixed kinds of numbers.",
    )

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ImportOrderStatus.values), name="import_order_status"
            )
        ]
        indexes = [
            models.Index(
                fields=("next_read_at",),
                condition=models.Q(next_read_at__isnull=False),
                name="import_order_next_read",
            ),
            models.Index(fields=("status", "-id"), name="import_order_status_newest"),
        ]
        permissions = [("submit_importorder", "Can submit import orders to the carrier")]

    def __str__(self) -> str:
        return f"Import order {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether the order can still change, and so holds on to its numbers."""
        return self.status in OPEN


class ImportOrderNumber(models.Model):
    """One telephone number within one order, with the result that it got there."""

    order = models.ForeignKey(ImportOrder, on_delete=models.CASCADE, related_name="numbers")
    e164 = models.CharField("number", max_length=16)
    # As it was typed or pasted, for the conversation with the customer.
    raw = models.CharField("as given", max_length=64, blank=True)
    telephone_number = models.ForeignKey(
        TelephoneNumber, null=True, on_delete=models.PROTECT, related_name="order_rows"
    )
    status = models.CharField(
        "status", max_length=10, choices=OrderNumberStatus, default=OrderNumberStatus.NEW
    )
    # Which carrier call gave the code: the same code means different things elsewhere.
    operation = models.CharField(max_length=30, blank=True)
    code = models.CharField("carrier code", max_length=10, blank=True)
    description = models.CharField("carrier's words", max_length=500, blank=True)
    # How many orders have tried to import this number, this one included once it is sent.
    attempts = models.PositiveIntegerField(default=0)
    # True while the order is open: the unique rule below locks the number to one open order.
    is_holding = models.BooleanField(default=True)

    class Meta:
        verbose_name = "number of an import order"
        verbose_name_plural = "numbers of import orders"
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("order", "e164"), name="number_once_per_order"),
            models.UniqueConstraint(
                fields=("e164",),
                condition=models.Q(is_holding=True),
                name="number_in_one_open_order",
            ),
        ]
        indexes = [models.Index(fields=("e164",), name="order_number_e164")]

    def __str__(self) -> str:
        return display(self.e164)


class SubmitAttempt(Attempt):
    """One intention to send an import order."""

    order = models.ForeignKey(ImportOrder, on_delete=models.PROTECT, related_name="attempts")

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("order",),
                condition=models.Q(state__in=OPEN_ATTEMPTS),
                name="one_open_attempt_per_order",
            )
        ]


class OrderEvent(TimelineEvent):
    """One line of an import order's timeline."""

    order = models.ForeignKey(ImportOrder, on_delete=models.CASCADE, related_name="events")
    from_status = models.CharField(max_length=10, choices=ImportOrderStatus, blank=True)
    to_status = models.CharField(max_length=10, choices=ImportOrderStatus, blank=True)
