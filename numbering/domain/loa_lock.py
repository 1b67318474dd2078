"""The one order in which an LOA is locked: its subscriber first, as wherever LOAs are written."""

from numbering.models import Loa, Subscriber


def locked(loa_id: int) -> Loa:
    """Return the LOA as it is now, nobody else's to change until the transaction ends."""
    subscriber_id = Loa.objects.values_list("subscriber_id", flat=True).get(pk=loa_id)
    Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber_id)
    return Loa.objects.select_for_update(no_key=True).get(pk=loa_id)
