"""What every part of a run shares."""

import random
from dataclasses import dataclass
from pathlib import Path

from tests.faults.ahead import Ahead
from tests.faults.at_carrier import CarrierHome
from tests.faults.size import Size

WEBHOOK_PATH = "/webhooks/orders/"


@dataclass(frozen=True)
class Bench:
    """One run: how much, the seed's dice, the places of things, the settings of all processes."""

    size: Size
    seed: int
    dice: random.Random
    folder: Path
    ahead: Ahead
    carrier: CarrierHome
    portal_port: int
    # Whether file systems can be mounted that only this run sees.
    has_own_mounts: bool
    database_url: str
    env: dict[str, str]

    def log(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        return self.folder / f"{name}.log"
