"""When the recurring parts of the portal last did their rounds."""

from numbering import clock
from numbering.models import Heartbeat


def beat(*names: str) -> None:
    """Note that recurring parts have done their round."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=clock.now()) for name in names],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )
