"""Sites and SIP peers, read from the carrier so that staff pick instead of typing ids."""

from dataclasses import dataclass
from datetime import datetime

from accounts.again import repeated
from carrier import places
from numbering import clock
from numbering.carrier_link import get_carrier
from numbering.models import SipPeer


@dataclass(frozen=True)
class PlacesRead:
    """How many SIP peers were read, and how many of ours are no longer there."""

    seen: int
    gone: int


def refresh_places() -> PlacesRead:
    """Read all sites and SIP peers. Raises CarrierError and changes nothing when one is missing."""
    carrier = get_carrier()
    now = clock.now()
    rows = [
        SipPeer(
            site_id=site.site_id,
            site_name=(site.name or site.site_id)[:60],
            sip_peer_id=peer.sip_peer_id,
            sip_peer_name=(peer.name or peer.sip_peer_id)[:60],
            is_default=peer.is_default,
            is_gone=False,
            seen_at=now,
        )
        for site in places.list_sites(carrier)
        for peer in places.list_sip_peers(carrier, site_id=site.site_id)
    ]
    return PlacesRead(seen=len(rows), gone=_take_over(rows, seen_at=now))


@repeated
def _take_over(rows: list[SipPeer], *, seen_at: datetime) -> int:
    """Write what was read; return how many of ours were not among it."""
    SipPeer.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["site_id", "sip_peer_id"],
        update_fields=["site_name", "sip_peer_name", "is_default", "is_gone", "seen_at"],
    )
    return SipPeer.objects.filter(seen_at__lt=seen_at, is_gone=False).update(is_gone=True)
