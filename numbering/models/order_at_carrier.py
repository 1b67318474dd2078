"""What every order that goes to the carrier has in common, whatever it is about."""

from django.conf import settings
from django.db import models

from numbering.enums import LearnedBy
from numbering.validators import validate_customer_order_id


class OrderAtCarrier(models.Model):
    """How it is found at the carrier, when it was read there, and what troubles it."""

    status_changed_at = models.DateTimeField("since")
    # The latest attempt's reference; the carrier echoes it and can be searched by it.
    customer_order_id = models.CharField(
        "our reference at the carrier",
        max_length=40,
        null=True,
        unique=True,
        validators=[validate_customer_order_id],
    )
    carrier_order_id = models.CharField("carrier's order id", max_length=40, null=True, unique=True)
    carrier_status_word = models.CharField("carrier's own word", max_length=40, blank=True)
    carrier_read_at = models.DateTimeField("last read at the carrier", null=True)
    next_read_at = models.DateTimeField("next read by the sweep", null=True)
    reads = models.PositiveIntegerField(default=0)
    # What went wrong last, in words for staff; empty when nothing is wrong.
    trouble = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("created", auto_now_add=True)

    class Meta:
        abstract = True


class NumbersOrder(OrderAtCarrier):
    """One about numbers of ours, or to come; what it did not bring waits for a person."""

    # Who has seen to that.
    seen_to_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        abstract = True


class TimelineEvent(models.Model):
    """One line of an order's timeline. Rows are added and never changed."""

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    learned_by = models.CharField(max_length=10, choices=LearnedBy)
    reason = models.CharField(max_length=1000)

    class Meta:
        abstract = True
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.reason
