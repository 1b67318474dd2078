"""An account at the carrier that is taken over as it stands: the first day of a portal."""

from django.conf import settings
from django.db import models

from numbering.enums import NumberOrigin, TakeOverState, TakeOverStep
from numbering.models.sip_peer import SipPeer
from numbering.models.subscriber import Subscriber


class TakeOver(models.Model):
    """Who has the numbers in service taken into the inventory, under whom, and how far it is."""

    # Whom they stand under until somebody says whose each one is.
    subscriber = models.ForeignKey(
        Subscriber,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="They can be moved to their own subscribers afterwards, with a file.",
    )
    origin = models.CharField("how they came", max_length=6, choices=NumberOrigin)
    state = models.CharField(
        "state", max_length=7, choices=TakeOverState, default=TakeOverState.READING
    )
    step = models.CharField(max_length=7, choices=TakeOverStep, db_default=TakeOverStep.LIST)
    # When the reading of the list began: what is known since then counts more than the list.
    read_since = models.DateTimeField(null=True)
    # Where the list at hand is read on (a Bookmark of carrier.number_lists); empty at its begin.
    bookmark = models.JSONField(default=dict, db_default={})
    # Whose list is at hand, in the second step; none before the SIP peers are known.
    sip_peer = models.ForeignKey(SipPeer, null=True, on_delete=models.PROTECT, related_name="+")
    # Why it goes without sites and SIP peers; empty when they are known.
    places_trouble = models.CharField(max_length=500, blank=True, db_default="")
    # The key of the last entry of the list that was dealt with.
    taken_until = models.BigIntegerField(db_default=0)
    in_service = models.PositiveIntegerField("in service at the carrier", default=0)
    known = models.PositiveIntegerField("here already", default=0)
    taken = models.PositiveIntegerField("taken over", default=0)
    # Entries of the carrier's list that are no telephone numbers.
    odd = models.PositiveIntegerField("no numbers", default=0)
    trouble = models.CharField(max_length=1000, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Who asked to leave it at what is taken over; it ends at the next instant that is safe.
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField("asked")
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        verbose_name = "account take-over"
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("state",),
                condition=~models.Q(state=TakeOverState.DONE),
                name="one_take_over_reads",
            ),
        ]
        permissions = [("start_takeover", "Can take over all numbers of the carrier's account")]

    def __str__(self) -> str:
        return f"Take-over {self.pk}"


class TakeOverNumber(models.Model):
    """An entry of the carrier's list, kept from its reading until the take-over is over."""

    take_over = models.ForeignKey(
        TakeOver,
        on_delete=models.CASCADE,
        related_name="listed",
        # The rule below begins with it.
        db_index=False,
    )
    # E.164, or what the carrier lists that is no number.
    text = models.CharField(max_length=40)
    # On whose list it was found; at several nobody can say where it stands.
    sip_peer = models.ForeignKey(
        SipPeer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    is_at_several = models.BooleanField(default=False)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("take_over", "text"), name="listed_once_per_take_over")
        ]

    def __str__(self) -> str:
        return self.text
