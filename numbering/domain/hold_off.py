"""Where jobs that talk to the carrier begin: is it any use to ask now?"""

from numbering.carrier_link import hold_off
from numbering.domain.jobs import TryLater


def wait_if_held() -> None:
    """Raise TryLater while the carrier refuses our credentials, save for a probe now and then."""
    if (wait := hold_off()) is not None:
        raise TryLater(
            "The carrier refuses our credentials; waiting for an administrator.",
            after=wait,
            counts=False,
        )
