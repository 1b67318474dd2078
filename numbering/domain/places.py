"""Sites and SIP peers, read from the carrier so that staff pick instead of typing ids."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts.again import repeated
from carrier import places
from carrier.client import Carrier
from carrier.errors import CarrierError, Throttled
from numbering import clock
from numbering.carrier_link import get_carrier
from numbering.models import SipPeer


@dataclass(frozen=True)
class PlacesRead:
    """How many SIP peers were read, and how many of ours are no longer there."""

    seen: int
    gone: int


def refresh_places(keep_alive: Callable[[], None] = lambda: None) -> PlacesRead:
    """Read all sites and SIP peers. Raises CarrierError and changes nothing when one is missing.

    Calls `keep_alive` before each of them: a job must hold its lease for as long.
    """
    carrier = get_carrier()
    now = clock.now()
    rows = []
    for site in places.list_sites(carrier):
        keep_alive()
        for peer in places.list_sip_peers(carrier, site_id=site.site_id):
            keep_alive()
            application = _application(carrier, site.site_id, peer.sip_peer_id)
            rows.append(
                SipPeer(
                    site_id=site.site_id,
                    site_name=(site.name or site.site_id)[:60],
                    sip_peer_id=peer.sip_peer_id,
                    sip_peer_name=(peer.name or peer.sip_peer_id)[:60],
                    is_default=peer.is_default,
                    messaging_application=application,
                    is_gone=False,
                    seen_at=now,
                )
            )
    return PlacesRead(seen=len(rows), gone=_take_over(rows, seen_at=now))


def _application(carrier: Carrier, site_id: str, sip_peer_id: str) -> str:
    """Return what answers a peer's texts, or nothing where the carrier does not tell.

    What the answer looks like is documented nowhere (REFERENCE 11.8), so no peer is refused for it.
    """
    try:
        return places.messaging_application(carrier, site_id=site_id, sip_peer_id=sip_peer_id)[:60]
    except Throttled:
        raise
    except CarrierError:
        return ""


@repeated
def _take_over(rows: list[SipPeer], *, seen_at: datetime) -> int:
    """Write what was read; return how many of ours were not among it."""
    # One that is listed twice is one: PostgreSQL changes no row twice in a statement.
    once = {(row.site_id, row.sip_peer_id): row for row in rows}
    SipPeer.objects.bulk_create(
        once.values(),
        update_conflicts=True,
        unique_fields=["site_id", "sip_peer_id"],
        update_fields=[
            "site_name",
            "sip_peer_name",
            "is_default",
            "messaging_application",
            "is_gone",
            "seen_at",
        ],
    )
    return SipPeer.objects.filter(seen_at__lt=seen_at, is_gone=False).update(is_gone=True)
