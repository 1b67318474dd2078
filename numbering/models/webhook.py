"""The inbox: every webhook that knocked with the right password, exactly as it came."""

from django.db import models
from django.db.models.functions import Now

from numbering.enums import WebhookState
from numbering.models.import_order import ImportOrder
from numbering.models.number_order import NumberOrder
from numbering.models.removal import RemovalOrder


class WebhookEvent(models.Model):
    """A stored webhook. The door writes the first four columns; the rest is filled in later."""

    # Database defaults, so that the door needs one plain INSERT and no model instance.
    received_at = models.DateTimeField("received", db_default=Now())
    content_type = models.CharField(max_length=100, db_default="")
    body = models.BinaryField()
    is_cut = models.BooleanField("body cut", db_default=False)
    state = models.CharField(
        "state", max_length=12, choices=WebhookState, db_default=WebhookState.NEW
    )
    kind = models.CharField("about", max_length=40, db_default="")
    carrier_order_id = models.CharField("carrier's order id", max_length=40, db_default="")
    customer_order_id = models.CharField("our reference", max_length=40, db_default="")
    status_word = models.CharField("status word", max_length=40, db_default="")
    message = models.CharField("message", max_length=1000, db_default="")
    problem = models.CharField("problem", max_length=300, db_default="")
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="webhooks"
    )
    removal = models.ForeignKey(
        RemovalOrder, null=True, on_delete=models.PROTECT, related_name="webhooks"
    )
    number_order = models.ForeignKey(
        NumberOrder, null=True, on_delete=models.PROTECT, related_name="webhooks"
    )
    applied_at = models.DateTimeField("applied", null=True)

    class Meta:
        verbose_name = "webhook"
        ordering = ("-pk",)
        indexes = [
            models.Index(
                fields=("id",),
                condition=models.Q(state=WebhookState.NEW),
                name="webhook_waiting",
            ),
            models.Index(
                fields=("carrier_order_id",),
                condition=models.Q(state=WebhookState.UNMATCHED),
                name="webhook_unmatched",
            ),
        ]
        permissions = [
            ("replay_webhookevent", "Can apply stored webhooks again"),
            ("read_raw_bodies", "Can read raw bodies unmasked"),
            ("view_subscriptions", "Can see the webhook subscriptions at the carrier"),
            ("repair_subscriptions", "Can create and repair webhook subscriptions"),
        ]

    def __str__(self) -> str:
        return f"Webhook {self.pk}"
