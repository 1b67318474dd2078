"""Read what the carrier has in service, and at which SIP peer each number stands."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from carrier import in_service, places
from carrier.client import Carrier
from carrier.errors import CarrierError, Throttled
from numbering.carrier_link import in_words
from numbering.domain.inventory import Inventory, Whereabouts
from numbering.domain.places import refresh_places
from numbering.models import SipPeer


@dataclass(frozen=True)
class CarrierNumbers:
    """The carrier's numbers in service. Without whereabouts, `places_trouble` says why."""

    listed: Inventory
    whereabouts: Whereabouts | None
    places_trouble: str = ""


def read_numbers(carrier: Carrier, keep_alive: Callable[[int], None]) -> CarrierNumbers:
    """Read the list, and then the list of each SIP peer.

    Calls `keep_alive` with the count so far at every page. Raises CarrierError when the list could
    not be read to its end. Peers that cannot be read leave the whereabouts unknown: what is known
    of the numbers is worth having without them.
    """
    read = 0

    def counted(pages: Iterable[Sequence[str]], *, is_new: bool) -> Iterator[Sequence[str]]:
        nonlocal read
        for page in pages:
            read += len(page) if is_new else 0
            keep_alive(read)
            yield page

    listed = Inventory(counted(in_service.list_numbers(carrier), is_new=True))
    whereabouts = Whereabouts()
    try:
        refresh_places(lambda: keep_alive(read))
        for peer in SipPeer.objects.filter(is_gone=False).order_by("pk"):
            pages = places.list_numbers(carrier, site_id=peer.site_id, sip_peer_id=peer.sip_peer_id)
            whereabouts.add(peer.site_id, peer.sip_peer_id, counted(pages, is_new=False))
    except Throttled:
        raise
    except CarrierError as error:
        return CarrierNumbers(listed, None, in_words(error))
    except ValueError as error:
        return CarrierNumbers(listed, None, str(error))
    whereabouts.sort()
    return CarrierNumbers(listed, whereabouts)
