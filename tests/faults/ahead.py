"""The portal's clock in a run: a file that says how many seconds it is ahead."""

import os
from pathlib import Path


class Ahead:
    """CLOCK_FILE: every process of the portal reads it anew each time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds = 0.0
        self._write()

    def by(self, seconds: float) -> None:
        """Set the clock so much further ahead."""
        self.seconds += seconds
        self._write()

    def back(self) -> None:
        """Let it show the real time again."""
        self.seconds = 0.0
        self._write()

    def _write(self) -> None:
        # At once or not at all: a reader that found half a file would see the real time.
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(self.seconds))
        os.replace(fresh, self.path)
