"""A free number that the carrier holds for us until it is ordered."""

from django.conf import settings
from django.db import models

from numbering.phone import display


class Reservation(models.Model):
    """One held number. The carrier lets go of it by itself after some hours (REFERENCE 7.1)."""

    e164 = models.CharField("number", max_length=16, db_index=True)
    carrier_reservation_id = models.CharField(max_length=60)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField("held")
    expires_at = models.DateTimeField("held until")
    # Given back by a person, or used up by an order.
    ended_at = models.DateTimeField(null=True)
    # What the search said of it, for the page: city, state, rate center.
    place = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=("e164",),
                condition=models.Q(ended_at__isnull=True),
                name="number_held_once",
            )
        ]

    def __str__(self) -> str:
        return display(self.e164)
