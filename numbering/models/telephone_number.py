"""A telephone number in one of its lives with us."""

from django.conf import settings
from django.db import models

from numbering.enums import LIVE, LearnedBy, NumberState
from numbering.models.subscriber import Subscriber
from numbering.phone import display
from numbering.validators import validate_e164


class TelephoneNumber(models.Model):
    """A number, who holds it and where it is. An ended life stays; a return is a new row."""

    e164 = models.CharField("number", max_length=16, validators=[validate_e164], db_index=True)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.PROTECT, related_name="telephone_numbers"
    )
    state = models.CharField("state", max_length=12, choices=NumberState)
    site_id = models.CharField("site", max_length=20, blank=True)
    sip_peer_id = models.CharField("SIP peer", max_length=20, blank=True)
    state_changed_at = models.DateTimeField("since")
    created_at = models.DateTimeField("added", auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("e164",),
                condition=models.Q(state__in=sorted(LIVE)),
                name="telephone_number_lives_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=NumberState.values), name="telephone_number_state"
            ),
        ]
        indexes = [models.Index(fields=("state", "-id"), name="number_state_newest")]

    def __str__(self) -> str:
        return display(self.e164)


class TelephoneNumberEvent(models.Model):
    """One step in a number's life: from, to, who, why, and how we learned of it."""

    telephone_number = models.ForeignKey(
        TelephoneNumber, on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField()
    from_state = models.CharField(max_length=12, choices=NumberState, blank=True)
    to_state = models.CharField(max_length=12, choices=NumberState)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    learned_by = models.CharField(max_length=10, choices=LearnedBy)
    reason = models.CharField(max_length=500, blank=True)
    import_order = models.ForeignKey(
        "numbers.ImportOrder", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.get_from_state_display() or 'new'} → {self.get_to_state_display()}"
