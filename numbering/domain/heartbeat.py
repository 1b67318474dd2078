"""When the recurring parts of the portal last did their rounds."""

from numbering import clock
from numbering.models import Heartbeat


def beat(name: str) -> None:
    """Note that a recurring part has done its round."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.now()})
