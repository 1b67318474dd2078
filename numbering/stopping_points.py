"""Named places where a kill test may end the process, as a power cut would.

`STOPPING_POINTS="after_send=0.2"` ends one process in five there. The portal refuses to start with
this setting anywhere but on one's own machine (check portal.E009).
"""

import os
import random
import signal

from django.conf import settings

POINTS = (
    "after_claim",
    "after_send",
    "after_answer",
    "before_commit",
    "after_commit",
    # What the carrier says of an order is written and not committed.
    "while_reading",
)


def reached(point: str) -> None:
    """Say that a named point was reached; without the setting nothing happens."""
    chance = settings.STOPPING_POINTS.get(point, 0.0)
    if chance and random.random() < chance:
        os.kill(os.getpid(), signal.SIGKILL)
