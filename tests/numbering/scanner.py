"""ClamAV's own clamd on a socket, with one signature: that of the EICAR test file."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.numbering.steps import wait_for

CLAMD = Path("/usr/sbin/clamd")
# In two parts, so that no scanner takes this file for it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def running() -> Iterator[str]:
    """Run clamd; give the path of its socket."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        folder = Path(name)
        (folder / "test.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
        configuration = folder / "clamd.conf"
        configuration.write_text(
            f"LocalSocket {folder / 'socket'}\nDatabaseDirectory {folder}\nForeground yes\n"
            f"LogFile {folder / 'log'}\nStreamMaxLength 25M\n"
        )
        process = subprocess.Popen(
            [str(CLAMD), "--config-file", str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for((folder / "socket").exists, seconds=20)
            yield str(folder / "socket")
        finally:
            process.terminate()
            process.wait()
