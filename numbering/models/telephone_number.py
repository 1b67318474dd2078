"""A telephone number in one of its lives with us."""

from django.conf import settings
from django.db import models

from numbering.enums import LIVE, LearnedBy, NumberOrigin, NumberState
from numbering.models.subscriber import Subscriber
from numbering.phone import display
from numbering.validators import validate_e164


class TelephoneNumber(models.Model):
    """A number, who holds it and where it is. An ended life stays; a return is a new row."""

    e164 = models.CharField("number", max_length=16, validators=[validate_e164])
    subscriber = models.ForeignKey(
        Subscriber,
        on_delete=models.PROTECT,
        related_name="telephone_numbers",
        db_index=False,  # the index below begins with it
    )
    state = models.CharField("state", max_length=13, choices=NumberState)
    origin = models.CharField(
        "came by",
        max_length=6,
        choices=NumberOrigin,
        default=NumberOrigin.IMPORT,
        db_default=NumberOrigin.IMPORT,
    )
    site_id = models.CharField("site", max_length=20, blank=True)
    sip_peer_id = models.CharField("SIP peer", max_length=20, blank=True)
    state_changed_at = models.DateTimeField("since")
    # A locked number leaves by no way that begins here, until somebody unlocks it.
    is_locked = models.BooleanField("locked against leaving", default=False, db_default=False)
    # The last text message from or to it, to the hour.
    last_traffic_at = models.DateTimeField("last traffic", null=True)
    # What the carrier said of it when it was last read there, in its own words.
    carrier_status = models.CharField(
        "carrier's status", max_length=40, blank=True, default="", db_default=""
    )
    carrier_details = models.JSONField("carrier's details", default=dict, db_default={})
    carrier_read_at = models.DateTimeField("last read at the carrier", null=True)
    # When it was last read there, the carrier did not have it in service.
    carrier_differs = models.BooleanField(
        "not in service at the carrier", default=False, db_default=False
    )
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
        # Besides these, PostgreSQL finds parts of a number by a trigram index (migration 0005).
        indexes = [
            models.Index(fields=("e164",), name="number_e164"),
            models.Index(fields=("state", "-id"), name="number_state_newest"),
            models.Index(fields=("subscriber", "-id"), name="number_subscriber_newest"),
            # Few rows, so next to no cost: the rest of the questions goes without (inventory_list).
            models.Index(fields=("-id",), condition=models.Q(is_locked=True), name="number_locked"),
            models.Index(
                fields=("-id",), condition=models.Q(carrier_differs=True), name="number_differs"
            ),
        ]
        permissions = [
            ("lock_telephonenumber", "Can lock numbers against leaving, and unlock them"),
            ("assign_telephonenumber", "Can move numbers to another subscriber"),
            ("read_telephonenumber", "Can read numbers anew at the carrier"),
        ]

    def __str__(self) -> str:
        return display(self.e164)


class TelephoneNumberEvent(models.Model):
    """One step in a number's life: from, to, who, why, and how we learned of it."""

    telephone_number = models.ForeignKey(
        TelephoneNumber, on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField()
    from_state = models.CharField(max_length=13, choices=NumberState, blank=True)
    to_state = models.CharField(max_length=13, choices=NumberState)
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
        if self.from_state == self.to_state:
            return str(self.get_to_state_display())
        return f"{self.get_from_state_display() or 'new'} → {self.get_to_state_display()}"
