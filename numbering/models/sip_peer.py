"""Where at the carrier a number lives: a site and one of its SIP peers."""

from django.db import models

from numbering.validators import validate_carrier_id


class SipPeer(models.Model):
    """A SIP peer (the carrier's user interface says *location*) with its site, as last read."""

    site_id = models.CharField("site id", max_length=20, validators=[validate_carrier_id])
    site_name = models.CharField("site", max_length=60)
    sip_peer_id = models.CharField("SIP peer id", max_length=20, validators=[validate_carrier_id])
    sip_peer_name = models.CharField("SIP peer", max_length=60)
    is_default = models.BooleanField("site's default", default=False)
    # What answers the texts of the numbers here; empty when the peer is bound to none.
    messaging_application = models.CharField(
        "messaging application", max_length=60, blank=True, db_default=""
    )
    is_gone = models.BooleanField("no longer at the carrier", default=False)
    seen_at = models.DateTimeField("last read")

    class Meta:
        verbose_name = "SIP peer"
        ordering = ("site_name", "-is_default", "sip_peer_name")
        constraints = [
            models.UniqueConstraint(fields=("site_id", "sip_peer_id"), name="one_row_per_sip_peer")
        ]
        permissions = [("refresh_sippeer", "Can read the sites and SIP peers anew")]

    def __str__(self) -> str:
        return f"{self.site_name} · {self.sip_peer_name}"
